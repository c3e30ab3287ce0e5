// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {PoolDue, PoolTerms} from "../interfaces/IPoolOffers.sol";
import {PoolRates} from "../interfaces/IWaterfall.sol";

/// @title What a pool's offer plans to pay
library PoolPlans {
    uint256 private constant YEAR = 366 days;
    uint256 private constant DAYS = 365;
    uint256 private constant WHOLE = 10_000;
    uint256 private constant WHOLE_YEAR = DAYS * WHOLE;

    /// @dev Interest and principal of the first twelve months, the first period in any case, and what is earned for them.
    /// @param net uPT that is earned in 365 days
    /// @return left uPT of it after what is paid before senior
    /// @return service uPT
    function firstYear(PoolTerms memory terms, PoolDue[] memory periods, uint256 net)
        internal
        pure
        returns (uint256 left, uint256 service)
    {
        uint256 before = 0;
        (uint256 senior, uint256 mezz, uint256 from) = (terms.senior, terms.mezz, terms.start);
        for (uint256 i = 0; i < periods.length; ++i) {
            PoolDue memory due = periods[i];
            if (i != 0 && due.end > terms.start + YEAR) break;
            bool isFinal = i + 1 == periods.length;
            uint256 count = (due.end - from) / 1 days;
            service += senior * terms.rates.seniorBps * count / WHOLE_YEAR + mezz * terms.rates.mezzBps * count
                / WHOLE_YEAR;
            uint256 ofSenior = isFinal || due.senior > senior ? senior : due.senior;
            uint256 ofMezz = isFinal || due.mezz > mezz ? mezz : due.mezz;
            service += ofSenior + ofMezz;
            uint256 earned = net * count / DAYS;
            (left, before) = (left + earned, before + _before(terms.rates, earned));
            (senior, mezz, from) = (senior - ofSenior, mezz - ofMezz, due.end);
        }
        left = Math.saturatingSub(left, before);
    }

    /// @dev Tax and fees of a period.
    function _before(PoolRates memory rates, uint256 earned) private pure returns (uint256) {
        uint256 fee = Math.min(earned * rates.servicerBps / WHOLE, rates.servicerCap);
        return earned * rates.taxBps / WHOLE + fee + rates.trustee;
    }
}

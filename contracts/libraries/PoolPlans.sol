// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PoolDue, PoolTerms} from "../interfaces/IPoolOffers.sol";

/// @title What a pool's offer plans to pay
library PoolPlans {
    uint256 private constant YEAR = 366 days;
    uint256 private constant WHOLE_YEAR = 365 * 10_000;

    /// @dev Interest and principal of the first twelve months, the first period in any case.
    /// @return service uPT
    /// @return length days of these periods
    function firstYear(PoolTerms memory terms, PoolDue[] memory periods)
        internal
        pure
        returns (uint256 service, uint256 length)
    {
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
            (senior, mezz, from, length) = (senior - ofSenior, mezz - ofMezz, due.end, length + count);
        }
    }
}

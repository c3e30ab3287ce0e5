// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MonthlyChanges} from "../../contracts/libraries/MonthlyChanges.sol";
import {Margins} from "../../contracts/libraries/Margins.sol";
import {Months} from "../../contracts/libraries/Months.sol";
import {Shares} from "../../contracts/libraries/Shares.sol";
import {Fuzzed} from "./Fuzzed.sol";

/// @title Shares, months and margins, beside ways to reckon them that nobody can get wrong
contract SharesFuzz is Fuzzed {
    using MonthlyChanges for mapping(uint256 => uint256);

    uint256 private constant ITEMS = 20;
    uint256 private constant MONTHS = 40;
    /// Seven hundred years.
    uint256 private constant LAST_DAY = 255_675;

    mapping(uint256 place => uint256) private _changes;

    /// @dev Nothing is lost, nothing is made, each is within one of the exact share, and nobody gets more than his
    /// weight.
    function testFuzz_shares(uint128[ITEMS] calldata weights, uint128 whole) external pure {
        uint256 total = 0;
        for (uint256 i = 0; i < ITEMS; ++i) {
            total += weights[i] >> 8;
        }
        (uint256 before, uint256 sum) = (0, 0);
        for (uint256 i = 0; i < ITEMS; ++i) {
            uint256 weight = weights[i] >> 8;
            uint256 share = Shares.cumfloor(before, weight, whole, total);
            uint256 exact = weight * whole;
            if (total != 0) assert(exact < (share + 1) * total && share * total < exact + total);
            if (whole <= total) assert(share <= weight);
            (before, sum) = (before + weight, sum + share);
        }
        assert(sum == (total == 0 ? 0 : whole));
    }

    /// @dev The month of a time is found by going through all years and months.
    function testFuzz_monthOf(uint256 drawn) external pure {
        uint256 time = drawn % (LAST_DAY * 1 days);
        (uint256 day, uint256 year) = (time / 1 days, 1970);
        for (; day >= _daysOfYear(year); ++year) {
            day -= _daysOfYear(year);
        }
        uint256 month = 0;
        for (; day >= _daysOfMonth(year, month); ++month) {
            day -= _daysOfMonth(year, month);
        }
        uint256 found = Months.at(time);
        assert(found == (year - 1970) * 12 + month);
        assert(Months.startOf(found) == (time / 1 days - day) * 1 days);
    }

    /// @dev A month begins in itself, and the second before is in the month before.
    function testFuzz_monthBegins(uint256 drawn) external pure {
        uint256 month = _within(drawn, 1, 8_000);
        uint256 start = Months.startOf(month);
        assert(Months.at(start) == month && Months.at(start - 1) == month - 1);
    }

    /// @dev A number in a month is the sum of all its changes until then.
    function testFuzz_monthlyChanges(int24[ITEMS] calldata changes, uint8[ITEMS] calldata at, uint8 asked) external {
        int256 sum = 0;
        for (uint256 i = 0; i < ITEMS; ++i) {
            uint256 month = at[i] % MONTHS;
            _changes.add(month, changes[i]);
            if (month <= asked % MONTHS) sum += changes[i];
        }
        assert(_changes.at(asked % MONTHS) == sum);
    }

    /// @dev The price of a missing Wh is the least whole number that is no less than 1.1 times another, and what a
    /// seller must have at hand makes up for it.
    function testFuzz_margins(uint16 price, uint16 poolOut) external pure {
        uint256 dearest = Margins.dearest(poolOut);
        assert(dearest * 10 >= uint256(poolOut) * 11 && (dearest == 0 || (dearest - 1) * 10 < uint256(poolOut) * 11));
        uint256 rate = Margins.rate(price, dearest);
        assert(rate >= 120 && rate + price >= dearest && (rate == 120 || rate + price == dearest));
    }

    function _daysOfYear(uint256 year) private pure returns (uint256) {
        return _isLeap(year) ? 366 : 365;
    }

    function _daysOfMonth(uint256 year, uint256 month) private pure returns (uint256) {
        if (month == 1) return _isLeap(year) ? 29 : 28;
        return month == 3 || month == 5 || month == 8 || month == 10 ? 30 : 31;
    }

    function _isLeap(uint256 year) private pure returns (bool) {
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    }
}

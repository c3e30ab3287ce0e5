// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title The months of the calendar, in UTC
library Months {
    uint256 private constant DAYS_OF_400_YEARS = 146_097;

    /// @dev Months since January 1970 at a time in Unix seconds. Years are counted from 1 March of a year that 400 divides,
    /// so that the leap day is the last of its year.
    function at(uint256 time) internal pure returns (uint256) {
        unchecked {
            uint256 day = time / 1 days + 719_468;
            uint256 era = day / DAYS_OF_400_YEARS;
            uint256 dayOfEra = day % DAYS_OF_400_YEARS;
            uint256 yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
            uint256 dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
            // Months have 30.6 days on average from March to January.
            uint256 monthFromMarch = (5 * dayOfYear + 2) / 153;
            return (era * 400 + yearOfEra) * 12 + monthFromMarch + 2 - 1970 * 12;
        }
    }

    /// @dev Unix seconds at which a month begins.
    function startOf(uint256 month) internal pure returns (uint256) {
        unchecked {
            uint256 fromMarch = month + 1970 * 12 - 2;
            uint256 year = fromMarch / 12;
            uint256 day = 365 * year + year / 4 - year / 100 + year / 400 + (153 * (fromMarch % 12) + 2) / 5;
            return (day - 719_468) * 1 days;
        }
    }
}

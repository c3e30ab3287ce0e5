// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title A number that changes with months, known ahead
/// @notice By how much, month by month from 0 on, in words of eight, 32 bits each, the earliest at the low end.
library MonthlyChanges {
    uint256 private constant MONTHS = 8;
    uint256 private constant CHANGE = 32;

    /// @dev All changes of a month together fit into its bits.
    function add(mapping(uint256 place => uint256) storage self, uint256 month, int32 change) internal {
        uint256 shift = month % MONTHS * CHANGE;
        uint256 word = self[month / MONTHS];
        uint32 sum = uint32(int32(uint32(word >> shift)) + change);
        self[month / MONTHS] = (word & ~(uint256(type(uint32).max) << shift)) | uint256(sum) << shift;
    }

    /// @dev The number in a month.
    function at(mapping(uint256 place => uint256) storage self, uint256 month) internal view returns (int256 number) {
        uint256 last = month / MONTHS;
        for (uint256 place = 0; place <= last; ++place) {
            uint256 word = self[place];
            // Out of the last word goes what comes later.
            if (place == last) word <<= (MONTHS - 1 - month % MONTHS) * CHANGE;
            for (; word != 0; word >>= CHANGE) {
                number += int32(uint32(word));
            }
        }
    }
}

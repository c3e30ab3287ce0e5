// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title How many there were at a time, as far as the last four changes tell
/// @notice In one word, four times the second of a change 40 and the number since then 16, the newest at the low end.
library Counts {
    uint256 private constant CHANGE = 56;
    uint256 private constant KEPT = (1 << 4 * CHANGE) - 1;

    function current(uint256 word) internal pure returns (uint256) {
        return uint16(word);
    }

    /// @dev A second change in the same second takes the first one's place. The number stays below 2^16.
    function changed(uint256 word, uint256 time, uint256 count) internal pure returns (uint256) {
        if (uint40(word >> 16) == time) word >>= CHANGE;
        return (word << CHANGE & KEPT) | time << 16 | count;
    }

    /// @dev Of a time before all changes that are kept, the greatest number that any of them tells of: rather too many than
    /// too few. Before the first change of all there were none.
    function at(uint256 word, uint256 time) internal pure returns (uint256 most) {
        for (uint256 i = 0; i < 4; ++i) {
            uint256 since = uint40(word >> 16);
            if (since == 0) return 0;
            if (since <= time) return uint16(word);
            if (uint16(word) > most) most = uint16(word);
            word >>= CHANGE;
        }
    }
}

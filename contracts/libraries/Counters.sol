// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title A counter and what it counted in each of four slots, in one word
/// @notice From the low end: the counter before the first of them 64, then Wh of each slot 48, more than the largest device
/// makes in a day.
library Counters {
    uint256 private constant SLOTS = 4;

    /// @dev The group that a slot is in.
    function groupOf(uint256 slot) internal pure returns (uint256) {
        return slot / SLOTS;
    }

    function begun(uint256 counter) internal pure returns (uint256) {
        return counter;
    }

    function inSlot(uint256 word, uint256 slot) internal pure returns (uint256) {
        return uint48(word >> _shift(slot));
    }

    /// @dev The counter when a slot of the group begins.
    function before(uint256 word, uint256 slot) internal pure returns (uint256 counter) {
        counter = uint64(word);
        for (uint256 i = 0; i < slot % SLOTS; ++i) {
            counter += inSlot(word, i);
        }
    }

    /// @dev The counter after the last.
    function total(uint256 word) internal pure returns (uint256) {
        return before(word, SLOTS - 1) + inSlot(word, SLOTS - 1);
    }

    function more(uint256 word, uint256 slot, uint256 wh) internal pure returns (uint256) {
        return word + (wh << _shift(slot));
    }

    function _shift(uint256 slot) private pure returns (uint256) {
        return 64 + 48 * (slot % SLOTS);
    }
}

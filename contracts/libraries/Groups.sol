// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Thirty-two orders of a book in one storage word
/// @notice The low 32 bits say which of the group's commitments were revealed, the upper 224 are a hash chain over the
/// revealed words in the order in which they came. So a reveal writes one slot, which its neighbours have often warmed,
/// and each group is a checkpoint from which a later transaction can go on.
library Groups {
    uint256 internal constant SIZE = 32;

    /// @dev What a group holds before its first reveal. A group never revealed to may be zero instead.
    function start(bytes32 book) internal pure returns (uint256) {
        return uint256(book) >> 32 << 32;
    }

    function isRevealed(uint256 group, uint256 index) internal pure returns (bool) {
        return group >> index % SIZE & 1 == 1;
    }

    function mark(uint256 group, uint256 index) internal pure returns (uint256) {
        return group ^ 1 << index % SIZE;
    }

    /// @dev The chain goes on; the marks stay.
    function fold(uint256 group, uint256 word) internal pure returns (uint256) {
        return chain(group, word) | uint32(group);
    }

    /// @dev The chain alone, in the upper 224 bits.
    function chain(uint256 group, uint256 word) internal pure returns (uint256 folded) {
        assembly ("memory-safe") {
            mstore(0, and(group, not(0xffffffff)))
            mstore(32, word)
            folded := and(keccak256(0, 64), not(0xffffffff))
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Trees over the readings of one time, in which every leaf has a place
/// @notice A tree has the least power of two of leaves that is not less than its count; places from the count on hold
/// zero. Leaves stand by rising device, so that two neighbours show which devices are not there. A leaf is hashed twice,
/// so that no node can pass for one.
library Trees {
    function leaf(uint256 device, bytes32 content) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0, device)
            mstore(32, content)
            mstore(0, keccak256(0, 64))
            hash := keccak256(0, 32)
        }
    }

    /// @dev Whether `hash` stands at `index` of a tree of `count` leaves with this root.
    function contains(bytes32 root, uint256 count, uint256 index, bytes32 hash, bytes32[] calldata proof)
        internal
        pure
        returns (bool)
    {
        uint256 depth = proof.length;
        // The proof must be as long as the tree is deep, or a node could be shown in place of a leaf.
        if (index >= count || depth > 32 || count > 1 << depth) return false;
        if (depth != 0 && count <= 1 << depth - 1) return false;
        assembly ("memory-safe") {
            let at := proof.offset
            for { let end := add(at, shl(5, depth)) } lt(at, end) { at := add(at, 32) } {
                let right := shl(5, and(index, 1))
                mstore(right, hash)
                mstore(xor(right, 32), calldataload(at))
                hash := keccak256(0, 64)
                index := shr(1, index)
            }
        }
        return hash == root;
    }
}

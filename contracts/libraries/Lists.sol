// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Lists, without asking at each step whether the place is inside
/// @notice For loops whose bounds say it already; orders come by the thousand.
library Lists {
    /// @dev What the caller of the contract gave.
    function given(uint256[] calldata list, uint256 i) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(list.offset, shl(5, i)))
        }
    }

    function at(uint256[] memory list, uint256 i) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(add(list, 32), shl(5, i)))
        }
    }

    function put(uint256[] memory list, uint256 i, uint256 value) internal pure {
        assembly ("memory-safe") {
            mstore(add(add(list, 32), shl(5, i)), value)
        }
    }

    function at(address[] memory list, uint256 i) internal pure returns (address value) {
        assembly ("memory-safe") {
            value := mload(add(add(list, 32), shl(5, i)))
        }
    }

    function put(address[] memory list, uint256 i, address value) internal pure {
        assembly ("memory-safe") {
            mstore(add(add(list, 32), shl(5, i)), value)
        }
    }

    function cut(address[] memory list, uint256 length) internal pure {
        assembly ("memory-safe") {
            mstore(list, length)
        }
    }

    /// @dev Leaves the first `length`, which must not be more than there are.
    function cut(uint256[] memory list, uint256 length) internal pure {
        assembly ("memory-safe") {
            mstore(list, length)
        }
    }
}

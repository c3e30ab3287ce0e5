// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title One account's part in what a module does for many at once, in 32 bytes
/// @notice From the low end: account 160, amount in uPT 96, which is locked when positive and released when negative.
library Moves {
    function pack(address account_, int256 amount_) internal pure returns (uint256) {
        return uint256(uint160(account_)) | uint256(amount_) << 160;
    }

    function account(uint256 move) internal pure returns (address) {
        return address(uint160(move));
    }

    function amount(uint256 move) internal pure returns (int256) {
        return int256(move) >> 160;
    }
}

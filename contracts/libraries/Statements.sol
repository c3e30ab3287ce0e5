// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title How an account was settled in a slot, in three words
/// @notice Energy in Wh, money in uPT and what changed since it was settled before, if it was.
library Statements {
    /// @dev From the low end, 40 bits each: what its meters counted of either direction, what it owed, what it was owed.
    function energy(uint256 injected, uint256 withdrawn, uint256 sold, uint256 bought) internal pure returns (uint256) {
        return injected | withdrawn << 40 | uint256(uint40(sold)) << 80 | uint256(uint40(bought)) << 120;
    }

    /// @dev From the low end, 64 bits each: what is due for what it sold, and of that what is whose.
    function shares(uint256 due, uint256 network, uint256 platform, uint256 fund) internal pure returns (uint256) {
        return due | network << 64 | platform << 128 | fund << 192;
    }

    /// @dev From the low end: what it gets for its imbalance, or pays when negative, 128; what of that could not be taken, 64.
    function cash(int256 cash_, uint256 unpaid) internal pure returns (uint256) {
        return uint256(uint128(int128(cash_))) | unpaid << 128;
    }
}

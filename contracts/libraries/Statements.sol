// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title How an account was settled, in three words
/// @notice From the low end. First: Wh injected 40, withdrawn 40, sold 40, bought 40. Second: uPT due 64, network 64,
/// platform 64, fund 64. Third: cash 128 with its sign, unpaid 64.
library Statements {
    function energy(uint256 injected, uint256 withdrawn, uint256 sold, uint256 bought) internal pure returns (uint256) {
        return injected | withdrawn << 40 | uint256(uint40(sold)) << 80 | uint256(uint40(bought)) << 120;
    }

    function shares(uint256 due, uint256 network, uint256 platform, uint256 fund) internal pure returns (uint256) {
        return due | network << 64 | platform << 128 | fund << 192;
    }

    function cash(int256 cash_, uint256 unpaid) internal pure returns (uint256) {
        return uint256(uint128(int128(cash_))) | unpaid << 128;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title A trade of an account in a slot, as it is handed over to be settled
/// @notice From the low end: Wh 40, due 64, margin 64, device 32, sold 1, and from bit 240 the account's place 16. Due is
/// what the seller gets for it, margin what he had to lock beside; both are uPT and zero when they were handed over
/// before. Of what was bought there is no device and no money.
library Parts {
    uint256 private constant SOLD = 1 << 200;
    uint256 private constant MONEY = ((1 << 128) - 1) << 40;

    function sold(uint256 wh_, uint256 due_, uint256 margin_, uint256 device_) internal pure returns (uint256) {
        return wh_ | due_ << 40 | margin_ << 104 | device_ << 168 | SOLD;
    }

    function bought(uint256 wh_) internal pure returns (uint256) {
        return wh_;
    }

    /// @dev Under the account's place.
    function under(uint256 part, uint256 place_) internal pure returns (uint256) {
        return part | place_ << 240;
    }

    function withoutMoney(uint256 part) internal pure returns (uint256) {
        return part & ~MONEY;
    }

    function wh(uint256 part) internal pure returns (uint256) {
        return uint40(part);
    }

    function due(uint256 part) internal pure returns (uint256) {
        return uint64(part >> 40);
    }

    function margin(uint256 part) internal pure returns (uint256) {
        return uint64(part >> 104);
    }

    /// @dev Due and margin together.
    function money(uint256 part) internal pure returns (uint256) {
        return due(part) + margin(part);
    }

    function device(uint256 part) internal pure returns (uint32) {
        return uint32(part >> 168);
    }

    function isSold(uint256 part) internal pure returns (bool) {
        return part & SOLD != 0;
    }

    function place(uint256 part) internal pure returns (uint256) {
        return part >> 240;
    }
}

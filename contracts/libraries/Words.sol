// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title One revealed order in 32 bytes
/// @notice From the low end: trader 160, Wh 40, price 16, sell 1, index 14, number 4, device 21. The index is the order's
/// place among the book's commitments, the number its place among the trader's own in this book; the device is the one
/// whose energy a sell order sells.
library Words {
    uint256 internal constant MAX_DEVICE = (1 << 21) - 1;
    uint256 internal constant MAX_ORDERS = 1 << 14;
    uint256 internal constant MAX_NUMBERS = 1 << 4;

    uint256 private constant QTY_MASK = ((1 << 40) - 1) << 160;
    uint256 private constant INDEX_MASK = (MAX_ORDERS - 1) << 217;

    function trader(uint256 word) internal pure returns (address) {
        return address(uint160(word));
    }

    function qty(uint256 word) internal pure returns (uint40) {
        return uint40(word >> 160);
    }

    function price(uint256 word) internal pure returns (uint16) {
        return uint16(word >> 200);
    }

    function isSell(uint256 word) internal pure returns (bool) {
        return word >> 216 & 1 == 1;
    }

    function index(uint256 word) internal pure returns (uint256) {
        return word >> 217 & (MAX_ORDERS - 1);
    }

    function number(uint256 word) internal pure returns (uint256) {
        return word >> 231 & (MAX_NUMBERS - 1);
    }

    function device(uint256 word) internal pure returns (uint32) {
        return uint32(word >> 235);
    }

    /// @dev Under which the auction keeps the order.
    function orderId(uint256 word) internal pure returns (uint256) {
        return uint160(word) | number(word) << 160;
    }

    /// @dev An order to sell that has no index yet.
    function sell(address trader_, uint256 qty_, uint256 price_, uint256 number_, uint256 device_)
        internal
        pure
        returns (uint256)
    {
        return uint256(uint160(trader_)) | qty_ << 160 | price_ << 200 | 1 << 216 | number_ << 231 | device_ << 235;
    }

    function withIndex(uint256 word, uint256 index_) internal pure returns (uint256) {
        return (word & ~INDEX_MASK) | index_ << 217;
    }

    function withQty(uint256 word, uint256 qty_) internal pure returns (uint256) {
        return (word & ~QTY_MASK) | qty_ << 160;
    }
}

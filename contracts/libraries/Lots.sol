// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title A prepaid lot in one word
/// @notice From the low end: what was paid 96, what is left of it 96, price 32, second of the payment 32. All but the last in
/// uPT; the price is for one unit.
library Lots {
    uint256 private constant LEFT = 96;
    uint256 private constant PRICE = 192;
    uint256 private constant TIME = 224;

    function pack(uint256 paid_, uint256 price_, uint256 time_) internal pure returns (uint256) {
        return paid_ | paid_ << LEFT | price_ << PRICE | time_ << TIME;
    }

    function withLeft(uint256 lot, uint256 left_) internal pure returns (uint256) {
        return (lot & ~(uint256(type(uint96).max) << LEFT)) | left_ << LEFT;
    }

    function paid(uint256 lot) internal pure returns (uint256) {
        return uint96(lot);
    }

    function left(uint256 lot) internal pure returns (uint256) {
        return uint96(lot >> LEFT);
    }

    function price(uint256 lot) internal pure returns (uint256) {
        return uint32(lot >> PRICE);
    }

    function time(uint256 lot) internal pure returns (uint256) {
        return lot >> TIME;
    }
}

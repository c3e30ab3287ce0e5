// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title What the pool takes and offers in a book
/// @notice A list of words, from the low end Wh 40, price 16. The first is the pool's intake, the others are units that
/// it offers, the cheapest first.
library Stock {
    function pack(uint256 wh_, uint256 price_) internal pure returns (uint256) {
        return price_ << 40 | wh_;
    }

    function wh(uint256 item) internal pure returns (uint256) {
        return uint40(item);
    }

    function price(uint256 item) internal pure returns (uint256) {
        return uint16(item >> 40);
    }
}

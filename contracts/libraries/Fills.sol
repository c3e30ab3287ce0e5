// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title What an order got, in 32 bytes
/// @notice From the low end: Wh 40, amount in uPT 64, the commission of this side in uPT 64. An amount is what the buyer
/// pays and the seller gets before commission.
library Fills {
    function pack(uint256 wh_, uint256 amount_, uint256 fee_) internal pure returns (uint256) {
        return fee_ << 104 | amount_ << 40 | wh_;
    }

    function wh(uint256 fill) internal pure returns (uint40) {
        return uint40(fill);
    }

    function amount(uint256 fill) internal pure returns (uint64) {
        return uint64(fill >> 40);
    }

    function fee(uint256 fill) internal pure returns (uint64) {
        return uint64(fill >> 104);
    }

    /// @dev An order's parts from the members and from the pool together.
    function plus(uint256 fill, uint256 other) internal pure returns (uint256) {
        return fill + other;
    }
}

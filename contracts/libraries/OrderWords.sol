// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Order, OrderState, SizeClass} from "../interfaces/IAuction.sol";

/// @title An order's state in one storage word
/// @notice From the low end: content 208, place 16, size class 8, state 8. The content is the lower part of the seal, and
/// once the order is settled its Position.
library OrderWords {
    uint256 private constant CONTENT = (1 << 208) - 1;
    uint256 private constant CLASS = 224;
    uint256 private constant STATE = 232;
    /// The most Wh of each class, 24 bits each.
    uint256 private constant CEILINGS = 10_000 | 100_000 << 24 | 1_000_000 << 48 | 10_000_000 << 72;

    function committed(bytes32 seal, uint256 place_, SizeClass sizeClass_) internal pure returns (uint256) {
        return
            (uint256(seal) & CONTENT) | place_ << 208 | uint256(sizeClass_) << CLASS | uint256(OrderState.Sealed)
                << STATE;
    }

    function isSealedBy(uint256 word, bytes32 seal) internal pure returns (bool) {
        return (word ^ uint256(seal)) & CONTENT == 0;
    }

    function content(uint256 word) internal pure returns (uint208) {
        return uint208(word);
    }

    function place(uint256 word) internal pure returns (uint256) {
        return uint16(word >> 208);
    }

    function sizeClass(uint256 word) internal pure returns (SizeClass) {
        return SizeClass(uint8(word >> CLASS));
    }

    /// @dev The most Wh of the order's class.
    function ceiling(uint256 word) internal pure returns (uint256) {
        return ceilingOf(uint8(word >> CLASS));
    }

    function ceilingOf(uint256 class) internal pure returns (uint256) {
        unchecked {
            return CEILINGS >> 24 * class & 0xffffff;
        }
    }

    function isSealed(uint256 word) internal pure returns (bool) {
        return word >> STATE == uint256(OrderState.Sealed);
    }

    function status(uint256 word) internal pure returns (OrderState) {
        return OrderState(word >> STATE);
    }

    function withStatus(uint256 word, OrderState state_) internal pure returns (uint256) {
        return (word & ((1 << STATE) - 1)) | uint256(state_) << STATE;
    }

    function settled(uint256 word, uint208 content_) internal pure returns (uint256) {
        return withStatus((word & ~CONTENT) | content_, OrderState.Settled);
    }

    function unpack(uint256 word) internal pure returns (Order memory) {
        return Order(content(word), uint16(place(word)), sizeClass(word), status(word));
    }
}

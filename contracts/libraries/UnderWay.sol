// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {TradedSlot} from "../interfaces/IPositionSource.sol";
import {Carrier} from "./Carriers.sol";

/// @title A supply that is under way, and where, in one word
/// @notice From the low end: number 32, zone 16, carrier 8, first second 40, last 40, seconds of a slot 24, whether it has to be
/// funded 8. So a supply of another time costs one read.
library UnderWay {
    function pack(
        uint32 id_,
        uint16 zone,
        Carrier carrier,
        uint40 since,
        uint40 until,
        uint24 slotSeconds,
        bool needsFunds_
    ) internal pure returns (uint256) {
        return uint256(id_) | uint256(zone) << 32 | uint256(carrier) << 48 | uint256(since) << 56 | uint256(until) << 96
            | uint256(slotSeconds) << 136 | (needsFunds_ ? 1 << 160 : 0);
    }

    function id(uint256 word) internal pure returns (uint32) {
        return uint32(word);
    }

    function needsFunds(uint256 word) internal pure returns (bool) {
        return word >> 160 != 0;
    }

    /// @dev Whether it is delivered in a slot.
    function covers(uint256 word, TradedSlot memory slot) internal pure returns (bool) {
        return uint16(word >> 32) == slot.zone && uint8(word >> 48) == uint8(slot.carrier)
            && uint40(word >> 56) <= slot.start && slot.start < uint40(word >> 96);
    }

    /// @dev The place of a slot among its own.
    function placeOf(uint256 word, uint40 slotStart) internal pure returns (uint256) {
        return (slotStart - uint40(word >> 56)) / uint24(word >> 136);
    }
}

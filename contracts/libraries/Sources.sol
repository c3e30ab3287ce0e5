// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "./Carriers.sol";

/// @notice A device as the market sells it, under the account that owns it. A group is four slots one after the other,
/// the first of which has an index that four divides.
/// @param capWh the most that the device can sell of a slot; 0 unless it is certified and delivers
/// @param zone number of the zone that it stands in
/// @param carrier what it delivers
/// @param slotSeconds how long a slot is, 0 when the device is not this account's
/// @param group the group that `drawn` is about
/// @param drawn Wh drawn of each slot of the group, 32 bits each, the first slot's in the lowest
/// @param ahead whether anything was ever drawn of another group while it could not stand here
/// @param reserved whether any of it was ever reserved for a time to come
struct Source {
    uint32 capWh;
    uint16 zone;
    Carrier carrier;
    uint24 slotSeconds;
    uint40 group;
    uint128 drawn;
    bool ahead;
    bool reserved;
}

/// @title A source in one word
/// @notice From the low end: drawn 128, group 40, capWh 32, slotSeconds 24, zone 16, carrier 8, ahead 1, reserved 1. A word is read
/// once and written once for a sale, where a struct would be for each of its fields.
library Sources {
    uint256 internal constant SLOTS = 4;
    uint256 internal constant MAX_WH = type(uint32).max;

    uint256 private constant GROUP = 128;
    uint256 private constant CAP = 168;
    uint256 private constant LENGTH = 200;
    uint256 private constant PLACE = 224;
    uint256 private constant AHEAD = 1 << 248;
    uint256 private constant RESERVED = 1 << 249;

    function unpack(uint256 word) internal pure returns (Source memory) {
        return Source({
            capWh: uint32(word >> CAP),
            zone: uint16(word >> PLACE),
            carrier: Carrier(uint8(word >> PLACE + 16)),
            slotSeconds: uint24(word >> LENGTH),
            group: uint40(word >> GROUP),
            drawn: uint128(word),
            ahead: isAhead(word),
            reserved: isReserved(word)
        });
    }

    /// @dev The source of a device of which nothing is drawn yet.
    function fresh(uint16 zone, Carrier carrier, uint24 slotSeconds) internal pure returns (uint256) {
        return (uint256(carrier) << 16 | zone) << PLACE | uint256(slotSeconds) << LENGTH;
    }

    function withCap(uint256 word, uint256 cap) internal pure returns (uint256) {
        return word & ~(MAX_WH << CAP) | cap << CAP;
    }

    function withGroup(uint256 word, uint256 group, uint256 drawn) internal pure returns (uint256) {
        return word >> CAP << CAP | group << GROUP | drawn;
    }

    function withAhead(uint256 word) internal pure returns (uint256) {
        return word | AHEAD;
    }

    function isAhead(uint256 word) internal pure returns (bool) {
        return word & AHEAD != 0;
    }

    function withReserved(uint256 word) internal pure returns (uint256) {
        return word | RESERVED;
    }

    function isReserved(uint256 word) internal pure returns (bool) {
        return word & RESERVED != 0;
    }

    function capOf(uint256 word) internal pure returns (uint256) {
        return uint32(word >> CAP);
    }

    function groupOf(uint256 word) internal pure returns (uint256) {
        return uint40(word >> GROUP);
    }

    /// @dev Whether this is the source of a device, and not the nothing that stands under any other number.
    function exists(uint256 word) internal pure returns (bool) {
        return word != 0;
    }

    /// @dev Whether a slot of the device begins at `slotStart`.
    function hasSlot(uint256 word, uint40 slotStart) internal pure returns (bool) {
        return exists(word) && slotStart % uint24(word >> LENGTH) == 0;
    }

    /// @dev Whether a slot of the device, in this zone and for this carrier, begins at `slotStart`.
    function has(uint256 word, uint16 zone, Carrier carrier, uint40 slotStart) internal pure returns (bool) {
        return uint24(word >> PLACE) == (uint24(carrier) << 16 | zone) && hasSlot(word, slotStart);
    }

    /// @dev The group of a slot, and how far up in the group's amounts its own stands.
    function placeOf(uint256 word, uint40 slotStart) internal pure returns (uint256 group, uint256 shift) {
        unchecked {
            uint256 slot = slotStart / uint24(word >> LENGTH);
            return (slot / SLOTS, slot % SLOTS * 32);
        }
    }

    /// @dev Whether all slots of the source's own group have begun, so that nobody can draw on it any more.
    function isOver(uint256 word) internal view returns (bool) {
        unchecked {
            return (groupOf(word) * SLOTS + SLOTS - 1) * uint24(word >> LENGTH) <= block.timestamp;
        }
    }
}

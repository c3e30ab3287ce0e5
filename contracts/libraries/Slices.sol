// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice A range on a device's counter of clean energy, as its id tells it.
/// @param carrier what it is energy of
/// @param device number of the device that made it
/// @param since start of the slot in which its first Wh was made
/// @param until end of the slot in which its last Wh was made
/// @param expires first second in which it is worth nothing any more
/// @param first the device's counter at its first Wh
/// @param wh how many there are
struct Slice {
    uint8 carrier;
    uint32 device;
    uint40 since;
    uint40 until;
    uint40 expires;
    uint64 first;
    uint40 wh;
}

/// @title The id of a slice of clean energy
/// @notice From the low end: Wh 40, counter at the first of them 64, expiry 40, end 40, start 40, device 24, carrier 8. As a
/// counter only grows, no two slices of a device have the same counter.
library Slices {
    function pack(Slice memory s) internal pure returns (uint256) {
        return uint256(s.wh) | uint256(s.first) << 40 | uint256(s.expires) << 104 | uint256(s.until) << 144
            | uint256(s.since) << 184 | uint256(s.device) << 224 | uint256(s.carrier) << 248;
    }

    function unpack(uint256 id) internal pure returns (Slice memory) {
        return Slice({
            carrier: carrier(id),
            device: device(id),
            since: uint40(id >> 184),
            until: uint40(until(id)),
            expires: uint40(expires(id)),
            first: uint64(id >> 40),
            wh: uint40(id)
        });
    }

    function carrier(uint256 id) internal pure returns (uint8) {
        return uint8(id >> 248);
    }

    function device(uint256 id) internal pure returns (uint32) {
        return uint24(id >> 224);
    }

    function until(uint256 id) internal pure returns (uint256) {
        return uint40(id >> 144);
    }

    function expires(uint256 id) internal pure returns (uint256) {
        return uint40(id >> 104);
    }
}

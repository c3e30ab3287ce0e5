// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "./Carriers.sol";

/// @notice What a unit id stands for.
/// @param carrier what is delivered
/// @param zone number of the zone in which it is delivered
/// @param device number of the device that delivers it
/// @param slotStart first second of the slot in which it is delivered
struct Unit {
    Carrier carrier;
    uint16 zone;
    uint32 device;
    uint40 slotStart;
}

/// @title The id of the energy of one device in one slot
/// @notice From the low end: first second of the slot 40, device 32, number of the zone 16, carrier 8.
library UnitIds {
    /// @notice Thrown when a number cannot be the id of a unit.
    error UnknownUnit(uint256 id);

    function pack(Carrier carrier, uint16 zone, uint32 device, uint40 slotStart) internal pure returns (uint256) {
        return uint256(carrier) << 88 | uint256(zone) << 72 | uint256(device) << 40 | slotStart;
    }

    function unpack(uint256 id) internal pure returns (Unit memory) {
        require(id >> 88 <= uint256(type(Carrier).max), UnknownUnit(id));
        return Unit({
            carrier: Carrier(id >> 88), zone: uint16(id >> 72), device: uint32(id >> 40), slotStart: slotStartOf(id)
        });
    }

    function slotStartOf(uint256 id) internal pure returns (uint40) {
        return uint40(id);
    }
}

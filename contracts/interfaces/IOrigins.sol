// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMembership} from "./IMembership.sol";
import {IMeters} from "./IMeters.sol";
import {IProduction} from "./IProduction.sol";

/// @notice How much of a device's counter is used up.
/// @param mark the counter up to which nothing can be issued any more
/// @param debt Wh that are withdrawn as soon as the device makes them
/// @param zone number of its zone
/// @param carrier what it makes
/// @param slotSeconds length of its slots, 0 while nothing is known of the device here
struct Mark {
    uint64 mark;
    uint64 debt;
    uint16 zone;
    uint8 carrier;
    uint24 slotSeconds;
}

/// @title Contracts that take ranges off devices' counters
/// @notice The ledger of Production says how much a device had made, or given back, by each slot. What comes next on its counter
/// is taken once and belongs to whom the device belonged to in those slots.
interface IOrigins {
    /// @notice Thrown when more is asked for than was recorded and not used yet.
    error NotRecorded(uint32 device, uint256 left, uint256 asked);
    /// @notice Thrown when the next Wh on a device's counter were not made in just these slots.
    error MadeInOtherSlots(uint32 device, uint256 first, uint256 wh);
    /// @notice Thrown when a device changed hands within the slots.
    error ChangedHands(uint32 device, uint40 at);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice The members' book.
    function membership() external view returns (IMembership);

    /// @notice The devices.
    function meters() external view returns (IMeters);

    /// @notice The ledger of what devices made.
    function production() external view returns (IProduction);

    /// @notice How much of a device's counter is used up, all zero while nothing was issued of it.
    function markOf(uint32 device) external view returns (Mark memory);
}

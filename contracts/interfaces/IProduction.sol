// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IReadings} from "./IReadings.sol";
import {ISettled} from "./ISettled.sol";

/// @title What clean and storing devices made or took, slot by slot
/// @notice The ledger from which certificates, subsidies and points are reckoned. Imbalance writes into it what final
/// readings tell; what was only estimated is left out. Nothing in it is ever taken back: each device has a counter that
/// only grows, so that a range on it names each Wh once.
interface IProduction is ISettled {
    // ------------------------------------------------------------------------------------------------- read only

    /// @notice The readings.
    function readings() external view returns (IReadings);

    /// @notice To which time the readings of a device are used, 0 when none was.
    function recordedUntil(uint32 device) external view returns (uint40);

    /// @notice Wh of a device since its first reading.
    function totalOf(uint32 device) external view returns (uint64);

    /// @notice Wh of a device in a slot.
    function countedIn(uint32 device, uint40 slotStart) external view returns (uint64);

    /// @notice Wh of a device, since its first reading, in slots that ended by a time.
    function countedUntil(uint32 device, uint40 time) external view returns (uint64);

    /// @notice Wh of a device in a month, counted from January 1970: in the slots that end in it, midnight counted to the day
    /// before.
    function countedInMonth(uint32 device, uint16 month) external view returns (uint64);

    // -------------------------------------------------------------------------------------------------- recording

    /// @notice Adds to devices' counters. Of each device slots come by rising time.
    /// @param made words, from the low end: device 32, start of the slot 40, its length in seconds 24, Wh 64
    ///
    /// Emits nothing; Readings tells what was used.
    ///
    /// Requirements:
    /// - the caller is the contract that settles.
    function record(uint256[] calldata made) external;
}

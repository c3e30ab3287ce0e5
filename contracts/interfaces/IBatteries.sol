// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ICleanEnergy} from "./ICleanEnergy.sol";
import {IOrigins} from "./IOrigins.sol";

/// @notice A battery's two registers, known by the one that counts what comes out.
/// @param charging the device that counts what goes in
/// @param roundTripBps what comes out of what went in, in 1/10000
/// @param spent Wh that went in and were accounted for with slices
struct Battery {
    uint32 charging;
    uint16 roundTripBps;
    uint64 spent;
}

/// @title Clean energy through batteries
/// @notice What comes out of a battery is as clean as what went in, less what was lost. Two counters bound it: that of what went
/// in, of which each Wh is accounted for with slices at most once, and that of what came out, of which each Wh is
/// issued at most once. The rest is grey.
interface IBatteries is IOrigins {
    event BatteryCertified(uint32 indexed device, uint32 indexed charging, uint16 roundTripBps, address indexed by);
    event BatteryDischarged(
        uint32 indexed device, address indexed owner, uint256 indexed id, uint64 grey, uint256[] ids, uint256[] amounts
    );

    /// @notice Thrown when two devices are not the registers of one battery, or one of them is another battery's.
    error NotBattery(uint32 charging, uint32 device);
    /// @notice Thrown when a battery would give back nothing, or more than was put in.
    error InvalidRoundTrip(uint16 roundTripBps);
    /// @notice Thrown when less was charged by then than would be accounted for.
    error NotCharged(uint32 device, uint256 left, uint256 asked);
    /// @notice Thrown when what comes out of a battery would have been made after it came out.
    error MadeLater(uint256 id);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice The slices.
    function cleanEnergy() external view returns (ICleanEnergy);

    /// @notice A battery, by the device that counts what comes out.
    function batteryOf(uint32 device) external view returns (Battery memory);

    /// @notice The discharging register that a charging register belongs to, 0 when to none.
    function batteryCharging(uint32 charging) external view returns (uint32);

    // -------------------------------------------------------------------------------------------------- batteries

    /// @notice Vouches that two devices are the registers of one battery, and for what comes out of what goes in.
    ///
    /// Emits {BatteryCertified}.
    ///
    /// Requirements:
    /// - the caller is an active operator who has no part in the battery;
    /// - both devices store and are certified, stand on one site and belong to one owner; the one takes, the other gives; neither
    ///   is another battery's;
    /// - the share is not zero and at most 10000.
    function certifyBattery(uint32 charging, uint32 device, uint16 roundTripBps) external;

    /// @notice Puts slices through the caller's battery: what came out is as clean as what went in, less what was lost. Of the
    /// slices so much is burned, in the sequence of the list, that `wh` could come out of it; those are issued as a slice
    /// of the battery, which expires with the first of the others. What came out before and was not issued stays grey.
    /// @param device the battery, by the device that counts what comes out
    /// @param since start of the slot in which the first of `wh` came out
    /// @param until end of the slot in which the last came out
    /// @param amounts the most that is taken of each slice
    /// @return id of the slice
    ///
    /// Emits {TransferBatch} or {TransferSingle} to nobody, {TransferSingle} and {BatteryDischarged}.
    ///
    /// Requirements:
    /// - the caller is active, and both devices, not suspended, were his in these slots;
    /// - `wh` came out in just these slots, and so much went in by then, neither accounted for before;
    /// - the caller holds the slices, at most 256, which are of the battery's carrier, have not expired, were made by then, and
    ///   together have as many Wh as are burned.
    function discharge(
        uint32 device,
        uint40 since,
        uint40 until,
        uint40 wh,
        uint256[] calldata ids,
        uint256[] calldata amounts
    ) external returns (uint256 id);
}

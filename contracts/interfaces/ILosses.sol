// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";
import {IImbalance} from "./IImbalance.sol";
import {IReadings} from "./IReadings.sol";
import {IVault} from "./IVault.sol";
import {IZones} from "./IZones.sol";

/// @title What is lost on the way, and who bears it
/// @notice Members pay for the loss that a zone declares. What its meters lost beyond that is the network's, who keeps the
/// lines and the meters, and so is what it saved: the account that the zone's facts name pays, or is paid by, the one that
/// balances the zone. When the two differ by much, somebody takes energy, or a meter is wrong.
interface ILosses {
    event LossBorne(uint16 indexed zone, Carrier carrier, uint40 indexed slotStart, int256 excess, int256 cost);
    event LossWaits(uint16 indexed zone, Carrier carrier, uint40 indexed slotStart);
    event ZoneAlarm(uint16 indexed zone, Carrier carrier, uint40 indexed slotStart, int256 excess, uint256 injected);

    /// @notice Thrown when readings of a slot may still come.
    error LossNotKnown(uint40 slotStart, uint40 knownFrom);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice Who settles, and knows what a zone's meters counted.
    function imbalance() external view returns (IImbalance);

    /// @notice The readings.
    function readings() external view returns (IReadings);

    /// @notice The facts of zones.
    function zones() external view returns (IZones);

    /// @notice The Vault, which keeps the money.
    function vault() external view returns (IVault);

    /// @notice Wh that the network has borne of a slot beyond the declared loss, negative when it was less.
    function borneOf(uint16 zone, Carrier carrier, uint40 slotStart) external view returns (int256 excess);

    // ----------------------------------------------------------------------------------------------------- anyone

    /// @notice Lets the network bear what was lost in slots. What changes later is borne by the difference. A slot without
    /// a feeder that counts in both directions is passed over, and so is one whose feeder is not read to its end.
    ///
    /// Emits {LossBorne}, {LossWaits} and {ZoneAlarm}.
    ///
    /// Requirements:
    /// - each is the start of a slot after which {IImbalance.PATIENCE} has passed;
    /// - the zone's balancing account has what it has to pay. What the network has not is recorded as its debt.
    function bear(uint16 zone, Carrier carrier, uint40[] calldata slots) external;
}

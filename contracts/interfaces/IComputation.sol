// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";
import {IEpochAsks} from "./IEpochAsks.sol";
import {IReadings, Root, ShortSignature} from "./IReadings.sol";

/// @title Points for the work of attesting
/// @notice An attester earns a point for every root of readings that he signed and that was posted, whether his signature
/// was among those that it was posted with, or he checked it afterwards while it was new. Whoever attests under several
/// accounts earns once. Corrections earn nothing: else who is wrong first would earn twice.
interface IComputation is IEpochAsks {
    event RootVouched(uint16 indexed zone, uint40 indexed time, address[] attesters);

    /// @notice Thrown when a root is a correction of another.
    error IsCorrection(uint16 zone, uint40 time, uint8 version);
    /// @notice Thrown when no register of this carrier is read at the time of a root.
    error NeverRead(uint16 zone, uint40 time);
    /// @notice Thrown when a root was posted too long ago.
    error ShownTooLate(uint16 zone, uint40 time, uint40 postedAt);
    /// @notice Thrown when no signature is of an attester who has not earned with this root.
    error NobodyEarns(uint16 zone, uint40 time);

    /// @notice Seconds from a root's posting in which signatures earn.
    function SHOWN_WITHIN() external view returns (uint40);

    /// @notice The readings.
    function readings() external view returns (IReadings);

    /// @notice Whether a beneficial owner earned with the root of a zone at a time.
    function hasEarned(uint16 zone, uint40 time, uint32 owner) external view returns (bool);

    /// @notice Asks for a point for each attester who signed a root. Signatures of others, and of those who earned with it
    /// before, are passed over.
    ///
    /// Emits {RootVouched}, and {PointsAsked} for each who earns.
    ///
    /// Requirements:
    /// - the root is the first of its zone and time, and was posted no longer ago than {SHOWN_WITHIN};
    /// - its time is one at which the carrier is read in its zone, so that nobody posts roots only to earn;
    /// - somebody earns.
    function reward(Root calldata root, Carrier carrier, ShortSignature[] calldata signatures) external;
}

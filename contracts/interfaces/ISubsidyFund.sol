// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";
import {IProduction} from "./IProduction.sol";
import {IProgrammes} from "./IProgrammes.sol";
import {ShortSignature} from "./IReadings.sol";

/// @notice Why a claim is not taken, in the order in which that is looked for. NotEligible: not a certified device of this
/// zone and carrier that makes clean energy anew. NotFinal: its month is not wholly recorded. AlreadyPaid: the month was
/// claimed before. OverCapacity: more than the device can make.
enum ClaimRefusal {
    None,
    NotEligible,
    NotFinal,
    AlreadyPaid,
    OverCapacity
}

/// @notice Why a zone is held. Unmeasured: it has no feeder that counts in both directions. Claims: more is claimed than can
/// have come through the feeder. Losses: more or less was lost than is declared.
enum Hold {
    None,
    Unmeasured,
    Claims,
    Losses
}

/// @notice What a device made in a month and what it is paid for that.
/// @param device number of the device
/// @param wh as its records say, or as they were corrected; 0 when the claim was struck
/// @param paid uPT that are its, what it owed of earlier months included
struct SubsidyClaim {
    uint32 device;
    uint64 wh;
    uint64 paid;
}

/// @title Subsidies by the month
/// @notice See IProgrammes. After a month anyone claims for devices, whose Wh are read from the ledger and never typed in.
/// When a zone's meters disagree with its claims it is held for a while, in which an office can strike claims out. What is
/// not held is payable when it is closed.
interface ISubsidyFund is IProgrammes {
    event Claimed(uint16 indexed zone, Carrier carrier, uint16 indexed month, uint32 indexed device, uint64 wh);
    event ClaimRefused(
        uint16 indexed zone, Carrier carrier, uint16 indexed month, uint32 indexed device, ClaimRefusal refusal
    );
    event ProgrammeClosed(
        uint16 indexed zone, Carrier carrier, uint16 indexed month, uint64 claimedWh, uint256 seenWh, Hold hold
    );
    event ClaimStruck(
        uint16 indexed zone, Carrier carrier, uint16 indexed month, uint32 indexed device, address by, string reason
    );
    event ClaimPaid(
        uint16 indexed zone,
        Carrier carrier,
        uint16 indexed month,
        uint32 indexed device,
        address payee,
        uint64 amount,
        uint64 kept
    );
    event ClaimCorrected(
        uint16 indexed zone,
        Carrier carrier,
        uint16 indexed month,
        uint32 indexed device,
        uint64 wh,
        uint64 owed,
        bytes32 evidence,
        address by
    );

    /// @notice Thrown when a programme is closed a second time.
    error AlreadyClosed(uint40 payableFrom);
    /// @notice Thrown when a programme is not closed.
    error NotClosed();
    /// @notice Thrown when a zone is held.
    error StillHeld(uint40 payableFrom);
    /// @notice Thrown when a zone is not held, or not any more.
    error NotHeld(uint40 payableFrom);
    /// @notice Thrown when a programme has no claim in this place.
    error NoClaim(uint256 place);
    /// @notice Thrown when a claim was not paid, so that there is nothing to take back.
    error NotPaid(uint32 device);
    /// @notice Thrown when a correction is not to less.
    error NotLess(uint32 device, uint64 wh, uint64 corrected);
    /// @notice Thrown when a power over others is used without saying why.
    error NoReason();

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice EIP-712 type of {correct}, signed by attesters under the domain of Readings.
    function CORRECTION_TYPEHASH() external view returns (bytes32);

    /// @notice Seconds for which a zone is held.
    function HOLD() external view returns (uint40);

    /// @notice By how much claims may exceed what the feeder saw, in 1/10000.
    function TOLERANCE_BPS() external view returns (uint16);

    /// @notice The ledger of what was made cleanly.
    function production() external view returns (IProduction);

    /// @notice The claims of a programme in the order in which they share its pot.
    function claimsOf(uint16 zone, Carrier carrier, uint16 month) external view returns (SubsidyClaim[] memory);

    /// @notice Whether a device's month was claimed.
    function isClaimed(uint32 device, uint16 month) external view returns (bool);

    /// @notice uPT that a device was paid too much, and that its next payments are short of.
    function owedBy(uint32 device) external view returns (uint64);

    // ----------------------------------------------------------------------------------------------------- anyone

    /// @notice Claims for what devices made in a month. A claim that is refused does not stop the others.
    ///
    /// Emits {Claimed} or {ClaimRefused} for each.
    ///
    /// Requirements:
    /// - the programme exists, and it is the time of its claims.
    function claim(uint16 zone, Carrier carrier, uint16 month, uint32[] calldata devices) external;

    /// @notice Ends the claims, and holds the zone when its meters disagree with them.
    ///
    /// Emits {ProgrammeClosed}.
    ///
    /// Requirements:
    /// - the programme exists, and the time of its claims is over; it was not closed before.
    function close(uint16 zone, Carrier carrier, uint16 month) external;

    // ---------------------------------------------------------------------------------------------------- offices

    /// @notice Strikes a claim of a zone that is held. The others share what it would have got.
    ///
    /// Emits {ClaimStruck}.
    ///
    /// Requirements:
    /// - the caller is an active regulator or operator; there is a reason;
    /// - the zone is held, and there is a claim in this place.
    function strike(uint16 zone, Carrier carrier, uint16 month, uint256 place, string calldata reason) external;

    /// @notice Corrects what a device made in a month for which it was paid. It owes the difference.
    ///
    /// Emits {ClaimCorrected}.
    ///
    /// Requirements:
    /// - the caller is an active regulator or operator, and enough attesters signed the Correction;
    /// - there is a claim in this place, it was paid, and for more than `wh`.
    function correct(
        uint16 zone,
        Carrier carrier,
        uint16 month,
        uint256 place,
        uint64 wh,
        bytes32 evidence,
        ShortSignature[] calldata signatures
    ) external;
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";
import {IImbalance} from "./IImbalance.sol";
import {IMembership} from "./IMembership.sol";
import {IMeters} from "./IMeters.sol";
import {IProduction} from "./IProduction.sol";
import {IReadings, ShortSignature} from "./IReadings.sol";
import {IVault} from "./IVault.sol";
import {IZones} from "./IZones.sol";

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

/// @notice What is paid for clean energy of a carrier in a zone in a month, and how far that has come.
/// @param rate mPT for each kWh
/// @param payableFrom from when on claims are paid, 0 until that is known
/// @param claimedWh Wh of all claims that stand
/// @param passedWh Wh of those before the cursor
/// @param cursor how many claims were paid, and after the last of them how many fundings were returned
/// @param pot uPT that were given for it
/// @param paid uPT of that which claims have got
struct Programme {
    uint32 rate;
    uint40 payableFrom;
    uint64 claimedWh;
    uint64 passedWh;
    uint32 cursor;
    uint64 pot;
    uint64 paid;
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

/// @notice Who gave what to a pot.
/// @param funder whose money it was
/// @param until uPT in the pot after it; its own is what is above that of the one before
struct Funding {
    address funder;
    uint64 until;
}

/// @title Subsidies by the month
/// @notice The authority says, before a month begins, what a kWh of clean energy is paid in it; whoever wants that fills the
/// pot. After the month anyone claims for devices, whose Wh are read from the ledger and never typed in. All claims are
/// paid at once and share what there is, so that nobody has to be first. When a zone's meters disagree with its claims it
/// is held for a while, in which an office can strike claims out. What is left goes back to who gave it.
interface ISubsidyFund {
    event ProgrammeSet(uint16 indexed zone, Carrier carrier, uint16 indexed month, uint32 rate);
    event ProgrammeFunded(
        uint16 indexed zone, Carrier carrier, uint16 indexed month, address indexed funder, uint64 amount
    );
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
    event FundingReturned(
        uint16 indexed zone, Carrier carrier, uint16 indexed month, address indexed funder, uint64 amount
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

    /// @notice Thrown when a programme would pay nothing.
    error NoRate();
    /// @notice Thrown when a programme is set a second time.
    error ProgrammeKnown(uint16 zone, Carrier carrier, uint16 month);
    /// @notice Thrown when nobody has said what is paid in this month.
    error NoProgramme(uint16 zone, Carrier carrier, uint16 month);
    /// @notice Thrown when a month has begun, so that what is paid in it is fixed.
    error MonthBegun(uint16 month, uint40 begun);
    /// @notice Thrown when less is given to a pot than is worth returning.
    error FundingTooSmall(uint64 amount, uint64 least);
    /// @notice Thrown when it is not the time of claims.
    error OutsideClaims(uint40 opens, uint40 closes);
    /// @notice Thrown when claims are still taken.
    error ClaimsStillTaken(uint40 closes);
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

    /// @notice Seconds after the readings of a month are all in, in which claims are taken.
    function CLAIM_WINDOW() external view returns (uint40);

    /// @notice Seconds for which a zone is held.
    function HOLD() external view returns (uint40);

    /// @notice By how much claims may exceed what the feeder saw, in 1/10000.
    function TOLERANCE_BPS() external view returns (uint16);

    /// @notice The least that is given to a pot, in uPT.
    function LEAST_FUNDING() external view returns (uint64);

    /// @notice Who settles, and knows what a zone's meters counted.
    function imbalance() external view returns (IImbalance);

    /// @notice The ledger of what was made cleanly.
    function production() external view returns (IProduction);

    /// @notice The readings, whose attesters correct them.
    function readings() external view returns (IReadings);

    /// @notice The devices.
    function meters() external view returns (IMeters);

    /// @notice The facts of zones.
    function zones() external view returns (IZones);

    /// @notice The members' book.
    function membership() external view returns (IMembership);

    /// @notice The Vault, which keeps the money.
    function vault() external view returns (IVault);

    /// @notice When claims of a month are taken: from `opens` until before `closes`.
    function claimsTaken(uint16 month) external view returns (uint40 opens, uint40 closes);

    /// @notice What is known of a programme; all zero when there is none. Months are counted from January 1970, in UTC.
    function programmeOf(uint16 zone, Carrier carrier, uint16 month) external view returns (Programme memory);

    /// @notice The claims of a programme in the order in which they share its pot.
    function claimsOf(uint16 zone, Carrier carrier, uint16 month) external view returns (SubsidyClaim[] memory);

    /// @notice Who gave to a programme.
    function fundingsOf(uint16 zone, Carrier carrier, uint16 month) external view returns (Funding[] memory);

    /// @notice Whether a device's month was claimed.
    function isClaimed(uint32 device, uint16 month) external view returns (bool);

    /// @notice uPT that a device was paid too much, and that its next payments are short of.
    function owedBy(uint32 device) external view returns (uint64);

    // -------------------------------------------------------------------------------------------------- authority

    /// @notice Says what a month pays. That is not changed any more, as pots are filled for it.
    ///
    /// Emits {ProgrammeSet}.
    ///
    /// Requirements:
    /// - the caller is the authority; the carrier is open in the zone;
    /// - the rate is not zero; the month has not begun, and was not set before.
    function setProgramme(uint16 zone, Carrier carrier, uint16 month, uint32 rate) external;

    // ---------------------------------------------------------------------------------------------------- funders

    /// @notice Gives of the caller's free balance to a pot.
    ///
    /// Emits {ProgrammeFunded}.
    ///
    /// Requirements:
    /// - the programme exists and its month has not begun; the amount is {LEAST_FUNDING} or more;
    /// - the caller is active, not in default, has the right to spend, chose this module, and has the amount free.
    function fund(uint16 zone, Carrier carrier, uint16 month, uint64 amount) external;

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

    /// @notice Goes on paying claims, as many as `limit`, and then returning what is left to who gave it, each in proportion.
    /// What a device was paid too much earlier is kept from it and stays in the pot.
    ///
    /// Emits {ClaimPaid} and {FundingReturned}.
    ///
    /// Requirements:
    /// - the programme is closed, and not held any more.
    function pay(uint16 zone, Carrier carrier, uint16 month, uint256 limit) external;

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

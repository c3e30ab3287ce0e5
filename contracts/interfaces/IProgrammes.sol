// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";
import {IImbalance} from "./IImbalance.sol";
import {IMembership} from "./IMembership.sol";
import {IMeters} from "./IMeters.sol";
import {IReadings} from "./IReadings.sol";
import {IVault} from "./IVault.sol";
import {IZones} from "./IZones.sol";

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

/// @notice Who gave what to a pot.
/// @param funder whose money it was
/// @param until uPT in the pot after it; its own is what is above that of the one before
struct Funding {
    address funder;
    uint64 until;
}

/// @title Programmes of subsidies by the month
/// @notice The authority says, before a month begins, what a kWh is paid in it; whoever wants that fills the pot. After the
/// month claims are taken for a while. All are paid at once and share what there is, so that nobody has to be first. What
/// is left goes back to who gave it. Who can claim what is said by the contract that keeps the programmes.
interface IProgrammes {
    event ProgrammeSet(uint16 indexed zone, Carrier carrier, uint16 indexed month, uint32 rate);
    event ProgrammeFunded(
        uint16 indexed zone, Carrier carrier, uint16 indexed month, address indexed funder, uint64 amount
    );
    event FundingReturned(
        uint16 indexed zone, Carrier carrier, uint16 indexed month, address indexed funder, uint64 amount
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

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice Seconds after the readings of a month are all in, in which claims are taken.
    function CLAIM_WINDOW() external view returns (uint40);

    /// @notice The least that is given to a pot, in uPT.
    function LEAST_FUNDING() external view returns (uint64);

    /// @notice Who settles, and knows what a zone's meters counted.
    function imbalance() external view returns (IImbalance);

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

    /// @notice Who gave to a programme.
    function fundingsOf(uint16 zone, Carrier carrier, uint16 month) external view returns (Funding[] memory);

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

    /// @notice Goes on paying claims, as many as `limit`, and then returning what is left to who gave it, each in proportion.
    /// What was paid too much earlier is kept from who got it and stays in the pot.
    ///
    /// Emits {FundingReturned}, and for each claim what the contract says of it.
    ///
    /// Requirements:
    /// - the programme exists, and is payable by now.
    function pay(uint16 zone, Carrier carrier, uint16 month, uint256 limit) external;
}

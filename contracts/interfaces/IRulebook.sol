// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";
import {Book} from "./IAuction.sol";
import {Terms} from "./IRule.sol";
import {IZones} from "./IZones.sol";

/// @notice When a book's phases are, counted back from the start of delivery.
/// @param commitSeconds how long commitments are taken
/// @param revealSeconds how long they can be revealed, at least; see {IAuction.setSchedule}
/// @param clearSeconds between the last reveal and delivery
/// @param validators how many nodes make blocks
/// @param blockSeconds seconds between blocks
struct Schedule {
    uint24 commitSeconds;
    uint24 revealSeconds;
    uint24 clearSeconds;
    uint16 validators;
    uint16 blockSeconds;
}

/// @title When books are open and how they are cleared
/// @notice What the authority decides about the market, by carrier and zone, or for one book. A book takes what holds when
/// it is opened, and keeps it.
interface IRulebook {
    event AuctionSet(address indexed auction);
    event ScheduleSet(Schedule schedule);
    event TermsSet(Carrier indexed carrier, bytes32 indexed zone, uint40 slotStart, Terms terms);
    event TermsFixed(bytes32 indexed book, Terms terms);

    /// @notice Thrown when terms or a schedule cannot be.
    error InvalidTerms();
    /// @notice Thrown when nobody decided on terms for a carrier in a zone.
    error NoTerms(Carrier carrier, bytes32 zone);
    /// @notice Thrown when a book is opened outside the time of its commitments and the hour before.
    error NotOpening(uint40 from, uint40 until);
    /// @notice Thrown when another contract than the auction opens a book.
    error NotAuction(address caller);
    /// @notice Thrown when the auction is named a second time.
    error AuctionAlreadySet(address auction);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice The highest commission of a side, in basis points.
    function MAX_FEE_BPS() external view returns (uint16);

    /// @notice The facts of zones.
    function zones() external view returns (IZones);

    /// @notice The contract whose books these are, zero before it is set.
    function auction() external view returns (address);

    /// @notice The schedule of books opened from now on.
    function schedule() external view returns (Schedule memory);

    /// @notice A book's key: keccak256(abi.encode(carrier, zone, slotStart)).
    function bookKey(Carrier carrier, bytes32 zone, uint40 slotStart) external pure returns (bytes32);

    /// @notice The terms of a book, or those decided on under this key before it is opened; with the key of `slotStart` 0,
    /// those of all books of a carrier in a zone that have none of their own.
    function termsOf(bytes32 book) external view returns (Terms memory);

    // ------------------------------------------------------------------------------------------------- authority

    /// @notice Names the auction, once.
    ///
    /// Emits {AuctionSet}.
    ///
    /// Requirements:
    /// - the caller is the authority; none was named before.
    function setAuction(address auction_) external;

    /// @notice Sets the phases of books opened from now on. The time to reveal will be at least three blocks of every
    /// validator, so that none alone can keep an order out.
    ///
    /// Emits {ScheduleSet}.
    ///
    /// Requirements:
    /// - the caller is the authority; no field is zero;
    /// - with the hour before, all phases together are no longer than {IZones-NOTICE}.
    function setSchedule(Schedule calldata schedule_) external;

    /// @notice Decides how the books of a carrier in a zone are cleared, or with a `slotStart` how one of them is. Books
    /// that are open keep what they have.
    ///
    /// Emits {TermsSet}.
    ///
    /// Requirements:
    /// - the caller is the authority; the zone exists, the book is not open; shares are at most 10,000, commissions at most 60 basis points;
    ///   the rule takes at most 10,000 orders.
    function setTerms(Carrier carrier, bytes32 zone, uint40 slotStart, Terms calldata terms) external;

    // --------------------------------------------------------------------------------------------------- opening

    /// @notice Fixes a book's terms and tells its facts.
    ///
    /// Emits {TermsFixed}.
    ///
    /// Requirements:
    /// - the caller is the auction;
    /// - the zone trades the carrier, the slot is on its grid, and there are terms;
    /// - it is less than an hour before the first commitment, or a time of commitments.
    function open(Carrier carrier, bytes32 zone, uint40 slotStart) external returns (bytes32 book, Book memory facts);
}

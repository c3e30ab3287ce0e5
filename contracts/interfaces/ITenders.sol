// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";
import {Point} from "../libraries/Points.sol";
import {IEnergyUnits} from "./IEnergyUnits.sol";
import {Signed} from "./ISignedActions.sol";
import {ISupplies} from "./ISupplies.sol";
import {IVault} from "./IVault.sol";

/// @notice What an owner offers, and on what terms. Shares are in 1/10000.
/// @param device the device that delivers it
/// @param wh how much, evenly over the time of delivery
/// @param reserve mPT per kWh below which nothing is awarded
/// @param deliveryStart first second of the first slot of delivery
/// @param deliveryEnd first second after the last
/// @param quoteEnd first second in which nothing is quoted any more, and from which on it is decided
/// @param decideEnd first second in which nothing is awarded any more
/// @param ownerMarginBps share of the price of a supply that the owner sets aside for it
/// @param userMarginBps the same of the user
/// @param toleranceBps how much less may be delivered before somebody is at fault, and how much more is paid
/// @param ownerPenaltyBps share of the price of what is missing by his fault that the owner pays
/// @param userPenaltyBps the same of the user
/// @param fullEscrow whether a user sets the whole price aside before delivery begins
/// @param key x coordinate of the point, with an even y, that quotes are sealed for; a new one for each tender
struct TenderTerms {
    uint32 device;
    uint40 wh;
    uint16 reserve;
    uint40 deliveryStart;
    uint40 deliveryEnd;
    uint40 quoteEnd;
    uint40 decideEnd;
    uint16 ownerMarginBps;
    uint16 userMarginBps;
    uint16 toleranceBps;
    uint16 ownerPenaltyBps;
    uint16 userPenaltyBps;
    bool fullEscrow;
    uint256 key;
}

/// @notice Where a tender stands. Open: it is quoted, or decided.
enum TenderState {
    None,
    Open,
    Awarded,
    Declined,
    Expired
}

/// @notice A tender as it stands, in one storage slot.
/// @param owner who offers
/// @param zone number of the zone in which the device stands
/// @param carrier what it delivers
/// @param state see TenderState
/// @param slotSeconds how long a slot is
/// @param quotes how many were made
struct Tender {
    address owner;
    uint16 zone;
    Carrier carrier;
    TenderState state;
    uint24 slotSeconds;
    uint16 quotes;
}

/// @notice Where a quote stands. Firm: it can be awarded until the tender is decided.
enum QuoteState {
    None,
    Firm,
    Withdrawn,
    Rejected,
    Awarded,
    Void,
    Lost
}

/// @notice A quote.
/// @param trader who quotes
/// @param state see QuoteState
/// @param seal hash of the quote's hash and its box
struct SealedQuote {
    address trader;
    QuoteState state;
    bytes32 seal;
}

/// @notice A quote that only the tender's owner can read, and a proof that its trader knows the number behind the box's point:
/// with k chosen at random, challenge = hash(k*G), response = k + challenge * number. Who took over another's point, or a
/// multiple of it, could have the owner reject his box, and thereby open the other's.
/// @param point x coordinate of the trader's point, which has an even y
/// @param masked Wh and price, and a proof that they were not changed
/// @param challenge below the curve's order
/// @param response below the curve's order
struct Box {
    uint256 point;
    bytes32 masked;
    uint256 challenge;
    uint256 response;
}

/// @notice What an owner takes of a quote, and what opens it.
/// @param quote its number
/// @param wh Wh that he takes
/// @param quotedWh Wh that were quoted
/// @param price mPT per kWh that was quoted
/// @param salt what hides the quote in its hash
/// @param box its box
struct Award {
    uint16 quote;
    uint40 wh;
    uint40 quotedWh;
    uint16 price;
    bytes32 salt;
    Box box;
}

/// @notice What shows the point that a box's two sides share, without the key that finds it: with k chosen at random,
/// challenge = hash(k*G, k*R), response = k + challenge * key.
/// @param shared the shared point
/// @param challenge below the curve's order
/// @param response below the curve's order
/// @param responseTimesPoint response * R, R being the box's point
/// @param challengeTimesShared challenge * shared
struct SharedPoint {
    Point shared;
    uint256 challenge;
    uint256 response;
    Point responseTimesPoint;
    Point challengeTimesShared;
}

/// @title Sealed tenders
/// @notice An owner offers energy of a device over a time; users quote in confidence, in boxes that only he can open; he
/// takes one quote or several, and only those are ever opened. Quotes are firm until he decided. Each side vouches with a
/// bond, which is lost by an owner who does not decide and a user who cannot set aside his margin, or whose box holds another
/// quote than its hash. What is awarded is from then on a matter of Supplies.
interface ITenders {
    event TenderPublished(uint32 indexed tender, address indexed owner, Tender its, TenderTerms terms, uint128 bond);
    event QuoteMade(uint32 indexed tender, uint16 indexed quote, address indexed trader, bytes32 hash, Box box);
    event QuoteWithdrawn(uint32 indexed tender, uint16 indexed quote);
    event QuoteRejected(uint32 indexed tender, uint16 indexed quote, uint128 bond);
    event QuoteAwarded(uint32 indexed tender, uint16 indexed quote, uint40 wh, uint16 price);
    event AwardVoided(uint32 indexed tender, uint16 indexed quote, uint128 bond);
    event TenderAwarded(uint32 indexed tender, uint40 wh);
    event TenderDeclined(uint32 indexed tender);
    event TenderExpired(uint32 indexed tender, uint128 bond);
    event SuppliesSet(ISupplies indexed supplies);

    /// @notice Thrown when an offer's times do not follow one another, or are not those of slots, or are too far apart.
    error InvalidTimes(uint40 quoteEnd, uint40 decideEnd, uint40 deliveryStart, uint40 deliveryEnd);
    /// @notice Thrown when a share is more than the whole.
    error InvalidShare(uint256 bps);
    /// @notice Thrown when less than 100 Wh are offered or awarded.
    error TenderTooSmall(uint40 wh);
    /// @notice Thrown when there is no point of the curve with this x, below the curve's order.
    error InvalidPoint(uint256 x);
    /// @notice Thrown when the device has not as much left in each slot, is not the owner's or delivers nothing.
    error EnergyNotFree(uint32 device, uint40 wh);
    /// @notice Thrown when a tender is in another state than it must be.
    error WrongTenderState(uint32 tender, TenderState state);
    /// @notice Thrown when it is too early or too late for something.
    error OutOfTime(uint32 tender, uint40 since, uint40 until);
    /// @notice Thrown when somebody else than the owner would decide.
    error NotTenderOwner(uint32 tender, address caller);
    /// @notice Thrown when an account of the owner's member would quote in his tender.
    error OwnerQuotes(uint32 tender, address trader);
    /// @notice Thrown when a trader does not show that he knows what is behind his box's point.
    error UnknownPoint(uint32 tender, address trader);
    /// @notice Thrown when a tender has as many quotes as it can have.
    error TooManyQuotes(uint32 tender);
    /// @notice Thrown when a quote is not there, or not firm any more.
    error QuoteNotFirm(uint32 tender, uint16 quote, QuoteState state);
    /// @notice Thrown when somebody else than the trader would withdraw a quote.
    error NotQuoter(uint32 tender, uint16 quote, address caller);
    /// @notice Thrown when awards do not come by rising number of their quotes, so that one could be awarded twice.
    error AwardsOutOfOrder(uint32 tender, uint16 quote);
    /// @notice Thrown when nothing is awarded; an owner who takes nothing declines.
    error NothingAwarded(uint32 tender);
    /// @notice Thrown when an opening is not that of the quote.
    error WrongOpening(uint32 tender, uint16 quote);
    /// @notice Thrown when a quote is below the reserve.
    error BelowReserve(uint32 tender, uint16 quote, uint16 price, uint16 reserve);
    /// @notice Thrown when more is taken of a quote than was quoted.
    error AboveQuote(uint32 tender, uint16 quote, uint40 wh, uint40 quotedWh);
    /// @notice Thrown when more is awarded than is offered.
    error OverAward(uint32 tender, uint256 wh, uint40 offered);
    /// @notice Thrown when a shared point is not shown to be one.
    error NotShared(uint32 tender, uint16 quote);
    /// @notice Thrown when a box holds what its hash says, so that it cannot be rejected.
    error BoxFits(uint32 tender, uint16 quote);
    /// @notice Thrown when the contract of supplies is named a second time.
    error SuppliesAlreadySet(ISupplies supplies);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice EIP-712 type of {quoteSigned}.
    function QUOTE_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {withdrawQuoteSigned}.
    function WITHDRAW_QUOTE_TYPEHASH() external view returns (bytes32);

    /// @notice How many quotes a tender can have.
    function MAX_QUOTES() external view returns (uint16);

    /// @notice How many slots a delivery can last.
    function MAX_SLOTS() external view returns (uint256);

    /// @notice Seconds after the last quote in which an owner decides at the latest.
    function DECIDES_WITHIN() external view returns (uint40);

    /// @notice Seconds that users have at least to set the whole price aside.
    function FUNDS_WITHIN() external view returns (uint40);

    /// @notice Who keeps the money.
    function vault() external view returns (IVault);

    /// @notice Who keeps the energy.
    function energyUnits() external view returns (IEnergyUnits);

    /// @notice Where what is awarded is supplied, zero before it is named.
    function supplies() external view returns (ISupplies);

    /// @notice How many tenders there are; the first has number 1.
    function tenderCount() external view returns (uint32);

    /// @notice A tender as it stands.
    function tenderOf(uint32 tender) external view returns (Tender memory);

    /// @notice What was offered.
    function termsOf(uint32 tender) external view returns (TenderTerms memory);

    /// @notice A quote as it stands; the first of a tender has number 0.
    function quoteOf(uint32 tender, uint16 number) external view returns (SealedQuote memory);

    /// @notice What owner and quoters vouch with: 20 mPT for each kWh of 10 kWh, 100 kWh, 1 MWh or 10 MWh, whichever first holds
    /// the volume, and for more of each 10 MWh that were begun.
    function bondOf(uint40 wh) external pure returns (uint128);

    /// @notice The hash of a quote, which binds a trader and tells nobody without the salt.
    function quoteHash(uint32 tender, address trader, uint40 wh, uint16 price, bytes32 salt)
        external
        view
        returns (bytes32);

    // -------------------------------------------------------------------------------------------------- authority

    /// @notice Names the contract of supplies, once.
    ///
    /// Emits {SuppliesSet}.
    ///
    /// Requirements:
    /// - the caller is the authority; none was named before.
    function setSupplies(ISupplies supplies_) external;

    // ----------------------------------------------------------------------------------------------------- owners

    /// @notice Offers energy of the caller's device. It is reserved, evenly over all slots, and so is a bond.
    /// @return tender its number
    ///
    /// Emits {TenderPublished}.
    ///
    /// Requirements:
    /// - 100 Wh at least are offered; no share is above the whole; the key is a point;
    /// - quotes end after now, the decision later and at most {DECIDES_WITHIN} later, delivery begins no earlier than that, or
    ///   {FUNDS_WITHIN} later where the whole price is to be set aside, with a slot, and ends after it began, with a slot, at most
    ///   {MAX_SLOTS} later;
    /// - the caller is active in a market role, chose this module and Supplies, and has the bond free;
    /// - the device is his, certified, and has so much free in each slot.
    function publish(TenderTerms calldata terms) external returns (uint32 tender);

    /// @notice Takes quotes, in whole or in part, and opens them. Who cannot set aside his margin, or has too many supplies,
    /// is left out and loses his bond; the others stand. All other quotes are free, and never opened; what was not awarded
    /// is not reserved any more.
    ///
    /// Emits {QuoteAwarded} or {AwardVoided} for each, and {TenderAwarded}.
    ///
    /// Requirements:
    /// - the caller is the owner; quotes have ended, the time to decide has not; the tender is open;
    /// - awards come by rising number of their quotes, of 100 Wh at least, each firm, rightly opened, no lower than the reserve
    ///   and of no more than was quoted; together they are no more than is offered;
    /// - the owner has his margin free, and not too many supplies then, as {ISupplies-begin} says.
    function award(uint32 tender, Award[] calldata awards) external;

    /// @notice Takes none. All quotes are free.
    ///
    /// Emits {TenderDeclined}.
    ///
    /// Requirements:
    /// - the caller is the owner; the time to decide has not ended; the tender is open.
    function decline(uint32 tender) external;

    /// @notice Shows that a box holds no quote, or another one than its hash says; its trader loses his bond.
    ///
    /// Emits {QuoteRejected}.
    ///
    /// Requirements:
    /// - the caller is the owner; the tender is open and the quote firm;
    /// - hash and box are those of the quote; the shared point is shown to be that of the box and the tender's key;
    /// - opened with it, the box does not give a quote of this hash.
    function reject(uint32 tender, uint16 number, bytes32 hash, Box calldata box, SharedPoint calldata proof) external;

    // ---------------------------------------------------------------------------------------------------- quoters

    /// @notice Quotes in a tender.
    /// @return number its number
    ///
    /// Emits {QuoteMade}.
    ///
    /// Requirements:
    /// - the tender is open and quotes have not ended; it has fewer than {MAX_QUOTES}, withdrawn ones included;
    /// - the box has a point, and the caller shows that he knows what is behind it;
    /// - the caller is no account of its owner's member, is active in a market role, chose this module and Supplies, and has
    ///   the bond free.
    function quote(uint32 tender, bytes32 hash, Box calldata box) external returns (uint16 number);

    /// @notice {quote}, signed by the trader.
    ///
    /// Emits {QuoteMade} and {NonceUsed}.
    ///
    /// Requirements: those of {quote} for the signer, and a valid signature of Quote.
    function quoteSigned(uint32 tender, bytes32 hash, Box calldata box, Signed calldata auth)
        external
        returns (uint16 number);

    /// @notice Takes a quote back. Its bond is free with all others, when the tender is decided, so that nobody fills the room for
    /// quotes with one bond.
    ///
    /// Emits {QuoteWithdrawn}.
    ///
    /// Requirements:
    /// - the caller made it, or took that account's place; it is firm and quotes have not ended.
    function withdrawQuote(uint32 tender, uint16 number) external;

    /// @notice {withdrawQuote}, signed by the trader.
    ///
    /// Emits {QuoteWithdrawn} and {NonceUsed}.
    ///
    /// Requirements: those of {withdrawQuote} for the signer, and a valid signature of WithdrawQuote.
    function withdrawQuoteSigned(uint32 tender, uint16 number, Signed calldata auth) external;

    // ----------------------------------------------------------------------------------------------------- anyone

    /// @notice Ends a tender that its owner did not decide: he loses his bond, all quotes are free.
    ///
    /// Emits {TenderExpired}.
    ///
    /// Requirements:
    /// - the time to decide has ended; the tender is open.
    function expire(uint32 tender) external;
}

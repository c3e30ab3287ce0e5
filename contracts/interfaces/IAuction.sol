// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";
import {IClearing} from "./IClearing.sol";
import {IEnergyUnits} from "./IEnergyUnits.sol";
import {IRulebook} from "./IRulebook.sol";
import {IVault} from "./IVault.sol";

/// @notice How far a book has come; its phases before clearing are told by the clock.
enum BookState {
    None,
    Open,
    Cleared,
    Settled,
    Void
}

/// @notice One carrier's energy in one zone in one slot, in one storage slot.
/// @param opensAt first second in which commitments are taken
/// @param revealsAt first second of revealing, and the first in which no commitment is taken
/// @param clearsAt first second in which the book can be cleared, and the first in which nothing can be revealed
/// @param slotStart first second of delivery
/// @param commits how many commitments there are
/// @param cap how many there can be
/// @param zone number of the zone
/// @param dearestWh ceil(1.1 poolOut): what an undelivered kWh may cost its seller, in mPT
/// @param carrier what is traded
/// @param state see BookState
struct Book {
    uint40 opensAt;
    uint40 revealsAt;
    uint40 clearsAt;
    uint40 slotStart;
    uint16 commits;
    uint16 cap;
    uint16 zone;
    uint24 dearestWh;
    Carrier carrier;
    BookState state;
}

/// @notice What is public of an order's size: 10 kWh, 100 kWh, 1 MWh, 10 MWh at most.
enum SizeClass {
    Small,
    Medium,
    Large,
    Huge
}

/// @notice Where an order stands. Sealed: committed, and perhaps revealed, which its group tells. HandedOver: settled, and
/// its money given to the contract that settles what was delivered.
enum OrderState {
    None,
    Sealed,
    Settled,
    Slashed,
    Refunded,
    HandedOver
}

/// @notice One order, in one storage slot.
/// @param content the seal, or once Settled what came of the order, see Position
/// @param place its index among the book's commitments
/// @param sizeClass see SizeClass
/// @param state see OrderState
struct Order {
    uint208 content;
    uint16 place;
    SizeClass sizeClass;
    OrderState state;
}

/// @notice What came of a settled order.
/// @param sell whether it sold
/// @param wh what it traded with members and the pool together
/// @param amount uPT that a buyer paid, or that are due to a seller after commission
/// @param margin uPT of a seller's that stay locked until he has delivered
/// @param device the device that delivers
struct Position {
    bool sell;
    uint40 wh;
    uint64 amount;
    uint64 margin;
    uint32 device;
}

/// @notice What a trader commits to. Its size class is a number here, so that one that there is not can be refused.
struct SealedOrder {
    address trader;
    uint8 sizeClass;
    uint8 number;
    bytes32 seal;
}

/// @notice A commitment signed by its trader, to be sent by anyone.
/// @param order what he signed
/// @param r first half of the signature
/// @param vs second half, in the short form of ERC-2098
struct SignedCommit {
    SealedOrder order;
    bytes32 r;
    bytes32 vs;
}

/// @notice What opens a commitment: the order as a word with index 0, see Words, and the salt.
struct Opening {
    uint256 order;
    bytes32 salt;
}

/// @notice A part of a cleared book.
/// @param words the next groups' words
/// @param evidence what the rule must be reminded of, see IRule.fills
struct Part {
    uint256[] words;
    uint256[] evidence;
}

/// @notice Which of a trader's orders in a book.
struct OrderId {
    address trader;
    uint8 number;
}

/// @notice Why an order was not taken.
/// NumberTaken: the trader has an order of this number. NumberSkipped: he has none of the number before, or this one is
/// too high. BadSignature: not signed by the trader. BookFull: no room. BondShort: the bond cannot be locked, for want
/// of money, standing or choice of this module. NotSealed: there is no such order, or it was slashed. OutOfSequence: its
/// index is not above those before it in the batch. AlreadyRevealed.
/// SealBroken: the opening is not what was sealed. OverClass: larger than its class. BelowMinimum: 1 to 99 Wh.
/// BuyWithDevice: a buy order that names a device. UnitsShort: the seller's energy cannot be locked. MoneyShort: the
/// payment or margin cannot be locked. NoSuchClass: the size class is none of the four.
enum Refusal {
    None,
    NumberTaken,
    NumberSkipped,
    BadSignature,
    BookFull,
    BondShort,
    NotSealed,
    OutOfSequence,
    AlreadyRevealed,
    SealBroken,
    OverClass,
    BelowMinimum,
    BuyWithDevice,
    UnitsShort,
    MoneyShort,
    NoSuchClass
}

/// @title Sealed-quote double auctions over registered energy
/// @notice A book for every carrier, zone and slot. Traders commit to sealed orders with a bond, reveal them when no more
/// can be committed, and anyone clears the book by a proposal that is checked in one pass over all revealed orders (see
/// IClearing), and settles it. Nobody has to be trusted, and nobody has to come back for his money.
/// Each order is a word (see Words), folded when revealed into its group's hash chain (see Groups); the words stand in
/// events. Lists of words hold whole groups, group after group, in the order
/// of revealing inside each.
interface IAuction {
    event BookOpened(bytes32 indexed book, Carrier indexed carrier, bytes32 indexed zone, uint40 slotStart, Book facts);
    event Committed(bytes32 indexed book, uint256 order, bytes32 seal);
    event OrdersRevealed(bytes32 indexed book, uint256[] words);
    event OrderRefused(bytes32 indexed book, address indexed trader, uint8 number, Refusal refusal);
    event OrderSlashed(bytes32 indexed book, address indexed trader, uint8 number, address keeper, uint128 bond);
    event OrderRefunded(bytes32 indexed book, address indexed trader, uint8 number, uint128 bond);
    event BookExcused(bytes32 indexed book, address indexed by, string reason);
    event Traded(bytes32 indexed book, uint256 word, uint256 fill);
    event ClearingSet(address indexed clearing);
    event BookCleared(bytes32 indexed book, uint128 poolLocked);
    event BookSettled(
        bytes32 indexed book, uint64 paid, uint64 received, int256 poolShare, uint256 poolSpent, uint256 toCommonFund
    );
    event BookPartSettled(bytes32 indexed book, uint256 nextGroup);
    event BookVoided(bytes32 indexed book);

    /// @notice Thrown when a book is opened twice.
    error BookExists(bytes32 book);
    /// @notice Thrown when a book is not in a state for this.
    error WrongState(bytes32 book, BookState state);
    /// @notice Thrown when something comes before or after its phase, the end of which does not belong to it.
    error OutsidePhase(bytes32 book, uint40 from, uint40 until);
    /// @notice Thrown when the caller's order was not taken.
    error OrderNotTaken(address trader, uint8 number, Refusal refusal);
    /// @notice Thrown when no order of a call was taken; the first one's reason, None when the call has none.
    error NothingTaken(Refusal refusal);
    /// @notice Thrown when an order is slashed or refunded that was revealed, or is not there.
    error NotWithheld(address trader, uint8 number);
    /// @notice Thrown when bonds are slashed that a book's excuse or end gives back, or given back without either.
    error BondNotDue(bytes32 book);
    /// @notice Thrown when a book is excused twice.
    error BookAlreadyExcused(bytes32 book);
    /// @notice Thrown when the words given for a group are not those that were revealed.
    error WrongWords(bytes32 book, uint256 group);
    /// @notice Thrown when a list of words ends before a group that is needed, or goes on behind the last.
    error WrongExtent(bytes32 book, uint256 group);
    /// @notice Thrown when the contract that clears is named a second time.
    error ClearingAlreadySet(address clearing);
    /// @notice Thrown when another contract than the one that clears reports an outcome.
    error NotClearing(address caller);
    /// @notice Thrown when an outcome would give an order more than it asked for, or at a price worse than its own.
    error UnfairFill(bytes32 book, uint256 index);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice EIP-712 type of a relayed commitment.
    function COMMIT_TYPEHASH() external view returns (bytes32);

    /// @notice uPT locked beside each bond, for whoever slashes it.
    function KEEPER_FEE() external view returns (uint128);

    /// @notice Seconds between the end of revealing and slashing, in which a book may be excused.
    function SLASH_REST() external view returns (uint40);

    /// @notice Who keeps the money.
    function vault() external view returns (IVault);

    /// @notice When books are open and how they are cleared.
    function rulebook() external view returns (IRulebook);

    /// @notice Who keeps the energy that is sold.
    function energyUnits() external view returns (IEnergyUnits);

    /// @notice Who decides what each order gets, zero before it is set.
    function clearing() external view returns (IClearing);

    /// @notice What an order of a class locks when it is committed, without the keeper's fee.
    function bondOf(SizeClass sizeClass) external pure returns (uint128);

    /// @notice The seal of an order, a word with index 0.
    function sealOf(bytes32 book, uint256 order, bytes32 salt) external view returns (bytes32);

    /// @notice A book as it stands; empty when it was not opened.
    function bookOf(bytes32 book) external view returns (Book memory);

    /// @notice A group of orders, see Groups.
    function groupOf(bytes32 book, uint256 group) external view returns (uint256);

    /// @notice The order of a trader with this number; empty when there is none.
    function orderOf(bytes32 book, address trader, uint8 number) external view returns (Order memory);

    /// @notice What came of all of a trader's orders in a book.
    function positionsOf(bytes32 book, address trader) external view returns (Position[] memory);

    /// @notice The id of what an order traded: keccak256(abi.encode(chain, this contract, book, index)).
    function tradeId(bytes32 book, uint256 index) external view returns (bytes32);

    /// @notice Checks that `words` are what was revealed in whole groups from `first` on, and tells the group that comes
    /// next; `last` when it is the number of groups.
    function foldGroups(bytes32 book, uint256 first, uint256[] calldata words)
        external
        view
        returns (uint256 next, bool last);

    // ------------------------------------------------------------------------------------------------- authority

    /// @notice Names the contract that clears, once.
    ///
    /// Emits {ClearingSet}.
    ///
    /// Requirements:
    /// - the caller is the authority; none was named before.
    function setClearing(IClearing clearing_) external;

    // --------------------------------------------------------------------------------------------------- trading

    /// @notice Opens a book, by anyone.
    ///
    /// Emits {BookOpened}.
    ///
    /// Requirements:
    /// - the zone trades the carrier, the slot is on its grid, and there are terms;
    /// - it is less than an hour before the first commitment, or a time of commitments; it was not opened before.
    function openBook(Carrier carrier, bytes32 zone, uint40 slotStart) external returns (bytes32 book);

    /// @notice Commits to an order and locks its bond and the keeper's fee.
    ///
    /// Emits {Committed}, with what is public of the order as a word: its trader, number and index, and for Wh the most that
    /// its class can have.
    ///
    /// Requirements:
    /// - the book takes commitments and is not full;
    /// - `number` counts the caller's orders in this book from 0, to 15 at most;
    /// - the caller is active in a market role, chose this module, and has the bond free in the Vault.
    function commit(bytes32 book, SizeClass sizeClass, uint8 number, bytes32 seal) external;

    /// @notice {commit} for several traders, who signed Commit. What is wrong with one does not stop the others.
    ///
    /// Emits {Committed} for each that was taken, {OrderRefused} for each that was not.
    ///
    /// Requirements: those of {commit}, for one of them at least.
    function commitFor(bytes32 book, SignedCommit[] calldata commits) external;

    /// @notice Reveals orders, by their traders or anyone who holds their openings. Bond and fee come back, and what the
    /// order may cost is locked: of a buyer its value and the highest commission, of a seller the energy and a margin.
    /// An order of 0 Wh is a decoy and leaves the fee behind. What is wrong with one order does not stop the others,
    /// and it can be revealed again as long as the phase lasts.
    ///
    /// Emits {OrdersRevealed}, and {OrderRefused} for each that was not taken.
    ///
    /// Requirements:
    /// - the book's orders are being revealed;
    /// - the orders come by rising index; one at least is committed, not revealed, opened rightly, within its class, and
    ///   covered.
    function reveal(bytes32 book, Opening[] calldata openings) external;

    // -------------------------------------------------------------------------------------------------- settling

    /// @notice Takes note that a book has its outcome, and locks what the pool may have to pay for it.
    ///
    /// Emits {BookCleared}.
    ///
    /// Requirements:
    /// - the caller is the contract that clears; revealing is over and delivery has not begun; the book is not cleared;
    /// - the Pool's purse has chosen this module and has `poolNeed` free.
    function close(bytes32 book, uint128 poolNeed) external;

    /// @notice Settles the next groups of a book, by anyone: each order's position is written, what it does not need goes
    /// back, commissions go to the platform, proceeds stay here until delivery is final. Of a void book everything goes
    /// back. With the last group the rest is shared between pool and common fund.
    ///
    /// Emits {Traded}, with its word and its fill (see Fills), for each order that traded, and {BookPartSettled}; or
    /// {BookSettled} at the end.
    ///
    /// Requirements:
    /// - the book is cleared, and its pool too unless delivery has begun; or it is void;
    /// - the part's words are those revealed in whole groups, from the next one on, its evidence what the rule asks for.
    function settle(bytes32 book, Part calldata part) external;

    /// @notice Gives up a book that was not cleared in time, by anyone.
    ///
    /// Emits {BookVoided}.
    ///
    /// Requirements:
    /// - delivery has begun and the book is not cleared.
    function voidBook(bytes32 book) external;

    // ----------------------------------------------------------------------------------------------------- bonds

    /// @notice Gives up the bonds of the withheld orders of a book, once, before they can be slashed.
    ///
    /// Emits {BookExcused}.
    ///
    /// Requirements:
    /// - the caller is an active regulator or operator, or the authority; there is a reason;
    /// - revealing ended less than a day ago.
    function excuse(bytes32 book, string calldata reason) external;

    /// @notice Sends the bonds of withheld orders to the common fund, and the fees to the caller.
    ///
    /// Emits {OrderSlashed} for each.
    ///
    /// Requirements:
    /// - revealing ended a day ago or more; the book was cleared and is not excused, and this module does not leave the
    ///   Vault;
    /// - each order was committed, not revealed, and not slashed; the caller was ever admitted.
    function slash(bytes32 book, OrderId[] calldata orders) external;

    /// @notice Gives back the bonds and fees of withheld orders of an excused or void book.
    ///
    /// Emits {OrderRefunded} for each.
    ///
    /// Requirements:
    /// - the book is excused or void, or this module leaves the Vault, so that it cannot cover reveals any more;
    /// - each order was committed, not revealed, and not refunded.
    function refund(bytes32 book, OrderId[] calldata orders) external;
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {
    Book,
    BookState,
    IAuction,
    Opening,
    Order,
    OrderId,
    OrderState,
    Refusal,
    SignedCommit,
    SizeClass
} from "../interfaces/IAuction.sol";
import {IEnergyUnits} from "../interfaces/IEnergyUnits.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {Change, IVault, Purse} from "../interfaces/IVault.sol";
import {Groups} from "../libraries/Groups.sol";
import {Margins} from "../libraries/Margins.sol";
import {Roles} from "../libraries/Roles.sol";
import {UnitIds} from "../libraries/UnitIds.sol";
import {Words} from "../libraries/Words.sol";
import {Books} from "./Books.sol";

/// @title The orders of the auction: committed, revealed, or withheld and slashed
/// @notice The second of the three layers of Auction. An order's slot is written when it is committed and when it is
/// settled; that it was revealed stands in its group.
abstract contract Orders is Books, EIP712 {
    bytes32 public constant COMMIT_TYPEHASH =
        keccak256("Commit(address trader,bytes32 book,uint8 sizeClass,uint8 number,bytes32 seal)");

    /// @inheritdoc IAuction
    uint128 public constant KEEPER_FEE = 50_000;
    /// @inheritdoc IAuction
    uint40 public constant SLASH_REST = 1 days;

    uint256 internal constant MAX_FEE_BPS = 60;
    uint256 internal constant MIN_QTY = 100;
    uint256 internal constant BOND_RATE = 20;

    /// @inheritdoc IAuction
    IVault public immutable vault;
    /// @inheritdoc IAuction
    IEnergyUnits public immutable energyUnits;
    IMembership private immutable _membership;
    address internal immutable _commonFund;

    mapping(bytes32 book => mapping(address trader => mapping(uint256 number => Order))) internal _orders;
    mapping(bytes32 book => bool) internal _excused;

    constructor(IVault vault_, IEnergyUnits energyUnits_) EIP712("Wattbook Auction", "1") {
        vault = vault_;
        energyUnits = energyUnits_;
        _membership = vault_.membership();
        _commonFund = vault_.purseAccount(Purse.CommonFund);
    }

    /// @inheritdoc IAuction
    function bondOf(SizeClass sizeClass) public pure returns (uint128) {
        return uint128(_ceiling(sizeClass) * BOND_RATE);
    }

    /// @inheritdoc IAuction
    function sealOf(bytes32 book, uint256 order, bytes32 salt) external view returns (bytes32) {
        return _seal(bookOf(book), book, order, salt);
    }

    /// @inheritdoc IAuction
    function orderOf(bytes32 book, address trader, uint8 number) external view returns (Order memory) {
        return _orders[book][trader][number];
    }

    // --------------------------------------------------------------------------------------------------- trading

    /// @inheritdoc IAuction
    function commit(bytes32 book, SizeClass sizeClass, uint8 number, bytes32 seal) external {
        Book storage b = _books[book];
        _requirePhase(book, b.opensAt, b.revealsAt);
        Refusal refusal = _numberRefusal(book, msg.sender, number);
        if (b.commits == b.cap) refusal = Refusal.BookFull;
        require(refusal == Refusal.None, OrderNotTaken(msg.sender, number, refusal));
        uint16 index = b.commits++;
        _orders[book][msg.sender][number] = Order(_content(seal), index, sizeClass, OrderState.Sealed);
        emit Committed(book, msg.sender, number, index, sizeClass, seal);
        vault.lock(msg.sender, bondOf(sizeClass) + KEEPER_FEE, Roles.MARKET);
    }

    /// @inheritdoc IAuction
    function commitFor(bytes32 book, SignedCommit[] calldata commits) external {
        Book storage b = _books[book];
        _requirePhase(book, b.opensAt, b.revealsAt);
        Change[] memory bonds = new Change[](commits.length);
        Refusal[] memory refusals = new Refusal[](commits.length);
        uint256 room = b.cap - b.commits;
        for (uint256 i = 0; i < commits.length; ++i) {
            SignedCommit calldata c = commits[i];
            bonds[i].account = c.trader;
            refusals[i] = room == 0 ? Refusal.BookFull : _commitRefusal(book, c);
            if (refusals[i] != Refusal.None) continue;
            --room;
            bonds[i].amount = int128(bondOf(c.sizeClass) + KEEPER_FEE);
            // Written before the bond is locked, so that a second order of this number in the same batch finds it.
            _orders[book][c.trader][c.number] = Order(_content(c.seal), 0, c.sizeClass, OrderState.Sealed);
        }
        bool[] memory locked = vault.lockEach(bonds, Roles.MARKET);
        uint16 index = b.commits;
        for (uint256 i = 0; i < commits.length; ++i) {
            SignedCommit calldata c = commits[i];
            if (refusals[i] == Refusal.None) refusals[i] = _afterLocking(book, c, locked[i]);
            if (refusals[i] == Refusal.None) {
                _orders[book][c.trader][c.number].place = index;
                emit Committed(book, c.trader, c.number, index++, c.sizeClass, c.seal);
            } else {
                emit OrderRefused(book, c.trader, c.number, refusals[i]);
            }
        }
        require(index != b.commits, NothingTaken(refusals.length == 0 ? Refusal.None : refusals[0]));
        b.commits = index;
    }

    /// @inheritdoc IAuction
    function reveal(bytes32 book, Opening[] calldata openings) external {
        Book memory b = bookOf(book);
        _requirePhase(book, b.revealsAt, b.clearsAt);
        Change[] memory changes = new Change[](openings.length);
        Refusal[] memory refusals = new Refusal[](openings.length);
        uint256[] memory words = new uint256[](openings.length);
        for (uint256 i = 0; i < openings.length; ++i) {
            (refusals[i], words[i], changes[i].amount) = _open(b, book, openings[i]);
            changes[i].account = Words.trader(openings[i].order);
        }
        bool[] memory done = vault.adjustEach(changes);
        uint256 taken = 0;
        uint256 decoys = 0;
        for (uint256 i = 0; i < openings.length; ++i) {
            uint256 word = words[i];
            if (refusals[i] == Refusal.None && !done[i]) {
                refusals[i] = Refusal.MoneyShort;
                _unmark(b, book, word);
            }
            if (refusals[i] == Refusal.None) {
                words[taken++] = word;
                if (Words.qty(word) == 0) ++decoys;
                else _fold(book, word);
            } else {
                emit OrderRefused(
                    book, Words.trader(openings[i].order), uint8(Words.number(openings[i].order)), refusals[i]
                );
            }
        }
        require(taken != 0, NothingTaken(refusals.length == 0 ? Refusal.None : refusals[0]));
        if (decoys != 0) vault.pay(address(this), _commonFund, uint128(decoys) * KEEPER_FEE);
        assembly ("memory-safe") {
            mstore(words, taken)
        }
        emit OrdersRevealed(book, words);
    }

    // ----------------------------------------------------------------------------------------------------- bonds

    /// @inheritdoc IAuction
    function excuse(bytes32 book, string calldata reason) external {
        if (msg.sender != authority) _membership.requireActive(msg.sender, Roles.REGULATOR | Roles.OPERATOR);
        require(bytes(reason).length != 0, IMembership.ReasonMissing());
        uint40 clearsAt = _books[book].clearsAt;
        _requirePhase(book, clearsAt, clearsAt + SLASH_REST);
        require(!_excused[book], BookAlreadyExcused(book));
        _excused[book] = true;
        emit BookExcused(book, msg.sender, reason);
    }

    /// @inheritdoc IAuction
    function slash(bytes32 book, OrderId[] calldata orders) external {
        _requirePhase(book, _books[book].clearsAt + SLASH_REST, type(uint40).max);
        require(!_isForgiven(book), BondNotDue(book));
        for (uint256 i = 0; i < orders.length; ++i) {
            (address trader, uint8 number) = (orders[i].trader, orders[i].number);
            uint128 bond = _takeWithheld(book, trader, number, OrderState.Slashed);
            emit OrderSlashed(book, trader, number, msg.sender, bond);
            vault.pay(trader, _commonFund, bond);
            vault.pay(trader, msg.sender, KEEPER_FEE);
        }
    }

    /// @inheritdoc IAuction
    function refund(bytes32 book, OrderId[] calldata orders) external {
        require(_isForgiven(book), BondNotDue(book));
        for (uint256 i = 0; i < orders.length; ++i) {
            (address trader, uint8 number) = (orders[i].trader, orders[i].number);
            uint128 bond = _takeWithheld(book, trader, number, OrderState.Refunded);
            emit OrderRefunded(book, trader, number, bond);
            vault.release(trader, bond + KEEPER_FEE);
        }
    }

    // ------------------------------------------------------------------------------------------------------ inside

    /// @dev What an order locks from being revealed to being settled.
    function _cost(uint256 word, uint256 dearestWh) internal pure returns (uint256) {
        uint256 qty = Words.qty(word);
        uint256 price = Words.price(word);
        if (Words.isSell(word)) return qty * Margins.rate(price, dearestWh);
        uint256 amount = qty * price;
        return amount + (amount * MAX_FEE_BPS + 9_999) / 10_000;
    }

    function _returnEnergy(Book memory b, uint256 word, uint40 wh) internal {
        if (wh == 0) return;
        energyUnits.release(Words.trader(word), Words.device(word), b.zone, b.carrier, b.slotStart, wh);
    }

    /// @dev Checks an opening, marks the order as revealed, and locks a seller's energy. The money is asked for later, for
    /// all at once.
    function _open(Book memory b, bytes32 book, Opening calldata opening)
        private
        returns (Refusal refusal, uint256 word, int128 change)
    {
        word = opening.order;
        Order memory o = _orders[book][Words.trader(word)][Words.number(word)];
        if (o.state != OrderState.Sealed) return (Refusal.NotSealed, word, 0);
        if (o.content != _content(_seal(b, book, word, opening.salt))) return (Refusal.SealBroken, word, 0);
        uint256 group = _group(book, o.place / Groups.SIZE);
        if (Groups.isRevealed(group, o.place)) return (Refusal.AlreadyRevealed, word, 0);
        uint40 qty = Words.qty(word);
        if (qty > _ceiling(o.sizeClass)) return (Refusal.OverClass, word, 0);
        if (qty != 0 && qty < MIN_QTY) return (Refusal.BelowMinimum, word, 0);
        uint32 device = Words.device(word);
        if (!Words.isSell(word)) {
            if (device != 0) return (Refusal.BuyWithDevice, word, 0);
        } else if (qty != 0 && !energyUnits.tryLock(Words.trader(word), device, b.zone, b.carrier, b.slotStart, qty)) {
            return (Refusal.UnitsShort, word, 0);
        }
        _groups[book][o.place / Groups.SIZE] = Groups.mark(group, o.place);
        uint128 held = qty == 0 ? bondOf(o.sizeClass) : bondOf(o.sizeClass) + KEEPER_FEE;
        change = int128(int256(_cost(word, b.dearestWh))) - int128(held);
        word = Words.withIndex(word, o.place);
    }

    function _unmark(Book memory b, bytes32 book, uint256 word) private {
        uint256 index = Words.index(word);
        _groups[book][index / Groups.SIZE] = Groups.mark(_groups[book][index / Groups.SIZE], index);
        if (Words.isSell(word)) _returnEnergy(b, word, Words.qty(word));
    }

    function _fold(bytes32 book, uint256 word) private {
        uint256 group = Words.index(word) / Groups.SIZE;
        _groups[book][group] = Groups.fold(_groups[book][group], word);
    }

    /// @dev The last order of a batch that is refused may be the one before this one.
    function _afterLocking(bytes32 book, SignedCommit calldata c, bool locked) private returns (Refusal refusal) {
        if (!locked) {
            refusal = Refusal.BondShort;
        } else if (c.number != 0 && _orders[book][c.trader][c.number - 1].state == OrderState.None) {
            refusal = Refusal.NumberSkipped;
            vault.release(c.trader, bondOf(c.sizeClass) + KEEPER_FEE);
        }
        if (refusal != Refusal.None) delete _orders[book][c.trader][c.number];
    }

    function _commitRefusal(bytes32 book, SignedCommit calldata c) private view returns (Refusal) {
        bytes32 digest =
            _hashTypedDataV4(keccak256(abi.encode(COMMIT_TYPEHASH, c.trader, book, c.sizeClass, c.number, c.seal)));
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest, c.signature);
        if (failure != ECDSA.RecoverError.NoError || signer != c.trader) return Refusal.BadSignature;
        return _numberRefusal(book, c.trader, c.number);
    }

    function _numberRefusal(bytes32 book, address trader, uint256 number) private view returns (Refusal) {
        if (_orders[book][trader][number].state != OrderState.None) return Refusal.NumberTaken;
        if (number >= Words.MAX_NUMBERS) return Refusal.NumberSkipped;
        if (number != 0 && _orders[book][trader][number - 1].state == OrderState.None) return Refusal.NumberSkipped;
        return Refusal.None;
    }

    /// @dev The bond of an order that was committed and not revealed, which is thereby done with.
    function _takeWithheld(bytes32 book, address trader, uint8 number, OrderState state) private returns (uint128) {
        Order storage o = _orders[book][trader][number];
        require(
            o.state == OrderState.Sealed && !Groups.isRevealed(_group(book, o.place / Groups.SIZE), o.place),
            NotWithheld(trader, number)
        );
        o.state = state;
        return bondOf(o.sizeClass);
    }

    function _isForgiven(bytes32 book) private view returns (bool) {
        return _excused[book] || _books[book].state == BookState.Void;
    }

    function _seal(Book memory b, bytes32 book, uint256 order, bytes32 salt) private view returns (bytes32) {
        bool sell = Words.isSell(order);
        uint32 device = Words.device(order);
        uint256 unitId = sell || device != 0 ? UnitIds.pack(b.carrier, b.zone, device, b.slotStart) : 0;
        return keccak256(
            abi.encode(
                block.chainid,
                address(this),
                book,
                Words.trader(order),
                sell,
                uint256(Words.price(order)),
                uint256(Words.qty(order)),
                unitId,
                salt
            )
        );
    }

    function _content(bytes32 seal) private pure returns (uint208) {
        return uint208(uint256(seal));
    }

    function _ceiling(SizeClass sizeClass) private pure returns (uint256) {
        return 10_000 * 10 ** uint256(sizeClass);
    }
}

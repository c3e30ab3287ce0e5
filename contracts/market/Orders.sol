// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {
    BookState,
    IAuction,
    Opening,
    Order,
    OrderId,
    OrderState,
    Refusal,
    SealedOrder,
    SignedCommit,
    SizeClass
} from "../interfaces/IAuction.sol";
import {IEnergyUnits} from "../interfaces/IEnergyUnits.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IVault, Purse} from "../interfaces/IVault.sol";
import {BookWords} from "../libraries/BookWords.sol";
import {Groups} from "../libraries/Groups.sol";
import {Margins} from "../libraries/Margins.sol";
import {Moves} from "../libraries/Moves.sol";
import {OrderWords} from "../libraries/OrderWords.sol";
import {Roles} from "../libraries/Roles.sol";
import {UnitIds} from "../libraries/UnitIds.sol";
import {Words} from "../libraries/Words.sol";
import {Books} from "./Books.sol";

/// @title The orders of the auction: committed, revealed, or withheld and slashed
/// @notice The second of the three layers of Auction. An order's slot is written when it is committed and when it is
/// settled; that it was revealed stands in its group.
abstract contract Orders is Books, EIP712 {
    using BookWords for uint256;
    using Groups for uint256;
    using OrderWords for uint256;
    using Words for uint256;

    bytes32 public constant COMMIT_TYPEHASH =
        keccak256("Commit(address trader,bytes32 book,uint8 sizeClass,uint8 number,bytes32 seal)");

    /// @inheritdoc IAuction
    uint128 public constant KEEPER_FEE = 50_000;
    /// @inheritdoc IAuction
    uint40 public constant SLASH_REST = 1 days;

    uint256 internal constant MAX_FEE_BPS = 60;
    uint256 internal constant MIN_QTY = 100;
    /// The most Wh of each class, 24 bits each.
    uint256 private constant CEILINGS = 10_000 | 100_000 << 24 | 1_000_000 << 48 | 10_000_000 << 72;
    uint256 internal constant BOND_RATE = 20;

    /// @inheritdoc IAuction
    IVault public immutable vault;
    /// @inheritdoc IAuction
    IEnergyUnits public immutable energyUnits;
    IMembership private immutable _membership;
    address internal immutable _commonFund;

    mapping(bytes32 book => mapping(uint256 id => uint256)) internal _orders;
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
        return _seal(_books[book], book, order, salt);
    }

    /// @inheritdoc IAuction
    function orderOf(bytes32 book, address trader, uint8 number) external view returns (Order memory) {
        return OrderWords.unpack(_orders[book][_orderId(trader, number)]);
    }

    // --------------------------------------------------------------------------------------------------- trading

    /// @inheritdoc IAuction
    function commit(bytes32 book, SizeClass sizeClass, uint8 number, bytes32 seal) external {
        uint256 b = _books[book];
        _requirePhase(book, b.opensAt(), b.revealsAt());
        mapping(uint256 id => uint256) storage orders = _orders[book];
        uint256 place = b.commits();
        Refusal refusal = place == b.cap() ? Refusal.BookFull : _numberRefusal(orders, msg.sender, number);
        require(refusal == Refusal.None, OrderNotTaken(msg.sender, number, refusal));
        _books[book] = b.withMore(1);
        _record(orders, book, SealedOrder(msg.sender, sizeClass, number, seal), place);
        vault.lock(msg.sender, bondOf(sizeClass) + KEEPER_FEE, Roles.MARKET);
    }

    /// @inheritdoc IAuction
    function commitFor(bytes32 book, SignedCommit[] calldata commits) external {
        uint256 b = _books[book];
        _requirePhase(book, b.opensAt(), b.revealsAt());
        mapping(uint256 id => uint256) storage orders = _orders[book];
        uint256[] memory moves = new uint256[](commits.length);
        Refusal first = Refusal.None;
        uint256 room = b.cap() - b.commits();
        for (uint256 i = 0; i < commits.length; ++i) {
            SealedOrder calldata order = commits[i].order;
            Refusal refusal = room == 0 ? Refusal.BookFull : _commitRefusal(orders, book, commits[i]);
            if (refusal != Refusal.None) {
                first = _refuse(book, order.trader, order.number, refusal, first);
                continue;
            }
            --room;
            moves[i] = Moves.pack(order.trader, int128(bondOf(order.sizeClass) + KEEPER_FEE));
            // Written before the bond is locked, so that a second order of this number in the same batch finds it.
            orders[_orderId(order.trader, order.number)] = OrderWords.committed(order.seal, 0, order.sizeClass);
        }
        uint256[] memory made = vault.lockEach(moves, Roles.MARKET);
        uint256 place = b.commits();
        for (uint256 i = 0; i < commits.length; ++i) {
            if (moves[i] == 0) continue;
            SealedOrder calldata order = commits[i].order;
            Refusal refusal = _afterLocking(orders, order, made[i] != 0);
            if (refusal == Refusal.None) _record(orders, book, order, place++);
            else first = _refuse(book, order.trader, order.number, refusal, first);
        }
        require(place != b.commits(), NothingTaken(first));
        _books[book] = b.withMore(place - b.commits());
    }

    /// @inheritdoc IAuction
    function reveal(bytes32 book, Opening[] calldata openings) external {
        uint256 b = _books[book];
        _requirePhase(book, b.revealsAt(), b.clearsAt());
        Refusal first = Refusal.None;
        uint256[] memory words = new uint256[](openings.length);
        uint256[] memory moves = new uint256[](openings.length);
        for (uint256 i = 0; i < openings.length; ++i) {
            (uint256 word, bytes32 salt) = (openings[i].order, openings[i].salt);
            Refusal refusal;
            (refusal, words[i], moves[i]) = _open(b, book, word, salt);
            if (refusal != Refusal.None) first = _refuse(book, word.trader(), uint8(word.number()), refusal, first);
        }
        uint256[] memory made = vault.adjustEach(moves);
        uint256 taken = 0;
        uint256 decoys = 0;
        mapping(uint256 group => uint256) storage groups = _groups[book];
        for (uint256 i = 0; i < words.length; ++i) {
            uint256 word = words[i];
            if (word == 0) continue;
            uint256 place = word.index() / Groups.SIZE;
            if (made[i] != 0) {
                if (word.qty() == 0) ++decoys;
                else groups[place] = groups[place].fold(word);
                words[taken++] = word;
            } else {
                groups[place] = groups[place].mark(word.index());
                if (word.isSell()) _returnEnergy(b, word, word.qty());
                first = _refuse(book, word.trader(), uint8(word.number()), Refusal.MoneyShort, first);
            }
        }
        require(taken != 0, NothingTaken(first));
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
        uint40 clearsAt = _books[book].clearsAt();
        _requirePhase(book, clearsAt, clearsAt + SLASH_REST);
        require(!_excused[book], BookAlreadyExcused(book));
        _excused[book] = true;
        emit BookExcused(book, msg.sender, reason);
    }

    /// @inheritdoc IAuction
    function slash(bytes32 book, OrderId[] calldata orders) external {
        _requirePhase(book, _books[book].clearsAt() + SLASH_REST, type(uint40).max);
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
        uint256 qty = word.qty();
        uint256 price = word.price();
        unchecked {
            if (word.isSell()) return qty * Margins.rate(price, dearestWh);
            uint256 amount = qty * price;
            return amount + (amount * MAX_FEE_BPS + 9_999) / 10_000;
        }
    }

    function _returnEnergy(uint256 b, uint256 word, uint40 wh) internal {
        if (wh == 0) return;
        energyUnits.release(word.trader(), word.device(), b.zone(), b.carrier(), b.slotStart(), wh);
    }

    function _drawEnergy(uint256 b, uint256 word) private returns (bool) {
        uint40 wh = word.qty();
        return wh == 0 || energyUnits.tryLock(word.trader(), word.device(), b.zone(), b.carrier(), b.slotStart(), wh);
    }

    function _orderId(address trader, uint256 number) internal pure returns (uint256) {
        return uint256(uint160(trader)) | number << 160;
    }

    /// @dev Checks an opening, locks a seller's energy and marks the order, so that it cannot come twice in a batch. The order's word and the money that it needs beyond its bond are
    /// zero when it is refused.
    function _open(uint256 b, bytes32 book, uint256 word, bytes32 salt)
        private
        returns (Refusal refusal, uint256 opened, uint256 move)
    {
        uint256 o = _orders[book][_orderId(word.trader(), word.number())];
        refusal = _openingRefusal(b, book, word, salt, o);
        if (refusal != Refusal.None) return (refusal, 0, 0);
        uint256 group = _group(book, o.place() / Groups.SIZE);
        if (group.isRevealed(o.place())) return (Refusal.AlreadyRevealed, 0, 0);
        if (word.isSell() && !_drawEnergy(b, word)) return (Refusal.UnitsShort, 0, 0);
        _groups[book][o.place() / Groups.SIZE] = group.mark(o.place());
        opened = word.withIndex(o.place());
        move = _moveFor(word, o.sizeClass(), b.dearestWh());
    }

    /// @dev What an order must lock beyond its bond, or gets back of it. A decoy leaves the keeper's fee where it is; it goes
    /// to the common fund with those of others.
    function _moveFor(uint256 word, SizeClass sizeClass, uint256 dearestWh) private pure returns (uint256) {
        uint256 held = _ceiling(sizeClass) * BOND_RATE + (word.qty() == 0 ? 0 : KEEPER_FEE);
        return Moves.pack(word.trader(), int256(_cost(word, dearestWh)) - int256(held));
    }

    function _openingRefusal(uint256 b, bytes32 book, uint256 word, bytes32 salt, uint256 o)
        private
        view
        returns (Refusal)
    {
        if (o.status() != OrderState.Sealed) return Refusal.NotSealed;
        if (!o.isSealedBy(_seal(b, book, word, salt))) return Refusal.SealBroken;
        uint256 qty = word.qty();
        if (qty > _ceiling(o.sizeClass())) return Refusal.OverClass;
        if (qty != 0 && qty < MIN_QTY) return Refusal.BelowMinimum;
        if (!word.isSell() && word.device() != 0) return Refusal.BuyWithDevice;
        return Refusal.None;
    }

    function _record(
        mapping(uint256 id => uint256) storage orders,
        bytes32 book,
        SealedOrder memory order,
        uint256 place
    ) private {
        uint256 id = _orderId(order.trader, order.number);
        orders[id] = OrderWords.committed(order.seal, place, order.sizeClass);
        uint256 known = uint256(uint160(order.trader)) | uint256(order.number) << 231;
        emit Committed(book, known.withQty(_ceiling(order.sizeClass)).withIndex(place), order.seal);
    }

    function _refuse(bytes32 book, address trader, uint8 number, Refusal refusal, Refusal first)
        private
        returns (Refusal)
    {
        emit OrderRefused(book, trader, number, refusal);
        return first == Refusal.None ? refusal : first;
    }

    /// @dev The order before this one in its batch may have been refused meanwhile.
    function _afterLocking(mapping(uint256 id => uint256) storage orders, SealedOrder calldata order, bool locked)
        private
        returns (Refusal refusal)
    {
        if (!locked) {
            refusal = Refusal.BondShort;
        } else if (order.number != 0 && orders[_orderId(order.trader, order.number - 1)] == 0) {
            refusal = Refusal.NumberSkipped;
            vault.release(order.trader, bondOf(order.sizeClass) + KEEPER_FEE);
        }
        if (refusal != Refusal.None) delete orders[_orderId(order.trader, order.number)];
    }

    function _commitRefusal(mapping(uint256 id => uint256) storage orders, bytes32 book, SignedCommit calldata c)
        private
        view
        returns (Refusal)
    {
        bytes32 digest = _hashTypedDataV4(
            keccak256(
                abi.encode(COMMIT_TYPEHASH, c.order.trader, book, c.order.sizeClass, c.order.number, c.order.seal)
            )
        );
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest, c.signature);
        if (failure != ECDSA.RecoverError.NoError || signer != c.order.trader) return Refusal.BadSignature;
        return _numberRefusal(orders, c.order.trader, c.order.number);
    }

    function _numberRefusal(mapping(uint256 id => uint256) storage orders, address trader, uint256 number)
        private
        view
        returns (Refusal)
    {
        if (number >= Words.MAX_NUMBERS) return Refusal.NumberSkipped;
        if (orders[_orderId(trader, number)] != 0) return Refusal.NumberTaken;
        if (number != 0 && orders[_orderId(trader, number - 1)] == 0) return Refusal.NumberSkipped;
        return Refusal.None;
    }

    /// @dev The bond of an order that was committed and not revealed, which is thereby done with.
    function _takeWithheld(bytes32 book, address trader, uint8 number, OrderState state) private returns (uint128) {
        uint256 o = _orders[book][_orderId(trader, number)];
        require(
            o.status() == OrderState.Sealed && !_groups[book][o.place() / Groups.SIZE].isRevealed(o.place()),
            NotWithheld(trader, number)
        );
        _orders[book][_orderId(trader, number)] = o.withStatus(state);
        return bondOf(o.sizeClass());
    }

    function _isForgiven(bytes32 book) private view returns (bool) {
        return _excused[book] || _books[book].state() == BookState.Void;
    }

    function _seal(uint256 b, bytes32 book, uint256 order, bytes32 salt) private view returns (bytes32) {
        bool sell = order.isSell();
        uint32 device = order.device();
        uint256 unitId = sell || device != 0 ? UnitIds.pack(b.carrier(), b.zone(), device, b.slotStart()) : 0;
        return keccak256(
            abi.encode(
                block.chainid,
                address(this),
                book,
                order.trader(),
                sell,
                uint256(order.price()),
                uint256(order.qty()),
                unitId,
                salt
            )
        );
    }

    function _ceiling(SizeClass sizeClass) private pure returns (uint256) {
        return CEILINGS >> 24 * uint256(sizeClass) & 0xffffff;
    }
}

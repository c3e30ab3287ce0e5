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
import {IVault, ModuleStatus, Purse} from "../interfaces/IVault.sol";
import {BookWords} from "../libraries/BookWords.sol";
import {Draws} from "../libraries/Draws.sol";
import {Groups} from "../libraries/Groups.sol";
import {Lists} from "../libraries/Lists.sol";
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
    using Lists for uint256[];
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
    uint256 internal constant BOND_RATE = 20;

    /// @inheritdoc IAuction
    IVault public immutable vault;
    /// @inheritdoc IAuction
    IEnergyUnits public immutable energyUnits;
    IMembership private immutable _membership;
    address internal immutable _commonFund;

    /// @dev Openings on their way: what is taken, what each needs of money and energy, zero for those refused.
    struct Batch {
        uint256[] words;
        uint256[] moves;
        uint256[] draws;
        bool sells;
        Refusal first;
    }

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
        return uint128(OrderWords.ceilingOf(uint256(sizeClass)) * BOND_RATE);
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
        _record(orders, book, SealedOrder(msg.sender, uint8(sizeClass), number, seal), place);
        vault.lock(msg.sender, bondOf(sizeClass) + KEEPER_FEE, Roles.MARKET);
    }

    /// @inheritdoc IAuction
    function commitFor(bytes32 book, SignedCommit[] calldata commits) external {
        uint256 b = _books[book];
        _requirePhase(book, b.opensAt(), b.revealsAt());
        mapping(uint256 id => uint256) storage orders = _orders[book];
        uint256[] memory moves = new uint256[](commits.length);
        Refusal first = Refusal.None;
        for (uint256 i = 0; i < commits.length; ++i) {
            SealedOrder calldata order = commits[i].order;
            Refusal refusal = _signatureRefusal(book, commits[i]);
            if (refusal == Refusal.None) {
                moves[i] = Moves.pack(order.trader, int128(bondOf(SizeClass(order.sizeClass)) + KEEPER_FEE));
            } else {
                first = _refuse(book, order.trader, order.number, refusal, first);
            }
        }
        uint256[] memory short = vault.lockEach(moves, Roles.MARKET);
        uint256 shortSeen = 0;
        uint256 place = b.commits();
        for (uint256 i = 0; i < commits.length; ++i) {
            if (moves[i] == 0) continue;
            SealedOrder calldata order = commits[i].order;
            if (shortSeen != short.length && short.at(shortSeen) == i) {
                ++shortSeen;
                first = _refuse(book, order.trader, order.number, Refusal.BondShort, first);
                continue;
            }
            // Others may have come, or been refused, before this one in the batch.
            Refusal refusal = place == b.cap() ? Refusal.BookFull : _numberRefusal(orders, order.trader, order.number);
            if (refusal == Refusal.None) {
                _record(orders, book, order, place++);
            } else {
                vault.release(order.trader, bondOf(SizeClass(order.sizeClass)) + KEEPER_FEE);
                first = _refuse(book, order.trader, order.number, refusal, first);
            }
        }
        require(place != b.commits(), NothingTaken(first));
        _books[book] = b.withMore(place - b.commits());
    }

    /// @inheritdoc IAuction
    function reveal(bytes32 book, Opening[] calldata openings) external {
        uint256 b = _books[book];
        _requirePhase(book, b.revealsAt(), b.clearsAt());
        Batch memory batch = _open(b, book, openings);
        if (batch.sells) _lockEnergy(b, book, batch);
        _lockMoney(b, book, batch);
        uint256[] memory words = batch.words;
        uint256 decoys = _fold(book, words);
        require(words.length != 0, NothingTaken(batch.first));
        if (decoys != 0) vault.pay(address(this), _commonFund, uint128(decoys) * KEEPER_FEE);
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
        uint256 b = _books[book];
        _requirePhase(book, b.clearsAt() + SLASH_REST, type(uint40).max);
        // A book that nobody could clear will be void, and gives all bonds back.
        require(b.state() != BookState.Open && !_isForgiven(book), BondNotDue(book));
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

    function _orderId(address trader, uint256 number) internal pure returns (uint256) {
        return uint256(uint160(trader)) | number << 160;
    }

    /// @dev Checks openings. Places rise in a batch, so that no order comes twice in it.
    function _open(uint256 b, bytes32 book, Opening[] calldata openings) private returns (Batch memory batch) {
        uint256 count = openings.length;
        batch = Batch(new uint256[](count), new uint256[](count), new uint256[](count), false, Refusal.None);
        mapping(uint256 id => uint256) storage orders = _orders[book];
        uint256 dearestWh = b.dearestWh();
        uint256 least = 0;
        uint256 number = type(uint256).max;
        uint256 group = 0;
        for (uint256 i = 0; i < count; ++i) {
            (uint256 word, bytes32 salt) = _at(openings, i);
            uint256 o = orders[word.orderId()];
            uint256 place = o.place();
            Refusal refusal = _openingRefusal(word, o, _seal(b, book, word, salt));
            if (refusal == Refusal.None) {
                if (place / Groups.SIZE != number) {
                    number = place / Groups.SIZE;
                    group = _groups[book][number];
                }
                if (place < least) refusal = Refusal.OutOfSequence;
                else if (group.isRevealed(place)) refusal = Refusal.AlreadyRevealed;
            }
            if (refusal != Refusal.None) {
                batch.first = _refuse(book, word.trader(), uint8(word.number()), refusal, batch.first);
                continue;
            }
            uint256 wh = word.qty();
            unchecked {
                least = place + 1;
                uint256 held = o.ceiling() * BOND_RATE + KEEPER_FEE;
                // A decoy leaves the keeper's fee where it is; it goes to the common fund with those of others.
                if (wh == 0) held -= KEEPER_FEE;
                batch.moves.put(i, Moves.pack(word.trader(), int256(_cost(word, dearestWh)) - int256(held)));
            }
            batch.words.put(i, word.withIndex(place));
            if (wh != 0 && word.isSell()) {
                batch.draws.put(i, Draws.pack(word.trader(), word.device(), uint40(wh)));
                batch.sells = true;
            }
        }
    }

    function _lockEnergy(uint256 b, bytes32 book, Batch memory batch) private {
        uint256[] memory short = energyUnits.lockEach(b.zone(), b.carrier(), b.slotStart(), batch.draws);
        for (uint256 i = 0; i < short.length; ++i) {
            _drop(book, batch, short[i], Refusal.UnitsShort);
        }
    }

    /// @dev Who is short of money gets his energy back.
    function _lockMoney(uint256 b, bytes32 book, Batch memory batch) private {
        uint256[] memory short = vault.adjustEach(batch.moves);
        if (short.length == 0) return;
        uint256[] memory draws = new uint256[](short.length);
        for (uint256 i = 0; i < short.length; ++i) {
            draws[i] = batch.draws[short[i]];
            _drop(book, batch, short[i], Refusal.MoneyShort);
        }
        energyUnits.releaseEach(b.zone(), b.carrier(), b.slotStart(), draws);
    }

    function _drop(bytes32 book, Batch memory batch, uint256 i, Refusal refusal) private {
        uint256 word = batch.words[i];
        (batch.words[i], batch.moves[i]) = (0, 0);
        batch.first = _refuse(book, word.trader(), uint8(word.number()), refusal, batch.first);
    }

    /// @dev Marks orders as revealed and puts them into their groups' chains; neighbours share a group. Leaves out what
    /// is zero, and counts decoys, which are marked only.
    function _fold(bytes32 book, uint256[] memory words) private returns (uint256 decoys) {
        mapping(uint256 group => uint256) storage groups = _groups[book];
        uint256 number = type(uint256).max;
        uint256 group = 0;
        uint256 taken = 0;
        for (uint256 i = 0; i < words.length; ++i) {
            uint256 word = words.at(i);
            if (word == 0) continue;
            words.put(taken++, word);
            uint256 place = word.index();
            if (place / Groups.SIZE != number) {
                if (taken != 1) groups[number] = group;
                number = place / Groups.SIZE;
                group = _group(book, number);
            }
            group = group.mark(place);
            if (word.qty() == 0) ++decoys;
            else group = group.fold(word);
        }
        words.cut(taken);
        if (taken != 0) groups[number] = group;
    }

    /// @dev `openings[i]`, which is known to be there.
    function _at(Opening[] calldata openings, uint256 i) private pure returns (uint256 word, bytes32 salt) {
        assembly ("memory-safe") {
            let at := add(openings.offset, shl(6, i))
            word := calldataload(at)
            salt := calldataload(add(at, 32))
        }
    }

    function _openingRefusal(uint256 word, uint256 o, bytes32 seal) private pure returns (Refusal) {
        if (!o.isSealed()) return Refusal.NotSealed;
        if (!o.isSealedBy(seal)) return Refusal.SealBroken;
        uint256 qty = word.qty();
        if (qty > o.ceiling()) return Refusal.OverClass;
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
        orders[id] = OrderWords.committed(order.seal, place, SizeClass(order.sizeClass));
        emit Committed(book, _known(order).withIndex(place), order.seal);
    }

    /// @dev What is public of an order that is sealed.
    function _known(SealedOrder memory order) private pure returns (uint256) {
        return
            uint256(uint160(order.trader)) | OrderWords.ceilingOf(order.sizeClass) << 160 | uint256(order.number) << 231;
    }

    function _refuse(bytes32 book, address trader, uint8 number, Refusal refusal, Refusal first)
        private
        returns (Refusal)
    {
        emit OrderRefused(book, trader, number, refusal);
        return first == Refusal.None ? refusal : first;
    }

    /// @dev Who signed is asked at once; which numbers are free only when those before it in the batch have been taken.
    function _signatureRefusal(bytes32 book, SignedCommit calldata c) private view returns (Refusal) {
        if (c.order.sizeClass > uint8(type(SizeClass).max)) return Refusal.NoSuchClass;
        bytes32 digest = _hashTypedDataV4(
            keccak256(
                abi.encode(COMMIT_TYPEHASH, c.order.trader, book, c.order.sizeClass, c.order.number, c.order.seal)
            )
        );
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest, c.r, c.vs);
        return failure == ECDSA.RecoverError.NoError && signer == c.order.trader ? Refusal.None : Refusal.BadSignature;
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
        return _excused[book] || _books[book].state() == BookState.Void
            || vault.moduleOf(address(this)).status == ModuleStatus.Leaving;
    }

    /// @dev keccak256(abi.encode(chain id, this contract, book, trader, sell, price, Wh, unit id or 0, salt)), without the
    /// copies that the encoder makes: it is most of what revealing reckons.
    function _seal(uint256 b, bytes32 book, uint256 order, bytes32 salt) private view returns (bytes32 seal) {
        uint256 unitId = order.isSell() ? UnitIds.pack(b.carrier(), b.zone(), order.device(), b.slotStart()) : 0;
        uint256 qty = order.qty();
        uint256 price = order.price();
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, chainid())
            mstore(add(p, 0x20), address())
            mstore(add(p, 0x40), book)
            mstore(add(p, 0x60), and(order, 0xffffffffffffffffffffffffffffffffffffffff))
            mstore(add(p, 0x80), and(shr(216, order), 1))
            mstore(add(p, 0xa0), price)
            mstore(add(p, 0xc0), qty)
            mstore(add(p, 0xe0), unitId)
            mstore(add(p, 0x100), salt)
            seal := keccak256(p, 0x120)
        }
    }
}

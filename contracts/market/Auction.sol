// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Governed} from "../access/Governed.sol";
import {BookState, IAuction, OrderState, Part, Position} from "../interfaces/IAuction.sol";
import {IClearing} from "../interfaces/IClearing.sol";
import {IEnergyUnits} from "../interfaces/IEnergyUnits.sol";
import {IPositionSource, TradedSlot} from "../interfaces/IPositionSource.sol";
import {IRulebook} from "../interfaces/IRulebook.sol";
import {IVault, Purse} from "../interfaces/IVault.sol";
import {BookWords} from "../libraries/BookWords.sol";
import {Draws} from "../libraries/Draws.sol";
import {Fills} from "../libraries/Fills.sol";
import {Lists} from "../libraries/Lists.sol";
import {Margins} from "../libraries/Margins.sol";
import {Moves} from "../libraries/Moves.sol";
import {OrderWords} from "../libraries/OrderWords.sol";
import {Parts} from "../libraries/Parts.sol";
import {Positions} from "../libraries/Positions.sol";
import {Words} from "../libraries/Words.sol";
import {Books} from "./Books.sol";
import {Orders} from "./Orders.sol";
import {PositionSource} from "./PositionSource.sol";

/// @title Sealed-quote double auctions over registered energy
/// @notice See IAuction. Three layers: Books opens and closes books, Orders takes their orders, this one settles them as
/// Clearing says.
contract Auction is Orders, PositionSource {
    using BookWords for uint256;
    using Lists for uint256[];
    using OrderWords for uint256;
    using Words for uint256;

    /// @notice Wh bought and sold, uPT paid by buyers and due to sellers, so far.
    struct Sums {
        uint40 bought;
        uint40 sold;
        uint64 paid;
        uint64 received;
    }

    /// @notice How far a book has been settled.
    struct Settlement {
        uint16 nextGroup;
        bool finished;
        Sums sums;
        bytes carry;
    }

    /// @inheritdoc IAuction
    IClearing public clearing;
    address private immutable _poolAccount;
    address private immutable _platform;

    mapping(bytes32 book => Settlement) private _settlements;
    /// uPT locked from the pool's purse for a book.
    mapping(bytes32 book => uint128) private _poolLocked;

    constructor(IVault vault_, IRulebook rulebook_, IEnergyUnits energyUnits_, address authority_)
        Governed(authority_)
        Books(rulebook_)
        Orders(vault_, energyUnits_)
    {
        _poolAccount = vault_.purseAccount(Purse.Pool);
        _platform = vault_.purseAccount(Purse.Platform);
    }

    /// @inheritdoc IAuction
    function positionsOf(bytes32 book, address trader) external view returns (Position[] memory positions) {
        uint256 count = 0;
        while (count < Words.MAX_NUMBERS && _orders[book][_orderId(trader, count)] != 0) ++count;
        positions = new Position[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 o = _orders[book][_orderId(trader, i)];
            if (_isTraded(o)) positions[i] = Positions.unpack(o.content());
        }
    }

    /// @inheritdoc IAuction
    function tradeId(bytes32 book, uint256 index) external view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), book, index));
    }

    /// @inheritdoc IAuction
    function foldGroups(bytes32 book, uint256 first, uint256[] calldata words)
        external
        view
        returns (uint256 next, bool last)
    {
        next = _foldGroups(book, first, words);
        last = next == _groupCount(book);
    }

    /// @inheritdoc IAuction
    function setClearing(IClearing clearing_) external onlyAuthority {
        require(address(clearing) == address(0), ClearingAlreadySet(address(clearing)));
        clearing = clearing_;
        emit ClearingSet(address(clearing_));
    }

    // -------------------------------------------------------------------------------------------------- settling

    /// @inheritdoc IAuction
    function close(bytes32 book, uint128 poolNeed) external {
        require(msg.sender == address(clearing), NotClearing(msg.sender));
        uint256 b = _books[book];
        _requireState(book, BookState.Open);
        _requirePhase(book, b.clearsAt(), b.slotStart());
        _books[book] = b.withState(BookState.Cleared);
        emit BookCleared(book, poolNeed);
        if (poolNeed == 0) return;
        _poolLocked[book] = poolNeed;
        vault.lockMore(_poolAccount, poolNeed);
    }

    /// @inheritdoc IAuction
    function settle(bytes32 book, Part calldata part) external {
        uint256 b = _books[book];
        BookState state = b.state();
        Settlement storage s = _settlements[book];
        bool known = (state == BookState.Cleared || state == BookState.Void) && !s.finished;
        require(known, WrongState(book, state));
        uint256 next = _foldGroups(book, s.nextGroup, part.words);
        Sums memory sums = s.sums;
        bytes memory carry;
        uint256[] memory fills = new uint256[](part.words.length);
        if (state == BookState.Cleared) (fills, carry) = clearing.fills(book, s.carry, part);
        s.nextGroup = uint16(next);
        _settleOrders(book, b, part.words, fills, sums);
        if (next == _groupCount(book)) {
            s.finished = true;
            _finish(book, state, sums, carry);
        } else {
            (s.sums, s.carry) = (sums, carry);
            emit BookPartSettled(book, next);
        }
    }

    /// @inheritdoc IAuction
    function voidBook(bytes32 book) external {
        _requireState(book, BookState.Open);
        uint256 b = _books[book];
        _requirePhase(book, b.slotStart(), type(uint40).max);
        _books[book] = b.withState(BookState.Void);
        emit BookVoided(book);
    }

    /// @inheritdoc IPositionSource
    function tradesOf(bytes32 book, address account) external view returns (uint256 sold, uint256 bought) {
        if (!_hasTrades(book)) return (0, 0);
        for (uint256 number = 0; number < Words.MAX_NUMBERS; ++number) {
            uint256 o = _orders[book][_orderId(account, number)];
            if (o == 0) break;
            if (!_isTraded(o)) continue;
            Position memory p = Positions.unpack(o.content());
            if (p.sell) sold += p.wh;
            else bought += p.wh;
        }
    }

    /// @inheritdoc IPositionSource
    function handOver(TradedSlot calldata slot, address[] calldata accounts)
        external
        onlySettlement
        returns (uint256[] memory parts)
    {
        bytes32 book = slot.book;
        if (!_hasTrades(book)) return parts;
        parts = new uint256[](accounts.length * Words.MAX_NUMBERS);
        (uint256 count, uint256 money) = (0, 0);
        mapping(uint256 id => uint256) storage orders = _orders[book];
        for (uint256 i = 0; i < accounts.length; ++i) {
            for (uint256 number = 0; number < Words.MAX_NUMBERS; ++number) {
                uint256 id = _orderId(accounts[i], number);
                uint256 o = orders[id];
                if (o == 0) break;
                if (!_isTraded(o)) continue;
                uint256 part = _part(Positions.unpack(o.content()));
                if (Parts.wh(part) == 0) continue;
                if (o.status() == OrderState.HandedOver) {
                    part = Parts.withoutMoney(part);
                } else if (Parts.isSold(part)) {
                    orders[id] = o.withStatus(OrderState.HandedOver);
                    money += Parts.money(part);
                }
                parts.put(count++, Parts.under(part, i));
            }
        }
        _handOn(vault, book, parts, count, money);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    /// @dev Whether a book was cleared and settled; reverts while that can still come.
    function _hasTrades(bytes32 book) private view returns (bool) {
        BookState state = _books[book].state();
        require(state == BookState.None || state == BookState.Settled || state == BookState.Void, TradesOpen(book));
        return state == BookState.Settled;
    }

    function _isTraded(uint256 o) private pure returns (bool) {
        OrderState state = o.status();
        return state == OrderState.Settled || state == OrderState.HandedOver;
    }

    function _part(Position memory p) private pure returns (uint256) {
        return p.sell ? Parts.sold(p.wh, p.amount, p.margin, p.device) : Parts.bought(p.wh);
    }

    function _settleOrders(bytes32 book, uint256 b, uint256[] calldata words, uint256[] memory fills, Sums memory sums)
        private
    {
        uint256 count = words.length;
        uint256[] memory moves = new uint256[](count);
        uint256[] memory draws = new uint256[](count);
        mapping(uint256 id => uint256) storage orders = _orders[book];
        uint256 dearestWh = b.dearestWh();
        uint256 fees = 0;
        for (uint256 i = 0; i < count; ++i) {
            uint256 word = Lists.given(words, i);
            uint256 fill = fills.at(i);
            (Position memory p, uint256 back) = _positionOf(book, dearestWh, word, fill);
            if (p.sell) {
                (sums.sold, sums.received) = (sums.sold + p.wh, sums.received + p.amount + Fills.fee(fill));
                if (p.wh != word.qty()) draws.put(i, Draws.pack(word.trader(), word.device(), word.qty() - p.wh));
            } else {
                (sums.bought, sums.paid) = (sums.bought + p.wh, sums.paid + p.amount);
            }
            fees += Fills.fee(fill);
            moves.put(i, Moves.pack(word.trader(), -int256(back)));
            uint256 id = word.orderId();
            orders[id] = orders[id].settled(Positions.pack(p));
            if (p.wh != 0) emit Traded(book, word, fill);
        }
        if (count != 0) {
            // Energy of a slot that has begun is nobody's any more.
            if (block.timestamp < b.slotStart()) energyUnits.releaseEach(b.zone(), b.carrier(), b.slotStart(), draws);
            vault.adjustEach(moves);
        }
        if (fees != 0) vault.pay(address(this), _platform, uint128(fees));
    }

    /// @dev What came of an order, and the money that it does not need.
    function _positionOf(bytes32 book, uint256 dearestWh, uint256 word, uint256 fill)
        private
        pure
        returns (Position memory p, uint256 back)
    {
        p = Position(word.isSell(), Fills.wh(fill), Fills.amount(fill), 0, word.device());
        uint256 limit = uint256(p.wh) * word.price();
        require(p.sell ? p.amount >= limit : p.amount <= limit, UnfairFill(book, word.index()));
        back = _cost(word, dearestWh);
        if (p.sell) {
            p.amount -= Fills.fee(fill);
            p.margin = uint64(p.wh * Margins.rate(word.price(), dearestWh));
            back -= p.margin;
        } else {
            back -= p.amount + Fills.fee(fill);
        }
    }

    /// @dev What buyers paid and sellers did not get is shared between pool and common fund, and what was locked from the
    /// pool's purse and not needed goes back.
    function _finish(bytes32 book, BookState state, Sums memory sums, bytes memory carry) private {
        uint256 held = _poolLocked[book];
        int256 share = 0;
        uint256 spent = 0;
        uint256 toFund = 0;
        uint256 toPool = 0;
        if (state == BookState.Cleared) {
            _books[book] = _books[book].withState(BookState.Settled);
            (share, spent, toFund, toPool) = clearing.finish(
                book,
                carry,
                int256(uint256(sums.sold)) - int256(uint256(sums.bought)),
                int256(uint256(sums.paid)) - int256(uint256(sums.received))
            );
        }
        emit BookSettled(book, sums.paid, sums.received, share, spent, toFund);
        uint256 back = held - spent - (share < 0 ? uint256(-share) : 0);
        if (back != 0) vault.release(_poolAccount, uint128(back));
        if (share > 0) vault.pay(address(this), _poolAccount, uint128(uint256(share)));
        if (toPool != 0) vault.passOn(address(clearing.pool()), uint128(toPool));
        if (toFund != 0) vault.pay(address(this), _commonFund, uint128(toFund));
    }
}

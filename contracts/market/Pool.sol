// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Governed} from "../access/Governed.sol";
import {Book, BookState, IAuction} from "../interfaces/IAuction.sol";
import {IEnergyUnits} from "../interfaces/IEnergyUnits.sol";
import {IPool, Limits, Offer, PoolPosition} from "../interfaces/IPool.sol";
import {IPositionSource, TradedSlot} from "../interfaces/IPositionSource.sol";
import {IVault, Purse} from "../interfaces/IVault.sol";
import {Facts, IZones} from "../interfaces/IZones.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {Draws} from "../libraries/Draws.sol";
import {Lists} from "../libraries/Lists.sol";
import {Margins} from "../libraries/Margins.sol";
import {Parts} from "../libraries/Parts.sol";
import {Roles} from "../libraries/Roles.sol";
import {Stock} from "../libraries/Stock.sol";
import {PositionSource} from "./PositionSource.sol";

/// @title What the market takes and serves at fixed prices, after the book
/// @notice See IPool.
contract Pool is IPool, PositionSource {
    using Lists for uint256[];

    /// @inheritdoc IPool
    uint256 public constant MAX_OFFERS = 8;
    uint40 private constant MIN_WH = 100;
    /// @inheritdoc IPool
    IAuction public immutable auction;
    /// @inheritdoc IPool
    IZones public immutable zones;
    /// @inheritdoc IPool
    IVault public immutable vault;
    /// @inheritdoc IPool
    IEnergyUnits public immutable energyUnits;
    address private immutable _purse;

    mapping(uint16 zone => mapping(Carrier carrier => Limits)) private _limits;
    mapping(bytes32 book => Offer[]) private _offers;
    mapping(bytes32 book => bool) private _done;
    mapping(bytes32 book => PoolPosition) private _positions;
    /// @dev One bit for each offer whose money was handed over, and one above them for the pool's own.
    mapping(bytes32 book => uint256) private _handedOver;

    constructor(IAuction auction_, IZones zones_, address authority_) Governed(authority_) {
        auction = auction_;
        zones = zones_;
        vault = auction_.vault();
        energyUnits = auction_.energyUnits();
        _purse = vault.purseAccount(Purse.Pool);
    }

    /// @inheritdoc IPool
    function limitsOf(uint16 zone, Carrier carrier) external view returns (Limits memory) {
        return _limits[zone][carrier];
    }

    /// @inheritdoc IPool
    function offersOf(bytes32 book) external view returns (Offer[] memory) {
        return _offers[book];
    }

    /// @inheritdoc IPool
    function positionOf(bytes32 book) external view returns (PoolPosition memory) {
        return _positions[book];
    }

    /// @inheritdoc IPool
    function stockOf(bytes32 book) external view returns (uint256[] memory stock) {
        Book memory b = auction.bookOf(book);
        Facts memory facts = zones.factsAt(b.zone, b.carrier, b.slotStart);
        Limits memory limits = _limits[b.zone][b.carrier];
        Offer[] memory offers = _offers[book];
        uint256 grid = _gridPlace(offers, facts.poolOut);
        stock = new uint256[](offers.length + 2);
        stock[0] = Stock.pack(limits.intakeWh, facts.poolIn);
        for (uint256 i = 0; i < offers.length; ++i) {
            stock[i < grid ? i + 1 : i + 2] = Stock.pack(offers[i].wh, offers[i].price);
        }
        stock[grid + 1] = Stock.pack(limits.gridWh, facts.poolOut);
    }

    /// @inheritdoc IPool
    function affordable(uint256 wh, uint256 price, uint256 reserved) external view returns (uint256) {
        uint256 free = vault.accountOf(_purse).free;
        uint256 paid = price == 0 ? wh : free > reserved ? (free - reserved) / price : 0;
        return paid < wh ? paid : wh;
    }

    /// @inheritdoc IPool
    function setLimits(uint16 zone, Carrier carrier, Limits calldata limits) external onlyAuthority {
        zones.zoneOf(zone);
        _limits[zone][carrier] = limits;
        emit LimitsSet(zone, carrier, limits);
    }

    // ---------------------------------------------------------------------------------------------------- offers

    /// @inheritdoc IPool
    function offer(bytes32 book, uint32 device, uint16 price, uint40 wh) external {
        Book memory b = auction.bookOf(book);
        require(b.state == BookState.Open && block.timestamp < b.clearsAt, OffersClosed(book));
        uint16 poolIn = zones.factsAt(b.zone, b.carrier, b.slotStart).poolIn;
        require(price >= poolIn, BelowPoolPrice(price, poolIn));
        require(wh >= MIN_WH, OfferTooSmall(wh));
        Offer memory made = Offer(msg.sender, device, price, wh);
        _insert(book, made);
        uint128 margin = _margin(wh, price, b.dearestWh);
        emit UnitOffered(book, made, margin);
        uint256[] memory draw = Draws.only(msg.sender, device, wh);
        bool free = energyUnits.lockEach(b.zone, b.carrier, b.slotStart, draw).length == 0;
        require(free, UnitsNotFree(device, wh));
        vault.lock(msg.sender, margin, Roles.STORAGE | Roles.GRID);
    }

    /// @inheritdoc IPool
    function close(bytes32 book, uint256[] calldata stock, uint256[] calldata taken, int256 dustWh) external {
        require(msg.sender == address(auction.clearing()), NotClearing(msg.sender));
        Book memory b = auction.bookOf(book);
        _done[book] = true;
        uint256 count = _offers[book].length;
        uint256 place = 1;
        uint256 grid = count + 1;
        for (uint256 i = 0; i < count; ++i) {
            Offer memory o = _offers[book][i];
            // The grid's energy stands somewhere between the offers.
            if (taken.length != 0 && stock[place] != Stock.pack(o.wh, o.price)) grid = place++;
            _conclude(book, b, i, taken.length == 0 ? 0 : taken[place++]);
        }
        PoolPosition memory own;
        if (taken.length != 0) {
            own = PoolPosition(uint40(taken[0]), uint40(taken[grid]), uint64(taken[grid] * Stock.price(stock[grid])));
        }
        if (dustWh > 0) own.bought += uint40(uint256(dustWh));
        else own.sold += uint40(uint256(-dustWh));
        if (own.bought != 0 || own.sold != 0) _positions[book] = own;
        emit PoolTraded(book, own, dustWh);
    }

    /// @inheritdoc IPool
    function returnOffers(bytes32 book) external {
        Book memory b = auction.bookOf(book);
        uint256 count = _offers[book].length;
        require(b.state == BookState.Void && !_done[book] && count != 0, NothingToReturn(book));
        _done[book] = true;
        emit OffersReturned(book);
        for (uint256 i = 0; i < count; ++i) {
            _conclude(book, b, i, 0);
        }
    }

    /// @inheritdoc IPositionSource
    function tradesOf(bytes32 book, address account) external view returns (uint256 sold, uint256 bought) {
        Offer[] storage offers = _known(book);
        PoolPosition memory own = _positions[book];
        if (account == _purse) return (own.sold, own.bought);
        for (uint256 i = 0; i < offers.length; ++i) {
            if (offers[i].seller == account) sold += offers[i].wh;
        }
    }

    /// @inheritdoc IPositionSource
    function handOver(TradedSlot calldata slot, address[] calldata accounts)
        external
        onlySettlement
        returns (uint256[] memory parts)
    {
        bytes32 book = slot.book;
        Offer[] storage offers = _known(book);
        uint256 count = offers.length;
        (uint256 before, uint256 found, uint256 money) = (_handedOver[book], 0, 0);
        uint256 handed = before;
        parts = new uint256[]((count + 2) * accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            if (accounts[i] == _purse) {
                found = _own(book, i, handed >> MAX_OFFERS & 1 == 0, parts, found);
                handed |= 1 << MAX_OFFERS;
                continue;
            }
            for (uint256 k = 0; k < count; ++k) {
                Offer memory o = offers[k];
                if (o.seller != accounts[i] || o.wh == 0) continue;
                uint256 part = _part(book, o);
                if (handed >> k & 1 == 1) part = Parts.withoutMoney(part);
                handed |= 1 << k;
                parts.put(found++, Parts.under(part, i));
            }
        }
        if (handed != before) _handedOver[book] = handed;
        for (uint256 i = 0; i < found; ++i) {
            money += Parts.money(parts[i]);
        }
        _handOn(vault, book, parts, found, money);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    /// @dev The offers of a book, of which it is known what was taken.
    function _known(bytes32 book) private view returns (Offer[] storage offers) {
        offers = _offers[book];
        require(offers.length == 0 || _done[book], TradesOpen(book));
    }

    /// @dev What the pool itself bought and sold, and the money for the grid's energy.
    function _own(bytes32 book, uint256 place, bool isFirst, uint256[] memory parts, uint256 found)
        private
        view
        returns (uint256)
    {
        PoolPosition memory own = _positions[book];
        if (own.bought != 0) parts.put(found++, Parts.under(Parts.bought(own.bought), place));
        if (own.sold == 0) return found;
        parts.put(found++, Parts.under(Parts.sold(own.sold, isFirst ? own.due : 0, 0, 0), place));
        return found;
    }

    function _part(bytes32 book, Offer memory o) private view returns (uint256) {
        uint24 dearestWh = auction.bookOf(book).dearestWh;
        return Parts.sold(o.wh, uint256(o.wh) * o.price, _margin(o.wh, o.price, dearestWh), o.device);
    }

    /// @dev Behind those of the same price.
    function _insert(bytes32 book, Offer memory made) private {
        Offer[] storage offers = _offers[book];
        uint256 at = offers.length;
        require(at < MAX_OFFERS, TooManyOffers(book));
        offers.push(made);
        for (uint256 i = 0; i < at; ++i) {
            require(offers[i].device != made.device, DeviceOffered(book, made.device));
        }
        while (at != 0 && offers[at - 1].price > made.price) {
            offers[at] = offers[at - 1];
            --at;
        }
        offers[at] = made;
    }

    /// @dev Keeps what an offer sold, with its margin, and gives back the rest.
    function _conclude(bytes32 book, Book memory b, uint256 i, uint256 sold) private {
        Offer memory o = _offers[book][i];
        uint40 unsold = o.wh - uint40(sold);
        _offers[book][i].wh = uint40(sold);
        o.wh = uint40(sold);
        emit UnitSold(book, o.seller, o, _margin(o.wh, o.price, b.dearestWh));
        if (unsold == 0) return;
        energyUnits.releaseEach(b.zone, b.carrier, b.slotStart, Draws.only(o.seller, o.device, unsold));
        vault.release(o.seller, _margin(unsold, o.price, b.dearestWh));
    }

    /// @dev How many offers come before the grid's energy: those that are not dearer.
    function _gridPlace(Offer[] memory offers, uint16 poolOut) private pure returns (uint256 place) {
        while (place < offers.length && offers[place].price <= poolOut) ++place;
    }

    function _margin(uint40 wh, uint16 price, uint24 dearestWh) private pure returns (uint128) {
        return uint128(wh * Margins.rate(price, dearestWh));
    }
}

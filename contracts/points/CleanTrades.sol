// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {CleanParty, CleanWh, ICleanTrades} from "../interfaces/ICleanTrades.sol";
import {Balance, Delivery, IImbalance} from "../interfaces/IImbalance.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {Description, Direction, IMeters} from "../interfaces/IMeters.sol";
import {IPowerPoints} from "../interfaces/IPowerPoints.sol";
import {IProduction} from "../interfaces/IProduction.sol";
import {IZones} from "../interfaces/IZones.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {Reasons} from "../libraries/Reasons.sol";
import {Shares} from "../libraries/Shares.sol";
import {Standing, Status} from "../libraries/Standings.sol";
import {EpochAsks} from "./EpochAsks.sol";

/// @title Points for trades of clean energy
/// @notice See ICleanTrades.
contract CleanTrades is ICleanTrades, EpochAsks {
    /// @notice A slot, and what is known of its zone.
    struct Slot {
        uint256 key;
        uint16 zone;
        Carrier carrier;
        uint40 start;
        bytes32 book;
        Balance balance;
    }

    /// @notice What the accounts of one owner did in a slot.
    /// @param owner the beneficial owner, 0 of the market's purses
    /// @param account the first with a position, which gets the points
    /// @param position Wh sold beyond what was bought
    /// @param injected Wh
    /// @param withdrawn Wh that is known
    /// @param taken Wh that they were settled with, which may be an estimate
    /// @param clean Wh that clean devices made
    struct Party {
        uint32 owner;
        address account;
        int256 position;
        uint256 injected;
        uint256 withdrawn;
        uint256 taken;
        uint256 clean;
    }

    /// @notice What is shown of a slot so far.
    /// @param last the owner, and under it the account, that came last
    /// @param traders how many accounts have a position
    /// @param injected Wh
    /// @param withdrawn Wh
    /// @param clean Wh that clean devices made
    struct Shown {
        uint256 last;
        uint256 traders;
        uint256 injected;
        uint256 withdrawn;
        uint256 clean;
    }

    /// @notice What is kept of a slot that somebody shows in parts, in one storage slot, beside what was traded.
    struct Tally {
        uint32 owner;
        uint32 parts;
        uint32 traders;
        uint48 injected;
        uint48 withdrawn;
        uint48 clean;
    }

    /// @notice What all owners traded together, in one storage slot.
    /// @param sold Wh
    /// @param bought Wh
    /// @param clean Wh of what was sold
    struct Trade {
        uint64 sold;
        uint64 bought;
        uint64 clean;
    }

    /// @inheritdoc ICleanTrades
    uint40 public constant REST = 1 days;

    uint256 private constant SELLER_BPS = 5_000;
    uint256 private constant BUYER_BPS = 3_000;
    uint256 private constant USER_BPS = 2_000;
    /// @dev A point a kWh, in 1/10000.
    uint256 private constant WH_A_POINT = 10_000_000;

    /// @inheritdoc ICleanTrades
    IImbalance public immutable imbalance;
    IProduction private immutable _production;
    IMembership private immutable _membership;
    IMeters private immutable _meters;
    IZones private immutable _zones;
    uint40 private immutable _ripeAfter;

    mapping(uint256 slot => bool) private _rewarded;
    /// @dev Of a slot that was shown in parts, by whom and in which attempt.
    mapping(uint256 slot => bytes32 attempt) private _shownIn;
    mapping(bytes32 attempt => Tally) private _tallies;
    mapping(bytes32 attempt => Trade) private _trades;
    mapping(bytes32 attempt => mapping(uint256 part => bytes32 said)) private _parts;
    mapping(uint32 owner => CleanWh) private _clean;
    mapping(uint256 owners => uint256) private _traded;
    /// @dev What a device is never changes: its zone and carrier, beside a bit that they are known, and one that it is clean.
    mapping(uint32 device => uint256) private _sources;

    constructor(IImbalance imbalance_, IPowerPoints points_) EpochAsks(points_, Reasons.CLEAN_TRADE) {
        imbalance = imbalance_;
        _production = imbalance_.production();
        _membership = imbalance_.membership();
        _meters = imbalance_.meters();
        _zones = imbalance_.zones();
        _ripeAfter = imbalance_.PATIENCE() + REST;
    }

    /// @inheritdoc ICleanTrades
    function isRewarded(uint16 zone, Carrier carrier, uint40 slotStart) external view returns (bool) {
        return _rewarded[_slotKey(zone, carrier, slotStart)];
    }

    /// @inheritdoc ICleanTrades
    function cleanOf(uint32 owner) external view returns (CleanWh memory) {
        return _clean[owner];
    }

    /// @inheritdoc ICleanTrades
    function hasTraded(uint32 owner) external view returns (bool) {
        return _traded[owner >> 8] & 1 << (owner & 0xff) != 0;
    }

    /// @inheritdoc ICleanTrades
    function reward(
        uint16 zone,
        Carrier carrier,
        uint40 slotStart,
        address[] calldata accounts,
        uint32[] calldata devices
    ) external {
        Slot memory slot = _open(zone, carrier, slotStart);
        if (slot.balance.traders == 0) return;
        Shown memory shown;
        CleanParty[] memory parties = _show(slot, accounts, devices, shown);
        _requireComplete(slot.balance, shown);
        Trade memory t;
        _add(t, parties);
        _rewarded[slot.key] = true;
        emit SlotRewarded(slot.book, _whole(t));
        _reward(slot.book, t, parties, 0, 0);
    }

    /// @inheritdoc ICleanTrades
    function show(
        uint16 zone,
        Carrier carrier,
        uint40 slotStart,
        uint32 attempt,
        address[] calldata accounts,
        uint32[] calldata devices
    ) external {
        Slot memory slot = _open(zone, carrier, slotStart);
        if (slot.balance.traders == 0) return;
        bytes32 id = keccak256(abi.encode(slot.key, msg.sender, attempt));
        Tally memory y = _tallies[id];
        Trade memory t = _trades[id];
        Shown memory shown = Shown(0, y.traders, y.injected, y.withdrawn, y.clean);
        // An owner's accounts are all in one part.
        if (y.parts != 0) shown.last = uint256(y.owner) << 160 | type(uint160).max;
        CleanParty[] memory parties = _show(slot, accounts, devices, shown);
        _parts[id][y.parts] = keccak256(abi.encode(t.clean, t.bought, parties));
        emit PartShown(slot.book, msg.sender, attempt, y.parts, t.clean, t.bought, parties);
        _add(t, parties);
        _trades[id] = t;
        _tallies[id] = Tally({
            owner: uint32(shown.last >> 160),
            parts: y.parts + 1,
            traders: uint32(shown.traders),
            injected: uint48(shown.injected),
            withdrawn: uint48(shown.withdrawn),
            clean: uint48(shown.clean)
        });
        if (!_isComplete(slot.balance, shown) || shown.clean != slot.balance.clean) return;
        _rewarded[slot.key] = true;
        _shownIn[slot.key] = id;
        emit SlotRewarded(slot.book, _whole(t));
    }

    /// @inheritdoc ICleanTrades
    function rewardPart(
        uint16 zone,
        Carrier carrier,
        uint40 slotStart,
        uint32 part,
        uint64 soldBefore,
        uint64 boughtBefore,
        CleanParty[] calldata parties
    ) external {
        bytes32 id = _shownIn[_slotKey(zone, carrier, slotStart)];
        bytes32 said = _parts[id][part];
        if (id == 0 || said == 0) return;
        require(said == keccak256(abi.encode(soldBefore, boughtBefore, parties)), NotAsShown(part));
        delete _parts[id][part];
        _reward(_bookOf(zone, carrier, slotStart), _trades[id], parties, soldBefore, boughtBefore);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _slotKey(uint256 zone, Carrier carrier, uint256 slotStart) private pure returns (uint256) {
        return zone << 48 | uint256(carrier) << 40 | slotStart;
    }

    function _bookOf(uint16 zone, Carrier carrier, uint40 slotStart) private view returns (bytes32) {
        return keccak256(abi.encode(carrier, _zones.zoneOf(zone), slotStart));
    }

    /// @dev A slot that can be rewarded.
    function _open(uint16 zone, Carrier carrier, uint40 slotStart) private view returns (Slot memory slot) {
        slot = Slot({
            key: _slotKey(zone, carrier, slotStart),
            zone: zone,
            carrier: carrier,
            start: slotStart,
            book: _bookOf(zone, carrier, slotStart),
            balance: imbalance.balanceOf(zone, carrier, slotStart)
        });
        uint40 ripeAt = slotStart + _zones.slotSeconds(zone, carrier) + _ripeAfter;
        require(block.timestamp >= ripeAt, SlotNotRipe(slot.book, ripeAt));
        require(!_rewarded[slot.key], SlotRewardedBefore(slot.book));
    }

    /// @dev The owners who traded, from all their accounts and clean devices; what these come to is added to what is shown.
    function _show(Slot memory slot, address[] calldata accounts, uint32[] calldata devices, Shown memory shown)
        private
        returns (CleanParty[] memory)
    {
        Party[] memory parties = _partiesOf(slot, accounts, shown);
        _countClean(slot, parties, devices, shown);
        return _tradersOf(parties);
    }

    function _isComplete(Balance memory b, Shown memory shown) private pure returns (bool) {
        return shown.traders == b.traders && shown.injected == b.injected && shown.withdrawn == b.withdrawn;
    }

    function _requireComplete(Balance memory b, Shown memory s) private pure {
        bool complete = _isComplete(b, s);
        require(complete, AccountsMissing(b.traders - s.traders, b.injected - s.injected, b.withdrawn - s.withdrawn));
        require(s.clean == b.clean, DevicesMissing(b.clean - s.clean));
    }

    /// @dev All accounts together by owner.
    function _partiesOf(Slot memory slot, address[] calldata accounts, Shown memory shown)
        private
        view
        returns (Party[] memory parties)
    {
        parties = new Party[](accounts.length);
        uint256 count = 0;
        for (uint256 i = 0; i < accounts.length; ++i) {
            address account = accounts[i];
            uint256 owner = _ownerOf(account);
            uint256 place = owner << 160 | uint160(account);
            require(place > shown.last, OwnersOutOfOrder(account));
            if (count == 0 || owner != shown.last >> 160) parties[count++].owner = uint32(owner);
            shown.last = place;
            Party memory p = parties[count - 1];
            Delivery memory d = imbalance.deliveryOf(slot.zone, slot.carrier, slot.start, account);
            p.injected += d.injected;
            p.withdrawn += d.withdrawn;
            p.taken += d.settledWithdrawn > d.withdrawn ? d.settledWithdrawn : d.withdrawn;
            shown.injected += d.injected;
            shown.withdrawn += d.withdrawn;
            if (d.settledPosition == 0) continue;
            ++shown.traders;
            p.position += d.settledPosition;
            if (p.account == address(0)) p.account = account;
        }
        assembly ("memory-safe") {
            mstore(parties, count)
        }
    }

    /// @dev Of an account that was replaced, the owner of the one that stands in its place.
    function _ownerOf(address account) private view returns (uint32) {
        Standing memory s = _membership.standingOf(account);
        if (s.status != Status.Replaced) return s.owner;
        return _membership.standingOf(_membership.currentOf(account)).owner;
    }

    /// @dev What clean devices made, by the owner to whom they belonged when the slot began.
    function _countClean(Slot memory slot, Party[] memory parties, uint32[] calldata devices, Shown memory shown)
        private
    {
        for (uint256 i = 0; i < devices.length; ++i) {
            uint32 device = devices[i];
            require(i == 0 || devices[i - 1] < device, DeviceOutOfOrder(device));
            require(_isCleanSource(slot, device), NotCleanSource(device));
            uint256 wh = _production.countedIn(device, slot.start);
            uint32 owner = _membership.standingOf(_meters.ownerAt(device, slot.start)).owner;
            _partyOf(parties, owner, device).clean += wh;
            shown.clean += wh;
        }
    }

    function _isCleanSource(Slot memory slot, uint32 device) private returns (bool) {
        uint256 wanted = 1 << 25 | 1 << 24 | uint256(slot.zone) << 8 | uint256(slot.carrier);
        uint256 known = _sources[device];
        if (known == 0) {
            Description memory its = _meters.deviceOf(device).description;
            bool clean = its.clean && !its.stores && its.direction == Direction.Injection;
            known = 1 << 25 | (clean ? 1 << 24 : 0) | uint256(its.zone) << 8 | uint256(its.carrier);
            _sources[device] = known;
        }
        return known == wanted;
    }

    /// @dev Parties come by rising owner.
    function _partyOf(Party[] memory parties, uint32 owner, uint32 device) private pure returns (Party memory) {
        (uint256 low, uint256 high) = (0, parties.length);
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (parties[middle].owner < owner) low = middle + 1;
            else high = middle;
        }
        require(low < parties.length && parties[low].owner == owner, OwnerMissing(device, owner));
        return parties[low];
    }

    /// @dev What the market's own purses sell or buy is nobody's.
    function _tradersOf(Party[] memory parties) private pure returns (CleanParty[] memory traders) {
        traders = new CleanParty[](parties.length);
        uint256 count = 0;
        for (uint256 i = 0; i < parties.length; ++i) {
            Party memory p = parties[i];
            if (p.owner == 0 || p.position == 0) continue;
            CleanParty memory trader = traders[count++];
            (trader.owner, trader.account) = (p.owner, p.account);
            if (p.position > 0) {
                trader.sold = uint64(uint256(p.position));
                trader.clean = uint64(_cleanSold(p));
            } else {
                trader.bought = uint64(uint256(-p.position));
                trader.used = uint64(_above(p.withdrawn, p.injected));
            }
        }
        assembly ("memory-safe") {
            mstore(traders, count)
        }
    }

    function _add(Trade memory t, CleanParty[] memory parties) private pure {
        for (uint256 i = 0; i < parties.length; ++i) {
            t.sold += parties[i].sold;
            t.bought += parties[i].bought;
            t.clean += parties[i].clean;
        }
    }

    /// @dev One kWh, one point: a seller earns only for what another owner bought, and a buyer for what one sold.
    function _whole(Trade memory t) private pure returns (uint256) {
        return t.clean < t.bought ? t.clean : t.bought;
    }

    function _reward(
        bytes32 book,
        Trade memory t,
        CleanParty[] memory parties,
        uint256 soldBefore,
        uint256 boughtBefore
    ) private {
        uint256 whole = _whole(t);
        for (uint256 i = 0; i < parties.length; ++i) {
            CleanParty memory p = parties[i];
            if (p.sold != 0 ? t.bought != 0 : t.sold != 0) _markTraded(p.owner);
            uint256[3] memory wh;
            wh[0] = Shares.cumfloor(soldBefore, p.clean, whole, t.clean);
            wh[1] = Shares.cumfloor(boughtBefore, p.bought, whole, t.bought);
            wh[2] = _lesser(wh[1], p.used);
            soldBefore += p.clean;
            boughtBefore += p.bought;
            if (wh[0] + wh[1] != 0) _rewardOne(book, p, wh);
        }
    }

    function _rewardOne(bytes32 book, CleanParty memory p, uint256[3] memory wh) private {
        CleanWh memory c = _clean[p.owner];
        uint256[3] memory earned =
            [_points(c.sold, wh[0], SELLER_BPS), _points(c.bought, wh[1], BUYER_BPS), _points(c.used, wh[2], USER_BPS)];
        (c.sold, c.bought, c.used) = (c.sold + uint80(wh[0]), c.bought + uint80(wh[1]), c.used + uint80(wh[2]));
        _clean[p.owner] = c;
        emit CleanTraded(book, p.owner, p.account, wh, earned);
        uint256 asked = earned[0] + earned[1] + earned[2];
        if (asked != 0) _ask(p.account, asked);
    }

    function _markTraded(uint32 owner) private {
        uint256 traded = _traded[owner >> 8];
        uint256 bit = 1 << (owner & 0xff);
        if (traded & bit == 0) _traded[owner >> 8] = traded | bit;
    }

    /// @dev No more than clean devices made, than was left of all that the owner made, and than he sold.
    function _cleanSold(Party memory p) private pure returns (uint256) {
        return _lesser(_lesser(p.clean, _above(p.injected, p.taken)), uint256(p.position));
    }

    /// @dev Points are counted over all Wh of an owner in a role, so that no part of one is ever lost.
    function _points(uint256 before, uint256 wh, uint256 bps) private pure returns (uint256) {
        return (before + wh) * bps / WH_A_POINT - before * bps / WH_A_POINT;
    }

    function _lesser(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    function _above(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a - b : 0;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {CleanWh, ICleanTrades} from "../interfaces/ICleanTrades.sol";
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

    /// @notice What all owners traded together, and those before the one in hand.
    /// @param sold Wh
    /// @param bought Wh
    /// @param clean Wh of what was sold
    /// @param whole Wh of that for which there is a buyer
    /// @param soldBefore clean Wh of sellers
    /// @param boughtBefore Wh of buyers
    struct Trade {
        uint256 sold;
        uint256 bought;
        uint256 clean;
        uint256 whole;
        uint256 soldBefore;
        uint256 boughtBefore;
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
        Slot memory slot;
        (slot.zone, slot.carrier, slot.start) = (zone, carrier, slotStart);
        slot.book = keccak256(abi.encode(carrier, _zones.zoneOf(zone), slotStart));
        uint40 ripeAt = slotStart + _zones.slotSeconds(zone, carrier) + _ripeAfter;
        require(block.timestamp >= ripeAt, SlotNotRipe(slot.book, ripeAt));
        require(!_rewarded[_slotKey(zone, carrier, slotStart)], SlotRewardedBefore(slot.book));
        slot.balance = imbalance.balanceOf(zone, carrier, slotStart);
        if (slot.balance.traders == 0) return;
        _rewarded[_slotKey(zone, carrier, slotStart)] = true;
        Party[] memory parties = _partiesOf(slot, accounts);
        _countClean(slot, parties, devices);
        _reward(slot.book, parties);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _slotKey(uint256 zone, Carrier carrier, uint256 slotStart) private pure returns (uint256) {
        return zone << 48 | uint256(carrier) << 40 | slotStart;
    }

    /// @dev All accounts together by owner. That nobody is left out show the sums.
    function _partiesOf(Slot memory slot, address[] calldata accounts) private view returns (Party[] memory parties) {
        parties = new Party[](accounts.length);
        (uint256 count, uint256 last) = (0, 0);
        (uint256 traders, uint256 injected, uint256 withdrawn) = (0, 0, 0);
        for (uint256 i = 0; i < accounts.length; ++i) {
            address account = accounts[i];
            uint256 owner = _ownerOf(account);
            uint256 place = owner << 160 | uint160(account);
            require(place > last, OwnersOutOfOrder(account));
            if (count == 0 || owner != last >> 160) parties[count++].owner = uint32(owner);
            last = place;
            Party memory p = parties[count - 1];
            Delivery memory d = imbalance.deliveryOf(slot.zone, slot.carrier, slot.start, account);
            p.injected += d.injected;
            p.withdrawn += d.withdrawn;
            p.taken += d.settledWithdrawn > d.withdrawn ? d.settledWithdrawn : d.withdrawn;
            injected += d.injected;
            withdrawn += d.withdrawn;
            if (d.settledPosition == 0) continue;
            ++traders;
            p.position += d.settledPosition;
            if (p.account == address(0)) p.account = account;
        }
        Balance memory b = slot.balance;
        bool complete = traders == b.traders && injected == b.injected && withdrawn == b.withdrawn;
        require(complete, AccountsMissing(b.traders - traders, b.injected - injected, b.withdrawn - withdrawn));
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
    function _countClean(Slot memory slot, Party[] memory parties, uint32[] calldata devices) private {
        uint256 missing = slot.balance.clean;
        for (uint256 i = 0; i < devices.length; ++i) {
            uint32 device = devices[i];
            require(i == 0 || devices[i - 1] < device, DeviceOutOfOrder(device));
            require(_isCleanSource(slot, device), NotCleanSource(device));
            uint256 wh = _production.countedIn(device, slot.start);
            uint32 owner = _membership.standingOf(_meters.ownerAt(device, slot.start)).owner;
            _partyOf(parties, owner, device).clean += wh;
            missing -= wh;
        }
        require(missing == 0, DevicesMissing(missing));
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

    /// @dev From here on `clean` of a party is what it sold of it.
    function _reward(bytes32 book, Party[] memory parties) private {
        Trade memory t;
        for (uint256 i = 0; i < parties.length; ++i) {
            Party memory p = parties[i];
            p.clean = _cleanSold(p);
            // What the market's own purses sell or buy is nobody's.
            if (p.owner == 0) continue;
            t.clean += p.clean;
            if (p.position > 0) t.sold += uint256(p.position);
            else t.bought += uint256(-p.position);
        }
        // One kWh, one point: a seller earns only for what another owner bought, and a buyer for what one sold.
        t.whole = t.clean < t.bought ? t.clean : t.bought;
        emit SlotRewarded(book, t.whole);
        for (uint256 i = 0; i < parties.length; ++i) {
            Party memory p = parties[i];
            if (p.owner == 0 || p.position == 0) continue;
            if (p.position > 0 ? t.bought != 0 : t.sold != 0) _markTraded(p.owner);
            if (t.whole != 0) _rewardOne(book, t, p);
        }
    }

    function _rewardOne(bytes32 book, Trade memory t, Party memory p) private {
        uint256[3] memory wh;
        if (p.position > 0) {
            wh[0] = Shares.cumfloor(t.soldBefore, p.clean, t.whole, t.clean);
            t.soldBefore += p.clean;
        } else {
            uint256 bought = uint256(-p.position);
            wh[1] = Shares.cumfloor(t.boughtBefore, bought, t.whole, t.bought);
            wh[2] = _lesser(wh[1], _above(p.withdrawn, p.injected));
            t.boughtBefore += bought;
        }
        if (wh[0] + wh[1] == 0) return;
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
        uint256 sold = p.position > 0 ? uint256(p.position) : 0;
        return _lesser(_lesser(p.clean, _above(p.injected, p.taken)), sold);
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

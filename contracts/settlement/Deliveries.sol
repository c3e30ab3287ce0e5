// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Balance, Delivery, IImbalance, MonthlyBalance} from "../interfaces/IImbalance.sol";
import {IMeters} from "../interfaces/IMeters.sol";
import {IProduction} from "../interfaces/IProduction.sol";
import {Interval, IReadings, ProvenReading, Reading, ReadingRefusal, Root} from "../interfaces/IReadings.sol";
import {Facts, IZones} from "../interfaces/IZones.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {DeliveryWords} from "../libraries/DeliveryWords.sol";
import {Intervals} from "../libraries/Intervals.sol";
import {Lists} from "../libraries/Lists.sol";
import {Months} from "../libraries/Months.sol";

/// @title What was delivered in each slot
/// @notice The first of the two layers of Imbalance.
abstract contract Deliveries is IImbalance {
    using DeliveryWords for uint256;

    /// @notice A carrier's slot, with what is asked for once, and what is for the ledger of Production, of all slots.
    struct Slot {
        uint256 key;
        uint256 start;
        uint256 length;
        uint256 feeder;
        uint256 exportFeeder;
        uint256[] made;
        uint256 madeCount;
    }

    /// @inheritdoc IImbalance
    uint256 public constant MAX_SPREAD = 96;

    /// @inheritdoc IImbalance
    IReadings public immutable readings;
    /// @inheritdoc IImbalance
    IMeters public immutable meters;
    /// @inheritdoc IImbalance
    IZones public immutable zones;
    /// @inheritdoc IImbalance
    IProduction public immutable production;

    mapping(uint256 slot => mapping(address account => uint256)) internal _deliveries;
    mapping(uint256 slot => Balance) internal _balances;
    mapping(uint256 month => MonthlyBalance) private _months;

    constructor(IReadings readings_, IProduction production_) {
        readings = readings_;
        production = production_;
        meters = readings_.meters();
        zones = meters.zones();
    }

    /// @inheritdoc IImbalance
    function deliveryOf(uint16 zone, Carrier carrier, uint40 slotStart, address account)
        external
        view
        returns (Delivery memory)
    {
        return DeliveryWords.unpack(_deliveries[_slotKey(zone, carrier, slotStart)][account]);
    }

    /// @inheritdoc IImbalance
    function balanceOf(uint16 zone, Carrier carrier, uint40 slotStart) external view returns (Balance memory) {
        return _balances[_slotKey(zone, carrier, slotStart)];
    }

    /// @inheritdoc IImbalance
    function monthOf(uint16 zone, Carrier carrier, uint16 month) external view returns (MonthlyBalance memory) {
        return _months[_slotKey(zone, carrier, month)];
    }

    /// @inheritdoc IImbalance
    function meter(Root calldata root, ProvenReading[] calldata given) external {
        _deliver(root.zone, readings.use(root, given));
    }

    /// @inheritdoc IImbalance
    function meterSubmitted(uint16 zone, uint40 time, Reading[] calldata given) external {
        _deliver(zone, readings.useSubmitted(zone, time, given));
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _slotKey(uint256 zone, Carrier carrier, uint256 slotStart) internal pure returns (uint256) {
        return zone << 48 | uint256(carrier) << 40 | slotStart;
    }

    function _deliver(uint16 zone, uint256[] memory intervals) private {
        Slot memory slot;
        Balance memory sums;
        slot.made = new uint256[](_mostMade(intervals));
        for (uint256 i = 0; i < intervals.length; ++i) {
            Interval memory told = Intervals.unpack(intervals[i]);
            if (told.refusal != ReadingRefusal.None || told.periods == 0) continue;
            uint256 period = (uint256(told.until) - told.since) / told.periods;
            uint256 since = told.periods > MAX_SPREAD ? told.until - MAX_SPREAD * period : told.since;
            uint256 periods = (told.until - since) / period;
            uint256 begun = 0;
            for (uint256 time = since; time < told.until;) {
                sums = _enter(slot, sums, zone, Intervals.carrier(told), time);
                uint256 end = slot.start + slot.length;
                time = end < told.until ? end : told.until;
                // The sum of even parts, each rounded so that they make the whole.
                uint256 ended = told.wh * ((time - since) / period) / periods;
                _count(slot, sums, told, ended - begun, time == end);
                begun = ended;
            }
        }
        if (slot.length != 0) _leave(slot, sums);
        Lists.cut(slot.made, slot.madeCount);
        if (slot.madeCount != 0) production.record(slot.made);
    }

    /// @dev How many words for the ledger there can be.
    function _mostMade(uint256[] memory intervals) private pure returns (uint256 most) {
        for (uint256 i = 0; i < intervals.length; ++i) {
            Interval memory told = Intervals.unpack(intervals[i]);
            if (Intervals.isKept(told)) most += Math.min(told.periods, MAX_SPREAD);
        }
    }

    /// @dev Goes on to the slot of a time. What was summed of the one before is written down.
    function _enter(Slot memory slot, Balance memory sums, uint16 zone, Carrier carrier, uint256 time)
        private
        returns (Balance memory)
    {
        uint256 length = slot.length;
        bool same = length != 0 && slot.start <= time && time < slot.start + length
            && uint8(slot.key >> 40) == uint256(carrier);
        if (same) return sums;
        if (length != 0) _leave(slot, sums);
        length = zones.slotSeconds(zone, carrier);
        slot.start = time - time % length;
        slot.length = length;
        slot.key = _slotKey(zone, carrier, slot.start);
        Facts memory facts = zones.factsAt(zone, carrier, uint40(slot.start));
        (slot.feeder, slot.exportFeeder) = (facts.feeder, facts.exportFeeder);
        return _balances[slot.key];
    }

    /// @dev Writes down what was summed, of the slot and of its month.
    function _leave(Slot memory slot, Balance memory sums) private {
        Balance memory known = _balances[slot.key];
        uint256 month = Months.at(slot.start + slot.length - 1);
        MonthlyBalance storage m = _months[slot.key >> 40 << 40 | month];
        m.injected += sums.injected - known.injected;
        m.withdrawn += sums.withdrawn - known.withdrawn;
        m.imported += sums.imported - known.imported;
        m.exported += sums.exported - known.exported;
        _balances[slot.key] = sums;
    }

    /// @dev What the feeders count is no member's, and what a device counts before it is certified, or after its end, nobody's.
    /// What a supplier takes is his. The device is one that must be read for him and, still, for its owner.
    function _count(Slot memory slot, Balance memory sums, Interval memory told, uint256 wh, bool toTheEnd) private {
        (address owner, address supplier) = meters.countsFor(told.device, uint40(slot.start));
        if (owner == address(0)) return;
        bool isInjection = Intervals.isInjection(told);
        uint256 own = 0;
        if (told.device == slot.feeder) {
            sums.imported += uint64(wh);
        } else if (told.device == slot.exportFeeder) {
            sums.exported += uint64(wh);
        } else {
            own = wh;
            if (isInjection) sums.injected += uint64(wh);
            else sums.withdrawn += uint64(wh);
            if (Intervals.isClean(told)) sums.clean += uint64(wh);
            if (Intervals.isKept(told)) {
                slot.made[slot.madeCount++] = told.device | slot.start << 32 | slot.length << 72 | wh << 96;
            }
        }
        mapping(address account => uint256) storage deliveries = _deliveries[slot.key];
        if (supplier != address(0)) {
            deliveries[supplier] = deliveries[supplier].more(isInjection, own, toTheEnd);
            own = 0;
        }
        deliveries[owner] = deliveries[owner].more(isInjection, own, toTheEnd);
    }
}

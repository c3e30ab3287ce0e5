// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Balance, Delivery, IImbalance} from "../interfaces/IImbalance.sol";
import {IMeters} from "../interfaces/IMeters.sol";
import {Interval, IReadings, ProvenReading, Reading, ReadingRefusal, Root} from "../interfaces/IReadings.sol";
import {IZones} from "../interfaces/IZones.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {Intervals} from "../libraries/Intervals.sol";

/// @title What was delivered in each slot
/// @notice The first of the two layers of Imbalance.
abstract contract Deliveries is IImbalance {
    /// @notice A carrier's slot, with what is asked for once.
    struct Slot {
        uint256 key;
        uint256 start;
        uint256 length;
        uint256 feeder;
    }

    /// @inheritdoc IImbalance
    uint256 public constant MAX_SPREAD = 96;

    /// @inheritdoc IImbalance
    IReadings public immutable readings;
    /// @inheritdoc IImbalance
    IMeters public immutable meters;
    /// @inheritdoc IImbalance
    IZones public immutable zones;

    mapping(uint256 slot => mapping(address account => Delivery)) internal _deliveries;
    mapping(uint256 slot => Balance) internal _balances;

    constructor(IReadings readings_) {
        readings = readings_;
        meters = readings_.meters();
        zones = meters.zones();
    }

    /// @inheritdoc IImbalance
    function deliveryOf(uint16 zone, Carrier carrier, uint40 slotStart, address account)
        external
        view
        returns (Delivery memory)
    {
        return _deliveries[_slotKey(zone, carrier, slotStart)][account];
    }

    /// @inheritdoc IImbalance
    function balanceOf(uint16 zone, Carrier carrier, uint40 slotStart) external view returns (Balance memory) {
        return _balances[_slotKey(zone, carrier, slotStart)];
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
        if (slot.length != 0) _balances[slot.key] = sums;
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
        if (length != 0) _balances[slot.key] = sums;
        length = zones.slotSeconds(zone, carrier);
        slot.start = time - time % length;
        slot.length = length;
        slot.key = _slotKey(zone, carrier, slot.start);
        slot.feeder = zones.factsAt(zone, carrier, uint40(slot.start)).feeder;
        return _balances[slot.key];
    }

    /// @dev What the feeder counts is no member's.
    function _count(Slot memory slot, Balance memory sums, Interval memory told, uint256 wh, bool toTheEnd) private {
        address owner = meters.ownerAt(told.device, uint40(slot.start));
        Delivery memory d = _deliveries[slot.key][owner];
        if (told.device == slot.feeder) {
            sums.imported += uint56(wh);
        } else if (Intervals.isInjection(told)) {
            d.injected += uint40(wh);
            sums.injected += uint56(wh);
        } else {
            d.withdrawn += uint40(wh);
            sums.withdrawn += uint56(wh);
        }
        if (toTheEnd) ++d.devices;
        _deliveries[slot.key][owner] = d;
    }
}

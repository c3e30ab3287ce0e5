// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Governed} from "../access/Governed.sol";
import {Description, Device, IMeters} from "../interfaces/IMeters.sol";
import {
    Absence,
    Content,
    Exchange,
    Interval,
    IReadings,
    Neighbour,
    ProvenReading,
    Quality,
    Reading,
    ReadingRefusal,
    Root,
    ShortSignature,
    Trust
} from "../interfaces/IReadings.sol";
import {IVault} from "../interfaces/IVault.sol";
import {Intervals} from "../libraries/Intervals.sol";
import {Month, Series} from "../libraries/Series.sol";
import {Months} from "../libraries/Months.sol";
import {Trees} from "../libraries/Trees.sol";
import {Settled} from "../settlement/Settled.sol";
import {Attesters} from "./Attesters.sol";
import {Disputes} from "./Disputes.sol";
import {Roots} from "./Roots.sol";

/// @title What the meters counted, vouched for
/// @notice See IReadings. Four layers: Attesters say so, Roots keeps what was posted, Disputes holds doubts up, this one
/// uses what is final, each reading once and in order.
contract Readings is Disputes, Settled {
    using Series for uint256;

    /// @notice What is asked of a device when a reading of it is used. It never changes, so it is copied once; beside it,
    /// whether an exchange waits.
    struct Facts {
        uint16 zone;
        uint24 period;
        uint32 ratedW;
        uint64 modulus;
        bool exchanged;
        uint8 kind;
    }

    /// @notice A reading on its way.
    struct Given {
        uint256 device;
        uint256 time;
        uint256 register;
        uint256 sequence;
    }

    /// @notice The last reading that was refused as impossible.
    struct Impossible {
        uint40 time;
        uint32 sequence;
    }

    bytes32 public constant EXCHANGE_TYPEHASH =
        keccak256("Exchange(uint32 device,uint40 time,uint64 closing,uint64 opening,bytes32 evidence)");

    /// @inheritdoc IReadings
    uint16 public constant MAX_PERIODS = 96;

    mapping(uint256 device => Facts) private _facts;
    mapping(uint256 device => uint256) private _last;
    mapping(uint256 device => mapping(uint256 month => uint256)) private _months;
    mapping(uint256 device => Exchange) private _exchanges;
    mapping(uint256 device => Impossible) private _impossible;

    constructor(IVault vault_, IMeters meters_, address authority_, uint40 window_)
        Governed(authority_)
        Attesters(vault_.membership())
        Roots(meters_, window_)
        Disputes(vault_)
    {}

    /// @inheritdoc IReadings
    function lastOf(uint32 device) external view returns (uint40 time, uint64 register, uint32 sequence) {
        uint256 last = _last[device];
        return (uint40(last.time()), uint64(last.register()), uint32(last.sequence()));
    }

    /// @inheritdoc IReadings
    function monthOf(uint32 device, uint16 month) external view returns (Month memory) {
        uint256 last = _last[device];
        return (last.month() == month ? last : _months[device][month]).ofMonth();
    }

    /// @inheritdoc IReadings
    function exchangeOf(uint32 device) external view returns (Exchange memory) {
        return _exchanges[device];
    }

    /// @inheritdoc IReadings
    function exchange(Exchange calldata exchange_, ShortSignature[] calldata signatures) external {
        (uint32 device, uint40 time) = (exchange_.device, exchange_.time);
        require(time <= block.timestamp, InTheFuture(time));
        bool later = time > _exchanges[device].time && time > _last[device].time();
        require(later, InvalidExchange(device));
        _requireAttested(keccak256(abi.encode(EXCHANGE_TYPEHASH, exchange_)), signatures);
        _exchanges[device] = exchange_;
        _facts[device].exchanged = true;
        emit MeterExchanged(exchange_);
    }

    // ------------------------------------------------------------------------------------------------------ using

    /// @inheritdoc IReadings
    function use(Root calldata root, ProvenReading[] calldata readings)
        external
        onlySettlement
        returns (uint256[] memory intervals)
    {
        uint256 since = _requirePosted(root);
        intervals = new uint256[](readings.length);
        uint256[] memory uses = new uint256[](readings.length);
        for (uint256 i = 0; i < readings.length; ++i) {
            ProvenReading calldata reading = readings[i];
            Content calldata content = reading.content;
            bytes32 leaf = Trees.leaf(reading.device, contentHash(content));
            bool inside = Trees.contains(root.root, root.size, reading.place, leaf, reading.proof);
            require(inside, NotInRoot(reading.device, reading.place));
            Given memory given = Given(reading.device, root.time, content.register, content.sequence);
            bool isFinal = _isFinal(reading.device, root.time, root.version, since);
            Interval memory told;
            (told.device, told.quality, told.trust) = (reading.device, content.quality, content.trust);
            told.refusal = _use(root.zone, given, isFinal, reading.skipped, told);
            (intervals[i], uses[i]) = (Intervals.pack(told), _packed(told));
        }
        emit ReadingsUsed(root.zone, root.time, root.version, uses);
    }

    /// @inheritdoc IReadings
    function useSubmitted(uint16 zone, uint40 time, Reading[] calldata readings)
        external
        onlySettlement
        returns (uint256[] memory intervals)
    {
        intervals = new uint256[](readings.length);
        uint256[] memory uses = new uint256[](readings.length);
        Absence[] calldata none = _noAbsences();
        for (uint256 i = 0; i < readings.length; ++i) {
            Reading calldata reading = readings[i];
            require(reading.time == time, UnknownReading(reading.device, reading.time));
            bool isFinal = _isFinal(reading.device, time, SUBMITTED, _requireSubmitted(reading));
            Given memory given = Given(reading.device, time, reading.register, reading.sequence);
            Interval memory told;
            (told.device, told.quality, told.trust) = (reading.device, reading.quality, Trust.DeviceSigned);
            told.refusal = _use(zone, given, isFinal, none, told);
            (intervals[i], uses[i]) = (Intervals.pack(told), _packed(told));
        }
        emit ReadingsUsed(zone, time, SUBMITTED, uses);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    /// @dev A refused reading changes nothing but what is looked for next. What a reading tells is written into `told`.
    function _use(uint16 zone, Given memory given, bool isFinal, Absence[] calldata skipped, Interval memory told)
        private
        returns (ReadingRefusal)
    {
        uint256 last = _last[given.device];
        (told.since, told.until) = (uint40(last.time()), uint40(last.time()));
        Facts memory facts = _factsOf(given.device);
        if (facts.zone != zone || facts.period == 0) return ReadingRefusal.Foreign;
        told.kind = facts.kind;
        if (!isFinal) return ReadingRefusal.NotFinal;
        if (given.time % facts.period != 0) return ReadingRefusal.Order;
        bool bridged = facts.exchanged && _exchanges[given.device].time <= given.time;
        if (last == 0) {
            if (bridged) _forgetExchange(given.device);
            _begin(given, told);
            return ReadingRefusal.None;
        }
        if (given.time <= last.time() || given.sequence <= last.sequence()) return ReadingRefusal.Order;
        uint256 periods = (given.time - last.time()) / facts.period;
        if (!bridged) {
            if (periods > MAX_PERIODS) return ReadingRefusal.Gap;
            if (!_isNext(zone, given, last, facts.period, skipped)) return ReadingRefusal.Skipped;
        }
        (uint256 wh, bool possible) = _energy(given, last, facts, bridged);
        if (!possible) {
            Impossible storage before = _impossible[given.device];
            if (given.sequence > before.sequence) {
                (before.time, before.sequence) = (uint40(given.time), uint32(given.sequence));
            }
            return ReadingRefusal.Plausibility;
        }
        if (bridged) _forgetExchange(given.device);
        _take(given, last, wh, periods, told);
        return ReadingRefusal.None;
    }

    /// @dev The first reading of a device is where it begins to be counted from.
    function _begin(Given memory given, Interval memory told) private {
        _last[given.device] =
            uint256(0).withMonth(Months.at(given.time)).withRegister(given.time, given.register, given.sequence);
        (told.since, told.until) = (uint40(given.time), uint40(given.time));
    }

    function _take(Given memory given, uint256 last, uint256 wh, uint256 periods, Interval memory told) private {
        uint256 period = (given.time - last.time()) / periods;
        bool measured = periods == 1 && told.quality == Quality.Measured;
        (told.until, told.wh, told.periods) = (uint40(given.time), uint64(wh), uint32(periods));
        if (periods != 1 && told.quality == Quality.Measured) told.quality = Quality.Substituted;
        // Spread as slots have it, so that a month has what its slots have: evenly, over the last of a longer gap. A period
        // belongs to the month in which it ends, midnight to the day before.
        if (periods > MAX_PERIODS) periods = MAX_PERIODS;
        unchecked {
            for (uint256 i = 0; i < periods; ++i) {
                uint256 month = Months.at(given.time - (periods - 1 - i) * period - 1);
                if (month != last.month()) {
                    _months[given.device][last.month()] = last;
                    last = last.withMonth(month);
                }
                last = last.more(wh * (i + 1) / periods - wh * i / periods, measured);
            }
        }
        _last[given.device] = last.withRegister(given.time, given.register, given.sequence);
    }

    function _forgetExchange(uint256 device) private {
        delete _exchanges[device];
        _facts[device].exchanged = false;
    }

    /// @dev The energy since the last reading, and whether the device can do so much. Between two readings a register
    /// starts anew once; an exchange that bridges them has the old meter's part and the new one's.
    function _energy(Given memory given, uint256 last, Facts memory facts, bool bridged)
        private
        view
        returns (uint256 wh, bool possible)
    {
        (uint256 from, uint256 to) = (last.register(), given.register);
        if (bridged) {
            Exchange storage x = _exchanges[given.device];
            (uint256 closing, uint256 opening) = (x.closing, x.opening);
            if (closing < from || to < opening) return (0, false);
            wh = closing - from + to - opening;
        } else {
            if (to < from) to += facts.modulus;
            if (to < from) return (0, false);
            wh = to - from;
        }
        // At most a tenth more than it is rated for.
        possible = wh * 36_000 <= uint256(facts.ratedW) * (given.time - last.time()) * 11;
    }

    /// @dev Whether the given reading comes next after the last that was used, or after one that was refused as impossible.
    function _isNext(uint16 zone, Given memory given, uint256 last, uint256 period, Absence[] calldata skipped)
        private
        view
        returns (bool)
    {
        (uint256 time, uint256 sequence) = (last.time(), last.sequence());
        if (given.sequence == sequence + 1) return true;
        Impossible memory i = _impossible[given.device];
        bool between = time < i.time && i.time < given.time && sequence < i.sequence && i.sequence < given.sequence;
        if (between) {
            if (given.sequence == uint256(i.sequence) + 1) return true;
            time = i.time;
        }
        return _isFree(zone, given, time, period, skipped);
    }

    /// @dev Whether no reading of the device stands between `since` and the given one, other than void ones. `skipped` has
    /// a proof for each time of which there is a root.
    function _isFree(uint16 zone, Given memory given, uint256 since, uint256 period, Absence[] calldata skipped)
        private
        view
        returns (bool)
    {
        uint256 shown = 0;
        for (uint256 time = since + period; time < given.time; time += period) {
            bool submitted = _submittedAt(uint32(given.device), uint40(time)) != 0;
            if (submitted && !_isVoid(given.device, time, SUBMITTED)) return false;
            uint8 version = _disputes[_deviceKey(given.device, time)].version;
            if (_isVoid(given.device, time, version)) continue;
            if (version != 0) return false;
            if (postedAt(zone, uint40(time), 0) == 0) continue;
            if (shown == skipped.length || !_isAbsent(zone, given.device, time, skipped[shown++])) return false;
        }
        return true;
    }

    function _isAbsent(uint16 zone, uint256 device, uint256 time, Absence calldata a) private view returns (bool) {
        Root calldata root = a.root;
        if (root.zone != zone || root.time != time || root.version != 0) return false;
        if (_postedAsIs(root) == 0) return false;
        uint256 count = a.neighbours.length;
        if (count == 0 || count > 2) return false;
        for (uint256 i = 0; i < count; ++i) {
            Neighbour calldata n = a.neighbours[i];
            bytes32 leaf = Trees.leaf(n.device, n.contentHash);
            if (!Trees.contains(root.root, root.size, a.place + i, leaf, n.proof)) return false;
        }
        uint256 first = a.neighbours[0].device;
        if (count == 2) return first < device && device < a.neighbours[1].device;
        return (a.place == 0 && device < first) || (a.place + 1 == root.size && first < device);
    }

    /// @dev What never changes of a device, copied when it is first used; all zero for one that was never certified.
    function _factsOf(uint256 device) private returns (Facts memory facts) {
        facts = _facts[device];
        if (facts.period != 0) return facts;
        if (device == 0 || device > meters.deviceCount()) return facts;
        Device memory d = meters.deviceOf(uint32(device));
        if (d.certifier == 0) return facts;
        Description memory its = d.description;
        uint24 period = meters.zones().readingPeriod(its.zone, its.carrier);
        facts.zone = its.zone;
        facts.period = period;
        facts.ratedW = its.ratedW;
        facts.modulus = its.modulus;
        facts.kind = Intervals.kindOf(its);
        _facts[device] = facts;
    }

    function _packed(Interval memory i) private pure returns (uint256) {
        return uint256(i.device) | uint256(i.since) << 32 | uint256(i.refusal) << 72;
    }

    function _noAbsences() private pure returns (Absence[] calldata none) {
        assembly ("memory-safe") {
            none.offset := 0
            none.length := 0
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Governed} from "../access/Governed.sol";
import {Evaluation, IAdmissions, Plant, PlantApplication, PlantStatement} from "../interfaces/IAdmissions.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {Device, DeviceStatus, Direction, IMeters} from "../interfaces/IMeters.sol";
import {Dispute, DisputeState, IReadings, ShortSignature} from "../interfaces/IReadings.sol";
import {Grading} from "../libraries/Grading.sol";
import {Months} from "../libraries/Months.sol";
import {Roles} from "../libraries/Roles.sol";
import {Month} from "../libraries/Series.sol";

/// @title Whether a plant may be put into a pool, how good it is and how much is advanced on it
/// @notice See IAdmissions. It moves nothing: whoever pools plants asks it.
contract Admissions is IAdmissions, Governed {
    /// @notice What a device's monthly counters tell.
    struct History {
        uint256 months;
        uint256 measured;
        uint256 expected;
        uint256 lastYear;
        uint256 yearBefore;
    }

    bytes32 public constant PLANT_STATEMENT_TYPEHASH = keccak256(
        "PlantStatement(address admissions,uint32 device,uint16 until,uint32 version,uint64 wh,uint96 net,uint16 topBps,"
        "bytes32 dataHash)"
    );

    uint256 private constant WHOLE = 10_000;
    uint256 private constant YEAR = 12;
    uint256 private constant DAYS_A_YEAR = 365;

    /// @inheritdoc IAdmissions
    uint40 public constant GRACE = 12 days;
    /// @inheritdoc IAdmissions
    uint40 public constant REST = 10 days;
    /// @inheritdoc IAdmissions
    uint40 public constant LAPSE = 90 days;
    /// @inheritdoc IAdmissions
    uint16 public constant MOST_MONTHS = 36;

    /// @inheritdoc IAdmissions
    IReadings public immutable readings;
    /// @inheritdoc IAdmissions
    IMeters public immutable meters;
    /// @inheritdoc IAdmissions
    IMembership public immutable membership;

    mapping(uint32 device => PlantApplication) private _applications;
    mapping(uint32 device => uint256[]) private _disputes;

    constructor(IReadings readings_, address authority_) Governed(authority_) {
        readings = readings_;
        meters = readings_.meters();
        membership = readings_.membership();
    }

    // -------------------------------------------------------------------------------------------------- statements

    /// @inheritdoc IAdmissions
    function handIn(PlantStatement calldata statement, ShortSignature[] calldata signatures) external {
        (uint32 device, uint16 until) = (statement.device, statement.until);
        membership.requireActive(msg.sender, 0);
        Device memory d = _plant(device);
        require(d.owner == msg.sender, IMeters.NotDeviceOwner(device, msg.sender));
        uint256 last = Months.at(block.timestamp - GRACE) - 1;
        require(until == last, OtherMonth(until, uint16(last)));
        PlantApplication storage a = _applications[device];
        require(a.appliedAt == 0 || a.until < until, StatementStands(device, a.until));
        Grading.requireAtMost(statement.topBps, WHOLE);
        uint256 counted = _countedIn(device, until);
        require(counted == statement.wh, OtherEnergy(device, counted, statement.wh));
        address[] memory signers = readings.requireAttested(_hash(statement, a.version), signatures);
        (a.net, a.topBps, a.until, a.appliedAt) = (statement.net, statement.topBps, until, uint40(block.timestamp));
        emit PlantApplied(statement, a.version, msg.sender, signers);
    }

    /// @inheritdoc IAdmissions
    function withdraw(uint32 device, string calldata reason) external {
        if (msg.sender != authority) membership.requireActive(msg.sender, Roles.REGULATOR | Roles.OPERATOR);
        require(bytes(reason).length != 0, IMembership.ReasonMissing());
        PlantApplication storage a = _applications[device];
        require(a.appliedAt != 0, NoStatement(device));
        emit StatementWithdrawn(device, a.version, msg.sender, reason);
        // What was signed of the statement that is gone counts for it alone, or its owner could hand it in again.
        (a.net, a.topBps, a.until, a.appliedAt, a.version) = (0, 0, 0, 0, a.version + 1);
    }

    /// @inheritdoc IAdmissions
    function object(uint32 device, uint40 time, uint8 version) external {
        uint256 word = uint256(time) << 8 | version;
        require(_isOpen(device, word), NoDispute(device, time, version));
        uint256[] storage known = _disputes[device];
        uint256 place = known.length;
        for (uint256 i = 0; i < known.length; ++i) {
            require(known[i] != word, NoDispute(device, time, version));
            if (!_isOpen(device, known[i])) place = i;
        }
        if (place == known.length) known.push(word);
        else known[place] = word;
        emit DisputePointedAt(device, time, version, msg.sender);
    }

    // --------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc IAdmissions
    function applicationOf(uint32 device) external view returns (PlantApplication memory) {
        return _applications[device];
    }

    /// @inheritdoc IAdmissions
    function netOf(uint32 device) external view returns (uint96) {
        return _usable(device).net;
    }

    /// @inheritdoc IAdmissions
    function advance(Plant calldata plant, uint96 value) external pure returns (uint256) {
        Evaluation memory found = grade(plant);
        require(found.admitted, NotAdmitted(Grading.shut(found.gates), found.score));
        return uint256(value) * found.advanceBps / WHOLE;
    }

    /// @inheritdoc IAdmissions
    function evaluate(uint32 device, address servicer, uint96 dscrBps, uint32 length)
        external
        view
        returns (Evaluation memory found, uint96 value, uint256 advance_)
    {
        found = grade(plantOf(device, servicer, dscrBps));
        uint256 earned = uint256(_applications[device].net) * length / DAYS_A_YEAR;
        Grading.requireAtMost(earned, type(uint96).max);
        return (found, uint96(earned), earned * found.advanceBps / WHOLE);
    }

    /// @inheritdoc IAdmissions
    function plantOf(uint32 device, address servicer, uint96 dscrBps) public view returns (Plant memory plant) {
        Device memory d = _plant(device);
        _requireUnsupplied(device);
        PlantApplication memory a = _usable(device);
        plant.dispute = _isDisputed(device);
        plant.owner = membership.standingOf(d.owner).owner;
        plant.servicer = membership.standingOf(membership.currentOf(servicer)).owner;
        plant.pledged = d.pledgee != address(0);
        (plant.dscrBps, plant.topBps) = (dscrBps, a.topBps);
        uint256 period = meters.zones().readingPeriod(d.description.zone, d.description.carrier);
        _readCounters(plant, _historyOf(device, a.until, period));
    }

    /// @inheritdoc IAdmissions
    function grade(Plant memory plant) public pure returns (Evaluation memory) {
        return Grading.grade(plant);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _readCounters(Plant memory plant, History memory h) private pure {
        plant.months = uint16(h.months);
        plant.completeBps = h.expected == 0 ? 0 : uint16(h.measured * WHOLE / h.expected);
        plant.deviationBps = _deviation(h);
    }

    /// @dev Months one after the other, back from `until`: each certified throughout, and with a reading at least.
    function _historyOf(uint32 device, uint256 until, uint256 period) private view returns (History memory h) {
        uint256 since = meters.certifiedFrom(device);
        uint256 end = Months.startOf(until + 1);
        for (; h.months < MOST_MONTHS; ++h.months) {
            uint256 start = Months.startOf(until - h.months);
            if (start < since) break;
            Month memory month = readings.monthOf(device, uint16(until - h.months));
            if (month.measured == 0 && month.substituted == 0) break;
            h.expected += (end - start) / period;
            _add(h, month);
            end = start;
        }
    }

    function _add(History memory h, Month memory month) private pure {
        h.measured += month.measured;
        if (h.months < YEAR) h.lastYear += month.wh;
        else if (h.months < 2 * YEAR) h.yearBefore += month.wh;
    }

    /// @dev By how much the plant made more or less in the last year than in the one before. Where there is none to compare
    /// it with, nothing says that it is steady.
    function _deviation(History memory h) private pure returns (int32) {
        if (h.months < 2 * YEAR || h.yearBefore == 0) return int32(Grading.MOST_DEVIATION);
        int256 bps = (int256(h.lastYear) - int256(h.yearBefore)) * int256(WHOLE) / int256(h.yearBefore);
        return int32(bps < Grading.DEVIATION_END ? bps : Grading.DEVIATION_END);
    }

    function _countedIn(uint32 device, uint256 until) private view returns (uint256 wh) {
        for (uint256 i = 0; i < YEAR; ++i) {
            wh += readings.monthOf(device, uint16(until - i)).wh;
        }
    }

    function _isDisputed(uint32 device) private view returns (bool) {
        uint256[] storage known = _disputes[device];
        for (uint256 i = 0; i < known.length; ++i) {
            if (_isOpen(device, known[i])) return true;
        }
        return false;
    }

    function _isOpen(uint32 device, uint256 word) private view returns (bool) {
        Dispute memory d = readings.disputeOf(device, uint40(word >> 8), uint8(word));
        return d.state == DisputeState.Open && d.disputedVersion == uint8(word);
    }

    function _plant(uint32 device) private view returns (Device memory d) {
        d = meters.deviceOf(device);
        bool delivers = d.description.direction == Direction.Injection && !d.description.stores;
        require(delivers && d.status == DeviceStatus.Certified, NotPlant(device));
    }

    function _requireUnsupplied(uint32 device) private view {
        (, address supplier) = meters.countsFor(device, uint40(block.timestamp));
        require(supplier == address(0), PlantSupplied(device, supplier));
    }

    function _usable(uint32 device) private view returns (PlantApplication memory a) {
        a = _applications[device];
        require(a.appliedAt != 0 && block.timestamp < a.appliedAt + LAPSE, NoStatement(device));
        uint40 usableFrom = a.appliedAt + REST;
        require(block.timestamp >= usableFrom, StatementRests(device, usableFrom));
    }

    function _hash(PlantStatement calldata s, uint32 version) private view returns (bytes32) {
        return keccak256(
            abi.encode(
                PLANT_STATEMENT_TYPEHASH, address(this), s.device, s.until, version, s.wh, s.net, s.topBps, s.dataHash
            )
        );
    }
}

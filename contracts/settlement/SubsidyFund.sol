// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IImbalance, MonthlyBalance} from "../interfaces/IImbalance.sol";
import {Description, Device, DeviceStatus, Direction} from "../interfaces/IMeters.sol";
import {IProduction} from "../interfaces/IProduction.sol";
import {Programme} from "../interfaces/IProgrammes.sol";
import {ShortSignature} from "../interfaces/IReadings.sol";
import {ClaimRefusal, Hold, ISubsidyFund, SubsidyClaim} from "../interfaces/ISubsidyFund.sol";
import {Facts} from "../interfaces/IZones.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {Leaks} from "../libraries/Leaks.sol";
import {Months} from "../libraries/Months.sol";
import {Roles} from "../libraries/Roles.sol";
import {Programmes} from "./Programmes.sol";

/// @title Subsidies by the month
/// @notice See ISubsidyFund.
contract SubsidyFund is ISubsidyFund, Programmes {
    bytes32 public constant CORRECTION_TYPEHASH =
        keccak256("Correction(address fund,uint32 device,uint16 month,uint64 wh,bytes32 evidence)");

    /// @inheritdoc ISubsidyFund
    uint40 public constant HOLD = 30 days;
    /// @inheritdoc ISubsidyFund
    uint16 public constant TOLERANCE_BPS = 200;

    uint256 private constant WHOLE = 10_000;
    uint32 private constant OFFICE = Roles.REGULATOR | Roles.OPERATOR;

    /// @inheritdoc ISubsidyFund
    IProduction public immutable production;

    mapping(uint256 key => SubsidyClaim[]) private _claims;
    /// @dev One bit a month.
    mapping(uint32 device => mapping(uint256 months => uint256)) private _claimed;

    constructor(IImbalance imbalance_, address authority_) Programmes(imbalance_, authority_) {
        production = imbalance_.production();
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc ISubsidyFund
    function claimsOf(uint16 zone, Carrier carrier, uint16 month) external view returns (SubsidyClaim[] memory) {
        return _claims[_key(zone, carrier, month)];
    }

    /// @inheritdoc ISubsidyFund
    function isClaimed(uint32 device, uint16 month) public view returns (bool) {
        return _claimed[device][month >> 8] & (1 << (month & 0xff)) != 0;
    }

    /// @inheritdoc ISubsidyFund
    function owedBy(uint32 device) external view returns (uint64) {
        return _owed[device];
    }

    // ----------------------------------------------------------------------------------------------------- anyone

    /// @inheritdoc ISubsidyFund
    function claim(uint16 zone, Carrier carrier, uint16 month, uint32[] calldata devices) external {
        (uint256 key, Programme storage p) = _claimable(zone, carrier, month);
        uint256 known = meters.deviceCount();
        uint256 sum = 0;
        for (uint256 i = 0; i < devices.length; ++i) {
            uint32 device = devices[i];
            (ClaimRefusal refusal, uint64 wh) =
                device == 0 || device > known ? (ClaimRefusal.NotEligible, 0) : _examine(zone, carrier, month, device);
            if (refusal == ClaimRefusal.None) {
                _claimed[device][month >> 8] |= 1 << (month & 0xff);
                _claims[key].push(SubsidyClaim(device, wh, 0));
                sum += wh;
                emit Claimed(zone, carrier, month, device, wh);
            } else {
                emit ClaimRefused(zone, carrier, month, device, refusal);
            }
        }
        p.claimedWh += uint64(sum);
    }

    /// @inheritdoc ISubsidyFund
    function close(uint16 zone, Carrier carrier, uint16 month) external {
        (, Programme storage p) = _known(zone, carrier, month);
        (, uint40 closes) = claimsTaken(month);
        require(block.timestamp >= closes, ClaimsStillTaken(closes));
        require(p.payableFrom == 0, AlreadyClosed(p.payableFrom));
        (Hold hold, uint256 seen) = _compare(zone, carrier, month, p.claimedWh);
        p.payableFrom = uint40(block.timestamp) + (hold == Hold.None ? 0 : HOLD);
        emit ProgrammeClosed(zone, carrier, month, p.claimedWh, seen, hold);
    }

    // ---------------------------------------------------------------------------------------------------- offices

    /// @inheritdoc ISubsidyFund
    function strike(uint16 zone, Carrier carrier, uint16 month, uint256 place, string calldata reason) external {
        membership.requireActive(msg.sender, OFFICE);
        require(bytes(reason).length != 0, NoReason());
        (uint256 key, Programme storage p) = _known(zone, carrier, month);
        require(block.timestamp < p.payableFrom, NotHeld(p.payableFrom));
        SubsidyClaim storage c = _claimAt(key, place);
        p.claimedWh -= c.wh;
        c.wh = 0;
        emit ClaimStruck(zone, carrier, month, c.device, msg.sender, reason);
    }

    /// @inheritdoc ISubsidyFund
    function correct(
        uint16 zone,
        Carrier carrier,
        uint16 month,
        uint256 place,
        uint64 wh,
        bytes32 evidence,
        ShortSignature[] calldata signatures
    ) external {
        membership.requireActive(msg.sender, OFFICE);
        (uint256 key, Programme storage p) = _known(zone, carrier, month);
        SubsidyClaim storage c = _claimAt(key, place);
        uint32 device = c.device;
        require(place < p.cursor, NotPaid(device));
        require(wh < c.wh, NotLess(device, c.wh, wh));
        readings.requireAttested(
            keccak256(abi.encode(CORRECTION_TYPEHASH, address(this), device, month, wh, evidence)), signatures
        );
        uint64 owed = _owe(device, c.paid, c.wh, wh);
        (c.wh, c.paid) = (wh, c.paid - owed);
        emit ClaimCorrected(zone, carrier, month, device, wh, owed, evidence, msg.sender);
    }

    // -------------------------------------------------------------------------------------------------- programmes

    /// @dev That is known when it is closed.
    function _payableFrom(uint16) internal pure override returns (uint40) {
        return 0;
    }

    function _requirePayable(uint40 payableFrom) internal view override {
        require(payableFrom != 0, NotClosed());
        require(block.timestamp >= payableFrom, StillHeld(payableFrom));
    }

    function _claimCount(uint256 key) internal view override returns (uint256) {
        return _claims[key].length;
    }

    function _whOf(uint256 key, uint256 place) internal view override returns (uint64) {
        return _claims[key][place].wh;
    }

    function _recordPayment(Round memory r, uint256 place, uint64 amount)
        internal
        override
        returns (address payee, uint64 kept)
    {
        SubsidyClaim storage c = _claims[r.key][place];
        uint32 device = c.device;
        c.paid = amount;
        kept = _keep(device, amount);
        payee = meters.payeeOf(device);
        emit ClaimPaid(r.zone, r.carrier, r.month, device, payee, amount, kept);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _claimAt(uint256 key, uint256 place) private view returns (SubsidyClaim storage) {
        require(place < _claims[key].length, NoClaim(place));
        return _claims[key][place];
    }

    /// @dev What a device made in a month, or why that is not paid.
    function _examine(uint16 zone, Carrier carrier, uint16 month, uint32 device)
        private
        view
        returns (ClaimRefusal, uint64 wh)
    {
        Device memory d = meters.deviceOf(device);
        Description memory its = d.description;
        bool makes = its.clean && !its.stores && its.direction == Direction.Injection;
        bool here = its.zone == zone && its.carrier == carrier;
        if (!makes || !here || d.status != DeviceStatus.Certified) return (ClaimRefusal.NotEligible, 0);
        uint256 end = Months.startOf(uint256(month) + 1);
        if (production.recordedUntil(device) < end) return (ClaimRefusal.NotFinal, 0);
        if (isClaimed(device, month)) return (ClaimRefusal.AlreadyPaid, 0);
        wh = production.countedInMonth(device, month);
        uint256 most = its.ratedW * (end - Months.startOf(month)) / 1 hours;
        return (wh > most ? ClaimRefusal.OverCapacity : ClaimRefusal.None, wh);
    }

    /// @dev Whether the meters of a zone bear out what is claimed, and Wh that plants must have made for that.
    function _compare(uint16 zone, Carrier carrier, uint16 month, uint256 claimed)
        private
        view
        returns (Hold, uint256 seen)
    {
        uint256 start = Months.startOf(month);
        Facts memory facts = zones.factsAt(zone, carrier, uint40(start - start % zones.slotSeconds(zone, carrier)));
        MonthlyBalance memory m = imbalance.monthOf(zone, carrier, month);
        uint256 arrived = uint256(m.exported) + m.withdrawn;
        arrived = arrived > m.imported ? arrived - m.imported : 0;
        seen = arrived * WHOLE / (WHOLE - facts.lossBps);
        uint256 end = Months.startOf(uint256(month) + 1);
        bool measured = facts.feeder != 0 && production.recordedUntil(facts.feeder) >= end && facts.exportFeeder != 0
            && production.recordedUntil(facts.exportFeeder) >= end;
        if (!measured) return (Hold.Unmeasured, seen);
        if (claimed * WHOLE > seen * (WHOLE + TOLERANCE_BPS)) return (Hold.Claims, seen);
        int256 excess = Leaks.excess(m.injected, m.withdrawn, m.imported, m.exported, facts.lossBps);
        return (Leaks.isAlarming(excess, m.injected) ? Hold.Losses : Hold.None, seen);
    }
}

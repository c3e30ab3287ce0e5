// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Governed} from "../access/Governed.sol";
import {IImbalance, MonthlyBalance} from "../interfaces/IImbalance.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {Description, Device, DeviceStatus, Direction, IMeters} from "../interfaces/IMeters.sol";
import {IProduction} from "../interfaces/IProduction.sol";
import {IReadings, ShortSignature} from "../interfaces/IReadings.sol";
import {ClaimRefusal, Funding, Hold, ISubsidyFund, Programme, SubsidyClaim} from "../interfaces/ISubsidyFund.sol";
import {IVault} from "../interfaces/IVault.sol";
import {Facts, IZones} from "../interfaces/IZones.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {Leaks} from "../libraries/Leaks.sol";
import {Months} from "../libraries/Months.sol";
import {Moves} from "../libraries/Moves.sol";
import {Roles} from "../libraries/Roles.sol";
import {Shares} from "../libraries/Shares.sol";

/// @title Subsidies by the month
/// @notice See ISubsidyFund. One cursor passes over the claims of a programme and then over its fundings, so that what is
/// paid and what is left are known when the first funder gets his part.
contract SubsidyFund is ISubsidyFund, Governed {
    /// @notice What a call pays from.
    /// @param zone of the programme
    /// @param carrier of the programme
    /// @param month of the programme
    /// @param key of the programme
    /// @param programme as it stands
    /// @param shared uPT that all claims together get
    struct Round {
        uint16 zone;
        Carrier carrier;
        uint16 month;
        uint256 key;
        Programme programme;
        uint256 shared;
    }

    bytes32 public constant CORRECTION_TYPEHASH =
        keccak256("Correction(address fund,uint32 device,uint16 month,uint64 wh,bytes32 evidence)");

    /// @inheritdoc ISubsidyFund
    uint40 public constant CLAIM_WINDOW = 20 days;
    /// @inheritdoc ISubsidyFund
    uint40 public constant HOLD = 30 days;
    /// @inheritdoc ISubsidyFund
    uint16 public constant TOLERANCE_BPS = 200;
    /// @inheritdoc ISubsidyFund
    uint64 public constant LEAST_FUNDING = 1_000_000;

    uint256 private constant WHOLE = 10_000;
    uint32 private constant OFFICE = Roles.REGULATOR | Roles.OPERATOR;

    /// @inheritdoc ISubsidyFund
    IImbalance public immutable imbalance;
    /// @inheritdoc ISubsidyFund
    IProduction public immutable production;
    /// @inheritdoc ISubsidyFund
    IReadings public immutable readings;
    /// @inheritdoc ISubsidyFund
    IMeters public immutable meters;
    /// @inheritdoc ISubsidyFund
    IZones public immutable zones;
    /// @inheritdoc ISubsidyFund
    IMembership public immutable membership;
    /// @inheritdoc ISubsidyFund
    IVault public immutable vault;
    uint40 private immutable _patience;

    /// @inheritdoc ISubsidyFund
    mapping(uint32 device => uint64) public owedBy;

    mapping(uint256 key => Programme) private _programmes;
    mapping(uint256 key => SubsidyClaim[]) private _claims;
    mapping(uint256 key => Funding[]) private _fundings;
    /// @dev One bit a month.
    mapping(uint32 device => mapping(uint256 months => uint256)) private _claimed;

    constructor(IImbalance imbalance_, address authority_) Governed(authority_) {
        imbalance = imbalance_;
        production = imbalance_.production();
        readings = imbalance_.readings();
        meters = imbalance_.meters();
        zones = imbalance_.zones();
        membership = imbalance_.membership();
        vault = imbalance_.vault();
        _patience = imbalance_.PATIENCE();
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc ISubsidyFund
    function programmeOf(uint16 zone, Carrier carrier, uint16 month) external view returns (Programme memory) {
        return _programmes[_key(zone, carrier, month)];
    }

    /// @inheritdoc ISubsidyFund
    function claimsOf(uint16 zone, Carrier carrier, uint16 month) external view returns (SubsidyClaim[] memory) {
        return _claims[_key(zone, carrier, month)];
    }

    /// @inheritdoc ISubsidyFund
    function fundingsOf(uint16 zone, Carrier carrier, uint16 month) external view returns (Funding[] memory) {
        return _fundings[_key(zone, carrier, month)];
    }

    /// @inheritdoc ISubsidyFund
    function claimsTaken(uint16 month) public view returns (uint40 opens, uint40 closes) {
        opens = uint40(Months.startOf(uint256(month) + 1)) + _patience;
        closes = opens + CLAIM_WINDOW;
    }

    /// @inheritdoc ISubsidyFund
    function isClaimed(uint32 device, uint16 month) public view returns (bool) {
        return _claimed[device][month >> 8] & (1 << (month & 0xff)) != 0;
    }

    // -------------------------------------------------------------------------------------------------- authority

    /// @inheritdoc ISubsidyFund
    function setProgramme(uint16 zone, Carrier carrier, uint16 month, uint32 rate) external onlyAuthority {
        require(rate != 0, NoRate());
        zones.slotSeconds(zone, carrier);
        _requireToCome(month);
        Programme storage p = _programmes[_key(zone, carrier, month)];
        require(p.rate == 0, ProgrammeKnown(zone, carrier, month));
        p.rate = rate;
        emit ProgrammeSet(zone, carrier, month, rate);
    }

    // ---------------------------------------------------------------------------------------------------- funders

    /// @inheritdoc ISubsidyFund
    function fund(uint16 zone, Carrier carrier, uint16 month, uint64 amount) external {
        (uint256 key, Programme storage p) = _known(zone, carrier, month);
        _requireToCome(month);
        address payout = membership.payoutOf(msg.sender);
        require(payout == msg.sender, IMembership.SpendNotAllowed(msg.sender, address(this)));
        require(amount >= LEAST_FUNDING, FundingTooSmall(amount, LEAST_FUNDING));
        p.pot += amount;
        _fundings[key].push(Funding(msg.sender, p.pot));
        emit ProgrammeFunded(zone, carrier, month, msg.sender, amount);
        vault.lock(msg.sender, amount, 0);
    }

    // ----------------------------------------------------------------------------------------------------- anyone

    /// @inheritdoc ISubsidyFund
    function claim(uint16 zone, Carrier carrier, uint16 month, uint32[] calldata devices) external {
        (uint256 key, Programme storage p) = _known(zone, carrier, month);
        (uint40 opens, uint40 closes) = claimsTaken(month);
        require(opens <= block.timestamp && block.timestamp < closes, OutsideClaims(opens, closes));
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

    /// @inheritdoc ISubsidyFund
    function pay(uint16 zone, Carrier carrier, uint16 month, uint256 limit) external {
        (uint256 key, Programme storage stored) = _known(zone, carrier, month);
        Programme memory p = stored;
        require(p.payableFrom != 0, NotClosed());
        require(block.timestamp >= p.payableFrom, StillHeld(p.payableFrom));
        Round memory r = Round(zone, carrier, month, key, p, Math.min(p.pot, uint256(p.claimedWh) * p.rate));
        uint256 claims = _claims[key].length;
        uint256 rest = claims + _fundings[key].length - p.cursor;
        uint256[] memory moves = new uint256[](Math.min(limit, rest));
        for (uint256 i = 0; i < moves.length; ++i) {
            moves[i] = p.cursor < claims ? _payClaim(r, p.cursor) : _return(r, p.cursor - claims);
            ++p.cursor;
        }
        (stored.passedWh, stored.cursor, stored.paid) = (p.passedWh, p.cursor, p.paid);
        vault.adjustEach(moves);
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
        uint64 owed = c.paid - uint64(uint256(c.paid) * wh / c.wh);
        (c.wh, c.paid) = (wh, c.paid - owed);
        owedBy[device] += owed;
        emit ClaimCorrected(zone, carrier, month, device, wh, owed, evidence, msg.sender);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _key(uint16 zone, Carrier carrier, uint16 month) private pure returns (uint256) {
        return uint256(zone) << 24 | uint256(carrier) << 16 | month;
    }

    function _known(uint16 zone, Carrier carrier, uint16 month)
        private
        view
        returns (uint256 key, Programme storage p)
    {
        key = _key(zone, carrier, month);
        p = _programmes[key];
        require(p.rate != 0, NoProgramme(zone, carrier, month));
    }

    function _requireToCome(uint16 month) private view {
        uint40 begins = uint40(Months.startOf(month));
        require(block.timestamp < begins, MonthBegun(month, begins));
    }

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

    /// @dev The part of a claim of what all share, less what its device owes.
    function _payClaim(Round memory r, uint256 place) private returns (uint256 move) {
        Programme memory p = r.programme;
        SubsidyClaim storage c = _claims[r.key][place];
        (uint32 device, uint64 wh) = (c.device, c.wh);
        uint64 amount = uint64(Shares.cumfloor(p.passedWh, wh, r.shared, p.claimedWh));
        p.passedWh += wh;
        if (amount == 0) return 0;
        c.paid = amount;
        uint64 kept = owedBy[device];
        if (kept != 0) {
            if (kept > amount) kept = amount;
            owedBy[device] -= kept;
        }
        p.paid += amount - kept;
        address payee = meters.payeeOf(device);
        emit ClaimPaid(r.zone, r.carrier, r.month, device, payee, amount, kept);
        return Moves.pack(payee, -int256(uint256(amount - kept)));
    }

    /// @dev The part of a funding in what is left.
    function _return(Round memory r, uint256 place) private returns (uint256 move) {
        Funding storage f = _fundings[r.key][place];
        uint256 before = place == 0 ? 0 : _fundings[r.key][place - 1].until;
        uint256 left = r.programme.pot - r.programme.paid;
        uint256 amount = Shares.cumfloor(before, f.until - before, left, r.programme.pot);
        emit FundingReturned(r.zone, r.carrier, r.month, f.funder, uint64(amount));
        return Moves.pack(f.funder, -int256(amount));
    }
}

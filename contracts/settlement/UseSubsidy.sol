// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ICleanEnergy} from "../interfaces/ICleanEnergy.sol";
import {IImbalance} from "../interfaces/IImbalance.sol";
import {Programme} from "../interfaces/IProgrammes.sol";
import {ShortSignature} from "../interfaces/IReadings.sol";
import {IUseSubsidy, UseClaim, UseRefusal} from "../interfaces/IUseSubsidy.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {Months} from "../libraries/Months.sol";
import {Roles} from "../libraries/Roles.sol";
import {Slice, Slices} from "../libraries/Slices.sol";
import {Programmes} from "./Programmes.sol";

/// @title Subsidies of those who use clean energy, by the month
/// @notice See IUseSubsidy. All is written down under the name that an account has then, and summed over all its names.
contract UseSubsidy is IUseSubsidy, Programmes {
    /// @notice What an account has in a programme.
    /// @param wh that match
    /// @param paid uPT that it got
    struct Due {
        uint64 wh;
        uint64 paid;
    }

    /// @notice What a call counts.
    /// @param zone of the programme
    /// @param carrier of the programme
    /// @param month of the programme
    /// @param slotSeconds length of its slots
    /// @param names of the account, the one that it has now first
    struct Count {
        uint16 zone;
        Carrier carrier;
        uint16 month;
        uint256 slotSeconds;
        address[] names;
    }

    bytes32 public constant USE_CORRECTION_TYPEHASH = keccak256(
        "UseCorrection(address fund,address account,uint16 zone,uint8 carrier,uint16 month,uint64 wh,bytes32 evidence)"
    );

    uint32 private constant OFFICE = Roles.REGULATOR | Roles.OPERATOR;

    /// @inheritdoc IUseSubsidy
    ICleanEnergy public immutable cleanEnergy;

    mapping(uint256 key => address[]) private _claimants;
    mapping(uint256 key => mapping(address account => Due)) private _dues;
    mapping(uint256 id => mapping(address account => uint256)) private _counted;
    mapping(uint256 slot => mapping(address account => uint256)) private _matched;

    constructor(IImbalance imbalance_, ICleanEnergy cleanEnergy_, address authority_)
        Programmes(imbalance_, authority_)
    {
        cleanEnergy = cleanEnergy_;
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc IUseSubsidy
    function claimsOf(uint16 zone, Carrier carrier, uint16 month) external view returns (UseClaim[] memory claims) {
        uint256 key = _key(zone, carrier, month);
        claims = new UseClaim[](_claimants[key].length);
        for (uint256 i = 0; i < claims.length; ++i) {
            address account = _claimants[key][i];
            Due storage d = _dues[key][account];
            claims[i] = UseClaim(account, d.wh, d.paid);
        }
    }

    /// @inheritdoc IUseSubsidy
    function countedOf(address account, uint256 id) external view returns (uint256) {
        return _sum(_counted[id], _namesOf(account));
    }

    /// @inheritdoc IUseSubsidy
    function matchedOf(uint16 zone, Carrier carrier, uint40 slotStart, address account)
        external
        view
        returns (uint256)
    {
        return _sum(_matched[_slotKey(zone, carrier, slotStart)], _namesOf(account));
    }

    /// @inheritdoc IUseSubsidy
    function owedBy(address account) external view returns (uint64) {
        return _owed[_subjectOf(account)];
    }

    // ----------------------------------------------------------------------------------------------------- anyone

    /// @inheritdoc IUseSubsidy
    function claim(uint16 zone, Carrier carrier, uint16 month, address account, uint256[] calldata ids) external {
        (uint256 key, Programme storage p) = _claimable(zone, carrier, month);
        Count memory c = Count(zone, carrier, month, zones.slotSeconds(zone, carrier), _namesOf(account));
        account = c.names[0];
        uint256 sum = 0;
        for (uint256 i = 0; i < ids.length; ++i) {
            (UseRefusal refusal, uint256 wh) = _count(c, ids[i]);
            if (refusal == UseRefusal.None) {
                sum += wh;
                emit UseClaimed(zone, carrier, month, account, ids[i], uint64(wh));
            } else {
                emit UseRefused(zone, carrier, month, account, ids[i], refusal);
            }
        }
        if (sum == 0) return;
        Due storage d = _dues[key][account];
        if (d.wh == 0) _claimants[key].push(account);
        d.wh += uint64(sum);
        p.claimedWh += uint64(sum);
    }

    // ---------------------------------------------------------------------------------------------------- offices

    /// @inheritdoc IUseSubsidy
    function correct(
        uint16 zone,
        Carrier carrier,
        uint16 month,
        address account,
        uint64 wh,
        bytes32 evidence,
        ShortSignature[] calldata signatures
    ) external {
        membership.requireActive(msg.sender, OFFICE);
        (uint256 key,) = _known(zone, carrier, month);
        Due storage d = _dues[key][account];
        require(d.paid != 0, NothingPaid(account));
        require(wh < d.wh, NotLessUse(account, d.wh, wh));
        readings.requireAttested(
            keccak256(abi.encode(USE_CORRECTION_TYPEHASH, address(this), account, zone, carrier, month, wh, evidence)),
            signatures
        );
        uint64 owed = _owe(_subjectOf(account), d.paid, d.wh, wh);
        (d.wh, d.paid) = (wh, d.paid - owed);
        emit UseCorrected(zone, carrier, month, account, wh, owed, evidence, msg.sender);
    }

    // -------------------------------------------------------------------------------------------------- programmes

    /// @dev Nothing is compared and nothing held: when claims are over they can be paid.
    function _payableFrom(uint16 month) internal view override returns (uint40 closes) {
        (, closes) = claimsTaken(month);
    }

    function _requirePayable(uint40 payableFrom) internal view override {
        require(block.timestamp >= payableFrom, ClaimsStillTaken(payableFrom));
    }

    function _claimCount(uint256 key) internal view override returns (uint256) {
        return _claimants[key].length;
    }

    function _whOf(uint256 key, uint256 place) internal view override returns (uint64) {
        return _dues[key][_claimants[key][place]].wh;
    }

    function _recordPayment(Round memory r, uint256 place, uint64 amount)
        internal
        override
        returns (address payee, uint64 kept)
    {
        address account = _claimants[r.key][place];
        _dues[r.key][account].paid = amount;
        kept = _keep(_subjectOf(account), amount);
        payee = membership.payoutOf(membership.currentOf(account));
        emit UsePaid(r.zone, r.carrier, r.month, account, payee, amount, kept);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    /// @dev Owed is by a member, whichever of his accounts he has his meters under.
    function _subjectOf(address account) private view returns (uint256) {
        return membership.standingOf(account).member;
    }

    function _slotKey(uint16 zone, Carrier carrier, uint256 slotStart) private pure returns (uint256) {
        return uint256(zone) << 48 | uint256(carrier) << 40 | slotStart;
    }

    /// @dev All names of whoever has or had this one, the present one first.
    function _namesOf(address account) private view returns (address[] memory names) {
        address[] memory one = new address[](1);
        one[0] = membership.currentOf(account);
        (names,) = membership.namesOf(one);
    }

    /// @dev Counts what of a slice matches, or says why nothing does. Of what was never issued nothing was retired, so that
    /// behind the first question an id means what it says.
    function _count(Count memory c, uint256 id) private returns (UseRefusal refusal, uint256 wh) {
        uint256 retired = 0;
        for (uint256 i = 0; i < c.names.length; ++i) {
            retired += cleanEnergy.claimedBalanceOf(c.names[i], id);
        }
        if (retired == 0) return (UseRefusal.NotRetired, 0);
        Slice memory s = Slices.unpack(id);
        bool here = s.carrier == uint8(c.carrier) && meters.deviceOf(s.device).description.zone == c.zone;
        if (!here) return (UseRefusal.Elsewhere, 0);
        if (s.until - s.since != c.slotSeconds) return (UseRefusal.SeveralSlots, 0);
        if (Months.at(s.until - 1) != c.month) return (UseRefusal.OtherMonth, 0);
        retired -= _sum(_counted[id], c.names);
        if (retired == 0) return (UseRefusal.AlreadyCounted, 0);
        mapping(address account => uint256) storage matched = _matched[_slotKey(c.zone, c.carrier, s.since)];
        wh = Math.min(retired, Math.saturatingSub(_withdrawn(c, s.since), _sum(matched, c.names)));
        if (wh == 0) return (UseRefusal.NotWithdrawn, 0);
        _counted[id][c.names[0]] += wh;
        matched[c.names[0]] += wh;
        return (UseRefusal.None, wh);
    }

    /// @dev What an account's own meters took in a slot, as far as they are read.
    function _withdrawn(Count memory c, uint40 slotStart) private view returns (uint256 wh) {
        for (uint256 i = 0; i < c.names.length; ++i) {
            wh += imbalance.deliveryOf(c.zone, c.carrier, slotStart, c.names[i]).withdrawn;
        }
    }

    function _sum(mapping(address account => uint256) storage of_, address[] memory names)
        private
        view
        returns (uint256 sum)
    {
        for (uint256 i = 0; i < names.length; ++i) {
            sum += of_[names[i]];
        }
    }
}

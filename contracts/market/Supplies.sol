// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Governed} from "../access/Governed.sol";
import {SignedActions} from "../access/SignedActions.sol";
import {Counted, IImbalance} from "../interfaces/IImbalance.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IEnergyUnits, Reservation} from "../interfaces/IEnergyUnits.sol";
import {IMeters} from "../interfaces/IMeters.sol";
import {IPositionSource, TradedSlot} from "../interfaces/IPositionSource.sol";
import {IReadings, ShortSignature} from "../interfaces/IReadings.sol";
import {Signed} from "../interfaces/ISignedActions.sol";
import {
    Awarded,
    AwardedSupply,
    Conduct,
    ISupplies,
    Outcome,
    Progress,
    Share,
    SupplyStatus
} from "../interfaces/ISupplies.sol";
import {ITenders, Tender, TenderTerms} from "../interfaces/ITenders.sol";
import {IVault, ModuleStatus} from "../interfaces/IVault.sol";
import {Lists} from "../libraries/Lists.sol";
import {Moves} from "../libraries/Moves.sol";
import {Parts} from "../libraries/Parts.sol";
import {UnderWay} from "../libraries/UnderWay.sol";
import {PositionSource} from "./PositionSource.sol";

/// @title What tenders were awarded for
/// @notice See ISupplies. No money is handed over to Imbalance: what is delivered is paid here, and there it only counts as
/// traded.
contract Supplies is ISupplies, SignedActions, PositionSource {
    using Lists for uint256[];
    using UnderWay for uint256;

    /// @dev A supply with its tender's terms, for the length of a call.
    struct Case {
        uint32 id;
        AwardedSupply supply;
        Tender tender;
        TenderTerms terms;
        address owner;
        address user;
    }

    bytes32 public constant FUND_TYPEHASH =
        keccak256("Fund(address signer,uint32 supply,uint256 nonce,uint256 deadline)");
    bytes32 public constant AVAILABILITY_TYPEHASH = keccak256("Availability(address supplies,uint32 supply,uint56 wh)");
    bytes32 public constant FORCE_MAJEURE_TYPEHASH =
        keccak256("ForceMajeure(address supplies,uint32 supply,bytes32 evidence)");

    /// @inheritdoc ISupplies
    uint256 public constant MAX_UNDER_WAY = 32;
    /// @inheritdoc ISupplies
    uint40 public constant REST = 2 days;

    uint256 private constant WHOLE = 10_000;

    /// @inheritdoc ISupplies
    ITenders public immutable tenders;
    /// @inheritdoc ISupplies
    IImbalance public immutable imbalance;
    /// @inheritdoc ISupplies
    IVault public immutable vault;
    IMembership private immutable _membership;
    IEnergyUnits private immutable _energyUnits;
    IReadings private immutable _readings;
    IMeters private immutable _meters;

    /// @inheritdoc ISupplies
    uint32 public supplyCount;

    mapping(uint32 supply => AwardedSupply) private _supplies;
    mapping(uint32 supply => Progress) private _progress;
    mapping(uint32 supply => mapping(uint256 word => uint256 bits)) private _servedSlots;
    mapping(bytes32 book => mapping(address account => Share)) private _shares;
    mapping(uint256 member => uint256[]) private _underWay;
    mapping(uint256 member => Conduct) private _conducts;

    constructor(ITenders tenders_, IImbalance imbalance_, address authority_)
        Governed(authority_)
        EIP712("Wattbook Supplies", "1")
    {
        tenders = tenders_;
        imbalance = imbalance_;
        vault = tenders_.vault();
        _membership = vault.membership();
        _energyUnits = tenders_.energyUnits();
        _readings = imbalance_.readings();
        _meters = imbalance_.meters();
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc ISupplies
    function supplyOf(uint32 supply) external view returns (AwardedSupply memory) {
        return _supplies[supply];
    }

    /// @inheritdoc ISupplies
    function progressOf(uint32 supply) external view returns (Progress memory) {
        return _progress[supply];
    }

    /// @inheritdoc ISupplies
    function bandOf(uint32 supply) external view returns (uint256 least, uint256 most) {
        Case memory c = _caseOf(supply);
        return (_least(c), _most(c));
    }

    /// @inheritdoc ISupplies
    function shareOf(bytes32 book, address account) external view returns (Share memory) {
        return _shares[book][account];
    }

    /// @inheritdoc ISupplies
    function underWay(address account) external view returns (uint32[] memory ids) {
        uint256[] memory words = _underWay[_memberOf(account)];
        ids = new uint32[](words.length);
        for (uint256 i = 0; i < words.length; ++i) {
            ids[i] = words[i].id();
        }
    }

    /// @inheritdoc ISupplies
    function conductOf(address account) external view returns (Conduct memory) {
        return _conducts[_memberOf(account)];
    }

    /// @inheritdoc IPositionSource
    function tradesOf(bytes32 book, address account) external view returns (uint256 sold, uint256 bought) {
        Share storage s = _shares[book][account];
        return (s.sold, s.bought);
    }

    // ---------------------------------------------------------------------------------------------------- tenders

    /// @inheritdoc ISupplies
    function begin(uint32 tender, Awarded[] calldata awarded) external returns (uint256[] memory refused) {
        require(msg.sender == address(tenders), NotTenders(msg.sender));
        TenderTerms memory terms = tenders.termsOf(tender);
        address owner = _membership.currentOf(tenders.tenderOf(tender).owner);
        ModuleStatus status = vault.moduleOf(address(this)).status;
        bool goesOn = status == ModuleStatus.Open || status == ModuleStatus.Paused;
        require(goesOn, IVault.ModuleNotAllowed(address(this), status));
        refused = new uint256[](awarded.length);
        (uint256 count, uint256 margins) = (0, 0);
        for (uint256 i = 0; i < awarded.length; ++i) {
            (bool begun, uint256 margin) = _begin(tender, owner, awarded[i], terms);
            margins += margin;
            if (!begun) refused.put(count++, i);
        }
        refused.cut(count);
        if (margins != 0) vault.lockMore(owner, uint128(margins));
    }

    // ------------------------------------------------------------------------------------------------------ users

    /// @inheritdoc ISupplies
    function fund(uint32 supply) external {
        _fund(msg.sender, supply);
    }

    /// @inheritdoc ISupplies
    function fundSigned(uint32 supply, Signed calldata auth) external {
        _useSigned(auth, keccak256(abi.encode(FUND_TYPEHASH, auth.signer, supply, auth.nonce, auth.deadline)));
        _fund(auth.signer, supply);
    }

    // ----------------------------------------------------------------------------------------------------- anyone

    /// @inheritdoc ISupplies
    function terminate(uint32 supply) external {
        Case memory c = _caseOf(supply);
        require(
            c.supply.status == SupplyStatus.Active && c.terms.fullEscrow, WrongSupplyStatus(supply, c.supply.status)
        );
        require(c.terms.deliveryStart <= block.timestamp, DeliveryBegins(supply, c.terms.deliveryStart));
        _end(c, SupplyStatus.Terminated);
        // Where the module was leaving nobody could have funded it.
        bool excused = vault.moduleOf(address(this)).status == ModuleStatus.Leaving;
        if (!excused) ++_conducts[_memberOf(c.user)].defaults;
        (uint256 ownerMargin, uint256 userMargin) =
            (_margin(c, c.terms.ownerMarginBps), _margin(c, c.terms.userMarginBps));
        emit SupplyTerminated(supply, excused ? 0 : uint128(userMargin));
        uint256[] memory moves = new uint256[](2);
        moves[0] = Moves.pack(c.owner, -int256(ownerMargin + (excused ? 0 : userMargin)));
        moves[1] = Moves.pack(c.user, -int256(excused ? userMargin : 0));
        vault.adjustEach(moves);
        uint256 each = c.supply.wh / _slotsOf(c);
        if (each == 0) return;
        _energyUnits.giveBack(c.terms.device, Reservation(c.terms.deliveryStart, c.terms.deliveryEnd, uint32(each)));
    }

    /// @inheritdoc ISupplies
    function serve(uint40 slotStart, uint32[] calldata supplies) external {
        for (uint256 i = 0; i < supplies.length; ++i) {
            _serve(slotStart, _caseOf(supplies[i]));
        }
    }

    /// @inheritdoc ISupplies
    function attestAvailability(uint32 supply, uint56 wh, ShortSignature[] calldata signatures) external {
        _requireUnderWay(_caseOf(supply));
        Progress storage p = _progress[supply];
        require(!p.attested, AttestedAlready(supply));
        _readings.requireAttested(keccak256(abi.encode(AVAILABILITY_TYPEHASH, address(this), supply, wh)), signatures);
        (p.attested, p.available) = (true, wh);
        emit AvailabilityAttested(supply, wh);
    }

    /// @inheritdoc ISupplies
    function attestForceMajeure(uint32 supply, bytes32 evidence, ShortSignature[] calldata signatures) external {
        _requireUnderWay(_caseOf(supply));
        Progress storage p = _progress[supply];
        require(!p.forceMajeure, AttestedAlready(supply));
        _readings.requireAttested(
            keccak256(abi.encode(FORCE_MAJEURE_TYPEHASH, address(this), supply, evidence)), signatures
        );
        p.forceMajeure = true;
        emit ForceMajeureAttested(supply, evidence);
    }

    /// @inheritdoc ISupplies
    function execute(uint32 supply) external {
        Case memory c = _caseOf(supply);
        _requireUnderWay(c);
        Progress memory p = _progress[supply];
        uint256 slots = _slotsOf(c);
        require(block.timestamp >= c.terms.deliveryEnd + REST, DeliveryRests(supply, c.terms.deliveryEnd + REST));
        require(p.slots == slots, NotServed(supply, p.slots, slots));
        Outcome memory o = _outcome(c, p);
        uint256 escrow = c.supply.status == SupplyStatus.Funded ? _most(c) * c.supply.price : 0;
        _collect(c, o, escrow);
        _end(c, o.unpaid == 0 ? SupplyStatus.Settled : SupplyStatus.Defaulted);
        if (o.ownerFault != 0) ++_conducts[_memberOf(c.owner)].faults;
        if (o.short != o.ownerFault) ++_conducts[_memberOf(c.user)].faults;
        emit SupplyExecuted(supply, o);
        _payOut(c, o, escrow);
    }

    /// @inheritdoc IPositionSource
    function handOver(TradedSlot calldata slot, address[] calldata accounts)
        external
        view
        onlySettlement
        returns (uint256[] memory parts)
    {
        if (supplyCount == 0) return parts;
        parts = new uint256[](2 * accounts.length);
        uint256 count = 0;
        for (uint256 i = 0; i < accounts.length; ++i) {
            _requireServed(slot, _memberOf(accounts[i]), type(uint32).max);
            Share memory s = _shares[slot.book][accounts[i]];
            if (s.sold != 0) parts.put(count++, Parts.under(Parts.sold(s.sold, 0, 0, 0), i));
            if (s.bought != 0) parts.put(count++, Parts.under(Parts.bought(s.bought), i));
        }
        parts.cut(count);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    /// @dev Begins a supply, unless its user has too many or not the margin free.
    function _begin(uint32 tender, address owner, Awarded calldata a, TenderTerms memory terms)
        private
        returns (bool begun, uint256 ownerMargin)
    {
        address user = _membership.currentOf(a.user);
        uint256 amount = uint256(a.wh) * a.price;
        uint256 userMargin = amount * terms.userMarginBps / WHOLE;
        if (_underWay[_memberOf(user)].length >= MAX_UNDER_WAY || !_tryLock(user, userMargin)) return (false, 0);
        require(_underWay[_memberOf(owner)].length < MAX_UNDER_WAY, TooManySupplies(owner));
        uint32 id = ++supplyCount;
        _supplies[id] = AwardedSupply(user, a.wh, a.price, SupplyStatus.Active, tender);
        Tender memory its = tenders.tenderOf(tender);
        uint256 word = UnderWay.pack(
            id, its.zone, its.carrier, terms.deliveryStart, terms.deliveryEnd, its.slotSeconds, terms.fullEscrow
        );
        _underWay[_memberOf(owner)].push(word);
        _underWay[_memberOf(user)].push(word);
        ownerMargin = amount * terms.ownerMarginBps / WHOLE;
        begun = true;
        emit SupplyBegun(id, tender, user, a.wh, a.price, uint128(ownerMargin), uint128(userMargin));
    }

    function _tryLock(address account, uint256 amount) private returns (bool) {
        uint256[] memory moves = new uint256[](1);
        moves[0] = Moves.pack(account, int256(amount));
        return vault.adjustEach(moves).length == 0;
    }

    function _fund(address account, uint32 supply) private {
        Case memory c = _caseOf(supply);
        require(c.supply.status == SupplyStatus.Active, WrongSupplyStatus(supply, c.supply.status));
        require(c.terms.fullEscrow && account == c.user, NothingToFund(supply, account));
        require(block.timestamp < c.terms.deliveryStart, DeliveryBegins(supply, c.terms.deliveryStart));
        _supplies[supply].status = SupplyStatus.Funded;
        uint128 amount = uint128(_most(c) * c.supply.price);
        emit SupplyFunded(supply, amount);
        vault.lockMore(account, amount);
    }

    function _serve(uint40 slotStart, Case memory c) private {
        _requireUnderWay(c);
        uint256 place = _takeSlot(slotStart, c);
        TradedSlot memory slot = TradedSlot(
            c.tender.zone,
            c.tender.carrier,
            slotStart,
            keccak256(abi.encode(c.tender.carrier, imbalance.zones().zoneOf(c.tender.zone), slotStart))
        );
        (uint256 offered,, uint256 spared,) = _leftOf(slot, c.id, c.owner);
        (, uint256 wanted,, bool silent) = _leftOf(slot, c.id, c.user);
        Progress memory p = _progress[c.id];
        uint256 flat = _flat(c, place);
        // Who lets his meter be silent took what he bought.
        if (silent) wanted = Math.max(wanted, flat);
        uint256 delivered = Math.min(offered, wanted);
        uint256 billed = Math.min(delivered, _most(c) - p.billed);
        // No more counts as to be had than was taken or is the slot's even part, and nothing twice.
        uint256 available = Math.max(delivered, Math.min(offered - Math.min(offered, spared), flat));
        _shares[slot.book][c.owner].sold += uint64(billed);
        _shares[slot.book][c.owner].spared += uint64(available - delivered);
        _shares[slot.book][c.user].bought += uint64(billed);
        ++p.slots;
        p.delivered += uint56(delivered);
        p.billed += uint56(billed);
        if (!p.attested) p.available += uint56(available);
        _progress[c.id] = p;
        emit SupplyServed(c.id, slotStart, delivered, billed, available);
    }

    /// @dev The place of a slot in a supply, which is marked as served there.
    function _takeSlot(uint40 slotStart, Case memory c) private returns (uint256 place) {
        bool inside = c.terms.deliveryStart <= slotStart && slotStart < c.terms.deliveryEnd
            && slotStart % c.tender.slotSeconds == 0;
        require(inside, NothingToServe(c.id, slotStart));
        place = (slotStart - c.terms.deliveryStart) / c.tender.slotSeconds;
        uint256 bits = _servedSlots[c.id][place >> 8];
        require(bits >> (place & 0xff) & 1 == 0, NothingToServe(c.id, slotStart));
        _servedSlots[c.id][place >> 8] = bits | 1 << (place & 0xff);
    }

    /// @dev What an account's firm trades and the supplies before this one leave of its energy in a slot, under all its names;
    /// what of that those had and nobody took; and whether its readings never came.
    function _leftOf(TradedSlot memory slot, uint32 id, address account)
        private
        view
        returns (uint256 offered, uint256 wanted, uint256 spared, bool silent)
    {
        _requireServed(slot, _memberOf(account), id);
        Counted memory counted = imbalance.countedOf(slot, account);
        require(counted.complete, ReadingsMissing(id, account));
        silent = counted.silent;
        (uint256 sold, uint256 bought) = (counted.sold, counted.bought);
        address[] memory names = _namesOf(account);
        for (uint256 k = 0; k < names.length; ++k) {
            Share storage s = _shares[slot.book][names[k]];
            (sold, bought, spared) = (sold + s.sold, bought + s.bought, spared + s.spared);
        }
        offered = counted.arrived - Math.min(counted.arrived, sold);
        wanted = counted.withdrawn - Math.min(counted.withdrawn, bought);
    }

    /// @dev Whether all supplies of a member before one are served in a slot.
    function _requireServed(TradedSlot memory slot, uint256 member, uint32 before) private view {
        uint256[] memory words = _underWay[member];
        for (uint256 i = 0; i < words.length; ++i) {
            uint256 word = words[i];
            uint32 id = word.id();
            if (id >= before || !word.covers(slot)) continue;
            if (word.needsFunds() && _supplies[id].status == SupplyStatus.Active) continue;
            uint256 place = word.placeOf(slot.start);
            bool served = _servedSlots[id][place >> 8] >> (place & 0xff) & 1 == 1;
            if (before == type(uint32).max) require(served, TradesOpen(slot.book));
            else require(served, EarlierFirst(before, id));
        }
    }

    /// @dev What is due, and who is to blame for what is missing.
    function _outcome(Case memory c, Progress memory p) private pure returns (Outcome memory o) {
        uint256 least = _least(c);
        (o.delivered, o.billed) = (p.delivered, p.billed);
        o.due = uint128(uint256(p.billed) * c.supply.price);
        o.short = uint56(least - Math.min(least, p.delivered));
        o.ownerFault = uint56(Math.min(o.short, least - Math.min(least, p.available)));
        if (p.forceMajeure) return o;
        o.ownerPenalty = _penalty(c, o.ownerFault, c.terms.ownerPenaltyBps, c.terms.ownerMarginBps);
        o.userPenalty = _penalty(c, o.short - o.ownerFault, c.terms.userPenaltyBps, c.terms.userMarginBps);
    }

    /// @dev Takes what the user owes: from what he set aside for it, from what he has free, from his margin.
    function _collect(Case memory c, Outcome memory o, uint256 escrow) private {
        uint256 left = uint256(o.due) + o.userPenalty;
        o.fromEscrow = uint128(Math.min(left, escrow));
        left -= o.fromEscrow;
        uint256 free = Math.min(left, vault.accountOf(c.user).free);
        if (free != 0) {
            uint256[] memory moves = new uint256[](1);
            moves[0] = Moves.pack(c.user, int256(free));
            if (vault.adjustEach(moves).length == 0) o.fromFree = uint128(free);
        }
        left -= o.fromFree;
        o.fromMargin = uint128(Math.min(left, _margin(c, c.terms.userMarginBps)));
        o.unpaid = uint128(left - o.fromMargin);
    }

    function _payOut(Case memory c, Outcome memory o, uint256 escrow) private {
        uint256 paid = uint256(o.fromEscrow) + o.fromFree + o.fromMargin;
        uint256 toOwner = _margin(c, c.terms.ownerMarginBps) - o.ownerPenalty;
        uint256 toUser = o.ownerPenalty + _margin(c, c.terms.userMarginBps) - o.fromMargin + escrow - o.fromEscrow;
        uint256[] memory moves = new uint256[](3);
        address payee = _payeeOf(c);
        moves[0] = Moves.pack(payee, -int256(paid));
        moves[1] = Moves.pack(c.owner, -int256(toOwner));
        moves[2] = Moves.pack(c.user, -int256(toUser));
        vault.adjustEach(moves);
        if (o.unpaid == 0) return;
        ++_conducts[_memberOf(c.user)].defaults;
        vault.recordDebt(c.user, payee, o.unpaid);
    }

    /// @dev Takes a supply from what is under way of owner and user.
    function _end(Case memory c, SupplyStatus status) private {
        _supplies[c.id].status = status;
        _remove(c.id, _memberOf(c.owner));
        _remove(c.id, _memberOf(c.user));
    }

    function _remove(uint32 id, uint256 member) private {
        ++_conducts[member].executed;
        uint256[] storage words = _underWay[member];
        uint256 last = words.length - 1;
        for (uint256 i = 0; i < last; ++i) {
            if (words[i].id() != id) continue;
            words[i] = words[last];
            break;
        }
        words.pop();
    }

    /// @dev The same for all accounts of a member, those that others took the place of included.
    function _memberOf(address account) private view returns (uint256) {
        return _membership.standingOf(account).member;
    }

    function _namesOf(address account) private view returns (address[] memory names) {
        address[] memory accounts = new address[](1);
        accounts[0] = account;
        (names,) = _membership.namesOf(accounts);
    }

    function _caseOf(uint32 id) private view returns (Case memory c) {
        AwardedSupply memory s = _supplies[id];
        require(s.status != SupplyStatus.None, WrongSupplyStatus(id, SupplyStatus.None));
        (c.id, c.supply, c.tender, c.terms) = (id, s, tenders.tenderOf(s.tender), tenders.termsOf(s.tender));
        (c.owner, c.user) = (_membership.currentOf(c.tender.owner), _membership.currentOf(s.user));
    }

    function _requireUnderWay(Case memory c) private pure {
        SupplyStatus needed = c.terms.fullEscrow ? SupplyStatus.Funded : SupplyStatus.Active;
        require(c.supply.status == needed, WrongSupplyStatus(c.id, c.supply.status));
    }

    /// @dev Who is paid for what the owner's device delivers.
    function _payeeOf(Case memory c) private view returns (address) {
        (uint32[] memory devices, address[] memory sellers) = (new uint32[](1), new address[](1));
        (devices[0], sellers[0]) = (c.terms.device, c.owner);
        address payee = _meters.namedPayeesOf(devices, sellers)[0];
        return payee == address(0) ? c.owner : payee;
    }

    function _margin(Case memory c, uint256 bps) private pure returns (uint256) {
        return uint256(c.supply.wh) * c.supply.price * bps / WHOLE;
    }

    function _penalty(Case memory c, uint256 fault, uint256 bps, uint256 marginBps) private pure returns (uint128) {
        return uint128(Math.min(fault * c.supply.price * bps / WHOLE, _margin(c, marginBps)));
    }

    /// @dev The least Wh that have to be delivered.
    function _least(Case memory c) private pure returns (uint256) {
        return Math.ceilDiv(uint256(c.supply.wh) * (WHOLE - c.terms.toleranceBps), WHOLE);
    }

    /// @dev The most Wh that are paid.
    function _most(Case memory c) private pure returns (uint256) {
        return uint256(c.supply.wh) * (WHOLE + c.terms.toleranceBps) / WHOLE;
    }

    /// @dev A slot's even part of a supply, rounded so that all make the whole.
    function _flat(Case memory c, uint256 place) private pure returns (uint256) {
        uint256 slots = _slotsOf(c);
        return uint256(c.supply.wh) * (place + 1) / slots - uint256(c.supply.wh) * place / slots;
    }

    function _slotsOf(Case memory c) private pure returns (uint256) {
        return (c.terms.deliveryEnd - c.terms.deliveryStart) / c.tender.slotSeconds;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignedActions} from "../access/SignedActions.sol";
import {IDeviceMirror} from "../interfaces/IDeviceMirror.sol";
import {IEnergyUnits, Reservation} from "../interfaces/IEnergyUnits.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IMemberToken} from "../interfaces/IMemberToken.sol";
import {Device, DeviceStatus, Direction, IMeters} from "../interfaces/IMeters.sol";
import {Signed} from "../interfaces/ISignedActions.sol";
import {IVault, ModuleStatus} from "../interfaces/IVault.sol";
import {IZones} from "../interfaces/IZones.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {Draws} from "../libraries/Draws.sol";
import {Lists} from "../libraries/Lists.sol";
import {Status} from "../libraries/Standings.sol";
import {Source, Sources} from "../libraries/Sources.sol";
import {Unit, UnitIds} from "../libraries/UnitIds.sol";

/// @title Energy to come, by device and slot
/// @notice See IEnergyUnits. What is drawn of the slots next to come, of which most is sold, stands in the device's
/// source itself, so that a seller's own device costs one storage slot; a source takes up another group of slots when
/// all of its own have begun. What is drawn of other groups stands in `_ahead` until the source takes them up, if ever.
contract EnergyUnits is IEnergyUnits, IDeviceMirror, ERC1155, SignedActions {
    using Draws for uint256;
    using Lists for uint256[];
    using Sources for uint256;

    /// @dev A source, see Sources; a struct, so that it can be handed on by its place.
    struct Cell {
        uint256 word;
    }

    bytes32 public constant ISSUE_UNITS_TYPEHASH = keccak256(
        "IssueUnits(address signer,uint32 device,uint40 slotStart,address to,uint40 amount,uint256 nonce,uint256 deadline)"
    );
    bytes32 public constant TRANSFER_UNITS_TYPEHASH =
        keccak256("TransferUnits(address signer,address to,uint256 id,uint256 amount,uint256 nonce,uint256 deadline)");

    /// @inheritdoc IEnergyUnits
    uint256 public constant MAX_RESERVATIONS = 8;
    /// @inheritdoc IEnergyUnits
    IMembership public immutable membership;
    /// @inheritdoc IEnergyUnits
    IVault public immutable vault;
    /// @inheritdoc IEnergyUnits
    IMeters public immutable meters;
    /// @inheritdoc IEnergyUnits
    mapping(uint32 device => address) public sellerOf;

    /// The module that may lock, as the Vault said in this transaction.
    address private transient _locker;

    mapping(address owner => mapping(uint32 device => Cell)) private _sources;
    mapping(uint32 device => mapping(uint256 group => uint256 drawn)) private _ahead;
    mapping(uint32 device => Reservation[]) private _reservations;

    constructor(IMembership membership_, IVault vault_, IMeters meters_)
        ERC1155("")
        EIP712("Wattbook Energy Units", "1")
    {
        membership = membership_;
        vault = vault_;
        meters = meters_;
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc IEnergyUnits
    function unitId(Carrier carrier, uint16 zone, uint32 device, uint40 slotStart) external pure returns (uint256) {
        return UnitIds.pack(carrier, zone, device, slotStart);
    }

    /// @inheritdoc IEnergyUnits
    function unitOf(uint256 id) external pure returns (Unit memory) {
        return UnitIds.unpack(id);
    }

    /// @inheritdoc IEnergyUnits
    function sourceOf(uint32 device) external view returns (Source memory) {
        return _cellOf(device).word.unpack();
    }

    /// @inheritdoc IEnergyUnits
    function drawnOf(uint32 device, uint40 slotStart) external view returns (uint256) {
        uint256 word = _cellOf(device).word;
        return word.hasSlot(slotStart) && slotStart > block.timestamp ? _drawn(word, device, slotStart) : 0;
    }

    /// @inheritdoc IEnergyUnits
    function reservationsOf(uint32 device) external view returns (Reservation[] memory) {
        return _reservations[device];
    }

    /// @inheritdoc IEnergyUnits
    function available(address holder, uint32 device, uint40 slotStart) external view returns (uint256 amount) {
        (Cell storage cell, bool own, address account) = _find(holder, device);
        uint256 word = cell.word;
        if (word.capOf() == 0 || !word.hasSlot(slotStart) || slotStart <= block.timestamp) return 0;
        amount = ERC1155.balanceOf(account, _unitId(word, device, slotStart));
        if (own) amount += _left(word, device, slotStart);
    }

    /// @notice As in OpenZeppelin's, but nobody has units of a slot that has begun.
    function balanceOf(address account, uint256 id) public view override(ERC1155, IERC1155) returns (uint256) {
        return _hasBegun(id) ? 0 : ERC1155.balanceOf(account, id);
    }

    // ---------------------------------------------------------------------------------------------------- modules

    /// @inheritdoc IEnergyUnits
    function lockEach(uint16 zone, Carrier carrier, uint40 slotStart, uint256[] calldata draws)
        external
        returns (uint256[] memory refused)
    {
        bool may = _mayLock() && slotStart > block.timestamp;
        refused = new uint256[](draws.length);
        uint256 count = 0;
        for (uint256 i = 0; i < draws.length; ++i) {
            uint256 draw = Lists.given(draws, i);
            if (draw == 0) continue;
            if (!may || !_tryLock(zone, carrier, slotStart, draw)) refused.put(count++, i);
        }
        refused.cut(count);
    }

    /// @inheritdoc IEnergyUnits
    function releaseEach(uint16 zone, Carrier carrier, uint40 slotStart, uint256[] calldata draws) external {
        _mayLock();
        if (slotStart <= block.timestamp) return;
        for (uint256 i = 0; i < draws.length; ++i) {
            if (draws[i] != 0) _release(zone, carrier, slotStart, draws[i]);
        }
    }

    /// @inheritdoc IEnergyUnits
    function reserve(uint16 zone, Carrier carrier, address holder, uint32 device, Reservation calldata asked)
        external
        returns (bool)
    {
        bool may = _mayLock() && block.timestamp < asked.since && asked.since < asked.until;
        (Cell storage cell, bool own,) = _find(holder, device);
        uint256 word = cell.word;
        if (!may || !own || !word.has(zone, carrier, asked.since) || !word.hasSlot(asked.until)) return false;
        if (!_hasRoom(word, device, asked)) return false;
        uint32 sum = _entryFor(device, asked).wh += asked.wh;
        cell.word = word.withReserved();
        emit UnitsReserved(device, asked.since, asked.until, sum);
        return true;
    }

    /// @inheritdoc IEnergyUnits
    function giveBack(uint32 device, Reservation calldata given) external {
        _mayLock();
        // What was reserved of a time that is over is nobody's any more, and its entry may be another's.
        if (given.until <= block.timestamp) return;
        Reservation[] storage list = _reservations[device];
        for (uint256 i = 0; i < list.length; ++i) {
            Reservation storage r = list[i];
            if (r.since != given.since || r.until != given.until || r.wh < given.wh) continue;
            r.wh -= given.wh;
            emit UnitsReserved(device, given.since, given.until, r.wh);
            return;
        }
        revert NotReserved(device, given.since, given.until, given.wh);
    }

    // ----------------------------------------------------------------------------------------------------- owners

    /// @inheritdoc IEnergyUnits
    function issue(uint32 device, uint40 slotStart, address to, uint40 amount) external {
        _issue(msg.sender, device, slotStart, to, amount);
    }

    /// @inheritdoc IEnergyUnits
    function issueSigned(uint32 device, uint40 slotStart, address to, uint40 amount, Signed calldata auth) external {
        _useSigned(
            auth,
            keccak256(
                abi.encode(ISSUE_UNITS_TYPEHASH, auth.signer, device, slotStart, to, amount, auth.nonce, auth.deadline)
            )
        );
        _issue(auth.signer, device, slotStart, to, amount);
    }

    /// @inheritdoc IEnergyUnits
    function transferSigned(address to, uint256 id, uint256 amount, Signed calldata auth) external {
        _useSigned(
            auth, keccak256(abi.encode(TRANSFER_UNITS_TYPEHASH, auth.signer, to, id, amount, auth.nonce, auth.deadline))
        );
        require(!_hasBegun(id), UnitExpired(id));
        membership.checkTransfer(auth.signer, auth.signer, to);
        _move(auth.signer, to, id, amount);
    }

    /// @inheritdoc IEnergyUnits
    function recoverUnits(address account, uint256[] calldata ids) external {
        address replacement = membership.currentOf(account);
        require(replacement != account, IMemberToken.NotReplaced(account));
        uint256[] memory amounts = new uint256[](ids.length);
        for (uint256 i = 0; i < ids.length; ++i) {
            amounts[i] = ERC1155.balanceOf(account, ids[i]);
        }
        ERC1155._update(account, replacement, ids, amounts);
        emit UnitsRecovered(account, replacement, ids);
    }

    // ----------------------------------------------------------------------------------------------------- devices

    /// @inheritdoc IDeviceMirror
    function sync(uint32 device) external {
        Device memory d = meters.deviceOf(device);
        address former = sellerOf[device];
        Cell storage cell = _sources[former][device];
        uint256 word = cell.word;
        uint24 slotSeconds = meters.zones().slotSeconds(d.description.zone, d.description.carrier);
        uint32 cap = _capacity(d, slotSeconds);
        if (former == d.owner && word.capOf() == cap) return;
        if (former == address(0)) word = Sources.fresh(d.description.zone, d.description.carrier, slotSeconds);
        else if (former != d.owner) delete cell.word;
        sellerOf[device] = d.owner;
        _sources[d.owner][device].word = word.withCap(cap);
        emit SourceChanged(device, d.owner, cap);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _issue(address owner, uint32 device, uint40 slotStart, address to, uint40 amount) private {
        (Cell storage cell, bool own,) = _find(owner, device);
        uint256 word = cell.word;
        require(own, IMeters.NotDeviceOwner(device, owner));
        require(word.capOf() != 0, NothingToSell(device));
        uint256 id = _unitId(word, device, slotStart);
        Unit memory unit = UnitIds.unpack(id);
        require(word.hasSlot(slotStart), IZones.OffGrid(unit.zone, unit.carrier, slotStart));
        require(!_hasBegun(id), UnitExpired(id));
        require(amount != 0, IMemberToken.ZeroAmount());
        address pledgee = meters.deviceOf(device).pledgee;
        require(pledgee == address(0), IMeters.DeviceIsPledged(device, pledgee));
        membership.checkTransfer(owner, owner, to);
        uint256 left = _left(word, device, slotStart);
        require(amount <= left, CapacityExceeded(device, slotStart, left, amount));
        _tryDraw(cell, word, device, slotStart, amount);
        _move(address(0), to, id, amount);
        emit UnitsIssued(device, slotStart, to, owner, amount);
    }

    function _tryLock(uint16 zone, Carrier carrier, uint40 slotStart, uint256 draw) private returns (bool) {
        (address holder, uint32 device, uint256 amount) = (draw.holder(), draw.device(), draw.wh());
        // Nearly always it is the holder's own device, and has as much left.
        Cell storage cell = _sources[holder][device];
        uint256 word = cell.word;
        if (word.has(zone, carrier, slotStart) && _tryDraw(cell, word, device, slotStart, amount)) return true;
        return _tryTake(holder, device, zone, carrier, slotStart, amount);
    }

    function _release(uint16 zone, Carrier carrier, uint40 slotStart, uint256 draw) private {
        (uint32 device, uint256 amount) = (draw.device(), draw.wh());
        (Cell storage cell, bool own, address account) = _find(draw.holder(), device);
        uint256 word = cell.word;
        uint256 drawn = word.has(zone, carrier, slotStart) ? _drawn(word, device, slotStart) : 0;
        require(amount <= drawn, NotDrawn(device, slotStart, drawn, amount));
        if (own) {
            _undraw(cell, word, device, slotStart, amount);
        } else {
            _move(address(0), account, _unitId(word, device, slotStart), amount);
        }
    }

    /// @dev Locks what a device has left if it is the holder's, and units of his for the rest.
    function _tryTake(address holder, uint32 device, uint16 zone, Carrier carrier, uint40 slotStart, uint256 amount)
        private
        returns (bool)
    {
        (Cell storage cell, bool own, address account) = _find(holder, device);
        uint256 word = cell.word;
        if (word.capOf() == 0 || !word.has(zone, carrier, slotStart)) return false;
        uint256 drawable = own ? _left(word, device, slotStart) : 0;
        if (drawable > amount) drawable = amount;
        uint256 units = amount - drawable;
        if (units != 0) {
            uint256 id = _unitId(word, device, slotStart);
            if (ERC1155.balanceOf(account, id) < units) return false;
            _move(account, address(0), id, units);
        }
        return drawable == 0 || _tryDraw(cell, word, device, slotStart, drawable);
    }

    /// @dev Draws on a device if it has as much left.
    function _tryDraw(Cell storage cell, uint256 word, uint32 device, uint40 slotStart, uint256 amount)
        private
        returns (bool)
    {
        (uint256 group, uint256 shift) = word.placeOf(slotStart);
        (uint256 lanes, bool inside) = _load(word, device, group);
        uint256 cap = word.isReserved() ? _capAt(word, device, slotStart) : word.capOf();
        unchecked {
            if (cap == 0 || (lanes >> shift & Sources.MAX_WH) + amount > cap) return false;
            _store(cell, word, device, group, lanes + (amount << shift), inside);
        }
        return true;
    }

    function _undraw(Cell storage cell, uint256 word, uint32 device, uint40 slotStart, uint256 amount) private {
        (uint256 group, uint256 shift) = word.placeOf(slotStart);
        (uint256 lanes, bool inside) = _load(word, device, group);
        _store(cell, word, device, group, lanes - (amount << shift), inside);
    }

    /// @dev Writes what is drawn of a group where `_load` found it. A source that takes up a group takes what stood ahead.
    function _store(Cell storage cell, uint256 word, uint32 device, uint256 group, uint256 lanes, bool inside) private {
        if (inside) {
            if (word.isAhead() && word.groupOf() != group) delete _ahead[device][group];
            cell.word = word.withGroup(group, lanes);
        } else {
            _ahead[device][group] = lanes;
            if (!word.isAhead()) cell.word = word.withAhead();
        }
    }

    /// @dev Whether the calling module, if it is one, goes on with its business; asked of the Vault once a transaction.
    function _mayLock() private returns (bool) {
        if (msg.sender == _locker) return true;
        ModuleStatus status = vault.moduleOf(msg.sender).status;
        require(status != ModuleStatus.None, IVault.ModuleNotAllowed(msg.sender, status));
        if (status == ModuleStatus.Leaving) return false;
        _locker = msg.sender;
        return true;
    }

    /// @dev Moves, mints or burns without asking or calling anybody.
    function _move(address from, address to, uint256 id, uint256 amount) private {
        uint256[] memory ids = new uint256[](1);
        uint256[] memory amounts = new uint256[](1);
        (ids[0], amounts[0]) = (id, amount);
        ERC1155._update(from, to, ids, amounts);
    }

    /// @dev Every ordinary transfer passes here; all else has rules of its own.
    function _update(address from, address to, uint256[] memory ids, uint256[] memory amounts) internal override {
        for (uint256 i = 0; i < ids.length; ++i) {
            require(!_hasBegun(ids[i]), UnitExpired(ids[i]));
        }
        membership.checkTransfer(msg.sender, from, to);
        super._update(from, to, ids, amounts);
    }

    /// @dev What is drawn of a group, one of whose slots is to come, and whether it stands, or is to stand, in the source:
    /// it does if the source's own group is this one or has wholly begun. As no group that has wholly begun is asked for,
    /// the source goes forward only, and never comes back to a group whose amounts it dropped.
    function _load(uint256 word, uint32 device, uint256 group) private view returns (uint256 lanes, bool inside) {
        if (word.groupOf() == group) return (uint128(word), true);
        if (word.isAhead()) lanes = _ahead[device][group];
        inside = word.isOver();
    }

    function _drawn(uint256 word, uint32 device, uint40 slotStart) private view returns (uint256) {
        (uint256 group, uint256 shift) = word.placeOf(slotStart);
        (uint256 lanes,) = _load(word, device, group);
        return lanes >> shift & Sources.MAX_WH;
    }

    function _left(uint256 word, uint32 device, uint40 slotStart) private view returns (uint256) {
        uint256 drawn = _drawn(word, device, slotStart);
        uint256 cap = _capAt(word, device, slotStart);
        return drawn < cap ? cap - drawn : 0;
    }

    /// @dev What of a slot is not reserved.
    function _capAt(uint256 word, uint32 device, uint256 slotStart) private view returns (uint256 cap) {
        cap = word.capOf();
        if (!word.isReserved()) return cap;
        uint256 reserved = _reservedIn(_reservations[device], slotStart);
        return reserved < cap ? cap - reserved : 0;
    }

    function _reservedIn(Reservation[] memory list, uint256 slotStart) private pure returns (uint256 wh) {
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i].since <= slotStart && slotStart < list[i].until) wh += list[i].wh;
        }
    }

    /// @dev Whether every slot has so much left. Of a group its word is looked up once.
    function _hasRoom(uint256 word, uint32 device, Reservation calldata asked) private view returns (bool) {
        Reservation[] memory list = _reservations[device];
        (uint256 length, uint256 cap, uint256 group, uint256 lanes) =
            (word.unpack().slotSeconds, word.capOf(), type(uint256).max, 0);
        for (uint256 start = asked.since; start < asked.until; start += length) {
            (uint256 its, uint256 shift) = word.placeOf(uint40(start));
            if (its != group) {
                group = its;
                (lanes,) = _load(word, device, group);
            }
            if ((lanes >> shift & Sources.MAX_WH) + _reservedIn(list, start) + asked.wh > cap) return false;
        }
        return true;
    }

    /// @dev The entry for a stretch: its own, one that is over, or a new one.
    function _entryFor(uint32 device, Reservation calldata asked) private returns (Reservation storage entry) {
        Reservation[] storage list = _reservations[device];
        uint256 over = list.length;
        for (uint256 i = 0; i < list.length; ++i) {
            entry = list[i];
            if (entry.since == asked.since && entry.until == asked.until) return entry;
            if (entry.until <= block.timestamp || entry.wh == 0) over = i;
        }
        if (over == list.length) {
            require(over < MAX_RESERVATIONS, TooManyReservations(device));
            list.push();
        }
        entry = list[over];
        (entry.since, entry.until, entry.wh) = (asked.since, asked.until, 0);
    }

    function _cellOf(uint32 device) private view returns (Cell storage) {
        return _sources[sellerOf[device]][device];
    }

    /// @dev The source of a device, whether it is the account's, and the account whose units count. An account's own
    /// device is found at the first look; otherwise both it and the owner may have been replaced since.
    function _find(address account, uint32 device) private view returns (Cell storage cell, bool own, address current) {
        cell = _sources[account][device];
        if (cell.word.exists()) return (cell, true, account);
        cell = _cellOf(device);
        bool replaced = membership.standingOf(account).status == Status.Replaced;
        current = replaced ? membership.currentOf(account) : account;
        own = cell.word.exists() && membership.currentOf(sellerOf[device]) == current;
    }

    function _hasBegun(uint256 id) private view returns (bool) {
        return UnitIds.slotStartOf(id) <= block.timestamp;
    }

    function _unitId(uint256 word, uint32 device, uint40 slotStart) private pure returns (uint256) {
        Source memory s = word.unpack();
        return UnitIds.pack(s.carrier, s.zone, device, slotStart);
    }

    function _capacity(Device memory d, uint256 slotSeconds) private pure returns (uint32) {
        bool sells = d.status == DeviceStatus.Certified && d.description.direction == Direction.Injection;
        uint256 cap = sells ? d.description.ratedW * slotSeconds * d.availabilityBps / (3600 * 10_000) : 0;
        return uint32(cap < Sources.MAX_WH ? cap : Sources.MAX_WH);
    }
}

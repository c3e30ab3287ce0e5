// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Governed} from "../access/Governed.sol";
import {SignedActions} from "../access/SignedActions.sol";
import {IDeposits, Security} from "../interfaces/IDeposits.sol";
import {IImbalance} from "../interfaces/IImbalance.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {Description, Device, DeviceStatus, Direction, IMeters} from "../interfaces/IMeters.sol";
import {Signed} from "../interfaces/ISignedActions.sol";
import {IVault} from "../interfaces/IVault.sol";
import {IZones} from "../interfaces/IZones.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {Roles} from "../libraries/Roles.sol";
import {Settled} from "./Settled.sol";

/// @title Consumption deposits
/// @notice See IDeposits. What is held secures all that an account takes, so sums are kept by account, and by device only what
/// was placed. Both are kept under the names that they were placed under; those whose place an account took are looked
/// through with its own, and their sums are added to its own when something changes.
contract Deposits is IDeposits, Settled, SignedActions {
    bytes32 public constant PLACE_DEPOSIT_TYPEHASH =
        keccak256("PlaceDeposit(address signer,uint32 device,uint256 nonce,uint256 deadline)");
    bytes32 public constant TOP_UP_DEPOSIT_TYPEHASH =
        keccak256("TopUpDeposit(address signer,uint128 amount,uint256 nonce,uint256 deadline)");
    bytes32 public constant TAKE_BACK_DEPOSIT_TYPEHASH =
        keccak256("TakeBackDeposit(address signer,uint32 device,uint256 nonce,uint256 deadline)");

    /// @inheritdoc IDeposits
    uint40 public constant REST = 1 days;

    /// @inheritdoc IDeposits
    IMembership public immutable membership;
    /// @inheritdoc IDeposits
    IMeters public immutable meters;
    /// @inheritdoc IDeposits
    IZones public immutable zones;
    /// @inheritdoc IDeposits
    IVault public immutable vault;

    /// @inheritdoc IDeposits
    mapping(uint16 zone => mapping(Carrier carrier => uint64)) public amountFor;

    mapping(uint32 device => mapping(address name => uint64)) private _placed;
    mapping(address name => Security) private _securities;

    constructor(IVault vault_, IMeters meters_, address authority_)
        Governed(authority_)
        EIP712("Wattbook Deposits", "1")
    {
        vault = vault_;
        meters = meters_;
        membership = meters_.membership();
        zones = meters_.zones();
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc IDeposits
    function placedFor(uint32 device, address account) external view returns (uint64 amount) {
        (, amount) = _find(device, _namesOf(account));
    }

    /// @inheritdoc IDeposits
    function securityOf(address account) external view returns (Security memory) {
        return _sum(_namesOf(account));
    }

    /// @inheritdoc IDeposits
    function isSecured(uint32 device, address account) external view returns (bool) {
        if (_asked(meters.deviceOf(device)) == 0) return true;
        address[] memory names = _namesOf(account);
        (, uint64 amount) = _find(device, names);
        if (amount == 0) return false;
        Security memory s = _sum(names);
        return s.held == s.needed;
    }

    // -------------------------------------------------------------------------------------------------- authority

    /// @inheritdoc IDeposits
    function setDeposit(uint16 zone, Carrier carrier, uint64 amount) external onlyAuthority {
        // Reverts where the carrier is not open.
        zones.slotSeconds(zone, carrier);
        amountFor[zone][carrier] = amount;
        emit DepositSet(zone, carrier, amount);
    }

    // ---------------------------------------------------------------------------------------------------- members

    /// @inheritdoc IDeposits
    function place(uint32 device) external {
        _place(msg.sender, device);
    }

    /// @inheritdoc IDeposits
    function placeSigned(uint32 device, Signed calldata auth) external {
        _useSigned(auth, keccak256(abi.encode(PLACE_DEPOSIT_TYPEHASH, auth.signer, device, auth.nonce, auth.deadline)));
        _place(auth.signer, device);
    }

    /// @inheritdoc IDeposits
    function topUp(uint128 amount) external {
        _topUp(msg.sender, amount);
    }

    /// @inheritdoc IDeposits
    function topUpSigned(uint128 amount, Signed calldata auth) external {
        _useSigned(auth, keccak256(abi.encode(TOP_UP_DEPOSIT_TYPEHASH, auth.signer, amount, auth.nonce, auth.deadline)));
        _topUp(auth.signer, amount);
    }

    /// @inheritdoc IDeposits
    function takeBack(uint32 device) external {
        _takeBack(msg.sender, device);
    }

    /// @inheritdoc IDeposits
    function takeBackSigned(uint32 device, Signed calldata auth) external {
        _useSigned(
            auth, keccak256(abi.encode(TAKE_BACK_DEPOSIT_TYPEHASH, auth.signer, device, auth.nonce, auth.deadline))
        );
        _takeBack(auth.signer, device);
    }

    // -------------------------------------------------------------------------------------------------- settlement

    /// @inheritdoc IDeposits
    function draw(address account, uint256 amount) external onlySettlement returns (uint256 drawn) {
        Security storage s = _gather(account, _namesOf(account));
        drawn = Math.min(amount, s.held);
        if (drawn == 0) return 0;
        s.held -= uint128(drawn);
        emit DepositDrawn(account, uint128(drawn));
        vault.passOn(msg.sender, uint128(drawn));
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _place(address account, uint32 device) private {
        Device memory d = meters.deviceOf(device);
        require(d.status != DeviceStatus.Retired, IMeters.UnexpectedDeviceStatus(device, d.status));
        uint64 amount = _asked(d);
        require(amount != 0, NoDepositAsked(device));
        address[] memory names = _namesOf(account);
        (, uint64 before) = _find(device, names);
        require(before == 0, DepositKnown(device, account));
        _placed[device][account] = amount;
        Security storage s = _gather(account, names);
        s.needed += amount;
        s.held += amount;
        emit DepositPlaced(device, account, amount);
        vault.lock(account, amount, Roles.MARKET);
    }

    function _topUp(address account, uint128 amount) private {
        Security storage s = _gather(account, _namesOf(account));
        uint128 drawn = s.needed - s.held;
        require(amount <= drawn, MoreThanDrawn(account, drawn, amount));
        s.held += amount;
        emit DepositToppedUp(account, amount);
        vault.lock(account, amount, 0);
    }

    function _takeBack(address account, uint32 device) private {
        address[] memory names = _namesOf(account);
        (address name, uint64 amount) = _find(device, names);
        require(amount != 0, NoDeposit(device, account));
        _requireThrough(account, device);
        delete _placed[device][name];
        Security storage s = _gather(account, names);
        s.needed -= amount;
        uint128 kept = s.held < s.needed ? s.held : s.needed;
        uint128 given = s.held - kept;
        s.held = kept;
        emit DepositTakenBack(device, account, given);
        if (given != 0) vault.release(account, given);
    }

    /// @dev Refuses while a slot may not be settled in which the device was the account's.
    function _requireThrough(address account, uint32 device) private view {
        uint40 until = meters.heldUntil(device, account);
        if (until == 0) return;
        require(until != type(uint40).max, DepositStillNeeded(device, account, 0));
        Description memory its = meters.deviceOf(device).description;
        uint40 end = until + zones.slotSeconds(its.zone, its.carrier) + IImbalance(settlement).PATIENCE() + REST;
        require(block.timestamp >= end, DepositStillNeeded(device, account, end));
    }

    /// @dev What a device needs, 0 when none is asked for.
    function _asked(Device memory d) private view returns (uint64) {
        Description memory its = d.description;
        return its.direction == Direction.Withdrawal ? amountFor[its.zone][its.carrier] : 0;
    }

    /// @dev An account's own name first, then those whose place it took; none when another took its own.
    function _namesOf(address account) private view returns (address[] memory names) {
        address[] memory accounts = new address[](1);
        accounts[0] = account;
        (names,) = membership.namesOf(accounts);
    }

    /// @dev Under which of these names a deposit was placed for a device.
    function _find(uint32 device, address[] memory names) private view returns (address name, uint64 amount) {
        for (uint256 i = 0; i < names.length && amount == 0; ++i) {
            (name, amount) = (names[i], _placed[device][names[i]]);
        }
    }

    function _sum(address[] memory names) private view returns (Security memory s) {
        for (uint256 i = 0; i < names.length; ++i) {
            Security memory one = _securities[names[i]];
            (s.needed, s.held) = (s.needed + one.needed, s.held + one.held);
        }
    }

    /// @dev Adds what is kept under an account's other names to its own.
    function _gather(address account, address[] memory names) private returns (Security storage s) {
        s = _securities[account];
        for (uint256 i = 1; i < names.length; ++i) {
            Security memory one = _securities[names[i]];
            if (one.needed == 0) continue;
            (s.needed, s.held) = (s.needed + one.needed, s.held + one.held);
            delete _securities[names[i]];
        }
    }
}

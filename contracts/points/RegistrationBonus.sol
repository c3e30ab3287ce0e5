// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignedActions} from "../access/SignedActions.sol";
import {ICleanTrades} from "../interfaces/ICleanTrades.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {Device, DeviceStatus, IMeters} from "../interfaces/IMeters.sol";
import {IPowerPoints} from "../interfaces/IPowerPoints.sol";
import {IReadings} from "../interfaces/IReadings.sol";
import {BonusClaim, IRegistrationBonus} from "../interfaces/IRegistrationBonus.sol";
import {Signed} from "../interfaces/ISignedActions.sol";
import {IVault} from "../interfaces/IVault.sol";
import {Reasons} from "../libraries/Reasons.sol";
import {Roles} from "../libraries/Roles.sol";
import {Standing} from "../libraries/Standings.sol";
import {EpochAsks} from "./EpochAsks.sol";

/// @title Points for who registers a device
/// @notice See IRegistrationBonus.
contract RegistrationBonus is IRegistrationBonus, EpochAsks, SignedActions {
    bytes32 public constant CLAIM_BONUS_TYPEHASH =
        keccak256("ClaimBonus(address signer,uint32 device,uint256 nonce,uint256 deadline)");
    bytes32 public constant GIVE_UP_BONUS_TYPEHASH =
        keccak256("GiveUpBonus(address signer,uint32 device,uint256 nonce,uint256 deadline)");

    /// @inheritdoc IRegistrationBonus
    uint256 public constant BONUS = 50;
    /// @inheritdoc IRegistrationBonus
    uint128 public constant DEPOSIT = 10_000_000;
    /// @inheritdoc IRegistrationBonus
    uint256 public constant LEAST_WH = 10_000;

    /// @inheritdoc IRegistrationBonus
    ICleanTrades public immutable cleanTrades;
    /// @inheritdoc IRegistrationBonus
    IReadings public immutable readings;
    /// @inheritdoc IRegistrationBonus
    IVault public immutable vault;
    IMembership private immutable _membership;
    IMeters private immutable _meters;

    /// @inheritdoc IRegistrationBonus
    mapping(uint32 memberOrOwner => uint32 device) public deviceOf;

    mapping(uint32 device => BonusClaim) private _claims;

    constructor(ICleanTrades cleanTrades_, IReadings readings_, IPowerPoints points_)
        EpochAsks(points_, Reasons.REGISTRATION)
        EIP712("Wattbook Registration Bonus", "1")
    {
        cleanTrades = cleanTrades_;
        readings = readings_;
        vault = readings_.vault();
        _membership = readings_.membership();
        _meters = readings_.meters();
    }

    /// @inheritdoc IRegistrationBonus
    function claimOf(uint32 device) external view returns (BonusClaim memory) {
        return _claims[device];
    }

    /// @inheritdoc IRegistrationBonus
    function claim(uint32 device) external {
        _claim(msg.sender, device);
    }

    /// @inheritdoc IRegistrationBonus
    function claimSigned(uint32 device, Signed calldata auth) external {
        _useSigned(auth, keccak256(abi.encode(CLAIM_BONUS_TYPEHASH, auth.signer, device, auth.nonce, auth.deadline)));
        _claim(auth.signer, device);
    }

    /// @inheritdoc IRegistrationBonus
    function giveUp(uint32 device) external {
        _giveUp(msg.sender, device);
    }

    /// @inheritdoc IRegistrationBonus
    function giveUpSigned(uint32 device, Signed calldata auth) external {
        _useSigned(auth, keccak256(abi.encode(GIVE_UP_BONUS_TYPEHASH, auth.signer, device, auth.nonce, auth.deadline)));
        _giveUp(auth.signer, device);
    }

    /// @inheritdoc IRegistrationBonus
    function vest(uint32[] calldata devices, uint16[] calldata months) external {
        for (uint256 i = 1; i < months.length; ++i) {
            require(months[i - 1] < months[i], MonthsOutOfOrder(months[i]));
        }
        for (uint256 i = 0; i < devices.length; ++i) {
            _vest(devices[i], months);
        }
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _claim(address account, uint32 device) private {
        Device memory d = _meters.deviceOf(device);
        require(d.owner == account, IMeters.NotDeviceOwner(device, account));
        require(d.status == DeviceStatus.Certified, IMeters.UnexpectedDeviceStatus(device, d.status));
        require(_claims[device].account == address(0), DeviceClaimed(device));
        Standing memory s = _membership.standingOf(account);
        _requireFree(s.member);
        _requireFree(s.owner);
        deviceOf[s.member] = device;
        deviceOf[s.owner] = device;
        _claims[device] = BonusClaim(account, s.member, s.owner, false);
        emit BonusClaimed(device, account, s.owner);
        vault.lock(account, DEPOSIT, Roles.MARKET);
    }

    function _requireFree(uint32 memberOrOwner) private view {
        uint32 device = deviceOf[memberOrOwner];
        require(device == 0, BonusTaken(memberOrOwner, device));
    }

    function _giveUp(address caller, uint32 device) private {
        BonusClaim memory c = _claims[device];
        require(c.account != address(0) && !c.vested, BonusNotClaimed(device));
        address account = _membership.currentOf(c.account);
        Device memory d = _meters.deviceOf(device);
        bool over = d.owner != account || d.status == DeviceStatus.Retired;
        require(over || caller == account, NotClaimant(device, caller));
        delete _claims[device];
        delete deviceOf[c.member];
        delete deviceOf[c.owner];
        emit BonusGivenUp(device, account);
        vault.release(account, DEPOSIT);
    }

    function _vest(uint32 device, uint16[] calldata months) private {
        BonusClaim storage c = _claims[device];
        if (c.account == address(0) || c.vested) return;
        address account = _membership.currentOf(c.account);
        if (_meters.ownerOf(device) != account) return;
        uint256 wh = 0;
        for (uint256 i = 0; i < months.length; ++i) {
            wh += readings.monthOf(device, months[i]).wh;
        }
        // Under the owner he has by now: he may have been found to be one with another who claimed.
        uint32 owner = _membership.standingOf(account).owner;
        bool traded = deviceOf[owner] == device && cleanTrades.hasTraded(owner);
        if (wh < LEAST_WH || !traded) {
            emit BonusWaits(device, wh, traded);
            return;
        }
        c.vested = true;
        emit BonusVested(device, account);
        _ask(account, BONUS);
        vault.release(account, DEPOSIT);
    }
}

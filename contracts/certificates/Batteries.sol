// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Battery, IBatteries} from "../interfaces/IBatteries.sol";
import {ICleanEnergy} from "../interfaces/ICleanEnergy.sol";
import {Device, DeviceStatus, Direction, IMeters} from "../interfaces/IMeters.sol";
import {InTurn} from "../libraries/InTurn.sol";
import {Roles} from "../libraries/Roles.sol";
import {Slice, Slices} from "../libraries/Slices.sol";
import {Origins} from "./Origins.sol";

/// @title Clean energy through batteries
/// @notice See IBatteries.
contract Batteries is IBatteries, Origins {
    uint256 private constant WHOLE = 10_000;

    /// @inheritdoc IBatteries
    ICleanEnergy public immutable cleanEnergy;
    /// @inheritdoc IBatteries
    mapping(uint32 charging => uint32 device) public batteryCharging;

    mapping(uint32 device => Battery) private _batteries;

    constructor(ICleanEnergy cleanEnergy_) Origins(cleanEnergy_.production()) {
        cleanEnergy = cleanEnergy_;
    }

    /// @inheritdoc IBatteries
    function batteryOf(uint32 device) external view returns (Battery memory) {
        return _batteries[device];
    }

    /// @inheritdoc IBatteries
    function certifyBattery(uint32 charging, uint32 device, uint16 roundTripBps) external {
        membership.requireActive(msg.sender, Roles.OPERATOR);
        require(roundTripBps != 0 && roundTripBps <= WHOLE, InvalidRoundTrip(roundTripBps));
        Device memory into = meters.deviceOf(charging);
        Device memory out = meters.deviceOf(device);
        uint32 owner = membership.standingOf(out.owner).owner;
        require(membership.standingOf(msg.sender).owner != owner, IMeters.ConflictOfInterest(device, owner));
        Battery storage b = _batteries[device];
        bool free = b.charging == 0 && batteryCharging[charging] == 0;
        bool fits = (free || batteryCharging[charging] == device) && _isOne(into, out);
        require(fits, NotBattery(charging, device));
        (b.charging, b.roundTripBps) = (charging, roundTripBps);
        batteryCharging[charging] = device;
        _remember(device, out);
        emit BatteryCertified(device, charging, roundTripBps, msg.sender);
    }

    /// @inheritdoc IBatteries
    function discharge(
        uint32 device,
        uint40 since,
        uint40 until,
        uint40 wh,
        uint256[] calldata ids,
        uint256[] calldata amounts
    ) external returns (uint256 id) {
        membership.requireActive(msg.sender, 0);
        Slice memory out;
        (out.carrier, out.device) = (_marks[device].carrier, device);
        (out.since, out.until, out.wh) = (since, until, wh);
        for (uint256 i = 0; i < ids.length; ++i) {
            require(Slices.until(ids[i]) <= until, MadeLater(ids[i]));
            require(Slices.carrier(ids[i]) == out.carrier, ICleanEnergy.OtherCarrier(ids[i]));
        }
        uint64 grey = _release(out);
        (uint256[] memory used, uint256[] memory taken, uint256 expires) =
            InTurn.take(ids, amounts, _account(device, until, wh));
        out.expires = uint40(expires);
        id = cleanEnergy.turn(msg.sender, used, taken, out);
        emit BatteryDischarged(device, msg.sender, id, grey, used, taken);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    /// @dev Takes what came out off its counter, and says how much was passed over.
    function _release(Slice memory out) private returns (uint64 grey) {
        uint32 device = out.device;
        uint32 charging = _batteries[device].charging;
        require(charging != 0, NotBattery(charging, device));
        uint64 mark = _marks[device].mark;
        uint64 begun = production.countedUntil(device, out.since);
        out.first = begun > mark ? begun : mark;
        uint40 last = _requireMade(device, out.since, out.until, out.first, out.wh);
        _requireOwn(device, out.since, last);
        _requireOwn(charging, out.since, last);
        _marks[device].mark = out.first + out.wh;
        return out.first - mark;
    }

    /// @dev Accounts for what went in, and says how much that is.
    function _account(uint32 device, uint40 until, uint256 wh) private returns (uint256 burned) {
        Battery storage b = _batteries[device];
        burned = (wh * WHOLE + b.roundTripBps - 1) / b.roundTripBps;
        uint256 charged = production.countedUntil(b.charging, until);
        uint256 left = charged > b.spent ? charged - b.spent : 0;
        require(burned <= left, NotCharged(b.charging, left, burned));
        b.spent += uint64(burned);
    }

    function _requireOwn(uint32 device, uint40 since, uint40 end) private view {
        address owner = _ownerThroughout(device, since, end);
        require(owner == msg.sender, IMeters.NotDeviceOwner(device, msg.sender));
    }

    function _isOne(Device memory into, Device memory out) private pure returns (bool) {
        bool certified = into.status == DeviceStatus.Certified && out.status == DeviceStatus.Certified;
        bool both =
            into.description.direction == Direction.Withdrawal && out.description.direction == Direction.Injection;
        bool store = into.description.stores && out.description.stores;
        bool same = into.owner == out.owner && into.description.site == out.description.site
            && into.description.zone == out.description.zone && into.description.carrier == out.description.carrier;
        return certified && both && store && same;
    }
}

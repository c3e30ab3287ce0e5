// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMembership} from "../interfaces/IMembership.sol";
import {IMemberToken} from "../interfaces/IMemberToken.sol";
import {Device, DeviceStatus, IMeters} from "../interfaces/IMeters.sol";
import {IOrigins, Mark} from "../interfaces/IOrigins.sol";
import {IProduction} from "../interfaces/IProduction.sol";
import {IZones} from "../interfaces/IZones.sol";
import {Carrier} from "../libraries/Carriers.sol";

/// @title Base of the contracts that take ranges off devices' counters
/// @notice See IOrigins.
abstract contract Origins is IOrigins {
    /// @inheritdoc IOrigins
    IProduction public immutable production;
    /// @inheritdoc IOrigins
    IMeters public immutable meters;
    /// @inheritdoc IOrigins
    IMembership public immutable membership;
    IZones private immutable _zones;

    mapping(uint32 device => Mark) internal _marks;

    constructor(IProduction production_) {
        production = production_;
        meters = production_.readings().meters();
        membership = meters.membership();
        _zones = meters.zones();
    }

    /// @inheritdoc IOrigins
    function markOf(uint32 device) external view returns (Mark memory) {
        return _marks[device];
    }

    // ------------------------------------------------------------------------------------------------------ inside

    /// @dev Makes a device known. What its description says never changes.
    function _remember(uint32 device, Device memory d) internal {
        Mark storage m = _marks[device];
        (m.zone, m.carrier) = (d.description.zone, uint8(d.description.carrier));
        m.slotSeconds = _zones.slotSeconds(d.description.zone, d.description.carrier);
    }

    /// @dev To whom a device that is not suspended belonged in all of some slots; in each it is whose it was at its start.
    function _ownerThroughout(uint32 device, uint40 since, uint40 end) internal view returns (address owner) {
        DeviceStatus status = meters.statusOf(device);
        require(status != DeviceStatus.Suspended, IMeters.UnexpectedDeviceStatus(device, status));
        uint40 until;
        (owner, until) = meters.tenureAt(device, since);
        require(until == 0 || end < until, ChangedHands(device, until));
    }

    /// @dev That a range on a device's counter was made in just these slots.
    /// @return last start of the last of them
    function _requireMade(uint32 device, uint40 since, uint40 until, uint256 first, uint256 wh)
        internal
        view
        returns (uint40 last)
    {
        Mark memory m = _marks[device];
        require(since % m.slotSeconds == 0, IZones.OffGrid(m.zone, Carrier(m.carrier), since));
        require(until % m.slotSeconds == 0, IZones.OffGrid(m.zone, Carrier(m.carrier), until));
        require(wh != 0, IMemberToken.ZeroAmount());
        uint256 end = first + wh;
        require(since < until, MadeInOtherSlots(device, first, wh));
        (uint256 begun, uint256 ended) = _counters(device, since);
        bool fits = begun <= first && first < ended;
        last = until - m.slotSeconds;
        if (last != since) (begun, ended) = _counters(device, last);
        fits = fits && begun < end && end <= ended;
        if (fits) return last;
        uint256 total = production.totalOf(device);
        require(end <= total, NotRecorded(device, total > first ? total - first : 0, wh));
        revert MadeInOtherSlots(device, first, wh);
    }

    /// @dev A device's counter at the start and the end of a slot.
    function _counters(uint32 device, uint40 slotStart) private view returns (uint256 begun, uint256 ended) {
        begun = production.countedUntil(device, slotStart);
        ended = begun + production.countedIn(device, slotStart);
    }
}

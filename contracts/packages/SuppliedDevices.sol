// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEnergyPackages} from "../interfaces/IEnergyPackages.sol";
import {Description, IMeters} from "../interfaces/IMeters.sol";
import {ISuppliedDevices} from "../interfaces/ISuppliedDevices.sol";
import {ISuppliers} from "../interfaces/ISuppliers.sol";
import {Kind} from "../interfaces/ITariffs.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {Counts} from "../libraries/Counts.sol";
import {MonthlyChanges} from "../libraries/MonthlyChanges.sol";
import {Months} from "../libraries/Months.sol";
import {SuppliedWords} from "../libraries/SuppliedWords.sol";

/// @title Which devices are supplied
/// @notice See ISuppliedDevices. Of a device's words none begins before the one in front of it ends.
contract SuppliedDevices is ISuppliedDevices {
    using Counts for Counts.History;
    using MonthlyChanges for mapping(uint256 place => uint256);
    using SuppliedWords for uint256;

    /// @notice How many devices a provider supplies. What changes with a month is known ahead; what changes within one is counted
    /// apart until that month is over.
    /// @param monthly by months since the first
    /// @param begun within a month
    /// @param retired within a month
    struct Customers {
        mapping(uint256 place => uint256) monthly;
        mapping(uint256 month => Counts.History) begun;
        mapping(uint256 month => Counts.History) retired;
    }

    /// @inheritdoc ISuppliedDevices
    IEnergyPackages public immutable packages;
    /// @inheritdoc ISuppliedDevices
    IMeters public immutable meters;
    uint256 private immutable _firstMonth;

    mapping(uint32 device => uint256[]) private _supplied;
    mapping(uint256 providerZoneAndCarrier => Customers) private _customers;

    constructor(IEnergyPackages packages_) {
        packages = packages_;
        meters = packages_.meters();
        _firstMonth = Months.at(block.timestamp);
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc ISuppliers
    function supplierOf(uint32 device, uint40 time) external view returns (address) {
        return _supplyAt(device, time).provider();
    }

    /// @inheritdoc ISuppliers
    function suppliedAt(address provider, uint16 zone, Carrier carrier, uint40 time) external view returns (uint256) {
        uint256 month = Months.at(time);
        if (month < _firstMonth) return 0;
        Customers storage c = _customers[_placeOf(provider, zone, carrier)];
        (uint256 begun,) = c.begun[month].at(time);
        (uint256 retired,) = c.retired[month].at(time);
        return uint256(c.monthly.at(month - _firstMonth)) + begun - retired;
    }

    // ---------------------------------------------------------------------------------------------------- packages

    /// @inheritdoc ISuppliedDevices
    function begin(uint32 device, address provider, uint16 first, uint16 until, uint256 subscription) external {
        uint256[] storage all = _openedBy(device, subscription);
        if (all.length != 0) {
            uint16 end_ = all[all.length - 1].until();
            require(end_ <= first, DeviceSupplied(device, end_));
            (uint40 read, uint40 from) = _silentFrom(device, all[0]);
            require(block.timestamp < from, DeviceSilent(device, read));
        }
        Customers storage c = _customersOf(provider, device);
        uint256 since = Months.startOf(first);
        if (block.timestamp < since) {
            _change(c, first, 1);
        } else {
            // What it counted of this month before is not the provider's: that may be settled.
            since = block.timestamp;
            _countNow(c.begun[first]);
            _change(c, first + 1, 1);
        }
        _change(c, until, -1);
        all.push(SuppliedWords.pack(provider, since, until, subscription));
        meters.markSupplied(device, provider);
    }

    /// @inheritdoc ISuppliedDevices
    function end(uint32 device, uint256 subscription, uint16 until) external {
        _requirePackages();
        uint256[] storage all = _supplied[device];
        for (uint256 i = all.length; i != 0; --i) {
            uint256 word = all[i - 1];
            if (word.subscription() == subscription && until < word.until()) _move(device, all, i - 1, until);
        }
    }

    /// @inheritdoc ISuppliedDevices
    function goOn(uint32 device, uint256 subscription, uint16 until) external returns (bool inTime) {
        uint256[] storage all = _openedBy(device, subscription);
        // Nobody would ever read what is retired.
        if (all.length == 0 || meters.retiredAt(device) != 0) return false;
        uint256 word = all[all.length - 1];
        inTime = word.subscription() == subscription && Months.at(block.timestamp) < word.until();
        if (inTime) _move(device, all, all.length - 1, until);
    }

    // ------------------------------------------------------------------------------------------------------ meters

    /// @inheritdoc ISuppliers
    function deviceLeft(uint32 device) external {
        require(msg.sender == address(meters), NotMeters(msg.sender));
        _endAll(device, meters.retiredAt(device) != 0);
    }

    // ------------------------------------------------------------------------------------------------------ anyone

    /// @inheritdoc ISuppliedDevices
    function endSilent(uint32 device) external {
        uint256 word = _supplyAt(device, block.timestamp);
        require(word != 0, NotSilent(device, 0));
        uint256 subscription = word.subscription();
        bool byArea = packages.subscriptionOf(subscription).kind == Kind.Area;
        require(!byArea, IEnergyPackages.PaidByArea(subscription));
        (, uint40 from) = _silentFrom(device, word);
        require(block.timestamp >= from, NotSilent(device, from));
        _endAll(device, false);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    /// @dev What runs ends with this month, what comes later before it begins.
    function _endAll(uint32 device, bool retired) private {
        uint256 month = Months.at(block.timestamp);
        uint256[] storage all = _supplied[device];
        for (uint256 i = all.length; i != 0 && month < all[i - 1].until(); --i) {
            uint256 word = all[i - 1];
            uint256 first = word.first();
            // The month that runs is supplied to its end, but nobody reads what is retired.
            uint256 until = first <= month ? month + 1 : first;
            if (retired && first <= month) _countNow(_customersOf(word.provider(), device).retired[month]);
            if (until == word.until()) continue;
            _move(device, all, i - 1, until);
            packages.supplyEnded(word.subscription(), uint16(until));
        }
    }

    /// @dev A device's words without those at their end that never began: settlement would have to look through them.
    function _openedBy(uint32 device, uint256 subscription) private returns (uint256[] storage all) {
        _requirePackages();
        all = _supplied[device];
        while (all.length != 0) {
            uint256 last = all[all.length - 1];
            if (last.subscription() == subscription || !last.neverBegan()) break;
            all.pop();
        }
    }

    /// @dev When a device was read last, and from when on it is silent that was supplied since this word began.
    function _silentFrom(uint32 device, uint256 word) private view returns (uint40 read, uint40 from) {
        (read,,) = packages.readings().lastOf(device);
        from = (word.since() > read ? uint40(word.since()) : read) + packages.rules().SILENCE();
    }

    /// @dev The word of whose it is at a time, 0 when it is nobody's.
    function _supplyAt(uint32 device, uint256 time) private view returns (uint256) {
        uint256 month = Months.at(time);
        uint256[] storage all = _supplied[device];
        for (uint256 i = all.length; i != 0; --i) {
            uint256 word = all[i - 1];
            if (word.since() <= time && month < word.until()) return word;
        }
        return 0;
    }

    function _move(uint32 device, uint256[] storage all, uint256 place, uint256 until) private {
        uint256 word = all[place];
        Customers storage c = _customersOf(word.provider(), device);
        _change(c, word.until(), 1);
        _change(c, until, -1);
        all[place] = word.withUntil(until);
    }

    function _change(Customers storage c, uint256 month, int32 change) private {
        if (month != SuppliedWords.OPEN) c.monthly.add(month - _firstMonth, change);
    }

    function _countNow(Counts.History storage history) private {
        history.change(block.timestamp, history.current() + 1);
    }

    function _customersOf(address provider, uint32 device) private view returns (Customers storage) {
        Description memory its = meters.deviceOf(device).description;
        return _customers[_placeOf(provider, its.zone, its.carrier)];
    }

    function _requirePackages() private view {
        require(msg.sender == address(packages), NotPackages(msg.sender));
    }

    function _placeOf(address provider, uint16 zone, Carrier carrier) private pure returns (uint256) {
        return uint256(uint160(provider)) | uint256(zone) << 160 | uint256(carrier) << 176;
    }
}

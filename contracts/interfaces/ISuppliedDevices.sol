// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IEnergyPackages} from "./IEnergyPackages.sol";
import {IMeters} from "./IMeters.sol";
import {ISuppliers} from "./ISuppliers.sol";

/// @title Which devices are supplied
/// @notice For which months what a device counts is whose, as EnergyPackages says, and how many devices that makes of a provider.
/// Supply ends with a month, and begins with one; what begins in the month that runs begins at once, and not before.
interface ISuppliedDevices is ISuppliers {
    /// @notice Thrown when a device is supplied already.
    error DeviceSupplied(uint32 device, uint16 until);
    /// @notice Thrown when a device that was supplied before was not read within {IPackageRules.SILENCE}; when it was read last.
    error DeviceSilent(uint32 device, uint40 read);
    /// @notice Thrown when a device is not supplied now, or was read, or its supply began, less than {IPackageRules.SILENCE}
    /// before; from when on its supply can be ended, 0 when it has none.
    error NotSilent(uint32 device, uint40 from);
    /// @notice Thrown when somebody else than the devices' book tells of devices.
    error NotMeters(address caller);
    /// @notice Thrown when somebody else than the packages' contract says who is supplied.
    error NotPackages(address caller);

    /// @notice Where packages are sold.
    function packages() external view returns (IEnergyPackages);

    /// @notice The devices.
    function meters() external view returns (IMeters);

    /// @notice From the month `first` on, until the month `until`, what the device counts is the provider's.
    ///
    /// Emits nothing: the packages' contract says why.
    ///
    /// Requirements:
    /// - the caller is that contract;
    /// - the device is not supplied from that month on;
    /// - supply of it never began, or did so within {IPackageRules.SILENCE}, or it was read within that.
    function begin(uint32 device, address provider, uint16 first, uint16 until, uint256 subscription) external;

    /// @notice Ends with the month before `until` what would end later, or not at all.
    ///
    /// Emits nothing: the packages' contract says why.
    ///
    /// Requirements:
    /// - the caller is that contract. What is not supplied changes nothing.
    function end(uint32 device, uint256 subscription, uint16 until) external;

    /// @notice Lets what was to end go on until the month `until`.
    /// @return inTime whether it does: it has not ended yet, nothing comes after it, and the device is not retired
    ///
    /// Emits nothing: the packages' contract says why.
    ///
    /// Requirements:
    /// - the caller is that contract.
    function goOn(uint32 device, uint256 subscription, uint16 until) external returns (bool inTime);

    /// @notice Ends with this month the supply of a device that nobody reads any more, as if it was retired: its provider would have
    /// to take for it what it took before, and nobody would pay him.
    ///
    /// Emits what {IEnergyPackages.supplyEnded} does.
    ///
    /// Requirements:
    /// - the device is supplied now, and neither was read nor began to be supplied within {IPackageRules.SILENCE};
    /// - its supply is not paid by area: that is paid for whether it is read or not.
    function endSilent(uint32 device) external;
}

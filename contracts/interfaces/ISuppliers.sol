// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";

/// @title Who supplies the devices of others
interface ISuppliers {
    /// @notice Who takes what a device counts from a time on for its owner, zero when nobody does.
    function supplierOf(uint32 device, uint40 time) external view returns (address);

    /// @notice How many devices of a carrier a provider supplied in a zone at a time: so many readings he needs beside those of
    /// his own.
    function suppliedAt(address provider, uint16 zone, Carrier carrier, uint40 time) external view returns (uint256);

    /// @notice Tells that a device which is supplied moved to another account, or was retired.
    ///
    /// Emits what follows from it.
    ///
    /// Requirements:
    /// - the caller is the devices' book.
    function deviceLeft(uint32 device) external;
}

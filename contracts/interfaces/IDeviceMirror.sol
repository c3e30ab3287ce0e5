// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title A contract that keeps its own copy of devices, so that its callers need not ask Meters
interface IDeviceMirror {
    /// @notice Copies a device from Meters. What is copied is the truth, so anyone may call.
    ///
    /// Emits {SourceChanged} when something changed that the mirror knows of.
    ///
    /// Requirements: none.
    function sync(uint32 device) external;
}

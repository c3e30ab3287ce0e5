// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title A contract whose parameters only the authority changes
interface IGoverned {
    /// @notice Thrown when the caller is not the authority.
    error NotAuthority(address caller);
    /// @notice Thrown when an address that must be somebody's is zero.
    error ZeroAddress();

    /// @notice The timelock that may change parameters here; fixed at deployment.
    function authority() external view returns (address);
}

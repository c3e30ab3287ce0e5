// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title A contract that keeps things until one other contract settles them
interface ISettled {
    event SettlementSet(address indexed settlement);

    /// @notice Thrown when who settles was named already.
    error SettlementAlreadySet(address settlement);
    /// @notice Thrown when somebody else than who settles calls.
    error NotSettlement(address caller);

    /// @notice The contract that settles, zero before it is named.
    function settlement() external view returns (address);

    /// @notice Names the contract that settles, once.
    ///
    /// Emits {SettlementSet}.
    ///
    /// Requirements:
    /// - the caller is the authority; none was named before.
    function setSettlement(address settlement_) external;
}

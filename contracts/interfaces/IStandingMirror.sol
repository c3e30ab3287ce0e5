// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title A contract that keeps its own copy of standings, so that its callers need not ask Membership
interface IStandingMirror {
    /// @notice Copies the standing of `account` from Membership. What is copied is the truth, so anyone may call.
    ///
    /// Emits {AccountReplaced} when the account was replaced and its balance moves to its successor.
    ///
    /// Requirements: none.
    function sync(address account) external;
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMemberToken} from "./IMemberToken.sol";

/// @title PP, the points that reward clean energy, registration, computation and bookkeeping
/// @notice Whole points. The rules that decide who earns how many live in contracts of their own; each of them holds the
/// port for its reason and can issue at most that reason's budget for an epoch, once for a source. How points are used
/// lives elsewhere too: whoever takes them in payment burns them.
interface IPowerPoints is IMemberToken {
    /// @notice Points were issued; `source` names what they were earned with.
    event Issued(
        uint16 indexed reason, bytes32 indexed source, uint32 indexed epoch, address[] accounts, uint256[] amounts
    );
    /// @notice Points were used up; `useReference` names what for.
    event Used(address indexed account, address indexed by, uint256 amount, bytes32 indexed useReference);
    event PortSet(uint16 indexed reason, address indexed issuer);
    event BudgetSet(uint16 indexed reason, uint32 indexed fromEpoch, uint128 amount);

    /// @notice Thrown when the caller does not hold the port for a reason.
    error NotPortHolder(uint16 reason, address caller);
    /// @notice Thrown when a source was rewarded for this reason before.
    error SourceUsed(uint16 reason, bytes32 source);
    /// @notice Thrown when points are issued for a future epoch, or a budget is set for any but this epoch and the next;
    /// only a reason's first budget may be for one that is over.
    error EpochNotOpen(uint32 epoch, uint32 current);
    /// @notice Thrown when a budget is set for this epoch after the next one has got its own.
    error BudgetOutOfOrder(uint16 reason, uint32 fromEpoch, uint32 latest);
    /// @notice Thrown when an epoch's budget does not cover an issue.
    error BudgetExceeded(uint16 reason, uint32 epoch, uint256 left, uint256 asked);
    /// @notice Thrown when accounts and amounts differ in number, or there are none.
    error ListsDiffer(uint256 accounts, uint256 amounts);
    /// @notice Thrown when a source or reference is zero.
    error EmptyReference();

    /// @notice Seconds in an epoch; epoch 0 began at Unix time 0.
    function epochLength() external view returns (uint40);

    /// @notice The epoch of this block.
    function currentEpoch() external view returns (uint32);

    /// @notice The contract that may issue for a reason, zero when none may.
    function portOf(uint16 reason) external view returns (address);

    /// @notice The points that may be issued for a reason in an epoch, all in all.
    function budgetOf(uint16 reason, uint32 epoch) external view returns (uint256);

    /// @notice The points that were issued for a reason in an epoch.
    function issuedIn(uint16 reason, uint32 epoch) external view returns (uint256);

    /// @notice Whether a source was rewarded for a reason.
    function isSourceUsed(uint16 reason, bytes32 source) external view returns (bool);

    /// @notice Issues the points earned with one source, to one account or several.
    ///
    /// Emits {Transfer} for each account and {Issued}.
    ///
    /// Requirements:
    /// - the caller holds the port for `reason`;
    /// - `source` is new for this reason and not zero; the epoch has begun and its budget covers the sum;
    /// - the lists are of one length, not empty; every account was ever admitted, and a replaced account's place is taken
    ///   by its replacement.
    function issue(uint16 reason, bytes32 source, uint32 epoch, address[] calldata accounts, uint256[] calldata amounts)
        external;

    /// @notice Uses up points of `account` under its allowance, or the caller's own.
    ///
    /// Emits {Transfer} and {Used}.
    ///
    /// Requirements:
    /// - the caller is `account` or has its allowance for `amount`;
    /// - the account was ever admitted, was not replaced, and has the right to spend;
    /// - `amount` is not zero, the account holds it; the reference is not zero.
    function use(address account, uint256 amount, bytes32 useReference) external;

    /// @notice Gives the port for a reason to a contract, or to none.
    ///
    /// Emits {PortSet}.
    ///
    /// Requirements:
    /// - the caller is the authority.
    function setPort(uint16 reason, address issuer) external;

    /// @notice Sets a reason's budget for an epoch and all that follow.
    ///
    /// Emits {BudgetSet}.
    ///
    /// Requirements:
    /// - the caller is the authority;
    /// - the epoch is this one or the next, or an earlier one for a reason that has no budget yet; the one after it has no
    ///   budget of its own.
    function setBudget(uint16 reason, uint32 fromEpoch, uint128 amount) external;
}

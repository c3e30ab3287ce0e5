// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IMembership} from "./IMembership.sol";
import {Signed} from "./ISignedActions.sol";

/// @title An ERC-20 that only members hold
/// @notice With ERC-2612 permits. `transfer` and `transferFrom` also revert with what {IMembership-checkTransfer} says: both sides must be
/// active members, and a contract of the market takes tokens only by pulling them.
interface IMemberToken is IERC20 {
    /// @notice A replaced account's balance moved to the account in its place.
    event BalanceRecovered(address indexed account, address indexed replacement, uint256 amount);

    /// @notice Thrown when an amount is zero where that makes no sense.
    error ZeroAmount();
    /// @notice Thrown when an account whose balance shall be recovered was not replaced.
    error NotReplaced(address account);

    /// @notice EIP-712 type of {transferSigned}.
    function TRANSFER_TYPEHASH() external view returns (bytes32);

    /// @notice The members' book.
    function membership() external view returns (IMembership);

    /// @notice `transfer`, signed by the holder.
    ///
    /// Emits {Transfer} and {NonceUsed}.
    ///
    /// Requirements:
    /// - a valid signature of Transfer;
    /// - both accounts are active, the signer holds `amount`.
    function transferSigned(address to, uint256 amount, Signed calldata auth) external;

    /// @notice Moves the whole balance of a lost key to the account that replaced it; anyone may send it.
    ///
    /// Emits {Transfer} and {BalanceRecovered}.
    ///
    /// Requirements:
    /// - Membership has completed a recovery of `account`.
    function recoverBalance(address account) external;
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {SignedActions} from "../access/SignedActions.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IMemberToken} from "../interfaces/IMemberToken.sol";
import {Signed} from "../interfaces/ISignedActions.sol";

/// @title Base of the tokens that only members hold
abstract contract MemberToken is IMemberToken, ERC20Permit, SignedActions {
    bytes32 public constant TRANSFER_TYPEHASH =
        keccak256("Transfer(address signer,address to,uint256 amount,uint256 nonce,uint256 deadline)");

    /// @inheritdoc IMemberToken
    IMembership public immutable membership;

    constructor(IMembership membership_) {
        membership = membership_;
    }

    /// @inheritdoc IMemberToken
    function transferSigned(address to, uint256 amount, Signed calldata auth) external {
        _useSigned(auth, keccak256(abi.encode(TRANSFER_TYPEHASH, auth.signer, to, amount, auth.nonce, auth.deadline)));
        _requireTransfer(auth.signer, auth.signer, to);
        _move(auth.signer, to, amount);
    }

    /// @inheritdoc IMemberToken
    function recoverBalance(address account) external {
        address replacement = membership.currentOf(account);
        require(replacement != account, NotReplaced(account));
        uint256 amount = balanceOf(account);
        _move(account, replacement, amount);
        emit BalanceRecovered(account, replacement, amount);
    }

    /// @dev Money and points leave the market through its owner only: neither a replaced key nor one without the right to
    /// spend can redeem or use them up.
    function _requireSpender(address account) internal view {
        require(membership.payoutOf(account) == account, IMembership.SpendNotAllowed(account, account));
    }

    /// @dev Every transfer between accounts passes here; minting and burning have rules of their own.
    function _update(address from, address to, uint256 amount) internal virtual override {
        if (from != address(0) && to != address(0)) _requireTransfer(msg.sender, from, to);
        _move(from, to, amount);
    }

    function _requireTransfer(address operator, address from, address to) internal view virtual {
        membership.checkTransfer(operator, from, to);
    }

    /// @dev Every change of balances passes here, a recovered one too.
    function _move(address from, address to, uint256 amount) internal virtual {
        ERC20._update(from, to, amount);
    }
}

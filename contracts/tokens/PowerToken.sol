// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IPowerToken} from "../interfaces/IPowerToken.sol";
import {Signed} from "../interfaces/ISignedActions.sol";
import {Roles} from "../libraries/Roles.sol";
import {MemberToken} from "./MemberToken.sol";

/// @title PT, the market's medium of settlement
/// @notice See IPowerToken.
contract PowerToken is IPowerToken, MemberToken {
    bytes32 public constant REDEEM_TYPEHASH = keccak256(
        "Redeem(address signer,uint32 issuer,uint256 amount,bytes32 paymentReference,uint256 nonce,uint256 deadline)"
    );

    /// @inheritdoc IPowerToken
    mapping(uint32 issuer => uint256 amount) public reserveOf;
    /// @inheritdoc IPowerToken
    mapping(uint32 issuer => mapping(bytes32 receipt => uint256 amount)) public receiptOf;

    constructor(IMembership membership_)
        ERC20("Wattbook Power Token", "PT")
        ERC20Permit("Wattbook Power Token")
        MemberToken(membership_)
    {}

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /// @inheritdoc IPowerToken
    function mint(address to, uint256 amount, bytes32 receipt) external {
        uint32 issuer = membership.requireActive(msg.sender, Roles.ISSUER);
        require(amount != 0, ZeroAmount());
        require(receipt != 0, EmptyReference());
        require(receiptOf[issuer][receipt] == 0, ReceiptUsed(issuer, receipt));
        require(membership.requireActive(to, 0) != 0, IMembership.SystemAccountPulls(to));
        receiptOf[issuer][receipt] = amount;
        reserveOf[issuer] += amount;
        _mint(to, amount);
        require(totalSupply() <= type(uint128).max, SupplyTooLarge(totalSupply()));
        emit Minted(issuer, to, amount, receipt);
    }

    /// @inheritdoc IPowerToken
    function redeem(uint32 issuer, uint256 amount, bytes32 paymentReference) external {
        _redeem(msg.sender, issuer, amount, paymentReference);
    }

    /// @inheritdoc IPowerToken
    function redeemSigned(uint32 issuer, uint256 amount, bytes32 paymentReference, Signed calldata auth) external {
        _useSigned(
            auth,
            keccak256(
                abi.encode(REDEEM_TYPEHASH, auth.signer, issuer, amount, paymentReference, auth.nonce, auth.deadline)
            )
        );
        _redeem(auth.signer, issuer, amount, paymentReference);
    }

    function _redeem(address account, uint32 issuer, uint256 amount, bytes32 paymentReference) private {
        _requireSpender(account);
        require(amount != 0, ZeroAmount());
        require(paymentReference != 0, EmptyReference());
        uint256 reserve = reserveOf[issuer];
        require(amount <= reserve, ReserveTooSmall(issuer, reserve, amount));
        reserveOf[issuer] = reserve - amount;
        _burn(account, amount);
        emit Redeemed(issuer, account, amount, paymentReference);
    }
}

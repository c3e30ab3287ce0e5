// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMemberToken} from "./IMemberToken.sol";
import {Signed} from "./ISignedActions.sol";

/// @title PT, the market's medium of settlement
/// @notice 1 PT = 1,000,000 uPT = one unit of the currency that issuers hold for it. Tokens come into being against a
/// receipt for money received and end with its repayment, so at any time the supply equals the sum of all issuers'
/// recorded reserves.
interface IPowerToken is IMemberToken {
    /// @notice An issuer received money and issued as much.
    event Minted(uint32 indexed issuer, address indexed to, uint256 amount, bytes32 indexed receipt);
    /// @notice A holder gave tokens back; the issuer owes him the money.
    event Redeemed(uint32 indexed issuer, address indexed account, uint256 amount, bytes32 indexed paymentReference);

    /// @notice Thrown when an issuer uses a receipt a second time.
    error ReceiptUsed(uint32 issuer, bytes32 receipt);
    /// @notice Thrown when the supply would no longer fit the accounts of the Vault.
    error SupplyTooLarge(uint256 supply);
    /// @notice Thrown when an issuer is asked for more than he holds.
    error ReserveTooSmall(uint32 issuer, uint256 reserve, uint256 asked);
    /// @notice Thrown when a receipt or reference is zero.
    error EmptyReference();

    /// @notice EIP-712 type of {redeemSigned}.
    function REDEEM_TYPEHASH() external view returns (bytes32);

    /// @notice The money that the issuer with this member id has received and not paid back, in uPT.
    function reserveOf(uint32 issuer) external view returns (uint256);

    /// @notice What was minted against a receipt, 0 when it is unused.
    function receiptOf(uint32 issuer, bytes32 receipt) external view returns (uint256);

    /// @notice Issues tokens against money received.
    ///
    /// Emits {Transfer} and {Minted}.
    ///
    /// Requirements:
    /// - the caller is an active issuer who has not used `receipt`, which is not zero;
    /// - `to` is an active member; `amount` is not zero and the supply stays below 2^128.
    function mint(address to, uint256 amount, bytes32 receipt) external;

    /// @notice Gives tokens back to the issuer, who pays out under `paymentReference`.
    ///
    /// Emits {Transfer} and {Redeemed}.
    ///
    /// Requirements:
    /// - the caller was ever admitted, was not replaced, and has the right to spend;
    /// - `amount` is not zero, the caller holds it and the issuer's reserve covers it; the reference is not zero.
    function redeem(uint32 issuer, uint256 amount, bytes32 paymentReference) external;

    /// @notice {redeem}, signed by the holder.
    ///
    /// Emits {Transfer}, {Redeemed} and {NonceUsed}.
    ///
    /// Requirements: those of {redeem}, and a valid signature of Redeem.
    function redeemSigned(uint32 issuer, uint256 amount, bytes32 paymentReference, Signed calldata auth) external;
}

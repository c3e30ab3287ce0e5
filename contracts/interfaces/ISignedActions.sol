// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice The proof that an account wants an action, carried by whoever pays its gas.
/// @param signer the account that acts
/// @param nonce any number the signer has not used in this contract; order does not matter
/// @param deadline last second in which the signature counts
/// @param signature ECDSA (65 bytes) over the action's EIP-712 digest, or what the signer's ERC-1271 contract accepts
struct Signed {
    address signer;
    uint256 nonce;
    uint256 deadline;
    bytes signature;
}

/// @title Actions that a member signs and anybody may send
/// @notice Each signed action is an EIP-712 struct of the signer, the action's own fields, nonce and deadline. The domain
/// binds it to this contract and this chain. A call that fails for any reason uses up nothing.
interface ISignedActions {
    /// @notice A nonce can no longer be used: its action was taken, or its signer withdrew it.
    event NonceUsed(address indexed signer, uint256 nonce);

    /// @notice Thrown when a signature arrives after its deadline.
    error SignatureExpired(uint256 deadline);
    /// @notice Thrown when a nonce was used or withdrawn before.
    error NonceAlreadyUsed(address signer, uint256 nonce);
    /// @notice Thrown when a signature is not the signer's over this action, this contract and this chain.
    error InvalidSignature(address signer);

    /// @notice Whether `signer` can no longer use `nonce` here.
    function isNonceUsed(address signer, uint256 nonce) external view returns (bool);

    /// @notice Withdraws a signature before anybody sends it.
    ///
    /// Emits {NonceUsed}.
    ///
    /// Requirements:
    /// - the caller has not used `nonce`.
    function cancelNonce(uint256 nonce) external;
}

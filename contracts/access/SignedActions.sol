// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ISignedActions, Signed} from "../interfaces/ISignedActions.sol";

/// @title Base of contracts whose actions can be signed and relayed
abstract contract SignedActions is ISignedActions, EIP712 {
    /// One bit a nonce: 256 nonces that share their upper bits share a slot, so a signer who counts pays little.
    mapping(address signer => mapping(uint256 word => uint256 bits)) private _used;

    /// @inheritdoc ISignedActions
    function cancelNonce(uint256 nonce) external {
        _useNonce(msg.sender, nonce);
    }

    /// @inheritdoc ISignedActions
    function isNonceUsed(address signer, uint256 nonce) public view returns (bool) {
        return _used[signer][nonce >> 8] & (1 << (nonce & 0xff)) != 0;
    }

    /// @dev `structHash` must cover the signer, every field of the action, the nonce and the deadline.
    function _useSigned(Signed calldata auth, bytes32 structHash) internal {
        _requireSignature(auth.signer, auth.deadline, structHash, auth.signature);
        _useNonce(auth.signer, auth.nonce);
    }

    /// @dev For what can happen only once by its nature and so needs no nonce.
    function _requireSignature(address signer, uint256 deadline, bytes32 structHash, bytes calldata signature)
        internal
        view
    {
        require(block.timestamp <= deadline, SignatureExpired(deadline));
        bytes32 digest = _hashTypedDataV4(structHash);
        require(SignatureChecker.isValidSignatureNow(signer, digest, signature), InvalidSignature(signer));
    }

    function _useNonce(address signer, uint256 nonce) private {
        uint256 bit = 1 << (nonce & 0xff);
        uint256 bits = _used[signer][nonce >> 8];
        require(bits & bit == 0, NonceAlreadyUsed(signer, nonce));
        _used[signer][nonce >> 8] = bits | bit;
        emit NonceUsed(signer, nonce);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {Curve, Key} from "../interfaces/IMeters.sol";

/// @title What a device's key signed
/// @notice Each key has one spelling, or it could be registered twice.
library DeviceKeys {
    function isSigned(Key memory key, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        if (key.curve == Curve.Secp256k1) {
            (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest, signature);
            return failure == ECDSA.RecoverError.NoError && key.x == bytes32(uint256(uint160(signer))) && key.y == 0;
        }
        return
            signature.length == 64
                && P256.verify(digest, bytes32(signature[:32]), bytes32(signature[32:]), key.x, key.y);
    }
}

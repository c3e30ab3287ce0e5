// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Governed} from "../access/Governed.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IReadings, ShortSignature} from "../interfaces/IReadings.sol";
import {Roles} from "../libraries/Roles.sol";
import {Standing, Standings} from "../libraries/Standings.sol";

/// @title Enough attesters say so
/// @notice The first of the four layers of Readings. Who is an attester says Membership: whoever is suspended there, or
/// loses the role, counts no more from that moment on.
abstract contract Attesters is IReadings, EIP712, Governed {
    /// @inheritdoc IReadings
    uint8 public constant MAX_SIGNERS = 32;

    /// @inheritdoc IReadings
    IMembership public immutable membership;
    /// @inheritdoc IReadings
    uint8 public threshold;

    constructor(IMembership membership_) EIP712("Wattbook Readings", "1") {
        membership = membership_;
    }

    /// @inheritdoc IReadings
    function setThreshold(uint8 threshold_) external onlyAuthority {
        require(threshold_ != 0 && threshold_ <= MAX_SIGNERS, InvalidThreshold(threshold_));
        threshold = threshold_;
        emit ThresholdSet(threshold_);
    }

    /// @dev Until the authority has set a threshold, nobody's word is enough.
    function _requireAttested(bytes32 structHash, ShortSignature[] calldata signatures)
        internal
        view
        returns (address[] memory signers)
    {
        uint256 count = signatures.length;
        uint256 least = threshold == 0 ? type(uint256).max : threshold;
        require(count >= least, TooFewSigners(count, least));
        require(count <= MAX_SIGNERS, TooFewSigners(MAX_SIGNERS, count));
        bytes32 digest = _hashTypedDataV4(structHash);
        signers = new address[](count);
        uint256[] memory owners = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            address signer = ECDSA.recover(digest, signatures[i].r, signatures[i].vs);
            require(i == 0 || signers[i - 1] < signer, SignersOutOfOrder(signer));
            Standing memory s = membership.standingOf(signer);
            Standings.requireActive(signer, s.status, s.certifiedUntil, s.roles, Roles.ATTESTER);
            for (uint256 j = 0; j < i; ++j) {
                require(owners[j] != s.owner, SignersOfOneOwner(signer, s.owner));
            }
            (signers[i], owners[i]) = (signer, s.owner);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Governed} from "../access/Governed.sol";
import {IAttesterWatch} from "../interfaces/IAttesterWatch.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IReadings, ShortSignature} from "../interfaces/IReadings.sol";
import {Roles} from "../libraries/Roles.sol";
import {Standing, Standings} from "../libraries/Standings.sol";

/// @title Enough attesters say so
/// @notice The first of the four layers of Readings. Who is an attester says Membership: whoever is suspended there, or
/// loses the role, counts no more from that moment on. Signers who were found to be attesters are remembered together,
/// as most roots have the signers of an earlier one, until Membership tells that the standing of an attester changed.
abstract contract Attesters is IReadings, IAttesterWatch, EIP712, Governed {
    /// @inheritdoc IReadings
    uint8 public constant MAX_SIGNERS = 32;

    uint256 internal constant TIME_BITS = 40;

    /// @inheritdoc IReadings
    IMembership public immutable membership;
    /// @inheritdoc IReadings
    uint8 public threshold;

    /// @dev Counts up whenever an attester's standing changed.
    uint40 private _generation;
    /// @dev By the hash of all signers: the generation in which each was an attester, and until when they are certified.
    mapping(bytes32 signers => uint256) private _known;

    constructor(IMembership membership_) EIP712("Wattbook Readings", "1") {
        membership = membership_;
    }

    /// @inheritdoc IReadings
    function setThreshold(uint8 threshold_) external onlyAuthority {
        require(threshold_ != 0 && threshold_ <= MAX_SIGNERS, InvalidThreshold(threshold_));
        threshold = threshold_;
        emit ThresholdSet(threshold_);
    }

    /// @inheritdoc IAttesterWatch
    function forgetSigners() external {
        require(msg.sender == address(membership), NotMembership(msg.sender));
        emit SignersForgotten(++_generation);
    }

    /// @inheritdoc IReadings
    function requireAttested(bytes32 structHash, ShortSignature[] calldata signatures)
        external
        view
        returns (address[] memory signers)
    {
        signers = _enoughSigners(structHash, signatures);
        _requireAttesters(signers);
    }

    function _requireAttested(bytes32 structHash, ShortSignature[] calldata signatures)
        internal
        returns (address[] memory signers)
    {
        signers = _enoughSigners(structHash, signatures);
        bytes32 together = keccak256(abi.encodePacked(signers));
        uint256 known = _known[together];
        if (known >> TIME_BITS == _generation && block.timestamp < uint40(known)) return signers;
        uint256 certifiedUntil = _requireAttesters(signers);
        // Of another Membership's changes nobody would tell.
        if (membership.readings() == address(this)) {
            _known[together] = uint256(_generation) << TIME_BITS | certifiedUntil;
        }
    }

    /// @dev Until the authority has set a threshold, nobody's word is enough.
    function _enoughSigners(bytes32 structHash, ShortSignature[] calldata signatures)
        private
        view
        returns (address[] memory)
    {
        uint256 count = signatures.length;
        uint256 least = threshold == 0 ? type(uint256).max : threshold;
        require(count >= least, TooFewSigners(count, least));
        require(count <= MAX_SIGNERS, TooFewSigners(MAX_SIGNERS, count));
        return _signers(_hashTypedDataV4(structHash), signatures);
    }

    /// @dev A signature that nobody made is that of the zero address, which is no member's.
    function _signers(bytes32 digest, ShortSignature[] calldata signatures)
        private
        pure
        returns (address[] memory signers)
    {
        signers = new address[](signatures.length);
        address last = address(0);
        for (uint256 i = 0; i < signatures.length; ++i) {
            bytes32 vs = signatures[i].vs;
            address signer = ecrecover(
                digest, uint8(27 + (uint256(vs) >> 255)), signatures[i].r, vs & bytes32(uint256(type(int256).max))
            );
            require(i == 0 || last < signer, SignersOutOfOrder(signer));
            signers[i] = last = signer;
        }
    }

    /// @dev When the first of their certifications ends.
    function _requireAttesters(address[] memory signers) private view returns (uint256 certifiedUntil) {
        uint256[] memory owners = new uint256[](signers.length);
        certifiedUntil = type(uint40).max;
        for (uint256 i = 0; i < signers.length; ++i) {
            Standing memory s = membership.standingOf(signers[i]);
            Standings.requireActive(signers[i], s.status, s.certifiedUntil, s.roles, Roles.ATTESTER);
            for (uint256 j = 0; j < i; ++j) {
                require(owners[j] != s.owner, SignersOfOneOwner(signers[i], s.owner));
            }
            owners[i] = s.owner;
            if (s.certifiedUntil < certifiedUntil) certifiedUntil = s.certifiedUntil;
        }
    }
}

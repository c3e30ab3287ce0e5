// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IComputation} from "../interfaces/IComputation.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IPowerPoints} from "../interfaces/IPowerPoints.sol";
import {IReadings, Root, ShortSignature} from "../interfaces/IReadings.sol";
import {IZones} from "../interfaces/IZones.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {Lists} from "../libraries/Lists.sol";
import {Reasons} from "../libraries/Reasons.sol";
import {Roles} from "../libraries/Roles.sol";
import {EpochAsks} from "./EpochAsks.sol";

/// @title Points for the work of attesting
/// @notice See IComputation.
contract Computation is IComputation, EpochAsks {
    using Lists for address[];

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant NO_DEVICES = keccak256("");

    /// @inheritdoc IComputation
    uint40 public constant SHOWN_WITHIN = 7 days;

    /// @inheritdoc IComputation
    IReadings public immutable readings;
    IMembership private immutable _membership;
    IZones private immutable _zones;
    bytes32 private immutable _rootTypehash;
    bytes32 private immutable _name;
    bytes32 private immutable _version;

    /// @dev One bit an owner: by zone and time, and the upper bits of owners.
    mapping(uint256 zoneTimeOwners => uint256) private _earned;

    constructor(IReadings readings_, IPowerPoints points_) EpochAsks(points_, Reasons.COMPUTATION) {
        readings = readings_;
        _membership = readings_.membership();
        _zones = readings_.meters().zones();
        _rootTypehash = readings_.ROOT_TYPEHASH();
        (, string memory name, string memory version,,,,) = IERC5267(address(readings_)).eip712Domain();
        _name = keccak256(bytes(name));
        _version = keccak256(bytes(version));
    }

    /// @inheritdoc IComputation
    function hasEarned(uint16 zone, uint40 time, uint32 owner) external view returns (bool) {
        return _earned[_wordOf(zone, time, owner)] & _bitOf(owner) != 0;
    }

    /// @inheritdoc IComputation
    function reward(Root calldata root, Carrier carrier, ShortSignature[] calldata signatures) external {
        _requireNew(root, carrier);
        bytes32 digest = _digestOf(root);
        address[] memory attesters = new address[](signatures.length);
        uint256 found = 0;
        for (uint256 i = 0; i < signatures.length; ++i) {
            address signer = _signerOf(digest, signatures[i]);
            if (!_membership.isActive(signer, Roles.ATTESTER)) continue;
            uint32 owner = _membership.standingOf(signer).owner;
            uint256 word = _wordOf(root.zone, root.time, owner);
            uint256 earned = _earned[word];
            if (earned & _bitOf(owner) != 0) continue;
            _earned[word] = earned | _bitOf(owner);
            attesters[found++] = signer;
            _ask(signer, 1);
        }
        require(found != 0, NobodyEarns(root.zone, root.time));
        attesters.cut(found);
        emit RootVouched(root.zone, root.time, attesters);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _requireNew(Root calldata root, Carrier carrier) private view {
        require(root.version == 0, IsCorrection(root.zone, root.time, root.version));
        bool read = root.time % _zones.readingPeriod(root.zone, carrier) == 0;
        require(read, NeverRead(root.zone, root.time));
        // Only to have it refused when this is not what was posted.
        readings.covers(root, 0, 0, 0, new bytes32[](0));
        uint40 since = readings.postedAt(root.zone, root.time, 0);
        require(block.timestamp < since + SHOWN_WITHIN, ShownTooLate(root.zone, root.time, since));
    }

    /// @dev What attesters sign for Readings.
    function _digestOf(Root calldata root) private view returns (bytes32) {
        bytes32 domain = keccak256(abi.encode(DOMAIN_TYPEHASH, _name, _version, block.chainid, address(readings)));
        return MessageHashUtils.toTypedDataHash(domain, keccak256(abi.encode(_rootTypehash, root, NO_DEVICES)));
    }

    /// @dev Of a signature that nobody made the zero address, which is no member's.
    function _signerOf(bytes32 digest, ShortSignature calldata signature) private pure returns (address) {
        bytes32 vs = signature.vs;
        return ecrecover(digest, uint8(27 + (uint256(vs) >> 255)), signature.r, vs & bytes32(uint256(type(int256).max)));
    }

    function _wordOf(uint256 zone, uint256 time, uint256 owner) private pure returns (uint256) {
        return zone << 64 | time << 24 | owner >> 8;
    }

    function _bitOf(uint256 owner) private pure returns (uint256) {
        return 1 << (owner & 0xff);
    }
}

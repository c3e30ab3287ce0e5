// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Description, Device, DeviceStatus, IMeters} from "../interfaces/IMeters.sol";
import {Content, Dispute, DisputeState, IReadings, Reading, Root, ShortSignature} from "../interfaces/IReadings.sol";
import {Trees} from "../libraries/Trees.sol";
import {Attesters} from "./Attesters.sol";

/// @title What was posted, by attesters and by meters themselves
/// @notice The second of the four layers of Readings. A root, or a reading submitted, is one word: the upper 208 bits of
/// the hash of all that it says, and when it came; who uses it shows the rest again.
abstract contract Roots is Attesters {
    bytes32 public constant ROOT_TYPEHASH = keccak256(
        "Root(uint16 zone,uint40 time,uint8 version,bytes32 root,uint32 size,bytes32 dataHash,uint32[] devices)"
    );
    bytes32 public constant READING_TYPEHASH = keccak256(
        "Reading(uint32 device,uint8 carrier,uint8 direction,uint40 time,uint64 register,uint32 sequence,uint8 quality,bytes32 previous)"
    );

    /// @inheritdoc IReadings
    uint8 public constant SUBMITTED = type(uint8).max;

    /// @inheritdoc IReadings
    IMeters public immutable meters;
    /// @inheritdoc IReadings
    uint40 public immutable window;

    uint256 private constant SUBMITTED_BIT = 72;

    /// @dev The version in force for a device at a time, and the dispute about it; by itself that about what it submitted,
    /// so that neither holds up the other.
    mapping(uint256 deviceAndTime => Dispute) internal _disputes;

    mapping(uint256 zoneTimeVersion => uint256) private _roots;
    mapping(uint256 deviceAndTime => uint256) private _submitted;
    mapping(uint32 device => bytes32 readingHash) private _lastSubmitted;

    constructor(IMeters meters_, uint40 window_) {
        meters = meters_;
        window = window_;
    }

    /// @inheritdoc IReadings
    function postedAt(uint16 zone, uint40 time, uint8 version) public view returns (uint40) {
        return uint40(_roots[_rootKey(zone, time, version)]);
    }

    /// @inheritdoc IReadings
    function readingId(uint32 device, uint40 time, uint8 version) external view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), device, time, version));
    }

    /// @inheritdoc IReadings
    function contentHash(Content calldata content) public pure returns (bytes32) {
        return keccak256(abi.encode(content));
    }

    /// @inheritdoc IReadings
    function covers(Root calldata root, uint32 device, bytes32 contentHash_, uint32 place, bytes32[] calldata proof)
        external
        view
        returns (bool)
    {
        _requirePosted(root);
        return Trees.contains(root.root, root.size, place, Trees.leaf(device, contentHash_), proof);
    }

    /// @inheritdoc IReadings
    function post(Root calldata root, uint32[] calldata devices, ShortSignature[] calldata signatures) external {
        require(root.time <= block.timestamp, InTheFuture(root.time));
        uint256 key = _rootKey(root.zone, root.time, root.version);
        require(_roots[key] == 0, RootKnown(root.zone, root.time, root.version));
        require(root.version != SUBMITTED, InvalidRoot());
        if (root.version == 0) require(root.size != 0 && devices.length == 0, InvalidRoot());
        else _replace(root, devices);
        bytes32 named = keccak256(abi.encodePacked(devices));
        address[] memory signers = _requireAttested(keccak256(abi.encode(ROOT_TYPEHASH, root, named)), signatures);
        _roots[key] = _commitment(root) | block.timestamp;
        emit RootPosted(root.zone, root.time, root.version, root.root, root.size, root.dataHash, devices, signers);
    }

    /// @inheritdoc IReadings
    function submit(Reading calldata reading, bytes calldata signature) external {
        (uint32 device, uint40 time) = (reading.device, reading.time);
        require(time <= block.timestamp, InTheFuture(time));
        uint256 key = _deviceKey(device, time);
        require(_submitted[key] == 0, ReadingKnown(device, time));
        Device memory d = meters.deviceOf(device);
        Description memory its = d.description;
        bool own =
            d.status == DeviceStatus.Certified && its.carrier == reading.carrier && its.direction == reading.direction;
        bytes32 readingHash = _readingHash(reading);
        require(own && meters.isSigned(device, _hashTypedDataV4(readingHash), signature), ForeignReading(device));
        require(time % meters.zones().readingPeriod(its.zone, its.carrier) == 0, OffPeriod(device, time));
        bool chained = reading.previous == _lastSubmitted[device];
        _submitted[key] = uint256(readingHash) >> TIME_BITS << TIME_BITS | block.timestamp;
        _lastSubmitted[device] = readingHash;
        emit ReadingSubmitted(device, time, readingHash, chained);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    /// @dev When the root was posted, which must be this one.
    function _requirePosted(Root calldata root) internal view returns (uint256 since) {
        since = _postedAsIs(root);
        require(since != 0, UnknownRoot(root.zone, root.time, root.version));
    }

    /// @dev The same, 0 when it was not posted or is another.
    function _postedAsIs(Root calldata root) internal view returns (uint256) {
        uint256 stored = _roots[_rootKey(root.zone, root.time, root.version)];
        return stored >> TIME_BITS == _commitment(root) >> TIME_BITS ? uint40(stored) : 0;
    }

    /// @dev When the reading was submitted, which must be this one.
    function _requireSubmitted(Reading calldata reading) internal view returns (uint256) {
        uint256 stored = _submitted[_deviceKey(reading.device, reading.time)];
        bool same = stored != 0 && stored >> TIME_BITS == uint256(_readingHash(reading)) >> TIME_BITS;
        require(same, UnknownReading(reading.device, reading.time));
        return uint40(stored);
    }

    function _submittedAt(uint32 device, uint40 time) internal view returns (uint256) {
        return uint40(_submitted[_deviceKey(device, time)]);
    }

    function _isOver(uint256 since) internal view returns (bool) {
        return since + window <= block.timestamp;
    }

    function _deviceKey(uint256 device, uint256 time) internal pure returns (uint256) {
        return device << TIME_BITS | time;
    }

    /// @dev Where the dispute stands about what a device submitted, or about what roots say of it.
    function _disputeKey(uint256 device, uint256 time, uint8 version) internal pure returns (uint256) {
        return _deviceKey(device, time) | (version == SUBMITTED ? 1 << SUBMITTED_BIT : 0);
    }

    /// @dev Lets a later version take the place of what stands for these devices.
    function _replace(Root calldata root, uint32[] calldata devices) private {
        require(root.size != 0 && devices.length == root.size, InvalidRoot());
        uint40 first = postedAt(root.zone, root.time, 0);
        uint8 before = root.version - 1;
        require(postedAt(root.zone, root.time, before) != 0, UnknownRoot(root.zone, root.time, before));
        bool fixed_ = _isOver(first);
        for (uint256 i = 0; i < devices.length; ++i) {
            require(i == 0 || devices[i - 1] < devices[i], InvalidRoot());
            Dispute storage d = _disputes[_deviceKey(devices[i], root.time)];
            require(!fixed_ || d.state == DisputeState.Open, AlreadyFinal(devices[i], root.time));
            d.version = root.version;
        }
    }

    function _rootKey(uint256 zone, uint256 time, uint256 version) private pure returns (uint256) {
        return zone << 48 | version << TIME_BITS | time;
    }

    function _commitment(Root calldata root) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(root.root, root.size, root.dataHash))) >> TIME_BITS << TIME_BITS;
    }

    function _readingHash(Reading calldata reading) private pure returns (bytes32) {
        return keccak256(abi.encode(READING_TYPEHASH, reading));
    }
}

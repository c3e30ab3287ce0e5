// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Dispute, DisputeState, IReadings, Root, ShortSignature} from "../interfaces/IReadings.sol";
import {IVault, Purse} from "../interfaces/IVault.sol";
import {Trees} from "../libraries/Trees.sol";
import {Roots} from "./Roots.sol";

/// @title Doubts about a reading, with a bond
/// @notice The third of the four layers of Readings.
abstract contract Disputes is Roots {
    bytes32 public constant VERDICT_TYPEHASH =
        keccak256("Verdict(uint32 device,uint40 time,uint8 version,bool upheld,bytes32 evidence)");

    /// @inheritdoc IReadings
    uint128 public constant BOND = 20_000_000;
    /// @inheritdoc IReadings
    uint40 public constant LAPSES_AFTER = 10 days;

    /// @inheritdoc IReadings
    IVault public immutable vault;
    address private immutable _commonFund;

    constructor(IVault vault_) {
        vault = vault_;
        _commonFund = vault_.purseAccount(Purse.CommonFund);
    }

    /// @inheritdoc IReadings
    function disputeOf(uint32 device, uint40 time, uint8 version) external view returns (Dispute memory) {
        return _disputes[_disputeKey(device, time, version)];
    }

    /// @inheritdoc IReadings
    function dispute(Root calldata root, uint32 device, bytes32 contentHash_, uint32 place, bytes32[] calldata proof)
        external
    {
        uint256 since = _requirePosted(root);
        bool inside = Trees.contains(root.root, root.size, place, Trees.leaf(device, contentHash_), proof);
        require(inside, NotInRoot(device, place));
        _open(device, root.time, root.version, since);
    }

    /// @inheritdoc IReadings
    function disputeSubmitted(uint32 device, uint40 time) external {
        uint256 since = _submittedAt(device, time);
        require(since != 0, UnknownReading(device, time));
        _open(device, time, SUBMITTED, since);
    }

    /// @inheritdoc IReadings
    function resolve(
        uint32 device,
        uint40 time,
        uint8 version,
        bool upheld,
        bytes32 evidence,
        ShortSignature[] calldata signatures
    ) external {
        Dispute storage d = _requireOpen(device, time, version);
        _requireAttested(keccak256(abi.encode(VERDICT_TYPEHASH, device, time, version, upheld, evidence)), signatures);
        d.state = upheld ? DisputeState.Upheld : DisputeState.Rejected;
        emit DisputeResolved(device, time, version, upheld, evidence);
        if (upheld) vault.release(d.disputer, BOND);
        else vault.pay(d.disputer, _commonFund, BOND);
    }

    /// @inheritdoc IReadings
    function lapse(uint32 device, uint40 time, uint8 version) external {
        Dispute storage d = _requireOpen(device, time, version);
        uint40 lapsesAt = d.openedAt + LAPSES_AFTER;
        require(lapsesAt <= block.timestamp, TooEarly(lapsesAt));
        d.state = DisputeState.Lapsed;
        emit DisputeLapsed(device, time, version);
        vault.release(d.disputer, BOND);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    /// @dev Whether what was posted in this version, `since` when, can be used for good.
    function _isFinal(uint256 device, uint256 time, uint8 version, uint256 since) internal view returns (bool) {
        Dispute storage d = _disputes[_disputeKey(device, time, version)];
        (uint8 inForce, DisputeState state, uint8 disputed) = (d.version, d.state, d.disputedVersion);
        if (!_isOver(since) || state == DisputeState.Open) return false;
        if (state == DisputeState.Upheld && disputed == version) return false;
        return version == SUBMITTED || version == inForce;
    }

    /// @dev Whether what was posted in this version was found wrong.
    function _isVoid(uint256 device, uint256 time, uint8 version) internal view returns (bool) {
        Dispute storage d = _disputes[_disputeKey(device, time, version)];
        return d.state == DisputeState.Upheld && d.disputedVersion == version;
    }

    function _requireOpen(uint32 device, uint40 time, uint8 version) private view returns (Dispute storage d) {
        d = _disputes[_disputeKey(device, time, version)];
        require(d.state == DisputeState.Open && d.disputedVersion == version, NotDisputed(device, time));
    }

    function _open(uint32 device, uint40 time, uint8 version, uint256 since) private {
        Dispute storage d = _disputes[_disputeKey(device, time, version)];
        require(version == SUBMITTED || d.version == version, Superseded(device, time, version));
        require(!_isOver(since), AlreadyFinal(device, time));
        bool known = d.state == DisputeState.Open || (d.state != DisputeState.None && d.disputedVersion == version);
        require(!known, AlreadyDisputed(device, time));
        (d.state, d.disputedVersion, d.openedAt, d.disputer) =
        (DisputeState.Open, version, uint40(block.timestamp), msg.sender);
        emit ReadingDisputed(device, time, version, msg.sender);
        vault.lock(msg.sender, BOND, 0);
    }
}

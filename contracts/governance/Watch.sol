// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IDelegates} from "../interfaces/IDelegates.sol";
import {Work} from "../interfaces/IBookkeeping.sol";
import {Evidence, IWatch, NoProof, SealedHeader, Suspicion, Verdict} from "../interfaces/IWatch.sol";
import {QbftHeaders, SealedBlock} from "../libraries/QbftHeaders.sol";

/// @title Delegates watch one another
/// @notice See IWatch. An equivocation is proved here, by the headers and seals themselves; what else is said of a delegate is for the
/// others to judge.
contract Watch is IWatch {
    /// @inheritdoc IWatch
    uint40 public constant VOTE_SECONDS = 1 days;
    /// @inheritdoc IWatch
    uint256 public constant LEAST_TURNS = 10;

    uint256 private constant SEAL = 65;

    /// @inheritdoc IWatch
    IDelegates public immutable delegates;
    /// @inheritdoc IWatch
    uint32 public suspicionCount;
    /// @inheritdoc IWatch
    mapping(uint32 number => mapping(address voter => bool)) public hasVoted;
    /// @inheritdoc IWatch
    mapping(bytes32 proof => bool) public isUsed;

    mapping(address accused => Suspicion) private _suspicions;

    constructor(IDelegates delegates_) {
        delegates = delegates_;
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc IWatch
    function suspicionOf(address accused) external view returns (Suspicion memory) {
        return _suspicions[accused];
    }

    /// @inheritdoc IWatch
    function verdictOf(address accused) public view returns (Verdict) {
        Suspicion storage s = _suspicions[accused];
        if (s.number == 0) return Verdict.None;
        if (s.abnormal) return Verdict.Abnormal;
        return block.timestamp < s.since + VOTE_SECONDS ? Verdict.Open : Verdict.Normal;
    }

    /// @inheritdoc IWatch
    function headerOf(bytes calldata encoded) external pure returns (SealedBlock memory) {
        return QbftHeaders.read(encoded);
    }

    /// @inheritdoc IWatch
    function equivocatorOf(SealedHeader calldata first, SealedHeader calldata second)
        external
        pure
        returns (address accused)
    {
        (accused,,) = _proved(first, second);
    }

    // -------------------------------------------------------------------------------------------------- delegates

    /// @inheritdoc IWatch
    function suspectMissed(address accused, uint32 epoch) external {
        _requireDelegates(accused);
        uint32 current = delegates.currentEpoch();
        require(epoch == current || epoch + 1 == current, EpochPassed(epoch, current));
        Work memory work = delegates.workOf(epoch, accused);
        bool missed = work.expected >= LEAST_TURNS && 2 * work.proposed <= work.expected;
        require(missed, NotMissed(work.expected, work.proposed));
        uint32 number = _suspect(accused, Evidence.Missed, keccak256(abi.encode(epoch, work.expected)));
        emit MissedBlocks(number, epoch, work.expected, work.proposed);
    }

    /// @inheritdoc IWatch
    function suspectAttestation(address accused, bytes32 evidence) external {
        _requireDelegates(accused);
        require(evidence != 0, NoEvidence(evidence));
        _suspect(accused, Evidence.Attestation, evidence);
    }

    /// @inheritdoc IWatch
    function vote(address accused, bool yes) external {
        require(verdictOf(accused) == Verdict.Open, NoVote(accused));
        require(msg.sender != accused, OwnCase(accused));
        Suspicion storage s = _suspicions[accused];
        require(delegates.wasSeated(msg.sender, s.change), NoDelegate(msg.sender));
        uint32 number = s.number;
        require(!hasVoted[number][msg.sender], VotedTwice(number, msg.sender));
        hasVoted[number][msg.sender] = true;
        emit SuspicionVoted(number, msg.sender, yes);
        if (!yes) return;
        uint8 votes = s.yes + 1;
        s.yes = votes;
        if (votes != s.needed) return;
        s.abnormal = true;
        emit FoundAbnormal(number, accused);
        delegates.condemn(accused, s.evidence == Evidence.Equivocated);
    }

    // ----------------------------------------------------------------------------------------------------- anyone

    /// @inheritdoc IWatch
    function proveEquivocation(SealedHeader calldata first, SealedHeader calldata second) external {
        (address accused, SealedBlock memory one, SealedBlock memory other) = _proved(first, second);
        bool concerned = delegates.isSeated(accused) || delegates.elections().stakeOf(accused).length != 0;
        require(concerned, NoDelegate(accused));
        bytes32 what = keccak256(abi.encode(one.number, one.round, one.parent));
        uint32 number = _suspect(accused, Evidence.Equivocated, what);
        emit EquivocationProved(number, one, other, first, second);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _suspect(address accused, Evidence evidence, bytes32 what) private returns (uint32 number) {
        bytes32 proof = keccak256(abi.encode(accused, evidence, what));
        require(!isUsed[proof], NoEvidence(proof));
        Suspicion storage s = _suspicions[accused];
        bool graver = evidence == Evidence.Equivocated && s.evidence != Evidence.Equivocated;
        require(graver || verdictOf(accused) != Verdict.Open, UnderVote(accused));
        isUsed[proof] = true;
        number = ++suspicionCount;
        uint256 count = delegates.seatCount() + (delegates.isSeated(accused) ? 0 : 1);
        uint8 needed = uint8(2 * count / 3 + 1);
        uint32 change = delegates.changes();
        _suspicions[accused] = Suspicion(number, uint40(block.timestamp), change, needed, 0, evidence, false);
        emit Suspected(number, accused, msg.sender, evidence, proof, change, needed);
    }

    function _requireDelegates(address accused) private view {
        _requireDelegate(msg.sender);
        _requireDelegate(accused);
        require(msg.sender != accused, OwnCase(accused));
    }

    function _requireDelegate(address account) private view {
        require(delegates.isSeated(account) && !delegates.isLeaving(account), NoDelegate(account));
    }

    function _proved(SealedHeader calldata first, SealedHeader calldata second)
        private
        pure
        returns (address accused, SealedBlock memory one, SealedBlock memory other)
    {
        (one, other) = (QbftHeaders.read(first.header), QbftHeaders.read(second.header));
        require(one.number == other.number, NoEquivocation(NoProof.Height));
        require(one.round == other.round, NoEquivocation(NoProof.Round));
        require(one.parent == other.parent, NoEquivocation(NoProof.Parent));
        require(one.number > 1, NoEquivocation(NoProof.Genesis));
        require(one.sealedHash != other.sealedHash, NoEquivocation(NoProof.SameBlock));
        accused = _signer(one.sealedHash, first.seal);
        require(accused == _signer(other.sealedHash, second.seal), NoEquivocation(NoProof.Signers));
    }

    function _signer(bytes32 sealedHash, bytes calldata seal) private pure returns (address signer) {
        require(seal.length == SEAL && uint8(seal[64]) <= 1, NoSeal(seal));
        // OpenZeppelin's recover refuses the higher of the two s that a key can sign with; Besu does not.
        signer = ecrecover(sealedHash, 27 + uint8(seal[64]), bytes32(seal[:32]), bytes32(seal[32:64]));
        require(signer != address(0), NoSeal(seal));
    }
}

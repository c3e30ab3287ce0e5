// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedActions} from "../access/SignedActions.sol";
import {VoterClass, ICouncil, Proposal, ProposalState} from "../interfaces/ICouncil.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {Signed} from "../interfaces/ISignedActions.sol";
import {Roles} from "../libraries/Roles.sol";
import {Standing, Standings} from "../libraries/Standings.sol";

/// @title The members decide what the authority does
/// @notice See ICouncil. Whether a proposal passed follows from its votes and the time, and what became of it from the authority's
/// own books, so that only votes and the fact that it was queued are kept.
contract Council is ICouncil, SignedActions {
    bytes32 public constant COUNCIL_VOTE_TYPEHASH =
        keccak256("CouncilVote(address signer,uint32 proposal,bool yes,uint256 nonce,uint256 deadline)");

    /// @inheritdoc ICouncil
    uint40 public constant VOTE_SECONDS = 7 days;
    /// @inheritdoc ICouncil
    uint40 public constant QUEUE_SECONDS = 7 days;
    /// @inheritdoc ICouncil
    uint256 public constant LEAST_VOTES = 5;
    /// @inheritdoc ICouncil
    uint256 public constant QUORUM_SHARE = 10;
    /// @inheritdoc ICouncil
    uint256 public constant MOST_CALLS = 32;

    uint256 private constant CLASSES = 4;

    /// @inheritdoc ICouncil
    IMembership public immutable membership;
    /// @inheritdoc ICouncil
    TimelockController public immutable authority;
    /// @inheritdoc ICouncil
    uint32 public proposalCount;

    mapping(uint32 proposal => Proposal) private _proposals;
    /// One bit an owner.
    mapping(uint32 proposal => mapping(uint256 word => uint256 bits)) private _voted;
    /// One bit a member.
    mapping(uint32 proposal => mapping(uint256 word => uint256 bits)) private _membersVoted;

    constructor(IMembership membership_, TimelockController authority_) EIP712("Wattbook Council", "1") {
        membership = membership_;
        authority = authority_;
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc ICouncil
    function proposalOf(uint32 proposal) external view returns (Proposal memory) {
        return _proposals[proposal];
    }

    /// @inheritdoc ICouncil
    function hasVoted(uint32 proposal, uint32 owner) external view returns (bool) {
        return _isMarked(_voted[proposal], owner);
    }

    /// @inheritdoc ICouncil
    function stateOf(uint32 proposal) public view returns (ProposalState) {
        Proposal storage p = _proposals[proposal];
        if (p.since == 0) return ProposalState.None;
        if (p.queued) return _queuedState(p.operation);
        uint256 end = p.since + VOTE_SECONDS;
        if (block.timestamp < end) return ProposalState.Voting;
        if (!_passes(p)) return ProposalState.Rejected;
        return block.timestamp < end + QUEUE_SECONDS ? ProposalState.Passed : ProposalState.Lapsed;
    }

    /// @inheritdoc ICouncil
    function quorumOf(uint32 members) public pure returns (uint256) {
        return Math.max(LEAST_VOTES, Math.ceilDiv(members, QUORUM_SHARE));
    }

    /// @inheritdoc ICouncil
    function classOf(address account, uint32 roles) public pure returns (VoterClass) {
        if (roles & (Roles.PRODUCER | Roles.PROSUMER | Roles.STORAGE) != 0) return VoterClass.Producers;
        if (roles & (Roles.CONSUMER | Roles.CHARGING) != 0) return VoterClass.Consumers;
        if (roles & Roles.GRID != 0) return VoterClass.Network;
        require(roles & Roles.INVESTOR != 0, Standings.MissingRole(account, Roles.MARKET));
        return VoterClass.Investors;
    }

    /// @inheritdoc ICouncil
    function operationOf(uint32 proposal, address[] calldata targets, bytes[] calldata payloads)
        public
        view
        returns (bytes32)
    {
        // As the authority does in hashOperationBatch: none of the calls carries value, none waits for another operation.
        return keccak256(abi.encode(targets, new uint256[](targets.length), payloads, bytes32(0), _saltOf(proposal)));
    }

    // ---------------------------------------------------------------------------------------------------- members

    /// @inheritdoc ICouncil
    function propose(address[] calldata targets, bytes[] calldata payloads, string calldata reason)
        external
        returns (uint32 proposal)
    {
        membership.requireActive(msg.sender, Roles.MARKET | Roles.OFFICES);
        require(bytes(reason).length != 0, IMembership.ReasonMissing());
        _requireBatch(targets, payloads);
        proposal = ++proposalCount;
        uint32 members = membership.memberCount();
        Proposal storage p = _proposals[proposal];
        (p.by, p.since, p.members) = (msg.sender, uint40(block.timestamp), members);
        p.operation = operationOf(proposal, targets, payloads);
        emit ProposalMade(proposal, msg.sender, members, targets, payloads, reason);
    }

    /// @inheritdoc ICouncil
    function vote(uint32 proposal, bool yes) external {
        _vote(msg.sender, proposal, yes);
    }

    /// @inheritdoc ICouncil
    function voteSigned(uint32 proposal, bool yes, Signed calldata auth) external {
        _useSigned(
            auth, keccak256(abi.encode(COUNCIL_VOTE_TYPEHASH, auth.signer, proposal, yes, auth.nonce, auth.deadline))
        );
        _vote(auth.signer, proposal, yes);
    }

    // ----------------------------------------------------------------------------------------------------- anyone

    /// @inheritdoc ICouncil
    function queue(uint32 proposal, address[] calldata targets, bytes[] calldata payloads) external {
        _requireState(proposal, ProposalState.Passed);
        bytes32 operation = _requireCalls(proposal, targets, payloads);
        _proposals[proposal].queued = true;
        emit ProposalQueued(proposal, msg.sender, operation);
        uint256[] memory values = new uint256[](targets.length);
        authority.scheduleBatch(targets, values, payloads, 0, _saltOf(proposal), authority.getMinDelay());
    }

    /// @inheritdoc ICouncil
    function execute(uint32 proposal, address[] calldata targets, bytes[] calldata payloads) external {
        _requireState(proposal, ProposalState.Queued);
        _requireCalls(proposal, targets, payloads);
        emit ProposalExecuted(proposal, msg.sender);
        authority.executeBatch(targets, new uint256[](targets.length), payloads, 0, _saltOf(proposal));
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _vote(address account, uint32 proposal, bool yes) private {
        _requireState(proposal, ProposalState.Voting);
        uint32 member = membership.requireActive(account, Roles.MARKET);
        Standing memory s = membership.standingOf(account);
        // With a narrow account somebody could choose his class.
        require(s.rights & Roles.MARKET == Roles.MARKET, NarrowAccount(account, s.rights));
        Proposal storage p = _proposals[proposal];
        require(member <= p.members, CameAfterProposal(proposal, member));
        // A member whose owner changes after his vote has none for another.
        bool voted = _isMarked(_voted[proposal], s.owner) || _isMarked(_membersVoted[proposal], member);
        require(!voted, OwnerVoted(proposal, s.owner));
        _mark(_voted[proposal], s.owner);
        _mark(_membersVoted[proposal], member);
        VoterClass voterClass = classOf(account, s.roles);
        ++p.votes[uint256(voterClass) * 2 + (yes ? 0 : 1)];
        emit ProposalVoted(proposal, account, s.owner, voterClass, yes);
    }

    function _mark(mapping(uint256 => uint256) storage bits, uint32 one) private {
        bits[one >> 8] |= 1 << (one & 0xff);
    }

    function _isMarked(mapping(uint256 => uint256) storage bits, uint32 one) private view returns (bool) {
        return bits[one >> 8] & (1 << (one & 0xff)) != 0;
    }

    function _passes(Proposal storage p) private view returns (bool) {
        uint32[8] memory votes = p.votes;
        (uint256 yes, uint256 no, uint256 agreeing, uint256 voting) = (0, 0, 0, 0);
        for (uint256 i = 0; i < CLASSES; ++i) {
            (uint256 inFavour, uint256 against) = (votes[2 * i], votes[2 * i + 1]);
            (yes, no) = (yes + inFavour, no + against);
            if (inFavour + against != 0) ++voting;
            if (inFavour > against) ++agreeing;
        }
        return yes + no >= quorumOf(p.members) && yes > no && 2 * agreeing >= voting;
    }

    function _queuedState(bytes32 operation) private view returns (ProposalState) {
        TimelockController.OperationState state = authority.getOperationState(operation);
        if (state == TimelockController.OperationState.Unset) return ProposalState.Cancelled;
        return state == TimelockController.OperationState.Done ? ProposalState.Executed : ProposalState.Queued;
    }

    /// @dev So that the same calls can be proposed again, here or in another council.
    function _saltOf(uint32 proposal) private view returns (bytes32) {
        return keccak256(abi.encode(address(this), proposal));
    }

    function _requireBatch(address[] calldata targets, bytes[] calldata payloads) private view {
        bool fits = targets.length != 0 && targets.length <= MOST_CALLS && targets.length == payloads.length;
        require(fits, WrongBatch(targets.length, payloads.length));
        for (uint256 i = 0; i < targets.length; ++i) {
            require(targets[i].code.length != 0, NothingToCall(targets[i]));
        }
    }

    function _requireState(uint32 proposal, ProposalState wanted) private view {
        ProposalState state = stateOf(proposal);
        require(state == wanted, WrongProposalState(proposal, state));
    }

    function _requireCalls(uint32 proposal, address[] calldata targets, bytes[] calldata payloads)
        private
        view
        returns (bytes32 operation)
    {
        operation = operationOf(proposal, targets, payloads);
        require(operation == _proposals[proposal].operation, NotTheCalls(proposal, operation));
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IMembership} from "./IMembership.sol";
import {Signed} from "./ISignedActions.sol";

/// @notice Whose interest a vote stands for.
/// Producers: who makes or stores energy. Consumers: who takes it. Network: who carries it. Investors: who pays for plants.
enum VoterClass {
    Producers,
    Consumers,
    Network,
    Investors
}

/// @notice Where a proposal stands.
/// Voting: for {ICouncil.VOTE_SECONDS}. Rejected: not enough voted for it. Passed: it waits to be queued. Lapsed: it passed, but
/// nobody queued it in time. Queued: the authority has it. Cancelled: a regulator struck it out there. Executed: it is so.
enum ProposalState {
    None,
    Voting,
    Rejected,
    Passed,
    Lapsed,
    Queued,
    Cancelled,
    Executed
}

/// @notice What is kept of a proposal.
/// @param by who made it
/// @param since when
/// @param members how many members there were; later ones have no vote
/// @param queued whether the authority was given it
/// @param operation the authority's name for its calls
/// @param votes of each class how many voted for it, then how many against
struct Proposal {
    address by;
    uint40 since;
    uint32 members;
    bool queued;
    bytes32 operation;
    uint32[8] votes;
}

/// @title The members decide what the authority does
/// @notice A proposal is a batch of calls that the authority would make, with a reason in words. Members vote for a week, each
/// beneficial owner once, in the class that his roles put him in. What passes goes to the authority, waits there as everything
/// does, and can be struck out by a regulator meanwhile. The council itself has no parameters and obeys nobody.
interface ICouncil {
    event ProposalMade(
        uint32 indexed proposal, address indexed by, uint32 members, address[] targets, bytes[] payloads, string reason
    );
    event ProposalVoted(
        uint32 indexed proposal, address indexed voter, uint32 indexed owner, VoterClass voterClass, bool yes
    );
    event ProposalQueued(uint32 indexed proposal, address indexed by, bytes32 indexed operation);
    event ProposalExecuted(uint32 indexed proposal, address indexed by);

    /// @notice Thrown when a proposal has no calls, too many, or not as many payloads as targets.
    error WrongBatch(uint256 targets, uint256 payloads);
    /// @notice Thrown when a proposal would call what is no contract, where every call succeeds and does nothing.
    error NothingToCall(address target);
    /// @notice Thrown when a proposal is not in the state that a step starts from; None is one that was never made.
    error WrongProposalState(uint32 proposal, ProposalState state);
    /// @notice Thrown when these are not the calls of the proposal.
    error NotTheCalls(uint32 proposal, bytes32 operation);
    /// @notice Thrown when an account votes that may not use all of its member's market roles.
    error NarrowAccount(address account, uint32 rights);
    /// @notice Thrown when a member votes who came after the proposal.
    error CameAfterProposal(uint32 proposal, uint32 member);
    /// @notice Thrown when somebody votes whose beneficial owner has voted, or whose member has, whatever owner was his then.
    error OwnerVoted(uint32 proposal, uint32 owner);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice EIP-712 type of {voteSigned}.
    function COUNCIL_VOTE_TYPEHASH() external view returns (bytes32);

    /// @notice Seconds in which members vote on a proposal.
    function VOTE_SECONDS() external view returns (uint40);

    /// @notice Seconds after the vote in which what passed must be queued.
    function QUEUE_SECONDS() external view returns (uint40);

    /// @notice How many must vote at least, however few the members are.
    function LEAST_VOTES() external view returns (uint256);

    /// @notice One of so many members must vote.
    function QUORUM_SHARE() external view returns (uint256);

    /// @notice How many calls a proposal can have.
    function MOST_CALLS() external view returns (uint256);

    /// @notice The members' book.
    function membership() external view returns (IMembership);

    /// @notice The timelock that carries out what passed.
    function authority() external view returns (TimelockController);

    /// @notice How many proposals were made; their numbers run from 1 to this.
    function proposalCount() external view returns (uint32);

    /// @notice The record of a proposal; empty when there is none of this number.
    function proposalOf(uint32 proposal) external view returns (Proposal memory);

    /// @notice Where a proposal stands.
    function stateOf(uint32 proposal) external view returns (ProposalState);

    /// @notice Whether a beneficial owner has voted on a proposal.
    function hasVoted(uint32 proposal, uint32 owner) external view returns (bool);

    /// @notice How many must vote when there are so many members: a tenth of them, rounded up, and {LEAST_VOTES} at least.
    function quorumOf(uint32 members) external view returns (uint256);

    /// @notice The class of somebody who has these roles: the first that one of them is of. Reverts with MissingRole when he has
    /// no market role.
    function classOf(address account, uint32 roles) external view returns (VoterClass);

    /// @notice What the authority calls the calls of a proposal.
    function operationOf(uint32 proposal, address[] calldata targets, bytes[] calldata payloads)
        external
        view
        returns (bytes32);

    // ---------------------------------------------------------------------------------------------------- members

    /// @notice Proposes calls that the authority shall make, all or none, in this order.
    /// @return proposal its number
    ///
    /// Emits {ProposalMade}.
    ///
    /// Requirements:
    /// - the caller is an active member's account;
    /// - there are as many payloads as targets, one to {MOST_CALLS}, and each target is a contract; a reason is given.
    function propose(address[] calldata targets, bytes[] calldata payloads, string calldata reason)
        external
        returns (uint32 proposal);

    /// @notice Votes for or against a proposal, once and for good.
    ///
    /// Emits {ProposalVoted}.
    ///
    /// Requirements:
    /// - {stateOf} the proposal is Voting;
    /// - the caller is active in a market role, with a right to all market roles of its member;
    /// - the member was there before the proposal, and nobody of the same beneficial owner has voted.
    function vote(uint32 proposal, bool yes) external;

    /// @notice {vote}, signed by the account.
    ///
    /// Emits {ProposalVoted} and {NonceUsed}.
    ///
    /// Requirements: those of {vote} for the signer, and a valid signature of CouncilVote.
    function voteSigned(uint32 proposal, bool yes, Signed calldata auth) external;

    // ----------------------------------------------------------------------------------------------------- anyone

    /// @notice Gives the authority what passed, to be carried out after its delay. A proposal passes if
    /// - as many voted as {quorumOf} says of the members that there were,
    /// - more than half of the votes are for it,
    /// - and so is at least half of the classes that voted; a class is for it if more of it voted for it than against.
    ///
    /// Emits {ProposalQueued}.
    ///
    /// Requirements:
    /// - {stateOf} the proposal is Passed, and these are its calls;
    /// - the council may propose to the authority.
    function queue(uint32 proposal, address[] calldata targets, bytes[] calldata payloads) external;

    /// @notice Has the authority carry out what was queued.
    ///
    /// Emits {ProposalExecuted}, and whatever the calls emit.
    ///
    /// Requirements:
    /// - {stateOf} the proposal is Queued, and these are its calls;
    /// - the authority's delay is over, and none of the calls reverts.
    function execute(uint32 proposal, address[] calldata targets, bytes[] calldata payloads) external;
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IGreenCertificates} from "./IGreenCertificates.sol";
import {IMembership} from "./IMembership.sol";
import {IPowerPoints} from "./IPowerPoints.sol";
import {ISeats} from "./ISeats.sol";
import {Signed} from "./ISignedActions.sol";

/// @notice Who would keep the books, in one storage slot.
/// @param number his own for good, from 1
/// @param owner his beneficial owner
/// @param registered as which he registered, from 1; of those with equal scores the earlier one comes first
/// @param stakedUntil first second in which a certificate of his stake has expired
/// @param place where he stands in the list of candidates, from 1; 0 when he resigned or was struck off
/// @param resignedIn epoch in which he resigned or was struck off
struct Candidacy {
    uint32 number;
    uint32 owner;
    uint32 registered;
    uint40 stakedUntil;
    uint8 place;
    uint32 resignedIn;
}

/// @notice A vote, in one storage slot.
/// @param voter who cast it
/// @param number the candidate's
/// @param weight certificates that he locked
/// @param before those that others had locked for the same candidate in the epoch
struct Ballot {
    address voter;
    uint32 number;
    uint32 weight;
    uint32 before;
}

/// @notice The votes of an epoch, in one storage slot.
/// @param votes how many
/// @param counted how many of them, in the order in which they were cast, are counted
/// @param weight Wh that all locked
struct Poll {
    uint32 votes;
    uint32 counted;
    uint64 weight;
}

/// @notice What a candidate got in an epoch, in one storage slot.
/// @param weight certificates that were locked for him
/// @param score Wh of those that are counted
struct Tally {
    uint32 weight;
    uint64 score;
}

/// @title Elections of delegates
/// @notice Members vote with certificates of 1 MWh that they lock until the epoch ends. The votes of an epoch are counted when it is
/// over. Epochs are those of points.
interface IElections {
    event CandidateRegistered(
        address indexed candidate, uint32 indexed owner, uint32 registered, uint40 stakedUntil, uint256[] ids
    );
    event CandidateResigned(address indexed candidate, uint32 indexed epoch);
    event StakeReturned(address indexed candidate, uint256[] ids);
    event VoteCast(uint32 indexed epoch, address indexed voter, address indexed candidate, uint32 place, uint256[] ids);
    event VotesCounted(uint32 indexed epoch, uint256 first, uint256 count);
    event SeatsSet(uint8 seats);
    event DelegatesSet(address indexed delegates);

    /// @notice Thrown when a stake is not of as many certificates as it must be.
    error WrongStake(uint256 given, uint256 needed);
    /// @notice Thrown when a candidate's account is not the caller's member's.
    error OtherMember(address account);
    /// @notice Thrown when an account registers again whose owner has another candidate, or that resigned.
    error OwnerStands(uint32 owner, address candidate);
    /// @notice Thrown when there are as many candidates as there may be.
    error TooManyCandidates(uint256 most);
    /// @notice Thrown when a stake expires before a candidate can have had a seat for an epoch and been held for another, or before
    /// the stake that it would replace.
    error StakeTooShort(uint256 until, uint256 least);
    /// @notice Thrown when a candidate is voted for who can be struck off.
    error NotFit(address candidate);
    /// @notice Thrown when a candidate shall be struck off whose stake is good, who is active, and whose owner is the same.
    error StillFit(address candidate);
    /// @notice Thrown when an account is no candidate.
    error NoCandidate(address account);
    /// @notice Thrown when a stake is asked back of who has not resigned, has a seat or is under vote, or too early: it is his
    /// when an epoch has passed since. And when one is replaced of who is condemned or under vote.
    error StakeIsHeld(address candidate);
    /// @notice Thrown when a vote is for another epoch than that of this block.
    error OtherEpoch(uint32 epoch, uint32 current);
    /// @notice Thrown when an owner votes again in an epoch, or a member, whatever owner was his then.
    error OwnerVotedBefore(uint32 owner, uint32 epoch);
    /// @notice Thrown when a vote locks no certificate.
    error NoWeight();
    /// @notice Thrown when an epoch's votes are counted, or its blocks rewarded, while it goes on.
    error EpochGoesOn(uint32 epoch, uint32 current);
    /// @notice Thrown when so many of an epoch's votes are not counted yet.
    error NotCounted(uint32 epoch, uint256 left);
    /// @notice Thrown when the contract of delegates is named a second time.
    error DelegatesAlreadySet(address delegates);
    /// @notice Thrown when somebody else than the contract of delegates ends a stake.
    error NotDelegates(address caller);
    /// @notice Thrown when there would be fewer seats than four, or more than ValidatorSet has.
    error WrongSeats(uint256 seats);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice EIP-712 type of {voteSigned}.
    function CAST_VOTE_TYPEHASH() external view returns (bytes32);

    /// @notice Certificates that a candidate stakes.
    function STAKE() external view returns (uint256);

    /// @notice As many candidates as there may be.
    function MOST_CANDIDATES() external view returns (uint256);

    /// @notice The most of all votes of an epoch that one voter's count, in 1/10000.
    function CAP_BPS() external view returns (uint256);

    /// @notice The members' book.
    function membership() external view returns (IMembership);

    /// @notice The certificates.
    function certificates() external view returns (IGreenCertificates);

    /// @notice The points, whose epochs these are.
    function points() external view returns (IPowerPoints);

    /// @notice The contract of delegates, zero before it is named.
    function delegates() external view returns (ISeats);

    /// @notice The epoch of this block.
    function currentEpoch() external view returns (uint32);

    /// @notice How many delegates are elected.
    function seats() external view returns (uint8);

    /// @notice All candidates, in no order.
    function candidates() external view returns (address[] memory);

    /// @notice What is known of a candidate; all zero when he never was one. Of one who has his stake back the number stays.
    function candidacyOf(address candidate) external view returns (Candidacy memory);

    /// @notice The candidate of an owner, zero when he has none.
    function candidateOf(uint32 owner) external view returns (address);

    /// @notice The certificates of a candidate's stake.
    function stakeOf(address candidate) external view returns (uint256[] memory);

    /// @notice The votes of an epoch.
    function pollOf(uint32 epoch) external view returns (Poll memory);

    /// @notice What a candidate got in an epoch, as far as it is counted.
    function tallyOf(uint32 epoch, address candidate) external view returns (Tally memory);

    /// @notice The vote at a place of an epoch, from 0. Beyond the last there is none.
    function ballotAt(uint32 epoch, uint32 place) external view returns (Ballot memory);

    /// @notice Whether an owner voted in an epoch.
    function hasVoted(uint32 epoch, uint32 owner) external view returns (bool);

    /// @notice Whether somebody can have a seat: a candidate who is active, of the owner with whom he registered, and whose stake
    /// does not expire before the end of the next epoch. Who is condemned may be one.
    function stands(address candidate) external view returns (bool);

    /// @notice Who would be elected by an epoch's votes now, in the order of their scores, and how many of them have seats. Only
    /// who {stands} is among them.
    function orderOf(uint32 epoch) external view returns (address[] memory order, uint256 elected);

    // -------------------------------------------------------------------------------------------------- authority

    /// @notice Names the contract of delegates, for good.
    ///
    /// Emits {DelegatesSet}.
    ///
    /// Requirements:
    /// - the caller is the authority; none was named before.
    function setDelegates(ISeats delegates_) external;

    /// @notice Says how many delegates are elected.
    ///
    /// Emits {SeatsSet}.
    ///
    /// Requirements:
    /// - the caller is the authority;
    /// - they are at least four, and no more than ValidatorSet has.
    function setSeats(uint8 seats_) external;

    // -------------------------------------------------------------------------------------------------- candidates

    /// @notice Stands for election with the node of an account of the caller's member, and stakes certificates of the caller's. Who
    /// stands already gives a new stake in the place of the one before.
    ///
    /// Emits {CandidateRegistered}, what {IGreenCertificates-lock} emits, and {StakeReturned} for the stake before.
    ///
    /// Requirements:
    /// - the account is active and of the caller's member, whose owner has no other candidate;
    /// - it did not resign, nor was it struck off; who stands already is neither condemned nor under vote;
    /// - the certificates are {STAKE}, and can be locked; none expires before the two epochs after this one have ended, nor before
    ///   those that they replace;
    /// - there are fewer than {MOST_CANDIDATES}.
    function register(address candidate, uint256[] calldata ids) external;

    /// @notice Stands for election no longer. A seat is kept until another takes it.
    ///
    /// Emits {CandidateResigned}.
    ///
    /// Requirements:
    /// - the account stands, and is of the caller's member.
    function resign(address candidate) external;

    /// @notice Strikes off a candidate whom nobody could elect, so that others have his place; anyone may send it. His stake is
    /// held as after {resign}.
    ///
    /// Emits {CandidateResigned}.
    ///
    /// Requirements:
    /// - the account stands, and its stake has expired or was ended, or it is not active, or of another owner than when it registered.
    function strike(address candidate) external;

    /// @notice Gives a candidate's stake back; anyone may send it.
    ///
    /// Emits {StakeReturned} and what {IGreenCertificates-release} emits.
    ///
    /// Requirements:
    /// - he resigned or was struck off, has no seat, and is not under vote;
    /// - an epoch has passed since, and since he was condemned without a seat.
    function returnStake(address candidate) external;

    // ----------------------------------------------------------------------------------------------------- voters

    /// @notice Votes for a candidate with certificates, which are locked until the epoch ends.
    ///
    /// Emits {VoteCast} and what {IGreenCertificates-lock} emits.
    ///
    /// Requirements:
    /// - the epoch is that of this block;
    /// - the caller is an active member's, and no account of his member or owner voted in it;
    /// - the candidate stands, and could not be struck off;
    /// - there are certificates, and they can be locked.
    function vote(uint32 epoch, address candidate, uint256[] calldata ids) external;

    /// @notice {vote}, signed by the voter.
    ///
    /// Emits what {vote} emits, and {NonceUsed}.
    ///
    /// Requirements: those of {vote} for the signer, and a valid signature of CastVote.
    function voteSigned(uint32 epoch, address candidate, uint256[] calldata ids, Signed calldata auth) external;

    /// @notice Counts the next `count` votes of an epoch. When all are counted, it does nothing.
    ///
    /// Emits {VotesCounted}.
    ///
    /// Requirements:
    /// - the epoch is over.
    function countVotes(uint32 epoch, uint256 count) external;

    // -------------------------------------------------------------------------------------------------- delegates

    /// @notice Ends a candidate's stake, if he has one. He does not stand again before he gives another.
    /// @return slashed whether he had one
    ///
    /// Emits what {IGreenCertificates-slash} emits.
    ///
    /// Requirements:
    /// - the caller is the contract of delegates.
    function slash(address candidate) external returns (bool slashed);
}

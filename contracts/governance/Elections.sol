// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Governed} from "../access/Governed.sol";
import {SignedActions} from "../access/SignedActions.sol";
import {Ballot, Candidacy, IElections, Poll, Tally} from "../interfaces/IElections.sol";
import {IGreenCertificates} from "../interfaces/IGreenCertificates.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IPowerPoints} from "../interfaces/IPowerPoints.sol";
import {ISeats} from "../interfaces/ISeats.sol";
import {Signed} from "../interfaces/ISignedActions.sol";
import {Lists} from "../libraries/Lists.sol";
import {Standing, Standings} from "../libraries/Standings.sol";

/// @title Elections of delegates
/// @notice See IElections.
contract Elections is IElections, SignedActions, Governed {
    using Lists for uint256[];

    bytes32 public constant CAST_VOTE_TYPEHASH = keccak256(
        "CastVote(address signer,uint32 epoch,address candidate,uint256[] ids,uint256 nonce,uint256 deadline)"
    );
    uint256 private constant LEAST_SEATS = 4;
    uint256 private constant MOST_SEATS = 21;
    uint256 private constant WHOLE_BPS = 10_000;
    /// @dev A candidate as one word: score, how early he registered, account. The greatest is the first.
    uint256 private constant SCORE = 192;
    uint256 private constant EARLINESS = 160;
    uint256 private constant EPOCH = 32;

    /// @inheritdoc IElections
    uint256 public constant STAKE = 5;
    /// @inheritdoc IElections
    uint256 public constant MOST_CANDIDATES = 64;
    /// @inheritdoc IElections
    uint256 public constant CAP_BPS = 2_000;

    /// @inheritdoc IElections
    IMembership public immutable membership;
    /// @inheritdoc IElections
    IPowerPoints public immutable points;
    /// @inheritdoc IElections
    IGreenCertificates public immutable certificates;
    uint256 private immutable _wholeWh;
    uint256 private immutable _epochLength;

    // One word.
    /// @inheritdoc IElections
    ISeats public delegates;
    /// @inheritdoc IElections
    uint8 public seats = 7;
    uint32 private _registrations;
    address[] private _candidates;
    mapping(address candidate => Candidacy) private _candidacies;
    mapping(address candidate => uint256[] ids) private _stakes;
    /// @inheritdoc IElections
    mapping(uint32 owner => address candidate) public candidateOf;

    mapping(uint32 epoch => Poll) private _polls;
    mapping(uint256 epochAndPlace => Ballot) private _ballots;
    mapping(uint256 epochAndNumber => Tally) private _tallies;
    /// @dev One bit an owner: by epoch and the upper bits of owners.
    mapping(uint256 epochAndOwners => uint256) private _voted;
    /// @dev The same of members.
    mapping(uint256 epochAndMembers => uint256) private _membersVoted;

    constructor(IGreenCertificates certificates_, IPowerPoints points_, address authority_)
        EIP712("Wattbook Elections", "1")
        Governed(authority_)
    {
        certificates = certificates_;
        points = points_;
        membership = certificates_.membership();
        _wholeWh = certificates_.cleanEnergy().WHOLE_WH();
        _epochLength = points_.epochLength();
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc IElections
    function currentEpoch() public view returns (uint32) {
        return uint32(block.timestamp / _epochLength);
    }

    /// @inheritdoc IElections
    function candidates() external view returns (address[] memory) {
        return _candidates;
    }

    /// @inheritdoc IElections
    function candidacyOf(address candidate) external view returns (Candidacy memory) {
        return _candidacies[candidate];
    }

    /// @inheritdoc IElections
    function stakeOf(address candidate) external view returns (uint256[] memory) {
        return _stakes[candidate];
    }

    /// @inheritdoc IElections
    function pollOf(uint32 epoch) external view returns (Poll memory) {
        return _polls[epoch];
    }

    /// @inheritdoc IElections
    function tallyOf(uint32 epoch, address candidate) external view returns (Tally memory) {
        return _tallies[_key(epoch, _candidacies[candidate].number)];
    }

    /// @inheritdoc IElections
    function ballotAt(uint32 epoch, uint32 place) external view returns (Ballot memory) {
        return _ballots[_key(epoch, place)];
    }

    /// @inheritdoc IElections
    function hasVoted(uint32 epoch, uint32 owner) public view returns (bool) {
        return _isMarked(_voted, epoch, owner);
    }

    /// @inheritdoc IElections
    function stands(address candidate) external view returns (bool) {
        return _stands(candidate, _candidacies[candidate]);
    }

    /// @inheritdoc IElections
    function orderOf(uint32 epoch) external view returns (address[] memory order, uint256 elected) {
        uint256 count = _candidates.length;
        uint256[] memory words = new uint256[](count);
        uint256 found = 0;
        for (uint256 i = 0; i < count; ++i) {
            address candidate = _candidates[i];
            Candidacy memory c = _candidacies[candidate];
            if (!_stands(candidate, c)) continue;
            uint256 word = uint256(_tallies[_key(epoch, c.number)].score) << SCORE
                | uint256(type(uint32).max - c.registered) << EARLINESS | uint160(candidate);
            _insert(words, found++, word);
        }
        order = new address[](found);
        for (uint256 i = 0; i < found; ++i) {
            order[i] = address(uint160(words.at(i)));
        }
        elected = found < seats ? found : seats;
    }

    // -------------------------------------------------------------------------------------------------- authority

    /// @inheritdoc IElections
    function setDelegates(ISeats delegates_) external onlyAuthority {
        require(address(delegates) == address(0), DelegatesAlreadySet(address(delegates)));
        delegates = delegates_;
        emit DelegatesSet(address(delegates_));
    }

    /// @inheritdoc IElections
    function setSeats(uint8 seats_) external onlyAuthority {
        require(seats_ >= LEAST_SEATS && seats_ <= MOST_SEATS, WrongSeats(seats_));
        seats = seats_;
        emit SeatsSet(seats_);
    }

    // -------------------------------------------------------------------------------------------------- candidates

    /// @inheritdoc IElections
    function register(address candidate, uint256[] calldata ids) external {
        require(ids.length == STAKE, WrongStake(ids.length, STAKE));
        uint32 member = membership.requireActive(candidate, 0);
        require(member != 0 && member == membership.requireActive(msg.sender, 0), OtherMember(candidate));
        Candidacy memory c = _candidacies[candidate];
        uint256 least = _endOf(currentEpoch() + 2);
        if (c.place == 0) {
            c = _stand(candidate, c);
        } else {
            // Who is accused would give what expires for what is at stake.
            require(!delegates.isAbnormal(candidate) && !delegates.isAccused(candidate), StakeIsHeld(candidate));
            if (c.stakedUntil > least) least = c.stakedUntil;
            _return(candidate);
        }
        c.stakedUntil = certificates.lock(msg.sender, ids, type(uint32).max);
        require(c.stakedUntil >= least, StakeTooShort(c.stakedUntil, least));
        _stakes[candidate] = ids;
        _candidacies[candidate] = c;
        emit CandidateRegistered(candidate, c.owner, c.registered, c.stakedUntil, ids);
    }

    /// @inheritdoc IElections
    function resign(address candidate) external {
        Candidacy storage c = _standing(candidate);
        // A lost key is not its member's.
        membership.payoutOf(msg.sender);
        uint32 member = membership.standingOf(msg.sender).member;
        require(member == membership.standingOf(candidate).member, OtherMember(candidate));
        _leave(candidate, c);
    }

    /// @inheritdoc IElections
    function strike(address candidate) external {
        Candidacy storage c = _standing(candidate);
        require(!_isFit(candidate, c), StillFit(candidate));
        _leave(candidate, c);
    }

    /// @inheritdoc IElections
    function returnStake(address candidate) external {
        Candidacy memory c = _candidacies[candidate];
        require(c.resignedIn != 0 && delegates.isFree(candidate, c.resignedIn), StakeIsHeld(candidate));
        delete candidateOf[c.owner];
        delete _candidacies[candidate];
        _candidacies[candidate].number = c.number;
        _return(candidate);
    }

    // ----------------------------------------------------------------------------------------------------- voters

    /// @inheritdoc IElections
    function vote(uint32 epoch, address candidate, uint256[] calldata ids) external {
        _vote(msg.sender, epoch, candidate, ids);
    }

    /// @inheritdoc IElections
    function voteSigned(uint32 epoch, address candidate, uint256[] calldata ids, Signed calldata auth) external {
        bytes32 listed = keccak256(abi.encodePacked(ids));
        _useSigned(
            auth,
            keccak256(abi.encode(CAST_VOTE_TYPEHASH, auth.signer, epoch, candidate, listed, auth.nonce, auth.deadline))
        );
        _vote(auth.signer, epoch, candidate, ids);
    }

    /// @inheritdoc IElections
    function countVotes(uint32 epoch, uint256 count) external {
        uint32 current = currentEpoch();
        require(epoch < current, EpochGoesOn(epoch, current));
        Poll memory p = _polls[epoch];
        uint256 first = p.counted;
        if (count > p.votes - first) count = p.votes - first;
        if (count == 0) return;
        uint256 cap = p.weight * CAP_BPS / WHOLE_BPS;
        for (uint256 place = first; place < first + count; ++place) {
            Ballot memory b = _ballots[_key(epoch, place)];
            uint256 wh = b.weight * _wholeWh;
            _tallies[_key(epoch, b.number)].score += uint64(wh < cap ? wh : cap);
        }
        _polls[epoch].counted = uint32(first + count);
        emit VotesCounted(epoch, first, count);
    }

    // -------------------------------------------------------------------------------------------------- delegates

    /// @inheritdoc IElections
    function slash(address candidate) external returns (bool slashed) {
        require(msg.sender == address(delegates), NotDelegates(msg.sender));
        uint256[] memory ids = _stakes[candidate];
        if (ids.length == 0) return false;
        delete _stakes[candidate];
        _candidacies[candidate].stakedUntil = 0;
        certificates.slash(ids);
        return true;
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _key(uint256 epoch, uint256 number) private pure returns (uint256) {
        return epoch << EPOCH | number;
    }

    function _stand(address candidate, Candidacy memory c) private returns (Candidacy memory) {
        c.owner = membership.standingOf(candidate).owner;
        address other = c.resignedIn != 0 ? candidate : candidateOf[c.owner];
        require(other == address(0), OwnerStands(c.owner, other));
        require(_candidates.length < MOST_CANDIDATES, TooManyCandidates(MOST_CANDIDATES));
        candidateOf[c.owner] = candidate;
        _candidates.push(candidate);
        c.place = uint8(_candidates.length);
        c.registered = ++_registrations;
        if (c.number == 0) c.number = c.registered;
        return c;
    }

    /// @dev His stake stays, for what he can still be convicted of.
    function _leave(address candidate, Candidacy storage c) private {
        uint256 place = c.place;
        address last = _candidates[_candidates.length - 1];
        _candidates[place - 1] = last;
        _candidacies[last].place = uint8(place);
        _candidates.pop();
        c.place = 0;
        c.resignedIn = currentEpoch();
        emit CandidateResigned(candidate, c.resignedIn);
    }

    /// @dev Those of a stake that was slashed are none.
    function _return(address candidate) private {
        uint256[] memory ids = _stakes[candidate];
        delete _stakes[candidate];
        certificates.release(ids);
        emit StakeReturned(candidate, ids);
    }

    function _vote(address voter, uint32 epoch, address candidate, uint256[] calldata ids) private {
        uint32 current = currentEpoch();
        require(epoch == current, OtherEpoch(epoch, current));
        // Contracts of the market are always active, but nobody's.
        require(membership.requireActive(voter, 0) != 0, Standings.NotMember(voter));
        require(ids.length != 0, NoWeight());
        _markVoted(epoch, membership.standingOf(voter));
        Candidacy memory c = _standing(candidate);
        require(_isFit(candidate, c), NotFit(candidate));
        uint32 number = c.number;
        certificates.lock(voter, ids, uint32(_endOf(epoch)));

        Tally storage t = _tallies[_key(epoch, number)];
        Poll memory p = _polls[epoch];
        uint32 weight = uint32(ids.length);
        _ballots[_key(epoch, p.votes)] = Ballot(voter, number, weight, t.weight);
        t.weight += weight;
        emit VoteCast(epoch, voter, candidate, p.votes, ids);
        ++p.votes;
        p.weight += uint64(weight * _wholeWh);
        _polls[epoch] = p;
    }

    /// @dev A member whose owner changes after his vote has none for another.
    function _markVoted(uint32 epoch, Standing memory s) private {
        bool voted = hasVoted(epoch, s.owner) || _isMarked(_membersVoted, epoch, s.member);
        require(!voted, OwnerVotedBefore(s.owner, epoch));
        _mark(_voted, epoch, s.owner);
        _mark(_membersVoted, epoch, s.member);
    }

    function _mark(mapping(uint256 => uint256) storage bits, uint32 epoch, uint32 one) private {
        bits[_key(epoch, one >> 8)] |= _bitOf(one);
    }

    function _isMarked(mapping(uint256 => uint256) storage bits, uint32 epoch, uint32 one) private view returns (bool) {
        return bits[_key(epoch, one >> 8)] & _bitOf(one) != 0;
    }

    function _standing(address candidate) private view returns (Candidacy storage c) {
        c = _candidacies[candidate];
        require(c.place != 0, NoCandidate(candidate));
    }

    /// @dev A seat is for an epoch, and what is done in it comes to light until the end of the next at the latest.
    function _stands(address candidate, Candidacy memory c) private view returns (bool) {
        return c.place != 0 && c.stakedUntil >= _endOf(currentEpoch() + 1) && _isFit(candidate, c);
    }

    /// @dev Of another owner's member he might be that owner's second.
    function _isFit(address candidate, Candidacy memory c) private view returns (bool) {
        return block.timestamp < c.stakedUntil && membership.isActive(candidate, 0)
            && membership.standingOf(candidate).owner == c.owner;
    }

    /// @dev The first second after an epoch.
    function _endOf(uint32 epoch) private view returns (uint256) {
        return (uint256(epoch) + 1) * _epochLength;
    }

    /// @dev Puts a word where it belongs among the first `count`, the greatest first.
    function _insert(uint256[] memory words, uint256 count, uint256 word) private pure {
        while (count != 0 && words.at(count - 1) < word) {
            words.put(count, words.at(count - 1));
            --count;
        }
        words.put(count, word);
    }

    function _bitOf(uint32 owner) private pure returns (uint256) {
        return 1 << (owner & 0xff);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EpochBlocks, IBookkeeping, Work} from "../interfaces/IBookkeeping.sol";
import {Ballot, IElections} from "../interfaces/IElections.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IPowerPoints} from "../interfaces/IPowerPoints.sol";
import {Lists} from "../libraries/Lists.sol";
import {Reasons} from "../libraries/Reasons.sol";
import {Shares} from "../libraries/Shares.sol";
import {Status} from "../libraries/Standings.sol";
import {Seats} from "./Seats.sol";

/// @title Points for who makes blocks
/// @notice See IBookkeeping.
abstract contract Bookkeeping is Seats, IBookkeeping {
    using Lists for address[];
    using Lists for uint256[];

    /// @dev What of an epoch's turns is not an account's that has a seat at its end, or is of one that has none, is `apart`.
    struct Share {
        uint32 proposed;
        int64 apart;
    }

    /// @dev Points for who voted for a candidate, and the certificates that they locked.
    struct VotersPart {
        uint128 amount;
        uint32 weight;
    }

    uint256 private constant WHOLE_BPS = 10_000;
    uint256 private constant VOTERS_BPS = 3_000;

    /// @inheritdoc IBookkeeping
    uint64 public constant TURN = 232_792_560;
    /// @inheritdoc IBookkeeping
    uint256 public constant POINTS_A_BLOCK = 200;

    /// @inheritdoc IBookkeeping
    IPowerPoints public immutable points;
    IMembership private immutable _membership;

    mapping(uint32 epoch => EpochBlocks) private _blocks;
    mapping(uint32 epoch => address[]) private _proposers;
    mapping(uint32 epoch => mapping(address account => Share)) private _shares;
    mapping(uint32 epoch => mapping(uint32 number => VotersPart)) private _votersParts;

    constructor() {
        points = elections.points();
        _membership = elections.membership();
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc IBookkeeping
    function blocksOf(uint32 epoch) external view returns (EpochBlocks memory) {
        return _blocks[epoch];
    }

    /// @inheritdoc IBookkeeping
    function workOf(uint32 epoch, address account) external view returns (Work memory) {
        EpochBlocks memory b = _blocks[epoch];
        Share memory s = _shares[epoch][account];
        int256 turns = s.apart;
        if (wasSeated(account, b.change)) turns += int256(uint256(b.turns));
        return Work(uint256(turns) / TURN, s.proposed);
    }

    /// @inheritdoc IBookkeeping
    function proposersOf(uint32 epoch) external view returns (address[] memory) {
        return _proposers[epoch];
    }

    /// @inheritdoc IBookkeeping
    function votersPartOf(uint32 epoch, address delegate) external view returns (uint256) {
        return _votersParts[epoch][elections.candidacyOf(delegate).number].amount;
    }

    // ----------------------------------------------------------------------------------------------------- anyone

    /// @inheritdoc IBookkeeping
    function poke() external {
        uint32 epoch = currentEpoch();
        EpochBlocks memory b = _blocks[epoch];
        address proposer = block.coinbase;
        if (b.last == block.number || !isSeated(proposer)) return;
        if (b.counted == 0) b.first = uint48(block.number);
        b.last = uint48(block.number);
        b.turns += uint64(TURN / seatCount());
        b.change = changes;
        ++b.counted;
        _blocks[epoch] = b;
        if (_shares[epoch][proposer].proposed++ == 0) _proposers[epoch].push(proposer);
        emit BlockCounted(epoch, proposer);
    }

    /// @inheritdoc IBookkeeping
    function reward(uint32 epoch) external {
        uint32 current = currentEpoch();
        require(epoch < current, IElections.EpochGoesOn(epoch, current));
        EpochBlocks memory b = _blocks[epoch];
        require(b.counted != 0, NothingEarned(epoch));
        require(!b.rewarded, EpochIsRewarded(epoch));
        _blocks[epoch].rewarded = true;
        address[] memory proposers = _proposers[epoch];
        uint256[] memory rewards = _rewardsOf(epoch, proposers, b.counted * POINTS_A_BLOCK);
        emit EpochRewarded(epoch, proposers, rewards);
        _pay(epoch, proposers, rewards);
    }

    /// @inheritdoc IBookkeeping
    function rewardVoter(uint32 epoch, uint32 place) external {
        require(_blocks[epoch].rewarded, NothingEarned(epoch));
        Ballot memory b = elections.ballotAt(epoch - 1, place);
        VotersPart memory part = _votersParts[epoch][b.number];
        uint256 amount = Shares.cumfloor(b.before, b.weight, part.amount, part.weight);
        require(amount != 0, NothingEarned(epoch));
        emit VoterRewarded(epoch, place, b.voter, amount);
        address[] memory accounts = new address[](1);
        uint256[] memory amounts = new uint256[](1);
        (accounts[0], amounts[0]) = (b.voter, amount);
        points.issue(Reasons.BOOKKEEPING, keccak256(abi.encode(address(this), epoch, place)), epoch, accounts, amounts);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    /// @dev Turns before he came, or after he went, are not his.
    function _onSeat(address account, bool taken) internal override {
        uint32 epoch = currentEpoch();
        int64 turns = int64(_blocks[epoch].turns);
        _shares[epoch][account].apart += taken ? -turns : turns;
        _blocks[epoch].change = changes;
    }

    /// @dev What each earned, his voters' part included.
    function _rewardsOf(uint32 epoch, address[] memory proposers, uint256 asked)
        private
        view
        returns (uint256[] memory rewards)
    {
        uint256 budget = points.budgetOf(Reasons.BOOKKEEPING, epoch);
        rewards = new uint256[](proposers.length);
        uint256 before = 0;
        for (uint256 i = 0; i < proposers.length; ++i) {
            uint256 ask = _shares[epoch][proposers.at(i)].proposed * POINTS_A_BLOCK;
            rewards.put(i, asked <= budget ? ask : Shares.cumfloor(before, ask, budget, asked));
            before += ask;
        }
    }

    /// @dev Sets aside what is the voters'. A validator of the first block may be no member.
    function _pay(uint32 epoch, address[] memory accounts, uint256[] memory amounts) private {
        uint256 found = 0;
        for (uint256 i = 0; i < accounts.length; ++i) {
            address account = accounts.at(i);
            uint256 amount = amounts.at(i);
            uint256 part = amount * VOTERS_BPS / WHOLE_BPS;
            _setAside(epoch, account, part);
            if (amount == 0 || _membership.standingOf(account).status == Status.None) continue;
            accounts.put(found, account);
            amounts.put(found++, amount - part);
        }
        if (found == 0) return;
        accounts.cut(found);
        amounts.cut(found);
        points.issue(Reasons.BOOKKEEPING, keccak256(abi.encode(address(this), epoch)), epoch, accounts, amounts);
    }

    function _setAside(uint32 epoch, address delegate, uint256 part) private {
        uint32 number = elections.candidacyOf(delegate).number;
        if (number == 0) return;
        _votersParts[epoch][number] = VotersPart(uint128(part), elections.tallyOf(epoch - 1, delegate).weight);
    }
}

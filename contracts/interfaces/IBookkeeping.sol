// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPowerPoints} from "./IPowerPoints.sol";

/// @notice The blocks of an epoch that were counted, in one storage slot.
/// @param turns those that were the turn of each who sat all the time, times {IBookkeeping-TURN}
/// @param counted how many
/// @param first number of the first of them
/// @param last number of the last; all were counted if `counted` is `last - first + 1`
/// @param change how many changes of seats there had been
/// @param rewarded whether the points that they earned were issued
struct EpochBlocks {
    uint64 turns;
    uint32 counted;
    uint48 first;
    uint48 last;
    uint32 change;
    bool rewarded;
}

/// @notice What a delegate did in an epoch.
/// @param expected blocks counted that were his turn, rounded down
/// @param proposed blocks counted that he proposed
struct Work {
    uint256 expected;
    uint256 proposed;
}

/// @title Points for who makes blocks
/// @notice Somebody pokes this contract in every block, and it counts for who proposed it. A block that nobody poked it in counts
/// for nobody, and was nobody's turn. When the epoch is over, the blocks that were counted earn points: seven tenths
/// are the proposer's, three those of who voted for him in the election before the epoch, by what each locked.
interface IBookkeeping {
    event BlockCounted(uint32 indexed epoch, address indexed proposer);
    event EpochRewarded(uint32 indexed epoch, address[] delegates, uint256[] rewards);
    event VoterRewarded(uint32 indexed epoch, uint32 indexed place, address indexed voter, uint256 amount);

    /// @notice Thrown when an epoch is rewarded a second time.
    error EpochIsRewarded(uint32 epoch);
    /// @notice Thrown when an epoch is rewarded in which nothing was counted, or a voter is who has nothing in it.
    error NothingEarned(uint32 epoch);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice The points.
    function points() external view returns (IPowerPoints);

    /// @notice What one block's turn counts: divisible by every number of validators.
    function TURN() external view returns (uint64);

    /// @notice Points that a block earns when the epoch's budget covers all.
    function POINTS_A_BLOCK() external view returns (uint256);

    /// @notice What was counted in an epoch.
    function blocksOf(uint32 epoch) external view returns (EpochBlocks memory);

    /// @notice What an account did in an epoch: nothing is expected of one that never had a seat in it.
    function workOf(uint32 epoch, address account) external view returns (Work memory);

    /// @notice Who proposed blocks of an epoch, by their first ones.
    function proposersOf(uint32 epoch) external view returns (address[] memory);

    /// @notice Points for the voters of a delegate in an epoch that was rewarded.
    function votersPartOf(uint32 epoch, address delegate) external view returns (uint256);

    // ----------------------------------------------------------------------------------------------------- anyone

    /// @notice Counts this block for who proposes it, if it was not counted. Blocks of others than delegates are not.
    ///
    /// Emits {BlockCounted}.
    ///
    /// Requirements: none.
    function poke() external;

    /// @notice Issues what the delegates earned in an epoch. What was earned by who is no member stays in the budget.
    ///
    /// Emits {EpochRewarded} and what PowerPoints emits.
    ///
    /// Requirements:
    /// - the epoch is over, was not rewarded, and blocks were counted in it;
    /// - this contract holds the port for bookkeeping.
    function reward(uint32 epoch) external;

    /// @notice Issues what is a voter's of an epoch, for the vote that he cast at a place in the one before.
    ///
    /// Emits {VoterRewarded} and what PowerPoints emits.
    ///
    /// Requirements:
    /// - the epoch was rewarded, and something is his;
    /// - it was not issued before, which PowerPoints refuses;
    /// - this contract holds the port for bookkeeping.
    function rewardVoter(uint32 epoch, uint32 place) external;
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAssetPools} from "./IAssetPools.sol";
import {IMembership} from "./IMembership.sol";

/// @notice Why investors may replace a servicer, in the order in which that is looked for.
enum ServicerCause {
    None,
    Incomplete,
    Missed,
    Uncovered
}

/// @notice Who quotes for a pool, and what he did since he was appointed, in one storage slot.
/// @param servicer who it is
/// @param term how many there were before
/// @param incomplete whether readings were missing in a period
/// @param missed in how many periods nothing was collected
/// @param uncovered in how many what was due was not covered
struct Service {
    address servicer;
    uint16 term;
    bool incomplete;
    uint8 missed;
    uint8 uncovered;
}

/// @title The servicers of pools
/// @notice A servicer quotes what a pool's plants will make and gets its fee; it can take none of the pool's money. Investors replace it by a vote,
/// for a cause that the pool's closings show.
interface IServicers {
    event ServicerAppointed(uint32 indexed pool, address indexed servicer);
    event ServicerVoted(uint32 indexed pool, address indexed servicer, address indexed holder, uint96 units);
    event ServicerReplaced(uint32 indexed pool, address former, address servicer, ServicerCause cause);

    /// @notice Thrown when the contract of the pools would be named a second time.
    error PoolsKnown(IAssetPools pools);
    /// @notice Thrown when nothing that the servicer did gives cause to replace it.
    error NoCause(uint32 pool);
    /// @notice Thrown when an account's units vote a second time.
    error VotedAlready(address holder);
    /// @notice Thrown when an account had no units on the vote's record date.
    error NoUnitsToVote(address holder);
    /// @notice Thrown when somebody votes for an account that is not, or is no more, his.
    error NotHolder(address holder, address caller);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice Share of readings below which a servicer can be replaced, in 1/10000.
    function LEAST_COMPLETE_BPS() external view returns (uint16);

    /// @notice The contract of the pools.
    function pools() external view returns (IAssetPools);

    /// @notice The members' book.
    function membership() external view returns (IMembership);

    /// @notice The servicer of a pool, and what he did.
    function serviceOf(uint32 pool) external view returns (Service memory);

    /// @notice The servicer of a pool.
    function servicerOf(uint32 pool) external view returns (address);

    /// @notice Who may quote for a pool's company now, and the least price. It is the account in the servicer's place, and
    /// zero while that is not active or the pool sells nothing.
    function quotingOf(uint32 pool) external view returns (address servicer, uint16 floorPrice);

    /// @notice What gives cause to replace a pool's servicer.
    function causeOf(uint32 pool) external view returns (ServicerCause);

    /// @notice Units that are for a servicer in the place of the present one, in the vote that the last closing opened.
    function votesOf(uint32 pool, address servicer) external view returns (uint256);

    // ----------------------------------------------------------------------------------------------------- pools

    /// @notice Makes the caller the contract of the pools; what deploys it does so in the same transaction.
    ///
    /// Emits nothing; it is part of founding the market.
    ///
    /// Requirements:
    /// - there is none yet.
    function setPools() external;

    /// @notice Appoints a pool's first servicer.
    ///
    /// Emits {ServicerAppointed}.
    ///
    /// Requirements:
    /// - the caller is the contract of the pools.
    function appoint(uint32 pool, address servicer) external;

    /// @notice Notes a closing.
    /// @param completeBps share of readings that were measured, in 1/10000
    /// @param missed whether nothing was collected
    /// @param uncovered whether what was due was not covered
    /// @return servicer whose fee it is
    ///
    /// Emits nothing; {IAssetPools-PeriodClosed} tells of it.
    ///
    /// Requirements:
    /// - the caller is the contract of the pools.
    function note(uint32 pool, uint16 completeBps, bool missed, bool uncovered) external returns (address servicer);

    // -------------------------------------------------------------------------------------------------- investors

    /// @notice Votes for another servicer, with the units of the first tranche that is owed something, as they were
    /// held on the last closing's record date. Who took the place of a lost key votes in the name of that. The vote by which more than half are for it replaces the servicer at
    /// once; each closing begins the vote anew.
    ///
    /// Emits {ServicerVoted}, and {ServicerReplaced} when that is so.
    ///
    /// Requirements:
    /// - the pool is Active, or Matured while senior or mezzanine are owed something, and its servicer gave cause;
    /// - the caller is the holder, or the account in his place;
    /// - the new one is an active member, of another beneficial owner than the servicer and whom the plants belonged
    ///   to;
    /// - the holder had units, and they were not cast for it before.
    function voteServicer(uint32 pool, address holder, address servicer) external;
}

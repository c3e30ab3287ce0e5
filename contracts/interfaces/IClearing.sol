// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuction, Part} from "./IAuction.sol";
import {IPool} from "./IPool.sol";
import {IRule} from "./IRule.sol";

/// @title What each order of a book gets
/// @notice Whoever clears a book proposes its result in few numbers; it is checked here in one pass over all revealed
/// orders by the book's rule, then the same for what the pool takes and serves. Only the right proposal passes, so it
/// does not matter who makes it. Nothing here holds money; {IAuction} keeps the orders and settles them.
interface IClearing {
    event SeedBlockFixed(bytes32 indexed book, uint256 blockNumber);
    event SeedDrawn(bytes32 indexed book, bytes32 seed);
    event StockFixed(bytes32 indexed book, uint256[] stock);
    event BookTallied(bytes32 indexed book, bytes32 indexed proposalHash, uint256 nextGroup);
    event OutcomeFound(bytes32 indexed book, uint256[] proposal, uint256[] outcome);
    event PoolOutcomeFound(bytes32 indexed book, uint256[] proposal, uint256[] outcome);

    /// @notice Thrown when a book has no outcome yet, or has one already.
    error WrongStage(bytes32 book, Stage stage);
    /// @notice Thrown when another contract than the auction settles.
    error NotAuction(address caller);
    /// @notice Thrown when a book is cleared that has no seed yet, and its rule needs one.
    error SeedMissing(bytes32 book);
    /// @notice Thrown when a seed is drawn from a block that is not there yet, or too old to be known.
    error SeedBlockUnknown(uint256 blockNumber);
    /// @notice Thrown when a seed is fixed that no rule needs, or again while it can still be drawn or was.
    error SeedFixed(bytes32 book);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice Who keeps the orders.
    function auction() external view returns (IAuction);

    /// @notice Who keeps the pool's stock.
    function pool() external view returns (IPool);

    /// @notice How the pool's stock is shared.
    function poolRule() external view returns (IRule);

    /// @notice How far a book is.
    function stageOf(bytes32 book) external view returns (Stage);

    /// @notice The seed of a book, zero before it is drawn.
    function seedOf(bytes32 book) external view returns (bytes32);

    /// @notice The outcome of a book, of its pool, and the pool's stock, in the forms that the rules say.
    function outcomeOf(bytes32 book)
        external
        view
        returns (uint256[] memory outcome, uint256[] memory poolOutcome, uint256[] memory stock);

    /// @notice What each of the next orders got, as Fills, and what the call after this one must be told.
    ///
    /// Requirements:
    /// - the book has its outcome, and its pool's too unless delivery has begun.
    function fills(bytes32 book, bytes calldata carry, Part calldata part)
        external
        view
        returns (uint256[] memory list, bytes memory next);

    // -------------------------------------------------------------------------------------------------- clearing

    /// @notice Fixes the block from whose hash the seed of a book will be made: the next one. Again when it was forgotten
    /// for 256 blocks.
    ///
    /// Emits {SeedBlockFixed}.
    ///
    /// Requirements:
    /// - nothing can be revealed any more, and the book is not cleared;
    /// - the rule needs a seed, which is neither drawn nor to be drawn now.
    function fixSeed(bytes32 book) external;

    /// @notice Draws the seed from the block that was fixed.
    ///
    /// Emits {SeedDrawn}.
    ///
    /// Requirements:
    /// - the block is past, and among the last 256; no seed was drawn.
    function drawSeed(bytes32 book) external;

    /// @notice Clears a book by a proposal, by anyone. With the words of a part of the groups it goes on where the caller's last
    /// call with the same proposal ended. What others propose or tally does not touch it.
    ///
    /// Emits {OutcomeFound}, and {StockFixed} when there is a pool; or {BookTallied} when groups are left, with the hash of
    /// abi.encode(caller, proposal).
    ///
    /// Requirements:
    /// - the book has no outcome; revealing is over and delivery has not begun; the seed, if needed, is drawn;
    /// - `words` are those revealed in whole groups, from the next one on; the proposal is the right one;
    /// - the Pool's purse has what rounding may cost it.
    function clear(bytes32 book, uint256[] calldata proposal, uint256[] calldata words) external;

    /// @notice Shares the pool's stock among what the members left, by a proposal, as {clear} does.
    ///
    /// Emits {PoolOutcomeFound}, or {BookTallied} when groups are left, with the hash of abi.encode(caller, "pool", proposal).
    ///
    /// Requirements:
    /// - the book has its outcome, but not its pool's; delivery has not begun;
    /// - the part's words are those revealed in whole groups, from the next one on; the proposal is the right one.
    function clearPool(bytes32 book, uint256[] calldata proposal, Part calldata part) external;

    // -------------------------------------------------------------------------------------------------- settling

    /// @notice Comes out even with a book whose orders are settled: what the pool's purse gets (or pays, when negative) for
    /// what rounding left, what it pays for its intake, what is left for the common fund, and what the pool keeps for
    /// those whose units it sold. Tells the pool what it traded.
    /// @param carry what the last call of {fills} returned
    /// @param dustWh Wh that members sold beyond those that members bought
    /// @param rest uPT that buyers paid beyond those due to sellers
    ///
    /// Emits nothing; the pool tells what it traded.
    ///
    /// Requirements:
    /// - the caller is the auction.
    function finish(bytes32 book, bytes calldata carry, int256 dustWh, int256 rest)
        external
        returns (int256 poolShare, uint256 poolSpent, uint256 toCommonFund, uint256 toPool);
}

/// @notice How far a book is. Members: what the members trade is known, what the pool does is not. Final: all is known.
enum Stage {
    None,
    Members,
    Final
}

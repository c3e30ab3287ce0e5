// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice How a book is cleared, in one storage slot; what a rule does not need it ignores.
/// @param rule the rule
/// @param kBps where between the lowest and the highest equilibrium price, or between two quotes, a price lies
/// @param feeBps commission of each side, the lowest one when it rises
/// @param feeStepBps by how much it rises from trade to trade (Ranked)
/// @param feeCapBps where it stops rising (Ranked)
/// @param whole whether a trade needs a seller who covers the buyer's whole demand (Ranked)
/// @param byUnit whether orders are ranked by price instead of value (Ranked)
/// @param pool whether the pool takes and serves what the members leave
struct Terms {
    IRule rule;
    uint16 kBps;
    uint16 feeBps;
    uint16 feeStepBps;
    uint16 feeCapBps;
    bool whole;
    bool byUnit;
    bool pool;
}

/// @notice What a rule is told of a book beside its orders.
/// @param terms see Terms
/// @param seed a number that nobody knew before all commitments were in, for the rules that need one
/// @param stock the pool's intake and the units it offers, see Stock; empty when there is no pool
struct Setting {
    Terms terms;
    bytes32 seed;
    uint256[] stock;
}

/// @title A way to clear a book
/// @notice A pure function in three steps, so that books of any length fit into transactions of any size. Whoever clears
/// proposes the result in few numbers (`proposal`); {tally} goes over the orders once, in any number of calls, and adds
/// up (`sums`) what proves or refutes it; {conclude} compares. {fills} then says what each order got. A rule keeps
/// nothing and trusts nobody: a wrong proposal reverts, and exactly one right one exists.
/// Orders come as words (see Words), groups as Fills.
interface IRule {
    /// @notice Thrown when the numbers proposed are not those of this book.
    error WrongProposal();
    /// @notice Thrown when a rule that must see all orders at once is given a part of them.
    error NotWhole();

    /// @notice How many orders a book can have under this rule, whether it needs a seed, and whether it uses the pool's stock
    /// itself, so that nothing is left for the pool afterwards.
    function traits() external pure returns (uint16 maxOrders, bool needsSeed, bool usesStock);

    /// @notice Adds orders to the sums; empty sums begin.
    ///
    /// Requirements:
    /// - the proposal has the form that the rule expects.
    function tally(
        Setting calldata setting,
        uint256[] calldata proposal,
        uint256[] calldata sums,
        uint256[] calldata words
    ) external pure returns (uint256[] memory);

    /// @notice The outcome that follows from the sums of all orders.
    /// @return outcome in the form that the rule says
    /// @return poolNeed uPT that the pool must have at hand for what rounding leaves
    /// @return unsold Wh of all asks that no member buys
    ///
    /// Requirements:
    /// - the proposal is the right one.
    function conclude(Setting calldata setting, uint256[] calldata proposal, uint256[] calldata sums)
        external
        pure
        returns (uint256[] memory outcome, uint128 poolNeed, uint256 unsold);

    /// @notice What each of the next orders got, as Fills, and what the call after this one must know (`carry`; empty at
    /// first). Orders must come in the order in which they were tallied.
    /// @param evidence what the outcome only has the hash of (Ranked: the trades), else empty
    ///
    /// Requirements:
    /// - the evidence is what the outcome has the hash of.
    function fills(
        Setting calldata setting,
        uint256[] calldata outcome,
        uint256[] calldata carry,
        uint256[] calldata words,
        uint256[] calldata evidence
    ) external pure returns (uint256[] memory, uint256[] memory);

    /// @notice Which part of what buyers paid and sellers did not get is the pool's, for the Wh by which rounding made the
    /// members sell more than they bought: positive when the pool receives, negative when it pays. The common fund has
    /// the rest.
    function poolShare(uint256[] calldata outcome, int256 dustWh, int256 rest) external pure returns (int256);

    /// @notice The Wh that members sold to the pool, and those they bought of each unit, as the last carry tells.
    function poolTaken(uint256[] calldata carry) external pure returns (uint256[] memory);
}

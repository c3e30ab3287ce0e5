// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Book, BookState, IAuction, Part} from "../interfaces/IAuction.sol";
import {IClearing, Stage} from "../interfaces/IClearing.sol";
import {IPool} from "../interfaces/IPool.sol";
import {IRule, Setting} from "../interfaces/IRule.sol";
import {IRulebook} from "../interfaces/IRulebook.sol";
import {Fills} from "../libraries/Fills.sol";
import {Stock} from "../libraries/Stock.sol";
import {Words} from "../libraries/Words.sol";

/// @title What each order of a book gets
/// @notice See IClearing. The orders are checked by the auction, the sums by the book's rule; what stands here is how far
/// each proposal has been checked, and the outcomes.
contract Clearing is IClearing {
    /// @notice How far one proposal for a book has been checked.
    struct Tally {
        uint256 nextGroup;
        uint256[] sums;
        uint256[] carry;
    }

    /// @inheritdoc IClearing
    IAuction public immutable auction;
    IRulebook private immutable _rulebook;
    /// @inheritdoc IClearing
    IPool public immutable pool;
    /// @inheritdoc IClearing
    IRule public immutable poolRule;

    /// @inheritdoc IClearing
    mapping(bytes32 book => Stage) public stageOf;
    /// @inheritdoc IClearing
    mapping(bytes32 book => bytes32) public seedOf;
    mapping(bytes32 book => uint256) private _seedBlocks;
    mapping(bytes32 book => mapping(bytes32 proposalHash => Tally)) private _tallies;
    mapping(bytes32 book => uint256[]) private _outcomes;
    mapping(bytes32 book => uint256[]) private _poolOutcomes;
    mapping(bytes32 book => uint256[]) private _stocks;

    constructor(IAuction auction_, IPool pool_, IRule poolRule_) {
        auction = auction_;
        _rulebook = auction_.rulebook();
        pool = pool_;
        poolRule = poolRule_;
    }

    /// @inheritdoc IClearing
    function outcomeOf(bytes32 book)
        external
        view
        returns (uint256[] memory outcome, uint256[] memory poolOutcome, uint256[] memory stock)
    {
        return (_outcomes[book], _poolOutcomes[book], _stocks[book]);
    }

    /// @inheritdoc IClearing
    function fills(bytes32 book, bytes calldata carry, Part calldata part)
        external
        view
        returns (uint256[] memory list, bytes memory next)
    {
        Stage stage = stageOf[book];
        require(
            stage == Stage.Final || (stage == Stage.Members && auction.bookOf(book).slotStart <= block.timestamp),
            WrongStage(book, stage)
        );
        Setting memory setting = _setting(book);
        (uint256[] memory carried, uint256[] memory poolCarried) = _carried(carry);
        (list, carried) = setting.terms.rule.fills(setting, _outcomes[book], carried, part.words, part.evidence);
        if (_poolOutcomes[book].length != 0) {
            poolCarried = _addPool(book, setting, poolCarried, part.words, list);
        }
        next = abi.encode(carried, poolCarried);
    }

    // -------------------------------------------------------------------------------------------------- clearing

    /// @inheritdoc IClearing
    function fixSeed(bytes32 book) external {
        Book memory b = auction.bookOf(book);
        require(
            b.clearsAt <= block.timestamp && b.state == BookState.Open,
            IAuction.OutsidePhase(book, b.clearsAt, b.slotStart)
        );
        (, bool needsSeed,) = _rulebook.termsOf(book).rule.traits();
        uint256 number = _seedBlocks[book];
        bool lost = block.number > number && blockhash(number) == 0 && seedOf[book] == 0;
        require(needsSeed && (number == 0 || lost), SeedFixed(book));
        _seedBlocks[book] = block.number + 1;
        emit SeedBlockFixed(book, block.number + 1);
    }

    /// @inheritdoc IClearing
    function drawSeed(bytes32 book) external {
        require(seedOf[book] == 0, SeedFixed(book));
        uint256 number = _seedBlocks[book];
        bytes32 hash = blockhash(number);
        require(number != 0 && hash != 0, SeedBlockUnknown(number));
        bytes32 seed = keccak256(abi.encode(book, hash));
        seedOf[book] = seed;
        emit SeedDrawn(book, seed);
    }

    /// @inheritdoc IClearing
    function clear(bytes32 book, uint256[] calldata proposal, uint256[] calldata words) external {
        require(stageOf[book] == Stage.None, WrongStage(book, stageOf[book]));
        _requireBeforeDelivery(book);
        Setting memory setting = _setting(book);
        (, bool needsSeed, bool usesStock) = setting.terms.rule.traits();
        require(!needsSeed || setting.seed != 0, SeedMissing(book));
        if (setting.terms.pool && usesStock) setting.stock = _fixStock(book, pool.stockOf(book));
        bytes32 id = keccak256(abi.encode(msg.sender, proposal));
        Tally storage tally = _tallies[book][id];
        (uint256 next, bool last) = auction.foldGroups(book, tally.nextGroup, words);
        uint256[] memory sums = setting.terms.rule.tally(setting, proposal, tally.sums, words);
        if (last) {
            _conclude(book, setting, usesStock, proposal, sums);
        } else {
            (tally.nextGroup, tally.sums) = (next, sums);
            emit BookTallied(book, id, next);
        }
    }

    /// @inheritdoc IClearing
    function clearPool(bytes32 book, uint256[] calldata proposal, Part calldata part) external {
        require(stageOf[book] == Stage.Members, WrongStage(book, stageOf[book]));
        _requireBeforeDelivery(book);
        Setting memory setting = _setting(book);
        bytes32 id = keccak256(abi.encode(msg.sender, "pool", proposal));
        Tally storage tally = _tallies[book][id];
        (uint256 next, bool last) = auction.foldGroups(book, tally.nextGroup, part.words);
        uint256[] memory sums = _tallyPool(book, setting, tally, proposal, part);
        if (last) {
            (uint256[] memory outcome,,) = poolRule.conclude(setting, proposal, sums);
            _poolOutcomes[book] = outcome;
            stageOf[book] = Stage.Final;
            emit PoolOutcomeFound(book, proposal, outcome);
        } else {
            (tally.nextGroup, tally.sums) = (next, sums);
            emit BookTallied(book, id, next);
        }
    }

    // -------------------------------------------------------------------------------------------------- settling

    /// @inheritdoc IClearing
    function finish(bytes32 book, bytes calldata carry, int256 dustWh, int256 rest)
        external
        returns (int256 poolShare, uint256 poolSpent, uint256 toCommonFund, uint256 toPool)
    {
        require(msg.sender == address(auction), NotAuction(msg.sender));
        IRule rule = _rulebook.termsOf(book).rule;
        uint256[] memory taken = _poolTaken(rule, carry);
        uint256[] memory stock = _stocks[book];
        for (uint256 i = 0; i < taken.length; ++i) {
            // The first is what members sold to the pool, the others what they bought of its units.
            int256 takenWh = i == 0 ? int256(taken[0]) : -int256(taken[i]);
            dustWh -= takenWh;
            rest += takenWh * int256(Stock.price(stock[i]));
            if (i != 0) toPool += taken[i] * Stock.price(stock[i]);
        }
        if (taken.length != 0) poolSpent = taken[0] * Stock.price(stock[0]);
        poolShare = rule.poolShare(_outcomes[book], dustWh, rest);
        toCommonFund = uint256(rest - poolShare);
        pool.close(book, stock, taken, dustWh);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _conclude(
        bytes32 book,
        Setting memory setting,
        bool usesStock,
        uint256[] calldata proposal,
        uint256[] memory sums
    ) private {
        (uint256[] memory outcome, uint128 poolNeed, uint256 unsold) =
            setting.terms.rule.conclude(setting, proposal, sums);
        bool poolIsNext = setting.terms.pool && !usesStock;
        _outcomes[book] = outcome;
        stageOf[book] = poolIsNext ? Stage.Members : Stage.Final;
        emit OutcomeFound(book, proposal, outcome);
        if (poolIsNext) poolNeed += _stockUp(book, poolNeed, unsold);
        auction.close(book, poolNeed);
    }

    /// @dev Fixes the stock in the transaction that locks its money, so that nobody can spend it in between. The intake is no
    /// more than members can sell, and than the purse pays for beside `reserved`. Returns what the intake may cost.
    function _stockUp(bytes32 book, uint128 reserved, uint256 unsold) private returns (uint128) {
        uint256[] memory stock = pool.stockOf(book);
        uint256 price = Stock.price(stock[0]);
        uint256 wh = pool.affordable(Stock.wh(stock[0]), price, reserved);
        if (wh > unsold) wh = unsold;
        stock[0] = Stock.pack(wh, price);
        _fixStock(book, stock);
        return uint128(wh * price);
    }

    function _fixStock(bytes32 book, uint256[] memory stock) private returns (uint256[] memory) {
        _stocks[book] = stock;
        emit StockFixed(book, stock);
        return stock;
    }

    /// @dev Goes over what the members left of the next orders.
    function _tallyPool(
        bytes32 book,
        Setting memory setting,
        Tally storage tally,
        uint256[] calldata proposal,
        Part calldata part
    ) private returns (uint256[] memory) {
        (uint256[] memory list, uint256[] memory carry) = setting.terms.rule
            .fills(setting, _outcomes[book], tally.carry, part.words, part.evidence);
        tally.carry = carry;
        return poolRule.tally(setting, proposal, tally.sums, _left(part.words, list));
    }

    /// @dev Adds to each order's fill what it got from the pool.
    function _addPool(
        bytes32 book,
        Setting memory setting,
        uint256[] memory carry,
        uint256[] calldata words,
        uint256[] memory list
    ) private view returns (uint256[] memory next) {
        uint256[] memory fromPool;
        (fromPool, next) = poolRule.fills(setting, _poolOutcomes[book], carry, _left(words, list), new uint256[](0));
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = Fills.plus(list[i], fromPool[i]);
        }
    }

    function _poolTaken(IRule rule, bytes calldata carry) private view returns (uint256[] memory) {
        (uint256[] memory carried, uint256[] memory poolCarried) = _carried(carry);
        return poolCarried.length == 0 ? rule.poolTaken(carried) : poolRule.poolTaken(poolCarried);
    }

    function _setting(bytes32 book) private view returns (Setting memory) {
        return Setting(_rulebook.termsOf(book), seedOf[book], _stocks[book]);
    }

    function _requireBeforeDelivery(bytes32 book) private view {
        Book memory b = auction.bookOf(book);
        require(
            b.clearsAt <= block.timestamp && block.timestamp < b.slotStart,
            IAuction.OutsidePhase(book, b.clearsAt, b.slotStart)
        );
    }

    function _carried(bytes calldata carry) private pure returns (uint256[] memory carried, uint256[] memory pool_) {
        if (carry.length != 0) (carried, pool_) = abi.decode(carry, (uint256[], uint256[]));
    }

    /// @dev The orders without what they got.
    function _left(uint256[] calldata words, uint256[] memory list) private pure returns (uint256[] memory left) {
        left = new uint256[](words.length);
        for (uint256 i = 0; i < words.length; ++i) {
            left[i] = Words.withQty(words[i], Words.qty(words[i]) - Fills.wh(list[i]));
        }
    }
}

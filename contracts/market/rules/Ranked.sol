// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRule, Setting, Terms} from "../../interfaces/IRule.sol";
import {Fills} from "../../libraries/Fills.sol";
import {Stock} from "../../libraries/Stock.sol";
import {Words} from "../../libraries/Words.sol";

/// @title Pair by pair, the largest first
/// @notice The rule of the paper. Buyers are ranked by falling value (Wh times price), sellers by rising value, or both by
/// price; equals by price, then by index. Each buyer in turn takes from each seller in turn whose ask he can pay, at
/// ask + floor((bid - ask) k); if `whole`, only from one who has all that he still wants. The n-th trade pays
/// min(feeCap, fee + n feeStep) on each side. If the pool takes in at all (its Wh do not
/// matter: nothing is paid for but what a buyer takes), what is left of asks up to its price becomes units
/// at that price beside its own, ranked alike, and buyers take from them without commission. What nobody takes was not
/// sold.
///
/// Proposal: how many buyers, their places in the list of words from the first rank on, then those of the sellers.
/// Sums and outcome: the hash of the trades. Evidence: the trades, from the low end the buyer's index 16, the seller's 16
/// or the unit's place in the stock, Wh 40, price 16, and who sells 8: a member 0, a member by the pool 1, a unit 2.
/// Carry: for the intake (always 0) and each unit, the Wh sold.
contract Ranked is IRule {
    uint256 private constant MAX_ORDERS = 256;
    uint256 private constant BY_POOL = 1 << 88;
    uint256 private constant UNIT = 2 << 88;

    /// @notice The orders of a book on their way to being traded.
    /// @param words the orders
    /// @param left Wh left of each
    /// @param buyers places of the buyers, by rank
    /// @param sellers places of the sellers, by rank
    /// @param trades what they trade
    /// @param count how many trades there are
    struct Floor {
        uint256[] words;
        uint256[] left;
        uint256[] buyers;
        uint256[] sellers;
        uint256[] trades;
        uint256 count;
    }

    /// @inheritdoc IRule
    function traits() external pure returns (uint16 maxOrders, bool needsSeed, bool usesStock) {
        return (uint16(MAX_ORDERS), false, true);
    }

    /// @inheritdoc IRule
    function tally(
        Setting calldata setting,
        uint256[] calldata proposal,
        uint256[] calldata sums,
        uint256[] calldata words
    ) external pure returns (uint256[] memory next) {
        require(sums.length == 0, NotWhole());
        Floor memory f = _floor(setting, proposal, words);
        _tradeAmongMembers(f, setting.terms);
        if (setting.stock.length != 0) _tradeWithPool(f, setting);
        next = new uint256[](1);
        next[0] = _hash(f.trades, f.count);
    }

    /// @inheritdoc IRule
    function conclude(Setting calldata, uint256[] calldata, uint256[] calldata sums)
        external
        pure
        returns (uint256[] memory outcome, uint128 poolNeed, uint256 unsold)
    {
        return (sums, 0, 0);
    }

    /// @inheritdoc IRule
    function fills(
        Setting calldata setting,
        uint256[] calldata outcome,
        uint256[] calldata,
        uint256[] calldata words,
        uint256[] calldata evidence
    ) external pure returns (uint256[] memory list, uint256[] memory next) {
        require(_hash(evidence, evidence.length) == outcome[0], WrongProposal());
        uint256[] memory byIndex;
        (byIndex, next) = _totals(setting, evidence);
        list = new uint256[](words.length);
        for (uint256 i = 0; i < words.length; ++i) {
            list[i] = byIndex[Words.index(words[i])];
        }
    }

    /// @inheritdoc IRule
    function poolShare(uint256[] calldata, int256, int256) external pure returns (int256) {
        return 0;
    }

    /// @inheritdoc IRule
    function poolTaken(uint256[] calldata carry) external pure returns (uint256[] memory) {
        return carry;
    }

    // ----------------------------------------------------------------------------------------------------- ranking

    /// @dev Checks that the proposal ranks every order once, on its side.
    function _floor(Setting calldata setting, uint256[] calldata proposal, uint256[] calldata words)
        private
        pure
        returns (Floor memory f)
    {
        uint256 count = words.length;
        require(count <= MAX_ORDERS, NotWhole());
        require(proposal.length == count + 1 && proposal[0] <= count, WrongProposal());
        f.words = words;
        f.left = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            f.left[i] = Words.qty(words[i]);
        }
        f.buyers = _ranking(f.words, proposal[1:1 + proposal[0]], setting.terms.byUnit, false);
        f.sellers = _ranking(f.words, proposal[1 + proposal[0]:], setting.terms.byUnit, true);
        f.trades = new uint256[](2 * count + setting.stock.length);
    }

    /// @dev Keys that rise strictly have no order twice, so all on the right side are all there are.
    function _ranking(uint256[] memory words, uint256[] calldata places, bool byUnit, bool sell)
        private
        pure
        returns (uint256[] memory)
    {
        uint256 last = 0;
        for (uint256 i = 0; i < places.length; ++i) {
            require(places[i] < words.length && Words.isSell(words[places[i]]) == sell, IRule.WrongProposal());
            uint256 key = _key(words[places[i]], byUnit);
            require(key > last, IRule.WrongProposal());
            last = key;
        }
        return places;
    }

    /// @dev Value and price, falling for buyers and rising for sellers, then the index; never zero.
    function _key(uint256 word, bool byUnit) private pure returns (uint256) {
        uint256 price = Words.price(word);
        uint256 key = (byUnit ? price : Words.qty(word) * price) << 16 | price;
        if (!Words.isSell(word)) key = type(uint80).max - key;
        return key << 16 | (Words.index(word) + 1);
    }

    // ----------------------------------------------------------------------------------------------------- trading

    function _tradeAmongMembers(Floor memory f, Terms calldata terms) private pure {
        (uint256 kBps, bool whole) = (terms.kBps, terms.whole);
        for (uint256 i = 0; i < f.buyers.length; ++i) {
            uint256 b = f.buyers[i];
            uint256 bid = Words.price(f.words[b]);
            for (uint256 j = 0; j < f.sellers.length && f.left[b] != 0; ++j) {
                uint256 s = f.sellers[j];
                uint256 ask = Words.price(f.words[s]);
                if (bid < ask || f.left[s] == 0 || (whole && f.left[s] < f.left[b])) continue;
                uint256 price = ask + (bid - ask) * kBps / 10_000;
                f.left[s] -= _trade(f, b, f.left[s], Words.index(f.words[s]), price << 72);
            }
        }
    }

    function _tradeWithPool(Floor memory f, Setting calldata setting) private pure {
        uint256[] memory units = _rankedUnits(f, setting);
        for (uint256 i = 0; i < f.buyers.length; ++i) {
            uint256 b = f.buyers[i];
            uint256 bid = Words.price(f.words[b]);
            for (uint256 k = 0; k < units.length && f.left[b] != 0; ++k) {
                uint256 left = uint40(units[k]);
                uint256 price = uint16(units[k] >> 72);
                if (left == 0 || bid < price) continue;
                units[k] -= _trade(f, b, left, uint16(units[k] >> 56), price << 72 | units[k] >> 88 << 88);
            }
        }
    }

    /// @dev The buyer takes as much as both have; `what` is the price and who sells, in their places.
    function _trade(Floor memory f, uint256 b, uint256 offered, uint256 seller, uint256 what)
        private
        pure
        returns (uint256 wh)
    {
        wh = f.left[b] < offered ? f.left[b] : offered;
        f.left[b] -= wh;
        f.trades[f.count++] = what | wh << 32 | seller << 16 | Words.index(f.words[b]);
    }

    // -------------------------------------------------------------------------------------------------- the pool's

    /// @dev What the members left and what the pool has, by rank; each as Wh 40 (and 16 free), index 16, price 16, kind.
    function _rankedUnits(Floor memory f, Setting calldata setting) private pure returns (uint256[] memory units) {
        uint256 intake = setting.stock[0];
        uint256 own = setting.stock.length - 1;
        units = new uint256[](f.sellers.length + own);
        uint256 count = 0;
        for (uint256 j = 0; j < f.sellers.length; ++j) {
            uint256 left = f.left[f.sellers[j]];
            uint256 word = f.words[f.sellers[j]];
            if (left == 0 || Stock.wh(intake) == 0 || Words.price(word) > Stock.price(intake)) continue;
            _insert(units, count++, BY_POOL | Stock.price(intake) << 72 | Words.index(word) << 56 | left, setting);
        }
        for (uint256 k = 1; k <= own; ++k) {
            uint256 item = setting.stock[k];
            _insert(units, count++, UNIT | Stock.price(item) << 72 | k << 56 | Stock.wh(item), setting);
        }
        assembly ("memory-safe") {
            mstore(units, count)
        }
    }

    /// @dev Behind all that do not rank lower, so that equals stay in the sequence in which they came.
    function _insert(uint256[] memory units, uint256 at, uint256 unit, Setting calldata setting) private pure {
        uint256 key = _unitKey(unit, setting.terms.byUnit);
        while (at != 0 && _unitKey(units[at - 1], setting.terms.byUnit) > key) {
            units[at] = units[at - 1];
            --at;
        }
        units[at] = unit;
    }

    function _unitKey(uint256 unit, bool byUnit) private pure returns (uint256) {
        uint256 price = uint16(unit >> 72);
        return (byUnit ? price : uint40(unit) * price) << 16 | price;
    }

    // -------------------------------------------------------------------------------------------------- settling

    /// @dev What each order got, by its index, and what was taken of each unit.
    function _totals(Setting calldata setting, uint256[] calldata trades)
        private
        pure
        returns (uint256[] memory byIndex, uint256[] memory taken)
    {
        byIndex = new uint256[](MAX_ORDERS);
        taken = new uint256[](setting.stock.length);
        uint256 peers = 0;
        for (uint256 i = 0; i < trades.length; ++i) {
            uint256 trade = trades[i];
            uint256 seller = uint16(trade >> 16);
            uint256 fill = _fill(setting.terms, trade, peers);
            byIndex[uint16(trade)] = Fills.plus(byIndex[uint16(trade)], fill);
            if (trade >= UNIT) taken[seller] += Fills.wh(fill);
            else byIndex[seller] = Fills.plus(byIndex[seller], fill);
            if (trade < BY_POOL) ++peers;
        }
    }

    /// @dev What a trade is to either side, the commission rising with the trades among members before it.
    function _fill(Terms calldata terms, uint256 trade, uint256 peers) private pure returns (uint256) {
        uint256 wh = uint40(trade >> 32);
        uint256 amount = wh * uint16(trade >> 72);
        if (trade >= BY_POOL) return Fills.pack(wh, amount, 0);
        uint256 bps = terms.feeBps + peers * terms.feeStepBps;
        if (bps > terms.feeCapBps) bps = terms.feeCapBps;
        return Fills.pack(wh, amount, amount * bps / 10_000);
    }

    function _hash(uint256[] memory trades, uint256 count) private pure returns (uint256 hash) {
        assembly ("memory-safe") {
            hash := keccak256(add(trades, 32), mul(count, 32))
        }
    }
}

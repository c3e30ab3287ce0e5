// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRule, Setting} from "../../contracts/interfaces/IRule.sol";
import {Fills} from "../../contracts/libraries/Fills.sol";
import {Words} from "../../contracts/libraries/Words.sol";
import {SlowBook} from "./SlowBook.sol";

/// @title What two rules make of any book, beside a look through it price by price
contract ClearingFuzz is SlowBook {
    /// @notice What both sides got and paid together.
    struct Totals {
        uint256 bought;
        uint256 sold;
        uint256 paid;
        uint256 received;
    }

    /// @notice A book and what a rule made of it.
    struct Cleared {
        uint256[] words;
        Setting setting;
        Found found;
        uint256[] outcome;
        uint128 poolNeed;
        uint256 unsold;
        uint256[] list;
        Totals totals;
    }

    uint256 private constant MOST_ORDERS = 24;

    IRule private _uniform;
    IRule private _reduction;

    function setUp() external {
        _uniform = IRule(_create("Uniform", ""));
        _reduction = IRule(_create("TradeReduction", ""));
    }

    /// @dev At one price all is traded that can be: who would take a worse one is served in full, who is at it in part,
    /// nobody else; what is bought is sold, and what is paid is received.
    function testFuzz_uniform(uint256 seed, uint8 count, uint16 kBps, uint16 feeBps) external view {
        Cleared memory c = _cleared(_uniform, seed, _book(seed, count), _setting(kBps, feeBps));
        (Found memory found, Totals memory t) = (c.found, c.totals);
        assert(c.unsold == _sum(c.words, true, 0, PRICES) - found.volume);
        assert(t.bought == found.volume && t.sold == found.volume && t.paid == t.received);
        uint256 price = found.low + (found.high - found.low) * c.setting.terms.kBps / 10_000;
        for (uint256 i = 0; i < c.words.length && found.volume != 0; ++i) {
            uint256 quote = Words.price(c.words[i]);
            bool isBetter = Words.isSell(c.words[i]) ? quote < price : quote > price;
            uint256 wh = Fills.wh(c.list[i]);
            assert(Fills.amount(c.list[i]) == wh * price);
            if (isBetter) assert(wh == Words.qty(c.words[i]));
            else if (quote != price) assert(wh == 0);
        }
    }

    /// @dev No other pair of prices is taken for the right one.
    function testFuzz_oneProposalOnly(uint256 seed, uint8 count, uint8 low, uint8 high) external view {
        uint256[] memory words = _book(seed, count);
        Found memory found = _found(words);
        uint256[] memory proposal = new uint256[](2);
        (proposal[0], proposal[1]) = (low % (PRICES + 2), high % (PRICES + 2));
        if (found.volume == 0 || (proposal[0] == found.low && proposal[1] == found.high)) return;
        Setting memory setting;
        try this.tallied(_uniform, setting, proposal, words) {
            assert(false);
        } catch {}
    }

    /// @dev Nobody trades at a price worse than he quoted or more than he asked for, the common fund never pays, and
    /// the pool pays no more for what rounding leaves than was asked of it before.
    function testFuzz_tradeReduction(uint256 seed, uint8 count, uint16 kBps, uint16 feeBps) external view {
        Cleared memory c = _cleared(_reduction, seed, _book(seed, count), _setting(kBps, feeBps));
        Totals memory t = c.totals;
        assert(t.bought <= c.found.volume && t.sold <= c.found.volume);
        assert(t.bought + t.sold - 2 * _least(t.bought, t.sold) <= c.words.length);
        int256 rest = int256(t.paid) - int256(t.received);
        int256 share = _reduction.poolShare(c.outcome, int256(t.sold) - int256(t.bought), rest);
        assert(rest - share >= 0 && -share <= int256(uint256(c.poolNeed)));
        if (c.found.volume != 0) _checkReduced(c);
    }

    /// @notice What a proposal makes of a book at once, for a try.
    function tallied(IRule rule, Setting calldata setting, uint256[] calldata proposal, uint256[] calldata words)
        external
        pure
    {
        rule.conclude(setting, proposal, rule.tally(setting, proposal, new uint256[](0), words));
    }

    // In two parts, cut somewhere.
    function _cleared(IRule rule, uint256 seed, uint256[] memory words, Setting memory setting)
        private
        view
        returns (Cleared memory c)
    {
        (c.words, c.setting, c.found) = (words, setting, _found(words));
        uint256[] memory proposal = _levels(c.found);
        if (rule == _uniform) {
            proposal = new uint256[](2);
            (proposal[0], proposal[1]) = (c.found.low, c.found.high);
        }
        uint256 cut = seed % (words.length + 1);
        uint256[] memory sums = rule.tally(setting, proposal, new uint256[](0), _part(words, 0, cut));
        sums = rule.tally(setting, proposal, sums, _part(words, cut, words.length));
        (c.outcome, c.poolNeed, c.unsold) = rule.conclude(setting, proposal, sums);
        c.list = _fills(rule, c, (seed >> 128) % (words.length + 1));
        c.totals = _totals(words, c.list, setting);
    }

    function _fills(IRule rule, Cleared memory c, uint256 cut) private pure returns (uint256[] memory list) {
        uint256[] memory none = new uint256[](0);
        list = new uint256[](c.words.length);
        (uint256[] memory got, uint256[] memory carry) =
            rule.fills(c.setting, c.outcome, none, _part(c.words, 0, cut), none);
        for (uint256 i = 0; i < cut; ++i) {
            list[i] = got[i];
        }
        (got,) = rule.fills(c.setting, c.outcome, carry, _part(c.words, cut, c.words.length), none);
        for (uint256 i = cut; i < list.length; ++i) {
            list[i] = got[i - cut];
        }
    }

    // Either all of the volume trades at the middle of the next levels, or the marginal levels do not trade.
    function _checkReduced(Cleared memory c) private pure {
        (Found memory found, uint256 middle) = (c.found, _middle(c.words, c.found));
        bool all = middle != NONE;
        for (uint256 i = 0; i < c.words.length; ++i) {
            uint256 margin = Words.isSell(c.words[i]) ? found.ask : found.bid;
            uint256 wh = Fills.wh(c.list[i]);
            assert(Fills.amount(c.list[i]) == wh * (all ? middle : margin));
            if (!all && Words.price(c.words[i]) == margin) assert(wh == 0);
        }
        Totals memory t = c.totals;
        if (all) {
            assert(t.bought == found.volume && t.sold == found.volume && t.paid == t.received);
            return;
        }
        uint256 bids = _sum(c.words, false, found.bid + 1, PRICES);
        uint256 asks = found.ask == 0 ? 0 : _sum(c.words, true, 0, found.ask - 1);
        assert(t.bought <= bids && t.sold <= asks);
        assert(bids > asks ? t.sold == asks && t.bought <= asks : t.bought == bids && t.sold <= bids);
    }

    // The price at which all trade, NONE when there is no such.
    function _middle(uint256[] memory words, Found memory found) private pure returns (uint256 middle) {
        uint256 bids = _sum(words, false, found.bid, PRICES);
        uint256 asks = _sum(words, true, 0, found.ask);
        bool isEven = found.volume == bids && found.volume == asks;
        if (!isEven || found.nextBid == NONE || found.nextAsk == NONE) return NONE;
        middle = (found.nextBid + found.nextAsk) / 2;
        if (middle < found.ask || middle > found.bid) return NONE;
    }

    // Of each fill that it is no more than was asked for and at no worse a price; then what they are together.
    function _totals(uint256[] memory words, uint256[] memory list, Setting memory setting)
        private
        pure
        returns (Totals memory t)
    {
        for (uint256 i = 0; i < words.length; ++i) {
            (uint256 wh, uint256 amount) = (Fills.wh(list[i]), Fills.amount(list[i]));
            uint256 limit = wh * Words.price(words[i]);
            assert(wh <= Words.qty(words[i]));
            assert(Fills.fee(list[i]) == amount * setting.terms.feeBps / 10_000);
            if (Words.isSell(words[i])) {
                assert(amount >= limit);
                (t.sold, t.received) = (t.sold + wh, t.received + amount);
            } else {
                assert(amount <= limit);
                (t.bought, t.paid) = (t.bought + wh, t.paid + amount);
            }
        }
    }

    function _part(uint256[] memory words, uint256 from, uint256 to) private pure returns (uint256[] memory part) {
        part = new uint256[](to - from);
        for (uint256 i = from; i < to; ++i) {
            part[i - from] = words[i];
        }
    }

    // Few prices, and often few Wh, so that many orders meet at one price and sides are often even.
    function _book(uint256 seed, uint256 count) private pure returns (uint256[] memory words) {
        words = new uint256[](count % (MOST_ORDERS + 1));
        uint256 mostWh = seed % 2 == 0 ? 4 : 10_000_000;
        for (uint256 i = 0; i < words.length; ++i) {
            uint256 drawn = _draw(seed, i);
            uint256 wh = _within(drawn >> 16, 1, mostWh);
            uint256 price = drawn % (PRICES + 1);
            bool sells = (drawn >> 128) % 2 == 0;
            words[i] = sells ? Words.sell(address(0), wh, price, 0, 1) : wh << 160 | price << 200;
            words[i] = Words.withIndex(words[i], i);
        }
    }

    function _setting(uint256 kBps, uint256 feeBps) private pure returns (Setting memory setting) {
        (setting.terms.kBps, setting.terms.feeBps) = (uint16(kBps % 10_001), uint16(feeBps % 61));
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRule} from "../../interfaces/IRule.sol";
import {Lists} from "../../libraries/Lists.sol";
import {Words} from "../../libraries/Words.sol";

/// @title The two order statistics of a call auction
/// @notice With F(x) the Wh of all orders, of both sides, at prices up to x, D the demand and S the supply: L is the least
/// price with F(L) >= D, U the least with F(U) >= D + 1. A price clears the book exactly when it lies from L to U,
/// because D>(p) <= S<=(p) and S<(p) <= D>=(p) are F(p) >= D and F(p-1) <= D in other words. F never falls, so one
/// pass over the orders tells whether a proposed pair is the one.
library CallAuction {
    /// @notice What one pass adds up, p being the price that L and U make.
    struct Sums {
        uint256 demand;
        uint256 supply;
        uint256 belowL;
        uint256 upToL;
        uint256 belowU;
        uint256 upToU;
        uint256 bidsAbove;
        uint256 bidsAt;
        uint256 asksBelow;
        uint256 asksAt;
    }

    /// @notice A proposed pair and the price that it makes.
    struct Claim {
        uint256 low;
        uint256 high;
        uint256 price;
    }

    uint256 internal constant FIELDS = 10;

    function claim(uint256 low, uint256 high, uint256 kBps) internal pure returns (Claim memory) {
        require(low <= high && high <= type(uint16).max, IRule.WrongProposal());
        return Claim(low, high, low + (high - low) * kBps / 10_000);
    }

    function read(uint256[] calldata sums, uint256 from) internal pure returns (Sums memory s) {
        if (sums.length == 0) return s;
        s.demand = sums[from];
        s.supply = sums[from + 1];
        s.belowL = sums[from + 2];
        s.upToL = sums[from + 3];
        s.belowU = sums[from + 4];
        s.upToU = sums[from + 5];
        s.bidsAbove = sums[from + 6];
        s.bidsAt = sums[from + 7];
        s.asksBelow = sums[from + 8];
        s.asksAt = sums[from + 9];
    }

    function write(Sums memory s, uint256[] memory sums, uint256 to) internal pure {
        sums[to] = s.demand;
        sums[to + 1] = s.supply;
        sums[to + 2] = s.belowL;
        sums[to + 3] = s.upToL;
        sums[to + 4] = s.belowU;
        sums[to + 5] = s.upToU;
        sums[to + 6] = s.bidsAbove;
        sums[to + 7] = s.bidsAt;
        sums[to + 8] = s.asksBelow;
        sums[to + 9] = s.asksAt;
    }

    /// @dev Adds all words, most of which are far from L and U, in as few steps as can be: a book has up to ten thousand.
    /// Orders of at most 2^24 Wh come nowhere near overflowing a sum.
    function addAll(Sums memory s, Claim memory c, uint256[] calldata words) internal pure {
        (uint256 low, uint256 high, uint256 price) = (c.low, c.high, c.price);
        Sums memory t;
        unchecked {
            for (uint256 i = 0; i < words.length; ++i) {
                uint256 word = Lists.given(words, i);
                uint256 qty = Words.qty(word);
                uint256 quote = Words.price(word);
                if (quote < low) t.belowL += qty;
                else if (quote <= high) _addBetween(t, quote == low, quote == high, qty);
                if (Words.isSell(word)) {
                    t.supply += qty;
                    if (quote < price) t.asksBelow += qty;
                    else if (quote == price) t.asksAt += qty;
                } else {
                    t.demand += qty;
                    if (quote > price) t.bidsAbove += qty;
                    else if (quote == price) t.bidsAt += qty;
                }
            }
            // Below L is also up to L, below U and up to U.
            s.belowL += t.belowL;
            s.upToL += t.upToL + t.belowL;
            s.belowU += t.belowU + t.belowL;
            s.upToU += t.upToU + t.belowL;
            s.demand += t.demand;
            s.supply += t.supply;
            s.bidsAbove += t.bidsAbove;
            s.bidsAt += t.bidsAt;
            s.asksBelow += t.asksBelow;
            s.asksAt += t.asksAt;
        }
    }

    /// @dev Adds one word.
    function add(Sums memory s, Claim memory c, uint256 word) internal pure {
        uint256 qty = Words.qty(word);
        uint256 quote = Words.price(word);
        unchecked {
            if (quote < c.low) {
                s.belowL += qty;
                s.upToL += qty;
                s.belowU += qty;
                s.upToU += qty;
            } else if (quote <= c.high) {
                _addBetween(s, quote == c.low, quote == c.high, qty);
            }
            if (Words.isSell(word)) {
                s.supply += qty;
                if (quote < c.price) s.asksBelow += qty;
                else if (quote == c.price) s.asksAt += qty;
            } else {
                s.demand += qty;
                if (quote > c.price) s.bidsAbove += qty;
                else if (quote == c.price) s.bidsAt += qty;
            }
        }
    }

    /// @dev A price from L to U.
    function _addBetween(Sums memory s, bool atLow, bool atHigh, uint256 qty) private pure {
        unchecked {
            s.upToU += qty;
            if (!atHigh) s.belowU += qty;
            if (atLow) s.upToL += qty;
        }
    }

    /// @dev The Wh that trade. A book without a side has no price, and any proposal will do.
    function volume(Sums memory s) internal pure returns (uint256) {
        if (s.demand == 0 || s.supply == 0) return 0;
        require(s.belowL < s.demand && s.demand <= s.upToL, IRule.WrongProposal());
        require(s.belowU <= s.demand && s.demand < s.upToU, IRule.WrongProposal());
        uint256 bids = s.bidsAbove + s.bidsAt;
        uint256 asks = s.asksBelow + s.asksAt;
        return bids < asks ? bids : asks;
    }
}

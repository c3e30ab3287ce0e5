// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Words} from "../../contracts/libraries/Words.sol";
import {Fuzzed} from "./Fuzzed.sol";

/// @title A book of few prices, looked through price by price
abstract contract SlowBook is Fuzzed {
    /// @notice What a book comes to, found by trying each price.
    struct Found {
        uint256 low;
        uint256 high;
        uint256 volume;
        uint256 bid;
        uint256 ask;
        uint256 nextBid;
        uint256 nextAsk;
    }

    uint256 internal constant PRICES = 12;
    uint256 internal constant NONE = 1 << 16;

    function _found(uint256[] memory words) internal pure returns (Found memory f) {
        uint256 demand = _sum(words, false, 0, PRICES);
        if (demand == 0 || _sum(words, true, 0, PRICES) == 0) return f;
        while (_upTo(words, f.low) < demand) ++f.low;
        while (_upTo(words, f.high) < demand + 1) ++f.high;
        for (uint256 price = 0; price <= PRICES; ++price) {
            uint256 tradable = _least(_sum(words, false, price, PRICES), _sum(words, true, 0, price));
            if (tradable > f.volume) f.volume = tradable;
        }
        if (f.volume == 0) return f;
        f.bid = PRICES;
        while (_sum(words, false, f.bid, PRICES) < f.volume) --f.bid;
        while (_sum(words, true, 0, f.ask) < f.volume) ++f.ask;
        (f.nextBid, f.nextAsk) = (NONE, NONE);
        for (uint256 price = 0; price <= PRICES; ++price) {
            if (price < f.bid && _sum(words, false, price, price) != 0) f.nextBid = price;
            uint256 down = PRICES - price;
            if (down > f.ask && _sum(words, true, down, down) != 0) f.nextAsk = down;
        }
    }

    function _levels(Found memory f) internal pure returns (uint256[] memory proposal) {
        proposal = new uint256[](6);
        (proposal[0], proposal[1], proposal[2]) = (f.low, f.high, f.bid);
        (proposal[3], proposal[4], proposal[5]) = (f.ask, f.nextBid, f.nextAsk);
    }

    function _upTo(uint256[] memory words, uint256 price) private pure returns (uint256) {
        return _sum(words, false, 0, price) + _sum(words, true, 0, price);
    }

    // The Wh of one side from one price to another.
    function _sum(uint256[] memory words, bool sells, uint256 from, uint256 to) internal pure returns (uint256 wh) {
        for (uint256 i = 0; i < words.length; ++i) {
            uint256 price = Words.price(words[i]);
            if (Words.isSell(words[i]) == sells && from <= price && price <= to) wh += Words.qty(words[i]);
        }
    }
}

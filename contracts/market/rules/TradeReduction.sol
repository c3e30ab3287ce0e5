// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRule, Setting} from "../../interfaces/IRule.sol";
import {Fills} from "../../libraries/Fills.sol";
import {Words} from "../../libraries/Words.sol";
import {CallAuction} from "./CallAuction.sol";

/// @title Prices that nobody who trades has made
/// @notice McAfee's rule for many units. With the volume V of the call auction, bm is the lowest bid level with D>(bm) < V
/// and am the highest ask level with S<(am) < V: the marginal levels. When both together make exactly V and the next
/// levels bn and an exist, all V trade at p0 = (bn + an) / 2 if that lies between am and bm. Otherwise the marginal
/// levels do not trade: buyers above bm pay bm, sellers below am get am, the longer side is cut in proportion and
/// rounded down, and what is left between the two prices goes to the common fund. No price quoted pays better than
/// the true one.
///
/// Proposal: L, U, bm, am, bn, an; bn and an 65536 when there is none, and any value where they do not matter.
/// Sums: those of CallAuction, then D>(bm), D=(bm), S<(am), S=(am), D>(bn), D=(bn), S<(an), S=(an), buyers above bm.
/// Outcome: one word, from the low end the buyers' price 16, the sellers' 16, the least bid that trades 17, the price that
/// asks must be below 17, volume 40, Wh of those bids 40, Wh of those asks 40, whether p0 is the price 1; empty
/// when the call auction has no volume.
contract TradeReduction is IRule {
    using CallAuction for CallAuction.Sums;

    uint256 private constant NONE = 1 << 16;
    uint256 private constant EXTRA = CallAuction.FIELDS;
    uint256 private constant FIELDS = EXTRA + 9;

    /// @notice The marginal levels proposed, and the next ones.
    struct Levels {
        uint256 bid;
        uint256 ask;
        uint256 nextBid;
        uint256 nextAsk;
    }

    /// @notice The outcome, unpacked.
    struct Result {
        uint256 buyPrice;
        uint256 sellPrice;
        uint256 leastBid;
        uint256 askBelow;
        uint256 volume;
        uint256 bids;
        uint256 asks;
        uint256 atMiddle;
    }

    /// @inheritdoc IRule
    function traits() external pure returns (uint16 maxOrders, bool needsSeed, bool usesStock) {
        return (10_000, false, false);
    }

    /// @inheritdoc IRule
    function tally(
        Setting calldata setting,
        uint256[] calldata proposal,
        uint256[] calldata sums,
        uint256[] calldata words
    ) external pure returns (uint256[] memory next) {
        Levels memory levels = _levels(proposal);
        CallAuction.Claim memory claim = CallAuction.claim(proposal[0], proposal[1], setting.terms.kBps);
        CallAuction.Sums memory s = CallAuction.read(sums, 0);
        next = new uint256[](FIELDS);
        for (uint256 i = EXTRA; i < sums.length; ++i) {
            next[i] = sums[i];
        }
        for (uint256 i = 0; i < words.length; ++i) {
            s.add(claim, words[i]);
            _add(next, levels, words[i]);
        }
        s.write(next, 0);
    }

    /// @inheritdoc IRule
    function conclude(Setting calldata, uint256[] calldata proposal, uint256[] calldata sums)
        external
        pure
        returns (uint256[] memory outcome, uint128 poolNeed, uint256 unsold)
    {
        CallAuction.Sums memory s = CallAuction.read(sums, 0);
        uint256 volume = s.volume();
        if (volume == 0) return (outcome, 0, s.supply);
        Levels memory levels = _levels(proposal);
        uint256[] calldata m = sums[EXTRA:];
        require(
            m[1] != 0 && m[0] < volume && volume <= m[0] + m[1] && m[3] != 0 && m[2] < volume && volume <= m[2] + m[3],
            WrongProposal()
        );
        Result memory r = Result(levels.bid, levels.ask, levels.bid + 1, levels.ask, 0, m[0], m[2], 0);
        if (volume == m[0] + m[1] && volume == m[2] + m[3]) {
            _requireNext(levels, s, m);
            uint256 middle = (levels.nextBid + levels.nextAsk) / 2;
            bool exist = levels.nextBid != NONE && levels.nextAsk != NONE;
            if (exist && levels.ask <= middle && middle <= levels.bid) {
                r = Result(middle, middle, levels.bid, levels.ask + 1, volume, volume, volume, 1);
            }
        }
        if (r.atMiddle == 0) r.volume = r.bids < r.asks ? r.bids : r.asks;
        outcome = new uint256[](1);
        outcome[0] = _pack(r);
        // Each buyer of a longer side loses less than one Wh by rounding, and the pool buys it.
        unsold = s.supply - r.volume;
        if (r.volume != 0 && r.bids > r.asks) poolNeed = uint128(m[8] * r.sellPrice);
    }

    /// @inheritdoc IRule
    function fills(
        Setting calldata setting,
        uint256[] calldata outcome,
        uint256[] calldata,
        uint256[] calldata words,
        uint256[] calldata
    ) external pure returns (uint256[] memory list, uint256[] memory next) {
        list = new uint256[](words.length);
        if (outcome.length == 0) return (list, next);
        Result memory r = _unpack(outcome[0]);
        if (r.volume == 0) return (list, next);
        uint256 feeBps = setting.terms.feeBps;
        for (uint256 i = 0; i < words.length; ++i) {
            (uint256 wh, uint256 price) = _fill(r, words[i]);
            list[i] = Fills.pack(wh, wh * price, wh * price * feeBps / 10_000);
        }
    }

    /// @inheritdoc IRule
    function poolShare(uint256[] calldata outcome, int256 dustWh, int256) external pure returns (int256) {
        if (outcome.length == 0) return 0;
        Result memory r = _unpack(outcome[0]);
        return -dustWh * int256(dustWh > 0 ? r.sellPrice : r.buyPrice);
    }

    /// @inheritdoc IRule
    function poolTaken(uint256[] calldata) external pure returns (uint256[] memory) {
        return new uint256[](0);
    }

    function _add(uint256[] memory sums, Levels memory levels, uint256 word) private pure {
        uint256 qty = Words.qty(word);
        uint256 price = Words.price(word);
        unchecked {
            if (Words.isSell(word)) {
                if (price < levels.ask) sums[EXTRA + 2] += qty;
                else if (price == levels.ask) sums[EXTRA + 3] += qty;
                if (price < levels.nextAsk) sums[EXTRA + 6] += qty;
                else if (price == levels.nextAsk) sums[EXTRA + 7] += qty;
            } else {
                if (price > levels.bid) {
                    sums[EXTRA] += qty;
                    ++sums[EXTRA + 8];
                } else if (price == levels.bid) {
                    sums[EXTRA + 1] += qty;
                }
                if (levels.nextBid == NONE || price > levels.nextBid) sums[EXTRA + 4] += qty;
                else if (price == levels.nextBid) sums[EXTRA + 5] += qty;
            }
        }
    }

    /// @dev Between a marginal level and the next there is nothing, and where there is said to be no next level, none.
    function _requireNext(Levels memory levels, CallAuction.Sums memory s, uint256[] calldata m) private pure {
        uint256 bids = m[0] + m[1];
        uint256 asks = m[2] + m[3];
        bool bidRight = levels.nextBid == NONE ? s.demand == bids : m[4] == bids && m[5] != 0;
        bool askRight = levels.nextAsk == NONE ? s.supply == asks : m[6] == asks && m[7] != 0;
        require(bidRight && askRight, WrongProposal());
    }

    function _fill(Result memory r, uint256 word) private pure returns (uint256 wh, uint256 price) {
        if (Words.isSell(word)) {
            if (Words.price(word) >= r.askBelow) return (0, 0);
            return (Words.qty(word) * r.volume / r.asks, r.sellPrice);
        }
        if (Words.price(word) < r.leastBid) return (0, 0);
        return (Words.qty(word) * r.volume / r.bids, r.buyPrice);
    }

    function _levels(uint256[] calldata proposal) private pure returns (Levels memory) {
        require(proposal.length == 6, WrongProposal());
        for (uint256 i = 2; i < 6; ++i) {
            require(proposal[i] <= NONE, WrongProposal());
        }
        return Levels(proposal[2], proposal[3], proposal[4], proposal[5]);
    }

    function _pack(Result memory r) private pure returns (uint256) {
        return r.buyPrice | r.sellPrice << 16 | r.leastBid << 32 | r.askBelow << 49 | r.volume << 66 | r.bids << 106
            | r.asks << 146 | r.atMiddle << 186;
    }

    function _unpack(uint256 outcome) private pure returns (Result memory r) {
        r.buyPrice = uint16(outcome);
        r.sellPrice = uint16(outcome >> 16);
        r.leastBid = outcome >> 32 & 0x1ffff;
        r.askBelow = outcome >> 49 & 0x1ffff;
        r.volume = uint40(outcome >> 66);
        r.bids = uint40(outcome >> 106);
        r.asks = uint40(outcome >> 146);
        r.atMiddle = outcome >> 186 & 1;
    }
}

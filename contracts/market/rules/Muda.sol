// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRule, Setting} from "../../interfaces/IRule.sol";
import {Fills} from "../../libraries/Fills.sol";
import {Words} from "../../libraries/Words.sol";
import {CallAuction} from "./CallAuction.sol";

/// @title Each half of the market at the other half's price
/// @notice Segal-Halevi, Hassidim and Aumann's rule. A bit of keccak256(abi.encode(seed, index)) puts each order into a
/// half; each half's price is that of its own call auction, with k one half, when that has volume; bids at or above the
/// other half's price and asks at or below it trade at it. The longer side is cut in proportion and rounded down, and
/// the pool buys or sells what that leaves. Nobody's quote moves the price at which he trades.
///
/// Proposal: L and U of half 0, of half 1. Sums: for each half those of CallAuction, then the Wh of bids and of asks that
/// could trade at the other half's price, and how many bids.
/// Outcome: one word a half, from the low end the price at which it trades 16, volume 40, Wh of bids 40, Wh of asks 40, its
/// own price 16, whether it has one 1; empty when neither has one.
contract Muda is IRule {
    using CallAuction for CallAuction.Sums;

    uint256 private constant K_BPS = 5_000;
    uint256 private constant EXTRA = CallAuction.FIELDS;
    uint256 private constant FIELDS = EXTRA + 3;

    /// @notice What a half trades, unpacked.
    struct Result {
        uint256 price;
        uint256 volume;
        uint256 bids;
        uint256 asks;
    }

    /// @inheritdoc IRule
    function traits() external pure returns (uint16 maxOrders, bool needsSeed, bool usesStock) {
        return (10_000, true, false);
    }

    /// @inheritdoc IRule
    function tally(
        Setting calldata setting,
        uint256[] calldata proposal,
        uint256[] calldata sums,
        uint256[] calldata words
    ) external pure returns (uint256[] memory next) {
        CallAuction.Claim[2] memory claims = _claims(proposal);
        CallAuction.Sums[2] memory s;
        next = new uint256[](2 * FIELDS);
        for (uint256 half = 0; half < 2; ++half) {
            s[half] = CallAuction.read(sums, half * FIELDS);
            for (uint256 i = half * FIELDS + EXTRA; i < sums.length && i < (half + 1) * FIELDS; ++i) {
                next[i] = sums[i];
            }
        }
        for (uint256 i = 0; i < words.length; ++i) {
            uint256 half = _half(setting.seed, words[i]);
            s[half].add(claims[half], words[i]);
            _add(next, half * FIELDS + EXTRA, claims[1 - half].price, words[i]);
        }
        s[0].write(next, 0);
        s[1].write(next, FIELDS);
    }

    /// @inheritdoc IRule
    function conclude(Setting calldata, uint256[] calldata proposal, uint256[] calldata sums)
        external
        pure
        returns (uint256[] memory outcome, uint128 poolNeed, uint256 unsold)
    {
        CallAuction.Claim[2] memory claims = _claims(proposal);
        bool[2] memory priced;
        for (uint256 half = 0; half < 2; ++half) {
            CallAuction.Sums memory s = CallAuction.read(sums, half * FIELDS);
            priced[half] = s.volume() != 0;
            unsold += s.supply;
        }
        if (!priced[0] && !priced[1]) return (outcome, 0, unsold);
        outcome = new uint256[](2);
        for (uint256 half = 0; half < 2; ++half) {
            if (priced[half]) outcome[half] = claims[half].price << 136 | 1 << 152;
            if (!priced[1 - half]) continue;
            uint256 price = claims[1 - half].price;
            uint256 bids = sums[half * FIELDS + EXTRA];
            uint256 asks = sums[half * FIELDS + EXTRA + 1];
            uint256 volume = bids < asks ? bids : asks;
            outcome[half] |= price | volume << 16 | bids << 56 | asks << 96;
            // Each buyer of a longer side loses less than one Wh by rounding, and the pool buys it.
            unsold -= volume;
            if (volume != 0 && bids > asks) poolNeed += uint128(sums[half * FIELDS + EXTRA + 2] * price);
        }
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
        Result[2] memory results = [_unpack(outcome[0]), _unpack(outcome[1])];
        for (uint256 i = 0; i < words.length; ++i) {
            list[i] = _fill(results[_half(setting.seed, words[i])], setting.terms.feeBps, words[i]);
        }
    }

    /// @inheritdoc IRule
    function poolShare(uint256[] calldata, int256, int256 rest) external pure returns (int256) {
        return rest;
    }

    /// @inheritdoc IRule
    function poolTaken(uint256[] calldata) external pure returns (uint256[] memory) {
        return new uint256[](0);
    }

    function _add(uint256[] memory sums, uint256 at, uint256 price, uint256 word) private pure {
        unchecked {
            if (Words.isSell(word)) {
                if (Words.price(word) <= price) sums[at + 1] += Words.qty(word);
            } else if (Words.price(word) >= price) {
                sums[at] += Words.qty(word);
                ++sums[at + 2];
            }
        }
    }

    function _fill(Result memory r, uint256 feeBps, uint256 word) private pure returns (uint256) {
        bool sell = Words.isSell(word);
        bool willing = sell ? Words.price(word) <= r.price : Words.price(word) >= r.price;
        if (r.volume == 0 || !willing) return 0;
        uint256 wh = Words.qty(word) * r.volume / (sell ? r.asks : r.bids);
        return Fills.pack(wh, wh * r.price, wh * r.price * feeBps / 10_000);
    }

    function _claims(uint256[] calldata proposal) private pure returns (CallAuction.Claim[2] memory) {
        require(proposal.length == 4, WrongProposal());
        return [CallAuction.claim(proposal[0], proposal[1], K_BPS), CallAuction.claim(proposal[2], proposal[3], K_BPS)];
    }

    function _half(bytes32 seed, uint256 word) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, Words.index(word)))) & 1;
    }

    function _unpack(uint256 outcome) private pure returns (Result memory) {
        return Result(uint16(outcome), uint40(outcome >> 16), uint40(outcome >> 56), uint40(outcome >> 96));
    }
}

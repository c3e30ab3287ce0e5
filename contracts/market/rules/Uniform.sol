// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRule, Setting} from "../../interfaces/IRule.sol";
import {Fills} from "../../libraries/Fills.sol";
import {Shares} from "../../libraries/Shares.sol";
import {Words} from "../../libraries/Words.sol";
import {CallAuction} from "./CallAuction.sol";

/// @title One price for all
/// @notice The call auction of CallAuction at p = L + floor((U - L) k). Orders better than p are filled, those at p share
/// what is left by their size, in the order in which they came. Nobody in the money goes short, what buyers pay is what
/// sellers get, and no other price makes more welfare.
///
/// Proposal: L, U. Sums: those of CallAuction.
/// Outcome: one word, from the low end p 16, volume 40, D>(p) 40, D=(p) 40, S<(p) 40, S=(p) 40; empty without volume.
/// Carry: the Wh of bids at p so far, and of asks at p.
contract Uniform is IRule {
    using CallAuction for CallAuction.Sums;

    /// @notice The outcome, unpacked.
    struct Result {
        uint256 price;
        uint256 forBidsAt;
        uint256 bidsAt;
        uint256 forAsksAt;
        uint256 asksAt;
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
        require(proposal.length == 2, WrongProposal());
        CallAuction.Claim memory claim = CallAuction.claim(proposal[0], proposal[1], setting.terms.kBps);
        CallAuction.Sums memory s = CallAuction.read(sums, 0);
        s.addAll(claim, words);
        next = new uint256[](CallAuction.FIELDS);
        s.write(next, 0);
    }

    /// @inheritdoc IRule
    function conclude(Setting calldata setting, uint256[] calldata proposal, uint256[] calldata sums)
        external
        pure
        returns (uint256[] memory outcome, uint128 poolNeed, uint256 unsold)
    {
        CallAuction.Sums memory s = CallAuction.read(sums, 0);
        uint256 volume = s.volume();
        unsold = s.supply - volume;
        if (volume == 0) return (outcome, 0, unsold);
        CallAuction.Claim memory claim = CallAuction.claim(proposal[0], proposal[1], setting.terms.kBps);
        outcome = new uint256[](1);
        outcome[0] =
            claim.price | volume << 16 | s.bidsAbove << 56 | s.bidsAt << 96 | s.asksBelow << 136 | s.asksAt << 176;
    }

    /// @inheritdoc IRule
    function fills(
        Setting calldata setting,
        uint256[] calldata outcome,
        uint256[] calldata carry,
        uint256[] calldata words,
        uint256[] calldata
    ) external pure returns (uint256[] memory list, uint256[] memory next) {
        list = new uint256[](words.length);
        next = new uint256[](2);
        if (outcome.length == 0) return (list, next);
        (next[0], next[1]) = carry.length == 0 ? (0, 0) : (carry[0], carry[1]);
        Result memory r = _unpack(outcome[0]);
        uint256 feeBps = setting.terms.feeBps;
        for (uint256 i = 0; i < words.length; ++i) {
            uint256 wh = _fill(r, words[i], next);
            uint256 amount = wh * r.price;
            list[i] = Fills.pack(wh, amount, amount * feeBps / 10_000);
        }
    }

    /// @inheritdoc IRule
    function poolShare(uint256[] calldata, int256, int256) external pure returns (int256) {
        return 0;
    }

    /// @inheritdoc IRule
    function poolTaken(uint256[] calldata) external pure returns (uint256[] memory) {
        return new uint256[](0);
    }

    function _fill(Result memory r, uint256 word, uint256[] memory carry) private pure returns (uint256 wh) {
        uint256 qty = Words.qty(word);
        uint256 price = Words.price(word);
        if (price == r.price) {
            if (Words.isSell(word)) {
                wh = Shares.cumfloor(carry[1], qty, r.forAsksAt, r.asksAt);
                carry[1] += qty;
            } else {
                wh = Shares.cumfloor(carry[0], qty, r.forBidsAt, r.bidsAt);
                carry[0] += qty;
            }
        } else if (Words.isSell(word) == price < r.price) {
            wh = qty;
        }
    }

    function _unpack(uint256 outcome) private pure returns (Result memory r) {
        uint256 volume = uint40(outcome >> 16);
        r.price = uint16(outcome);
        r.forBidsAt = volume - uint40(outcome >> 56);
        r.bidsAt = uint40(outcome >> 96);
        r.forAsksAt = volume - uint40(outcome >> 136);
        r.asksAt = uint40(outcome >> 176);
    }
}

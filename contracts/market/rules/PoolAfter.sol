// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRule, Setting} from "../../interfaces/IRule.sol";
import {Fills} from "../../libraries/Fills.sol";
import {Stock} from "../../libraries/Stock.sol";
import {Words} from "../../libraries/Words.sol";

/// @title The pool takes and serves what the members leave
/// @notice The orders given to this rule are without what they traded among members. Asks at or below the intake's price
/// share what the pool takes; bids share each unit that they can pay, the cheapest first, all by size and rounded
/// down. What rounding leaves of a unit stays with it. No commission.
///
/// Proposal and outcome: for the intake and each unit in turn, the Wh that want it; no outcome is empty. Sums: the same,
/// as far as they are counted.
/// Carry: for the intake and each unit, the Wh traded so far.
contract PoolAfter is IRule {
    /// @inheritdoc IRule
    function traits() external pure returns (uint16 maxOrders, bool needsSeed, bool usesStock) {
        return (10_000, false, true);
    }

    /// @inheritdoc IRule
    function tally(
        Setting calldata setting,
        uint256[] calldata proposal,
        uint256[] calldata sums,
        uint256[] calldata words
    ) external pure returns (uint256[] memory next) {
        uint256 count = setting.stock.length;
        require(proposal.length == count, WrongProposal());
        next = sums.length == 0 ? new uint256[](count) : sums;
        for (uint256 i = 0; i < words.length; ++i) {
            _count(setting.stock, proposal, words[i], next);
        }
    }

    /// @inheritdoc IRule
    function conclude(Setting calldata setting, uint256[] calldata proposal, uint256[] calldata sums)
        external
        pure
        returns (uint256[] memory outcome, uint128 poolNeed, uint256 unsold)
    {
        require(proposal.length == setting.stock.length, WrongProposal());
        for (uint256 k = 0; k < proposal.length; ++k) {
            require(proposal[k] == (sums.length == 0 ? 0 : sums[k]), WrongProposal());
        }
        return (proposal, 0, 0);
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
        next = carry.length == 0 ? new uint256[](outcome.length) : carry;
        for (uint256 i = 0; i < words.length; ++i) {
            list[i] = _fill(setting.stock, outcome, words[i], next);
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

    /// @dev Counts an order with all who want the units that it can pay, as far as cheaper ones leave something to want.
    function _count(uint256[] calldata stock, uint256[] calldata wanted, uint256 word, uint256[] memory sums)
        private
        pure
    {
        uint256 left = Words.qty(word);
        for (uint256 k = 0; k < wanted.length && left != 0; ++k) {
            if (!_wants(word, k, stock[k])) continue;
            sums[k] += left;
            left -= _share(left, stock[k], wanted[k]);
        }
    }

    function _fill(uint256[] calldata stock, uint256[] calldata wanted, uint256 word, uint256[] memory taken)
        private
        pure
        returns (uint256 fill)
    {
        uint256 left = Words.qty(word);
        for (uint256 k = 0; k < wanted.length && left != 0; ++k) {
            if (!_wants(word, k, stock[k])) continue;
            uint256 wh = _share(left, stock[k], wanted[k]);
            left -= wh;
            taken[k] += wh;
            fill = Fills.plus(fill, Fills.pack(wh, wh * Stock.price(stock[k]), 0));
        }
    }

    /// @dev The first item is the intake, for asks; the others are units, for bids.
    function _wants(uint256 word, uint256 k, uint256 item) private pure returns (bool) {
        if (Words.isSell(word)) return k == 0 && Words.price(word) <= Stock.price(item);
        return k != 0 && Words.price(word) >= Stock.price(item);
    }

    function _share(uint256 left, uint256 item, uint256 wanted) private pure returns (uint256) {
        if (wanted <= Stock.wh(item)) return left;
        return left * Stock.wh(item) / wanted;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Words} from "../../contracts/libraries/Words.sol";
import {CallAuction} from "../../contracts/market/rules/CallAuction.sol";

/// @title What holds of every book that a proposal clears, however many orders it has
/// @notice The sums ask of a price only whether it is below, at or above L, U and what they make. So a book is told by how many
/// Wh are bid and asked in each of seven places: below L, at it, up to the price, at it, up to U, at it, and above. The numbers
/// that stand for prices here are concrete. The Wh are of four bits: of sums of them nothing is asked but which is larger.
contract ClearingProofs {
    using CallAuction for CallAuction.Sums;

    uint256 private constant LOW = 10;
    uint256 private constant PRICE = 20;
    uint256 private constant HIGH = 30;
    uint256 private constant PLACES = 7;
    uint8 private constant WH = 15;

    /// @dev What trades is at least what is better than the price, and at most what is no worse: on either side those who
    /// must trade do, and nobody trades who must not.
    function check_a_price_between_clears(uint8[7] calldata bids, uint8[7] calldata asks) external pure {
        _checkClears(_sums(bids, asks, LOW, HIGH, PRICE));
    }

    /// @dev The same where the price is L.
    function check_l_clears(uint8[7] calldata bids, uint8[7] calldata asks) external pure {
        _checkClears(_sums(bids, asks, LOW, HIGH, LOW));
    }

    /// @dev The same where the price is U.
    function check_u_clears(uint8[7] calldata bids, uint8[7] calldata asks) external pure {
        _checkClears(_sums(bids, asks, LOW, HIGH, HIGH));
    }

    /// @dev The same where L and U are one.
    function check_l_that_is_u_clears(uint8[7] calldata bids, uint8[7] calldata asks) external pure {
        _checkClears(_sums(bids, asks, LOW, LOW, LOW));
    }

    /// @dev No other pair passes: not with another L, not with another U.
    function check_one_pair_only(uint8[7] calldata bids, uint8[7] calldata asks) external pure {
        CallAuction.Sums memory one = _sums(bids, asks, LOW, HIGH, LOW);
        require(one.demand != 0 && one.supply != 0);
        one.volume();
        for (uint256 low = 0; low < PLACES; ++low) {
            for (uint256 high = low; high < PLACES; ++high) {
                (uint256 from, uint256 to) = (_priceOf(low), _priceOf(high));
                if (from == LOW && to == HIGH) continue;
                CallAuction.Sums memory other = _sums(bids, asks, from, to, from);
                bool lowFits = other.belowL < other.demand && other.demand <= other.upToL;
                bool highFits = other.belowU <= other.demand && other.demand < other.upToU;
                assert(!(lowFits && highFits));
            }
        }
    }

    /// @dev All words at once come to what they come to one by one.
    function check_all_at_once_is_one_by_one(uint8[7] calldata bids, uint8[7] calldata asks) external view {
        uint256[] memory words = _words(bids, asks);
        CallAuction.Sums memory one = _sums(bids, asks, LOW, HIGH, PRICE);
        CallAuction.Sums memory other = this.allAtOnce(words);
        uint256 wrong = (one.demand ^ other.demand) | (one.supply ^ other.supply);
        wrong |= (one.belowL ^ other.belowL) | (one.upToL ^ other.upToL);
        wrong |= (one.belowU ^ other.belowU) | (one.upToU ^ other.upToU);
        wrong |= (one.bidsAbove ^ other.bidsAbove) | (one.bidsAt ^ other.bidsAt);
        wrong |= (one.asksBelow ^ other.asksBelow) | (one.asksAt ^ other.asksAt);
        assert(wrong == 0);
    }

    /// @notice The sums of all words.
    function allAtOnce(uint256[] calldata words) external pure returns (CallAuction.Sums memory s) {
        s.addAll(CallAuction.Claim(LOW, HIGH, PRICE), words);
    }

    function _checkClears(CallAuction.Sums memory s) private pure {
        uint256 volume = s.volume();
        if (s.demand == 0 || s.supply == 0) {
            assert(volume == 0);
        } else {
            assert(s.bidsAbove <= volume && volume <= s.bidsAbove + s.bidsAt);
            assert(s.asksBelow <= volume && volume <= s.asksBelow + s.asksAt);
        }
    }

    function _sums(uint8[7] calldata bids, uint8[7] calldata asks, uint256 low, uint256 high, uint256 price)
        private
        pure
        returns (CallAuction.Sums memory s)
    {
        uint256[] memory words = _words(bids, asks);
        for (uint256 i = 0; i < words.length; ++i) {
            s.add(CallAuction.Claim(low, high, price), words[i]);
        }
    }

    function _words(uint8[7] calldata bids, uint8[7] calldata asks) private pure returns (uint256[] memory words) {
        words = new uint256[](2 * PLACES);
        for (uint256 i = 0; i < PLACES; ++i) {
            words[i] = uint256(bids[i] & WH) << 160 | _priceOf(i) << 200;
            words[PLACES + i] = Words.sell(address(0), asks[i] & WH, _priceOf(i), 0, 0);
        }
    }

    function _priceOf(uint256 place) private pure returns (uint256) {
        return 5 * (place + 1);
    }
}

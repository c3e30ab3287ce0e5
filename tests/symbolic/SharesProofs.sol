// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Shares} from "../../contracts/libraries/Shares.sol";

/// @title What holds of shares of small numbers
/// @notice Solvers do not divide large numbers by one another; tests/market/test_shares.py tries those.
contract SharesProofs {
    uint256 private constant BOUND = 16;

    /// @dev Nothing is lost and nothing is made: with two items, and so, one after the other, with any number.
    function check_shares_sum_to_the_whole(uint256 first, uint256 second, uint256 whole) external pure {
        require(first < BOUND && second < BOUND && whole < BOUND);
        uint256 total = first + second;
        require(total != 0);
        uint256 one = Shares.cumfloor(0, first, whole, total);
        uint256 other = Shares.cumfloor(first, second, whole, total);
        assert(one + other == whole);
    }

    /// @dev Within one unit of the exact share, and never more than the weight of a whole that is enough for all.
    function check_each_share_is_fair(uint256 before, uint256 weight, uint256 whole, uint256 total) external pure {
        require(total != 0 && total < BOUND && whole < BOUND && before < BOUND && weight < BOUND);
        require(before + weight <= total);
        uint256 share = Shares.cumfloor(before, weight, whole, total);
        uint256 exact = weight * whole;
        assert(share * total < exact + total && exact < share * total + total && (whole > total || share <= weight));
    }
}

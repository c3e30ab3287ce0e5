// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Shares} from "../../contracts/libraries/Shares.sol";

/// @title What holds of shares
/// @notice That each is within one unit of the exact one needs no solver: a share is the difference of two quotients, each of which
/// is rounded down by less than one.
contract SharesProofs {
    uint256 private constant BOUND = 1 << 16;

    /// @dev Nothing is lost and nothing is made: with two items, and so, one after the other, with any number.
    function check_shares_sum_to_the_whole(uint256 first, uint256 second, uint256 whole) external pure {
        require(first < BOUND && second < BOUND && whole < BOUND);
        uint256 total = first + second;
        require(total != 0);
        uint256 one = Shares.cumfloor(0, first, whole, total);
        uint256 other = Shares.cumfloor(first, second, whole, total);
        assert(one + other == whole);
    }
}

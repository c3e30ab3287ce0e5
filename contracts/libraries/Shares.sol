// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Sharing a whole among weights without losing a unit
library Shares {
    /// @dev The share of the item of weight `weight` behind items of weight `before` together, of `whole` among `total`:
    /// the shares of all items sum to `whole`, and each is within one unit of the exact one. All are below 2^64.
    function cumfloor(uint256 before, uint256 weight, uint256 whole, uint256 total) internal pure returns (uint256) {
        if (total == 0) return 0;
        return (before + weight) * whole / total - before * whole / total;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title What a seller must have at hand for what he does not deliver
library Margins {
    uint256 private constant LEAST = 120;

    /// @dev uPT per Wh: what a missing Wh costs beyond the price that its seller does not get, but 0.12 PT per kWh at least.
    function rate(uint256 price, uint256 dearestWh) internal pure returns (uint256) {
        uint256 beyond = dearestWh > price ? dearestWh - price : 0;
        return beyond > LEAST ? beyond : LEAST;
    }

    /// @dev ceil(1.1 poolOut), the price of an imbalance beyond the band.
    function dearest(uint256 poolOut) internal pure returns (uint24) {
        return uint24((poolOut * 11 + 9) / 10);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import {Facts} from "../interfaces/IZones.sol";

/// @title What is paid for the difference between what was traded and what was delivered
/// @notice Within a band around the position at the pool's prices, beyond it at worse ones. What is received is rounded
/// down and what is paid up, so that the pool never pays for more than it gets.
library Deviations {
    uint256 private constant WHOLE = 10_000;

    /// @dev `position` is what was sold less what was bought; energy counts where it is received.
    /// @return difference Wh delivered beyond the position
    /// @return cash uPT that are paid for it, negative when they are owed
    function cashFor(Facts memory facts, uint256 injected, uint256 withdrawn, int256 position)
        internal
        pure
        returns (int256 difference, int256 cash)
    {
        // Wh of 64 bits and facts of 16 at the most.
        unchecked {
            int256 net = int256(injected * (WHOLE - facts.lossBps) / WHOLE) - int256(withdrawn);
            difference = net - position;
            uint256 off = SignedMath.abs(difference);
            uint256 inside = Math.min(SignedMath.abs(position) * facts.bandBps / WHOLE, off);
            if (difference >= 0) {
                uint256 beyond = uint256(facts.poolIn) * (WHOLE - facts.penaltyBps) / WHOLE;
                cash = int256(inside * facts.poolIn + (off - inside) * beyond);
            } else {
                uint256 beyond = (uint256(facts.poolOut) * (WHOLE + facts.penaltyBps) + WHOLE - 1) / WHOLE;
                cash = -int256(inside * facts.poolOut + (off - inside) * beyond);
            }
        }
    }

    /// @dev What the grid gets for a zone that is short or long by this much, negative when it pays.
    function toGrid(Facts memory facts, int256 difference) internal pure returns (int256) {
        return -difference * int256(uint256(difference > 0 ? facts.poolIn : facts.poolOut));
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Position} from "../interfaces/IAuction.sol";

/// @title What came of an order, in the 26 bytes that held its seal
/// @notice From the low end: Wh 40, amount 64, margin 64, device 32, sell 1.
library Positions {
    function pack(Position memory p) internal pure returns (uint208) {
        return uint208(
            uint256(p.wh) | uint256(p.amount) << 40 | uint256(p.margin) << 104 | uint256(p.device) << 168
                | (p.sell ? 1 << 200 : 0)
        );
    }

    function unpack(uint208 content) internal pure returns (Position memory) {
        return Position({
            sell: content >> 200 & 1 == 1,
            wh: uint40(content),
            amount: uint64(content >> 40),
            margin: uint64(content >> 104),
            device: uint32(content >> 168)
        });
    }
}

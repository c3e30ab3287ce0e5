// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Statement} from "../interfaces/IImbalance.sol";

/// @title How an account was settled, in three words
/// @notice From the low end. First: Wh injected 40, withdrawn 40, sold 40, bought 40. Second: uPT due 64, network 64,
/// platform 64, fund 64. Third: cash 128 with its sign, unpaid 64.
library Statements {
    function pack(Statement memory s) internal pure returns (uint256[3] memory words) {
        words[0] = uint256(s.injected) | uint256(s.withdrawn) << 40 | uint256(s.sold) << 80 | uint256(s.bought) << 120;
        words[1] = uint256(s.due) | uint256(s.network) << 64 | uint256(s.platform) << 128 | uint256(s.fund) << 192;
        words[2] = uint256(uint128(s.cash)) | uint256(s.unpaid) << 128;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPositionSource} from "../interfaces/IPositionSource.sol";
import {IVault} from "../interfaces/IVault.sol";
import {Lists} from "../libraries/Lists.sol";
import {Settled} from "../settlement/Settled.sol";

/// @title What all contracts have in common whose trades are settled by what is metered
abstract contract PositionSource is IPositionSource, Settled {
    using Lists for uint256[];

    /// @dev Hands over the money of the first `count` parts of a list, which is cut there.
    function _handOn(IVault holder, bytes32 book, uint256[] memory parts, uint256 count, uint256 money) internal {
        parts.cut(count);
        if (money == 0) return;
        emit HandedOver(book, parts, uint128(money));
        holder.passOn(settlement, uint128(money));
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Governed} from "../access/Governed.sol";
import {ISettled} from "../interfaces/ISettled.sol";

/// @title See ISettled
abstract contract Settled is ISettled, Governed {
    /// @inheritdoc ISettled
    address public settlement;

    modifier onlySettlement() {
        require(msg.sender == settlement, NotSettlement(msg.sender));
        _;
    }

    /// @inheritdoc ISettled
    function setSettlement(address settlement_) external onlyAuthority {
        require(settlement == address(0), SettlementAlreadySet(settlement));
        settlement = settlement_;
        emit SettlementSet(settlement_);
    }
}

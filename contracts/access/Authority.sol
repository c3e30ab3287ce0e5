// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title The one authority over parameters, offices and modules
/// @notice OpenZeppelin's timelock under the market's own name: what it decides, everybody can see coming for the length
/// of its delay. It starts without a delay so that one batch, the constitution, can wire the market; that batch's last
/// call sets the delay. It can add and change; the powers that act at once, held as offices in Membership, can only
/// reduce (pause, suspend, withdraw a role, cancel a proposal).
contract Authority is TimelockController {
    /// @param founder proposes the constitution, which takes the right from him
    constructor(address founder) TimelockController(0, _only(founder), _only(address(0)), address(0)) {}

    function _only(address account) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }
}

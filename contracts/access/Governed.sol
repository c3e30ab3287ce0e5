// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IGoverned} from "../interfaces/IGoverned.sol";

/// @title A contract whose parameters only the authority changes
abstract contract Governed is IGoverned {
    /// @inheritdoc IGoverned
    address public immutable authority;

    modifier onlyAuthority() {
        require(msg.sender == authority, NotAuthority(msg.sender));
        _;
    }

    constructor(address authority_) {
        require(authority_ != address(0), ZeroAddress());
        authority = authority_;
    }
}

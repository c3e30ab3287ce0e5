// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Account, Module, ModuleStatus} from "../interfaces/IVault.sol";
import {Status} from "./Standings.sol";

/// @title An account or a module of the Vault, read and written as the one word that it is in storage
/// @notice Every order passes here several times; a struct's fields, read one by one, would cost as much again. An account
/// holds, from its low end, free 128, modules 40, in default 8, roles 32, certifiedUntil 40, status 8; a module locked 128, bit 8,
/// status 8. Amounts are compared before they are taken away.
library VaultWords {
    function load(Account storage a) internal view returns (uint256 word) {
        assembly ("memory-safe") {
            word := sload(a.slot)
        }
    }

    function store(Account storage a, uint256 word) internal {
        assembly ("memory-safe") {
            sstore(a.slot, word)
        }
    }

    function load(Module storage m) internal view returns (uint256 word) {
        assembly ("memory-safe") {
            word := sload(m.slot)
        }
    }

    function store(Module storage m, uint256 word) internal {
        assembly ("memory-safe") {
            sstore(m.slot, word)
        }
    }

    /// @dev What an account has free, or a module locked.
    function amountOf(uint256 word) internal pure returns (uint256) {
        return uint128(word);
    }

    /// @dev Panics rather than run over into the next field.
    function more(uint256 word, uint256 amount) internal pure returns (uint256) {
        return word >> 128 << 128 | uint128(word) + uint128(amount);
    }

    function less(uint256 word, uint256 amount) internal pure returns (uint256) {
        unchecked {
            return word - amount;
        }
    }

    function isInDefault(uint256 account) internal pure returns (bool) {
        return uint8(account >> 168) != 0;
    }

    function roles(uint256 account) internal pure returns (uint32) {
        return uint32(account >> 176);
    }

    function certifiedUntil(uint256 account) internal pure returns (uint40) {
        return uint40(account >> 208);
    }

    function status(uint256 account) internal pure returns (Status) {
        return Status(account >> 248);
    }

    function isReplaced(uint256 account) internal pure returns (bool) {
        return account >> 248 == uint256(Status.Replaced);
    }

    /// @dev Whether the account was ever admitted or belongs to the system.
    function exists(uint256 account) internal pure returns (bool) {
        return account >> 248 != 0;
    }

    function chose(uint256 account, uint256 module) internal pure returns (bool) {
        unchecked {
            return account >> 128 + uint256(uint8(module >> 128)) & 1 == 1;
        }
    }

    function canLock(uint256 account, uint256 module, uint256 amount) internal pure returns (bool) {
        return chose(account, module) && amount <= amountOf(account);
    }

    function moduleStatus(uint256 module) internal pure returns (ModuleStatus) {
        return ModuleStatus(uint8(module >> 136));
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Application, IMembership} from "../../contracts/interfaces/IMembership.sol";
import {IPowerToken} from "../../contracts/interfaces/IPowerToken.sol";
import {IVault, Purse} from "../../contracts/interfaces/IVault.sol";
import {Roles} from "../../contracts/libraries/Roles.sol";
import {Fuzzed} from "./Fuzzed.sol";

/// @title Members with money, and the Vault, wired as wattbook/deployment does it
/// @notice Its actions are what forge calls, in any sequence and with any arguments. None may revert: what cannot
/// succeed is left out, and what must not is tried by {_mustFail}. Who inherits it is the authority.
abstract contract Founded is Fuzzed {
    uint256 internal constant PEOPLE = 6;
    uint256 internal constant PURSES = 5;
    uint256 internal constant RICHES = 10_000_000_000;

    IMembership public membership;
    IPowerToken public token;
    IVault public vault;
    /// @notice The accounts in use.
    address[] public people;
    /// @notice How many actions were tried, and how many of them did something.
    uint256 public tried;
    uint256 public done;
    uint256 private _receipts;

    modifier counted() {
        ++tried;
        _;
    }

    constructor() {
        CHEATS.warp(1_800_000_000);
        membership = IMembership(_create("Membership", abi.encode(this, 3 days)));
        token = IPowerToken(_create("PowerToken", abi.encode(membership)));
        vault = IVault(_create("Vault", abi.encode(membership, token, this)));
        membership.setMirror(address(vault));
        membership.registerSystemAccount(address(vault));
        for (uint256 i = 0; i < PURSES; ++i) {
            membership.registerSystemAccount(vault.purseAccount(Purse(i)));
        }
        for (uint256 i = 0; i < PEOPLE; ++i) {
            people.push(address(uint160(0x1000 + i)));
            bytes32 only = bytes32(i + 1);
            membership.admit(Application(people[i], Roles.MARKET | Roles.ISSUER, 0, type(uint40).max, only, only));
            _mint(people[i], RICHES);
        }
    }

    function _mint(address to, uint256 amount) internal {
        CHEATS.prank(people[0]);
        token.mint(to, amount, bytes32(++_receipts));
    }

    function _deposit(address account, uint128 amount) internal {
        CHEATS.prank(account);
        token.approve(address(vault), amount);
        CHEATS.prank(account);
        vault.deposit(amount);
    }

    function _mustFail(address sender, address target, bytes memory data) internal {
        CHEATS.prank(sender);
        (bool succeeded,) = target.call(data);
        assert(!succeeded);
    }

    function _person(uint256 drawn) internal view returns (address) {
        return people[drawn % PEOPLE];
    }
}

/// @title Which contract forge acts on, and that its actions come to something
abstract contract Invariants is Fuzzed {
    Founded internal _actions;

    /// @notice For forge: what it calls.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_actions);
    }

    /// @notice For forge, at the end of each sequence: of a long one half of all actions did something.
    function afterInvariant() external view {
        if (_actions.tried() >= 20) assert(_actions.done() * 2 >= _actions.tried());
    }
}

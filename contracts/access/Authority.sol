// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IAuthority} from "../interfaces/IAuthority.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {Roles} from "../libraries/Roles.sol";

/// @title The one authority over parameters, offices and modules
/// @notice OpenZeppelin's timelock, with three rules of the market's own. (1) It starts without a delay so that one batch,
/// the constitution, can wire the market; that batch sets the delay, and until it is carried out nothing else can be
/// scheduled, so its founder leaves no proposal behind. (2) A proposal is cancelled by an active regulator, asked of
/// Membership, so that a regulator who is suspended has no veto and one whose key was replaced keeps his. (3) Anybody
/// may execute what is due.
/// It can add and change; the powers that act at once, held as offices in Membership, can only reduce.
contract Authority is IAuthority, TimelockController {
    /// @inheritdoc IAuthority
    bytes32 public constitution;
    /// @inheritdoc IAuthority
    IMembership public membership;

    /// @param founder proposes the constitution, which takes the right from him
    constructor(address founder) TimelockController(0, _only(founder), _only(address(0)), address(0)) {}

    /// @inheritdoc IAuthority
    function setMembership(IMembership membership_) external {
        require(msg.sender == address(this) && address(membership) == address(0), MembershipNotSettable(msg.sender));
        membership = membership_;
        emit MembershipSet(membership_);
    }

    function schedule(
        address target,
        uint256 value,
        bytes calldata data,
        bytes32 predecessor,
        bytes32 salt,
        uint256 delay
    ) public override {
        require(isOperationDone(constitution), NotFounded());
        super.schedule(target, value, data, predecessor, salt, delay);
    }

    function scheduleBatch(
        address[] calldata targets,
        uint256[] calldata values,
        bytes[] calldata payloads,
        bytes32 predecessor,
        bytes32 salt,
        uint256 delay
    ) public override {
        if (constitution == 0) {
            constitution = hashOperationBatch(targets, values, payloads, predecessor, salt);
        } else {
            require(isOperationDone(constitution), NotFounded());
        }
        super.scheduleBatch(targets, values, payloads, predecessor, salt, delay);
    }

    /// @notice As in OpenZeppelin's, but who may cancel is whoever Membership says is an active regulator.
    function hasRole(bytes32 role, address account) public view override returns (bool) {
        if (role != CANCELLER_ROLE) return super.hasRole(role, account);
        return address(membership) != address(0) && membership.isActive(account, Roles.REGULATOR);
    }

    function _only(address account) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = account;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {Governed} from "../access/Governed.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IPowerPoints} from "../interfaces/IPowerPoints.sol";
import {MemberToken} from "./MemberToken.sol";

/// @title PP, the points that reward clean energy, registration, computation and bookkeeping
/// @notice See IPowerPoints.
contract PowerPoints is IPowerPoints, MemberToken, Governed {
    using Checkpoints for Checkpoints.Trace160;

    /// @inheritdoc IPowerPoints
    uint40 public immutable epochLength;
    /// @inheritdoc IPowerPoints
    mapping(uint16 reason => address issuer) public portOf;
    /// @inheritdoc IPowerPoints
    mapping(uint16 reason => mapping(uint32 epoch => uint256 amount)) public issuedIn;
    /// @inheritdoc IPowerPoints
    mapping(uint16 reason => mapping(bytes32 source => bool used)) public isSourceUsed;

    mapping(uint16 reason => Checkpoints.Trace160) private _budgets;

    constructor(IMembership membership_, address authority_, uint40 epochLength_)
        ERC20("Wattbook Power Points", "PP")
        ERC20Permit("Wattbook Power Points")
        MemberToken(membership_)
        Governed(authority_)
    {
        require(epochLength_ != 0, ZeroAmount());
        epochLength = epochLength_;
    }

    function decimals() public pure override returns (uint8) {
        return 0;
    }

    /// @inheritdoc IPowerPoints
    function currentEpoch() public view returns (uint32) {
        return uint32(block.timestamp / epochLength);
    }

    /// @inheritdoc IPowerPoints
    function budgetOf(uint16 reason, uint32 epoch) public view returns (uint256) {
        return _budgets[reason].upperLookupRecent(epoch);
    }

    /// @inheritdoc IPowerPoints
    function issue(uint16 reason, bytes32 source, uint32 epoch, address[] calldata accounts, uint256[] calldata amounts)
        external
    {
        require(portOf[reason] == msg.sender, NotPortHolder(reason, msg.sender));
        require(source != 0, EmptyReference());
        require(!isSourceUsed[reason][source], SourceUsed(reason, source));
        require(epoch <= currentEpoch(), EpochNotOpen(epoch, currentEpoch()));
        require(accounts.length == amounts.length && accounts.length != 0, ListsDiffer(accounts.length, amounts.length));

        isSourceUsed[reason][source] = true;
        _takeFromBudget(reason, epoch, amounts);
        for (uint256 i = 0; i < accounts.length; ++i) {
            _mint(membership.currentOf(accounts[i]), amounts[i]);
        }
        emit Issued(reason, source, epoch, accounts, amounts);
    }

    /// @inheritdoc IPowerPoints
    function use(address account, uint256 amount, bytes32 useReference) external {
        require(amount != 0, ZeroAmount());
        require(useReference != 0, EmptyReference());
        _requireSpender(account);
        if (msg.sender != account) _spendAllowance(account, msg.sender, amount);
        _burn(account, amount);
        emit Used(account, msg.sender, amount, useReference);
    }

    /// @inheritdoc IPowerPoints
    function setPort(uint16 reason, address issuer) external onlyAuthority {
        portOf[reason] = issuer;
        emit PortSet(reason, issuer);
    }

    /// @inheritdoc IPowerPoints
    function setBudget(uint16 reason, uint32 fromEpoch, uint128 amount) external onlyAuthority {
        uint32 current = currentEpoch();
        (bool exists, uint96 latest,) = _budgets[reason].latestCheckpoint();
        require((fromEpoch >= current || !exists) && fromEpoch <= current + 1, EpochNotOpen(fromEpoch, current));
        require(!exists || fromEpoch >= latest, BudgetOutOfOrder(reason, fromEpoch, uint32(latest)));
        _budgets[reason].push(fromEpoch, amount);
        emit BudgetSet(reason, fromEpoch, amount);
    }

    function _takeFromBudget(uint16 reason, uint32 epoch, uint256[] calldata amounts) private {
        uint256 asked = 0;
        for (uint256 i = 0; i < amounts.length; ++i) {
            asked += amounts[i];
        }
        uint256 budget = budgetOf(reason, epoch);
        uint256 issued = issuedIn[reason][epoch];
        uint256 left = budget > issued ? budget - issued : 0;
        require(asked <= left, BudgetExceeded(reason, epoch, left, asked));
        issuedIn[reason][epoch] = issued + asked;
    }
}

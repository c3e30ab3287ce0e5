// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Governed} from "../access/Governed.sol";
import {SignedActions} from "../access/SignedActions.sol";
import {Bill, IBills, MonthlyBills} from "../interfaces/IBills.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IPowerPoints} from "../interfaces/IPowerPoints.sol";
import {IReadings, ShortSignature} from "../interfaces/IReadings.sol";
import {Signed} from "../interfaces/ISignedActions.sol";
import {IVault, Purse} from "../interfaces/IVault.sol";
import {Months} from "../libraries/Months.sol";
import {Roles} from "../libraries/Roles.sol";
import {Trees} from "../libraries/Trees.sol";

/// @title Bills of a month, and points that pay a part of them
/// @notice See IBills. No money stays here: what is locked of the common fund is paid in the same call.
contract Bills is IBills, SignedActions, Governed {
    bytes32 public constant BILLS_ROOT_TYPEHASH =
        keccak256("BillsRoot(address bills,uint16 month,uint32 version,bytes32 root,uint32 size)");
    bytes32 public constant REDEEM_POINTS_TYPEHASH = keccak256(
        "RedeemPoints(address signer,uint16 month,uint64 number,uint128 points,uint256 nonce,uint256 deadline)"
    );

    /// @inheritdoc IBills
    uint128 public constant POINT = 10_000;
    /// @inheritdoc IBills
    uint128 public constant MOST_BPS = 2_000;
    /// @inheritdoc IBills
    uint40 public constant REST = 1 days;
    uint128 private constant WHOLE = 10_000;

    /// @inheritdoc IBills
    IReadings public immutable readings;
    /// @inheritdoc IBills
    IPowerPoints public immutable points;
    /// @inheritdoc IBills
    IVault public immutable vault;
    /// @inheritdoc IBills
    IMembership public immutable membership;
    address private immutable _commonFund;

    /// @inheritdoc IBills
    mapping(uint16 month => mapping(uint64 number => uint128)) public redeemedWith;

    mapping(uint16 month => MonthlyBills) private _bills;

    constructor(IReadings readings_, IPowerPoints points_, address authority_)
        Governed(authority_)
        EIP712("Wattbook Bills", "1")
    {
        readings = readings_;
        points = points_;
        vault = readings_.vault();
        membership = vault.membership();
        _commonFund = vault.purseAccount(Purse.CommonFund);
    }

    /// @inheritdoc IBills
    function billsOf(uint16 month) external view returns (MonthlyBills memory) {
        return _bills[month];
    }

    /// @inheritdoc IBills
    function leafOf(Bill calldata bill) public pure returns (bytes32) {
        return Trees.leaf(bill.number, keccak256(abi.encode(bill.account, bill.amount, bill.statement)));
    }

    // --------------------------------------------------------------------------------------------------- posting

    /// @inheritdoc IBills
    function post(uint16 month, bytes32 root, uint32 size, ShortSignature[] calldata signatures) external {
        require(month < Months.at(block.timestamp), MonthNotOver(month));
        MonthlyBills storage bills = _bills[month];
        require(bills.root == 0, BillsStand(month, bills.root));
        uint32 version = bills.version;
        bytes32 said = keccak256(abi.encode(BILLS_ROOT_TYPEHASH, address(this), month, version, root, size));
        address[] memory signers = readings.requireAttested(said, signatures);
        (bills.root, bills.size, bills.postedAt) = (root, size, uint40(block.timestamp));
        emit BillsPosted(month, version, root, size, signers);
    }

    /// @inheritdoc IBills
    function withdraw(uint16 month, string calldata reason) external {
        if (msg.sender != authority) membership.requireActive(msg.sender, Roles.REGULATOR | Roles.OPERATOR);
        require(bytes(reason).length != 0, IMembership.ReasonMissing());
        MonthlyBills storage bills = _bills[month];
        require(bills.root != 0, NoBills(month));
        emit BillsWithdrawn(month, bills.version, msg.sender, reason);
        (bills.root, bills.size, bills.postedAt) = (0, 0, 0);
        // What was signed of the root that is gone counts for it alone, or anyone could post it again.
        ++bills.version;
    }

    // ------------------------------------------------------------------------------------------------- redeeming

    /// @inheritdoc IBills
    function redeem(uint16 month, Bill calldata bill, uint32 place, bytes32[] calldata proof, uint128 points_)
        external
    {
        _redeem(msg.sender, month, bill, place, proof, points_);
    }

    /// @inheritdoc IBills
    function redeemSigned(
        uint16 month,
        Bill calldata bill,
        uint32 place,
        bytes32[] calldata proof,
        uint128 points_,
        Signed calldata auth
    ) external {
        bytes32 structHash = keccak256(
            abi.encode(REDEEM_POINTS_TYPEHASH, auth.signer, month, bill.number, points_, auth.nonce, auth.deadline)
        );
        _useSigned(auth, structHash);
        _redeem(auth.signer, month, bill, place, proof, points_);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _redeem(
        address account,
        uint16 month,
        Bill calldata bill,
        uint32 place,
        bytes32[] calldata proof,
        uint128 points_
    ) private {
        bytes32 leaf = _requireAmong(month, bill, place, proof);
        require(membership.currentOf(bill.account) == account, NotYourBill(bill.account, account));
        uint128 before = redeemedWith[month][bill.number];
        uint128 most = uint128(uint256(bill.amount) * MOST_BPS / (uint256(WHOLE) * POINT));
        uint128 left = most > before ? most - before : 0;
        require(points_ <= left, TooManyPoints(bill.number, left, points_));
        redeemedWith[month][bill.number] = before + points_;
        uint128 amount = points_ * POINT;
        emit Redeemed(month, bill.number, account, points_, amount);
        points.use(account, points_, leaf);
        vault.lock(_commonFund, amount, 0);
        vault.pay(_commonFund, account, amount);
    }

    function _requireAmong(uint16 month, Bill calldata bill, uint32 place, bytes32[] calldata proof)
        private
        view
        returns (bytes32 leaf)
    {
        MonthlyBills memory bills = _bills[month];
        require(bills.root != 0, NoBills(month));
        uint40 usableFrom = bills.postedAt + REST;
        require(block.timestamp >= usableFrom, StillOpenToObjection(month, usableFrom));
        leaf = leafOf(bill);
        require(Trees.contains(bills.root, bills.size, place, leaf, proof), NotAmongBills(month, bill.number));
    }
}

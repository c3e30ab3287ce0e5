// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMembership} from "./IMembership.sol";
import {IPowerPoints} from "./IPowerPoints.sol";
import {IReadings, ShortSignature} from "./IReadings.sol";
import {Signed} from "./ISignedActions.sol";
import {IVault} from "./IVault.sol";

/// @notice What an account paid in a month.
/// @param number 65,536 times the member's id, and the place of the account among all that he ever had, from 1
/// @param account the account, by the name that it had when the month ended
/// @param amount uPT that it paid for energy, the network's part in it
/// @param statement hash of the statement that says how this came about
struct Bill {
    uint64 number;
    address account;
    uint128 amount;
    bytes32 statement;
}

/// @notice A month's bills, in two storage slots.
/// @param root of the tree over them, by rising number, see Trees; zero while none stands
/// @param size how many there are
/// @param postedAt when they were posted
/// @param version how many roots of this month were withdrawn
struct MonthlyBills {
    bytes32 root;
    uint32 size;
    uint40 postedAt;
    uint32 version;
}

/// @title Bills of a month, and points that pay a part of them
/// @notice Enough attesters post one root over all bills of a month; anybody can make the same bills from what the chain
/// told. An office can withdraw a wrong root, which nobody can use for a day. Then each member can turn points into money,
/// at most a fifth of what his bill says that he paid. The common fund pays.
interface IBills {
    event BillsPosted(uint16 indexed month, uint32 version, bytes32 root, uint32 size, address[] signers);
    event BillsWithdrawn(uint16 indexed month, uint32 version, address indexed by, string reason);
    event Redeemed(
        uint16 indexed month, uint64 indexed number, address indexed account, uint128 points, uint128 amount
    );

    /// @notice Thrown when bills of a month are posted before it is over.
    error MonthNotOver(uint16 month);
    /// @notice Thrown when a month has bills already.
    error BillsStand(uint16 month, bytes32 root);
    /// @notice Thrown when a month has no bills.
    error NoBills(uint16 month);
    /// @notice Thrown when a month's bills were posted too short a time ago.
    error StillOpenToObjection(uint16 month, uint40 until);
    /// @notice Thrown when a bill is not among those of its month.
    error NotAmongBills(uint16 month, uint64 number);
    /// @notice Thrown when the bill is somebody else's.
    error NotYourBill(address account, address caller);
    /// @notice Thrown when a bill takes fewer points than are given.
    error TooManyPoints(uint64 number, uint128 left, uint128 points);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice EIP-712 type of what attesters sign, under the domain of Readings.
    function BILLS_ROOT_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {redeemSigned}.
    function REDEEM_POINTS_TYPEHASH() external view returns (bytes32);

    /// @notice uPT that a point is worth here.
    function POINT() external view returns (uint128);

    /// @notice Share of a bill that points can pay, in 1/10000.
    function MOST_BPS() external view returns (uint128);

    /// @notice Seconds after posting in which bills cannot be used yet.
    function REST() external view returns (uint40);

    /// @notice The members' book.
    function membership() external view returns (IMembership);

    /// @notice The points.
    function points() external view returns (IPowerPoints);

    /// @notice Who knows the attesters.
    function readings() external view returns (IReadings);

    /// @notice The Vault, which keeps the money.
    function vault() external view returns (IVault);

    /// @notice The bills of a month, counted from January 1970.
    function billsOf(uint16 month) external view returns (MonthlyBills memory);

    /// @notice How many points were turned into money with a bill.
    function redeemedWith(uint16 month, uint64 number) external view returns (uint128);

    /// @notice A bill's leaf in the tree of its month.
    function leafOf(Bill calldata bill) external pure returns (bytes32);

    // --------------------------------------------------------------------------------------------------- posting

    /// @notice Posts the root over all bills of a month, by anyone.
    ///
    /// Emits {BillsPosted}.
    ///
    /// Requirements:
    /// - the month is over and none of its roots stands;
    /// - enough attesters signed this root and version, see {IReadings.requireAttested}.
    function post(uint16 month, bytes32 root, uint32 size, ShortSignature[] calldata signatures) external;

    /// @notice Withdraws a wrong root at once. Another can be posted, whose signers sign again; points that were turned into
    /// money with it still count.
    ///
    /// Emits {BillsWithdrawn}.
    ///
    /// Requirements:
    /// - the caller is an active regulator or operator, or the authority, and gives a reason;
    /// - the month has bills.
    function withdraw(uint16 month, string calldata reason) external;

    // ------------------------------------------------------------------------------------------------- redeeming

    /// @notice Uses up points of the caller's, who gets {POINT} for each from the common fund. The fund pays all or, when it
    /// has less, nothing.
    ///
    /// Emits {Redeemed}, and what the Vault and the points emit.
    ///
    /// Requirements:
    /// - the month's bills were posted {REST} ago, and the bill stands at `place` among them;
    /// - its account is the caller's, or one whose place the caller took;
    /// - with those before, the points pay no more than {MOST_BPS} of the bill; they are not zero;
    /// - the caller has the points, lets this contract use them, and has the right to spend;
    /// - this module is Open, and the common fund has the money.
    function redeem(uint16 month, Bill calldata bill, uint32 place, bytes32[] calldata proof, uint128 points_) external;

    /// @notice {redeem}, signed by the member.
    ///
    /// Emits what {redeem} emits and {NonceUsed}.
    ///
    /// Requirements: those of {redeem} for the signer, and a valid signature of RedeemPoints.
    function redeemSigned(
        uint16 month,
        Bill calldata bill,
        uint32 place,
        bytes32[] calldata proof,
        uint128 points_,
        Signed calldata auth
    ) external;
}

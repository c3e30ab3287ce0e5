// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Status} from "../libraries/Standings.sol";
import {IMembership} from "./IMembership.sol";
import {IPowerToken} from "./IPowerToken.sol";
import {Signed} from "./ISignedActions.sol";

/// @notice A member's money here and what the Vault must know of him, in one storage slot.
/// @param free uPT that he can withdraw, or modules he chose can lock
/// @param modules the modules he chose, one bit each
/// @param inDefault whether he owes what he did not pay
/// @param roles as in his account's standing
/// @param certifiedUntil as in his account's standing
/// @param status as in his account's standing
struct Account {
    uint128 free;
    uint40 modules;
    bool inDefault;
    uint32 roles;
    uint40 certifiedUntil;
    Status status;
}

/// @notice What a module may do. None: nothing. Open: everything. Paused: no new business.
/// Leaving: only release and pay what it still holds, for good.
enum ModuleStatus {
    None,
    Open,
    Paused,
    Leaving
}

/// @notice A contract of the market that locks money here, in one storage slot.
/// @param locked uPT that it has locked and neither released nor paid, of all accounts together
/// @param bit its place in the sets that members choose
/// @param status see ModuleStatus
struct Module {
    uint128 locked;
    uint8 bit;
    ModuleStatus status;
}

/// @notice Accounts of the market itself, registered in Membership as system accounts. Modules pay into them, those that
/// the authority chose can lock from them, and a keeper may spend from each.
enum Purse {
    CommonFund,
    Platform,
    Network,
    Pool,
    Grid
}

/// @title The one contract that holds other people's money
/// @notice A member deposits once and trades many times: modules move balances here, never tokens. At any time the
/// tokens held equal all free balances plus all that modules have locked. A free balance can always be withdrawn. A
/// module can give back or pay out no more than it locked, and locks nothing of those who did not choose it.
interface IVault {
    event Deposited(address indexed account, address indexed payer, uint128 amount);
    event Withdrawn(address indexed account, address indexed to, uint128 amount);
    event Locked(address indexed module, address indexed account, uint128 amount);
    event Released(address indexed module, address indexed account, uint128 amount);
    event Adjusted(address indexed module, uint256[] moves);
    event Paid(address indexed module, address indexed from, address indexed to, uint128 amount);
    event PassedOn(address indexed module, address indexed to, uint128 amount);
    event DebtRecorded(address indexed module, address indexed debtor, address indexed creditor, uint128 amount);
    event DebtPaid(address indexed debtor, address indexed creditor, uint128 amount);
    event DebtRepaid(address indexed module, address indexed debtor, address indexed creditor, uint128 amount);
    event Spent(Purse indexed purse, address indexed to, uint128 amount, bytes32 indexed spendReference);
    event ModulesChosen(address indexed account, uint48 modules);
    event AccountReplaced(address indexed account, address indexed replacement, uint128 free);
    event ModuleEntered(address indexed module, uint8 bit);
    event ModulePaused(address indexed module, address indexed by);
    event ModuleResumed(address indexed module);
    event ModuleLeaving(address indexed module);
    event DepositsPaused(address indexed by);
    event DepositsResumed();
    event PurseKeeperSet(Purse indexed purse, address indexed keeper);

    /// @notice Thrown when an amount is zero.
    error ZeroAmount();
    /// @notice Thrown when an account has less than is asked of it.
    error InsufficientFree(address account, uint128 free, uint128 asked);
    /// @notice Thrown when the caller is not a module, or not in a state to do this.
    error ModuleNotAllowed(address module, ModuleStatus status);
    /// @notice Thrown when an account did not choose the module that would lock its money.
    error ModuleNotChosen(address account, address module);
    /// @notice Thrown when new business would release instead of lock.
    error NotALock(address account, int256 amount);
    /// @notice Thrown when a module would give more than it locked.
    error InsufficientLocked(address module, uint128 locked, uint128 asked);
    /// @notice Thrown when an account that owes what it did not pay would begin new business.
    error InDefault(address account, uint128 debt);
    /// @notice Thrown when somebody else than the debtor would pay from the debtor's account.
    error NotDebtor(address debtor, address caller);
    /// @notice Thrown when more would be paid of a debt than there is.
    error DebtTooSmall(address debtor, address creditor, uint128 debt);
    /// @notice Thrown when a module enters a second time.
    error ModuleKnown(address module);
    /// @notice Thrown when the Vault has as many modules as it can ever have.
    error TooManyModules();
    /// @notice Thrown when a member chooses modules that do not exist.
    error UnknownModules(uint48 modules);
    /// @notice Thrown when a deposit is made while deposits are paused.
    error DepositsArePaused();
    /// @notice Thrown when the caller does not keep the purse.
    error NotPurseKeeper(Purse purse, address caller);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice EIP-712 type of {depositSigned}.
    function DEPOSIT_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {withdrawSigned}.
    function WITHDRAW_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {payDebtSigned}.
    function PAY_DEBT_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type of {chooseModulesSigned}.
    function CHOOSE_MODULES_TYPEHASH() external view returns (bytes32);

    /// @notice How many modules the Vault can ever have.
    function MAX_MODULES() external view returns (uint256);

    /// @notice The members' book.
    function membership() external view returns (IMembership);

    /// @notice The token held here.
    function token() external view returns (IPowerToken);

    /// @notice The account of a member or purse as it stands; a replaced account is empty.
    function accountOf(address account) external view returns (Account memory);

    /// @notice uPT that an account owes to all creditors together; those of a replaced account are its replacement's.
    function debtOf(address account) external view returns (uint128);

    /// @notice uPT that was recorded as owed by one account to another and is not paid. An account that was replaced since
    /// is still named here, and its replacement pays.
    function debtTo(address debtor, address creditor) external view returns (uint128);

    /// @notice Since when one account owes another something without a break, in Unix seconds; 0 when it owes nothing.
    function debtSince(address debtor, address creditor) external view returns (uint40);

    /// @notice What is known of a module; status None for any other address.
    function moduleOf(address module) external view returns (Module memory);

    /// @notice All modules in the order of their bits, those that left included.
    function modules() external view returns (address[] memory);

    /// @notice Whether deposits are paused.
    function depositsPaused() external view returns (bool);

    /// @notice The address under which a purse has its account; nobody has its key.
    function purseAccount(Purse purse) external pure returns (address);

    /// @notice Who may spend from a purse, zero when nobody may.
    function purseKeeper(Purse purse) external view returns (address);

    // ---------------------------------------------------------------------------------------------------- members

    /// @notice Deposits the caller's tokens into his own account.
    ///
    /// Emits {Deposited}.
    ///
    /// Requirements:
    /// - deposits are not paused, `amount` is not zero;
    /// - the caller was ever admitted, was not replaced, holds `amount` and approved it to the Vault.
    function deposit(uint128 amount) external;

    /// @notice Deposits the caller's tokens into a purse.
    ///
    /// Emits {Deposited}.
    ///
    /// Requirements: those of {deposit}, and
    /// - the caller has the right to spend.
    function fundPurse(Purse purse, uint128 amount) external;

    /// @notice {deposit} with an ERC-2612 permit in the same call. A permit that somebody else sent first does no harm.
    ///
    /// Emits {Deposited}.
    ///
    /// Requirements: those of {deposit}, where the permit replaces the approval.
    function depositWithPermit(uint128 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice {deposit}, signed by the member.
    ///
    /// Emits {Deposited} and {NonceUsed}.
    ///
    /// Requirements: those of {deposit} for the signer, and a valid signature of Deposit.
    function depositSigned(uint128 amount, Signed calldata auth) external;

    /// @notice Withdraws from the caller's free balance to himself, or to the first account of his member when the
    /// caller has no right to spend. Works whatever is paused and whatever became of the member.
    ///
    /// Emits {Withdrawn}.
    ///
    /// Requirements:
    /// - the caller was ever admitted and not replaced;
    /// - `amount` is not zero and free.
    function withdraw(uint128 amount) external;

    /// @notice {withdraw}, signed by the member.
    ///
    /// Emits {Withdrawn} and {NonceUsed}.
    ///
    /// Requirements: those of {withdraw} for the signer, and a valid signature of Withdraw.
    function withdrawSigned(uint128 amount, Signed calldata auth) external;

    /// @notice Sets the modules that may lock the caller's money. What they have locked already stays locked.
    ///
    /// Emits {ModulesChosen}.
    ///
    /// Requirements:
    /// - the caller was ever admitted and not replaced;
    /// - all modules in the set exist.
    function chooseModules(uint48 chosen) external;

    /// @notice {chooseModules}, signed by the member.
    ///
    /// Emits {ModulesChosen} and {NonceUsed}.
    ///
    /// Requirements: those of {chooseModules} for the signer, and a valid signature of ChooseModules.
    function chooseModulesSigned(uint48 chosen, Signed calldata auth) external;

    /// @notice Pays what the caller owes from its free balance. New business is possible again when nothing is owed any more.
    /// @param debtor the account that it was recorded of: the caller, or one that it replaced
    ///
    /// Emits {DebtPaid}.
    ///
    /// Requirements:
    /// - the caller is the debtor, or took its place;
    /// - `amount` is not zero, no more than is owed to this creditor, and free in the caller's account;
    /// - the creditor was ever admitted or belongs to the system; a replaced account's place is taken by its replacement.
    function payDebt(address debtor, address creditor, uint128 amount) external;

    /// @notice {payDebt}, signed by the debtor.
    ///
    /// Emits {DebtPaid} and {NonceUsed}.
    ///
    /// Requirements: those of {payDebt} for the signer, and a valid signature of PayDebt.
    function payDebtSigned(address debtor, address creditor, uint128 amount, Signed calldata auth) external;

    // ---------------------------------------------------------------------------------------------------- modules

    /// @notice Locks money for new business.
    ///
    /// Emits {Locked}.
    ///
    /// Requirements:
    /// - the caller is an Open module that `account` chose;
    /// - the account is active in at least one of the roles `anyOf` (0: in any capacity), is not in default, and `amount`
    ///   is free.
    function lock(address account, uint128 amount, uint32 anyOf) external;

    /// @notice Locks money for business that began before, whatever has become of the member since. A member who unchose
    /// the module, or a new key that has not chosen it yet, makes this fail.
    ///
    /// Emits {Locked}.
    ///
    /// Requirements:
    /// - the caller is an Open or Paused module that `account` chose;
    /// - `amount` is free.
    function lockMore(address account, uint128 amount) external;

    /// @notice {lock} for many at once, as Moves. What one account refuses does not stop the others.
    /// @return refused places of the moves that were refused, rising
    ///
    /// Emits {Adjusted} with the moves that were made.
    ///
    /// Requirements:
    /// - the caller is an Open module;
    /// - no amount is negative.
    function lockEach(uint256[] calldata moves, uint32 anyOf) external returns (uint256[] memory refused);

    /// @notice {lockMore} for every positive amount and {release} for every negative one, as Moves. A lock that one account
    /// refuses does not stop the others.
    /// @return refused places of the moves that were refused, rising
    ///
    /// Emits {Adjusted} with the moves that were made.
    ///
    /// Requirements:
    /// - the caller is an Open or Paused module, or one that is Leaving, for which every lock is refused;
    /// - it has locked what it releases; who is to receive was ever admitted or belongs to the system.
    function adjustEach(uint256[] calldata moves) external returns (uint256[] memory refused);

    /// @notice Gives locked money back to whom it was locked from.
    ///
    /// Emits {Released}.
    ///
    /// Requirements:
    /// - the caller is a module that has `amount` locked;
    /// - `account` was ever admitted or belongs to the system; a replaced account's place is taken by its replacement.
    function release(address account, uint128 amount) external;

    /// @notice Pays locked money of `from` into the account of `to`. A module that pays for several at once names itself as
    /// `from`; its own events say for whom.
    ///
    /// Emits {Paid}.
    ///
    /// Requirements:
    /// - the caller is a module that has `amount` locked;
    /// - `to` was ever admitted or belongs to the system; a replaced account's place is taken by its replacement.
    function pay(address from, address to, uint128 amount) external;

    /// @notice Hands locked money on to another module, which holds it from then on as if it had locked it.
    ///
    /// Emits {PassedOn}.
    ///
    /// Requirements:
    /// - the caller is a module that has `amount` locked; so is `to`, in whatever state it is.
    function passOn(address to, uint128 amount) external;

    /// @notice Records what an account should have paid and did not. It begins no new business until that is paid.
    ///
    /// Emits {DebtRecorded}.
    ///
    /// Requirements:
    /// - the caller is a module; `amount` is not zero;
    /// - debtor and creditor were ever admitted or belong to the system.
    function recordDebt(address debtor, address creditor, uint128 amount) external;

    /// @notice Pays a debtor's debt, as far as there is one, out of locked money that would else be the debtor's: who is given
    /// back what he never paid gets no money for it.
    /// @param most what the debtor is due
    /// @return repaid what of that the creditor got; the rest is still locked
    ///
    /// Emits {DebtRepaid} unless there is no debt.
    ///
    /// Requirements:
    /// - the caller is a module that has as much locked.
    function repay(address debtor, address creditor, uint128 most) external returns (uint128 repaid);

    // ----------------------------------------------------------------------------------------------------- purses

    /// @notice Moves money from a purse to an account.
    ///
    /// Emits {Spent}.
    ///
    /// Requirements:
    /// - the caller keeps the purse and is active, or is the authority; `amount` is not zero and free in it;
    /// - `to` was ever admitted or belongs to the system; a replaced account's place is taken by its replacement.
    function spend(Purse purse, address to, uint128 amount, bytes32 spendReference) external;

    /// @notice Names who may spend from a purse, or nobody, and the modules that may lock from it.
    ///
    /// Emits {PurseKeeperSet} and {ModulesChosen}.
    ///
    /// Requirements:
    /// - the caller is the authority; the purse is registered in Membership;
    /// - all modules in the set exist.
    function setPurse(Purse purse, address keeper, uint48 chosen) external;

    // ---------------------------------------------------------------------------------------- pausing and modules

    /// @notice Stops deposits and the new business of every module at once. Withdrawals and settlement go on.
    ///
    /// Emits {DepositsPaused}, and {ModulePaused} for each module that was Open.
    ///
    /// Requirements:
    /// - the caller is an active regulator or operator, or the authority.
    function pause() external;

    /// @notice Stops one module's new business at once. What it began goes on, and so do {lockMore}, {release} and {pay}:
    /// who does not trust it any more unchooses it.
    ///
    /// Emits {ModulePaused}.
    ///
    /// Requirements:
    /// - the caller is an active regulator or operator, or the authority;
    /// - the module is Open.
    function pauseModule(address module) external;

    /// @notice Lets deposits go on. Modules are resumed one by one, as one may have been paused for a reason of its own.
    ///
    /// Emits {DepositsResumed}.
    ///
    /// Requirements:
    /// - the caller is the authority.
    function resumeDeposits() external;

    /// @notice Lets one module's new business go on.
    ///
    /// Emits {ModuleResumed}.
    ///
    /// Requirements:
    /// - the caller is the authority;
    /// - the module is Paused.
    function resumeModule(address module) external;

    /// @notice Adds a module, which can lock nothing until members choose it.
    ///
    /// Emits {ModuleEntered}.
    ///
    /// Requirements:
    /// - the caller is the authority;
    /// - the module is not zero, never entered before, and there is room.
    function enterModule(address module) external;

    /// @notice Takes a module out of use: from now on it can release and pay what it holds, and never lock.
    ///
    /// Emits {ModuleLeaving}.
    ///
    /// Requirements:
    /// - the caller is the authority;
    /// - the module is Open or Paused.
    function retireModule(address module) external;
}

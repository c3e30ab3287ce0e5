// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Governed} from "../access/Governed.sol";
import {SignedActions} from "../access/SignedActions.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IPowerToken} from "../interfaces/IPowerToken.sol";
import {Signed} from "../interfaces/ISignedActions.sol";
import {IStandingMirror} from "../interfaces/IStandingMirror.sol";
import {Account, IVault, Module, ModuleStatus, Purse} from "../interfaces/IVault.sol";
import {Lists} from "../libraries/Lists.sol";
import {Moves} from "../libraries/Moves.sol";
import {Roles} from "../libraries/Roles.sol";
import {Standing, Standings, Status} from "../libraries/Standings.sol";
import {VaultWords} from "../libraries/VaultWords.sol";

/// @title The one contract that holds other people's money
/// @notice See IVault. Money moves by two private functions, _debit and _credit, and between free and locked by two
/// more, _lock and _unlock; every public function that moves money is one of each kind, so that the identity "tokens
/// held = free + locked" can be read off their pairs. Standings are copied in by {sync}, so that a module that locks
/// asks one contract only.
contract Vault is IVault, IStandingMirror, Governed, SignedActions {
    using SafeERC20 for IPowerToken;
    using Lists for uint256[];
    using VaultWords for Account;
    using VaultWords for Module;
    using VaultWords for uint256;

    /// @notice What one owes another, and since when he owes him anything.
    struct Debt {
        uint128 amount;
        uint40 since;
    }

    bytes32 public constant DEPOSIT_TYPEHASH =
        keccak256("Deposit(address signer,uint128 amount,uint256 nonce,uint256 deadline)");
    bytes32 public constant WITHDRAW_TYPEHASH =
        keccak256("Withdraw(address signer,uint128 amount,uint256 nonce,uint256 deadline)");
    bytes32 public constant PAY_DEBT_TYPEHASH = keccak256(
        "PayDebt(address signer,address debtor,address creditor,uint128 amount,uint256 nonce,uint256 deadline)"
    );
    bytes32 public constant CHOOSE_MODULES_TYPEHASH =
        keccak256("ChooseModules(address signer,uint48 chosen,uint256 nonce,uint256 deadline)");

    /// @inheritdoc IVault
    uint256 public constant MAX_MODULES = 40;
    /// @inheritdoc IVault
    IMembership public immutable membership;
    /// @inheritdoc IVault
    IPowerToken public immutable token;
    /// @inheritdoc IVault
    bool public depositsPaused;
    /// @inheritdoc IVault
    mapping(Purse => address) public purseKeeper;
    /// @inheritdoc IVault
    mapping(address account => uint128) public debtOf;

    mapping(address debtor => mapping(address creditor => Debt)) private _debts;
    mapping(address account => Account) private _accounts;
    mapping(address module => Module) private _modules;
    address[] private _moduleList;

    constructor(IMembership membership_, IPowerToken token_, address authority_)
        Governed(authority_)
        EIP712("Wattbook Vault", "1")
    {
        membership = membership_;
        token = token_;
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc IVault
    function accountOf(address account) external view returns (Account memory) {
        return _accounts[account];
    }

    /// @inheritdoc IVault
    function debtTo(address debtor, address creditor) public view returns (uint128) {
        return _debts[debtor][creditor].amount;
    }

    /// @inheritdoc IVault
    function debtSince(address debtor, address creditor) external view returns (uint40) {
        Debt storage debt = _debts[debtor][creditor];
        return debt.amount == 0 ? 0 : debt.since;
    }

    /// @inheritdoc IVault
    function moduleOf(address module) external view returns (Module memory) {
        return _modules[module];
    }

    /// @inheritdoc IVault
    function modules() external view returns (address[] memory) {
        return _moduleList;
    }

    /// @inheritdoc IVault
    function purseAccount(Purse purse) public pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode("Wattbook purse", purse)))));
    }

    // ---------------------------------------------------------------------------------------------------- members

    /// @inheritdoc IVault
    function deposit(uint128 amount) external {
        _deposit(msg.sender, msg.sender, amount);
    }

    /// @inheritdoc IVault
    function fundPurse(Purse purse, uint128 amount) external {
        address payout = membership.payoutOf(msg.sender);
        require(payout == msg.sender, IMembership.SpendNotAllowed(msg.sender, purseAccount(purse)));
        _deposit(msg.sender, purseAccount(purse), amount);
    }

    /// @inheritdoc IVault
    function depositWithPermit(uint128 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        // Whoever saw this permit may have sent it first; then it fails here, and the allowance it gave is what counts.
        // If it fails for another reason, the transfer fails for want of allowance.
        try IERC20Permit(address(token)).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        _deposit(msg.sender, msg.sender, amount);
    }

    /// @inheritdoc IVault
    function depositSigned(uint128 amount, Signed calldata auth) external {
        _useSigned(auth, keccak256(abi.encode(DEPOSIT_TYPEHASH, auth.signer, amount, auth.nonce, auth.deadline)));
        _deposit(auth.signer, auth.signer, amount);
    }

    /// @inheritdoc IVault
    function withdraw(uint128 amount) external {
        _withdraw(msg.sender, amount);
    }

    /// @inheritdoc IVault
    function withdrawSigned(uint128 amount, Signed calldata auth) external {
        _useSigned(auth, keccak256(abi.encode(WITHDRAW_TYPEHASH, auth.signer, amount, auth.nonce, auth.deadline)));
        _withdraw(auth.signer, amount);
    }

    /// @inheritdoc IVault
    function chooseModules(uint48 chosen) external {
        _chooseModules(msg.sender, chosen);
    }

    /// @inheritdoc IVault
    function chooseModulesSigned(uint48 chosen, Signed calldata auth) external {
        _useSigned(auth, keccak256(abi.encode(CHOOSE_MODULES_TYPEHASH, auth.signer, chosen, auth.nonce, auth.deadline)));
        _chooseModules(auth.signer, chosen);
    }

    /// @inheritdoc IVault
    function payDebt(address debtor, address creditor, uint128 amount) external {
        _payDebt(msg.sender, debtor, creditor, amount);
    }

    /// @inheritdoc IVault
    function payDebtSigned(address debtor, address creditor, uint128 amount, Signed calldata auth) external {
        _useSigned(
            auth,
            keccak256(abi.encode(PAY_DEBT_TYPEHASH, auth.signer, debtor, creditor, amount, auth.nonce, auth.deadline))
        );
        _payDebt(auth.signer, debtor, creditor, amount);
    }

    // ---------------------------------------------------------------------------------------------------- modules

    /// @inheritdoc IVault
    function lock(address account, uint128 amount, uint32 anyOf) external {
        uint256 m = _module(true);
        uint256 a = _accounts[account].load();
        Standings.requireActive(account, a.status(), a.certifiedUntil(), a.roles(), anyOf);
        // What a `require` would say is looked up before it is asked, at every lock.
        if (a.isInDefault()) revert InDefault(account, debtOf[account]);
        _lock(account, a, m, amount);
    }

    /// @inheritdoc IVault
    function lockMore(address account, uint128 amount) external {
        uint256 m = _module(false);
        account = _current(account);
        _lock(account, _accounts[account].load(), m, amount);
    }

    /// @inheritdoc IVault
    function lockEach(uint256[] calldata moves, uint32 anyOf) external returns (uint256[] memory refused) {
        uint256 m = _module(true);
        refused = new uint256[](moves.length);
        (uint256 added, uint256 count) = (0, 0);
        for (uint256 i = 0; i < moves.length; ++i) {
            uint256 move = Lists.given(moves, i);
            int256 amount = Moves.amount(move);
            require(amount >= 0, NotALock(Moves.account(move), amount));
            if (amount == 0) continue;
            Account storage account = _accounts[Moves.account(move)];
            uint256 a = account.load();
            bool may = Standings.isActive(a.status(), a.certifiedUntil(), a.roles(), anyOf) && !a.isInDefault();
            if (may && a.canLock(m, uint256(amount))) {
                account.store(a.less(uint256(amount)));
                added += uint256(amount);
            } else {
                refused.put(count++, i);
            }
        }
        refused.cut(count);
        _modules[msg.sender].store(m.more(added));
        _tell(moves, refused);
    }

    /// @inheritdoc IVault
    function adjustEach(uint256[] calldata moves) external returns (uint256[] memory refused) {
        uint256 m = _modules[msg.sender].load();
        ModuleStatus status = m.moduleStatus();
        require(status != ModuleStatus.None, ModuleNotAllowed(msg.sender, status));
        refused = new uint256[](moves.length);
        (uint256 added, uint256 given, uint256 count) = (0, 0, 0);
        for (uint256 i = 0; i < moves.length; ++i) {
            uint256 move = Lists.given(moves, i);
            int256 amount = Moves.amount(move);
            if (amount == 0) continue;
            (Account storage place, uint256 a) = _present(Moves.account(move));
            if (amount < 0) {
                require(a.exists(), Standings.NotMember(Moves.account(move)));
                unchecked {
                    place.store(a.more(uint256(-amount)));
                    given += uint256(-amount);
                }
            } else if (status != ModuleStatus.Leaving && a.canLock(m, uint256(amount))) {
                unchecked {
                    place.store(a.less(uint256(amount)));
                    added += uint256(amount);
                }
            } else {
                refused.put(count++, i);
            }
        }
        refused.cut(count);
        uint256 locked = m.amountOf() + added;
        require(given <= locked, InsufficientLocked(msg.sender, uint128(locked), uint128(given)));
        _modules[msg.sender].store(m.more(added).less(given));
        _tell(moves, refused);
    }

    /// @inheritdoc IVault
    function release(address account, uint128 amount) external {
        _unlock(amount);
        _credit(account, amount);
        emit Released(msg.sender, account, amount);
    }

    /// @inheritdoc IVault
    function pay(address from, address to, uint128 amount) external {
        _unlock(amount);
        _credit(to, amount);
        emit Paid(msg.sender, from, to, amount);
    }

    /// @inheritdoc IVault
    function passOn(address to, uint128 amount) external {
        _unlock(amount);
        uint256 m = _modules[to].load();
        require(m.moduleStatus() != ModuleStatus.None, ModuleNotAllowed(to, ModuleStatus.None));
        _modules[to].store(m.more(amount));
        emit PassedOn(msg.sender, to, amount);
    }

    /// @inheritdoc IVault
    function recordDebt(address debtor, address creditor, uint128 amount) external {
        ModuleStatus status = _modules[msg.sender].status;
        require(status != ModuleStatus.None, ModuleNotAllowed(msg.sender, status));
        require(amount != 0, ZeroAmount());
        require(_accounts[creditor].status != Status.None, Standings.NotMember(creditor));
        address account = _current(debtor);
        require(_accounts[account].status != Status.None, Standings.NotMember(account));
        Debt storage debt = _debts[debtor][creditor];
        if (debt.amount == 0) debt.since = uint40(block.timestamp);
        debt.amount += amount;
        debtOf[account] += amount;
        _accounts[account].inDefault = true;
        emit DebtRecorded(msg.sender, debtor, creditor, amount);
    }

    /// @inheritdoc IVault
    function repay(address debtor, address creditor, uint128 most) external returns (uint128 repaid) {
        ModuleStatus status = _modules[msg.sender].status;
        require(status != ModuleStatus.None, ModuleNotAllowed(msg.sender, status));
        uint128 debt = debtTo(debtor, creditor);
        repaid = most < debt ? most : debt;
        if (repaid == 0) return 0;
        _unlock(repaid);
        _lowerDebt(_current(debtor), debtor, creditor, repaid);
        _credit(creditor, repaid);
        emit DebtRepaid(msg.sender, debtor, creditor, repaid);
    }

    // ----------------------------------------------------------------------------------------------------- purses

    /// @inheritdoc IVault
    function spend(Purse purse, address to, uint128 amount, bytes32 spendReference) external {
        require(purseKeeper[purse] == msg.sender, NotPurseKeeper(purse, msg.sender));
        if (msg.sender != authority) membership.requireActive(msg.sender, 0);
        require(amount != 0, ZeroAmount());
        _debit(purseAccount(purse), amount);
        _credit(to, amount);
        emit Spent(purse, to, amount, spendReference);
    }

    /// @inheritdoc IVault
    function setPurse(Purse purse, address keeper, uint48 chosen) external onlyAuthority {
        purseKeeper[purse] = keeper;
        emit PurseKeeperSet(purse, keeper);
        _chooseModules(purseAccount(purse), chosen);
    }

    // ---------------------------------------------------------------------------------------- pausing and modules

    /// @inheritdoc IVault
    function pause() external {
        _requireMayPause();
        depositsPaused = true;
        emit DepositsPaused(msg.sender);
        uint256 count = _moduleList.length;
        for (uint256 i = 0; i < count; ++i) {
            if (_modules[_moduleList[i]].status == ModuleStatus.Open) _pauseModule(_moduleList[i]);
        }
    }

    /// @inheritdoc IVault
    function pauseModule(address module) external {
        _requireMayPause();
        ModuleStatus status = _modules[module].status;
        require(status == ModuleStatus.Open, ModuleNotAllowed(module, status));
        _pauseModule(module);
    }

    /// @inheritdoc IVault
    function resumeDeposits() external onlyAuthority {
        depositsPaused = false;
        emit DepositsResumed();
    }

    /// @inheritdoc IVault
    function resumeModule(address module) external onlyAuthority {
        ModuleStatus status = _modules[module].status;
        require(status == ModuleStatus.Paused, ModuleNotAllowed(module, status));
        _modules[module].status = ModuleStatus.Open;
        emit ModuleResumed(module);
    }

    /// @inheritdoc IVault
    function enterModule(address module) external onlyAuthority {
        require(module != address(0), ZeroAddress());
        require(_modules[module].status == ModuleStatus.None, ModuleKnown(module));
        require(_moduleList.length < MAX_MODULES, TooManyModules());
        uint8 bit = uint8(_moduleList.length);
        _moduleList.push(module);
        _modules[module] = Module({locked: 0, bit: bit, status: ModuleStatus.Open});
        emit ModuleEntered(module, bit);
    }

    /// @inheritdoc IVault
    function retireModule(address module) external onlyAuthority {
        ModuleStatus status = _modules[module].status;
        require(status == ModuleStatus.Open || status == ModuleStatus.Paused, ModuleNotAllowed(module, status));
        _modules[module].status = ModuleStatus.Leaving;
        emit ModuleLeaving(module);
    }

    /// @inheritdoc IStandingMirror
    function sync(address account) external {
        Standing memory s = membership.standingOf(account);
        // Nobody is ever forgotten, and the Vault has no account with itself.
        if (s.status == Status.None || account == address(this)) return;
        Account storage a = _accounts[account];
        if (s.status == Status.Replaced && a.status != Status.Replaced) _replace(account, a);
        a.roles = s.roles;
        a.certifiedUntil = s.certifiedUntil;
        a.status = s.status;
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _deposit(address payer, address account, uint128 amount) private {
        require(!depositsPaused, DepositsArePaused());
        require(amount != 0, ZeroAmount());
        _credit(account, amount);
        emit Deposited(account, payer, amount);
        token.safeTransferFrom(payer, address(this), amount);
    }

    function _withdraw(address account, uint128 amount) private {
        require(amount != 0, ZeroAmount());
        Account storage a = _accounts[account];
        Standings.requirePayable(account, a.status);
        _debit(account, amount);
        address to = a.roles & Roles.SPEND != 0 ? account : membership.payoutOf(account);
        emit Withdrawn(account, to, amount);
        token.safeTransfer(to, amount);
    }

    /// @dev Modules that a member did not choose can record what he owes, but it is for him to pay it.
    function _payDebt(address account, address debtor, address creditor, uint128 amount) private {
        require(_current(debtor) == account, NotDebtor(debtor, account));
        require(amount != 0, ZeroAmount());
        uint128 debt = debtTo(debtor, creditor);
        require(amount <= debt, DebtTooSmall(debtor, creditor, debt));
        _lowerDebt(account, debtor, creditor, amount);
        _debit(account, amount);
        _credit(creditor, amount);
        emit DebtPaid(debtor, creditor, amount);
    }

    function _lowerDebt(address account, address debtor, address creditor, uint128 amount) private {
        _debts[debtor][creditor].amount -= amount;
        debtOf[account] -= amount;
        if (debtOf[account] == 0) _accounts[account].inDefault = false;
    }

    function _chooseModules(address account, uint48 chosen) private {
        Account storage a = _accounts[account];
        Standings.requirePayable(account, a.status);
        require(chosen >> _moduleList.length == 0, UnknownModules(chosen));
        a.modules = uint40(chosen);
        emit ModulesChosen(account, chosen);
    }

    /// @dev The calling module's word, if it may begin new business, or go on with what it began.
    function _module(bool isNew) private view returns (uint256 m) {
        m = _modules[msg.sender].load();
        ModuleStatus status = m.moduleStatus();
        bool may = status == ModuleStatus.Open || (!isNew && status == ModuleStatus.Paused);
        require(may, ModuleNotAllowed(msg.sender, status));
    }

    function _lock(address account, uint256 a, uint256 m, uint128 amount) private {
        require(a.chose(m), ModuleNotChosen(account, msg.sender));
        require(amount <= a.amountOf(), InsufficientFree(account, uint128(a.amountOf()), amount));
        _accounts[account].store(a.less(amount));
        _modules[msg.sender].store(m.more(amount));
        emit Locked(msg.sender, account, amount);
    }

    function _unlock(uint128 amount) private {
        uint256 m = _modules[msg.sender].load();
        ModuleStatus status = m.moduleStatus();
        require(status != ModuleStatus.None, ModuleNotAllowed(msg.sender, status));
        require(amount <= m.amountOf(), InsufficientLocked(msg.sender, uint128(m.amountOf()), amount));
        _modules[msg.sender].store(m.less(amount));
    }

    function _debit(address account, uint128 amount) private {
        uint128 free = _accounts[account].free;
        require(amount <= free, InsufficientFree(account, free, amount));
        _accounts[account].free = free - amount;
    }

    function _credit(address account, uint128 amount) private {
        (Account storage place, uint256 a) = _present(account);
        require(a.exists(), Standings.NotMember(account));
        place.store(a.more(amount));
    }

    /// @dev The moves that were made, zero in place of one that was refused. Seldom is one, and then none is copied.
    function _tell(uint256[] calldata moves, uint256[] memory refused) private {
        if (refused.length == 0) {
            emit Adjusted(msg.sender, moves);
            return;
        }
        uint256[] memory made = moves;
        for (uint256 i = 0; i < refused.length; ++i) {
            made[refused[i]] = 0;
        }
        emit Adjusted(msg.sender, made);
    }

    /// @dev The account, or the one that took its place.
    function _present(address account) private view returns (Account storage place, uint256 a) {
        place = _accounts[account];
        a = place.load();
        if (a.isReplaced()) {
            place = _accounts[membership.currentOf(account)];
            a = place.load();
        }
    }

    /// @dev The replacement's standing was copied here before, so it can be credited. Which modules may lock its money is
    /// for its own key to say.
    function _replace(address account, Account storage a) private {
        address replacement = membership.currentOf(account);
        emit AccountReplaced(account, replacement, a.free);
        _accounts[replacement].free += a.free;
        a.free = 0;
        a.modules = 0;
        if (!a.inDefault) return;
        debtOf[replacement] += debtOf[account];
        debtOf[account] = 0;
        (a.inDefault, _accounts[replacement].inDefault) = (false, true);
    }

    function _current(address account) private view returns (address) {
        return _accounts[account].status == Status.Replaced ? membership.currentOf(account) : account;
    }

    function _pauseModule(address module) private {
        _modules[module].status = ModuleStatus.Paused;
        emit ModulePaused(module, msg.sender);
    }

    function _requireMayPause() private view {
        if (msg.sender != authority) membership.requireActive(msg.sender, Roles.REGULATOR | Roles.OPERATOR);
    }
}

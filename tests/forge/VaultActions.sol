// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IVault, Purse} from "../../contracts/interfaces/IVault.sol";
import {Moves} from "../../contracts/libraries/Moves.sol";
import {Founded} from "./Founded.sol";

/// @title All that moves money in the Vault, and a second set of books beside it
/// @notice The books here are plain: what each account has free, what each module has locked, who owes whom.
contract VaultActions is Founded {
    uint256 private constant MODULES = 3;
    uint256 private constant MOVES = 4;
    uint256 private constant MOST_DEBT = 1 << 40;

    mapping(address account => uint256) public free;
    mapping(address module => uint256) public locked;
    mapping(address debtor => mapping(address creditor => uint256)) public debt;
    /// @notice Every account that ever was, the purses too.
    address[] public names;
    address[] public modules;

    mapping(address account => address) private _successor;
    mapping(address account => uint256) private _chosen;

    constructor() {
        for (uint256 i = 0; i < MODULES; ++i) {
            modules.push(address(uint160(0x2000 + i)));
            vault.enterModule(modules[i]);
        }
        for (uint256 i = 0; i < PEOPLE; ++i) {
            names.push(people[i]);
            _choose(people[i], 7);
            _deposit(people[i], uint128(RICHES / 2));
            free[people[i]] = RICHES / 2;
        }
        for (uint256 i = 0; i < PURSES; ++i) {
            names.push(vault.purseAccount(Purse(i)));
            vault.setPurse(Purse(i), address(this), 0);
        }
    }

    // ------------------------------------------------------------------------------------------------- read only

    function nameCount() external view returns (uint256) {
        return names.length;
    }

    function moduleCount() external pure returns (uint256) {
        return MODULES;
    }

    /// @notice The account that took another's place, or itself.
    function currentOf(address account) public view returns (address) {
        while (_successor[account] != address(0)) account = _successor[account];
        return account;
    }

    // ---------------------------------------------------------------------------------------------------- members

    function deposit(uint256 who, uint256 drawn) external counted {
        address account = _person(who);
        uint256 amount = token.balanceOf(account);
        if (amount == 0) return;
        amount = _within(drawn, 1, amount);
        _deposit(account, uint128(amount));
        free[account] += amount;
        ++done;
    }

    function fundPurse(uint256 who, uint256 purse, uint256 drawn) external counted {
        address account = _person(who);
        uint256 amount = token.balanceOf(account);
        if (amount == 0) return;
        amount = _within(drawn, 1, amount / 4 + 1);
        if (amount > token.balanceOf(account)) return;
        CHEATS.prank(account);
        token.approve(address(vault), amount);
        CHEATS.prank(account);
        vault.fundPurse(Purse(purse % PURSES), uint128(amount));
        free[vault.purseAccount(Purse(purse % PURSES))] += amount;
        ++done;
    }

    function withdraw(uint256 who, uint256 drawn) external counted {
        address account = _person(who);
        if (free[account] == 0) return;
        uint256 amount = _within(drawn, 1, free[account]);
        CHEATS.prank(account);
        vault.withdraw(uint128(amount));
        free[account] -= amount;
        ++done;
    }

    function spend(uint256 purse, uint256 to, uint256 drawn) external counted {
        address from = vault.purseAccount(Purse(purse % PURSES));
        if (free[from] == 0) return;
        uint256 amount = _within(drawn, 1, free[from]);
        vault.spend(Purse(purse % PURSES), _name(to), uint128(amount), 0);
        free[from] -= amount;
        free[currentOf(_name(to))] += amount;
        ++done;
    }

    function chooseModules(uint256 who, uint256 chosen) external counted {
        _choose(_person(who), uint48(chosen % (1 << MODULES)) | 1);
        ++done;
    }

    function payDebt(uint256 from, uint256 to, uint256 drawn) external counted {
        (address debtor, address creditor) = (_name(from), _name(to));
        address account = currentOf(debtor);
        uint256 amount = _least(debt[debtor][creditor], free[account]);
        if (amount == 0) return _record(from, to, drawn);
        amount = _within(drawn, 1, amount);
        CHEATS.prank(account);
        vault.payDebt(debtor, creditor, uint128(amount));
        debt[debtor][creditor] -= amount;
        free[account] -= amount;
        free[currentOf(creditor)] += amount;
        ++done;
    }

    /// @notice Another account takes the place of one.
    function replaceAccount(uint256 who) external counted {
        if (names.length > 5 * PEOPLE) return;
        address lost = _person(who);
        address found = address(uint160(0x3000 + names.length));
        membership.decideRecovery(lost, found);
        _successor[lost] = found;
        people[who % PEOPLE] = found;
        names.push(found);
        (free[found], free[lost]) = (free[lost], 0);
        _choose(found, 7);
        token.recoverBalance(lost);
        ++done;
    }

    // ---------------------------------------------------------------------------------------------------- modules

    function lock(uint256 module, uint256 who, uint256 drawn) external counted {
        (address by, address account) = (_module(module), _person(who));
        if (!_canLock(by, account) || vault.debtOf(account) != 0) return;
        uint256 amount = drawn % (free[account] + 1);
        CHEATS.prank(by);
        vault.lock(account, uint128(amount), 0);
        free[account] -= amount;
        locked[by] += amount;
        ++done;
    }

    function lockMore(uint256 module, uint256 who, uint256 drawn) external counted {
        (address by, address account) = (_module(module), _name(who));
        address payer = currentOf(account);
        if (!_canLock(by, payer)) return;
        uint256 amount = drawn % (free[payer] + 1);
        CHEATS.prank(by);
        vault.lockMore(account, uint128(amount));
        free[payer] -= amount;
        locked[by] += amount;
        ++done;
    }

    /// @notice Of many at once those are refused that have too little, are in default, did not choose the module, or
    /// were replaced.
    function lockEach(uint256 module, uint256 seed) external counted {
        address by = _module(module);
        uint256[] memory moves = new uint256[](MOVES);
        uint256 refused = 0;
        for (uint256 i = 0; i < MOVES; ++i) {
            uint256 drawn = _draw(seed, i);
            address account = _name(drawn);
            uint256 amount = _within(drawn >> 128, 1, 2 * free[account] / 3 + 5);
            moves[i] = Moves.pack(account, int256(amount));
            bool may = currentOf(account) == account && vault.debtOf(account) == 0 && _canLock(by, account);
            if (may && amount <= free[account]) {
                free[account] -= amount;
                locked[by] += amount;
            } else {
                ++refused;
            }
        }
        CHEATS.prank(by);
        assert(vault.lockEach(moves, 0).length == refused);
        ++done;
    }

    /// @notice Of many at once some are released, some locked, and those refused that cannot be.
    function adjustEach(uint256 module, uint256 seed) external counted {
        address by = _module(module);
        uint256[] memory moves = new uint256[](MOVES);
        (uint256 refused, uint256 held) = (0, locked[by]);
        for (uint256 i = 0; i < MOVES; ++i) {
            uint256 drawn = _draw(seed, i);
            address account = _name(drawn);
            address payer = currentOf(account);
            if (drawn >> 255 == 0 && held != 0) {
                uint256 given = _within(drawn >> 128, 1, held);
                moves[i] = Moves.pack(account, -int256(given));
                held -= given;
                locked[by] -= given;
                free[payer] += given;
                continue;
            }
            uint256 amount = _within(drawn >> 128, 1, 2 * free[payer] / 3 + 5);
            moves[i] = Moves.pack(account, int256(amount));
            if (_canLock(by, payer) && amount <= free[payer]) {
                free[payer] -= amount;
                locked[by] += amount;
            } else {
                ++refused;
            }
        }
        CHEATS.prank(by);
        assert(vault.adjustEach(moves).length == refused);
        ++done;
    }

    function release(uint256 module, uint256 who, uint256 drawn) external counted {
        (address by, address account) = (_module(module), _name(who));
        uint256 amount = drawn % (locked[by] + 1);
        CHEATS.prank(by);
        vault.release(account, uint128(amount));
        locked[by] -= amount;
        free[currentOf(account)] += amount;
        ++done;
    }

    function pay(uint256 module, uint256 from, uint256 to, uint256 drawn) external counted {
        address by = _module(module);
        uint256 amount = drawn % (locked[by] + 1);
        CHEATS.prank(by);
        vault.pay(_name(from), _name(to), uint128(amount));
        locked[by] -= amount;
        free[currentOf(_name(to))] += amount;
        ++done;
    }

    function passOn(uint256 from, uint256 to, uint256 drawn) external counted {
        uint256 amount = drawn % (locked[_module(from)] + 1);
        CHEATS.prank(_module(from));
        vault.passOn(_module(to), uint128(amount));
        locked[_module(from)] -= amount;
        locked[_module(to)] += amount;
        ++done;
    }

    function recordDebt(uint256 from, uint256 to, uint256 drawn) external counted {
        _record(from, to, drawn);
    }

    function repay(uint256 module, uint256 from, uint256 to, uint256 drawn) external counted {
        (address by, address debtor, address creditor) = (_module(module), _name(from), _name(to));
        uint256 most = drawn % (locked[by] + 1);
        CHEATS.prank(by);
        uint256 repaid = vault.repay(debtor, creditor, uint128(most));
        assert(repaid == _least(most, debt[debtor][creditor]));
        locked[by] -= repaid;
        debt[debtor][creditor] -= repaid;
        free[currentOf(creditor)] += repaid;
        ++done;
    }

    // ----------------------------------------------------------------------------------------- what must not succeed

    function overdraw(uint256 module, uint256 who, uint128 drawn) external counted {
        (address by, address account) = (_module(module), _person(who));
        uint128 more = uint128(_within(drawn, 1, type(uint64).max));
        uint128 tooMuch = uint128(free[account]) + more;
        _mustFail(account, address(vault), abi.encodeCall(IVault.withdraw, (tooMuch)));
        _mustFail(by, address(vault), abi.encodeCall(IVault.lock, (account, tooMuch, 0)));
        _mustFail(by, address(vault), abi.encodeCall(IVault.lockMore, (account, tooMuch)));
        tooMuch = uint128(locked[by]) + more;
        _mustFail(by, address(vault), abi.encodeCall(IVault.release, (account, tooMuch)));
        _mustFail(by, address(vault), abi.encodeCall(IVault.pay, (account, account, tooMuch)));
        _mustFail(by, address(vault), abi.encodeCall(IVault.passOn, (_module(module % MODULES + 1), tooMuch)));
        uint256[] memory moves = new uint256[](1);
        moves[0] = Moves.pack(account, -int256(uint256(tooMuch)));
        _mustFail(by, address(vault), abi.encodeCall(IVault.adjustEach, (moves)));
        // Whoever is no module has no part in it.
        _mustFail(account, address(vault), abi.encodeCall(IVault.release, (account, 0)));
        ++done;
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _record(uint256 from, uint256 to, uint256 drawn) private {
        (address debtor, address creditor) = (_name(from), _name(to));
        uint256 amount = _within(drawn, 1, MOST_DEBT);
        CHEATS.prank(_module(drawn));
        vault.recordDebt(debtor, creditor, uint128(amount));
        debt[debtor][creditor] += amount;
        ++done;
    }

    function _choose(address account, uint48 chosen) private {
        CHEATS.prank(account);
        vault.chooseModules(chosen);
        _chosen[account] = chosen;
    }

    function _canLock(address module, address account) private view returns (bool) {
        return _chosen[account] >> uint160(module) - 0x2000 & 1 == 1;
    }

    function _module(uint256 drawn) private view returns (address) {
        return modules[drawn % MODULES];
    }

    function _name(uint256 drawn) private view returns (address) {
        return names[drawn % names.length];
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Account, IVault} from "../../contracts/interfaces/IVault.sol";
import {IPowerToken} from "../../contracts/interfaces/IPowerToken.sol";
import {Invariants} from "./Founded.sol";
import {VaultActions} from "./VaultActions.sol";

/// @title What holds of the Vault after any sequence of actions
contract VaultInvariants is Invariants {
    VaultActions private _books;
    IVault private _vault;
    IPowerToken private _token;

    function setUp() external {
        _books = new VaultActions();
        (_actions, _vault, _token) = (_books, _books.vault(), _books.token());
    }

    /// @dev Tokens held are what is free and what is locked; tokens in circulation are what issuers hold money for.
    function invariant_tokensHeldAreFreeAndLocked() external view {
        (uint256 sum, uint256 inHands) = (0, 0);
        for (uint256 i = 0; i < _books.nameCount(); ++i) {
            sum += _vault.accountOf(_books.names(i)).free;
            inHands += _token.balanceOf(_books.names(i));
        }
        for (uint256 i = 0; i < _books.moduleCount(); ++i) {
            sum += _vault.moduleOf(_books.modules(i)).locked;
        }
        assert(_token.balanceOf(address(_vault)) == sum);
        assert(_token.totalSupply() == sum + inHands);
    }

    /// @dev Each account has, and each module holds, what plain books say.
    function invariant_asTheBooksSay() external view {
        for (uint256 i = 0; i < _books.nameCount(); ++i) {
            assert(_vault.accountOf(_books.names(i)).free == _books.free(_books.names(i)));
        }
        for (uint256 i = 0; i < _books.moduleCount(); ++i) {
            assert(_vault.moduleOf(_books.modules(i)).locked == _books.locked(_books.modules(i)));
        }
    }

    /// @dev What an account owes is what is owed under all its names, and it is in default while that is something.
    function invariant_debtsAreTheirSum() external view {
        uint256 count = _books.nameCount();
        uint256[] memory owed = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            address current = _books.currentOf(_books.names(i));
            uint256 place = 0;
            while (_books.names(place) != current) ++place;
            for (uint256 k = 0; k < count; ++k) {
                uint256 debt = _vault.debtTo(_books.names(i), _books.names(k));
                assert(debt == _books.debt(_books.names(i), _books.names(k)));
                owed[place] += debt;
            }
        }
        for (uint256 i = 0; i < count; ++i) {
            Account memory account = _vault.accountOf(_books.names(i));
            assert(_vault.debtOf(_books.names(i)) == owed[i] && account.inDefault == (owed[i] != 0));
        }
    }
}

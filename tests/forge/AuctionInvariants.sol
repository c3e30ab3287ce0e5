// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAuction, Position} from "../../contracts/interfaces/IAuction.sol";
import {PoolPosition} from "../../contracts/interfaces/IPool.sol";
import {IVault, Purse} from "../../contracts/interfaces/IVault.sol";
import {AuctionActions} from "./AuctionActions.sol";
import {Invariants} from "./Founded.sol";

/// @title What holds of the auction's money and energy after any sequence of actions
contract AuctionInvariants is Invariants {
    uint256 private constant PEOPLE = 6;
    uint256 private constant PURSES = 5;
    uint256 private constant CAPACITY = 20_000;

    AuctionActions private _market;
    IAuction private _auction;
    IVault private _vault;

    function setUp() external {
        _market = new AuctionActions();
        (_actions, _auction, _vault) = (_market, _market.auction(), _market.vault());
    }

    /// @dev The auction holds the bonds of what is sealed, the cover of what is revealed, what is due for what was sold
    /// and its margin, and what it needs of the pool; nothing else.
    function invariant_heldForWhatIsOpen() external view {
        uint256 held = _market.heldForOrders() + _market.heldOfPool();
        for (uint256 k = 0; k < _market.bookCount(); ++k) {
            for (uint256 i = 0; i < PEOPLE; ++i) {
                held += _heldFor(_auction.positionsOf(_market.bookAt(k), _market.people(i)));
            }
        }
        assert(_vault.moduleOf(address(_auction)).locked == held);
    }

    /// @dev Tokens held are what is free and what is locked.
    function invariant_tokensHeldAreFreeAndLocked() external view {
        uint256 sum = _vault.moduleOf(address(_auction)).locked;
        for (uint256 i = 0; i < PEOPLE; ++i) {
            sum += _vault.accountOf(_market.people(i)).free;
        }
        for (uint256 i = 0; i < PURSES; ++i) {
            sum += _vault.accountOf(_vault.purseAccount(Purse(i))).free;
        }
        assert(_market.token().balanceOf(address(_vault)) == sum);
    }

    /// @dev Of a device as much is drawn as is offered or sold, and the rest can be.
    function invariant_drawnIsPromised() external view {
        uint40 slotStart = _auction.bookOf(_market.book()).slotStart;
        if (slotStart <= block.timestamp) return;
        for (uint32 device = 1; device <= PEOPLE; ++device) {
            uint256 drawn = _market.energyUnits().drawnOf(device, slotStart);
            assert(drawn == _market.promised(device));
            address owner = _market.people(device - 1);
            assert(drawn + _market.energyUnits().available(owner, device, slotStart) == CAPACITY);
        }
    }

    /// @dev In every book members and pool buy together what they sell together.
    function invariant_boughtIsSold() external view {
        for (uint256 k = 0; k < _market.bookCount(); ++k) {
            bytes32 book = _market.bookAt(k);
            PoolPosition memory own = _market.pool().positionOf(book);
            (uint256 bought, uint256 sold) = (own.bought, own.sold);
            for (uint256 i = 0; i < PEOPLE; ++i) {
                Position[] memory positions = _auction.positionsOf(book, _market.people(i));
                for (uint256 p = 0; p < positions.length; ++p) {
                    if (positions[p].sell) sold += positions[p].wh;
                    else bought += positions[p].wh;
                }
            }
            assert(bought == sold);
        }
    }

    function _heldFor(Position[] memory positions) private pure returns (uint256 held) {
        for (uint256 i = 0; i < positions.length; ++i) {
            if (positions[i].sell) held += uint256(positions[i].amount) + positions[i].margin;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAssetPools} from "./IAssetPools.sol";
import {IAuction} from "./IAuction.sol";
import {IImbalance} from "./IImbalance.sol";
import {IMeters} from "./IMeters.sol";
import {IPool} from "./IPool.sol";

/// @notice A sealed quote that is not revealed for sure, in one storage slot.
/// @param until first second in which it cannot be revealed any more
/// @param cost uPT that revealing it locks beside its bond
struct PendingQuote {
    uint40 until;
    uint128 cost;
}

/// @title The company that owns a pool's plants
/// @notice One for each pool, and a member like any other legal person. Nobody has a key of it: all that it does stands here.
/// Its account in the Vault is the pool's till. It sells what its plants will make and cannot buy, nor withdraw, nor name
/// another payee, nor sell to somebody in particular. A servicer can have it sell more than the plants make, or at the
/// least price to whom he likes, and so lose the pool's money: what is missing is paid from its margins, and owed beyond
/// them. What its plants sell is a sum that its owners divide, so it has nothing to hide: its quotes are sealed and open
/// at once.
interface IPlantCompany {
    event QuoteSealed(bytes32 indexed book, uint32 indexed device, uint256 order);

    /// @notice Thrown when a company is founded a second time.
    error AlreadyFounded();
    /// @notice Thrown when somebody else than the contract of the pools moves a plant.
    error NotPools(address caller);
    /// @notice Thrown when somebody else than the pool's servicer quotes.
    error NotServicer(address caller);
    /// @notice Thrown when energy is quoted below the least price of the pool's terms.
    error BelowFloor(uint16 price, uint16 floorPrice);
    /// @notice Thrown when less than 100 Wh are quoted, or more than 10 MWh, or more than the plant has left in the slot,
    /// beside what is quoted in its book already.
    error NotThatMuch(uint32 device, uint40 wh, uint256 left);
    /// @notice Thrown when a book is of another zone or carrier than the plant.
    error OtherBook(bytes32 book, uint32 device);
    /// @notice Thrown when the company could not pay for revealing all of its quotes.
    error NotCovered(uint256 free, uint256 needed);
    /// @notice Thrown when as many quotes wait to be revealed as may.
    error TooManyPending();
    /// @notice Thrown when a creditor is owed nothing, or there is nothing to pay it with.
    error NothingToPay(address creditor);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice The contract of the pools.
    function pools() external view returns (IAssetPools);

    /// @notice The number of the pool whose plants these are.
    function pool() external view returns (uint32);

    /// @notice The devices of the market.
    function meters() external view returns (IMeters);

    /// @notice Where energy is quoted.
    function auction() external view returns (IAuction);

    /// @notice Where energy is offered at a fixed price.
    function marketPool() external view returns (IPool);

    /// @notice The contract that settles what is delivered.
    function imbalance() external view returns (IImbalance);

    /// @notice How many quotes can wait to be revealed.
    function MOST_QUOTES() external view returns (uint256);

    /// @notice Wh of a plant that were quoted in a book, revealed or not.
    function quotedOf(bytes32 book, uint32 device) external view returns (uint256);

    /// @notice uPT that revealing the company's quotes may still lock; nobody takes it from the till before.
    function reserved() external view returns (uint256);

    // ----------------------------------------------------------------------------------------------------- pools

    /// @notice Makes a new company that of a pool of the caller's.
    ///
    /// Emits nothing; {IAssetPools-PoolFounded} tells of it.
    ///
    /// Requirements:
    /// - it is no pool's yet.
    function found(uint32 pool_) external;

    /// @notice Takes over a plant that was offered to the company, and pledges it to the contract of the pools.
    ///
    /// Emits nothing; the devices and the pool tell of it.
    ///
    /// Requirements:
    /// - the caller is the contract of the pools;
    /// - those of {IMeters-accept} and {IMeters-pledge}.
    function take(uint32 device) external;

    /// @notice Offers a plant, whose pledge was released, to an account.
    ///
    /// Emits nothing; the devices and the pool tell of it.
    ///
    /// Requirements:
    /// - the caller is the contract of the pools;
    /// - those of {IMeters-offer}.
    function giveBack(uint32 device, address to) external;

    // ---------------------------------------------------------------------------------------------------- anyone

    /// @notice Lets those modules of the Vault take from the company's account that its business needs, and no others. By anyone.
    ///
    /// Emits nothing; the Vault tells of it.
    ///
    /// Requirements:
    /// - the company was admitted as a member. It needs a market role to quote, which {IAssetPools-open} asks to be
    ///   PRODUCER, and STORAGE to offer to the market's pool.
    function join() external;

    /// @notice Pays what the company owes a creditor for what its plants did not deliver, as far as there is money beside what
    /// {reserved} says. By anyone: who owes begins no new business.
    ///
    /// Emits nothing; the Vault tells of it.
    ///
    /// Requirements:
    /// - the creditor is owed something, and the company has something.
    function payDebt(address creditor) external;

    /// @notice Objects to the recovery of a key that was never there. By anyone, as the company itself would.
    ///
    /// Emits nothing; Membership tells of it.
    ///
    /// Requirements:
    /// - somebody proposed to recover the company's account.
    function objectToRecovery() external;

    // -------------------------------------------------------------------------------------------------- servicers

    /// @notice Quotes energy of a plant in a book, to be sold for `price` or more. Anybody reveals it: what was sealed stands in
    /// the event, and the salt is zero.
    ///
    /// Emits {QuoteSealed}.
    ///
    /// Requirements:
    /// - the caller is the pool's servicer; `price` is not below the pool's least;
    /// - `wh` is from 100 to 10,000,000 and free in the plant, which is the company's, beside what is quoted in the book already;
    /// - the book is of the plant's zone and carrier;
    /// - what is free pays the bond, and the margin of this quote and of all that wait to be revealed, which are fewer than
    ///   {MOST_QUOTES};
    /// - those of {IAuction-commit}, for the smallest class of size that `wh` is of.
    function quote(bytes32 book, uint8 number, uint32 device, uint16 price, uint40 wh) external;

    /// @notice Offers energy of a plant through the market's pool.
    ///
    /// Emits nothing; the market's pool tells of it.
    ///
    /// Requirements:
    /// - the caller is the pool's servicer; `price` is not below the pool's least;
    /// - the book is of the plant's zone and carrier; so much is free in the plant beside what is quoted in the book;
    /// - what is free pays the margin beside what {reserved} says;
    /// - those of {IPool-offer}, for which the company needs the role STORAGE.
    function offerToPool(bytes32 book, uint32 device, uint16 price, uint40 wh) external;
}

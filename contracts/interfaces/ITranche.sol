// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMemberToken} from "./IMemberToken.sol";

/// @notice Which of a pool's three tranches.
enum TrancheKind {
    Senior,
    Mezz,
    Junior
}

/// @notice How far an amount is shared among a tranche's holders.
/// @param place how many holders have their share
/// @param before units that these had together; all units once it is done
struct ShareCursor {
    uint16 place;
    uint96 before;
}

/// @title The units of one tranche of a pool
/// @notice An ERC-20 that investors hold, a uPT a unit. Its pool issues units until it is active, and takes them
/// back; in between they move freely. It remembers who had how many when, so that what a period pays is due to who
/// had units at its end, whatever became of them since. All tranches are one contract's clones: they have one name,
/// by which their permits are signed, each under its own address; the symbol tells them apart.
interface ITranche is IMemberToken {
    event TrancheBegun(address indexed issuer, uint32 indexed pool, TrancheKind kind, address originator);
    event TrancheActivated(uint256 units);

    /// @notice Thrown when a tranche is begun a second time.
    error TrancheKnown(address issuer);
    /// @notice Thrown when somebody else than its pool issues units, or takes them back.
    error NotIssuer(address caller);
    /// @notice Thrown when units would be issued after the tranche became active.
    error UnitsIssued();
    /// @notice Thrown when units would move before the second after that in which the tranche became active.
    error UnitsStand();
    /// @notice Thrown when a tranche has had as many holders as it can.
    error TooManyHolders();
    /// @notice Thrown when it is asked who has units at a time that is not over.
    error NotOver(uint256 time);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice How many accounts can ever hold units, those in the place of lost keys beside.
    function MOST_HOLDERS() external view returns (uint256);

    /// @notice The contract that issues units and takes them back, zero before the tranche is begun.
    function issuer() external view returns (address);

    /// @notice Number of the pool.
    function pool() external view returns (uint32);

    /// @notice Which tranche of the pool.
    function kind() external view returns (TrancheKind);

    /// @notice Who may hold junior units without being an investor: who had the plants before.
    function originator() external view returns (address);

    /// @notice When the tranche became active, 0 before.
    function activeSince() external view returns (uint40);

    /// @notice How many units there were when the tranche became active; never less are taken into account.
    function issued() external view returns (uint256);

    /// @notice How many accounts hold units, or held some.
    function holderCount() external view returns (uint256);

    /// @notice Who was the n-th to hold units, from 0.
    function holderAt(uint256 place) external view returns (address);

    /// @notice The place of an account among {holderAt}, from 1; 0 when it never held units.
    function placeOf(address holder) external view returns (uint256);

    /// @notice Units that an account had at the end of a second; of the time before the tranche was active, those
    /// that it had when it became so. Reverts with {NotOver} when that second is not over, and with {UnitsStand}
    /// before the tranche is active.
    function unitsAt(address holder, uint40 time) external view returns (uint256);

    /// @notice Shares of the next holders in an amount, by the units that they had at the end of a second, see
    /// {unitsAt}. The shares of all holders are the whole amount.
    /// @param cursor that of the call before, all zero in the first
    /// @param most how many holders are looked at
    /// @return holders in the order in which they first held units; some had none at that time
    /// @return shares uPT of each
    /// @return next where to go on; all have their share when its `before` is {issued}
    function sharesOf(uint128 amount, uint40 time, ShareCursor calldata cursor, uint256 most)
        external
        view
        returns (address[] memory holders, uint256[] memory shares, ShareCursor memory next);

    // ---------------------------------------------------------------------------------------------------- the pool

    /// @notice Begins a new clone's life; its caller is its pool's contract.
    ///
    /// Emits {TrancheBegun}.
    ///
    /// Requirements:
    /// - nobody did so before; this is no clone's original.
    function begin(uint32 pool_, TrancheKind kind_, address originator_) external;

    /// @notice Issues units.
    ///
    /// Emits {Transfer}.
    ///
    /// Requirements:
    /// - the caller is the issuer, and the tranche is not active;
    /// - the account is an active investor, or the originator if the tranche is junior; it holds or held units, or
    ///   there is room for another holder.
    function mint(address to, uint96 amount) external;

    /// @notice Ends issuing. From the next second on units move.
    ///
    /// Emits {TrancheActivated}.
    ///
    /// Requirements:
    /// - the caller is the issuer, and the tranche is not active.
    function activate() external;

    /// @notice Takes units back.
    ///
    /// Emits {Transfer}.
    ///
    /// Requirements:
    /// - the caller is the issuer; the account has so many.
    function burn(address from, uint256 amount) external;
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IPowerPoints} from "./IPowerPoints.sol";

/// @notice What was asked for in an epoch, in one storage slot.
/// @param accounts how many ask
/// @param granted how many of them, in the order of their first asks, have got what is theirs
/// @param asked points that all ask for together
/// @param passed points that those ask for who have got theirs
struct Asks {
    uint32 accounts;
    uint32 granted;
    uint96 asked;
    uint96 passed;
}

/// @title Points are asked for, and granted when the epoch is over
/// @notice A budget is for a whole epoch. Who earns points during it asks for them; afterwards everybody gets what he asked
/// for or, when all together asked for more than the budget, his share of it, whether he came first or last.
interface IEpochAsks {
    event PointsAsked(uint32 indexed epoch, address indexed account, uint256 amount);
    event PointsGranted(uint32 indexed epoch, uint256 first, uint256 count);

    /// @notice Thrown when points are granted of an epoch that goes on.
    error EpochNotOver(uint32 epoch, uint32 current);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice The points.
    function points() external view returns (IPowerPoints);

    /// @notice The reason for which points are asked here.
    function reason() external view returns (uint16);

    /// @notice What was asked for in an epoch.
    function asksOf(uint32 epoch) external view returns (Asks memory);

    /// @notice Who asks at a place, from 0, and for how many points in all. Beyond the last there is nobody.
    function askAt(uint32 epoch, uint32 place) external view returns (address account, uint256 amount);

    // --------------------------------------------------------------------------------------------------- granting

    /// @notice Grants the next `count` accounts of an epoch what is theirs. When all have it, it does nothing.
    ///
    /// Emits {PointsGranted} and what PowerPoints emits.
    ///
    /// Requirements:
    /// - the epoch is over;
    /// - this contract holds the port for its reason.
    function grant(uint32 epoch, uint256 count) external;
}

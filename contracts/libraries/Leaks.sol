// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title What a zone lost beyond what is declared
/// @notice What its meters do not agree about: energy that nobody paid for, or that nobody made.
library Leaks {
    uint256 private constant WHOLE = 10_000;
    /// @dev Share of what was injected from which on a meter or somebody is suspected, in 1/10000.
    uint256 private constant ALARM = 200;

    /// @dev Wh lost beyond the declared loss of what was injected, negative when it is less.
    function excess(uint256 injected, uint256 withdrawn, uint256 imported, uint256 exported, uint256 lossBps)
        internal
        pure
        returns (int256)
    {
        uint256 arriving = injected * (WHOLE - lossBps) / WHOLE;
        return int256(arriving + imported) - int256(withdrawn + exported);
    }

    function isAlarming(int256 excess_, uint256 injected) internal pure returns (bool) {
        return uint256(excess_ < 0 ? -excess_ : excess_) * WHOLE > injected * ALARM;
    }
}

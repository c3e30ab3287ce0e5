// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice What a device delivered or took in a month, as far as its readings were used.
/// @param wh the energy
/// @param measured periods that were measured one by one
/// @param substituted all other periods: between two readings further apart, over which the energy was spread evenly, and
/// up to a register that was not measured; 16,777,215 stands for that many and more
struct Month {
    uint64 wh;
    uint24 measured;
    uint24 substituted;
}

/// @title Where a device's register stands, in one word
/// @notice From the low end: time 40, register 64, sequence 32, month 16, and of the month Wh 56, measured periods 24,
/// substituted periods 24. A word of zero has no reading yet.
library Series {
    uint256 private constant MONTH = 136;
    uint256 private constant WH = 152;
    uint256 private constant MEASURED = 208;
    uint256 private constant SUBSTITUTED = 232;

    function time(uint256 word) internal pure returns (uint256) {
        return uint40(word);
    }

    function register(uint256 word) internal pure returns (uint256) {
        return uint64(word >> 40);
    }

    function sequence(uint256 word) internal pure returns (uint256) {
        return uint32(word >> 104);
    }

    function month(uint256 word) internal pure returns (uint256) {
        return uint16(word >> MONTH);
    }

    function ofMonth(uint256 word) internal pure returns (Month memory) {
        return Month(uint56(word >> WH), uint24(word >> MEASURED), uint24(word >> SUBSTITUTED));
    }

    /// @dev What a device can do in two thousand years is less than 56 bits of Wh.
    function pack(uint256 time_, uint256 register_, uint256 sequence_, uint256 month_, Month memory m)
        internal
        pure
        returns (uint256)
    {
        return time_ | register_ << 40 | sequence_ << 104 | month_ << MONTH | uint256(m.wh) << WH | uint256(m.measured)
            << MEASURED | uint256(m.substituted) << SUBSTITUTED;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice What a device delivered or took in a month, as far as its readings were used.
/// @param wh the energy
/// @param measured periods that were measured one by one
/// @param substituted all other periods: between two readings further apart, over which the energy was spread evenly, and
/// up to a register that was not measured. Of a gap beyond the longest spread only its last periods count
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

    /// @dev The same months' part with another register.
    function withRegister(uint256 word, uint256 time_, uint256 register_, uint256 sequence_)
        internal
        pure
        returns (uint256)
    {
        return word >> MONTH << MONTH | time_ | register_ << 40 | sequence_ << 104;
    }

    /// @dev The same register in a month of which nothing is known yet.
    function withMonth(uint256 word, uint256 month_) internal pure returns (uint256) {
        return uint136(word) | month_ << MONTH;
    }

    /// @dev One more period. What a device can do in two thousand years is less than 56 bits of Wh.
    function more(uint256 word, uint256 wh, bool measured) internal pure returns (uint256) {
        unchecked {
            return word + (wh << WH) + (1 << (measured ? MEASURED : SUBSTITUTED));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice Where all Wh are that were ever taken from devices' counters: `taken` is the sum of all that follow it.
/// @param taken from the counters
/// @param slices held as slices
/// @param wholes held in certificates of 1 MWh
/// @param retired for good
/// @param expired past their date, or in certificates that were a stake, which was lost
/// @param withdrawn because the device had made less than its counter said
/// @param lost in batteries
/// @param exported to other registers
struct Totals {
    uint56 taken;
    uint56 slices;
    uint56 wholes;
    uint56 retired;
    uint56 expired;
    uint56 withdrawn;
    uint56 lost;
    uint56 exported;
}

/// @notice A place where Wh can be, in the order of Totals.
enum Place {
    Taken,
    Slices,
    Wholes,
    Retired,
    Expired,
    Withdrawn,
    Lost,
    Exported
}

/// @title Sums of Wh by the places where they are
/// @notice Two words of four places, 56 bits each, more than all devices make in a thousand years; in the rest of the first
/// one a number that only grows.
library Sums {
    /// @notice The two words.
    struct Words {
        uint256[2] word;
    }

    uint256 private constant BITS = 56;
    uint256 private constant IN_A_WORD = 4;
    uint256 private constant NUMBER = BITS * IN_A_WORD;

    /// @dev From one place to another. Whoever moves Wh has burned as many of what that place counts.
    function move(Words storage self, Place from, Place to, uint256 wh) internal {
        unchecked {
            self.word[uint256(from) / IN_A_WORD] -= wh << _shift(from);
            self.word[uint256(to) / IN_A_WORD] += wh << _shift(to);
        }
    }

    /// @dev From a device's counter to a place.
    function take(Words storage self, Place to, uint256 wh) internal {
        unchecked {
            self.word[0] += wh;
            self.word[uint256(to) / IN_A_WORD] += wh << _shift(to);
        }
    }

    /// @dev From a device's counter, or out of slices, into certificates of 1 MWh: the next number, beginning with 1.
    /// @param from Taken or Slices, both of which share their word with Wholes
    function makeWhole(Words storage self, Place from, uint256 wh) internal returns (uint32 number) {
        unchecked {
            uint256 word = self.word[0];
            number = uint32(word >> NUMBER) + 1;
            word = from == Place.Taken ? word + wh : word - (wh << _shift(from));
            self.word[0] = word + (wh << _shift(Place.Wholes)) + (1 << NUMBER);
        }
    }

    function read(Words storage self) internal view returns (Totals memory) {
        return Totals({
            taken: _at(self, Place.Taken),
            slices: _at(self, Place.Slices),
            wholes: _at(self, Place.Wholes),
            retired: _at(self, Place.Retired),
            expired: _at(self, Place.Expired),
            withdrawn: _at(self, Place.Withdrawn),
            lost: _at(self, Place.Lost),
            exported: _at(self, Place.Exported)
        });
    }

    function _at(Words storage self, Place place) private view returns (uint56) {
        return uint56(self.word[uint256(place) / IN_A_WORD] >> _shift(place));
    }

    function _shift(Place place) private pure returns (uint256) {
        return uint256(place) % IN_A_WORD * BITS;
    }
}

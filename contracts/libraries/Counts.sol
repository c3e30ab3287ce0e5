// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title How many there were at any time
/// @notice In words of four changes: the second of a change 40 and the number since then 23, the newest at the low end. Most
/// ask of a time that the newest word knows. The top bit of that one is free for a mark, which tells nothing of numbers.
library Counts {
    /// @notice All changes.
    /// @param newest the last of them, at most four, and the mark
    /// @param past full words of those before, the oldest first
    struct History {
        uint256 newest;
        uint256[] past;
    }

    uint256 private constant MARK = 1 << 255;
    uint256 private constant TIME = 23;
    uint256 private constant NUMBER = (1 << TIME) - 1;
    uint256 private constant CHANGE = 63;
    uint256 private constant OLDEST = 3 * CHANGE;

    function current(History storage self) internal view returns (uint256) {
        return self.newest & NUMBER;
    }

    /// @dev A second change in the same second takes the first one's place. The number stays below 2^23.
    function change(History storage self, uint256 time, uint256 count) internal {
        uint256 mark_ = self.newest & MARK;
        uint256 word = self.newest ^ mark_;
        if (uint40(word >> TIME) == time) {
            word >>= CHANGE;
        } else if (word >> OLDEST != 0) {
            self.past.push(word);
            word = 0;
        }
        self.newest = mark_ | word << CHANGE | time << TIME | count;
    }

    function mark(History storage self) internal {
        self.newest |= MARK;
    }

    /// @dev Before the first change of all there were none.
    function at(History storage self, uint256 time) internal view returns (uint256 count, bool marked) {
        uint256 word = self.newest;
        marked = word & MARK != 0;
        bool known;
        (known, count) = _in(word & ~MARK, time);
        if (known) return (count, marked);
        // The newest of the words that begin no later.
        (uint256 low, uint256 high) = (0, self.past.length);
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (uint40(self.past[middle] >> OLDEST + TIME) <= time) low = middle + 1;
            else high = middle;
        }
        if (low != 0) (, count) = _in(self.past[low - 1], time);
    }

    /// @dev What a word tells of a time, unless all its changes came later.
    function _in(uint256 word, uint256 time) private pure returns (bool known, uint256 count) {
        for (; word != 0; word >>= CHANGE) {
            if (uint40(word >> TIME) <= time) return (true, word & NUMBER);
        }
    }
}

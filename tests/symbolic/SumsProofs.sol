// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Place, Sums, Totals} from "../../contracts/libraries/Sums.sol";

/// @title What holds of the sums of Wh, whatever they are
contract SumsProofs {
    using Sums for Sums.Words;

    uint8 private constant PLACES = 8;
    uint256 private constant LIMIT = 1 << 56;

    Sums.Words private _sums;

    /// @dev Wh that move leave one place and come to another; no other place changes, nor does the number.
    function check_a_move_is_between_two_places(uint256[2] calldata words, uint8 from, uint8 to, uint56 wh) external {
        for (uint8 i = 0; i < PLACES; ++i) {
            for (uint8 k = 0; k < PLACES; ++k) {
                // Where a number is used as a place it must not be any.
                if (from == i && to == k && i != k) _checkMove(words, i, k, wh);
            }
        }
    }

    /// @dev What is taken from a counter is counted as taken and at one place.
    function check_taken_is_at_one_place(uint256[2] calldata words, uint8 to, uint56 wh) external {
        for (uint8 k = 1; k < PLACES; ++k) {
            if (to == k) _checkTake(words, k, wh);
        }
    }

    /// @dev A whole certificate has the next number, and its Wh come from one place.
    function check_a_whole_has_the_next_number(uint256[2] calldata words, bool taken, uint56 wh) external {
        _sums.word = words;
        uint256[8] memory before = _all();
        uint256 number = words[0] >> 224;
        require(number < type(uint32).max && before[2] + wh < LIMIT);
        require(taken ? before[0] + wh < LIMIT : before[1] >= wh);
        assert(_sums.makeWhole(taken ? Place.Taken : Place.Slices, wh) == number + 1);
        uint256[8] memory later = _all();
        assert(later[0] == (taken ? before[0] + wh : before[0]));
        assert(later[1] == (taken ? before[1] : before[1] - wh));
        assert(later[2] == before[2] + wh && later[3] == before[3]);
        assert(_sums.word[0] >> 224 == number + 1 && _sums.word[1] == words[1]);
    }

    function _checkMove(uint256[2] calldata words, uint8 from, uint8 to, uint56 wh) private {
        _sums.word = words;
        uint256[8] memory before = _all();
        require(before[from] >= wh && before[to] + wh < LIMIT);
        _sums.move(Place(from), Place(to), wh);
        uint256[8] memory later = _all();
        uint256 wrong = (_sums.word[0] ^ words[0]) >> 224 | (_sums.word[1] ^ words[1]) >> 224;
        for (uint256 i = 0; i < PLACES; ++i) {
            wrong |= later[i] ^ (i == from ? before[i] - wh : i == to ? before[i] + wh : before[i]);
        }
        assert(wrong == 0);
    }

    function _checkTake(uint256[2] calldata words, uint8 to, uint56 wh) private {
        _sums.word = words;
        uint256[8] memory before = _all();
        require(before[0] + wh < LIMIT && before[to] + wh < LIMIT);
        _sums.take(Place(to), wh);
        uint256[8] memory later = _all();
        uint256 wrong = 0;
        for (uint256 i = 0; i < PLACES; ++i) {
            wrong |= later[i] ^ (i == 0 || i == to ? before[i] + wh : before[i]);
        }
        assert(wrong == 0);
    }

    function _all() private view returns (uint256[8] memory) {
        Totals memory t = _sums.read();
        return [uint256(t.taken), t.slices, t.wholes, t.retired, t.expired, t.withdrawn, t.lost, t.exported];
    }
}

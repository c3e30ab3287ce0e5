// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Book, BookState} from "../interfaces/IAuction.sol";
import {Carrier} from "./Carriers.sol";

/// @title A book's facts in one storage word
/// @notice From the low end: opensAt 40, revealsAt 40, clearsAt 40, slotStart 40, commits 16, cap 16, zone 16, dearestWh 24,
/// carrier 8, state 8. Read once and taken apart here, which costs less than a struct in storage.
library BookWords {
    uint256 private constant COMMITS = 160;
    uint256 private constant STATE = 240;

    function opensAt(uint256 word) internal pure returns (uint40) {
        return uint40(word);
    }

    function revealsAt(uint256 word) internal pure returns (uint40) {
        return uint40(word >> 40);
    }

    function clearsAt(uint256 word) internal pure returns (uint40) {
        return uint40(word >> 80);
    }

    function slotStart(uint256 word) internal pure returns (uint40) {
        return uint40(word >> 120);
    }

    function commits(uint256 word) internal pure returns (uint256) {
        return uint16(word >> COMMITS);
    }

    function cap(uint256 word) internal pure returns (uint256) {
        return uint16(word >> 176);
    }

    function zone(uint256 word) internal pure returns (uint16) {
        return uint16(word >> 192);
    }

    function dearestWh(uint256 word) internal pure returns (uint256) {
        return uint24(word >> 208);
    }

    function carrier(uint256 word) internal pure returns (Carrier) {
        return Carrier(uint8(word >> 232));
    }

    function state(uint256 word) internal pure returns (BookState) {
        return BookState(word >> STATE);
    }

    function withMore(uint256 word, uint256 more) internal pure returns (uint256) {
        return word + (more << COMMITS);
    }

    function withState(uint256 word, BookState state_) internal pure returns (uint256) {
        return (word & ((1 << STATE) - 1)) | uint256(state_) << STATE;
    }

    function pack(Book memory b) internal pure returns (uint256) {
        return uint256(b.opensAt) | uint256(b.revealsAt) << 40 | uint256(b.clearsAt) << 80 | uint256(b.slotStart) << 120
            | uint256(b.commits) << COMMITS | uint256(b.cap) << 176 | uint256(b.zone) << 192 | uint256(b.dearestWh)
            << 208 | uint256(b.carrier) << 232 | uint256(b.state) << STATE;
    }

    function unpack(uint256 word) internal pure returns (Book memory b) {
        b.opensAt = opensAt(word);
        b.revealsAt = revealsAt(word);
        b.clearsAt = clearsAt(word);
        b.slotStart = slotStart(word);
        b.commits = uint16(commits(word));
        b.cap = uint16(cap(word));
        b.zone = zone(word);
        b.dearestWh = uint24(dearestWh(word));
        b.carrier = carrier(word);
        b.state = state(word);
    }
}

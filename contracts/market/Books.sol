// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Governed} from "../access/Governed.sol";
import {Book, BookState, IAuction} from "../interfaces/IAuction.sol";
import {IRulebook} from "../interfaces/IRulebook.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {BookWords} from "../libraries/BookWords.sol";
import {Groups} from "../libraries/Groups.sol";
import {Lists} from "../libraries/Lists.sol";
import {Words} from "../libraries/Words.sol";

/// @title The books of the auction: opened once, and what was revealed in them
/// @notice The first of the three layers of Auction.
abstract contract Books is IAuction, Governed {
    /// @inheritdoc IAuction
    IRulebook public immutable rulebook;

    mapping(bytes32 book => uint256) internal _books;
    mapping(bytes32 book => mapping(uint256 group => uint256)) internal _groups;

    constructor(IRulebook rulebook_) {
        rulebook = rulebook_;
    }

    /// @inheritdoc IAuction
    function bookOf(bytes32 book) external view returns (Book memory) {
        return BookWords.unpack(_books[book]);
    }

    /// @inheritdoc IAuction
    function groupOf(bytes32 book, uint256 group) external view returns (uint256) {
        return _group(book, group);
    }

    /// @inheritdoc IAuction
    function openBook(Carrier carrier, bytes32 zone, uint40 slotStart) external returns (bytes32 book) {
        Book memory facts;
        (book, facts) = rulebook.open(carrier, zone, slotStart);
        require(_books[book] == 0, BookExists(book));
        _books[book] = BookWords.pack(facts);
        // So that the first reveal finds its slot in use already.
        _groups[book][0] = Groups.start(book);
        emit BookOpened(book, carrier, zone, slotStart, facts);
    }

    /// @dev Half-open: a block at a boundary belongs to the later phase.
    function _requirePhase(bytes32 book, uint40 from, uint40 until) internal view {
        require(from <= block.timestamp && block.timestamp < until, OutsidePhase(book, from, until));
    }

    function _requireState(bytes32 book, BookState state) internal view {
        BookState actual = BookWords.state(_books[book]);
        require(actual == state, WrongState(book, actual));
    }

    function _group(bytes32 book, uint256 group) internal view returns (uint256 stored) {
        stored = _groups[book][group];
        if (stored == 0) stored = Groups.start(book);
    }

    /// @dev Tells whether the words from `from` on are those of `group`, and where they end.
    function _foldGroup(bytes32 book, uint256 group, uint256[] calldata words, uint256 from)
        internal
        view
        returns (uint256 to)
    {
        uint256 folded = Groups.start(book);
        unchecked {
            for (to = from; to < words.length; ++to) {
                uint256 word = Lists.given(words, to);
                if (Words.index(word) / Groups.SIZE != group) break;
                folded = Groups.chain(folded, word);
            }
        }
        require(folded >> 32 == _group(book, group) >> 32, WrongWords(book, group));
    }

    /// @dev Checks that `words` are whole groups from `first` on, and says which group comes next.
    function _foldGroups(bytes32 book, uint256 first, uint256[] calldata words) internal view returns (uint256 next) {
        next = first;
        uint256 last = _groupCount(book);
        uint256 i = 0;
        while (i < words.length) {
            require(next < last, WrongExtent(book, next));
            i = _foldGroup(book, next++, words, i);
        }
        // Groups in which nothing was revealed have no words; those at the end are done with the ones before.
        while (next < last && _group(book, next) >> 32 == Groups.start(book) >> 32) ++next;
    }

    function _groupCount(bytes32 book) internal view returns (uint256) {
        return (BookWords.commits(_books[book]) + Groups.SIZE - 1) / Groups.SIZE;
    }
}

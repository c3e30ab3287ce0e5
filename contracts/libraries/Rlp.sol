// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice What is wrong with an encoding.
/// Truncated: it ends before its item does. LongForm: a shorter encoding says the same. LeadingZero: of a length. Trailing: it goes
/// on after its item. NoList, NoString: it is the other one.
enum RlpFlaw {
    Truncated,
    LongForm,
    LeadingZero,
    Trailing,
    NoList,
    NoString
}

/// @title Reading RLP
/// @notice Of all encodings of an item only the shortest is taken, so that what was read has one encoding and one hash. An item is
/// read when it is come to: nothing is copied, and a list is what is left of its content.
library Rlp {
    /// @notice Thrown when something is not encoded as RLP has it.
    error NoRlp(RlpFlaw flaw);

    /// @dev The longest content whose length stands in the first byte.
    uint256 private constant SHORT = 55;

    /// @dev The content of a list, which must be all that there is.
    function list(bytes calldata encoded) internal pure returns (bytes calldata content) {
        bytes calldata beyond;
        (content, beyond) = nextList(encoded);
        require(beyond.length == 0, NoRlp(RlpFlaw.Trailing));
    }

    /// @dev The content of the first item, a list, and what comes after it.
    function nextList(bytes calldata items) internal pure returns (bytes calldata content, bytes calldata beyond) {
        bool isList;
        (isList, content, beyond) = _next(items);
        require(isList, NoRlp(RlpFlaw.NoList));
    }

    /// @dev The first item, a string of bytes, and what comes after it.
    function nextString(bytes calldata items) internal pure returns (bytes calldata content, bytes calldata beyond) {
        bool isList;
        (isList, content, beyond) = _next(items);
        require(!isList, NoRlp(RlpFlaw.NoString));
    }

    function _next(bytes calldata items)
        private
        pure
        returns (bool isList, bytes calldata content, bytes calldata beyond)
    {
        require(items.length != 0, NoRlp(RlpFlaw.Truncated));
        uint256 first = uint8(items[0]);
        // A byte below 128 stands for itself.
        if (first < 0x80) return (false, items[:1], items[1:]);
        isList = first >= 0xc0;
        uint256 start = 1;
        uint256 length = first - (isList ? 0xc0 : 0x80);
        if (length > SHORT) (start, length) = _longLength(items, length - SHORT);
        require(length <= items.length - start, NoRlp(RlpFlaw.Truncated));
        content = items[start:start + length];
        beyond = items[start + length:];
        require(isList || length != 1 || uint8(content[0]) >= 0x80, NoRlp(RlpFlaw.LongForm));
    }

    /// @dev The length that stands in the `width` bytes after the first, and where what is so long begins.
    function _longLength(bytes calldata items, uint256 width) private pure returns (uint256 start, uint256 length) {
        start = 1 + width;
        require(items.length >= start, NoRlp(RlpFlaw.Truncated));
        require(items[1] != 0, NoRlp(RlpFlaw.LeadingZero));
        length = uint256(bytes32(items[1:start])) >> (256 - 8 * width);
        require(length > SHORT, NoRlp(RlpFlaw.LongForm));
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Rlp} from "./Rlp.sol";

/// @notice What makes an encoding no header.
/// TooLong: more bytes than any header. Fields: too few or too many. Length: of a field, or a part of the extra data. Number: one with
/// leading zeros or more than 8 bytes. Parts: the extra data have others. Seals: they are not left out.
enum HeaderFlaw {
    TooLong,
    Fields,
    Length,
    Number,
    Parts,
    Seals
}

/// @notice What a validator signs when it seals a block.
/// @param number height of the block
/// @param round in which it was agreed on
/// @param parent hash of the block before it
/// @param sealedHash hash of the header, which is signed
struct SealedBlock {
    uint64 number;
    uint64 round;
    bytes32 parent;
    bytes32 sealedHash;
}

/// @title Block headers of Besu's QBFT, as validators seal them
/// @notice The extra data of a header are RLP of [vanity, validators, vote, round, seals]. What is signed is the header with the list
/// of seals empty and the round left in; only that is read here. See docs/governance.md.
library QbftHeaders {
    using Rlp for bytes;

    /// @notice Thrown when something is no header as validators seal it; the place is that of the field, or how many there are.
    error NoHeader(HeaderFlaw flaw, uint256 place);

    uint256 private constant LONGEST = 16_384;
    uint256 private constant LEAST_FIELDS = 15;
    uint256 private constant MOST_FIELDS = 32;
    uint256 private constant PARENT = 0;
    uint256 private constant NUMBER = 8;
    uint256 private constant EXTRA = 12;
    uint256 private constant VANITY = 32;
    uint256 private constant ADDRESS = 20;
    bytes1 private constant IN_FAVOUR = 0xff;

    /// @dev Of the fields that have a fixed length, 16 bits each from the first field at the low end: hashes, the
    /// beneficiary, the bloom filter, and the nonce. Those of later forks are not looked at.
    uint256 private constant LENGTHS =
        32 | 32 << 16 | 20 << 32 | 32 << 48 | 32 << 64 | 32 << 80 | 256 << 96 | 32 << 208 | 8 << 224;

    function read(bytes calldata encoded) internal pure returns (SealedBlock memory found) {
        require(encoded.length <= LONGEST, NoHeader(HeaderFlaw.TooLong, 0));
        bytes calldata rest = encoded.list();
        bytes calldata field;
        uint256 place = 0;
        for (; rest.length != 0; ++place) {
            (field, rest) = rest.nextString();
            uint256 wanted = (LENGTHS >> (16 * place)) & 0xffff;
            require(wanted == 0 || field.length == wanted, NoHeader(HeaderFlaw.Length, place));
            if (place == PARENT) found.parent = bytes32(field);
            if (place == NUMBER) found.number = _number(field, place);
            if (place == EXTRA) found.round = _roundOf(field);
        }
        require(place >= LEAST_FIELDS && place <= MOST_FIELDS, NoHeader(HeaderFlaw.Fields, place));
        found.sealedHash = keccak256(encoded);
    }

    /// @dev Reads extra data whose list of seals is empty.
    function _roundOf(bytes calldata extra) private pure returns (uint64 round) {
        bytes calldata rest = extra.list();
        bytes calldata part;
        (part, rest) = rest.nextString();
        require(part.length == VANITY, NoHeader(HeaderFlaw.Length, EXTRA));
        (part, rest) = rest.nextList();
        _requireValidators(part);
        (part, rest) = rest.nextList();
        _requireVote(part);
        (part, rest) = rest.nextString();
        round = _number(part, EXTRA);
        (part, rest) = rest.nextList();
        require(part.length == 0, NoHeader(HeaderFlaw.Seals, EXTRA));
        require(rest.length == 0, NoHeader(HeaderFlaw.Parts, EXTRA));
    }

    function _requireValidators(bytes calldata rest) private pure {
        bytes calldata validator;
        while (rest.length != 0) {
            (validator, rest) = rest.nextString();
            require(validator.length == ADDRESS, NoHeader(HeaderFlaw.Length, EXTRA));
        }
    }

    /// @dev None, or one for somebody, or against him, which is said by nothing.
    function _requireVote(bytes calldata rest) private pure {
        if (rest.length == 0) return;
        bytes calldata part;
        (part, rest) = rest.nextString();
        require(part.length == ADDRESS, NoHeader(HeaderFlaw.Length, EXTRA));
        (part, rest) = rest.nextString();
        require(part.length == 0 || (part.length == 1 && part[0] == IN_FAVOUR), NoHeader(HeaderFlaw.Parts, EXTRA));
        require(rest.length == 0, NoHeader(HeaderFlaw.Parts, EXTRA));
    }

    function _number(bytes calldata content, uint256 place) private pure returns (uint64) {
        if (content.length == 0) return 0;
        require(content.length <= 8 && content[0] != 0, NoHeader(HeaderFlaw.Number, place));
        return uint64(uint256(bytes32(content)) >> (256 - 8 * content.length));
    }
}

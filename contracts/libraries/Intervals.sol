// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Description, Direction} from "../interfaces/IMeters.sol";
import {Interval, Quality, ReadingRefusal, Trust} from "../interfaces/IReadings.sol";
import {Carrier} from "./Carriers.sol";

/// @title What a reading tells of the time since the one before it, in one word
/// @notice From the low end: device 32, since 40, until 40, Wh 64, periods 32, kind 8, quality 8, trust 8, refusal 8. Kind
/// is, from the low end, the carrier 4, the direction 1, whether the device is clean 1, whether it stores 1.
library Intervals {
    uint256 private constant DIRECTION = 1 << 4;
    uint256 private constant CLEAN = 1 << 5;
    uint256 private constant STORES = 1 << 6;

    function kindOf(Description memory its) internal pure returns (uint8) {
        uint256 kind = uint256(its.carrier);
        if (its.direction == Direction.Withdrawal) kind |= DIRECTION;
        if (its.clean) kind |= CLEAN;
        if (its.stores) kind |= STORES;
        return uint8(kind);
    }

    function carrier(Interval memory i) internal pure returns (Carrier) {
        return Carrier(i.kind & 0xf);
    }

    function isInjection(Interval memory i) internal pure returns (bool) {
        return i.kind & DIRECTION == 0;
    }

    /// @dev What gives back what was put in before is as clean as that was, and no more.
    function isClean(Interval memory i) internal pure returns (bool) {
        return i.kind & CLEAN != 0 && i.kind & STORES == 0 && isInjection(i) && i.quality != Quality.Estimated;
    }

    /// @dev Whether Production keeps it.
    function isKept(Interval memory i) internal pure returns (bool) {
        return i.kind & (CLEAN | STORES) != 0 && i.quality != Quality.Estimated;
    }

    function pack(Interval memory i) internal pure returns (uint256) {
        return uint256(i.device) | uint256(i.since) << 32 | uint256(i.until) << 72 | uint256(i.wh) << 112
            | uint256(i.periods) << 176 | uint256(i.kind) << 208 | uint256(i.quality) << 216 | uint256(i.trust) << 224
            | uint256(i.refusal) << 232;
    }

    function unpack(uint256 word) internal pure returns (Interval memory) {
        return Interval({
            device: uint32(word),
            kind: uint8(word >> 208),
            since: uint40(word >> 32),
            until: uint40(word >> 72),
            wh: uint64(word >> 112),
            periods: uint32(word >> 176),
            quality: Quality(uint8(word >> 216)),
            trust: Trust(uint8(word >> 224)),
            refusal: ReadingRefusal(uint8(word >> 232))
        });
    }
}

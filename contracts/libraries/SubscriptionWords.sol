// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Area, Metered, Refund, Subscription, SubscriptionState} from "../interfaces/IEnergyPackages.sol";
import {Kind} from "../interfaces/ITariffs.sol";

/// @title Subscriptions as the words that they are in storage
/// @notice Each is read and written as a whole. All fields stand in the order in which their structs name them, from the low end.
library SubscriptionWords {
    /// @dev customer 160, version 32, kind 8, state 8, first 16, until 16, place 8, size 8.
    function pack(Subscription memory s) internal pure returns (uint256) {
        return uint256(uint160(s.customer)) | uint256(s.version) << 160 | uint256(s.kind) << 192 | uint256(s.state)
            << 200 | uint256(s.first) << 208 | uint256(s.until) << 224 | uint256(s.place) << 240 | uint256(s.size)
            << 248;
    }

    function unpack(uint256 word) internal pure returns (Subscription memory) {
        return Subscription({
            customer: address(uint160(word)),
            version: uint32(word >> 160),
            kind: Kind(uint8(word >> 192)),
            state: SubscriptionState(uint8(word >> 200)),
            first: uint16(word >> 208),
            until: uint16(word >> 224),
            place: uint8(word >> 240),
            size: uint8(word >> 248)
        });
    }

    /// @dev device 32, drawn 16, rest 32, head 16, lots 16, term 8, refund 8, suspended 8, load 32, price 32.
    function pack(Metered memory m) internal pure returns (uint256) {
        return uint256(m.device) | uint256(m.drawn) << 32 | uint256(m.rest) << 48 | uint256(m.head) << 80
            | uint256(m.lots) << 96 | uint256(m.term) << 112 | uint256(m.refund) << 120 | (m.suspended ? 1 << 128 : 0)
            | uint256(m.loadW) << 136 | uint256(m.price) << 168;
    }

    function unpackMetered(uint256 word) internal pure returns (Metered memory) {
        return Metered({
            device: uint32(word),
            drawn: uint16(word >> 32),
            rest: uint32(word >> 48),
            head: uint16(word >> 80),
            lots: uint16(word >> 96),
            term: uint8(word >> 112),
            refund: Refund(uint8(word >> 120)),
            suspended: uint8(word >> 128) != 0,
            loadW: uint32(word >> 136),
            price: uint32(word >> 168)
        });
    }

    /// @dev paid 96, fee 96, area 32, base 16, term 8; before 96, earned 96, device 32, time 32.
    function pack(Area memory a) internal pure returns (uint256, uint256) {
        return (
            uint256(a.paid) | uint256(a.fee) << 96 | uint256(a.area) << 192 | uint256(a.base) << 224 | uint256(a.term)
                << 240,
            uint256(a.before) | uint256(a.earned) << 96 | uint256(a.device) << 192 | uint256(a.time) << 224
        );
    }

    function unpackArea(uint256 low, uint256 high) internal pure returns (Area memory) {
        return Area({
            paid: uint96(low),
            fee: uint96(low >> 96),
            area: uint32(low >> 192),
            base: uint16(low >> 224),
            term: uint8(low >> 240),
            before: uint96(high),
            earned: uint96(high >> 96),
            device: uint32(high >> 192),
            time: uint32(high >> 224)
        });
    }
}

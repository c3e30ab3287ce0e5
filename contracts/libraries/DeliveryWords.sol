// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Delivery} from "../interfaces/IImbalance.sol";

/// @title What is known of an account in a slot, in the one word that it is in storage
/// @notice Every position passes here twice. From the low end: injected 40, withdrawn 40, devices 23, which is more than can be
/// one's own and supplied, settled 1, settled injected 40, settled withdrawn 40, settled position 48.
library DeliveryWords {
    uint256 private constant SETTLED = 1 << 103;
    uint256 private constant COUNTED = SETTLED - 1;
    uint256 private constant DEVICE = 1 << 80;

    /// @dev With a device's Wh, and one device more that is read to the end of the slot if this one is. Of a zone's worth
    /// of Wh, as only a register of nonsense can tell after years, as many are counted as there is room for.
    function more(uint256 word, bool isInjection, uint256 wh, bool toTheEnd) internal pure returns (uint256) {
        if (toTheEnd) word += DEVICE;
        return isInjection ? _plus(word, 0, wh) : _plus(word, 40, wh);
    }

    /// @dev What was counted under another name too.
    function plus(uint256 word, uint256 other) internal pure returns (uint256) {
        return _plus(_plus(word, 0, injected(other)), 40, withdrawn(other)) + devices(other) * DEVICE;
    }

    /// @dev What was counted, and how it is settled.
    function settledWith(uint256 word, uint256 withdrawn_, int256 position) internal pure returns (uint256) {
        return (word & COUNTED) | SETTLED | injected(word) << 104 | uint256(uint40(withdrawn_)) << 144
            | uint256(uint48(int48(position))) << 184;
    }

    /// @dev The settlement of another word in place of its own.
    function withSettlementOf(uint256 word, uint256 other) internal pure returns (uint256) {
        return (word & COUNTED) | (other & ~COUNTED);
    }

    function injected(uint256 word) internal pure returns (uint256) {
        return uint40(word);
    }

    function withdrawn(uint256 word) internal pure returns (uint256) {
        return uint40(word >> 40);
    }

    function devices(uint256 word) internal pure returns (uint256) {
        return (word & COUNTED) >> 80;
    }

    function isSettled(uint256 word) internal pure returns (bool) {
        return word & SETTLED != 0;
    }

    function settledInjected(uint256 word) internal pure returns (uint256) {
        return uint40(word >> 104);
    }

    function settledWithdrawn(uint256 word) internal pure returns (uint256) {
        return uint40(word >> 144);
    }

    function settledPosition(uint256 word) internal pure returns (int256) {
        return int48(uint48(word >> 184));
    }

    function _plus(uint256 word, uint256 place, uint256 wh) private pure returns (uint256) {
        return word + (Math.min(wh, type(uint40).max - uint40(word >> place)) << place);
    }

    function unpack(uint256 word) internal pure returns (Delivery memory) {
        return Delivery({
            injected: uint40(injected(word)),
            withdrawn: uint40(withdrawn(word)),
            devices: uint32(devices(word)),
            settled: isSettled(word),
            settledInjected: uint40(settledInjected(word)),
            settledWithdrawn: uint40(settledWithdrawn(word)),
            settledPosition: int48(settledPosition(word))
        });
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Months} from "./Months.sol";

/// @title For which time a provider takes what a device counts, in one word
/// @notice From the low end: provider 160, second of the beginning 40, first month after the last 16, subscription 40.
library SuppliedWords {
    /// @dev Until when what has no end yet goes on.
    uint16 internal constant OPEN = type(uint16).max;

    uint256 private constant SINCE = 160;
    uint256 private constant UNTIL = 200;
    uint256 private constant SUBSCRIPTION = 216;

    function pack(address provider_, uint256 since_, uint256 until_, uint256 subscription_)
        internal
        pure
        returns (uint256)
    {
        return uint256(uint160(provider_)) | since_ << SINCE | until_ << UNTIL | subscription_ << SUBSCRIPTION;
    }

    function withUntil(uint256 word, uint256 until_) internal pure returns (uint256) {
        return (word & ~(uint256(type(uint16).max) << UNTIL)) | until_ << UNTIL;
    }

    function provider(uint256 word) internal pure returns (address) {
        return address(uint160(word));
    }

    function since(uint256 word) internal pure returns (uint256) {
        return uint40(word >> SINCE);
    }

    function until(uint256 word) internal pure returns (uint16) {
        return uint16(word >> UNTIL);
    }

    function subscription(uint256 word) internal pure returns (uint256) {
        return word >> SUBSCRIPTION;
    }

    function first(uint256 word) internal pure returns (uint256) {
        return Months.at(since(word));
    }

    /// @dev Whether it ended before it began.
    function neverBegan(uint256 word) internal pure returns (bool) {
        return first(word) == until(word);
    }
}

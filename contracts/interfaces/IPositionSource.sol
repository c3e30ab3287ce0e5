// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title A contract whose trades are settled by what is metered
/// @notice It keeps the money of a trade, and the seller's margin, until delivery is final, and hands both over then.
interface IPositionSource {
    event HandedOver(bytes32 indexed book, uint256[] parts, uint128 amount);

    /// @notice Thrown when a slot's trades are not all known yet.
    error TradesOpen(bytes32 book);

    /// @notice Says what accounts sold and bought in a slot, and hands their money over to the contract that settles. What
    /// was handed over before is said again, without money.
    /// @param book keccak256(abi.encode(carrier, zone name, slotStart))
    /// @param accounts any, in any order
    /// @return parts a word for each trade, see Parts; the place is that in `accounts`, and they rise by it
    ///
    /// Emits {HandedOver} when there is money.
    ///
    /// Requirements:
    /// - the caller is the contract that settles;
    /// - no trade of the slot is open any more.
    function handOver(bytes32 book, address[] calldata accounts) external returns (uint256[] memory parts);
}

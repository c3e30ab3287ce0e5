// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";

/// @notice A slot of a carrier in a zone.
/// @param zone number of the zone
/// @param carrier what is traded
/// @param start its first second
/// @param book its name, keccak256(abi.encode(carrier, zone name, start))
struct TradedSlot {
    uint16 zone;
    Carrier carrier;
    uint40 start;
    bytes32 book;
}

/// @title A contract whose trades are settled by what is metered
/// @notice It keeps the money of a trade, and the seller's margin, until delivery is final, and hands both over then.
interface IPositionSource {
    event HandedOver(bytes32 indexed book, uint256[] parts, uint128 amount);

    /// @notice Thrown when a slot's trades are not all known yet.
    error TradesOpen(bytes32 book);

    /// @notice What an account sold and bought in a slot.
    /// @return sold Wh
    /// @return bought Wh
    ///
    /// Requirements:
    /// - no trade of the slot is open any more.
    function tradesOf(bytes32 book, address account) external view returns (uint256 sold, uint256 bought);

    /// @notice Says what accounts sold and bought in a slot, and hands their money over to the contract that settles. What
    /// was handed over before is said again, without money.
    /// @param slot as it is known to the contract that settles
    /// @param accounts any, in any order
    /// @return parts a word for each trade, see Parts; the place is that in `accounts`, and they rise by it
    ///
    /// Emits {HandedOver} when there is money.
    ///
    /// Requirements:
    /// - the caller is the contract that settles;
    /// - no trade of the slot is open any more.
    function handOver(TradedSlot calldata slot, address[] calldata accounts) external returns (uint256[] memory parts);
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";
import {IEnergyUnits} from "./IEnergyUnits.sol";
import {IVault} from "./IVault.sol";
import {IZones} from "./IZones.sol";

/// @notice What two members agreed on.
/// @param seller who sells
/// @param buyer who buys
/// @param carrier what is delivered
/// @param zone number of the zone in which it is delivered
/// @param device the device that delivers it
/// @param slotStart first second of the slot in which it is delivered
/// @param wh how much
/// @param price mPT per kWh
/// @param salt any number, so that the same can be agreed on twice
/// @param deadline last second in which the agreement can be carried out
struct Sale {
    address seller;
    address buyer;
    Carrier carrier;
    uint16 zone;
    uint32 device;
    uint40 slotStart;
    uint40 wh;
    uint16 price;
    uint256 salt;
    uint256 deadline;
}

/// @notice What a member sold and bought directly in one slot.
/// @param bought Wh bought
/// @param sold Wh sold
/// @param paid uPT paid
/// @param due uPT due to him
struct DirectPosition {
    uint40 bought;
    uint40 sold;
    uint64 paid;
    uint64 due;
}

/// @title Sales that two members agree on between themselves
/// @notice Both sign the same Sale; anyone carries it out. The energy and a margin of the seller's are locked, and the
/// buyer's money, until delivery is final. No commission.
interface IDirectSale {
    event Sold(bytes32 indexed tradeId, address indexed seller, address indexed buyer, Sale sale, uint128 margin);

    /// @notice Thrown when a sale was carried out before.
    error SaleKnown(bytes32 id);
    /// @notice Thrown when a member would sell to himself.
    error SellerIsBuyer(address account);
    /// @notice Thrown when less than 100 Wh are sold.
    error SaleTooSmall(uint40 wh);
    /// @notice Thrown when an account trades directly for the 33rd time in a slot.
    error TooManySales(bytes32 book, address account);
    /// @notice Thrown when the device has not this much free in the slot, or is not the seller's.
    error UnitsUnavailable(uint32 device, uint40 wh);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice How often an account can sell and buy directly in a slot.
    function MAX_SALES() external view returns (uint256);

    /// @notice EIP-712 type of a sale, signed by both.
    function SALE_TYPEHASH() external view returns (bytes32);

    /// @notice Who keeps the money.
    function vault() external view returns (IVault);

    /// @notice Who keeps the energy.
    function energyUnits() external view returns (IEnergyUnits);

    /// @notice The facts of zones.
    function zones() external view returns (IZones);

    /// @notice What a member traded directly; the key is a book's, keccak256(abi.encode(carrier, zone name, slotStart)).
    function positionOf(bytes32 book, address account) external view returns (DirectPosition memory);

    // --------------------------------------------------------------------------------------------------- selling

    /// @notice Carries out a sale, by anyone.
    ///
    /// Emits {Sold}.
    ///
    /// Requirements:
    /// - seller and buyer are two, and both signed the sale, of 100 Wh at least; its deadline is not over and it was not
    ///   carried out before;
    /// - both are active in a market role and chose this module; the slot has not begun;
    /// - the seller has the energy and the margin free, the buyer the price; neither traded {MAX_SALES} times in the slot.
    function sell(Sale calldata sale, bytes calldata sellerSignature, bytes calldata buyerSignature)
        external
        returns (bytes32 tradeId);
}

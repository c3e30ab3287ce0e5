// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";
import {IAuction} from "./IAuction.sol";
import {IEnergyUnits} from "./IEnergyUnits.sol";
import {IVault} from "./IVault.sol";
import {IZones} from "./IZones.sol";

/// @notice What the pool takes and gives at most in a book, beside what members offer through it.
/// @param intakeWh Wh that it takes in
/// @param gridWh Wh that the grid supplies
struct Limits {
    uint40 intakeWh;
    uint40 gridWh;
}

/// @notice Energy offered at a fixed price, in one storage slot.
/// @param seller whose it is; the grid's purse for the grid's
/// @param device the device that delivers, 0 for the grid's
/// @param price mPT per kWh
/// @param wh Wh offered, and once the book is settled, Wh sold
struct Offer {
    address seller;
    uint32 device;
    uint16 price;
    uint40 wh;
}

/// @notice What the pool itself traded in a book.
/// @param bought Wh that it took in, and what rounding left of what members sold
/// @param sold Wh of the grid's, and what rounding left of what members bought
/// @param due uPT that were paid for the grid's
struct PoolPosition {
    uint40 bought;
    uint40 sold;
    uint64 due;
}

/// @title What the market takes and serves at fixed prices, after the book
/// @notice The pool takes in what members could not sell, at the zone's poolIn, as far as its purse pays for it; and it
/// serves what they could not buy, from units that storage and grid members offer and from the grid at poolOut, the
/// cheapest first. Nothing is offered below poolIn, so there is no money to be pumped out of it.
/// Money for units sold stays here with the margins of their sellers until delivery is final.
interface IPool {
    event LimitsSet(uint16 indexed zone, Carrier indexed carrier, Limits limits);
    event UnitOffered(bytes32 indexed book, Offer offer, uint128 margin);
    event UnitSold(bytes32 indexed book, address indexed seller, Offer sold, uint128 marginKept);
    event PoolTraded(bytes32 indexed book, PoolPosition position, int256 dustWh);
    event OffersReturned(bytes32 indexed book);

    /// @notice Thrown when a book does not take offers any more, or not yet.
    error OffersClosed(bytes32 book);
    /// @notice Thrown when an offer is below what the pool pays.
    error BelowPoolPrice(uint16 price, uint16 poolIn);
    /// @notice Thrown when a book has as many offers as it can have.
    error TooManyOffers(bytes32 book);
    /// @notice Thrown when less than 100 Wh are offered.
    error OfferTooSmall(uint40 wh);
    /// @notice Thrown when a device's energy is offered a second time in a book.
    error DeviceOffered(bytes32 book, uint32 device);
    /// @notice Thrown when the device has not this much free in the slot, or is not the caller's.
    error UnitsNotFree(uint32 device, uint40 wh);
    /// @notice Thrown when another contract than the one that clears reports what was traded.
    error NotClearing(address caller);
    /// @notice Thrown when offers are returned of a book that is not void, or a second time.
    error NothingToReturn(bytes32 book);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice How many offers of members a book can have.
    function MAX_OFFERS() external view returns (uint256);

    /// @notice Whose books these offers are for.
    function auction() external view returns (IAuction);

    /// @notice The facts of zones.
    function zones() external view returns (IZones);

    /// @notice Who keeps the money.
    function vault() external view returns (IVault);

    /// @notice Who keeps the energy.
    function energyUnits() external view returns (IEnergyUnits);

    /// @notice What the pool itself takes and gives.
    function limitsOf(uint16 zone, Carrier carrier) external view returns (Limits memory);

    /// @notice What members offer in a book, the cheapest first; once it is settled, what they sold.
    function offersOf(bytes32 book) external view returns (Offer[] memory);

    /// @notice What the pool itself traded in a book that is settled.
    function positionOf(bytes32 book) external view returns (PoolPosition memory);

    /// @notice What the pool takes and offers in a book as things are, whatever its purse holds: see Stock.
    function stockOf(bytes32 book) external view returns (uint256[] memory);

    /// @notice How much of `wh` the pool's purse can pay at `price` and keep `reserved` uPT.
    function affordable(uint256 wh, uint256 price, uint256 reserved) external view returns (uint256);

    // ------------------------------------------------------------------------------------------------- authority

    /// @notice Sets what the pool itself takes and gives in each book of a carrier in a zone.
    ///
    /// Emits {LimitsSet}.
    ///
    /// Requirements:
    /// - the caller is the authority; the zone exists.
    function setLimits(uint16 zone, Carrier carrier, Limits calldata limits) external;

    // ---------------------------------------------------------------------------------------------------- offers

    /// @notice Offers energy of the caller's device, firmly, and locks it with a margin.
    ///
    /// Emits {UnitOffered}.
    ///
    /// Requirements:
    /// - the book is open, and orders can still be revealed in it;
    /// - `price` is not below poolIn; the book has fewer than 8 offers; the device has none of
    ///   them; `wh` is 100 at least and free in the device;
    /// - the caller is active as storage or grid, chose this module, and has the margin free in the Vault.
    function offer(bytes32 book, uint32 device, uint16 price, uint40 wh) external;

    /// @notice Takes note of what was traded of the stock as it was fixed, and gives back what was not, with its margin.
    ///
    /// Emits {UnitSold} for each offer, and {PoolTraded}.
    ///
    /// Requirements:
    /// - the caller is the auction's clearing.
    function close(bytes32 book, uint256[] calldata stock, uint256[] calldata taken, int256 dustWh) external;

    /// @notice Gives back the offers of a void book, by anyone.
    ///
    /// Emits {OffersReturned}.
    ///
    /// Requirements:
    /// - the book is void and has offers that were not returned.
    function returnOffers(bytes32 book) external;
}

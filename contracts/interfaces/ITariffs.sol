// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";
import {IMembership} from "./IMembership.sol";
import {IZones} from "./IZones.sol";

/// @notice How energy is bought. Lots: prepaid, the more the cheaper. Flow: prepaid, the cheaper the longer the term. Area: by
/// square metres and months, whatever is used.
enum Kind {
    Lots,
    Flow,
    Area
}

/// @notice What a tariff says in one number each.
/// @param provider account that sells the energy and is paid for it
/// @param zone number of the zone
/// @param carrier what is sold
/// @param incremental whether each part of a payment has the price of its own step; else the whole has that of the last
/// @param whPerUnit Wh of one unit: 1 where prices are per kWh, 52 for hot water in litres
/// @param postpaid mPT for 1,000 units that no payment covers
/// @param flowPrice mPT for 1,000 units of what is bought by flow, 0 when nothing is
/// @param annualPrice mPT for one square metre and a year, 0 when nothing is sold by area
/// @param cancelFeeBps of a refund, in 1/10000
/// @param coolingOff seconds in which what has not begun can be cancelled for nothing
/// @param loadPerM2 W that a square metre can draw at the most
/// @param capacityW W that all subscriptions together can draw
struct TariffTerms {
    address provider;
    uint16 zone;
    Carrier carrier;
    bool incremental;
    uint32 whPerUnit;
    uint32 postpaid;
    uint32 flowPrice;
    uint32 annualPrice;
    uint16 cancelFeeBps;
    uint32 coolingOff;
    uint16 loadPerM2;
    uint64 capacityW;
}

/// @notice What is taken off, in 1/10000.
/// @param areaQuarter of three months by area
/// @param areaYear of twelve months by area
/// @param flowQuarter of three months by flow
/// @param flowYear of twelve months by flow
/// @param twoCarriers of a bundle of two
/// @param threeCarriers of a bundle of three
/// @param fourCarriers of a bundle of four
struct Discounts {
    uint16 areaQuarter;
    uint16 areaYear;
    uint16 flowQuarter;
    uint16 flowYear;
    uint16 twoCarriers;
    uint16 threeCarriers;
    uint16 fourCarriers;
}

/// @notice From which payment on which price holds.
/// @param threshold PT
/// @param price mPT for 1,000 units
struct Step {
    uint32 threshold;
    uint32 price;
}

/// @notice One version of what a provider asks for a carrier.
/// @param terms see TariffTerms
/// @param discounts see Discounts
/// @param steps of prepaid lots, the first from 0 PT on; none when no lots are sold
/// @param weights of the months from January on, of 10,000 a year; none when nothing is sold by area
struct Tariff {
    TariffTerms terms;
    Discounts discounts;
    Step[] steps;
    uint16[] weights;
}

/// @title What energy costs, as data
/// @notice A version never changes. Who bought under one keeps it; when prices change, another version is published and the
/// one before is withdrawn.
interface ITariffs {
    event TariffPublished(uint32 indexed version, address indexed provider, Tariff tariff);
    event TariffWithdrawn(uint32 indexed version, address indexed by);

    /// @notice Thrown when no version has this number.
    error UnknownTariff(uint32 version);
    /// @notice Thrown when a version is withdrawn a second time, or bought under after it was.
    error TariffWasWithdrawn(uint32 version);
    /// @notice Thrown when somebody else than the provider would withdraw a version.
    error NotProvider(uint32 version, address caller);
    /// @notice Thrown when a version does not sell in this way.
    error KindNotSold(uint32 version, Kind kind);
    /// @notice Thrown when a tariff sells neither lots nor by flow nor by area.
    error NothingSold();
    /// @notice Thrown when a step does not follow the one before: thresholds rise from 0, prices are not zero and never rise,
    /// and there are no more than {MAX_STEPS}.
    error InvalidStep(uint256 place);
    /// @notice Thrown when what nobody paid for would be cheaper than what was.
    error PostpaidTooCheap(uint32 postpaid, uint32 dearest);
    /// @notice Thrown when there are not twelve weights, or they do not make a year.
    error InvalidWeights(uint256 count, uint256 sum);
    /// @notice Thrown when weights are given where nothing is sold by area.
    error WeightsWithoutArea(uint256 count);
    /// @notice Thrown when discounts would leave nothing of a price.
    error SoldForNothing();
    /// @notice Thrown when a unit has no energy.
    error EmptyUnit();
    /// @notice Thrown when there is no capacity to sell, or no load is reckoned for an area.
    error NoCapacity(uint64 capacityW, uint16 loadPerM2);
    /// @notice Thrown when a term is not one, three or twelve months.
    error InvalidTerm(uint8 months);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice How many steps a tariff can have.
    function MAX_STEPS() external view returns (uint256);

    /// @notice The members' book.
    function membership() external view returns (IMembership);

    /// @notice The zones that tariffs are for.
    function zones() external view returns (IZones);

    /// @notice How many versions were published; they are numbered from 1.
    function tariffCount() external view returns (uint32);

    /// @notice A version as it was published.
    function tariffOf(uint32 version) external view returns (Tariff memory);

    /// @notice The terms of a version.
    function termsOf(uint32 version) external view returns (TariffTerms memory);

    /// @notice Whether a version was withdrawn.
    function isWithdrawn(uint32 version) external view returns (bool);

    /// @notice The terms of a version under which something can be bought; reverts when that is not so.
    function requireSold(uint32 version, Kind kind) external view returns (TariffTerms memory);

    /// @notice The lots that a payment makes: uPT of each, and its price in mPT for 1,000 units, which is uPT for one.
    function lotsFor(uint32 version, uint96 amount)
        external
        view
        returns (uint96[] memory money, uint32[] memory prices);

    /// @notice The price of a payment as a whole, in mPT for 1,000 units.
    function priceFor(uint32 version, uint256 amount) external view returns (uint32);

    /// @notice The price of what is bought by flow for a term of one, three or twelve months.
    function flowPriceFor(uint32 version, uint8 term) external view returns (uint32);

    /// @notice What a bundle of so many carriers takes off, in 1/10000.
    function bundleBps(uint32 version, uint256 carriers) external view returns (uint16);

    /// @notice The weights of some months together.
    /// @param first month since January 1970
    function weightOf(uint32 version, uint16 first, uint256 count) external view returns (uint256);

    /// @notice uPT for an area and some months.
    /// @param area in 0.01 m2
    /// @param first month since January 1970
    /// @param count months
    /// @param term of one, three or twelve months, whose discount holds
    /// @param carriers in the bundle, 1 when there is none
    function areaFee(uint32 version, uint32 area, uint16 first, uint256 count, uint8 term, uint256 carriers)
        external
        view
        returns (uint256);

    /// @notice uPT for an area and some months, each by itself and without any discount.
    function areaFeeSingly(uint32 version, uint32 area, uint16 first, uint256 count) external view returns (uint256);

    // ----------------------------------------------------------------------------------------------- publishing

    /// @notice Publishes a version, which can be bought under from now on.
    ///
    /// Emits {TariffPublished}.
    ///
    /// Requirements:
    /// - the caller is the authority; the provider is active in a market role; the carrier is open in the zone;
    /// - something is sold: lots by steps, or by flow, or by area with the weights of twelve months that make 10,000;
    /// - steps begin at 0 PT and rise, their prices never do, and none is 0;
    /// - what is postpaid costs no less than what is paid before; discounts leave something of each price;
    /// - shares are no more than 10,000; a unit has energy; there is capacity, and a load where areas are sold.
    function publish(Tariff calldata tariff) external returns (uint32 version);

    /// @notice Withdraws a version at once: nothing more is bought under it. Who did keeps it.
    ///
    /// Emits {TariffWithdrawn}.
    ///
    /// Requirements:
    /// - the caller is the provider, or an active regulator or operator;
    /// - the version was published and not withdrawn.
    function withdraw(uint32 version) external;
}

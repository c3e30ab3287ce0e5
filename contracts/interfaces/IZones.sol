// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";
import {IMembership} from "./IMembership.sol";

/// @notice What holds for a carrier in a zone, from some slot on.
/// @param lossBps share of what is injected that is declared lost on the way, in 1/10000
/// @param bandBps share of a position within which an imbalance is settled at the pool's prices
/// @param penaltyBps what is added to, or taken from, those prices beyond the band
/// @param poolIn mPT per kWh that the pool pays
/// @param poolOut mPT per kWh that the pool asks
/// @param networkBps share of what a seller gets that the network is paid, in 1/10000, when there is no wheeling
/// @param platformBps the platform's, beside commissions
/// @param fundBps the common fund's; the rest is the seller's
/// @param wheeling mPT per kWh that the network is paid of what a seller gets, in place of its share; 0 when there is none
/// @param feeder number of the device that measures what the grid gives to the zone, 0 when there is none
/// @param exportFeeder number of the device that measures what the zone gives to the grid, 0 when there is none
/// @param balancing account that pays and is paid for imbalances
/// @param network account that is paid for the network and bears its losses
struct Facts {
    uint16 lossBps;
    uint16 bandBps;
    uint16 penaltyBps;
    uint16 poolIn;
    uint16 poolOut;
    uint16 networkBps;
    uint16 platformBps;
    uint16 fundBps;
    uint16 wheeling;
    uint32 feeder;
    uint32 exportFeeder;
    address balancing;
    address network;
}

/// @title The facts of each zone, for each carrier
/// @notice A zone is where energy is exchanged without a further network between: a park, a village, a street. Its
/// slots are the intervals that are traded, counted from second 0 of the epoch. Facts change for slots to come only, so
/// that what was traded is settled as it was known.
interface IZones {
    event ZoneAdded(uint16 indexed number, bytes32 indexed zone);
    event CarrierOpened(uint16 indexed zone, Carrier indexed carrier, uint24 slotSeconds, uint24 readingPeriod);
    event FactsSet(uint16 indexed zone, Carrier indexed carrier, uint40 since, Facts facts);
    event DistanceSet(uint16 indexed zoneA, uint16 indexed zoneB, uint40 since, uint32 metres);

    /// @notice Thrown when a zone's name is empty.
    error EmptyZone();
    /// @notice Thrown when a zone is added a second time.
    error ZoneKnown(bytes32 zone, uint16 number);
    /// @notice Thrown when no zone has this name.
    error UnknownZone(bytes32 zone);
    /// @notice Thrown when no zone has this number.
    error UnknownZoneNumber(uint16 number);
    /// @notice Thrown when a carrier is opened in a zone a second time.
    error CarrierAlreadyOpen(uint16 zone, Carrier carrier);
    /// @notice Thrown when a carrier is not traded in a zone.
    error CarrierNotOpen(uint16 zone, Carrier carrier);
    /// @notice Thrown when a slot is empty or longer than a day, or the reading period does not divide it.
    error InvalidGrid(uint24 slotSeconds, uint24 readingPeriod);
    /// @notice Thrown when no slot of a carrier begins at this second.
    error OffGrid(uint16 zone, Carrier carrier, uint40 slotStart);
    /// @notice Thrown when facts would hold for a slot that has begun or begins too soon.
    error TooSoon(uint40 time, uint40 earliest);
    /// @notice Thrown when a share is larger than the whole, or the loss is the whole.
    error BpsTooLarge(uint16 bps);
    /// @notice Thrown when the shares of a bill are larger than the whole.
    error SharesTooLarge(uint256 bps);
    /// @notice Thrown when the pool would pay more than it asks, so that money could be pumped out of it.
    error PoolPricesCrossed(uint16 poolIn, uint16 poolOut);
    /// @notice Thrown when a distance is nothing, or between a zone and itself.
    error InvalidDistance(uint16 zoneA, uint16 zoneB, uint32 metres);
    /// @notice Thrown when nobody has said how far apart two zones are at that time.
    error UnknownDistance(uint16 zoneA, uint16 zoneB, uint40 time);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice The longest slot, in seconds.
    function MAX_SLOT_SECONDS() external view returns (uint24);

    /// @notice How long before a slot its facts are fixed, in seconds: longer than any book is open.
    function NOTICE() external view returns (uint40);

    /// @notice The members' book.
    function membership() external view returns (IMembership);

    /// @notice How many zones there are; they are numbered from 1.
    function zoneCount() external view returns (uint16);

    /// @notice The number of a zone; reverts when there is no such zone.
    function numberOf(bytes32 zone) external view returns (uint16);

    /// @notice The name of a zone; reverts when there is no such zone.
    function zoneOf(uint16 number) external view returns (bytes32);

    /// @notice How long a slot is; reverts when the carrier is not open there.
    function slotSeconds(uint16 zone, Carrier carrier) external view returns (uint24);

    /// @notice How far apart two grid readings of a meter are; reverts when the carrier is not open there.
    function readingPeriod(uint16 zone, Carrier carrier) external view returns (uint24);

    /// @notice How long a slot is; reverts when none begins at `slotStart`, or the carrier is not open there.
    function requireSlot(uint16 zone, Carrier carrier, uint40 slotStart) external view returns (uint24);

    /// @notice The facts that hold for a slot. Until {NOTICE} before it they can still change, then never.
    /// Reverts as {requireSlot} does.
    function factsAt(uint16 zone, Carrier carrier, uint40 slotStart) external view returns (Facts memory);

    /// @notice Metres between two zones at a time, 0 between a zone and itself; reverts when nobody has said.
    function distanceAt(uint16 zoneA, uint16 zoneB, uint40 time) external view returns (uint32);

    // -------------------------------------------------------------------------------------------------- authority

    /// @notice Adds a zone.
    ///
    /// Emits {ZoneAdded}.
    ///
    /// Requirements:
    /// - the caller is the authority;
    /// - the name is not empty and was never added before.
    function addZone(bytes32 zone) external returns (uint16 number);

    /// @notice Opens a carrier in a zone, with the facts that hold until later ones do. The length of slots and the
    /// reading period are fixed for good: the start of a slot names orders, units and money, which would mean something
    /// else on another grid.
    ///
    /// Emits {CarrierOpened} and {FactsSet}, from 0 on.
    ///
    /// Requirements:
    /// - the caller is the authority; the zone exists and the carrier was never opened there;
    /// - a slot has 1 to {MAX_SLOT_SECONDS} seconds, and a whole number of reading periods;
    /// - the facts are such as {setFacts} takes.
    function openCarrier(uint16 zone, Carrier carrier, uint24 slotSeconds_, uint24 readingPeriod_, Facts calldata facts)
        external;

    /// @notice Sets the facts of a carrier in a zone from a slot on. Facts that were to hold from that slot on or from a
    /// later one are dropped, so that what was decided last holds.
    ///
    /// Emits {FactsSet}.
    ///
    /// Requirements:
    /// - the caller is the authority; the carrier is open there;
    /// - a slot begins at `since`, {NOTICE} from now or later;
    /// - band, penalty and the three shares together are at most the whole and the loss is less; the pool asks no less than
    ///   it pays;
    /// - both accounts are members' or the system's, so that they can be paid.
    function setFacts(uint16 zone, Carrier carrier, uint40 since, Facts calldata facts) external;

    /// @notice Sets how far apart two zones are, in either direction, from a time on. What was to hold from then on or
    /// later is dropped.
    ///
    /// Emits {DistanceSet}.
    ///
    /// Requirements:
    /// - the caller is the authority; both zones exist and are different, the distance is not nothing;
    /// - `since` is in the future.
    function setDistance(uint16 zoneA, uint16 zoneB, uint40 since, uint32 metres) external;
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {Governed} from "../access/Governed.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {Facts, IZones} from "../interfaces/IZones.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {Standings} from "../libraries/Standings.sol";

/// @title The facts of each zone, for each carrier
/// @notice See IZones. Versions stand in the order of the time from which they hold, and are only ever taken from the
/// end while that time is to come: what holds for a slot that has begun cannot be reached any more.
contract Zones is IZones, Governed {
    using Arrays for uint256[];

    /// @dev `starts[i]` is the first slot for which `versions[i]` holds.
    struct Grid {
        uint24 slotSeconds;
        uint24 readingPeriod;
        uint256[] starts;
        Facts[] versions;
    }

    /// @inheritdoc IZones
    uint24 public constant MAX_SLOT_SECONDS = 86_400;
    /// @inheritdoc IZones
    uint40 public constant NOTICE = 7 days;

    uint16 private constant WHOLE = 10_000;

    /// @inheritdoc IZones
    IMembership public immutable membership;
    /// @inheritdoc IZones
    uint16 public zoneCount;

    mapping(uint16 number => bytes32) private _zones;
    mapping(bytes32 zone => uint16) private _numbers;
    mapping(uint16 zone => mapping(Carrier => Grid)) private _grids;
    /// Each entry has the time from which it holds above 32 bits of metres, so that entries stand in order.
    mapping(uint16 nearer => mapping(uint16 farther => uint256[])) private _distances;

    constructor(IMembership membership_, address authority_) Governed(authority_) {
        membership = membership_;
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc IZones
    function numberOf(bytes32 zone) external view returns (uint16 number) {
        number = _numbers[zone];
        require(number != 0, UnknownZone(zone));
    }

    /// @inheritdoc IZones
    function zoneOf(uint16 number) external view returns (bytes32) {
        _requireZone(number);
        return _zones[number];
    }

    /// @inheritdoc IZones
    function slotSeconds(uint16 zone, Carrier carrier) external view returns (uint24) {
        return _open(zone, carrier).slotSeconds;
    }

    /// @inheritdoc IZones
    function readingPeriod(uint16 zone, Carrier carrier) external view returns (uint24) {
        return _open(zone, carrier).readingPeriod;
    }

    /// @inheritdoc IZones
    function requireSlot(uint16 zone, Carrier carrier, uint40 slotStart) public view returns (uint24 length) {
        length = _open(zone, carrier).slotSeconds;
        require(slotStart % length == 0, OffGrid(zone, carrier, slotStart));
    }

    /// @inheritdoc IZones
    function factsAt(uint16 zone, Carrier carrier, uint40 slotStart) external view returns (Facts memory) {
        requireSlot(zone, carrier, slotStart);
        Grid storage grid = _grids[zone][carrier];
        return grid.versions[grid.starts.upperBound(slotStart) - 1];
    }

    /// @inheritdoc IZones
    function distanceAt(uint16 zoneA, uint16 zoneB, uint40 time) external view returns (uint32) {
        _requireZone(zoneA);
        _requireZone(zoneB);
        if (zoneA == zoneB) return 0;
        uint256[] storage distances = _between(zoneA, zoneB);
        uint256 index = distances.upperBound(uint256(time) << 32 | type(uint32).max);
        require(index != 0, UnknownDistance(zoneA, zoneB, time));
        return uint32(distances[index - 1]);
    }

    // -------------------------------------------------------------------------------------------------- authority

    /// @inheritdoc IZones
    function addZone(bytes32 zone) external onlyAuthority returns (uint16 number) {
        require(zone != 0, EmptyZone());
        require(_numbers[zone] == 0, ZoneKnown(zone, _numbers[zone]));
        number = ++zoneCount;
        _zones[number] = zone;
        _numbers[zone] = number;
        emit ZoneAdded(number, zone);
    }

    /// @inheritdoc IZones
    function openCarrier(uint16 zone, Carrier carrier, uint24 slotSeconds_, uint24 readingPeriod_, Facts calldata facts)
        external
        onlyAuthority
    {
        _requireZone(zone);
        Grid storage grid = _grids[zone][carrier];
        require(grid.slotSeconds == 0, CarrierAlreadyOpen(zone, carrier));
        bool divides = readingPeriod_ != 0 && slotSeconds_ % readingPeriod_ == 0;
        bool fits = slotSeconds_ != 0 && slotSeconds_ <= MAX_SLOT_SECONDS;
        require(divides && fits, InvalidGrid(slotSeconds_, readingPeriod_));
        grid.slotSeconds = slotSeconds_;
        grid.readingPeriod = readingPeriod_;
        emit CarrierOpened(zone, carrier, slotSeconds_, readingPeriod_);
        _setFacts(zone, carrier, 0, facts);
    }

    /// @inheritdoc IZones
    function setFacts(uint16 zone, Carrier carrier, uint40 since, Facts calldata facts) external onlyAuthority {
        requireSlot(zone, carrier, since);
        uint40 earliest = uint40(block.timestamp) + NOTICE;
        require(since >= earliest, TooSoon(since, earliest));
        Grid storage grid = _grids[zone][carrier];
        while (grid.starts[grid.starts.length - 1] >= since) {
            grid.starts.pop();
            grid.versions.pop();
        }
        _setFacts(zone, carrier, since, facts);
    }

    /// @inheritdoc IZones
    function setDistance(uint16 zoneA, uint16 zoneB, uint40 since, uint32 metres) external onlyAuthority {
        _requireZone(zoneA);
        _requireZone(zoneB);
        require(zoneA != zoneB && metres != 0, InvalidDistance(zoneA, zoneB, metres));
        require(since > block.timestamp, TooSoon(since, uint40(block.timestamp) + 1));
        uint256[] storage distances = _between(zoneA, zoneB);
        while (distances.length != 0 && distances[distances.length - 1] >> 32 >= since) distances.pop();
        distances.push(uint256(since) << 32 | metres);
        emit DistanceSet(zoneA, zoneB, since, metres);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _setFacts(uint16 zone, Carrier carrier, uint40 since, Facts calldata facts) private {
        require(facts.lossBps < WHOLE, BpsTooLarge(facts.lossBps));
        require(facts.bandBps <= WHOLE, BpsTooLarge(facts.bandBps));
        require(facts.penaltyBps <= WHOLE, BpsTooLarge(facts.penaltyBps));
        uint256 shares = uint256(facts.networkBps) + facts.platformBps + facts.fundBps;
        require(shares <= WHOLE, SharesTooLarge(shares));
        require(facts.poolIn <= facts.poolOut, PoolPricesCrossed(facts.poolIn, facts.poolOut));
        _requirePayable(facts.balancing);
        _requirePayable(facts.network);
        _grids[zone][carrier].starts.push(since);
        _grids[zone][carrier].versions.push(facts);
        emit FactsSet(zone, carrier, since, facts);
    }

    function _open(uint16 zone, Carrier carrier) private view returns (Grid storage grid) {
        grid = _grids[zone][carrier];
        require(grid.slotSeconds != 0, CarrierNotOpen(zone, carrier));
    }

    function _between(uint16 zoneA, uint16 zoneB) private view returns (uint256[] storage) {
        return zoneA < zoneB ? _distances[zoneA][zoneB] : _distances[zoneB][zoneA];
    }

    /// @dev The Vault, to which Membership tells everything, is a system account and has none with itself.
    function _requirePayable(address account) private view {
        require(account != membership.mirror(), Standings.NotMember(account));
        membership.currentOf(account);
    }

    function _requireZone(uint16 number) private view {
        require(number != 0 && number <= zoneCount, UnknownZoneNumber(number));
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMembership} from "../interfaces/IMembership.sol";
import {IReadings, ShortSignature} from "../interfaces/IReadings.sol";
import {Failure, ISupplyReports, Supply} from "../interfaces/ISupplyReports.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {Standings} from "../libraries/Standings.sol";

/// @title Which providers failed
/// @notice See ISupplyReports.
contract SupplyReports is ISupplyReports {
    /// @notice What the newest report found, and when it ends.
    struct Finding {
        uint40 until;
        Failure failure;
    }

    bytes32 public constant SUPPLY_TYPEHASH = keccak256(
        "Supply(address reports,address provider,uint16 zone,uint8 carrier,uint40 since,uint40 until,uint16 suppliedDays)"
    );

    /// @inheritdoc ISupplyReports
    uint256 public constant GONE_DAYS = 14;
    /// @inheritdoc ISupplyReports
    uint256 public constant POOR_DAYS = 28;
    /// @inheritdoc ISupplyReports
    uint40 public constant HOLDS = 30 days;

    /// @inheritdoc ISupplyReports
    IReadings public immutable readings;
    IMembership private immutable _membership;

    mapping(uint32 member => mapping(uint16 zone => mapping(Carrier carrier => Finding))) private _findings;

    constructor(IReadings readings_) {
        readings = readings_;
        _membership = readings_.membership();
    }

    /// @inheritdoc ISupplyReports
    function failureOf(address provider, uint16 zone, Carrier carrier) external view returns (Failure) {
        Finding memory f = _findings[_memberOf(provider)][zone][carrier];
        return block.timestamp < f.until + HOLDS ? f.failure : Failure.None;
    }

    /// @inheritdoc ISupplyReports
    function report(Supply calldata s, ShortSignature[] calldata signatures) external {
        bool whole = s.since < s.until && s.since % 1 days == 0 && s.until % 1 days == 0 && s.until <= block.timestamp;
        uint256 count = whole ? (s.until - s.since) / 1 days : 0;
        require(count >= GONE_DAYS && s.suppliedDays <= count, InvalidReport(s.since, s.until, s.suppliedDays));
        uint32 member = _memberOf(s.provider);
        require(member != 0, Standings.NotMember(s.provider));
        Finding storage f = _findings[member][s.zone][s.carrier];
        require(s.until > f.until, NotNewer(s.until, f.until));
        readings.requireAttested(keccak256(abi.encode(SUPPLY_TYPEHASH, address(this), s)), signatures);
        Failure failure = Failure.None;
        if (s.suppliedDays == 0) failure = Failure.Gone;
        else if (count >= POOR_DAYS && uint256(s.suppliedDays) * 10 < count * 9) failure = Failure.Poor;
        (f.until, f.failure) = (s.until, failure);
        emit SupplyReported(s.provider, s.zone, s.carrier, s, failure);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    /// @dev Who has several accounts is one provider.
    function _memberOf(address provider) private view returns (uint32) {
        return _membership.standingOf(provider).member;
    }
}

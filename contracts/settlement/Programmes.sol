// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Governed} from "../access/Governed.sol";
import {IImbalance} from "../interfaces/IImbalance.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IMeters} from "../interfaces/IMeters.sol";
import {Funding, IProgrammes, Programme} from "../interfaces/IProgrammes.sol";
import {IReadings} from "../interfaces/IReadings.sol";
import {IVault} from "../interfaces/IVault.sol";
import {IZones} from "../interfaces/IZones.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {Months} from "../libraries/Months.sol";
import {Moves} from "../libraries/Moves.sol";
import {Shares} from "../libraries/Shares.sol";

/// @title Programmes of subsidies by the month
/// @notice See IProgrammes. One cursor passes over the claims of a programme and then over its fundings, so that what is
/// paid and what is left are known when the first funder gets his part.
abstract contract Programmes is IProgrammes, Governed {
    /// @notice What a call pays from.
    /// @param zone of the programme
    /// @param carrier of the programme
    /// @param month of the programme
    /// @param key of the programme
    /// @param programme as it stands
    /// @param shared uPT that all claims together get
    struct Round {
        uint16 zone;
        Carrier carrier;
        uint16 month;
        uint256 key;
        Programme programme;
        uint256 shared;
    }

    /// @inheritdoc IProgrammes
    uint40 public constant CLAIM_WINDOW = 20 days;
    /// @inheritdoc IProgrammes
    uint64 public constant LEAST_FUNDING = 1_000_000;

    /// @inheritdoc IProgrammes
    IImbalance public immutable imbalance;
    /// @inheritdoc IProgrammes
    IReadings public immutable readings;
    /// @inheritdoc IProgrammes
    IMeters public immutable meters;
    /// @inheritdoc IProgrammes
    IZones public immutable zones;
    /// @inheritdoc IProgrammes
    IMembership public immutable membership;
    /// @inheritdoc IProgrammes
    IVault public immutable vault;
    uint40 private immutable _patience;

    /// @dev uPT that a subject of claims was paid too much.
    mapping(uint256 subject => uint64) internal _owed;
    mapping(uint256 key => Programme) private _programmes;
    mapping(uint256 key => Funding[]) private _fundings;

    constructor(IImbalance imbalance_, address authority_) Governed(authority_) {
        imbalance = imbalance_;
        readings = imbalance_.readings();
        meters = imbalance_.meters();
        zones = imbalance_.zones();
        membership = imbalance_.membership();
        vault = imbalance_.vault();
        _patience = imbalance_.PATIENCE();
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc IProgrammes
    function programmeOf(uint16 zone, Carrier carrier, uint16 month) external view returns (Programme memory) {
        return _programmes[_key(zone, carrier, month)];
    }

    /// @inheritdoc IProgrammes
    function fundingsOf(uint16 zone, Carrier carrier, uint16 month) external view returns (Funding[] memory) {
        return _fundings[_key(zone, carrier, month)];
    }

    /// @inheritdoc IProgrammes
    function claimsTaken(uint16 month) public view returns (uint40 opens, uint40 closes) {
        opens = uint40(Months.startOf(uint256(month) + 1)) + _patience;
        closes = opens + CLAIM_WINDOW;
    }

    // -------------------------------------------------------------------------------------------------- authority

    /// @inheritdoc IProgrammes
    function setProgramme(uint16 zone, Carrier carrier, uint16 month, uint32 rate) external onlyAuthority {
        require(rate != 0, NoRate());
        zones.slotSeconds(zone, carrier);
        _requireToCome(month);
        Programme storage p = _programmes[_key(zone, carrier, month)];
        require(p.rate == 0, ProgrammeKnown(zone, carrier, month));
        (p.rate, p.payableFrom) = (rate, _payableFrom(month));
        emit ProgrammeSet(zone, carrier, month, rate);
    }

    // ---------------------------------------------------------------------------------------------------- funders

    /// @inheritdoc IProgrammes
    function fund(uint16 zone, Carrier carrier, uint16 month, uint64 amount) external {
        (uint256 key, Programme storage p) = _known(zone, carrier, month);
        _requireToCome(month);
        address payout = membership.payoutOf(msg.sender);
        require(payout == msg.sender, IMembership.SpendNotAllowed(msg.sender, address(this)));
        require(amount >= LEAST_FUNDING, FundingTooSmall(amount, LEAST_FUNDING));
        p.pot += amount;
        _fundings[key].push(Funding(msg.sender, p.pot));
        emit ProgrammeFunded(zone, carrier, month, msg.sender, amount);
        vault.lock(msg.sender, amount, 0);
    }

    // ----------------------------------------------------------------------------------------------------- anyone

    /// @inheritdoc IProgrammes
    function pay(uint16 zone, Carrier carrier, uint16 month, uint256 limit) external {
        (uint256 key, Programme storage stored) = _known(zone, carrier, month);
        Programme memory p = stored;
        _requirePayable(p.payableFrom);
        Round memory r = Round(zone, carrier, month, key, p, Math.min(p.pot, uint256(p.claimedWh) * p.rate));
        uint256 claims = _claimCount(key);
        uint256 rest = claims + _fundings[key].length - p.cursor;
        uint256[] memory moves = new uint256[](Math.min(limit, rest));
        for (uint256 i = 0; i < moves.length; ++i) {
            moves[i] = p.cursor < claims ? _payClaim(r, p.cursor) : _return(r, p.cursor - claims);
            ++p.cursor;
        }
        (stored.passedWh, stored.cursor, stored.paid) = (p.passedWh, p.cursor, p.paid);
        vault.adjustEach(moves);
    }

    // ---------------------------------------------------------------------------------- what the contract says of it

    /// @dev When a programme that is set now can be paid, 0 when that is not known yet.
    function _payableFrom(uint16 month) internal view virtual returns (uint40);

    /// @dev Reverts when what is payable from then on is not payable yet.
    function _requirePayable(uint40 payableFrom) internal view virtual;

    function _claimCount(uint256 key) internal view virtual returns (uint256);

    /// @dev Wh of a claim.
    function _whOf(uint256 key, uint256 place) internal view virtual returns (uint64);

    /// @dev Writes down and tells what a claim gets, and what of that is kept; says who gets the rest.
    function _recordPayment(Round memory r, uint256 place, uint64 amount)
        internal
        virtual
        returns (address payee, uint64 kept);

    // ------------------------------------------------------------------------------------------------------ inside

    function _key(uint16 zone, Carrier carrier, uint16 month) internal pure returns (uint256) {
        return uint256(zone) << 24 | uint256(carrier) << 16 | month;
    }

    function _known(uint16 zone, Carrier carrier, uint16 month)
        internal
        view
        returns (uint256 key, Programme storage p)
    {
        key = _key(zone, carrier, month);
        p = _programmes[key];
        require(p.rate != 0, NoProgramme(zone, carrier, month));
    }

    /// @dev A programme whose claims are taken now.
    function _claimable(uint16 zone, Carrier carrier, uint16 month)
        internal
        view
        returns (uint256 key, Programme storage p)
    {
        (key, p) = _known(zone, carrier, month);
        (uint40 opens, uint40 closes) = claimsTaken(month);
        require(opens <= block.timestamp && block.timestamp < closes, OutsideClaims(opens, closes));
    }

    /// @dev What of a payment for so many Wh was too much when it is corrected to fewer: the subject owes it.
    function _owe(uint256 subject, uint64 paid, uint64 wh, uint64 corrected) internal returns (uint64 owed) {
        owed = paid - uint64(uint256(paid) * corrected / wh);
        _owed[subject] += owed;
    }

    /// @dev What is kept of an amount for what its subject owes.
    function _keep(uint256 subject, uint64 amount) internal returns (uint64 kept) {
        kept = _owed[subject];
        if (kept == 0) return 0;
        if (kept > amount) kept = amount;
        _owed[subject] -= kept;
    }

    function _requireToCome(uint16 month) private view {
        uint40 begins = uint40(Months.startOf(month));
        require(block.timestamp < begins, MonthBegun(month, begins));
    }

    /// @dev The part of a claim of what all share, less what its subject owes.
    function _payClaim(Round memory r, uint256 place) private returns (uint256 move) {
        Programme memory p = r.programme;
        uint64 wh = _whOf(r.key, place);
        uint64 amount = uint64(Shares.cumfloor(p.passedWh, wh, r.shared, p.claimedWh));
        p.passedWh += wh;
        if (amount == 0) return 0;
        (address payee, uint64 kept) = _recordPayment(r, place, amount);
        p.paid += amount - kept;
        return Moves.pack(payee, -int256(uint256(amount - kept)));
    }

    /// @dev The part of a funding in what is left.
    function _return(Round memory r, uint256 place) private returns (uint256 move) {
        Funding storage f = _fundings[r.key][place];
        uint256 before = place == 0 ? 0 : _fundings[r.key][place - 1].until;
        uint256 left = r.programme.pot - r.programme.paid;
        uint256 amount = Shares.cumfloor(before, f.until - before, left, r.programme.pot);
        emit FundingReturned(r.zone, r.carrier, r.month, f.funder, uint64(amount));
        return Moves.pack(f.funder, -int256(amount));
    }
}

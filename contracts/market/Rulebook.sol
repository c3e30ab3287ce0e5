// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Governed} from "../access/Governed.sol";
import {Book, BookState, IAuction} from "../interfaces/IAuction.sol";
import {Terms} from "../interfaces/IRule.sol";
import {IRulebook, Schedule} from "../interfaces/IRulebook.sol";
import {IZones} from "../interfaces/IZones.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {Margins} from "../libraries/Margins.sol";

/// @title When books are open and how they are cleared
/// @notice See IRulebook.
contract Rulebook is IRulebook, Governed {
    uint40 private constant OPEN_AHEAD = 1 hours;
    uint16 private constant MAX_ORDERS = 10_000;

    /// @inheritdoc IRulebook
    uint16 public constant MAX_FEE_BPS = 60;
    /// @inheritdoc IRulebook
    IZones public immutable zones;
    /// @inheritdoc IRulebook
    address public auction;

    Schedule private _schedule;
    mapping(bytes32 book => Terms) private _terms;
    mapping(bytes32 book => bool) private _fixed;

    constructor(IZones zones_, address authority_) Governed(authority_) {
        zones = zones_;
    }

    /// @inheritdoc IRulebook
    function schedule() external view returns (Schedule memory) {
        return _schedule;
    }

    /// @inheritdoc IRulebook
    function termsOf(bytes32 book) external view returns (Terms memory) {
        return _terms[book];
    }

    /// @inheritdoc IRulebook
    function bookKey(Carrier carrier, bytes32 zone, uint40 slotStart) public pure returns (bytes32) {
        return keccak256(abi.encode(carrier, zone, slotStart));
    }

    /// @inheritdoc IRulebook
    function setAuction(address auction_) external onlyAuthority {
        require(auction == address(0), AuctionAlreadySet(auction));
        auction = auction_;
        emit AuctionSet(auction_);
    }

    /// @inheritdoc IRulebook
    function setSchedule(Schedule calldata s) external onlyAuthority {
        require(
            s.commitSeconds != 0 && s.revealSeconds != 0 && s.clearSeconds != 0 && s.validators != 0
                && s.blockSeconds != 0,
            InvalidTerms()
        );
        // So that no book is open before its zone's facts are fixed.
        uint40 open_ = OPEN_AHEAD + s.commitSeconds + _revealSeconds(s) + s.clearSeconds;
        require(open_ <= zones.NOTICE(), InvalidTerms());
        _schedule = s;
        emit ScheduleSet(s);
    }

    /// @inheritdoc IRulebook
    function setTerms(Carrier carrier, bytes32 zone, uint40 slotStart, Terms calldata terms) external onlyAuthority {
        require(
            address(terms.rule).code.length != 0 && terms.kBps <= 10_000 && terms.feeBps <= MAX_FEE_BPS
                && terms.feeCapBps <= MAX_FEE_BPS,
            InvalidTerms()
        );
        (uint16 maxOrders,,) = terms.rule.traits();
        require(maxOrders != 0 && maxOrders <= MAX_ORDERS, InvalidTerms());
        zones.numberOf(zone);
        bytes32 key = bookKey(carrier, zone, slotStart);
        require(!_fixed[key], IAuction.BookExists(key));
        _terms[key] = terms;
        emit TermsSet(carrier, zone, slotStart, terms);
    }

    /// @inheritdoc IRulebook
    function open(Carrier carrier, bytes32 zone, uint40 slotStart) external returns (bytes32 book, Book memory facts) {
        require(msg.sender == auction, NotAuction(msg.sender));
        book = bookKey(carrier, zone, slotStart);
        Terms memory terms = _termsFor(book, carrier, zone);
        _terms[book] = terms;
        _fixed[book] = true;
        emit TermsFixed(book, terms);
        facts = _facts(carrier, zones.numberOf(zone), slotStart);
        (facts.cap,,) = terms.rule.traits();
    }

    function _facts(Carrier carrier, uint16 zone, uint40 slotStart) private view returns (Book memory facts) {
        zones.requireSlot(zone, carrier, slotStart);
        (facts.opensAt, facts.revealsAt, facts.clearsAt) = _phases(slotStart);
        uint40 from = facts.opensAt - OPEN_AHEAD;
        require(from <= block.timestamp && block.timestamp < facts.revealsAt, NotOpening(from, facts.revealsAt));
        facts.slotStart = slotStart;
        facts.zone = zone;
        facts.dearestWh = Margins.dearest(zones.factsAt(zone, carrier, slotStart).poolOut);
        facts.carrier = carrier;
        facts.state = BookState.Open;
    }

    function _termsFor(bytes32 book, Carrier carrier, bytes32 zone) private view returns (Terms memory terms) {
        terms = _terms[book];
        if (address(terms.rule) == address(0)) terms = _terms[bookKey(carrier, zone, 0)];
        require(address(terms.rule) != address(0), NoTerms(carrier, zone));
    }

    function _phases(uint40 slotStart) private view returns (uint40 opensAt, uint40 revealsAt, uint40 clearsAt) {
        Schedule memory s = _schedule;
        clearsAt = slotStart - s.clearSeconds;
        revealsAt = clearsAt - _revealSeconds(s);
        opensAt = revealsAt - s.commitSeconds;
    }

    /// @dev Three blocks of every validator at least, so that none alone can keep an order out.
    function _revealSeconds(Schedule memory s) private pure returns (uint40) {
        uint40 least = 3 * uint40(s.validators) * s.blockSeconds;
        return s.revealSeconds < least ? least : s.revealSeconds;
    }
}

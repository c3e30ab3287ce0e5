// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Governed} from "../access/Governed.sol";
import {SignedActions} from "../access/SignedActions.sol";
import {IEnergyUnits, Reservation} from "../interfaces/IEnergyUnits.sol";
import {Signed} from "../interfaces/ISignedActions.sol";
import {Awarded, ISupplies} from "../interfaces/ISupplies.sol";
import {
    Award,
    Box,
    ITenders,
    TenderTerms,
    SealedQuote,
    QuoteState,
    SharedPoint,
    Tender,
    TenderState
} from "../interfaces/ITenders.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IVault, Purse} from "../interfaces/IVault.sol";
import {Lists} from "../libraries/Lists.sol";
import {Moves} from "../libraries/Moves.sol";
import {OrderWords} from "../libraries/OrderWords.sol";
import {Point, Points} from "../libraries/Points.sol";
import {Roles} from "../libraries/Roles.sol";
import {Source} from "../libraries/Sources.sol";

/// @title Sealed tenders
/// @notice See ITenders.
contract Tenders is ITenders, Governed, SignedActions {
    using Lists for uint256[];

    bytes32 public constant QUOTE_TYPEHASH = keccak256(
        "Quote(address signer,uint32 tender,bytes32 hash,uint256 point,bytes32 masked,uint256 challenge,uint256 response,uint256 nonce,uint256 deadline)"
    );
    bytes32 public constant WITHDRAW_QUOTE_TYPEHASH =
        keccak256("WithdrawQuote(address signer,uint32 tender,uint16 quote,uint256 nonce,uint256 deadline)");

    /// @inheritdoc ITenders
    uint16 public constant MAX_QUOTES = 128;
    /// @inheritdoc ITenders
    uint256 public constant MAX_SLOTS = 3072;
    /// @inheritdoc ITenders
    uint40 public constant DECIDES_WITHIN = 7 days;
    /// @inheritdoc ITenders
    uint40 public constant FUNDS_WITHIN = 1 days;

    uint256 private constant WHOLE = 10_000;
    uint256 private constant BOND_RATE = 20;
    uint256 private constant CLASSES = 4;
    uint40 private constant MIN_WH = 100;

    /// @inheritdoc ITenders
    IVault public immutable vault;
    /// @inheritdoc ITenders
    IEnergyUnits public immutable energyUnits;
    IMembership private immutable _membership;
    address private immutable _commonFund;

    /// @inheritdoc ITenders
    ISupplies public supplies;
    /// @inheritdoc ITenders
    uint32 public tenderCount;

    mapping(uint32 tender => Tender) private _tenders;
    mapping(uint32 tender => TenderTerms) private _terms;
    mapping(uint32 tender => mapping(uint16 quote => SealedQuote)) private _quotes;

    constructor(IVault vault_, IEnergyUnits energyUnits_, address authority_)
        Governed(authority_)
        EIP712("Wattbook Tenders", "1")
    {
        vault = vault_;
        energyUnits = energyUnits_;
        _membership = vault_.membership();
        _commonFund = vault_.purseAccount(Purse.CommonFund);
    }

    // ------------------------------------------------------------------------------------------------- read only

    /// @inheritdoc ITenders
    function tenderOf(uint32 tender) external view returns (Tender memory) {
        return _tenders[tender];
    }

    /// @inheritdoc ITenders
    function termsOf(uint32 tender) external view returns (TenderTerms memory) {
        return _terms[tender];
    }

    /// @inheritdoc ITenders
    function quoteOf(uint32 tender, uint16 quote_) external view returns (SealedQuote memory) {
        return _quotes[tender][quote_];
    }

    /// @inheritdoc ITenders
    function bondOf(uint40 wh) public pure returns (uint128) {
        for (uint256 class = 0; class < CLASSES; ++class) {
            uint256 ceiling = OrderWords.ceilingOf(class);
            if (wh <= ceiling) return uint128(ceiling * BOND_RATE);
        }
        uint256 largest = OrderWords.ceilingOf(CLASSES - 1);
        return uint128((wh + largest - 1) / largest * largest * BOND_RATE);
    }

    /// @inheritdoc ITenders
    function quoteHash(uint32 tender, address trader, uint40 wh, uint16 price, bytes32 salt)
        public
        view
        returns (bytes32)
    {
        return keccak256(
            abi.encode(
                block.chainid,
                address(this),
                bytes32(uint256(tender)),
                trader,
                false,
                uint256(price),
                uint256(wh),
                uint256(0),
                salt
            )
        );
    }

    // -------------------------------------------------------------------------------------------------- authority

    /// @inheritdoc ITenders
    function setSupplies(ISupplies supplies_) external onlyAuthority {
        require(address(supplies) == address(0), SuppliesAlreadySet(supplies));
        supplies = supplies_;
        emit SuppliesSet(supplies_);
    }

    // ----------------------------------------------------------------------------------------------------- owners

    /// @inheritdoc ITenders
    function publish(TenderTerms calldata terms) external returns (uint32 tender) {
        Source memory source = energyUnits.sourceOf(terms.device);
        require(source.slotSeconds != 0, EnergyNotFree(terms.device, terms.wh));
        _checkTerms(terms, source.slotSeconds);
        tender = ++tenderCount;
        Tender memory its = Tender(msg.sender, source.zone, source.carrier, TenderState.Open, source.slotSeconds, 0);
        (_tenders[tender], _terms[tender]) = (its, terms);
        _checkChosen(msg.sender);
        uint128 bond = bondOf(terms.wh);
        emit TenderPublished(tender, msg.sender, its, terms, bond);
        bool free = energyUnits.reserve(
            its.zone, its.carrier, msg.sender, terms.device, _reservation(terms, its.slotSeconds, terms.wh)
        );
        require(free, EnergyNotFree(terms.device, terms.wh));
        vault.lock(msg.sender, bond, Roles.MARKET);
    }

    /// @inheritdoc ITenders
    function award(uint32 tender, Award[] calldata awards) external {
        Tender storage t = _tenders[tender];
        TenderTerms memory terms = _terms[tender];
        _requireOwner(tender);
        _requireOpen(tender, terms.quoteEnd, terms.decideEnd);
        require(awards.length != 0, NothingAwarded(tender));
        t.state = TenderState.Awarded;
        (uint256 sum, Awarded[] memory sold) = _open(tender, terms, awards);
        require(sum <= terms.wh, OverAward(tender, sum, terms.wh));
        uint256[] memory refused = supplies.begin(tender, sold);
        uint128 bond = bondOf(terms.wh);
        for (uint256 i = 0; i < refused.length; ++i) {
            Award calldata void_ = awards[refused[i]];
            _quotes[tender][void_.quote].state = QuoteState.Void;
            sum -= void_.wh;
            emit AwardVoided(tender, void_.quote, bond);
        }
        emit TenderAwarded(tender, uint40(sum));
        if (refused.length != 0) vault.pay(address(this), _commonFund, uint128(bond * refused.length));
        _giveBack(terms, t.slotSeconds, uint40(sum));
        _free(tender, bond, true);
    }

    /// @inheritdoc ITenders
    function decline(uint32 tender) external {
        TenderTerms memory terms = _terms[tender];
        _requireOwner(tender);
        _requireOpen(tender, 0, terms.decideEnd);
        _tenders[tender].state = TenderState.Declined;
        emit TenderDeclined(tender);
        _giveBack(terms, _tenders[tender].slotSeconds, 0);
        _free(tender, bondOf(terms.wh), true);
    }

    /// @inheritdoc ITenders
    function reject(uint32 tender, uint16 quote_, bytes32 hash, Box calldata box, SharedPoint calldata proof) external {
        TenderTerms memory terms = _terms[tender];
        _requireOwner(tender);
        _requireOpen(tender, 0, type(uint40).max);
        SealedQuote storage q = _firm(tender, quote_);
        require(q.seal == _seal(hash, box), WrongOpening(tender, quote_));
        _requireShared(tender, quote_, terms.key, box.point, proof);
        require(!_fits(tender, q.trader, hash, box, proof.shared), BoxFits(tender, quote_));
        q.state = QuoteState.Rejected;
        uint128 bond = bondOf(terms.wh);
        emit QuoteRejected(tender, quote_, bond);
        vault.pay(q.trader, _commonFund, bond);
    }

    // ---------------------------------------------------------------------------------------------------- quoters

    /// @inheritdoc ITenders
    function quote(uint32 tender, bytes32 hash, Box calldata box) external returns (uint16) {
        return _quote(msg.sender, tender, hash, box);
    }

    /// @inheritdoc ITenders
    function quoteSigned(uint32 tender, bytes32 hash, Box calldata box, Signed calldata auth)
        external
        returns (uint16)
    {
        _useSigned(
            auth,
            keccak256(
                abi.encode(
                    QUOTE_TYPEHASH,
                    auth.signer,
                    tender,
                    hash,
                    box.point,
                    box.masked,
                    box.challenge,
                    box.response,
                    auth.nonce,
                    auth.deadline
                )
            )
        );
        return _quote(auth.signer, tender, hash, box);
    }

    /// @inheritdoc ITenders
    function withdrawQuote(uint32 tender, uint16 quote_) external {
        _withdraw(msg.sender, tender, quote_);
    }

    /// @inheritdoc ITenders
    function withdrawQuoteSigned(uint32 tender, uint16 quote_, Signed calldata auth) external {
        _useSigned(
            auth, keccak256(abi.encode(WITHDRAW_QUOTE_TYPEHASH, auth.signer, tender, quote_, auth.nonce, auth.deadline))
        );
        _withdraw(auth.signer, tender, quote_);
    }

    // ----------------------------------------------------------------------------------------------------- anyone

    /// @inheritdoc ITenders
    function expire(uint32 tender) external {
        TenderTerms memory terms = _terms[tender];
        _requireOpen(tender, terms.decideEnd, type(uint40).max);
        _tenders[tender].state = TenderState.Expired;
        uint128 bond = bondOf(terms.wh);
        emit TenderExpired(tender, bond);
        vault.pay(_tenders[tender].owner, _commonFund, bond);
        _giveBack(terms, _tenders[tender].slotSeconds, 0);
        _free(tender, bond, false);
    }

    // ------------------------------------------------------------------------------------------------------ inside

    function _checkTerms(TenderTerms calldata terms, uint256 slotSeconds) private view {
        require(terms.wh >= MIN_WH, TenderTooSmall(terms.wh));
        uint256 fundsWithin = terms.fullEscrow ? FUNDS_WITHIN : 0;
        bool rising = block.timestamp < terms.quoteEnd && terms.quoteEnd < terms.decideEnd
            && terms.decideEnd - terms.quoteEnd <= DECIDES_WITHIN
            && terms.decideEnd + fundsWithin <= terms.deliveryStart && terms.deliveryStart < terms.deliveryEnd;
        bool ofSlots = terms.deliveryStart % slotSeconds == 0 && terms.deliveryEnd % slotSeconds == 0;
        require(
            rising && ofSlots && (terms.deliveryEnd - terms.deliveryStart) / slotSeconds <= MAX_SLOTS,
            InvalidTimes(terms.quoteEnd, terms.decideEnd, terms.deliveryStart, terms.deliveryEnd)
        );
        _checkShare(terms.ownerMarginBps);
        _checkShare(terms.userMarginBps);
        _checkShare(terms.toleranceBps);
        _checkShare(terms.ownerPenaltyBps);
        _checkShare(terms.userPenaltyBps);
        _checkPoint(terms.key);
    }

    function _checkPoint(uint256 x) private pure {
        require(Points.multiplied(x, false, 1) != address(0), InvalidPoint(x));
    }

    function _checkShare(uint256 bps) private pure {
        require(bps <= WHOLE, InvalidShare(bps));
    }

    /// @dev Opens the quotes that are awarded.
    function _open(uint32 tender, TenderTerms memory terms, Award[] calldata awards)
        private
        returns (uint256 sum, Awarded[] memory sold)
    {
        sold = new Awarded[](awards.length);
        for (uint256 i = 0; i < awards.length; ++i) {
            Award calldata a = awards[i];
            require(i == 0 || awards[i - 1].quote < a.quote, AwardsOutOfOrder(tender, a.quote));
            SealedQuote storage q = _firm(tender, a.quote);
            bytes32 hash = quoteHash(tender, q.trader, a.quotedWh, a.price, a.salt);
            require(q.seal == _seal(hash, a.box), WrongOpening(tender, a.quote));
            require(a.wh >= MIN_WH, TenderTooSmall(a.wh));
            require(a.price >= terms.reserve, BelowReserve(tender, a.quote, a.price, terms.reserve));
            require(a.wh <= a.quotedWh, AboveQuote(tender, a.quote, a.wh, a.quotedWh));
            q.state = QuoteState.Awarded;
            sum += a.wh;
            sold[i] = Awarded(q.trader, a.wh, a.price);
            emit QuoteAwarded(tender, a.quote, a.wh, a.price);
        }
    }

    function _quote(address trader, uint32 tender, bytes32 hash, Box calldata box) private returns (uint16 number) {
        Tender storage t = _tenders[tender];
        _requireOpen(tender, 0, _terms[tender].quoteEnd);
        uint256 member = _membership.standingOf(trader).member;
        require(member != _membership.standingOf(t.owner).member, OwnerQuotes(tender, trader));
        _checkPoint(box.point);
        _requireKnown(tender, trader, box);
        _checkChosen(trader);
        number = t.quotes;
        require(number < MAX_QUOTES, TooManyQuotes(tender));
        t.quotes = number + 1;
        _quotes[tender][number] = SealedQuote(trader, QuoteState.Firm, _seal(hash, box));
        emit QuoteMade(tender, number, trader, hash, box);
        vault.lock(trader, bondOf(_terms[tender].wh), Roles.MARKET);
    }

    function _withdraw(address account, uint32 tender, uint16 quote_) private {
        TenderTerms storage terms = _terms[tender];
        _requireOpen(tender, 0, terms.quoteEnd);
        SealedQuote storage q = _firm(tender, quote_);
        require(_membership.currentOf(q.trader) == account, NotQuoter(tender, quote_, account));
        q.state = QuoteState.Withdrawn;
        emit QuoteWithdrawn(tender, quote_);
    }

    /// @dev Gives their bonds back to all who quoted and did not lose them, and to the owner.
    function _free(uint32 tender, uint128 bond, bool ownerToo) private {
        Tender storage t = _tenders[tender];
        uint256[] memory moves = new uint256[](uint256(t.quotes) + 1);
        uint256 count = 0;
        for (uint16 i = 0; i < t.quotes; ++i) {
            SealedQuote storage q = _quotes[tender][i];
            if (q.state == QuoteState.Void || q.state == QuoteState.Rejected) continue;
            if (q.state == QuoteState.Firm) q.state = QuoteState.Lost;
            moves.put(count++, Moves.pack(q.trader, -int256(uint256(bond))));
        }
        if (ownerToo) moves.put(count++, Moves.pack(t.owner, -int256(uint256(bond))));
        moves.cut(count);
        vault.adjustEach(moves);
    }

    /// @dev Reserves no more than what was awarded.
    function _giveBack(TenderTerms memory terms, uint256 slotSeconds, uint40 awarded) private {
        Reservation memory all = _reservation(terms, slotSeconds, terms.wh);
        all.wh -= _reservation(terms, slotSeconds, awarded).wh;
        if (all.wh != 0) energyUnits.giveBack(terms.device, all);
    }

    function _firm(uint32 tender, uint16 quote_) private view returns (SealedQuote storage q) {
        q = _quotes[tender][quote_];
        require(q.state == QuoteState.Firm, QuoteNotFirm(tender, quote_, q.state));
    }

    function _requireOwner(uint32 tender) private view {
        address owner = _tenders[tender].owner;
        require(owner != address(0), WrongTenderState(tender, TenderState.None));
        require(_membership.currentOf(owner) == msg.sender, NotTenderOwner(tender, msg.sender));
    }

    function _requireOpen(uint32 tender, uint40 since, uint40 until) private view {
        TenderState state = _tenders[tender].state;
        require(state == TenderState.Open, WrongTenderState(tender, state));
        require(since <= block.timestamp && block.timestamp < until, OutOfTime(tender, since, until));
    }

    /// @dev What is awarded must not fail for want of a consent.
    function _checkChosen(address account) private view {
        uint256 bit = vault.moduleOf(address(supplies)).bit;
        bool chosen = vault.accountOf(account).modules >> bit & 1 == 1;
        require(chosen, IVault.ModuleNotChosen(account, address(supplies)));
    }

    function _requireKnown(uint32 tender, address trader, Box calldata box) private view {
        bool inRange = box.challenge != 0 && box.challenge < Points.ORDER && box.response < Points.ORDER;
        require(inRange, UnknownPoint(tender, trader));
        address blind = Points.combined(box.point, false, Points.ORDER - box.challenge, box.response);
        bytes32 challenge =
            keccak256(abi.encode("PT-QUOTE-KNOWN-1", block.chainid, address(this), tender, trader, box.point, blind));
        bool known = blind != address(0) && uint256(challenge) % Points.ORDER == box.challenge;
        require(known, UnknownPoint(tender, trader));
    }

    /// @dev Two scalar products, with the tender's key and with the box's point, of which one proof shows that they have
    /// the same factor.
    function _requireShared(uint32 tender, uint16 quote_, uint256 key, uint256 point, SharedPoint calldata p)
        private
        view
    {
        bool sound = p.challenge != 0 && p.challenge < Points.ORDER && p.response != 0 && p.response < Points.ORDER
            && Points.isOnCurve(p.shared)
            && Points.addressOf(p.responseTimesPoint) == Points.multiplied(point, false, p.response)
            && Points.addressOf(p.challengeTimesShared)
                == Points.multiplied(p.shared.x, Points.isOdd(p.shared), p.challenge)
            && p.responseTimesPoint.x != p.challengeTimesShared.x;
        require(sound, NotShared(tender, quote_));
        address first = Points.combined(key, false, Points.ORDER - p.challenge, p.response);
        Point memory second = Points.minus(p.responseTimesPoint, p.challengeTimesShared);
        bytes32 challenge = keccak256(
            abi.encode(
                block.chainid,
                address(this),
                tender,
                quote_,
                key,
                point,
                p.shared.x,
                p.shared.y,
                first,
                second.x,
                second.y
            )
        );
        require(uint256(challenge) % Points.ORDER == p.challenge, NotShared(tender, quote_));
    }

    /// @dev Whether a box, opened with its shared point, gives the quote of its hash.
    function _fits(uint32 tender, address trader, bytes32 hash, Box calldata box, Point calldata shared)
        private
        view
        returns (bool)
    {
        bytes32 pad = keccak256(
            abi.encode(
                "PT-QUOTE-1",
                block.chainid,
                address(this),
                uint256(tender),
                trader,
                bytes32(box.point),
                Points.addressOf(shared)
            )
        );
        uint256 plain = uint256(box.masked ^ pad);
        uint256 order = plain >> 128;
        if (order >> 56 != 0 || uint128(uint256(keccak256(abi.encode(pad, uint128(order))))) != uint128(plain)) {
            return false;
        }
        bytes32 salt = keccak256(abi.encode("PT-QUOTE-SALT-1", pad));
        return hash == quoteHash(tender, trader, uint40(order), uint16(order >> 40), salt);
    }

    /// @dev A quote's hash and its box.
    function _seal(bytes32 hash, Box calldata box) private pure returns (bytes32) {
        return keccak256(abi.encode(hash, box));
    }

    function _reservation(TenderTerms memory terms, uint256 slotSeconds, uint40 wh)
        private
        pure
        returns (Reservation memory)
    {
        uint256 slots = (terms.deliveryEnd - terms.deliveryStart) / slotSeconds;
        uint256 each = (wh + slots - 1) / slots;
        require(each <= type(uint32).max, EnergyNotFree(terms.device, wh));
        return Reservation(terms.deliveryStart, terms.deliveryEnd, uint32(each));
    }
}

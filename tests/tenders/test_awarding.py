"""How tenders end: awarded, declined, expired; and boxes that hold another quote."""

from typing import Any

import pytest

from tests.assertions import refused
from tests.tenders.floor import BOND, STRANGER, WH
from wattbook.contracts import reverts
from wattbook.contracts.structs import (
    Award,
    AwardedSupply,
    Box,
    Point,
    QuoteState,
    SharedPoint,
    SupplyStatus,
    TenderState,
)
from wattbook.tender import boxes, room
from wattbook.tender.boxes import ORDER
from wattbook.trial.tendering import FREE, OWNER

FIELD = 2**256 - 2**32 - 977


@pytest.fixture
def tender(floor):
    """With quotes of ann and ben, for 80 and 50 kWh."""
    number = floor.publish(WH, reserve=400)
    floor.quote("ann", 80_000, 520)
    floor.quote("ben", 50_000, 505)
    return number


def awards(floor, **taken: int) -> list[Award]:
    """What is awarded of quotes, by number: `awards(floor, q0=80_000)`."""
    return room.awards(floor.opened(), {int(name[1:]): wh for name, wh in taken.items()})


def award(floor, given: list[Award], by: str = OWNER, at: int | None = None) -> Any:
    floor.wait(floor.terms.quote_end)
    return floor.as_(by, "award", floor.tender, given, at=at)


class TestAwarding:
    def test_whole(self, floor, tender):
        units, start = floor.market.energy_units, floor.settling.slot
        before, room = floor.money(OWNER, "ann", "ben"), units.available(floor.owner, floor.plant, start)
        first = floor.supplies.supply_count() + 1
        mined = award(floor, awards(floor, q0=60_000))
        assert floor.said(mined, "QuoteAwarded") == [(tender, 0, 60_000, 520)]
        assert floor.said(mined, "TenderAwarded") == [(tender, 60_000)]
        margin = 60_000 * 520 // 5
        ann = floor.account("ann")
        assert floor.said(mined, "SupplyBegun") == [(first, tender, ann.lower(), 60_000, 520, margin, margin)]
        assert floor.gained(before) == {OWNER: BOND - margin, "ann": BOND - margin, "ben": BOND}
        assert floor.locked(floor.supplies) >= 2 * margin
        assert floor.supplies.supply_of(first) == AwardedSupply(ann, 60_000, 520, SupplyStatus.ACTIVE, tender)
        assert floor.tenders.tender_of(tender).state is TenderState.AWARDED
        assert [floor.tenders.quote_of(tender, i).state for i in (0, 1)] == [QuoteState.AWARDED, QuoteState.LOST]
        assert floor.supplies.under_way(ann) == [first]
        # What nobody took can be sold again.
        assert units.available(floor.owner, floor.plant, start) - room == 40_000

    def test_only_by_the_owner(self, floor, tender):
        given = awards(floor, q0=80_000)
        with refused(reverts.NotTenderOwner, tender=tender, caller=floor.account("ann")):
            award(floor, given, by="ann")
        with refused(reverts.WrongTenderState, tender=tender + 1, state=TenderState.NONE):
            floor.as_(OWNER, "award", tender + 1, given)

    def test_in_time(self, floor, tender):
        given, terms = awards(floor, q0=80_000), floor.terms
        times = {"since": terms.quote_end, "until": terms.decide_end}
        with refused(reverts.OutOfTime, tender=tender, **times):
            floor.as_(OWNER, "award", tender, given, at=terms.quote_end - 1)
        with refused(reverts.OutOfTime, tender=tender, **times):
            floor.as_(OWNER, "award", tender, given, at=terms.decide_end)

    @pytest.mark.parametrize("end", ["first", "last"])
    def test_in_the_first_second_and_the_last(self, floor, tender, end):
        given = awards(floor, q0=80_000)
        terms = floor.terms
        floor.as_(OWNER, "award", tender, given, at=terms.quote_end if end == "first" else terms.decide_end - 1)

    def test_once(self, floor, tender):
        given = awards(floor, q0=80_000)
        award(floor, given)
        with refused(reverts.WrongTenderState, tender=tender, state=TenderState.AWARDED):
            award(floor, given)

    def test_something(self, floor, tender):
        with refused(reverts.NothingAwarded, tender=tender):
            award(floor, [])

    def test_in_order(self, floor, tender):
        given = awards(floor, q0=50_000, q1=50_000)
        for wrong in (given[::-1], [given[0], given[0]]):
            with refused(reverts.AwardsOutOfOrder, tender=tender, quote=0):
                award(floor, wrong)

    def test_what_is_firm(self, floor, tender):
        given = awards(floor, q0=80_000)
        with refused(reverts.QuoteNotFirm, tender=tender, quote=2, state=QuoteState.NONE):
            award(floor, [given[0]._replace(quote=2)])

    def test_not_what_was_withdrawn(self, floor, tender):
        given = awards(floor, q0=80_000)
        floor.as_("ann", "withdrawQuote", tender, 0)
        with refused(reverts.QuoteNotFirm, tender=tender, quote=0, state=QuoteState.WITHDRAWN):
            award(floor, given)

    @pytest.mark.parametrize(
        "change",
        [
            {"quoted_wh": 80_001},
            {"price": 521},
            {"salt": bytes(32)},
            {"quote": 1},
            {"box": Box(1, bytes(32), 1, 1)},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_what_was_quoted(self, floor, tender, change):
        [given] = awards(floor, q0=50_000)
        with refused(reverts.WrongOpening, tender=tender, quote=change.get("quote", 0)):
            award(floor, [given._replace(**change)])

    def test_a_hundred_wh(self, floor, tender):
        with refused(reverts.TenderTooSmall, wh=99):
            award(floor, awards(floor, q0=99))
        award(floor, awards(floor, q0=100))

    def test_no_more_than_quoted(self, floor, tender):
        with refused(reverts.AboveQuote, tender=tender, quote=0, wh=80_001, quoted_wh=80_000):
            award(floor, awards(floor, q0=80_001))

    def test_no_more_than_offered(self, floor, tender):
        with refused(reverts.OverAward, tender=tender, wh=100_001, offered=100_000):
            award(floor, awards(floor, q0=80_000, q1=20_001))
        award(floor, awards(floor, q0=80_000, q1=20_000))

    def test_not_below_the_reserve(self, floor):
        tender = floor.publish(WH, reserve=521)
        floor.quote("ann", 80_000, 520)
        with refused(reverts.BelowReserve, tender=tender, quote=0, price=520, reserve=521):
            award(floor, awards(floor, q0=80_000))

    def test_who_is_short_is_left_out(self, floor, tender):
        margin = 80_000 * 520 // 5
        floor.leave_free("ann", margin - 1)
        before = floor.money(OWNER, "ann", "ben")
        mined = award(floor, awards(floor, q0=80_000, q1=20_000))
        assert floor.said(mined, "AwardVoided") == [(tender, 0, BOND)]
        assert floor.said(mined, "TenderAwarded") == [(tender, 20_000)]
        assert [args[2] for args in floor.said(mined, "SupplyBegun")] == [floor.account("ben").lower()]
        other = 20_000 * 505 // 5
        assert floor.gained(before) == {OWNER: BOND - other, "ben": BOND - other, "fund": BOND}
        assert floor.tenders.quote_of(tender, 0).state is QuoteState.VOID

    def test_just_enough(self, floor, tender):
        floor.leave_free("ann", 80_000 * 520 // 5)
        assert not floor.said(award(floor, awards(floor, q0=80_000)), "AwardVoided")

    def test_all_are_short(self, floor, tender):
        for name in ("ann", "ben"):
            floor.leave_free(name, 0)
        before = floor.money(OWNER, "ann", "ben")
        mined = award(floor, awards(floor, q0=80_000, q1=20_000))
        assert floor.said(mined, "TenderAwarded") == [(tender, 0)]
        assert floor.gained(before) == {OWNER: BOND, "fund": 2 * BOND}

    def test_the_owner_has_his_margin(self, floor, tender):
        margin = 80_000 * 520 // 5
        floor.leave_free(OWNER, margin - 1)
        with refused(reverts.InsufficientFree, account=floor.owner, free=margin - 1, asked=margin):
            award(floor, awards(floor, q0=80_000))

    def test_nobody_has_too_many(self, floor):
        def filled(names):
            floor.publish(6_400)
            numbers = [floor.quote(name, 200, 1) for name in names]
            return awards(floor, **{f"q{number}": 200 for number in numbers})

        award(floor, filled(["ann"] * 32))
        assert len(floor.supplies.under_way(floor.account("ann"))) == floor.supplies.max_under_way() == 32
        floor.settling.begin(FREE)
        with refused(reverts.TooManySupplies, account=floor.owner):
            award(floor, filled(["ben"]))
        # Who quotes and has too many himself is left out as one who is short.
        floor.settling.begin(FREE)
        floor.publish(6_400)
        terms = floor.terms._replace(device=floor.settling.parties["ben"].plant)
        floor.as_("ben", "publish", terms)
        floor.tender = floor.tenders.tender_count()
        floor.quote("ann", 200, 1)
        mined = award(floor, awards(floor, q0=200), by="ben")
        assert floor.said(mined, "AwardVoided") == [(floor.tender, 0, floor.tenders.bond_of(6_400))]
        assert floor.supplies.under_way(floor.account("ben")) == []


class TestNotAwarding:
    def test_declined(self, floor, tender):
        units, start = floor.market.energy_units, floor.settling.slot
        before, room = floor.money(OWNER, "ann", "ben"), units.available(floor.owner, floor.plant, start)
        mined = floor.decline()
        assert floor.said(mined, "TenderDeclined") == [(tender,)]
        assert floor.gained(before) == {OWNER: BOND, "ann": BOND, "ben": BOND}
        assert units.available(floor.owner, floor.plant, start) - room == WH
        with refused(reverts.WrongTenderState, tender=tender, state=TenderState.DECLINED):
            floor.decline()

    def test_declined_by_the_owner_in_time(self, floor, tender):
        with refused(reverts.NotTenderOwner, tender=tender, caller=STRANGER):
            floor.as_(STRANGER, "decline", tender)
        end = floor.terms.decide_end
        with refused(reverts.OutOfTime, tender=tender, since=0, until=end):
            floor.as_(OWNER, "decline", tender, at=end)

    def test_expired(self, floor, tender):
        before, end = floor.money(OWNER, "ann", "ben"), floor.terms.decide_end
        with refused(reverts.OutOfTime, tender=tender, since=end, until=2**40 - 1):
            floor.as_(STRANGER, "expire", tender, at=end - 1)
        mined = floor.as_(STRANGER, "expire", tender, at=end)
        assert floor.said(mined, "TenderExpired") == [(tender, BOND)]
        assert floor.gained(before) == {"ann": BOND, "ben": BOND, "fund": BOND}
        assert floor.tenders.tender_of(tender).state is TenderState.EXPIRED
        with refused(reverts.WrongTenderState, tender=tender, state=TenderState.EXPIRED):
            floor.as_(STRANGER, "expire", tender)


class TestRejecting:
    """A box that holds something else than the quote's hash says is the trader's fault, and only then."""

    def shown(self, floor, quote: int, box: Box) -> SharedPoint:
        shown = boxes.show(floor.room, quote, floor.key, room.kept(box))
        return SharedPoint(
            Point(*shown.shared),
            shown.challenge,
            shown.response,
            Point(*shown.response_times_point),
            Point(*shown.challenge_times_shared),
        )

    @pytest.fixture
    def misfit(self, floor, tender):
        """ann's third quote, the box of which holds another price than its hash."""
        hashed, _ = floor.sealed("ann", price=519)
        _, box = floor.sealed("ann")
        floor.as_("ann", "quote", tender, hashed, box)
        return 2, hashed, box

    def test_another_quote(self, floor, tender, misfit):
        quote, hashed, box = misfit
        before = floor.money(OWNER, "ann")
        mined = floor.as_(OWNER, "reject", tender, quote, hashed, box, self.shown(floor, quote, box))
        assert floor.said(mined, "QuoteRejected") == [(tender, quote, BOND)]
        assert floor.gained(before) == {"fund": BOND}
        assert floor.tenders.quote_of(tender, quote).state is QuoteState.REJECTED

    def test_nothing(self, floor, tender):
        hashed, box = floor.sealed("ann")
        garbage = box._replace(masked=bytes(31) + b"\1")
        floor.as_("ann", "quote", tender, hashed, garbage)
        assert floor.opened()[2].opened is None
        floor.as_(OWNER, "reject", tender, 2, hashed, garbage, self.shown(floor, 2, garbage))

    def test_a_copied_box(self, floor, tender):
        """Rejecting it would open the one that it was copied from, so it is not taken."""
        box = floor.opened()[0].box
        hashed, own = floor.sealed("ben")
        for taken in (box, own._replace(point=box.point), box._replace(masked=own.masked)):
            with refused(reverts.UnknownPoint, tender=tender, trader=floor.account("ben")):
                floor.as_("ben", "quote", tender, hashed, taken)

    def test_not_one_that_fits(self, floor, tender):
        hashed, box = floor.sealed("ann")
        floor.as_("ann", "quote", tender, hashed, box)
        with refused(reverts.BoxFits, tender=tender, quote=2):
            floor.as_(OWNER, "reject", tender, 2, hashed, box, self.shown(floor, 2, box))

    def test_only_with_what_was_sent(self, floor, tender, misfit):
        quote, hashed, box = misfit
        shown = self.shown(floor, quote, box)
        for given in ((bytes(32), box), (hashed, box._replace(masked=bytes(32)))):
            with refused(reverts.WrongOpening, tender=tender, quote=quote):
                floor.as_(OWNER, "reject", tender, quote, *given, shown)

    def test_only_by_the_owner_and_while_it_is_firm(self, floor, tender, misfit):
        quote, hashed, box = misfit
        given = (tender, quote, hashed, box, self.shown(floor, quote, box))
        with refused(reverts.NotTenderOwner, tender=tender, caller=floor.account("ben")):
            floor.as_("ben", "reject", *given)
        floor.as_(OWNER, "reject", *given)
        with refused(reverts.QuoteNotFirm, tender=tender, quote=quote, state=QuoteState.REJECTED):
            floor.as_(OWNER, "reject", *given)

    def test_only_with_the_shared_point(self, floor, tender, misfit):
        """The owner cannot make somebody's box nonsense with a point of his own choosing."""
        quote, hashed, box = misfit
        shown = self.shown(floor, quote, box)
        other = self.shown(floor, quote, floor.opened()[0].box)
        forged = boxes.EncryptionKey.fresh()
        made_up = boxes.show(floor.room, quote, forged, room.kept(box))
        wrong = [
            shown._replace(shared=Point(shown.shared.x, FIELD - shown.shared.y)),
            shown._replace(shared=Point(shown.shared.x, shown.shared.y ^ 2)),
            shown._replace(shared=other.shared),
            shown._replace(challenge=0),
            shown._replace(challenge=shown.challenge ^ 1),
            shown._replace(challenge=shown.challenge + ORDER) if shown.challenge + ORDER < 2**256 else other,
            shown._replace(response=0),
            shown._replace(response=shown.response ^ 1),
            shown._replace(response_times_point=shown.challenge_times_shared),
            shown._replace(challenge_times_shared=shown.response_times_point),
            other,
            SharedPoint(
                Point(*made_up.shared),
                made_up.challenge,
                made_up.response,
                Point(*made_up.response_times_point),
                Point(*made_up.challenge_times_shared),
            ),
            self.shown(floor, quote + 1, box),
        ]
        for given in wrong:
            with refused(reverts.NotShared, tender=tender, quote=quote):
                floor.as_(OWNER, "reject", tender, quote, hashed, box, given)


def test_who_supplies_is_named_once(floor):
    with refused(reverts.SuppliesAlreadySet, supplies=floor.supplies.address):
        floor.decide(floor.tenders, "setSupplies", STRANGER)
    with refused(reverts.NotAuthority, caller=STRANGER):
        floor.as_(STRANGER, "setSupplies", STRANGER)
    with refused(reverts.NotTenders, caller=STRANGER):
        floor.as_(STRANGER, "begin", 1, [], contract=floor.supplies)

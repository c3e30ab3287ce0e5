"""What the authority decides about books, and what a book takes of it."""

import pytest

from tests.assertions import refused
from tests.market_chain.floor import PLAIN, ZONES
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier, Schedule
from wattbook.deployment.local import known_account

NOBODY = "0x" + "00" * 20
USUAL = Schedule(900, 300, 600, validators=4, block_seconds=5)
ELECTRICITY = Carrier.ELECTRICITY


@pytest.fixture
def rulebook(floor):
    return floor.market.rulebook


class TestSchedule:
    def test_no_book_is_open_before_its_facts_are_fixed(self, floor, rulebook):
        """An hour before the first commitment a book can be opened; a week before delivery facts are fixed."""
        hour, week = 3_600, floor.market.zones.notice()
        longest = Schedule(week // 2, week // 4, week // 4 - hour, validators=1, block_seconds=1)
        floor.decide(rulebook, "setSchedule", tuple(longest))
        assert rulebook.schedule() == longest
        for change in ({"clear_seconds": longest.clear_seconds + 1}, {"validators": 60_000, "block_seconds": 1}):
            with refused(reverts.InvalidTerms):
                floor.decide(rulebook, "setSchedule", tuple(longest._replace(**change)))

    def test_is_said(self, floor, rulebook):
        wanted = USUAL._replace(commit_seconds=1_800)
        receipt = floor.decide(rulebook, "setSchedule", wanted)
        assert tuple(receipt.event("ScheduleSet").args["schedule"].values()) == tuple(wanted)
        assert rulebook.schedule() == wanted

    @pytest.mark.parametrize("field", Schedule._fields)
    def test_no_field_is_zero(self, floor, rulebook, field):
        with refused(reverts.InvalidTerms):
            floor.decide(rulebook, "setSchedule", USUAL._replace(**{field: 0}))

    @pytest.mark.parametrize(("reveal_seconds", "validators", "reveals_for"), [(60, 4, 60), (60, 5, 75), (1, 7, 105)])
    def test_revealing_lasts_three_blocks_of_every_validator(
        self, floor, rulebook, reveal_seconds, validators, reveals_for
    ):
        changed = USUAL._replace(reveal_seconds=reveal_seconds, validators=validators)
        floor.decide(rulebook, "setSchedule", changed)
        life = floor.plan(ahead=4)
        floor.at(life.clears_at - reveals_for - 900)
        life.open()
        facts = life.facts
        assert facts.clears_at - facts.reveals_at == reveals_for
        assert facts.reveals_at - facts.opens_at == 900

    def test_does_not_touch_open_books(self, floor, rulebook, life):
        before = life.facts
        floor.decide(rulebook, "setSchedule", USUAL._replace(clear_seconds=60))
        assert life.facts == before


class TestTerms:
    def test_are_said(self, floor, rulebook):
        terms = floor.terms("Ranked", whole=True, by_unit=True, fee_step_bps=5, pool=True)
        receipt = floor.decide(rulebook, "setTerms", ELECTRICITY, ZONES[PLAIN], 0, terms)
        said = receipt.event("TermsSet").args
        assert (said["carrier"], said["zone"], said["slotStart"]) == (ELECTRICITY, ZONES[PLAIN], 0)
        assert tuple(said["terms"].values()) == tuple(terms)
        assert rulebook.terms_of(rulebook.book_key(ELECTRICITY, ZONES[PLAIN], 0)) == terms

    @pytest.mark.parametrize(
        "change",
        [
            {"k_bps": 10_001},
            {"fee_bps": 61},
            {"fee_cap_bps": 61},
            {"rule": known_account(25).address},
            {"rule": NOBODY},
        ],
    )
    def test_that_cannot_be(self, floor, rulebook, change):
        with refused(reverts.InvalidTerms):
            floor.decide(rulebook, "setTerms", ELECTRICITY, ZONES[PLAIN], 0, floor.terms()._replace(**change))

    def test_up_to_their_bounds(self, floor, rulebook):
        assert rulebook.max_fee_bps() == 60
        terms = floor.terms(k_bps=10_000, fee_bps=60, fee_cap_bps=60)
        floor.decide(rulebook, "setTerms", ELECTRICITY, ZONES[PLAIN], 0, terms)

    def test_of_a_zone_that_is_none(self, floor, rulebook):
        name = b"nowhere".ljust(32, b"\0")
        with refused(reverts.UnknownZone, zone=name):
            floor.decide(rulebook, "setTerms", ELECTRICITY, name, 0, floor.terms())

    def test_a_book_s_own_come_before_those_of_all(self, floor, rulebook):
        common = floor.terms(fee_bps=1)
        floor.decide(rulebook, "setTerms", ELECTRICITY, ZONES[PLAIN], 0, common)
        own = floor.open(fee_bps=2)
        assert rulebook.terms_of(own.key).fee_bps == 2

    def test_those_of_all_serve_a_book_without_its_own_and_stay_with_it(self, floor, rulebook):
        common = floor.terms("TradeReduction", fee_bps=1)
        slot_start = floor.plan().slot_start + 900
        floor.decide(rulebook, "setTerms", ELECTRICITY, ZONES[PLAIN], 0, common)
        floor.market.auction.open_book(ELECTRICITY, ZONES[PLAIN], slot_start, sender=floor.alice)
        floor.decide(rulebook, "setTerms", ELECTRICITY, ZONES[PLAIN], 0, floor.terms("Muda"))
        assert rulebook.terms_of(rulebook.book_key(ELECTRICITY, ZONES[PLAIN], slot_start)) == common

    def test_none_at_all(self, floor, rulebook):
        life = floor.plan()
        with refused(reverts.NoTerms, carrier=ELECTRICITY, zone=ZONES[PLAIN]):
            life.auction.open_book(ELECTRICITY, ZONES[PLAIN], life.slot_start + 900, sender=floor.alice)


class TestOpening:
    def test_is_the_auction_s(self, floor, rulebook):
        life = floor.plan()
        with refused(reverts.NotAuction, caller=floor.alice.address):
            rulebook.open(ELECTRICITY, ZONES[PLAIN], life.slot_start, sender=floor.alice)

    def test_off_the_grid(self, floor, rulebook):
        life = floor.plan()
        floor.decide(rulebook, "setTerms", ELECTRICITY, ZONES[PLAIN], 0, floor.terms())
        with refused(reverts.OffGrid, zone=PLAIN, carrier=ELECTRICITY, slot_start=life.slot_start + 1):
            life.auction.open_book(ELECTRICITY, ZONES[PLAIN], life.slot_start + 1, sender=floor.alice)

    def test_the_cap_is_the_rule_s(self, floor):
        assert floor.open("Ranked").facts.cap == 256


class TestNamedOnce:
    def test_the_auction(self, floor, rulebook):
        with refused(reverts.AuctionAlreadySet, auction=floor.market.auction.address):
            floor.decide(rulebook, "setAuction", floor.alice.address)

    def test_the_clearing(self, floor):
        with refused(reverts.ClearingAlreadySet, clearing=floor.market.clearing.address):
            floor.decide(floor.market.auction, "setClearing", floor.alice.address)
        with refused(reverts.NotAuthority, caller=floor.alice.address):
            floor.market.auction.set_clearing(floor.alice.address, sender=floor.alice)

"""Supplies: funded or not, served slot by slot, executed."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.assertions import refused
from tests.tenders.floor import BOND, PRICE, STRANGER, WH
from wattbook.contracts import reverts
from wattbook.contracts.structs import Conduct, Signed, SupplyStatus
from wattbook.deployment.local import known_account
from wattbook.eip712 import sign
from wattbook.metering.roots import in_order
from wattbook.settlement.imbalance import Terms
from wattbook.tender import supply as engine
from wattbook.trial.metering import ATTESTERS
from wattbook.trial.park import FAR, SLOT_SECONDS
from wattbook.trial.tendering import FREE, OWNER

MARGIN = WH * PRICE // 5


def outcome(floor, mined):
    [(_, told)] = floor.said(mined, "SupplyExecuted")
    energy, money = ["delivered", "billed", "short", "fault"], ["due", "owner_penalty", "user_penalty"]
    names = [*energy, *money, "escrow", "funds", "margin", "unpaid"]
    return {name: value for name, value in zip(names, told, strict=True) if value}


class TestServing:
    def test_whole(self, floor):
        [supply] = floor.supplied("ann")
        floor.deliver(90_000, {"ann": 80_000})
        mined = floor.serve(supply)
        assert floor.said(mined, "SupplyServed") == [(supply, floor.settling.slot, 80_000, 80_000, 90_000)]
        progress = floor.supplies.progress_of(supply)
        assert progress == (1, 80_000, 80_000, 90_000, False, False)
        book = floor.book_of()
        assert floor.supplies.share_of(book, floor.owner) == (80_000, 0, 10_000)
        assert floor.supplies.share_of(book, floor.account("ann")) == (0, 80_000, 0)
        assert list(floor.supplies.trades_of(book, floor.owner)) == [80_000, 0]

    def test_less_the_zones_loss(self, floor):
        floor.settling.begin(Terms(0, 0, 300, 0, 0))
        [supply] = floor.supplied("ann")
        floor.deliver(100_001, {"ann": WH})
        floor.serve(supply)
        assert floor.supplies.progress_of(supply).delivered == 97_000

    def test_no_more_than_the_band_is_billed(self, floor):
        [supply] = floor.supplied("ann")
        floor.deliver(110_000, {"ann": 104_500})
        floor.serve(supply)
        assert floor.supplies.progress_of(supply)[:4] == (1, 104_500, 103_000, 104_500)
        assert list(floor.supplies.trades_of(floor.book_of(), floor.owner)) == [103_000, 0]

    def test_first_awarded_first_served(self, floor):
        first, second = floor.supplied("ann", "ben")
        floor.deliver(70_000, {"ann": 60_000, "ben": 60_000})
        with refused(reverts.EarlierFirst, supply=second, earlier=first):
            floor.serve(second)
        floor.serve(first, second)
        # Of 50 kWh each the first takes what its band lets it, the second what is left.
        assert floor.supplies.progress_of(first).billed == 51_500
        assert floor.supplies.progress_of(second).billed == 18_500

    def test_of_two_tenders_the_earlier_first(self, floor):
        offered = []
        for price in (PRICE, 400):
            floor.publish(WH)
            offered.append((floor.tender, floor.key, floor.quote("ann", WH, price)))
        supplies = []
        for floor.tender, floor.key, quote in offered:
            supplies.append(floor.said(floor.award({quote: WH}), "SupplyBegun")[0][0])
        first, later = supplies
        floor.deliver(150_000, {"ann": 120_000})
        with refused(reverts.EarlierFirst, supply=later, earlier=first):
            floor.serve(later)
        floor.serve(first, later)
        assert floor.supplies.progress_of(first).billed == 103_000
        assert floor.supplies.progress_of(later).billed == 17_000

    def test_firm_trades_first(self, floor):
        [supply] = floor.supplied("ann")
        floor.settling.sell(OWNER, "ben", 30_000)
        floor.settling.sell("ben", "ann", 10_000)
        floor.deliver(90_000, {"ann": 80_000, "ben": 30_000})
        floor.serve(supply)
        # 90 - 30 are left of what was delivered, 80 - 10 of what was taken.
        assert floor.supplies.progress_of(supply)[:4] == (1, 60_000, 60_000, 60_000)

    def test_only_where_it_is_delivered_and_once(self, floor):
        [supply] = floor.supplied("ann")
        slot = floor.settling.slot
        floor.deliver(WH, {"ann": WH})
        for start in (slot - SLOT_SECONDS, slot + SLOT_SECONDS, slot + 1):
            with refused(reverts.NothingToServe, supply=supply, slot_start=start):
                floor.as_(STRANGER, "serve", start, [supply], contract=floor.supplies)
        floor.serve(supply)
        with refused(reverts.NothingToServe, supply=supply, slot_start=slot):
            floor.serve(supply)

    def test_no_such_supply(self, floor):
        missing = floor.supplies.supply_count() + 1
        with refused(reverts.WrongSupplyStatus, supply=missing, status=SupplyStatus.NONE):
            floor.serve(missing)

    def test_when_all_is_read(self, floor):
        [supply] = floor.supplied("ann")
        with refused(reverts.ReadingsMissing, supply=supply, account=floor.owner):
            floor.serve(supply)

    def test_or_ten_days_later(self, floor):
        [supply] = floor.supplied("ann")
        end = floor.settling.slot + SLOT_SECONDS
        with refused(reverts.ReadingsMissing, supply=supply, account=floor.owner):
            floor.as_(
                STRANGER, "serve", floor.settling.slot, [supply], contract=floor.supplies, at=end + 10 * 86_400 - 1
            )
        floor.as_(STRANGER, "serve", floor.settling.slot, [supply], contract=floor.supplies, at=end + 10 * 86_400)
        assert floor.supplies.progress_of(supply) == (1, 0, 0, 0, False, False)

    def test_over_several_slots_the_parts_make_the_whole(self, floor):
        """An owner with plenty in one slot is still at fault for what he does not have in the next."""
        [supply] = floor.supplied("ann", wh=100_001, slots=3)
        told = []
        for injected, withdrawn in ((200_000, 20_000), (0, 50_000), (40_000, 40_000)):
            floor.go_on(injected, withdrawn) if told else floor.deliver(injected, {"ann": withdrawn})
            told += [args[2:] for args in floor.said(floor.serve(supply), "SupplyServed")]
            floor.settling.slot += SLOT_SECONDS
        assert told == [(20_000, 20_000, 33_333), (0, 0, 0), (40_000, 40_000, 40_000)]
        assert outcome(floor, floor.execute(supply)) == {
            "delivered": 60_000,
            "billed": 60_000,
            "short": 97_001 - 60_000,
            "fault": 97_001 - 73_333,
            "due": 60_000 * PRICE,
            "owner_penalty": (97_001 - 73_333) * PRICE // 5,
            "user_penalty": 13_333 * PRICE // 5,
            "funds": 60_000 * PRICE + 13_333 * PRICE // 5,
        }


class TestTwice:
    """Nothing is delivered, or was to be had, for two."""

    def test_what_was_to_be_had_and_not_taken(self, floor):
        first, second = floor.supplied("ann", "ben")
        floor.deliver(60_000, {"ann": 0, "ben": 0})
        floor.serve(first, second)
        assert [floor.supplies.progress_of(supply).available for supply in (first, second)] == [50_000, 10_000]

    def test_an_earlier_account_of_the_same_member(self, floor):
        """Who retires an account into another sells nothing twice."""
        first, second = floor.supplied("ann", "ben")
        floor.deliver(90_000, {"ann": 50_000, "ben": 50_000})
        floor.serve(first)
        replacement = floor.replaced(OWNER)
        floor.serve(second)
        assert floor.supplies.progress_of(second).billed == 90_000 - 51_500 + 1_500
        assert list(floor.supplies.trades_of(floor.book_of(), replacement)) == [40_000, 0]

    def test_a_silent_meter_took_its_even_part(self, floor):
        [supply] = floor.supplied("ann")
        floor.settling.parties["ann"].registers.pop(floor.settling.parties["ann"].meter)
        floor.deliver(WH, {})
        end = floor.settling.slot + SLOT_SECONDS
        floor.as_(STRANGER, "serve", floor.settling.slot, [supply], contract=floor.supplies, at=end + 10 * 86_400)
        assert floor.supplies.progress_of(supply)[1:4] == (WH, WH, WH)


class TestSettlement:
    """For Imbalance what is billed of a slot is what was traded in it."""

    TERMS = Terms(pool_in=300, pool_out=600, loss_bps=0, band_bps=0, penalty_bps=0)

    def test_what_is_billed_is_no_imbalance(self, floor):
        floor.settling.begin(self.TERMS)
        [supply] = floor.supplied("ann")
        floor.deliver(90_000, {"ann": 80_000})
        accounts = [floor.owner, floor.account("ann")]
        with refused(reverts.TradesOpen, book=floor.book_of()):
            floor.settling.settle_together(accounts)
        floor.serve(supply)
        told = {one.account: one.statement for one in floor.settling.settle_together(accounts)}
        owner, ann = told[floor.owner], told[floor.account("ann")]
        assert (owner.sold, owner.bought, owner.cash) == (80_000, 0, 10_000 * 300)
        assert (ann.sold, ann.bought, ann.cash) == (0, 80_000, 0)
        # And stays so when the supply was executed.
        floor.execute(supply)
        assert floor.settling.settle_together(accounts) == []

    def test_what_is_beyond_the_band_is(self, floor):
        floor.settling.begin(self.TERMS)
        [supply] = floor.supplied("ann")
        floor.deliver(110_000, {"ann": 104_500})
        floor.serve(supply)
        accounts = [floor.owner, floor.account("ann")]
        told = {one.account: one.statement for one in floor.settling.settle_together(accounts)}
        assert told[floor.owner].cash == 7_000 * 300
        assert told[floor.account("ann")].cash == -1_500 * 600


class TestExecuting:
    def executed(self, floor, injected, withdrawn, free=None, **terms):
        [supply] = floor.supplied("ann", **terms)
        floor.deliver(injected, {"ann": withdrawn})
        floor.serve(supply)
        if free is not None:
            floor.leave_free("ann", free)
        before = floor.money(OWNER, "ann")
        return supply, outcome(floor, floor.execute(supply)), floor.gained(before)

    def test_whole(self, floor):
        supply, told, gained = self.executed(floor, WH, WH)
        due = WH * PRICE
        assert told == {"delivered": WH, "billed": WH, "due": due, "funds": due}
        assert gained == {OWNER: due + MARGIN, "ann": MARGIN - due}
        assert floor.supplies.supply_of(supply).status is SupplyStatus.SETTLED
        assert floor.supplies.under_way(floor.owner) == floor.supplies.under_way(floor.account("ann")) == []
        assert floor.supplies.conduct_of(floor.owner) == Conduct(1, 0, 0)
        with refused(reverts.WrongSupplyStatus, supply=supply, status=SupplyStatus.SETTLED):
            floor.execute(supply)

    def test_a_default_is_on_record_and_can_be_cured(self, floor):
        supply, told, gained = self.executed(floor, WH, WH, free=30_000_000)
        unpaid = WH * PRICE - 30_000_000 - MARGIN
        assert told["unpaid"] == unpaid == 11_600_000
        assert gained == {OWNER: 30_000_000 + MARGIN + MARGIN, "ann": -30_000_000}
        vault, ann = floor.market.vault, floor.account("ann")
        assert floor.supplies.supply_of(supply).status is SupplyStatus.DEFAULTED
        assert vault.debt_to(ann, floor.owner) == unpaid
        assert floor.supplies.conduct_of(ann) == Conduct(1, 0, 1)
        floor.settling.begin(FREE)
        floor.publish(WH)
        floor.bring("ann", 10 * BOND + unpaid)
        with refused(reverts.InDefault, account=ann, debt=unpaid):
            floor.quote("ann", WH, PRICE)
        floor.as_("ann", "payDebt", ann, floor.owner, unpaid, contract=vault)
        floor.quote("ann", WH, PRICE)

    def test_who_does_not_let_it_take_pays_from_the_margin(self, floor):
        [supply] = floor.supplied("ann")
        floor.deliver(WH, {"ann": WH})
        floor.serve(supply)
        floor.as_("ann", "chooseModules", 0, contract=floor.market.vault)
        told = outcome(floor, floor.execute(supply))
        assert (told["margin"], told["unpaid"]) == (MARGIN, WH * PRICE - MARGIN)
        assert "funds" not in told

    def test_faults_are_on_record(self, floor):
        _, told, gained = self.executed(floor, 80_000, 50_000)
        assert (told["owner_penalty"], told["user_penalty"]) == (1_768_000, 3_120_000)
        assert gained == {
            OWNER: 26_000_000 + 3_120_000 + MARGIN - 1_768_000,
            "ann": MARGIN + 1_768_000 - 26_000_000 - 3_120_000,
        }
        assert floor.supplies.conduct_of(floor.owner) == Conduct(1, 1, 0)
        assert floor.supplies.conduct_of(floor.account("ann")) == Conduct(1, 1, 0)

    def test_when_all_slots_are_served(self, floor):
        [supply] = floor.supplied("ann", slots=2)
        floor.deliver(WH, {"ann": WH})
        floor.serve(supply)
        with refused(reverts.NotServed, supply=supply, slots=1, expected=2):
            floor.execute(supply)

    def test_when_attesters_had_time_to_speak(self, floor):
        [supply] = floor.supplied("ann")
        floor.deliver(WH, {"ann": WH})
        floor.serve(supply)
        until = floor.terms.delivery_end + 2 * 86_400
        with refused(reverts.DeliveryRests, supply=supply, until=until):
            floor.as_(STRANGER, "execute", supply, contract=floor.supplies, at=until - 1)
        floor.as_(STRANGER, "execute", supply, contract=floor.supplies, at=until)

    def test_who_was_named_is_paid(self, floor):
        floor.as_(OWNER, "setPayee", floor.plant, floor.account("ben"), contract=floor.market.meters)
        [supply] = floor.supplied("ann")
        floor.deliver(WH, {"ann": WH})
        floor.serve(supply)
        before = floor.money(OWNER, "ann", "ben")
        floor.execute(supply)
        due = WH * PRICE
        assert floor.gained(before) == {"ben": due, OWNER: MARGIN, "ann": MARGIN - due}


class TestAttesting:
    def attest(self, floor, supply, function, kind, value, count=3, **said):
        readings = floor.market.readings
        keys = [known_account(name) for name in ATTESTERS[:count]]
        values = {"supplies": floor.supplies.address, "supply": supply, **said}
        signed = in_order((key.address, sign(readings, kind, key, values)) for key in keys)
        return floor.as_(STRANGER, function, supply, value, signed, contract=floor.supplies)

    def availability(self, floor, supply, wh, count=3):
        return self.attest(floor, supply, "attestAvailability", "Availability", wh, count, wh=wh)

    def test_availability_stands_against_what_is_metered(self, floor):
        [supply] = floor.supplied("ann")
        mined = self.availability(floor, supply, 80_000)
        assert floor.said(mined, "AvailabilityAttested") == [(supply, 80_000)]
        floor.deliver(50_000, {"ann": 50_000})
        floor.serve(supply)
        assert floor.supplies.progress_of(supply)[1:5] == (50_000, 50_000, 80_000, True)
        assert outcome(floor, floor.execute(supply))["fault"] == 17_000

    def test_once_and_before_the_end_and_by_enough(self, floor):
        [supply] = floor.supplied("ann")
        needed = floor.market.readings.threshold()
        with refused(reverts.TooFewSigners, signers=needed - 1, threshold=needed):
            self.availability(floor, supply, 1, needed - 1)
        self.availability(floor, supply, 1)
        with refused(reverts.AttestedAlready, supply=supply):
            self.availability(floor, supply, 2)
        floor.attest_force_majeure(supply)
        assert floor.supplies.progress_of(supply).force_majeure
        with refused(reverts.AttestedAlready, supply=supply):
            floor.attest_force_majeure(supply)
        floor.deliver(0, {"ann": 0})
        floor.serve(supply)
        # Nobody pays for what nobody could help; who was at fault is told all the same.
        told = outcome(floor, floor.execute(supply))
        assert told == {"short": 97_000, "fault": 96_999}
        for attest in (lambda: self.availability(floor, supply, 2), lambda: floor.attest_force_majeure(supply)):
            with refused(reverts.WrongSupplyStatus, supply=supply, status=SupplyStatus.SETTLED):
                attest()


class TestFullEscrow:
    @pytest.fixture
    def supply(self, floor):
        [supply] = floor.supplied("ann", full_escrow=True)
        return supply

    def fund(self, floor, supply, by="ann", at=None):
        return floor.as_(by, "fund", supply, contract=floor.supplies, at=at)

    def terminate(self, floor, supply, at=None):
        return floor.as_(STRANGER, "terminate", supply, contract=floor.supplies, at=at)

    def test_the_whole_price_is_set_aside_and_pays(self, floor, supply):
        before, most = floor.money("ann"), 103_000 * PRICE
        assert floor.said(self.fund(floor, supply), "SupplyFunded") == [(supply, most)]
        assert floor.gained(before) == {"ann": -most}
        floor.leave_free("ann", 0)
        floor.deliver(WH, {"ann": WH})
        floor.serve(supply)
        before = floor.money(OWNER, "ann")
        assert outcome(floor, floor.execute(supply))["escrow"] == WH * PRICE
        assert floor.gained(before) == {OWNER: WH * PRICE + MARGIN, "ann": MARGIN + most - WH * PRICE}

    def test_signed(self, floor, supply):
        ann = floor.account("ann")
        values = {"signer": ann, "supply": supply, "nonce": 3, "deadline": FAR}
        auth = Signed(ann, 3, FAR, sign(floor.supplies, "Fund", floor.park.keys[ann], values))
        mined = floor.as_(STRANGER, "fundSigned", supply, auth, contract=floor.supplies)
        assert floor.said(mined, "SupplyFunded") == [(supply, 103_000 * PRICE)]

    def test_by_its_user_once_and_before_delivery(self, floor, supply):
        start = floor.settling.slot
        with refused(reverts.NothingToFund, supply=supply, caller=floor.account("ben")):
            self.fund(floor, supply, "ben")
        self.fund(floor, supply, at=start - 1)
        with refused(reverts.WrongSupplyStatus, supply=supply, status=SupplyStatus.FUNDED):
            self.fund(floor, supply)

    def test_not_when_delivery_begins(self, floor, supply):
        start = floor.settling.slot
        with refused(reverts.DeliveryBegins, supply=supply, at=start):
            self.fund(floor, supply, at=start)

    def test_not_where_nobody_asks_for_it(self, floor, supply):
        floor.settling.begin(FREE)
        [other] = floor.supplied("ann")
        with refused(reverts.NothingToFund, supply=other, caller=floor.account("ann")):
            self.fund(floor, other)
        with refused(reverts.WrongSupplyStatus, supply=other, status=SupplyStatus.ACTIVE):
            self.terminate(floor, other)

    def test_unfunded_it_ends_and_the_margin_is_lost(self, floor, supply):
        start = floor.settling.slot
        with refused(reverts.DeliveryBegins, supply=supply, at=start):
            self.terminate(floor, supply, at=start - 1)
        before = floor.money(OWNER, "ann")
        mined = self.terminate(floor, supply, at=start)
        assert floor.said(mined, "SupplyTerminated") == [(supply, MARGIN)]
        assert floor.gained(before) == {OWNER: 2 * MARGIN}
        assert floor.supplies.supply_of(supply).status is SupplyStatus.TERMINATED
        assert floor.supplies.conduct_of(floor.account("ann")) == Conduct(1, 0, 1)
        with refused(reverts.WrongSupplyStatus, supply=supply, status=SupplyStatus.TERMINATED):
            self.terminate(floor, supply)

    def test_and_its_energy_is_free_again(self, floor):
        floor.settling.begin(FREE)
        [other] = floor.supplied("ann", wh=3_000, slots=3, full_escrow=True)
        units, start = floor.market.energy_units, floor.settling.slot
        last = start + 2 * SLOT_SECONDS
        room = units.available(floor.owner, floor.plant, last)
        self.terminate(floor, other, at=start)
        assert units.available(floor.owner, floor.plant, last) - room == 1_000

    def test_unfunded_it_is_neither_served_nor_in_the_way(self, floor, supply):
        floor.deliver(WH, {"ann": WH})
        with refused(reverts.WrongSupplyStatus, supply=supply, status=SupplyStatus.ACTIVE):
            floor.serve(supply)
        assert len(floor.settling.settle_together([floor.owner, floor.account("ann")])) == 2


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wh=st.integers(100, 10**6),
    price=st.integers(0, 2**16 - 1),
    injected=st.integers(0, 2 * 10**6),
    withdrawn=st.integers(0, 2 * 10**6),
    free=st.none() | st.integers(0, 10**9),
    bps=st.tuples(*[st.integers(0, 10_000)] * 5),
    funded=st.booleans(),
    spared=st.booleans(),
)
def test_as_the_engine_says(standing_floor, wh, price, injected, withdrawn, free, bps, funded, spared):
    floor = standing_floor
    floor.begin(["ann"])
    names = ("owner_margin_bps", "user_margin_bps", "tolerance_bps", "owner_penalty_bps", "user_penalty_bps")
    [supply] = floor.supplied("ann", wh=wh, price=price, full_escrow=funded, **dict(zip(names, bps, strict=True)))
    if funded:
        floor.as_("ann", "fund", supply, contract=floor.supplies)
    floor.deliver(injected, {"ann": withdrawn})
    floor.serve(supply)
    if spared:
        floor.attest_force_majeure(supply)
    if free is not None:
        floor.leave_free("ann", free)
    terms = engine.Terms(*bps)
    delivered = min(injected, withdrawn)
    expected = engine.executed(
        wh,
        price,
        delivered,
        min(injected, max(delivered, wh)),
        free,
        terms,
        escrow=engine.most(wh, terms.tolerance) * price if funded else 0,
        force_majeure=spared,
    )
    told = outcome(floor, floor.execute(supply))
    assert told == {
        name: value
        for name, value in {
            "delivered": delivered,
            "billed": expected.billed,
            "short": expected.short,
            "fault": expected.owner_fault,
            "due": expected.due,
            "owner_penalty": expected.owner_penalty,
            "user_penalty": expected.user_penalty,
            "escrow": expected.from_escrow,
            "funds": expected.from_funds,
            "margin": expected.from_margin,
            "unpaid": expected.unpaid,
        }.items()
        if value
    }
    assert floor.supplies.supply_of(supply).status.name == expected.status

"""A prepaid supply, whatever is done to it: each uPT that came in is somewhere, once."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook.packages.fields import PackageError
from wattbook.packages.flow import Flow, FlowTerm
from wattbook.packages.lots import Lot
from wattbook.packages.prepaid import Prepaid
from wattbook.packages.steps import Mode

from .test_steps import BLOCKS, ELECTRICITY

WATER = replace(ELECTRICITY, wh_per_unit=52)
FLOW = FlowTerm(Flow(421, {1: 0, 3: 300, 12: 800}), 12)
PRICINGS = st.sampled_from([ELECTRICITY, BLOCKS, WATER, replace(WATER, mode=Mode.INCREMENTAL), FLOW])

AMOUNTS = st.one_of(st.integers(1, 5_000), st.integers(1, 30_000 * 10**6))
STEPS = st.one_of(
    st.tuples(st.just("top_up"), AMOUNTS),
    st.tuples(st.just("pay"), AMOUNTS, st.sampled_from([0, 100, 300])),
    st.tuples(st.just("draw"), st.one_of(st.integers(0, 200), st.integers(0, 40_000_000))),
    st.tuples(st.just("end_term")),
)


class Tally:
    """Carries steps out, and adds up by itself what they say that became of the money."""

    def __init__(self, pricing):
        self.supply = Prepaid(pricing)
        self.sums = Counter()

    def top_up(self, amount):
        self.supply = self.supply.top_up(amount)
        self.sums["put in"] += amount

    def pay(self, amount, bundle_bps):
        if amount <= self.supply.wallet:
            cleared = min(amount, self.supply.debt)
            self.supply = self.supply.pay(amount, bundle_bps)
            self.sums["cleared"] += cleared
            self.sums["prepaid"] += amount - cleared
            self.sums["granted"] += (amount - cleared) * bundle_bps // 10_000

    def draw(self, wh):
        self.supply, taken = self.supply.draw(self.supply.drawn_wh + wh)
        self.sums["charged"] += taken.charged
        self.sums["dust"] += taken.dust
        self.sums["arrears"] += taken.arrears
        self.sums["arrears paid"] += taken.paid_from_wallet
        self.sums["bonus"] += taken.bonus
        self.sums["units"] += sum(units for units, _ in taken.used) + taken.arrears_units

    def end_term(self):
        self.supply = self.supply.end_term()

    def cancel(self, fee_bps, free):
        self.supply, ending = self.supply.cancel(fee_bps, free=free)
        self.sums["refunded"] += ending.refund
        self.sums["kept"] += ending.clawback + ending.fee

    def check(self):
        supply, sums = self.supply, self.sums
        # What was prepaid was charged, is left, came back as dust or refund, or was kept at the end.
        given = supply.left + sums["dust"] + sums["refunded"]
        assert sums["prepaid"] == sums["charged"] + given + sums["kept"]
        # All that was put in is in the wallet, in lots, or with the provider.
        assert sums["put in"] == supply.wallet + supply.left + supply.earned
        # What the provider has and what he is owed is what he delivered, and what the end cost.
        assert supply.earned + supply.debt == sums["charged"] + sums["arrears"] + sums["kept"]
        assert supply.debt == sums["arrears"] - sums["arrears paid"] - sums["cleared"]
        # Who owes has nothing paid in advance; a bonus is never more than was granted.
        assert not (supply.debt and supply.left)
        virtual = sum(lot.left for lot in supply.lots if lot.bonus)
        assert sums["bonus"] + virtual <= sums["granted"]
        assert min(supply.wallet, supply.debt, supply.left, *sums.values(), 0) == 0
        assert all(0 < lot.left <= lot.paid for lot in supply.lots)


@given(PRICINGS, AMOUNTS, st.lists(STEPS, max_size=25), st.integers(0, 10_000), st.booleans())
def test_all_money_is_somewhere(pricing, wallet, steps, fee_bps, free):
    """prepaid + wallet = charged + left + refunded + arrears, after any step and at the end."""
    tally = Tally(pricing)
    tally.top_up(wallet)
    for name, *arguments in steps:
        getattr(tally, name)(*arguments)
        tally.check()
    tally.cancel(fee_bps, free)
    tally.check()
    assert tally.supply.lots == () and tally.supply.left == 0


@given(PRICINGS, st.lists(st.integers(0, 3_000_000), max_size=8))
def test_what_is_delivered_in_parts_costs_as_much_at_once(pricing, parts):
    paid = Prepaid(pricing).top_up(3_000 * 10**6).pay(1_000 * 10**6).pay(2_000 * 10**6)
    supply = paid
    for wh in parts:
        supply, _ = supply.draw(supply.drawn_wh + wh)
    at_once, _ = paid.draw(sum(parts))
    assert supply == at_once


def test_a_payment_clears_what_is_owed_first():
    owing, taken = Prepaid(ELECTRICITY).draw(1_000)
    assert (owing.debt, taken.arrears) == (968_000, 968_000)
    part = owing.top_up(10**9).pay(967_999)
    assert (part.debt, part.lots, part.earned) == (1, (), 967_999)
    rest = part.pay(881)
    assert (rest.debt, rest.lots, rest.earned) == (0, (Lot.bought(880, 880),), 968_000)


def test_debts_add_up():
    owing, _ = Prepaid(ELECTRICITY).draw(1_000)
    owing, _ = owing.draw(1_500)
    assert owing.debt == 1_500 * 968


def test_a_bonus_is_on_what_buys_lots():
    owing, _ = Prepaid(ELECTRICITY).draw(1)
    paid = owing.top_up(10**6).pay(968 + 88_000, 100)
    assert paid.lots == (Lot.bought(88_000, 880), Lot.bought(880, 880, bonus=True))


def test_only_what_is_left_of_a_payment_reaches_a_step():
    owing, _ = Prepaid(ELECTRICITY).draw(1)
    assert owing.top_up(10**10).pay(10**9 + 967).lots == (Lot.bought(999_999_999, 880),)
    assert owing.top_up(10**10).pay(10**9 + 968).lots == (Lot.bought(10**9, 860),)


@pytest.mark.parametrize("amount", [0, -1, 101])
def test_a_payment_is_no_more_than_the_wallet(amount):
    with pytest.raises(PackageError, match=f"a payment must be from 1 to the 100 uPT in the wallet, not {amount}"):
        Prepaid(ELECTRICITY).top_up(100).pay(amount)


def test_drawn_is_what_the_counter_says_and_never_more():
    supply = Prepaid(WATER).top_up(10**9).pay(10**9)
    supply, taken = supply.draw(103)
    assert sum(units for units, _ in taken.used) == 1
    supply, taken = supply.draw(104)
    assert sum(units for units, _ in taken.used) == 1
    with pytest.raises(PackageError, match="a counter cannot fall from 104 to 103 Wh"):
        supply.draw(103)


def test_nothing_can_be_done_after_the_end():
    ended, _ = Prepaid(ELECTRICITY).top_up(10**9).pay(10**8).cancel(200)
    for step in (lambda: ended.cancel(200), lambda: ended.pay(1), lambda: ended.draw(1), ended.end_term):
        with pytest.raises(PackageError, match="the supply was cancelled"):
            step()


def test_a_debt_outlasts_the_end():
    owing, _ = Prepaid(ELECTRICITY).draw(1_000)
    ended, ending = owing.cancel(200)
    assert (ended.debt, ending.refund) == (968_000, 0)

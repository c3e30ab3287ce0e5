"""Flow: a price by term, and what becomes of money when the term is over."""

import pytest

from wattbook.packages.fields import PackageError
from wattbook.packages.flow import Flow, FlowTerm
from wattbook.packages.lots import Lot

DISCOUNTS = {1: 0, 3: 300, 12: 800}
COOLING = Flow(420, DISCOUNTS)


@pytest.mark.parametrize(("months", "cooling", "heating"), [(1, 420, 330), (3, 407, 320), (12, 386, 303)])
def test_the_longer_the_term_the_lower_the_price(tariff, months, cooling, heating):
    assert tariff.seasonal["cooling"].flow.price_for(months) == cooling
    assert tariff.seasonal["heating"].flow.price_for(months) == heating


def test_what_is_left_after_the_term_has_the_price_of_a_month():
    term = FlowTerm(COOLING, 12)
    [lot] = term.lots(1_000_000)
    assert lot == Lot.bought(1_000_000, 386)
    used = Lot(1_000_000, 700_000, 386)
    bonus = Lot(10_000, 9_000, 386, bonus=True)
    assert term.after_term([used, bonus]) == (Lot.bought(700_000, 420), Lot.bought(9_000, 420, bonus=True))


def test_what_was_used_of_a_broken_term_has_the_price_of_a_month():
    assert FlowTerm(COOLING, 12).rerated(Lot(1_000_000, 700_000, 386)) == 420


@pytest.mark.parametrize(("price", "postpaid"), [(420, 462), (330, 363), (421, 464), (1, 2)])
def test_owed_flow_costs_a_tenth_more_rounded_up(price, postpaid):
    assert FlowTerm(Flow(price, DISCOUNTS), 3).postpaid == postpaid


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_buys_nothing(amount):
    with pytest.raises(PackageError, match="amount must be a whole number from 1 to"):
        FlowTerm(COOLING, 1).lots(amount)

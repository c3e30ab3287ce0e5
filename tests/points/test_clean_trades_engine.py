"""Clean trades in plain Python: no kWh is more than a point, and nobody earns with himself."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from wattbook.points.clean_trades import NOBODY, Account, CleanCounters, Earned, earned_in, points_of, traded_in

WH = st.integers(0, 50_000)
ACCOUNTS = st.lists(st.builds(Account, st.integers(0, 4), WH, WH, WH, WH, WH, WH), max_size=12)

PLANT = Account(owner=1, sold=10_000, injected=10_000, clean=10_000)
SHOP = Account(owner=2, bought=10_000, withdrawn=10_000)


def test_a_clean_trade_is_a_point_a_kwh():
    assert earned_in([PLANT, SHOP]) == {1: Earned(sold=10_000), 2: Earned(bought=10_000, used=10_000)}
    counters = {1: CleanCounters(), 2: CleanCounters()}
    assert points_of(counters, [PLANT, SHOP]) == {1: 5, 2: 5}


@given(ACCOUNTS)
def test_one_kwh_is_one_point_at_most(accounts):
    earned = earned_in(accounts)
    sold, bought, used = (sum(getattr(one, role) for one in earned.values()) for role in ("sold", "bought", "used"))
    assert sold == bought >= used
    assert sold <= sum(one.clean for one in accounts if one.owner != NOBODY)
    assert NOBODY not in earned


@given(ACCOUNTS)
def test_an_owner_earns_the_same_under_any_number_of_accounts(accounts):
    """Splitting an account in two, with a trade from one part to the other, changes nothing."""
    parts = [part for one in accounts for part in _in_two(one)]
    assert earned_in(parts) == earned_in(accounts)
    assert traded_in(parts) == traded_in(accounts)


def _in_two(one: Account) -> list[Account]:
    rest = replace(one, sold=0, bought=700, injected=0, withdrawn=0, estimated=0, clean=0)
    return [replace(one, sold=one.sold + 700), rest]


def test_who_takes_what_he_makes_earns_nothing():
    home = replace(PLANT, withdrawn=10_000)
    assert earned_in([home, SHOP]) == {}


def test_an_estimate_of_what_was_taken_is_taken_off():
    assert earned_in([replace(PLANT, estimated=4_000), SHOP])[1] == Earned(sold=6_000)


def test_what_is_not_clean_is_shared_out_to_all_buyers():
    coal = Account(owner=3, sold=10_000, injected=10_000)
    buyers = [SHOP, Account(owner=4, bought=10_000)]
    assert earned_in([PLANT, coal, *buyers]) == {
        1: Earned(sold=10_000),
        2: Earned(bought=5_000, used=5_000),
        4: Earned(bought=5_000),
    }


def test_what_the_pool_bought_is_nobodys_point():
    pool = Account(owner=NOBODY, bought=6_000)
    shop = replace(SHOP, bought=4_000)
    assert earned_in([PLANT, pool, shop]) == {1: Earned(sold=4_000), 2: Earned(bought=4_000, used=4_000)}


def test_who_only_traded_with_the_pool_is_not_known_to_have_traded():
    assert traded_in([PLANT, Account(owner=NOBODY, bought=10_000)]) == set()
    assert traded_in([PLANT, SHOP]) == {1, 2}

"""Points by role, and budgets that are asked for too much, in plain Python."""

from hypothesis import given
from hypothesis import strategies as st

from wattbook.points.rewards import Counter, counters, granted

WH = st.integers(0, 10**7)


@given(st.integers(0, 10_000), st.lists(WH))
def test_no_part_of_a_point_is_lost(bps, deliveries):
    counter = Counter(bps)
    points = sum(counter.add(wh) for wh in deliveries)
    assert points == sum(deliveries) * bps // 10**7
    assert counter.wh == sum(deliveries)


@given(st.lists(WH))
def test_the_roles_together_get_no_more_than_a_point_a_kwh(deliveries):
    by_role = counters({"seller": 5_000, "buyer": 3_000, "user": 2_000})
    points = sum(counter.add(wh) for wh in deliveries for counter in by_role.values())
    assert sum(deliveries) // 1_000 - 2 <= points <= sum(deliveries) // 1_000


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**6)))
def test_a_budget_is_never_overrun_nor_left(budget, asks):
    found = granted(budget, asks)
    assert sum(found) == min(budget, sum(asks))
    assert all(0 <= got <= asked for got, asked in zip(found, asks, strict=True))

"""What a closing sets aside for a tranche: all that it is paid, whatever it is paid from, and for no other pool."""

import pytest

from wattbook.contracts.structs import TrancheKind
from wattbook.units import pt

SENIOR, MEZZ, JUNIOR = TrancheKind
DAYS = 90


@pytest.fixture
def set_aside(stand):
    def tell(pool, period, kind):
        return stand.pools.payout_of(pool, period, kind).amount

    return tell


def interest(principal, bps):
    return principal * bps * DAYS // 3_650_000


def test_all_principal_that_the_reserve_pays_at_the_end(stand, set_aside):
    terms = stand.terms(reserve=pt(80_000))
    pool = stand.active(terms, number=1)
    # The servicer gets his cap.
    earned = pt(700_000)
    collected = earned + terms.working
    left = collected - collected * 3 // 100 - pt(6_000) - pt(500)
    dues = interest(terms.senior, 380), interest(terms.mezz, 650)
    drawn = terms.senior - (left - sum(dues))
    assert 0 < drawn < terms.reserve
    stand.closed(pool, 0, earned)
    assert set_aside(pool, 0, SENIOR) == dues[0] + terms.senior
    assert set_aside(pool, 0, MEZZ) == dues[1] + terms.reserve - drawn
    assert set_aside(pool, 0, JUNIOR) == 0
    before = [stand.free(investor) for investor in stand.investors[:2]]
    for kind in (SENIOR, MEZZ):
        stand.do(stand.anyone, stand.pools, "distribute", pool, 0, kind, 9)
    gained = [stand.free(one) - had for one, had in zip(stand.investors, before, strict=False)]
    assert gained == [dues[0] + terms.senior, dues[1] + terms.reserve - drawn]


def test_one_upt(stand, set_aside):
    """Closed late: what the company needs for its quotes stays with it until all is paid."""
    terms = stand.terms()
    pool = stand.active(terms, number=1)
    stand.closed(pool, 0)
    stand.earn(pool, terms.working + 1)
    stand.rest()
    stand.do(stand.anyone, stand.pools, "closeLate", pool)
    assert [set_aside(pool, 1, kind) for kind in TrancheKind] == [1, 0, 0]
    before = stand.free(stand.investors[0])
    stand.do(stand.anyone, stand.pools, "distribute", pool, 1, SENIOR, 9)
    assert stand.free(stand.investors[0]) - before == 1


def test_the_same_period_of_two_pools(stand, set_aside):
    """What one is paid is not paid out for the other."""
    pools = [stand.active(number=2), stand.active(stand.terms(senior=pt(600_000)), number=2)]
    earned = [pt(500_000), pt(450_000)]
    for pool, amount in zip(pools, earned, strict=True):
        stand.closed(pool, 0, amount)
    paid = [interest(senior, 380) + senior // 2 for senior in (pt(700_000), pt(600_000))]
    assert [set_aside(pool, 0, SENIOR) for pool in pools] == paid
    for pool, amount in zip(pools, paid, strict=True):
        before = stand.free(stand.investors[0])
        stand.do(stand.anyone, stand.pools, "distribute", pool, 0, SENIOR, 9)
        assert stand.free(stand.investors[0]) - before == amount

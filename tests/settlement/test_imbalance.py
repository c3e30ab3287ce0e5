"""What is paid for the difference between what was traded and what was metered."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook.settlement.imbalance import Imbalance, Metered, Terms, imbalance, settle

TERMS = Terms(pool_in=430, pool_out=600, loss_bps=300, band_bps=300, penalty_bps=1_000)
BPS = st.integers(0, 10_000)
ENERGY = st.one_of(st.integers(0, 300), st.integers(0, 10**9))
PARTIES = st.dictionaries(st.sampled_from("abcdefgh"), st.builds(Metered, ENERGY, ENERGY, ENERGY, ENERGY))


@st.composite
def terms(draw):
    low, high = sorted((draw(st.integers(0, 65_535)), draw(st.integers(0, 65_535))))
    return Terms(low, high, draw(BPS), draw(BPS), draw(BPS))


class TestOneParty:
    def test_who_keeps_his_word_pays_nothing(self):
        assert imbalance(Metered(10_000, 0, 9_700, 0), TERMS) == Imbalance(9_700, 9_700, 0, 0, 0, 0)

    def test_what_gets_lost_on_the_way_is_the_sellers(self):
        assert imbalance(Metered(10_000, 0, 10_000, 0), TERMS) == Imbalance(9_700, 10_000, -300, 300, 0, -180_000)

    @pytest.mark.parametrize(
        ("metered", "inside", "outside", "cash"),
        [
            # 3 % of 1000 Wh is 30 Wh.
            (Metered(0, 1_030, 0, 1_000), 30, 0, -30 * 600),
            (Metered(0, 1_031, 0, 1_000), 30, 1, -30 * 600 - 660),
            (Metered(0, 970, 0, 1_000), 30, 0, 30 * 430),
            (Metered(0, 969, 0, 1_000), 30, 1, 30 * 430 + 387),
            # Without a position nothing is inside.
            (Metered(100, 0, 0, 0), 0, 97, 97 * 387),
            (Metered(0, 1, 0, 0), 0, 1, -660),
        ],
    )
    def test_inside_of_the_band_and_beyond(self, metered, inside, outside, cash):
        found = imbalance(metered, TERMS)
        assert (found.inside_band, found.outside_band, found.cash) == (inside, outside, cash)

    def test_rounds_to_the_pools_good(self):
        """What arrives and what the pool pays are rounded down, what it takes up."""
        uneven = Terms(pool_in=433, pool_out=601, loss_bps=1, band_bps=0, penalty_bps=1_000)
        assert imbalance(Metered(9_999, 0, 0, 0), uneven).cash == 9_998 * 389
        assert imbalance(Metered(0, 1, 0, 0), uneven).cash == -662


@given(st.builds(Metered, ENERGY, ENERGY, ENERGY, ENERGY), terms())
def test_one_party_against_fractions(metered, given_terms):
    found = imbalance(metered, given_terms)
    net = metered.injected * (1 - Fraction(given_terms.loss_bps, 10_000)) // 1 - metered.withdrawn
    difference = net - (metered.sold - metered.bought)
    band = Fraction(given_terms.band_bps, 10_000) * abs(metered.sold - metered.bought) // 1
    assert (found.net_delivered, found.imbalance) == (net, difference)
    assert found.inside_band + found.outside_band == abs(difference)
    assert found.inside_band == min(abs(difference), band)
    penalty = Fraction(given_terms.penalty_bps, 10_000)
    if difference >= 0:
        exact = found.inside_band * given_terms.pool_in + found.outside_band * given_terms.pool_in * (1 - penalty)
        assert 0 <= exact - found.cash < max(1, found.outside_band)
    else:
        exact = found.inside_band * given_terms.pool_out + found.outside_band * given_terms.pool_out * (1 + penalty)
        assert 0 <= -found.cash - exact < max(1, found.outside_band)


@given(PARTIES, terms())
def test_the_pool_is_never_short(parties, given_terms):
    settled = settle(parties, given_terms)
    assert settled.pool_surplus >= 0
    assert settled.pool_cash == -sum(one.cash for one in settled.parties.values())
    assert settled.system_imbalance == sum(one.imbalance for one in settled.parties.values())
    price = given_terms.pool_in if settled.system_imbalance > 0 else given_terms.pool_out
    assert settled.grid_cash == settled.system_imbalance * price


@given(PARTIES, terms())
def test_each_party_is_settled_for_itself(parties, given_terms):
    settled = settle(parties, given_terms)
    assert settled.parties == {name: imbalance(one, given_terms) for name, one in parties.items()}


def test_nobody():
    settled = settle({}, TERMS)
    assert (settled.parties, settled.system_imbalance, settled.pool_surplus) == ({}, 0, 0)

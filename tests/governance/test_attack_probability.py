"""The attack probabilities against the formulas as they are printed, summed another way."""

from decimal import Decimal, localcontext
from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattbook.errors import UnitError
from wattbook.governance.attack_probability import MAX_Z, attack_probability, smallest_z_below

SHARES = st.integers(1, 4999).map(lambda number: f"0.{number:04d}")
PRECISION = Decimal("1e-15")


def equation_1(q, z):
    """000, equation 1: 1 - sum of l^k e^-l / k! (1 - (q/p)^(z-k)) for k < z, with l = z q / p."""
    ratio = Fraction(q) / (1 - Fraction(q))
    rate = z * ratio
    with localcontext() as context:
        context.prec = 600  # the difference from 1 may be as small as 1e-300
        total, weight = Fraction(0), Fraction(1)
        for k in range(z):
            total += weight * (1 - ratio ** (z - k))
            weight = weight * rate / (k + 1)
        exponential = (-Decimal(rate.numerator) / rate.denominator).exp()
        return 1 - Decimal(total.numerator) / total.denominator * exponential


def negative_binomial(q, z):
    """The same with k distributed as a negative binomial, in whole fractions."""
    share = Fraction(q)
    honest = 1 - share
    caught_up = sum(comb(z + k - 1, k) * honest**z * share**k * (1 - (share / honest) ** (z - k)) for k in range(z))
    return 1 - caught_up


def agree(got, expected):
    return abs(got - expected) <= PRECISION * abs(expected)


@given(SHARES, st.integers(1, 80))
@settings(deadline=None, max_examples=60)
def test_nakamotos_estimate_is_equation_1(q, z):
    assert agree(attack_probability(q, z).poisson, equation_1(q, z))


@given(SHARES, st.integers(1, 60))
@settings(deadline=None, max_examples=60)
def test_the_exact_probability_is_the_sum_over_the_negative_binomial(q, z):
    exact = negative_binomial(q, z)
    with localcontext() as context:
        context.prec = 60
        assert agree(attack_probability(q, z).exact, Decimal(exact.numerator) / exact.denominator)


@given(SHARES, st.integers(0, 200))
@settings(deadline=None, max_examples=60)
def test_one_block_more_is_never_easier(q, z):
    before, after = attack_probability(q, z), attack_probability(q, z + 1)
    assert 0 < after.poisson < before.poisson <= 1
    assert 0 < after.exact < before.exact <= 1


def test_the_claim_of_000():
    result = attack_probability("0.3", 50)
    assert f"{result.poisson:.3e}" == "5.903e-7"
    assert f"{result.exact:.2e}" == "3.11e-5"


def test_the_claim_needs_nineteen_blocks_more():
    million = Decimal("1e-6")
    assert smallest_z_below("0.3", million) == 49
    assert attack_probability("0.3", 68).exact >= million > attack_probability("0.3", 69).exact


@pytest.mark.parametrize("q", ["0", "0.1", "0.4999"])
def test_nobody_is_ahead_of_nothing(q):
    result = attack_probability(q, 0)
    assert (result.poisson, result.exact) == (1, 1)


@pytest.mark.parametrize("z", [1, 2, 1000])
def test_without_power_there_is_no_attack(z):
    result = attack_probability("0", z)
    assert (result.poisson, result.exact) == (0, 0)


@pytest.mark.parametrize("q", ["0.5", "0.500000000000001", "0.9", "1"])
def test_half_the_power_always_wins(q):
    result = attack_probability(q, 1000)
    assert (result.poisson, result.exact) == (1, 1)


def test_far_out_no_digit_is_lost():
    assert f"{attack_probability('0.1', 1000).exact:.6e}" == "4.473625e-446"
    assert attack_probability("0.1", MAX_Z).exact > 0


@pytest.mark.parametrize("q", ["-0.1", "1.1", "NaN", "inf", "a third", "", None])
def test_a_share_that_is_none(q):
    with pytest.raises(UnitError) as caught:
        attack_probability(q, 1)
    assert str(caught.value) == f"q is a share between 0 and 1, not {q}"


@pytest.mark.parametrize("z", [-1, MAX_Z + 1, True, 1.5, "6"])
def test_a_depth_that_is_none(z):
    with pytest.raises(UnitError) as caught:
        attack_probability("0.1", z)
    assert str(caught.value) == f"z is a number of blocks from 0 to {MAX_Z}, not {z}"

"""Bills and their parts, in plain Python and as the contracts pay them."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.settlement.slots import Slots
from wattbook.contracts.structs import Facts
from wattbook.market.bounds import UnsupportedRule
from wattbook.settlement.bills import Parts, parts, split
from wattbook.trial.billing import bill_split_on_chain

NOBODY = "0x" + "00" * 20
VECTORS = Path(__file__).parents[1] / "vectors" / "points_certificates_subsidy.json"
CASES = json.loads(VECTORS.read_text())["billSplit"]


@st.composite
def shares(draw):
    cuts = sorted(draw(st.lists(st.integers(0, 10_000), max_size=5)))
    return [(f"payee {place}", end - start) for place, (start, end) in enumerate(pairwise([0, *cuts, 10_000]))]


@given(st.integers(0, 2**63), shares())
def test_the_parts_make_the_amount(amount, given_shares):
    parts = split(amount, given_shares)
    assert sum(parts.values()) == amount
    (first, bps), *others = given_shares
    assert all(parts[payee] == amount * part // 10_000 for payee, part in others)
    assert 0 <= parts[first] - amount * bps // 10_000 <= len(others)


@pytest.mark.parametrize("wrong", [[], [("a", 9_999)], [("a", 5_000), ("b", 5_001)]])
def test_shares_that_make_no_whole(wrong):
    with pytest.raises(ValueError, match="do not make a whole"):
        split(1, wrong)


def test_one_payee_twice():
    with pytest.raises(ValueError, match="somebody has two shares"):
        split(1, [("a", 5_000), ("a", 5_000)])


def facts(network: int, platform: int, fund: int, wheeling: int) -> Facts:
    return Facts(0, 0, 0, 0, 0, network, platform, fund, wheeling, 0, 0, NOBODY, NOBODY)


@given(st.integers(0, 2**40), st.integers(0, 2**16 - 1), st.integers(0, 2**16 - 1), shares())
def test_parts_make_the_amount_with_and_without_wheeling(wh, price, wheeling, given_shares):
    bps = [bps for _, bps in given_shares[1:4]]
    zone = facts(*bps, *[0] * (3 - len(bps)), wheeling)
    found = parts(wh * price, wh, zone)
    assert found.producer + found.network + found.platform + found.fund == wh * price
    assert min(found.producer, found.network, found.platform, found.fund) >= 0
    assert found.platform == wh * price * zone.platform_bps // 10_000
    if wheeling:
        assert found.network == min(wh * wheeling, wh * price - found.platform - found.fund)


def test_wheeling_is_paid_in_place_of_a_share():
    assert parts(1_000 * 450, 1_000, facts(1_800, 100, 900, 80)) == Parts(325_000, 80_000, 4_500, 40_500)
    assert parts(1_000 * 450, 1_000, facts(1_800, 100, 900, 0)) == Parts(324_000, 81_000, 4_500, 40_500)
    assert parts(1_000 * 50, 1_000, facts(0, 0, 0, 80)) == Parts(0, 50_000, 0, 0)


@pytest.mark.parametrize("case", CASES[:2], ids=str)
def test_a_split_of_the_vector_file_on_chain(slots: Slots, case):
    assert bill_split_on_chain(slots, case) == case["expect"]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"amount": 1}, "no sale of 100 Wh or more costs 1 uPT"),
        ({"sharesBps": [["producer", 5_000], ["heirs", 5_000]]}, "shares of network, platform and common fund only"),
    ],
)
def test_what_settlement_cannot_split(slots: Slots, changed, why):
    with pytest.raises(UnsupportedRule, match=why):
        bill_split_on_chain(slots, CASES[0] | changed)

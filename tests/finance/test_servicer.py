"""When investors may replace a servicer, and how many it takes."""

from dataclasses import replace

import pytest

from tests.finance.test_waterfall import STATE
from wattbook.finance.refusals import FinanceError
from wattbook.finance.servicer import Cause, Served, Tranche, cause, replaced, voting

GOOD = Served(9_500, False, 10_000)
UNCOVERED = replace(GOOD, dscr_bps=9_999)
MISSED = replace(GOOD, missed=True)


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        ([], None),
        ([GOOD] * 12, None),
        ([GOOD, replace(GOOD, complete_bps=9_499)], Cause.INCOMPLETE),
        ([MISSED], None),
        ([MISSED, GOOD, MISSED], Cause.MISSED),
        ([UNCOVERED], None),
        ([UNCOVERED, GOOD, UNCOVERED], Cause.UNCOVERED),
        ([MISSED, UNCOVERED], None),
    ],
)
def test_causes(periods, expected):
    assert cause(periods) is expected


def test_it_takes_more_than_half():
    units = {"a": 50, "b": 49, "c": 1}
    periods = [UNCOVERED] * 2
    assert not replaced(units, ["a"], periods)
    assert not replaced(units, ["b", "c"], periods)
    assert replaced(units, ["a", "c"], periods)


@pytest.mark.parametrize(
    ("votes", "periods", "name"),
    [
        (["a"], [GOOD], "NoCause"),
        (["a", "a"], [UNCOVERED] * 2, "VotedAlready"),
        (["stranger"], [UNCOVERED] * 2, "NoUnitsToVote"),
        (["sold"], [UNCOVERED] * 2, "NoUnitsToVote"),
    ],
)
def test_refused(votes, periods, name):
    with pytest.raises(FinanceError) as error:
        replaced({"a": 1, "sold": 0}, votes, periods)
    assert error.value.name == name


def test_the_vote_passes_down():
    assert voting(STATE) is Tranche.SENIOR
    assert voting(replace(STATE, senior=0, senior_arrears=1)) is Tranche.SENIOR
    assert voting(replace(STATE, senior=0)) is Tranche.MEZZ
    assert voting(replace(STATE, senior=0, mezz=0)) is Tranche.JUNIOR

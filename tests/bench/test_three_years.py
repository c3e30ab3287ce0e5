"""The pages on three years of a pool are what the engine says today."""

from pathlib import Path

from wattbook.bench.three_years import files
from wattbook.trial.pledged import FORMER, HOLDINGS, NEXT, three_years

FOLDER = Path(__file__).parents[2] / "docs" / "finance"


def test_the_pages_are_not_stale() -> None:
    for name, text in files(three_years()).items():
        assert (FOLDER / name).read_text() == text, f"make bench, and commit {name}"


def test_neglect_costs_the_servicer_its_place_and_investors_nothing() -> None:
    quarters = three_years()
    assert [one.number for one in quarters if one.outcome.dscr_bps < 10_000] == [5, 6]
    assert [one.servicer for one in quarters] == [FORMER] * 7 + [NEXT] * 5
    last = quarters[-1].outcome.state
    assert (last.owed, last.reserve) == (0, 0)
    lent = sum(sum(held.values()) for held in HOLDINGS.values())
    principal = sum(one.outcome.paid("seniorPrincipal") + one.outcome.paid("mezzPrincipal") for one in quarters)
    assert principal == lent
    reserve = 400_000_000_000
    for one in quarters:
        assert one.collected == one.outcome.outflows + one.outcome.state.reserve - reserve
        assert one.collected + reserve - one.outcome.state.reserve == sum(one.paid.values())
        reserve = one.outcome.state.reserve

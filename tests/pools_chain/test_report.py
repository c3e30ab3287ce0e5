"""`wattbook pool report`: what the chain told, reckoned anew."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from wattbook.cli import commands
from wattbook.contracts.structs import TrancheKind
from wattbook.finance import report as reports
from wattbook.finance.report import Difference, ReportError, only, report
from wattbook.units import pt

SENIOR, MEZZ, JUNIOR = TrancheKind


@pytest.fixture
def pool(stand):
    """A pool that was short in its second period, and closed late after its third; not all of it is paid out."""
    pool = stand.opened(number=3)
    terms = stand.offers.terms_of(pool)
    for investor in stand.investors[:3]:
        stand.do(investor, stand.pools, "subscribe", pool, SENIOR, terms.senior // 4)
    stand.do(stand.investors[0], stand.pools, "subscribe", pool, MEZZ, terms.mezz)
    stand.pass_to(terms.deadline)
    stand.do(stand.anyone, stand.pools, "decide", pool)
    stand.closed(pool, 0, pt(350_000))
    stand.do(stand.anyone, stand.pools, "distribute", pool, 0, SENIOR, 2)
    token = stand.tranche(pool, SENIOR)
    stand.do(stand.investors[0], token, "transfer", stand.investors[3], 5, at=stand.now + 1)
    stand.closed(pool, 1, pt(100_000))
    stand.decide(stand.pools, "resetTrigger", pool)
    stand.closed(pool, 2, pt(100_000))
    stand.earn(pool, pt(400_000))
    stand.do(stand.anyone, stand.pools, "closeLate", pool, at=stand.now + 1)
    stand.do(stand.anyone, stand.pools, "distribute", pool, 3, SENIOR, 9, at=stand.now + 1)
    return pool


def test_reckons_every_period_anew(stand, pool):
    found = report(stand.market, pool)
    assert [(one.number, one.days) for one in found] == [(0, 90), (1, 90), (2, 90), (3, 0)]
    assert [one.differences for one in found] == [()] * 4
    terms = stand.offers.terms_of(pool)
    assert [one.collected for one in found] == [pt(350_000), pt(100_000), pt(100_000) + terms.working, pt(400_000)]
    assert [one.outcome.state.trigger for one in found] == [False, True, True, True]
    assert found[-1].outcome.state.owed == 0
    senior = found[0].payments[0]
    assert senior.kind is SENIOR and sum(part.amount for part in senior.shares) == senior.amount
    assert [part.is_paid for part in senior.shares] == [True, True, False, False]
    assert [part.units for part in senior.shares] == [*([terms.senior // 4] * 3), 0]
    assert all(part.is_paid for part in found[3].payments[0].shares)
    assert only(found, 2) == [found[2]]
    with pytest.raises(ReportError, match="period 7 is not closed"):
        only(found, 7)


def test_a_pool_that_is_not_active_has_none(stand):
    with pytest.raises(ReportError, match="is not active yet"):
        report(stand.market, stand.opened())


class TestCommand:
    @pytest.fixture
    def asked(self, stand, tmp_path):
        """Runs the command against the stand's chain."""
        file = tmp_path / "market.json"
        replace(stand.market.deployment, path=file).write()
        rpc = stand.market.chain.web3.provider.endpoint_uri

        def run(*arguments):
            where = ("--network", rpc, "--deployment", str(file))
            return CliRunner().invoke(commands, ["pool", "report", *map(str, arguments), *where])

        return run

    def test_for_programs(self, asked, pool):
        result = asked(pool, "--period", 1, "--json")
        assert result.exit_code == 0, result.output
        told = json.loads(result.output)
        [period] = told["periods"]
        assert (told["pool"], period["period"], period["days"], period["collected"]) == (pool, 1, 90, pt(100_000))
        assert (period["trigger"], period["differences"]) == (True, [])
        assert period["flows"][0] == {"name": "tax", "due": pt(3_000), "paid": pt(3_000)}

    def test_for_people(self, asked, pool):
        result = asked(pool)
        assert result.exit_code == 0, result.output
        lines = result.output.splitlines()
        assert lines[0].startswith("period 0: 350,000.00 PT collected, coverage 1.")
        assert sum(line.startswith("period ") for line in lines) == 4
        assert any("set aside" in line for line in lines)

    def test_fails_when_something_differs(self, asked, pool, monkeypatch):
        """Were the chain to pay something else than the terms say."""
        tax = 300

        def run_otherwise(state, period):
            return RUN(type(state)(**(vars(state) | {"tax_bps": tax + 1})), period)

        monkeypatch.setattr(reports, "run", run_otherwise)
        result = asked(pool, "--period", 0)
        assert result.exit_code == 1
        assert "DIFFERS: tax is 10500000000 on the chain, 10535000000 by the terms" in result.output
        assert isinstance(result.exception, ReportError)


RUN = reports.run


def test_a_difference_says_what_it_is_about():
    assert Difference("tax", 1, 2) == Difference("tax", told=1, reckoned=2)

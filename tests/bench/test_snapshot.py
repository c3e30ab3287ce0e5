"""The figures under version control are those of the contracts as they are, and within the budgets."""

import json
from copy import deepcopy
from pathlib import Path

import pytest

from tests.program import run_here
from wattbook import abi
from wattbook.bench import deciding, gas, metering, sizes, snapshot
from wattbook.bench.anchors import (
    ANCHORS,
    CERTIFICATE_ANCHORS,
    FINANCE_ANCHORS,
    GOVERNANCE_ANCHORS,
    MARKET_ANCHORS,
    METERING_ANCHORS,
    PACKAGE_ANCHORS,
    SETTLEMENT_ANCHORS,
    TENDER_ANCHORS,
)

COMMITTED = Path(__file__).parents[1] / "snapshots" / "figures.json"


# As little as can be of what is no part of the figures.
QUICK = ("--orders", "10", "--seconds", "1", "--api-seconds", "0")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """What the command says, and the file of figures that it writes."""
    file = tmp_path_factory.mktemp("bench") / "figures.json"
    said = run_here("bench", *QUICK, "--save", str(file))
    assert (said.status, said.err) == (0, "")
    return said.out, file


@pytest.fixture(scope="module")
def figures(saved):
    return snapshot.read(saved[1])


def test_figures_are_the_committed_ones(figures):
    changed = snapshot.differences(snapshot.read(COMMITTED), figures)
    assert not changed, "\n".join(
        [
            "Figures changed. If they should, say why and refresh them:",
            "    .venv/bin/wattbook bench --save tests/snapshots/figures.json",
            *changed,
        ]
    )


def test_figures_are_the_same_every_time(figures):
    assert gas.measure() == figures["gas"]
    assert metering.measure() == figures["metering"]
    assert deciding.verdicts().items() <= figures["governance"].items()


# What orders cost beyond their budgets, and why, stands in docs/decisions/0007. Of a hundred the batches are not full.
MISSED = {"commit", "reveal_bid", "reveal_ask", "reveal_batch", "life_placed_singly", "clear"}


@pytest.mark.parametrize("anchor", [a for a in MARKET_ANCHORS if a.budget], ids=lambda anchor: anchor.figure)
def test_market_budgets(figures, anchor):
    """Of a book of a hundred; a budget that is met is not on the list of those missed."""
    assert (figures["market"][anchor.figure] <= anchor.budget) == (anchor.figure not in MISSED)


@pytest.mark.parametrize("anchor", [a for a in METERING_ANCHORS if a.budget], ids=lambda anchor: anchor.figure)
def test_metering_budgets(figures, anchor):
    assert figures["metering"][anchor.figure] <= anchor.budget


@pytest.mark.parametrize("anchor", SETTLEMENT_ANCHORS, ids=lambda anchor: anchor.figure)
def test_settlement_budgets(figures, anchor):
    assert figures["settlement"][anchor.figure] <= anchor.budget


@pytest.mark.parametrize("anchor", CERTIFICATE_ANCHORS, ids=lambda anchor: anchor.figure)
def test_certificate_budgets(figures, anchor):
    assert figures["certificates"][anchor.figure] <= anchor.budget


@pytest.mark.parametrize("anchor", [a for a in PACKAGE_ANCHORS if a.budget], ids=lambda anchor: anchor.figure)
def test_package_budgets(figures, anchor):
    assert figures["packages"][anchor.figure] <= anchor.budget


@pytest.mark.parametrize("anchor", [a for a in GOVERNANCE_ANCHORS if a.budget], ids=lambda anchor: anchor.figure)
def test_governance_budgets(figures, anchor):
    assert figures["governance"][anchor.figure] <= anchor.budget


def test_a_root_costs_the_same_at_any_count(figures):
    one, many = (figures["metering"][f"root of {size} readings"] for size in ("1", "10,000"))
    assert abs(one - many) < 100


def test_every_figure_is_shown(figures):
    assert figures["metering"].keys() == {anchor.figure for anchor in METERING_ANCHORS}
    assert figures["settlement"].keys() == {anchor.figure for anchor in SETTLEMENT_ANCHORS}
    assert figures["certificates"].keys() == {anchor.figure for anchor in CERTIFICATE_ANCHORS}
    assert figures["tenders"].keys() == {anchor.figure for anchor in TENDER_ANCHORS}
    assert figures["finance"].keys() == {anchor.figure for anchor in FINANCE_ANCHORS}
    assert figures["governance"].keys() == {anchor.figure for anchor in GOVERNANCE_ANCHORS}
    assert figures["packages"].keys() == {anchor.figure for anchor in PACKAGE_ANCHORS}


@pytest.mark.parametrize("anchor", [anchor for anchor in ANCHORS if anchor.budget], ids=lambda anchor: anchor.operation)
def test_budgets(figures, anchor):
    assert figures["gas"][anchor.operation] <= anchor.budget


def test_permit_and_deposit_has_its_budgets():
    budgets = {anchor.operation: anchor.budget for anchor in ANCHORS}
    assert budgets["permit and deposit, first"] == 115_000
    assert budgets["permit and deposit, later"] == 85_000


@pytest.mark.parametrize("name", abi.contract_names())
def test_code_fits_on_a_chain(figures, name):
    assert 0 < figures["codeSize"][name] < sizes.LIMIT == 24_576


def test_every_change_is_named():
    before = {"gas": {"mint": 1, "burn": 2, "same": 3}}
    now = {"gas": {"mint": 9, "pay": 4, "same": 3}, "codeSize": {"Vault": 5}}
    assert snapshot.differences(before, now) == [
        "codeSize: Vault was unknown, is 5",
        "gas: burn was 2, is gone",
        "gas: mint was 1, is 9",
        "gas: pay was unknown, is 4",
    ]
    assert snapshot.differences(now, now) == []


def test_what_is_written_reads_back(tmp_path, figures):
    snapshot.write(tmp_path / "figures.json", figures)
    assert snapshot.read(tmp_path / "figures.json") == figures


def test_the_command(saved, figures, tmp_path, monkeypatch):
    headings = ("Gas", "Code", "Beside others", "Changed")
    assert [line for line in saved[0].splitlines() if line in headings] == ["Gas", "Code", "Beside others"]
    # What it measures is measured once: the rest is what it says of it.
    monkeypatch.setattr(snapshot, "measure", lambda: deepcopy(figures))
    said = run_here("bench", *QUICK, "--json", "--check", str(saved[1]))
    answer = json.loads(said.out)
    assert (said.status, answer["changed"]) == (0, [])
    assert (answer["gas"], answer["codeSize"]) == (figures["gas"], figures["codeSize"])
    for anchor in answer["anchors"]:
        assert anchor["gas"] == figures["gas"][anchor["operation"]]

    changed, file = deepcopy(figures), tmp_path / "figures.json"
    right, changed["gas"]["admit"] = figures["gas"]["admit"], 1
    file.write_text(json.dumps(changed))
    said = run_here("bench", *QUICK, "--check", str(file))
    assert said.status == 1
    assert said.out.splitlines()[-2:] == ["Changed", f"gas: admit was 1, is {right}"]
    assert said.err == f"wattbook: 1 figures differ from {file}; refresh it with --save if they should\n"

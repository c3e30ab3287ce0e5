"""The operator's runbook: what it types works, and its alerts are about figures that the programs show."""

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.links import anchors_of
from tests.docs.open_sale import SELLER, OpenSale
from tests.docs.reader import Reader
from tests.services import missing
from wattbook import pt
from wattbook.contracts.structs import Carrier, ModuleStatus

ROOT = Path(__file__).parents[2]
RUNBOOK = ROOT / "docs" / "running" / "runbook.md"
ALERTS = ROOT / "docs" / "running" / "alerts.yml"
SHOWN = (ROOT / "frontend_api" / "api" / "metrics.py", ROOT / "wattbook" / "bridge" / "metrics.py")
# What Prometheus makes of a metric of each class.
SUFFIXES = {
    "Counter": ("_total",),
    "CounterMetricFamily": ("_total",),
    "GaugeMetricFamily": ("",),
    "Histogram": ("_bucket", "_sum", "_count"),
}
# What Prometheus adds itself.
ADDED = {"job", "instance", "le"}


def test_what_is_typed_works(running, node_port, tmp_path, postgres):
    """The page moves the market to a new contract for sales, while one is open in the old one."""
    for program in ("sqlite3", "pg_dump", "pg_restore"):
        if shutil.which(program) is None:
            missing(f"{program} is not on this machine")
    variables = {"DATABASE": postgres.new_url(), "WATTBOOK_NETWORKS": str(tmp_path / "networks.toml")}
    (tmp_path / "networks.toml").write_text(f'[local]\nrpc = "http://127.0.0.1:{node_port}"\n')
    sale, old = OpenSale(running), running.direct_sale.address
    held = running.vault.module_of(old).locked
    with Reader(RUNBOOK, tmp_path, ports={8545: node_port}, variables=variables) as reader:
        assert reader.read() >= 10
    module = running.vault.module_of(old)
    assert module.status is ModuleStatus.LEAVING and module.locked == held > pt("0.9")
    sale.settle()
    assert running.vault.module_of(old).locked == 0
    delivery = running.imbalance.delivery_of(1, Carrier.ELECTRICITY, sale.slot, SELLER.address)
    assert delivery.settled and delivery.settled_position == 2_000


def shown() -> dict[str, set[str]]:
    """Every figure that the programs show, with its labels."""
    found: dict[str, set[str]] = {}
    for file in SHOWN:
        for call in ast.walk(ast.parse(file.read_text())):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in SUFFIXES:
                if not call.args:
                    continue
                given = [one for one in call.args[2:3]]
                given += [one.value for one in call.keywords if one.arg == "labels"]
                labels = next((ast.literal_eval(one) for one in given if isinstance(one, ast.Tuple)), ())
                for suffix in SUFFIXES[call.func.id]:
                    found[ast.literal_eval(call.args[0]) + suffix] = set(labels)
    return found


def rules() -> Iterator[dict[str, Any]]:
    for group in yaml.safe_load(ALERTS.read_text())["groups"]:
        yield from group["rules"]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_is_about_what_is_shown(rule):
    figures, said = shown(), rule["expr"] + str(rule["annotations"])
    named = re.findall(r"\b(wattbook_\w+|up)\b(?:\{([^}]*)\})?", rule["expr"])
    assert named
    known = set(ADDED)
    for name, selected in named:
        assert name == "up" or name in figures, name
        labels = ADDED | figures.get(name, set())
        assert set(re.findall(r"(\w+)=", selected)) <= labels
        known |= labels
    for by in re.findall(r"by \(([^)]*)\)", rule["expr"]):
        assert {one.strip() for one in by.split(",")} <= known
    assert set(re.findall(r"\$labels\.(\w+)", said)) <= known
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert anchor in anchors_of(ALERTS.parent / page)


def test_the_states_that_alerts_name_exist():
    from frontend_api.relay import relay
    from wattbook.bridge.outbox.records import BatchState, State

    states = {
        "wattbook_relayed": {relay._WAITING, relay._SENT, relay._DONE, relay._FAILED},
        "wattbook_webhooks": {"working", "failing", "stopped"},
        "wattbook_batches": {BatchState.SIGNING.value, BatchState.QUEUED.value},
        "wattbook_transactions": {state.value for state in State},
    }
    asked = re.findall(r'(wattbook_\w+)\{state=~?"([^"]*)"\}', ALERTS.read_text())
    assert len(asked) >= 4
    for name, value in asked:
        assert set(value.split("|")) <= states[name]

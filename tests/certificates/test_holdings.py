"""What an account holds, from Python and from the command line."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.certificates.register import MWH
from wattbook.certificates.holdings import holdings
from wattbook.certificates.slices import slice_of
from wattbook.cli import commands
from wattbook.trial.certificates import Certifying


@pytest.fixture
def told(certifying: Certifying, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What the command prints of an account."""
    deployment = replace(certifying.market.deployment, path=tmp_path / f"{certifying.market.chain.chain_id}.json")
    deployment.write()
    monkeypatch.setenv("WATTBOOK_DEPLOYMENTS", str(tmp_path))
    rpc = str(certifying.market.chain.web3.provider.endpoint_uri)  # type: ignore[attr-defined]

    def run(*arguments: str):
        return CliRunner().invoke(commands, ["certificates", *arguments, "--network", rpc])

    return run


def test_what_is_there(certifying: Certifying, told):
    market, owner = certifying.market, certifying.owner
    before = holdings(market, owner)
    device = certifying.park.new_device(owner=owner)
    certifying.make({device: [MWH + 500]})
    certifying.issue_whole(device)
    slice = certifying.issue(device, 300)
    found = holdings(market, owner)
    assert found.stock == before.stock | {device: 200}
    assert found.slices == before.slices | {slice: 300}
    [certificate] = set(found.certificates) - set(before.certificates)

    value = json.loads(told(owner, "--json").output)
    assert {"device": device, "wh": 200} in value["stock"]
    assert {"id": str(slice), "held": 300, **slice_of(slice)._asdict()} in value["slices"]
    expires = market.green_certificates.certificate_of(certificate).expires
    assert {"id": str(certificate), "expires": expires} in value["certificates"]
    lines = [" ".join(line.split()) for line in told(owner).output.splitlines()]
    assert f"stock 200 Wh device {device}" in lines
    assert f"slice 300 Wh device {device} {slice:#x}" in lines
    assert f"certificate 1 MWh {certificate:#x}" in lines

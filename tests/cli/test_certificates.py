"""`wattbook certificates`, for people and as JSON."""

import json

import pytest

from wattbook.certificates.whole import WHOLE_WH
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.local import known_account
from wattbook.trial.blocks import OPTIONS
from wattbook.trial.certificates import Certifying
from wattbook.trial.park import Park


@pytest.fixture(scope="module")
def certifying():
    with Anvil(*OPTIONS) as chain:
        yield Certifying(Park(chain))


@pytest.fixture(scope="module")
def plant(certifying):
    """Of what it made one MWh is a certificate, 300 Wh are a slice, 200 are still on the counter."""
    plant = certifying.park.new_device(owner=certifying.owner)
    certifying.make({plant: [WHOLE_WH, 500]})
    certifying.issue_whole(plant)
    return plant, certifying.issue(plant, 300)


@pytest.fixture
def certificates(command, certifying, working_folder):
    """Runs the command against that market."""
    deployment = certifying.market.deployment
    deployment.path = working_folder / "deployment.json"
    deployment.write()
    where = ("--deployment", "deployment.json", "--network", certifying.market.chain.web3.provider.endpoint_uri)
    return lambda *arguments: command("certificates", *where, *arguments)


def test_for_people(certificates, certifying, plant):
    device, slice = plant
    result = certificates(certifying.owner)
    assert (result.status, result.err) == (0, "")
    lines = [line.split() for line in result.out.splitlines()]
    assert lines[:2] == [
        ["stock", "200", "Wh", "device", str(device)],
        ["slice", "300", "Wh", "device", str(device), f"{slice:#x}"],
    ]
    assert [line[:3] for line in lines[2:]] == [["certificate", "1", "MWh"]]


def test_as_json(certificates, certifying, plant):
    device, slice = plant
    result = certificates(certifying.owner, "--json")
    assert (result.status, result.err) == (0, "")
    value = json.loads(result.out)
    assert value["stock"] == [{"device": device, "wh": 200}]
    [shown] = value["slices"]
    assert (shown["id"], shown["held"], shown["wh"], shown["first"]) == (str(slice), 300, 300, WHOLE_WH)
    [whole] = value["certificates"]
    assert certifying.market.green_certificates.owner_of(int(whole["id"])) == certifying.owner


def test_of_a_member_without_any(certificates):
    result = certificates("grid")
    assert (result.status, result.out, result.err) == (0, "no stock, no slices, no certificates\n", "")


def test_of_nobody(certificates):
    stranger = known_account(99).address
    result = certificates(stranger)
    assert (result.status, result.out) == (1, "")
    assert result.err == f"wattbook: {stranger} was never admitted to this market\n"
    assert "is no member" in certificates("0x12").err

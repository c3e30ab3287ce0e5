"""`wattbook bridge`: run as a process, asked about, repeated."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.assertions import FAR
from tests.devices import QUARTER, said
from tests.ports import free_port
from tests.trader.park import Park
from wattbook.bridge.config import read_config
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.outbox.records import Owner
from wattbook.bridge.sources.simulated import SimulatedMeter
from wattbook.contracts.structs import Curve, Description, Direction, Key
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.local import known_account
from wattbook.eip712 import digest
from wattbook.metering.keys import MeterAddress

PROGRAM = Path(sys.executable).parent / "wattbook"
SEED = 3


@pytest.fixture(scope="module")
def park(tmp_path_factory):
    with Anvil("--accounts", "20") as chain:
        yield Park(chain, tmp_path_factory.mktemp("park"))


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def config(park, port, tmp_path):
    """Two meters, simulated, one of each curve; another attester is far away."""
    file = tmp_path / "bridge.toml"
    for number in (2, 3):
        register(park, number)
    other = known_account("attester2").address
    file.write_text(
        f"""
[chain]
rpc = "{park.rpc}"
deployment = "{park.deployment}"
[attester]
environment = "TEST_ATTESTER"
[posting]
grace_seconds = 0
confirmations = 1
[http]
port = {port}
[[peers]]
name = "far away"
address = "{other}"
url = "http://127.0.0.1:1"
[[sources]]
name = "demo"
kind = "simulated"
seed = {SEED}
first_device = 2
count = 2
period = {QUARTER}
[[meters]]
device = 2
[[meters]]
device = 3
"""
    )
    return file


def register(park, device):
    """Registers the simulated meter under the number that it thinks it has, once."""
    market, meter = park.market, SimulatedMeter(SEED, device)
    if market.meters.device_count() >= device:
        return
    key = meter.key
    if isinstance(key, MeterAddress):
        public = Key(Curve.SECP256K1, bytes.fromhex(key.address[2:]).rjust(32, b"\0"), bytes(32))
    else:
        public = Key(Curve.P256, key.x.to_bytes(32), key.y.to_bytes(32))
    description = Description(1, 0, Direction.WITHDRAWAL, 10_100, False, False, 10_000, 0, bytes(31) + b"\1")
    values = {"owner": park.seller.address, **said(description), **said(public), "deadline": FAR}
    signature = meter._sign(digest(market.meters, "DeviceRegistration", values))
    market.meters.register(description, public, FAR, signature, sender=park.seller)
    market.meters.certify(device, 10_000, 0, sender=known_account("operator"))


def run(*arguments, **environment):
    return subprocess.run(
        [str(PROGRAM), *map(str, arguments)], capture_output=True, text=True, env={**os.environ, **environment}
    )


def start(config):
    environment = {**os.environ, "TEST_ATTESTER": known_account("attester1").key.hex()}
    command = [str(PROGRAM), "bridge", "run", str(config)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def page(port, path):
    deadline = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except (urllib.error.URLError, ConnectionError):
            assert time.monotonic() < deadline
            time.sleep(0.1)


@pytest.fixture
def running(config):
    process = start(config)
    yield process
    process.kill()
    process.communicate()


def until(condition, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def taken(port):
    """How many readings: two at each quarter that begins, and one may begin at any moment."""
    found = re.search(r'^wattbook_readings_total\{source="demo",trust="A"\} (\S+)$', page(port, "/metrics")[1], re.M)
    return float(found[1]) if found else 0


def test_runs_answers_and_stops_cleanly(running, config, port):
    assert page(port, "/health")[0] == 200
    health = json.loads(page(port, "/health")[1])
    assert health == {
        "healthy": True,
        "attester": known_account("attester1").address,
        "trouble": "",
        "sources": {"demo": ""},
        "alarms": {},
    }
    until(lambda: taken(port) >= 2)
    until(lambda: 'wattbook_peer_unreachable_total{peer="far away"}' in page(port, "/metrics")[1])
    second = start(config)
    assert second.wait(120) == 1
    assert "Traceback" not in second.stderr.read()
    running.send_signal(signal.SIGTERM)
    assert running.wait(120) == 0
    assert "Traceback" not in running.stderr.read()


def test_status_without_a_node(running, config, port, park):
    until(lambda: taken(port) >= 2)
    running.send_signal(signal.SIGTERM)
    running.wait(120)
    done = run("bridge", "status", config)
    assert done.returncode == 0, done.stderr
    assert "batches       none" in done.stdout
    value = json.loads(run("bridge", "status", config, "--json").stdout)
    assert value["transactions"] == {"queued": 0, "sent": 0, "mined": 0, "confirmed": 0, "failed": 0}
    assert value["refused"] == value["disagreements"] == []


@pytest.mark.parametrize("command", ["status", "replay"])
def test_asked_before_there_is_an_outbox(config, command):
    before = sorted(config.parent.iterdir())
    done = run("bridge", command, config)
    assert done.returncode == 1
    assert "there is no outbox at " in done.stderr
    assert sorted(config.parent.iterdir()) == before


def test_replay_of_nothing(config):
    Outbox(read_config(config).outbox.where({})).close()
    done = run("bridge", "replay", config)
    assert (done.returncode, done.stdout) == (0, "nothing was posted then\n"), done.stderr


@pytest.mark.parametrize("command", ["run", "status", "replay"])
def test_without_its_file(command, tmp_path):
    done = run("bridge", command, tmp_path / "none.toml")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1 and "none.toml" in done.stderr


def test_without_its_key(config):
    done = run("bridge", "run", config)
    assert (done.returncode, done.stderr) == (1, "wattbook: the environment variable TEST_ATTESTER is not set\n")


def test_without_its_node(config, park):
    config.write_text(config.read_text().replace(park.rpc, "http://127.0.0.1:1"))
    done = run("bridge", "run", config, TEST_ATTESTER=known_account("attester1").key.hex())
    assert done.returncode == 1
    assert (
        done.stderr.startswith("wattbook: no node answers at http://127.0.0.1:1") and len(done.stderr.splitlines()) == 1
    )


def test_an_outbox_of_another_market(config, tmp_path):
    outbox = Outbox(str(tmp_path / "bridge.db"))
    outbox.belong(Owner(1, "0x" + "00" * 32, "0x" + "11" * 20))
    outbox.close()
    done = run("bridge", "run", config, TEST_ATTESTER=known_account("attester1").key.hex())
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert "is for 0x1111" in done.stderr

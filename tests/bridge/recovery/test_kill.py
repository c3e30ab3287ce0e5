"""The bridge is killed at five points, with a real broker, chain and database, and the chain
reorganises between: every reading is on the chain exactly once, and none is lost."""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path
from signal import SIGKILL

import pytest
from sqlalchemy.engine import make_url
from web3.types import RPCEndpoint

from tests.bridge.outbox.databases import where as where
from tests.bridge.recovery.child import POINTS
from tests.conftest import decider
from tests.depth import depth
from tests.devices import QUARTER, SLOT, Devices, P256Key, Secp256k1Key, facts
from tests.mosquitto import BRIDGE, TOPIC, Mosquitto, find_mosquitto
from tests.ports import free_port
from tests.postgres import postgres as postgres
from tests.services import missing
from wattbook import Market
from wattbook.bridge.attesting.vouching import on_chain, root_over, tree_over
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.outbox.records import BatchState
from wattbook.contracts.structs import Carrier
from wattbook.deployment.anvil import PlainAnvil, pass_time
from wattbook.deployment.deployer import deploy
from wattbook.deployment.local import known_account
from wattbook.deployment.settings import local_settings
from wattbook.metering.readings import Reading

TIMES = depth(1, 4)
TIMES_EACH = 2
CONFIRMATIONS = 6
# Every bridge that was started, so that none outlives its test.
_children: list[subprocess.Popen[bytes]] = []
ZONE = b"park".ljust(32, b"\0")


@pytest.fixture
def chain():
    with PlainAnvil("--accounts", "20") as chain:
        yield chain


@pytest.fixture
def market(chain, tmp_path):
    """One attester is enough here."""
    administrator = known_account("administrator")
    settings = replace(local_settings(), attesters_needed=1)
    deployed = deploy(chain, administrator, settings, tmp_path / "deployment.json", lambda line: None)
    market = Market(chain, deployed)
    decide = decider(market, administrator, lambda seconds: pass_time(chain, seconds))
    decide("Zones", "addZone", ZONE)
    decide("Zones", "openCarrier", 1, int(Carrier.ELECTRICITY), SLOT, QUARTER, facts(known_account("grid").address))
    return market


@pytest.fixture
def meters(market):
    """Three meters, by the numbers of their devices."""
    registry = Devices(market, known_account("operator"), 1)
    keys = [Secp256k1Key("north"), Secp256k1Key("south"), P256Key("west")]
    owner = known_account("grid")
    return {registry.certify(registry.register(owner, key)): key for key in keys}


@pytest.fixture
def broker(meters):
    program = find_mosquitto()
    if program is None:
        missing("Mosquitto is not on this machine: no mosquitto is found")
    folder = Path(tempfile.mkdtemp(prefix="wattbook-mosquitto-"))
    broker = Mosquitto(program, folder, tuple(str(device) for device in meters))
    broker.start()
    yield broker
    broker.stop()
    shutil.rmtree(folder)


@pytest.fixture
def config(chain, broker, meters, where, tmp_path):
    file = tmp_path / "bridge.toml"
    file.write_text(
        f"""
[chain]
rpc = "{chain.web3.provider.endpoint_uri}"
deployment = "{tmp_path / "deployment.json"}"
[outbox]
{outbox_lines(where)}
[attester]
environment = "TEST_ATTESTER"
[posting]
grace_seconds = 1
confirmations = {CONFIRMATIONS}
bump_seconds = 5
[http]
port = {free_port()}
[[sources]]
name = "park"
kind = "mqtt"
host = "127.0.0.1"
port = {broker.port}
topic = "{TOPIC}"
client_id = "bridge-1"
username = "{BRIDGE}"
password_environment = "TEST_BROKER"
tls.ca = "{broker.ca}"
"""
        + "".join(f"[[meters]]\ndevice = {device}\n" for device in meters)
    )
    yield file
    for child in _children:
        child.kill()
        child.wait()
    _children.clear()


def outbox_lines(where):
    """No password stands in the file."""
    if "://" not in where:
        return f'url = "{where}"'
    url = make_url(where)
    return f'url = "{url._replace(password=None).render_as_string()}"\npassword_environment = "TEST_DATABASE"'


def test_killed(chain, market, broker, meters, config, where):
    seals_no_block_by_itself(chain)
    points = [point for point in POINTS for _ in range(TIMES)]
    random.shuffle(points)
    count = TIMES_EACH * len(points)
    now = int(time.time()) // QUARTER * QUARTER
    times = [now - (count - place) * QUARTER for place in range(count)]
    listening(config, broker, where)
    for place, point in enumerate(points):
        for number in range(TIMES_EACH * place, TIMES_EACH * (place + 1)):
            publish(market, broker, meters, times[number], number)
        killed(chain, config, broker, where, point)
        chain_takes_back(chain, random.randint(1, CONFIRMATIONS - 1))

    outbox = Outbox(where)
    child = start(config, broker, where, "never")
    deadline = time.monotonic() + 400
    while len(outbox.batches.in_state(BatchState.POSTED)) < count:
        states = {state.value: len(outbox.batches.in_state(state)) for state in BatchState}
        assert child.poll() is None and time.monotonic() < deadline, states
        for _ in range(10 * CONFIRMATIONS):
            mine(chain)
            time.sleep(0.1)
        chain_takes_back(chain, random.randint(1, CONFIRMATIONS - 1))
    child.terminate()
    assert child.wait(120) == 0

    for device in meters:
        stored = outbox.readings.between(device, 0, 2**40)
        assert [(one.time, one.wh) for one in stored] == [(t, register(device, n)) for n, t in enumerate(times)]
    posted = market.readings.raw.events.RootPosted().get_logs(from_block=0)
    assert sorted(one["args"]["time"] for one in posted) == times
    for number, at in enumerate(times):
        batch = outbox.batches.find(1, at, 0)
        leaves = outbox.batches.leaves(batch.id)
        assert [(leaf.device, leaf.register) for leaf in leaves] == [(d, register(d, number)) for d in sorted(meters)]
        root, tree = root_over(1, at, 0, leaves), tree_over(leaves)
        for place, leaf in enumerate(leaves):
            hashed = on_chain(leaf).content_hash
            assert market.readings.covers(root, leaf.device, hashed, place, tree.proof(place))
    outbox.close()


def register(device, number):
    return 10_000 * device + 100 * number


def publish(market, broker, meters, at, number):
    """Every meter signs its reading of a time and publishes it."""
    for device, key in meters.items():
        reading = Reading(device, 0, 0, at, register(device, number), 1 + number, 0)
        signature = key.sign(reading.digest(market.chain.chain_id, market.readings.address))
        record = {
            "meter": device,
            "carrier": 0,
            "direction": 0,
            "t": at,
            "register": reading.register,
            "seq": reading.sequence,
            "quality": 0,
            "prevHash": "0x" + bytes(32).hex(),
            "chainId": market.chain.chain_id,
            "contract": market.readings.address,
            "signature": "0x" + signature.hex(),
        }
        broker.publish(str(device), json.dumps(record).encode())


def killed(chain, config, broker, where, point):
    """Runs the bridge until it comes to a point and is killed there."""
    child = start(config, broker, where, point)
    deadline = time.monotonic() + 180
    while child.poll() is None:
        assert time.monotonic() < deadline, f"it never came to {point}"
        mine(chain)
        time.sleep(0.1)
    assert child.returncode == -SIGKILL, said_by(config)


def listening(config, broker, where):
    """The broker keeps messages for a bridge from the moment that it was there once."""
    child = start(config, broker, where, "never")
    port = int(config.read_text().split("[http]\nport = ")[1].split()[0])
    deadline = time.monotonic() + 180
    while True:
        assert child.poll() is None, said_by(config)
        assert time.monotonic() < deadline, "it never listened"
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health").close()
            break
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    child.kill()
    child.wait()


def start(config, broker, where, point):
    account = known_account("attester1")
    environment = {
        **os.environ,
        "TEST_ATTESTER": account.key.hex(),
        "TEST_BROKER": broker.passwords[BRIDGE],
        "TEST_DATABASE": (make_url(where).password or "") if "://" in where else "",
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-m", "tests.bridge.recovery.child", str(config), point]
    # A pipe that nobody reads would hold it up when it is full.
    with config.with_name("said").open("w") as said:
        child = subprocess.Popen(command, env=environment, stdout=said, stderr=subprocess.STDOUT)
    _children.append(child)
    return child


def said_by(config):
    return config.with_name("said").read_text()


def seals_no_block_by_itself(chain):
    """Anvil 1.7.1 loses blocks, or has a transaction in two, when it seals one of its own during a reorg."""
    chain.web3.provider.make_request(RPCEndpoint("evm_setAutomine"), [False])


def mine(chain):
    chain.web3.provider.make_request(RPCEndpoint("evm_mine"), [])


def chain_takes_back(chain, depth):
    chain.web3.provider.make_request(RPCEndpoint("anvil_reorg"), [depth, []])

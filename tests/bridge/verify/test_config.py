"""The bridge's file: read strictly, errors in one line, and never a secret in it."""

import re
from pathlib import Path

import pytest

from tests.bridge.formats import meters
from tests.bridge.formats.meters import CHAIN_ID, CONTRACT
from wattbook.bridge.config import read_config
from wattbook.bridge.sources.build import routes_of, sources_of
from wattbook.bridge.sources.settings import ClientTls, InboxSettings, MqttSettings, P1SerialSettings, P1TcpSettings
from wattbook.errors import SettingsError
from wattbook.metering.keys import Curve

LEAST = """
[chain]
rpc = "http://127.0.0.1:8545"
[attester]
environment = "ATTESTER_KEY"
[http]
port = 8090
"""
BRAINPOOL = meters.der(Curve.BRAINPOOLP256R1).hex()
P256 = meters.der(Curve.SECP256R1).hex()
FULL = f"""
[chain]
rpc = "https://node.example/rpc"
deployment = "market.json"
clock = "chain"
[outbox]
url = "postgresql://bridge@db.example/outbox"
password_environment = "OUTBOX_PASSWORD"
[attester]
keystore = "attester.json"
[posting]
grace_seconds = 30
confirmations = 3
bump_seconds = 20
max_fee_gwei = 50
[[peers]]
name = "utility"
address = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
url = "https://bridge.utility.example"
[http]
host = "0.0.0.0"
port = 8090
[[sources]]
name = "park"
kind = "mqtt"
host = "broker.example"
topic = "park/+/telegram"
client_id = "bridge-1"
username = "bridge"
password_environment = "MQTT_PASSWORD"
trust = "B"
tls = {{ ca = "ca.pem" }}
[[sources]]
name = "house"
kind = "p1"
host = "10.0.0.7"
port = 2001
[[sources]]
name = "barn"
kind = "p1"
device = "/dev/ttyUSB0"
baud = 9600
framing = "7E1"
every = 60
[[sources]]
name = "files"
kind = "inbox"
folder = "inbox"
[[sources]]
name = "gateway"
kind = "http"
token_environment = "GATEWAY_TOKEN"
[[sources]]
name = "roof"
kind = "sunspec"
host = "10.0.0.8"
[[sources]]
name = "stations"
kind = "ocpp"
port = 9000
[[sources.charge_points]]
id = "stall-1"
password_environment = "STALL_1"
[[sources]]
name = "demo"
kind = "simulated"
first_device = 100
count = 5
period = 60
seed = 1
[[meters]]
device = 7
[[meters]]
device = 8
meter = "1WBK0000000017"
register = "1-0:1.8.0*255"
source = "gateway"
key = "{BRAINPOOL}"
"""


@pytest.fixture
def config(tmp_path):
    def read(text):
        path = tmp_path / "bridge.toml"
        path.write_text(text)
        return read_config(path)

    return read


def test_the_least(config, tmp_path):
    found = config(LEAST)
    assert found.outbox.where({}) == str(tmp_path / "bridge.db")
    assert (found.http.host, found.http.port) == ("127.0.0.1", 8090)
    assert (found.attester.environment, found.attester.keystore) == ("ATTESTER_KEY", None)
    assert (found.sources, found.meters, found.peers, found.chain.deployment) == ((), (), (), None)
    assert found.chain.clock == "machine"


def test_all_of_it(config, tmp_path):
    found = config(FULL)
    assert (found.chain.deployment, found.chain.clock) == (tmp_path / "market.json", "chain")
    assert found.outbox.where({"OUTBOX_PASSWORD": "p@ss/word"}) == (
        "postgresql://bridge:p%40ss%2Fword@db.example/outbox"
    )
    park, house, barn, files, *rest = found.sources
    assert isinstance(park, MqttSettings)
    assert (park.port, park.tls, park.authenticated) == (8883, ClientTls(tmp_path / "ca.pem", None), True)
    assert house == P1TcpSettings("house", "10.0.0.7", 2001, 10)
    assert barn == P1SerialSettings("barn", "/dev/ttyUSB0", 9600, "7E1", 60)
    assert files == InboxSettings("files", tmp_path / "inbox")
    assert [one.name for one in rest] == ["gateway", "roof", "stations", "demo"]
    own, station = found.meters
    assert (own.meter, own.register, own.source, own.key) == ("7", None, None, None)
    assert (station.register, station.key) == ("1.8.0", meters.key(Curve.BRAINPOOLP256R1))


def test_a_password_that_is_not_set_is_said(config):
    with pytest.raises(SettingsError, match="variable OUTBOX_PASSWORD is not set"):
        config(FULL).outbox.where({})


MQTT = 'kind = "mqtt"\nname = "m"\nhost = "h"\ntopic = "park/+/telegram"\nclient_id = "c"\n'
WRONG = {
    "no chain": ("", "bridge.toml: chain is missing"),
    "not TOML": ("[chain", "bridge.toml: "),
    "unknown": (LEAST + "[speed]\nfast = true", "speed is not known here"),
    "unknown inside": (LEAST + "host = '::1'\nfast = true", "http: fast is not known here"),
    "RPC": (LEAST.replace("http://", "ftp://"), "chain: rpc is 'ftp://127.0.0.1:8545', no URL"),
    "clock": (LEAST.replace("[chain]", "[chain]\nclock = 'sun'"), "chain: clock is 'sun', not machine or chain"),
    "port": (LEAST.replace("8090", "80900"), "http: port is 80900, not a whole number from 1 to 65535"),
    "port as text": (LEAST.replace("8090", "'8090'"), "port is '8090', not a whole number"),
    "port as a flag": (LEAST.replace("8090", "true"), "port is True, not a whole number"),
    "key": (LEAST.replace("environment =", "key ="), "attester: key does not stand in the file"),
    "no key": (LEAST.replace('environment = "ATTESTER_KEY"', ""), "name one of the two"),
    "variable": (LEAST.replace("ATTESTER_KEY", "0x12"), "'0x12', no name of an environment variable"),
    "database password": (
        LEAST + '[outbox]\nurl = "postgresql://a:b@c/d"',
        "outbox: url has a password in it; name a variable with password_environment",
    ),
    "database": (LEAST + '[outbox]\nurl = "mysql://a@c/d"', "neither a file nor at postgresql://"),
    "kind": (LEAST + "[[sources]]\nname = 'a'\nkind = 'smoke'", "sources 'a': kind is 'smoke', not mqtt or"),
    "name": (LEAST + "[[sources]]\nname = 'a/b'\nkind = 'inbox'", "name is 'a/b'; it is small letters"),
    "two names": (LEAST + 2 * "[[sources]]\nname='a'\nkind='inbox'\nfolder='a'\n", "two sources have the name a"),
    "topic": (LEAST + "[[sources]]\n" + MQTT.replace("+", "#"), "one level + for the meter"),
    "trust without TLS": (LEAST + "[[sources]]\n" + MQTT + "trust = 'B'", "trust B needs tls"),
    "trust without a name": (
        LEAST + "[[sources]]\n" + MQTT + "trust = 'B'\ntls = {ca = 'ca.pem'}",
        "trust B needs tls, and a password or a certificate",
    ),
    "a password in the file": (
        LEAST + "[[sources]]\n" + MQTT + "password = 'x'",
        "password does not stand in the file",
    ),
    "a name without a password": (LEAST + "[[sources]]\n" + MQTT + "username = 'x'", "stand together"),
    "a token in the file": (
        LEAST + "[[sources]]\nname='a'\nkind='http'\ntoken='x'",
        "token does not stand in the file",
    ),
    "P1 without a place": (LEAST + "[[sources]]\nname='a'\nkind='p1'", "behind a host and port, or at a device"),
    "no charge points": (LEAST + "[[sources]]\nname='a'\nkind='ocpp'\nport=1", "charge_points is missing"),
    "device": (LEAST + "[[meters]]\ndevice = 0", "device is 0, not a whole number from 1"),
    "two devices": (LEAST + 2 * "[[meters]]\ndevice = 7\n", "two meters have the device 7"),
    "register": (LEAST + "[[meters]]\ndevice = 7\nregister = 'total'", "meters 7: register: 'total' is no register"),
    "source": (LEAST + "[[meters]]\ndevice = 7\nsource = 'x'", "meters 7: there is no source 'x'"),
    "a key of the chain's": (
        LEAST + f"[[meters]]\ndevice = 7\nkey = '{P256}'",
        "a key on secp256r1 is registered on the chain, and taken from there",
    ),
    "no key at all": (LEAST + "[[meters]]\ndevice = 7\nkey = '00'", "meters 7: 1 bytes are neither a key"),
    "peer": (
        LEAST + "[[peers]]\nname='p'\naddress='0x12'\nurl='http://x'",
        "peers 'p': address is '0x12', no address",
    ),
    "not a list": (LEAST + "[sources]\nname = 'a'", "sources is not a list of tables"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_in_one_line(config, text, message):
    with pytest.raises(SettingsError) as error:
        config(text)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_the_files_in_the_documentation_are_read(config):
    """The first is whole; the others are parts, each of which may follow it."""
    text = Path("docs/metering/bring_your_meter.md").read_text()
    whole, *parts = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    found = config(whole)
    assert (len(found.sources), len(found.meters)) == (1, 1)
    assert len(parts) == 8
    for part in parts:
        added = config(whole.replace('"files"', '"first"') + part).sources
        assert len(added) == 2


def test_every_source_is_built_from_its_settings(config):
    certificates = 'tls = { ca = "ca.pem" }'
    settings = config(FULL.replace(f'trust = "B"\n{certificates}', "")).sources
    environment = {"MQTT_PASSWORD": "a", "GATEWAY_TOKEN": "b", "STALL_1": "c"}
    sources = sources_of(settings, CHAIN_ID, CONTRACT, environment)
    assert [source.name for source in sources] == ["park", "house", "barn", "files", "roof", "stations", "demo"]
    assert [route.path for route in routes_of(settings, lambda _: [], environment)] == ["/sources/gateway"]
    with pytest.raises(SettingsError, match="STALL_1 is not set"):
        sources_of(settings, CHAIN_ID, CONTRACT, {**environment, "STALL_1": ""})


def test_a_file_that_is_not_there_is_said():
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        read_config(Path("nowhere.toml"))

"""How a bridge of the tests reaches a broker of the tests."""

from pathlib import Path

from tests.mosquitto import BRIDGE, TOPIC
from wattbook.bridge.sources.settings import ClientTls, MqttSettings

PASSWORD = "WATTBOOK_TEST_MQTT"


def settings(port, ca, **fields):
    usual = {
        "name": "park",
        "host": "127.0.0.1",
        "port": port,
        "topic": TOPIC,
        "client_id": "bridge-1",
        "username": BRIDGE,
        "password_environment": PASSWORD,
        "tls": ClientTls(Path(ca), None),
        "authenticated": True,
    }
    return MqttSettings(**{**usual, **fields})

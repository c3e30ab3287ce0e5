"""How records come from the meters to the bridges, with a broker that is killed and a disk that is full."""

import os
import signal
import sqlite3
import time
from threading import Event

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.park.test_parts import until
from tests.ports import free_port
from tests.services import missing
from wattbook.park import meters
from wattbook.park.meters import MetersFile, bring
from wattbook.park.settings import Folder, ParkSettings
from wattbook.park.supervisor import Part, Supervisor, broker


@pytest.fixture
def folder(tmp_path):
    made = Folder(tmp_path)
    made.logs.mkdir()
    made.keep(
        ParkSettings(2, "seed", {"broker": free_port(), "bridge-1": free_port(), "bridge-2": free_port()}, True, 0)
    )
    return made


@pytest.fixture
def park(folder):
    if broker() is None:
        missing("Mosquitto is not on this machine: no mosquitto is found")
    made = Supervisor(folder, folder.settings())
    made._start(Part("broker", [broker(), "-c", str(made._lay_out_broker())]))
    yield made
    made.stop()


class Listener:
    """A bridge as the broker knows it: what is published while it is away waits for it."""

    def __init__(self, port):
        self.heard = set()
        self._client = Client(CallbackAPIVersion.VERSION2, "bridge-1", protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_message = lambda _, __, message: self.heard.add(bytes(message.payload))
        self._subscribed = Event()
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_connect = lambda client, *_: client.subscribe("park/+/reading", 1)
        session = Properties(PacketTypes.CONNECT)
        session.SessionExpiryInterval = 600
        until(lambda: connects(self._client, port, session))
        self._client.loop_start()
        assert self._subscribed.wait(10)

    def leave(self):
        self._client.disconnect()
        self._client.loop_stop()


def connects(client, port, session):
    try:
        client.connect("127.0.0.1", port, clean_start=False, properties=session)
    except OSError:
        return False
    return True


def test_a_broker_that_is_killed_loses_nothing(folder, park):
    port, file, stop = folder.settings().ports["broker"], MetersFile(folder.meters), Event()
    Listener(port).leave()
    # As long as it takes to be written down.
    time.sleep(1.5)
    [thread] = [thread for thread in meters.bringing(folder, "token", stop) if thread.name == "broker"]
    records = [("broker", number, f"record {number}".encode()) for number in range(40)]
    file.keep(1_200, {}, {}, records)
    until(lambda: b"record 39" in (folder.path / "mosquitto.db").read_bytes())
    file.keep(1_212, {}, {}, [("broker", 40, b"the last")])
    time.sleep(0.3)
    os.kill(park.pids["broker"], signal.SIGKILL)
    until(lambda: "broker" in park.watch())
    listener = Listener(port)
    until(lambda: len(listener.heard) == 41)
    until(lambda: file.waiting() == 0)
    listener.leave()
    stop.set()
    thread.join(10)


def test_what_a_broker_had_taken_and_lost_is_published_again(folder, park):
    port, file, stop = folder.settings().ports["broker"], MetersFile(folder.meters), Event()
    [thread] = [thread for thread in meters.bringing(folder, "token", stop) if thread.name == "broker"]
    first = Listener(port)
    file.keep(1_200, {}, {}, [("broker", number, f"record {number}".encode()) for number in range(40)])
    until(lambda: len(first.heard) == 40)
    first.leave()
    os.kill(park.pids["broker"], signal.SIGKILL)
    until(lambda: "broker" not in park.pids)
    (folder.path / "mosquitto.db").unlink(missing_ok=True)
    until(lambda: "broker" in park.watch())
    # It comes back before the meters do, who wait for a second.
    again = Listener(port)
    until(lambda: len(again.heard) == 40)
    again.leave()
    stop.set()
    thread.join(10)


def test_a_file_that_cannot_be_read_for_a_while_ends_no_way(folder, monkeypatch):
    stop, tried = Event(), []

    def fails(self, way, after=0):
        tried.append(way)
        if len(tried) == 2:
            stop.set()
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(meters, "_AGAIN", 0.01)
    monkeypatch.setattr(MetersFile, "unsent", fails)
    bring(folder, "bridge-1", "token", stop)
    assert tried == ["bridge-1", "bridge-1"]

"""A bridge at a real Mosquitto, with TLS, a password and an ACL."""

import os
import signal
import subprocess
import sys

import pytest

from tests.bridge.sources.brokers import PASSWORD, settings
from tests.bridge.sources.mqtt_child import POINTS
from tests.bridge.verify.devices import NOW, registered, signed
from tests.mosquitto import BRIDGE, make_certificates
from wattbook.bridge.formats.records import Trust
from wattbook.bridge.outbox.records import OutboxError
from wattbook.bridge.sources.mqtt import Mqtt
from wattbook.bridge.verify import plain


def source(broker, **fields):
    return Mqtt(settings(broker.port, broker.ca, **fields), {PASSWORD: broker.passwords[BRIDGE]})


def stored(outbox, device):
    return [one.time for one in outbox.readings.between(device, 0, 2**40)]


def taken(intake):
    return sum(intake.counts.taken.values())


def test_readings_arrive_and_are_acknowledged(mosquitto, running, eventually, intake, outbox):
    bridge = source(mosquitto)
    end = running(bridge, intake.take)
    eventually(lambda: not bridge.trouble)
    mosquitto.publish("7", *[signed(7, number) for number in range(50)])
    eventually(lambda: len(stored(outbox, 7)) == 50)
    end()
    running(source(mosquitto), intake.take)
    mosquitto.publish("8", signed(8))
    eventually(lambda: stored(outbox, 8))
    assert not intake.counts.repeated["park"]


def test_what_was_published_while_nobody_listened_survives_a_restart_of_the_broker(
    mosquitto, running, eventually, intake, outbox
):
    bridge = source(mosquitto)
    end = running(bridge, intake.take)
    eventually(lambda: not bridge.trouble)
    end()
    mosquitto.publish("7", *[signed(7, number) for number in range(30)])
    mosquitto.stop()
    mosquitto.start()
    running(source(mosquitto), intake.take)
    eventually(lambda: len(stored(outbox, 7)) == 30)


def test_it_comes_back_after_the_broker(mosquitto, running, eventually, intake, outbox):
    bridge = source(mosquitto)
    running(bridge, intake.take)
    eventually(lambda: not bridge.trouble)
    mosquitto.stop()
    eventually(lambda: bridge.trouble)
    mosquitto.start()
    eventually(lambda: not bridge.trouble)
    mosquitto.publish("7", signed(7))
    eventually(lambda: stored(outbox, 7))


@pytest.mark.parametrize("point", POINTS)
def test_killed_around_the_commit_it_is_delivered_again_and_stored_once(
    mosquitto, running, eventually, intake, outbox, tmp_path, point
):
    bridge = source(mosquitto)
    end = running(bridge, intake.take)
    eventually(lambda: not bridge.trouble)
    end()
    mosquitto.publish("7", *[signed(7, number) for number in range(40)])
    command = [sys.executable, "-m", "tests.bridge.sources.mqtt_child"]
    arguments = [str(tmp_path / "outbox.db"), str(mosquitto.port), str(mosquitto.ca), point]
    environment = {**os.environ, PASSWORD: mosquitto.passwords[BRIDGE]}
    child = subprocess.run([*command, *arguments], env=environment, timeout=240, check=False)
    assert child.returncode == -signal.SIGKILL
    before = len(stored(outbox, 7))
    assert (before > 0) == (point == "after_commit")
    running(source(mosquitto), intake.take)
    eventually(lambda: len(stored(outbox, 7)) == 40)
    eventually(lambda: intake.counts.repeated["park"] == before)
    assert not intake.counts.refused


def test_while_the_outbox_is_away_nothing_is_acknowledged(mosquitto, running, eventually, intake, outbox):
    failures = []

    def failing(arrivals):
        failures.append(len(arrivals))
        raise OutboxError("the disk is full")

    bridge = source(mosquitto)
    end = running(bridge, failing)
    eventually(lambda: not bridge.trouble)
    mosquitto.publish("7", signed(7))
    eventually(lambda: len(failures) > 1)
    assert bridge.held_up == "the disk is full"
    end()
    assert stored(outbox, 7) == []
    running(source(mosquitto), intake.take)
    eventually(lambda: stored(outbox, 7))


def test_a_client_cannot_speak_for_another(mosquitto, running, eventually, intake, outbox):
    bridge = source(mosquitto)
    running(bridge, intake.take)
    eventually(lambda: not bridge.trouble)
    # Mosquitto drops what the ACL forbids without a word to the client.
    mosquitto.publish("8", signed(7), topic="park/7/telegram")
    mosquitto.publish("8", signed(7))
    mosquitto.publish("7", signed(7, 1))
    eventually(lambda: len(stored(outbox, 7)) == 1 and outbox.refusals.counts())
    assert [(one.reason, one.count) for one in outbox.refusals.counts()] == [("other-meter", 1)]


def test_a_plain_reading_over_a_connection_that_is_known_has_trust_b(
    mosquitto, running, eventually, intake, outbox, directory
):
    directory.replace([registered(40, meter="roof-3", key=None)])
    bridge = source(mosquitto)
    running(bridge, intake.take)
    eventually(lambda: not bridge.trouble)
    mosquitto.publish("roof-3", plain.written("roof-3", "1.8.0", NOW, 5))
    eventually(lambda: taken(intake))
    assert outbox.readings.between(40, 0, 2**40)[0].trust == Trust.B


def test_a_wrong_password_is_said(mosquitto, running, eventually, intake):
    bridge = Mqtt(settings(mosquitto.port, mosquitto.ca), {PASSWORD: "wrong"})
    running(bridge, intake.take)
    eventually(lambda: "refuses the connection" in bridge.trouble)


def test_a_broker_with_another_authoritys_certificate_is_not_spoken_to(
    mosquitto, running, eventually, intake, tmp_path
):
    make_certificates(tmp_path)
    bridge = Mqtt(settings(mosquitto.port, tmp_path / "ca.pem"), {PASSWORD: mosquitto.passwords[BRIDGE]})
    running(bridge, intake.take)
    eventually(lambda: "not as TLS asks" in bridge.trouble)

"""A bridge of one MQTT source in a process of its own, killed between receipt and commit, or after the commit.

python -m tests.bridge.sources.mqtt_child DATABASE PORT CA POINT
"""

import os
import signal
import sys
from threading import Event

from tests.bridge.sources.brokers import settings
from tests.bridge.verify.devices import MARKET, registered
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.outbox.readings import Readings
from wattbook.bridge.sources.mqtt import Mqtt
from wattbook.bridge.verify.directory import Directory
from wattbook.bridge.verify.intake import Intake

POINTS = ("before_commit", "after_commit")


def die_at(point: str) -> None:
    add = Readings.add

    def dying(self, found):
        if point == "after_commit":
            add(self, found)
        os.kill(os.getpid(), signal.SIGKILL)

    Readings.add = dying


def main(where: str, port: str, ca: str, point: str) -> None:
    die_at(point)
    intake = Intake(Outbox(where), Directory([registered(7), registered(8)]), MARKET)
    Mqtt(settings(int(port), ca)).run(intake.take, Event())


if __name__ == "__main__":
    main(*sys.argv[1:])

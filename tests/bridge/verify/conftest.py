"""An intake at an outbox in a file."""

import time
from collections.abc import Callable

import pytest

from tests.bridge.verify.devices import MARKET, registered
from tests.postgres import postgres as postgres
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.verify.directory import Directory
from wattbook.bridge.verify.intake import Intake


@pytest.fixture
def outbox(tmp_path):
    outbox = Outbox(str(tmp_path / "outbox.db"))
    yield outbox
    outbox.close()


@pytest.fixture
def directory():
    return Directory([registered(7), registered(8)])


@pytest.fixture
def intake(outbox, directory):
    return Intake(outbox, directory, MARKET)


@pytest.fixture
def eventually():
    """Waits until something holds, and says what it was that never did."""

    def wait(condition: Callable[[], object], seconds: int = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it never came true"
            time.sleep(0.02)

    return wait

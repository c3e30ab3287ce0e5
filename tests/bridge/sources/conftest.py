"""Sources that run in threads, and brokers of their own."""

from collections.abc import Callable
from threading import Event, Thread

import pytest

from tests.bridge.verify.conftest import directory as directory
from tests.bridge.verify.conftest import eventually as eventually
from tests.bridge.verify.conftest import intake as intake
from tests.bridge.verify.conftest import outbox as outbox
from tests.mosquitto import mosquitto as mosquitto
from wattbook.bridge.sources.source import Source, Take


@pytest.fixture
def running():
    """Runs sources until the test ends; returns a function that stops the one it started."""
    started: list[tuple[Event, Thread]] = []

    def run(source: Source, take: Take) -> Callable[[], None]:
        stop = Event()
        thread = Thread(target=source.run, args=(take, stop), daemon=True)
        started.append((stop, thread))
        thread.start()

        def end():
            stop.set()
            thread.join(60)
            assert not thread.is_alive()

        return end

    yield run
    for stop, thread in started:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()

"""A chain whose blocks the test seals, and a sender whose clock it moves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bridge.outbox.databases import where as where
from tests.bridge.sender.desk import Desk
from tests.bridge.sender.once import Once
from tests.postgres import postgres as postgres
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.deployment.anvil import PlainAnvil


@pytest.fixture
def once() -> Iterator[Once]:
    with PlainAnvil("--no-mining", "--accounts", "20") as chain:
        yield Once(chain)


@pytest.fixture
def desk(once: Once, tmp_path: Path) -> Iterator[Desk]:
    outbox = Outbox(str(tmp_path / "outbox.db"))
    desk = Desk(once, outbox)
    with outbox.sole(desk.account.address) as desk.lock:
        desk.restart()
        yield desk
    outbox.close()

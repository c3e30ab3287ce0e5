"""Outboxes in real databases."""

import socket
from collections.abc import Iterator

import pytest

from tests.bridge.outbox.databases import where as where
from tests.postgres import postgres as postgres
from wattbook.bridge.outbox.outbox import Outbox


@pytest.fixture
def outbox(where: str) -> Iterator[Outbox]:
    outbox = Outbox(where)
    yield outbox
    outbox.close()


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

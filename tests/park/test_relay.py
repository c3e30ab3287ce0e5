"""How a process of the park sends: what comes of it when blocks are taken back."""

from types import SimpleNamespace

import pytest

from wattbook.deployment.anvil import PlainAnvil
from wattbook.deployment.local import known_account
from wattbook.park import chain as park_chain
from wattbook.park.chain import Call, Relay, ask

OTHER = known_account("regulator").address


@pytest.fixture
def chain(monkeypatch):
    monkeypatch.setattr(park_chain, "_LOST_AFTER", 0)
    with PlainAnvil("--no-mining", "--base-fee", "0", "--gas-price", "0", "--order", "fifo") as chain:
        yield chain


@pytest.fixture
def relay(chain):
    return Relay(SimpleNamespace(chain=chain), known_account("administrator"))


def calls(*names: str) -> list[Call]:
    return [Call(name, OTHER, "0x", 21_000) for name in names]


def ended(relay: Relay) -> list[tuple[str, bool]]:
    return [(one.call.what, one.succeeded) for one in relay.follow()]


def test_ended_when_it_is_in_a_block(chain, relay):
    relay.send(calls("first", "second"))
    assert (ended(relay), relay.under_way) == ([], {"first", "second"})
    ask(chain, "evm_mine")
    assert ended(relay) == [("first", True), ("second", True)]
    assert relay.under_way == set()
    assert relay.reached == (1, ask(chain, "eth_getBlockByNumber", "0x1", False)["hash"])


def test_what_the_node_has_no_more_is_lost(chain, relay):
    relay.send(calls("first"))
    ask(chain, "anvil_dropAllTransactions")
    assert ended(relay) == [("first", False)]
    relay.send(calls("again"))
    ask(chain, "evm_mine")
    assert ended(relay) == [("again", True)]


def test_nothing_waits_for_what_was_taken_back(chain, relay):
    """The transactions before it are in no block any more, and the node does not seal them again."""
    relay.send(calls("first", "second", "third"))
    ask(chain, "evm_mine")
    assert len(ended(relay)) == 3
    ask(chain, "anvil_reorg", 1, [])
    relay.send(calls("fourth", "fifth"))
    ask(chain, "evm_mine")
    assert (ended(relay), relay.under_way) == ([], {"fourth", "fifth"})
    ask(chain, "evm_mine")
    assert ended(relay) == [("fourth", True), ("fifth", True)]
    sent = ask(chain, "eth_getBlockByNumber", "latest", True)["transactions"]
    assert [(int(one["nonce"], 16), one["to"]) for one in sent] == [
        *((nonce, known_account("administrator").address.lower()) for nonce in range(3)),
        *((nonce, OTHER.lower()) for nonce in (3, 4)),
    ]

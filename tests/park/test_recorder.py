"""The park's node: what it had not written down when it was killed is there again, block by block."""

import os
import signal
import sqlite3
import time
from types import SimpleNamespace

import pytest
from hexbytes import HexBytes

from tests.park.test_parts import until
from tests.ports import free_port
from wattbook.deployment.local import known_account
from wattbook.errors import ChainError
from wattbook.park.chain import ask
from wattbook.park.live import LivePark
from wattbook.park.people import write_registers
from wattbook.park.recorder import BlocksFile, Recorder
from wattbook.park.settings import Folder, ParkSettings
from wattbook.park.settler import Done, Settler
from wattbook.park.supervisor import ParkError, Supervisor


@pytest.fixture
def folder(tmp_path):
    made = Folder(tmp_path)
    made.logs.mkdir()
    made.keep(ParkSettings(2, "seed", {"chain": free_port()}, False, int(time.time()) - 1_000))
    return made


@pytest.fixture
def park(folder):
    """A supervisor whose node has a founding of one block behind it, and makes blocks when it is asked to."""
    made = Supervisor(folder, folder.settings())
    chain = made.start_chain()
    ask(chain, "evm_mine")
    made.stop("chain")
    write_registers(folder.registers, [])
    yield made
    made.stop()


def seal(chain, *nonces):
    """A block with a transaction for each nonce, and its hash."""
    account = known_account("grid")
    for nonce in nonces:
        fields = {"chainId": chain.chain_id, "to": account.address, "gas": 21_000, "gasPrice": 0, "value": 0}
        raw = account.sign_transaction({**fields, "nonce": nonce}).raw_transaction
        ask(chain, "eth_sendRawTransaction", HexBytes(raw).to_0x_hex())
    ask(chain, "evm_mine")
    return ask(chain, "eth_getBlockByNumber", "latest", False)["hash"]


def hashes(chain):
    newest = int(ask(chain, "eth_blockNumber"), 16)
    return [ask(chain, "eth_getBlockByNumber", hex(number), False)["hash"] for number in range(newest + 1)]


def test_a_node_that_is_killed_has_all_its_blocks_again(folder, park):
    chain = park.start_chain()
    recorder = Recorder(folder)
    sealed = [seal(chain, 0, 1), seal(chain), seal(chain, 2)]
    recorder.step()
    assert BlocksFile(folder.blocks).newest() == 4
    os.kill(park.pids["chain"], signal.SIGKILL)
    until(lambda: "chain" not in park.pids)
    assert park.watch() == ["chain"]
    assert hashes(chain)[2:5] == sealed
    # And goes on by the clock.
    until(lambda: len(hashes(chain)) > 5)
    assert int(ask(chain, "eth_getTransactionCount", known_account("grid").address, "latest"), 16) == 3


def test_a_node_that_lacks_blocks_is_not_seen(folder, park, monkeypatch):
    """Who follows it would take those that it lacks for taken back, and its recorder would forget them."""
    chain = park.start_chain()
    recorder, given, seen = Recorder(folder), Supervisor._is_given, []
    sealed = [seal(chain, 0), seal(chain, 1)]
    recorder.step()

    def looks(self, chain):
        with pytest.raises(ChainError):
            recorder.step()
        seen.append(given(self, chain))
        with pytest.raises(ChainError):
            recorder.step()
        return seen[-1]

    monkeypatch.setattr(Supervisor, "_is_given", looks)
    park.parts["chain"].end_at_once()
    assert hashes(park.start_chain())[2:] == sealed
    assert seen == [True, False]
    recorder.step()
    assert BlocksFile(folder.blocks).newest() == 3


def test_blocks_that_are_others_than_they_were(folder, park):
    chain = park.start_chain()
    recorder = Recorder(folder)
    kept, gone = seal(chain, 0), seal(chain, 1)
    recorder.step()
    ask(chain, "anvil_reorg", 1, [])
    recorder.step()
    file = BlocksFile(folder.blocks)
    assert file.hash_of(2) == HexBytes(kept) and file.newest() == 3 and file.hash_of(3) != HexBytes(gone)
    assert [len(one.transactions) for one in file.after(1)] == [1, 0]
    ask(chain, "anvil_rollback", 1)
    recorder.step()
    assert file.newest() == 2


def test_no_other_node_on_its_port_is_taken_for_it(folder, park, tmp_path):
    park.start_chain()
    Recorder(folder).step()
    known = BlocksFile(folder.blocks).newest()
    park.parts["chain"].end_at_once()
    elsewhere = Folder(tmp_path / "other")
    elsewhere.logs.mkdir(parents=True)
    other = Supervisor(elsewhere, folder.settings())
    other.start_chain()
    with pytest.raises(ParkError, match="Address already in use"):
        park.start_chain()
    other.stop()
    assert BlocksFile(folder.blocks).newest() == known
    assert len(hashes(park.start_chain())) == known + 1


def test_a_state_that_is_not_whole_is_not_taken(folder, park):
    chain = park.start_chain()
    sealed = seal(chain, 0)
    Recorder(folder).step()
    park.parts["chain"].end_at_once()
    folder.ending_state.write_text('{"block":{"number":"0x1"}')
    before = folder.state.read_bytes()
    folder.take_state()
    assert folder.state.read_bytes() == before and not folder.ending_state.exists()
    chain = park.start_chain()
    assert hashes(chain)[2] == sealed
    park.stop("chain")
    assert folder.state.read_bytes() != before
    chain = park.start_chain()
    assert hashes(chain)[2] == sealed
    assert list(BlocksFile(folder.blocks).after(2)) == []


def test_what_another_chain_told_is_done_again_also_by_one_who_begins_anew(folder, park):
    chain = park.start_chain()
    number, hash_ = 2, seal(chain, 0)

    def look():
        settler = object.__new__(Settler)
        settler._market, settler._done = SimpleNamespace(chain=chain), Done(folder.settled)
        settler._waiting, settler._sent, settler._failed = {}, {}, set()
        settler._looked_back()
        return settler._done

    Done(folder.settled).reach(number, hash_)
    Done(folder.settled).counted(chain.now, chain.now)
    assert look().counted_until == chain.now
    ask(chain, "anvil_reorg", 1, [])
    assert look().counted_until == 0
    assert look().reached is None


def test_a_node_that_cannot_have_its_blocks_yet_begins_once_more(park, monkeypatch):
    """The file that has them is on a disk that is full, for instance."""
    park.start_chain()
    play, tried = Supervisor._is_given, []

    def fails_once(self, chain):
        tried.append(chain)
        if len(tried) == 1:
            raise sqlite3.OperationalError("database or disk is full")
        return play(self, chain)

    monkeypatch.setattr(Supervisor, "_is_given", fails_once)
    park.parts["chain"].end_at_once()
    assert park.watch() == []
    assert "chain" not in park.pids
    until(lambda: park.watch() == ["chain"])
    assert "chain" in park.pids and len(tried) == 2


def test_a_node_that_does_not_answer_ends_no_park():
    def refuses():
        raise ChainError("the node does not answer any more")
        yield

    park, said = object.__new__(LivePark), []
    park.ledger, park._progress = SimpleNamespace(new=refuses), lambda *what: said.append(what)
    assert list(park._new()) == []
    assert said == [("chain: the node does not answer any more", 0, 0)]

"""A chain of one's own leaves nothing behind, whenever it is stopped."""

import signal
import subprocess
from threading import Thread

import pytest

from wattbook.deployment import anvil
from wattbook.deployment.anvil import Anvil, pass_time, signals_later


@pytest.fixture
def stopping():
    """Signals stop what runs here, as Python does it by itself."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(params=[1, 2], ids=["the empty one", "its own"])
def begun(request, monkeypatch, tmp_path, stopping):
    """Processes that are begun; a signal comes before anybody knows of the last."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    found, begin = [], subprocess.Popen

    def interrupted(*arguments, **options):
        found.append(begin(*arguments, **options))
        if len(found) == request.param:
            signal.raise_signal(signal.SIGTERM)
        return found[-1]

    monkeypatch.setattr(anvil.subprocess, "Popen", interrupted)
    yield found
    assert len(found) == request.param


def test_stopped_before_it_is_known(begun, tmp_path):
    with pytest.raises(KeyboardInterrupt), Anvil():
        pytest.fail("it was begun")
    assert all(process.poll() is not None for process in begun)
    assert not list(tmp_path.glob("wattbook-anvil-*"))
    assert signal.getsignal(signal.SIGTERM) == signal.default_int_handler


def test_stopped_while_it_stops(monkeypatch, stopping):
    """Neither of its processes outlives it."""
    ended, wait = [], subprocess.Popen.wait

    def interrupted(process, *arguments):
        if not ended:
            signal.raise_signal(signal.SIGTERM)
        ended.append(process)
        return wait(process, *arguments)

    node = Anvil()
    node.__enter__()
    with monkeypatch.context() as patched:
        patched.setattr(subprocess.Popen, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            node.stop()
    assert len(ended) == 2 and all(process.poll() is not None for process in ended)


@pytest.mark.parametrize("place", [1, 2, 3, 4])
def test_signals_are_heard_again(place, monkeypatch, stopping):
    """Whenever they come: while they are put off, or are so no longer."""
    changed, change = [], signal.signal

    def interrupted(number, handler):
        changed.append(change(number, handler))
        if len(changed) == place:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)
        return changed[-1]

    with monkeypatch.context() as patched:
        patched.setattr(signal, "signal", interrupted)
        with pytest.raises(KeyboardInterrupt), signals_later():
            pass
    assert len(changed) >= place
    heard = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert heard == [signal.default_int_handler] * 2


def test_whose_states_cannot_be_taken_away(monkeypatch):
    """The process of the other ends all the same."""
    begun, begin = [], subprocess.Popen

    def noted(*arguments, **options):
        begun.append(begin(*arguments, **options))
        return begun[-1]

    monkeypatch.setattr(anvil.subprocess, "Popen", noted)

    def refuse(folder):
        raise OSError("the disk is gone")

    node = Anvil()
    node.__enter__()
    with monkeypatch.context() as patched:
        patched.setattr(anvil.TemporaryDirectory, "cleanup", refuse)
        with pytest.raises(OSError, match="the disk is gone"):
            node.stop()
    assert [process.poll() is not None for process in begun] == [True, True]


def test_in_a_thread():
    """Of signals a thread is told nothing, and may not ask."""
    numbers = []

    def run():
        with Anvil() as chain:
            numbers.append(chain.chain_id)

    thread = Thread(target=run)
    thread.start()
    thread.join()
    assert numbers == [31337]


def test_does_not_hash_its_whole_state():
    """That takes most of the time of a node with much state; it is what the empty chain is for."""
    with Anvil() as chain:
        pass_time(chain, 1)
        block = chain.web3.eth.get_block("latest")
        assert (block["number"], bytes(block["stateRoot"])) == (1, bytes(32))
        assert block["parentHash"].to_0x_hex() == chain.genesis

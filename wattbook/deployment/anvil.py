"""A local chain of one's own: anvil, on a free port, for as long as a `with` block lasts."""

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from threading import Thread, current_thread, main_thread
from types import TracebackType
from typing import IO

from web3.types import RPCEndpoint

from wattbook.chain import Chain
from wattbook.deployment.direct import direct
from wattbook.errors import ChainError, ToolMissing


class Anvil:
    """`with Anvil() as chain:` starts a chain and stops it by its process id at the end.

    It forks an empty chain that is begun the same way: a node that forks does not hash its whole state for each block,
    which would be most of its work.
    """

    _forks = True

    def __init__(self, *options: str) -> None:
        self._options = options
        self._nodes: list[_Node] = []

    def __enter__(self) -> Chain:
        try:
            rpc = self._begin(*self._options)
            if self._forks:
                rpc = self._begin(*self._options, "--fork-url", rpc, "--no-storage-caching")
            return direct(rpc)
        except BaseException:
            self.stop()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def rpc(self) -> str:
        """Where it answers, while it runs."""
        return self._nodes[-1].rpc

    @property
    def number(self) -> int:
        """The number of its process, while it runs."""
        return self._nodes[-1].number

    def stop(self) -> None:
        with signals_later(), ExitStack() as stopping:
            for node in self._nodes:
                stopping.callback(node.stop)
            self._nodes = []

    def _begin(self, *options: str) -> str:
        with signals_later():
            self._nodes.append(_Node(*options))
        return self._nodes[-1].listen()


class PlainAnvil(Anvil):
    """One that can be reorganised: of a chain that forks, what is taken back may stay done, or cannot be taken back."""

    _forks = False


class _Node:
    """A process of anvil.

    It takes a free port itself and says which: one that is chosen for it, another could take before it does.
    Anvil puts old states on disk and leaves them there, hundreds of megabytes for a long run: here they go with it.
    """

    def __init__(self, *options: str) -> None:
        self.rpc = ""
        self._command = [anvil_program(), "--host", "127.0.0.1", "--port", "0", *options]
        self._states = TemporaryDirectory(prefix="wattbook-anvil-")
        self._process = subprocess.Popen(
            [*self._command, "--cache-path", self._states.name], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )

    @property
    def number(self) -> int:
        return self._process.pid

    def listen(self) -> str:
        """Waits until it answers, and says where."""
        assert self._process.stdout
        said = SimpleQueue[str]()
        Thread(target=_listen, args=(self._process.stdout, said), daemon=True).start()
        deadline = time.monotonic() + 30
        while not self.rpc:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise ChainError(f"anvil did not start ({' '.join(self._command)})")
            with suppress(Empty):
                self.rpc = f"http://{said.get(timeout=0.05)}"
        return self.rpc

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._states.cleanup()


@contextmanager
def signals_later() -> Iterator[None]:
    """What a signal would have this process do is done after what is done inside: who is stopped between a process's
    start and its being known would leave it behind. Only the main thread is told of signals."""
    if current_thread() is not main_thread():
        yield
        return
    came: list[int] = []

    def come() -> None:
        for number in came:
            signal.raise_signal(number)

    with ExitStack() as after:
        after.callback(come)
        for number in (signal.SIGINT, signal.SIGTERM):
            after.callback(signal.signal, number, signal.getsignal(number))
            signal.signal(number, lambda number, frame: came.append(number))
        yield


def pass_time(chain: Chain, seconds: int) -> None:
    """Moves a local chain's clock forward and seals a block."""
    for method, parameters in (("evm_increaseTime", [seconds]), ("evm_mine", [])):
        response = chain.web3.provider.make_request(RPCEndpoint(method), parameters)
        if "error" in response:
            raise ChainError(f"the node's clock cannot be moved: {response['error']}")


def _listen(output: IO[bytes], said: SimpleQueue[str]) -> None:
    """Passes on where it listens, and reads the rest away, so that it never waits for a reader."""
    with output:
        for line in output:
            if found := re.match(rb"Listening on (\S+)", line):
                said.put(found[1].decode())


def anvil_program() -> str:
    """Where the node is on this machine."""
    beside = Path(sys.executable).parent / "anvil"
    found = str(beside) if beside.exists() else shutil.which("anvil")
    if not found:
        raise ToolMissing("anvil is missing; a local chain needs a clone of Wattbook in which `make setup` has run")
    return found

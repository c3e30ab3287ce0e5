"""A local chain of one's own: anvil, on a free port, for as long as a `with` block lasts."""

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from threading import Thread
from types import TracebackType
from typing import IO

from web3.types import RPCEndpoint

from wattbook.chain import Chain
from wattbook.deployment.direct import direct
from wattbook.errors import ChainError, ToolMissing


class Anvil:
    """`with Anvil() as chain:` starts a chain and stops it by its process id at the end.

    It takes a free port itself and says which: one that is chosen for it, another could take before it does.
    Anvil puts old states on disk and leaves them there, hundreds of megabytes for a long run: here they go with it.
    """

    def __init__(self, *options: str) -> None:
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self._states: TemporaryDirectory[str] | None = None
        self.rpc = ""

    def __enter__(self) -> Chain:
        program = anvil_program()
        self._states = TemporaryDirectory(prefix="wattbook-anvil-")
        command = [program, "--host", "127.0.0.1", "--port", "0", "--cache-path", self._states.name, *self._options]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert self._process.stdout
        said: SimpleQueue[str] = SimpleQueue()
        Thread(target=_listen, args=(self._process.stdout, said), daemon=True).start()
        try:
            return self._connect(said, command)
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
    def number(self) -> int:
        """The number of its process, while it runs."""
        assert self._process
        return self._process.pid

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._states:
            self._states.cleanup()
            self._states = None

    def _connect(self, said: SimpleQueue[str], command: list[str]) -> Chain:
        assert self._process
        deadline = time.monotonic() + 30
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                self.rpc = self.rpc or f"http://{said.get(timeout=0.05)}"
                _ = Chain.at(self.rpc)
                return direct(self.rpc)
            except Empty:
                continue
            except ChainError:
                time.sleep(0.05)
        raise ChainError(f"anvil did not start ({' '.join(command)})")


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

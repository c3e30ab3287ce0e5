"""A local chain of one's own: anvil, on a free port, for as long as a `with` block lasts."""

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from web3.types import RPCEndpoint

from wattbook.chain import Chain
from wattbook.errors import ChainError, ToolMissing


class Anvil:
    """`with Anvil() as chain:` starts a chain and stops it by its process id at the end."""

    def __init__(self, *options: str) -> None:
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.rpc = ""

    def __enter__(self) -> Chain:
        port = _free_port()
        self.rpc = f"http://127.0.0.1:{port}"
        command = [
            _program(),
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--silent",
            *self._options,
        ]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            return self._connect(command)
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

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _connect(self, command: list[str]) -> Chain:
        assert self._process
        deadline = time.monotonic() + 30
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                return Chain.at(self.rpc)
            except ChainError:
                time.sleep(0.05)
        raise ChainError(f"anvil did not start ({' '.join(command)})")


def pass_time(chain: Chain, seconds: int) -> None:
    """Moves a local chain's clock forward and seals a block."""
    for method, parameters in (("evm_increaseTime", [seconds]), ("evm_mine", [])):
        response = chain.web3.provider.make_request(RPCEndpoint(method), parameters)
        if "error" in response:
            raise ChainError(f"the node's clock cannot be moved: {response['error']}")


def _program() -> str:
    beside = Path(sys.executable).parent / "anvil"
    found = str(beside) if beside.exists() else shutil.which("anvil")
    if not found:
        raise ToolMissing("anvil is missing; a local chain needs a clone of Wattbook in which `make setup` has run")
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""Starts the park's processes, starts again what died, and stops all of them by their ids."""

import ctypes
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from wattbook.chain import Chain
from wattbook.deployment.anvil import anvil_program
from wattbook.deployment.direct import direct
from wattbook.deployment.local import known_account
from wattbook.errors import ChainError, WattbookError
from wattbook.park.chain import ask
from wattbook.park.meters import TOKEN
from wattbook.park.people import read_registers, relay_account
from wattbook.park.ports import free_port, listens
from wattbook.park.pulse import Pulse
from wattbook.park.recorder import BlocksFile, block_of, play
from wattbook.park.settings import BRIDGES, Folder, ParkSettings

BLOCK_GAS = 200_000_000
_OPTIONS = (
    *("--hardfork", "prague", "--base-fee", "0", "--gas-price", "0", "--no-request-size-limit"),
    *("--gas-limit", "100000000000000"),
)
# Old states that the node keeps: as far back as its last blocks can be taken back.
_STATES = "32"
_ATTESTER, _RELAY = "PARK_ATTESTER_KEY", "PARK_RELAY_KEY"
# In the sequence in which they begin, those that are waited for by others first.
WORKERS = ("recorder", "desk", "keeper", "meters", "settler")
_SILENT_FOR, _BEGINS_WITHIN = 60.0, 300.0
_LONGEST_WAIT, _WELL_AFTER = 10.0, 60.0
_STOPS_WITHIN, _CHAIN_STARTS_WITHIN, _CHAIN_STOPS_WITHIN = 15, 180, 180
_POLL = 0.1
# Where Debian puts what is not for everybody's path.
_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/usr/local/bin")
_WATTBOOK = (sys.executable, "-c", "from wattbook.cli import main; main()")
_DIES_WITH_PARENT = 1


class ParkError(WattbookError):
    """The park cannot go on."""


@dataclass
class Part:
    """A process of the park, by its name."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0
    failures: int = 0
    starts_at: float = 0

    @property
    def is_up(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def end(self, within: float) -> None:
        """Asks it to end, and sees to it that it does."""
        if self.process is not None:
            if self.is_up:
                self.process.terminate()
            try:
                self.process.wait(within)
            except subprocess.TimeoutExpired:
                self.end_at_once()

    def end_at_once(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


class Supervisor:
    """All processes of a park. `watch` is to be called again and again."""

    def __init__(self, folder: Folder, settings: ParkSettings) -> None:
        self._folder, self._settings = folder, settings
        self.parts: dict[str, Part] = {}
        self._pulse: Pulse | None = None

    @property
    def pids(self) -> dict[str, int]:
        """The ids of the processes that are up."""
        return {name: part.process.pid for name, part in self.parts.items() if part.process and part.is_up}

    def start_chain(self) -> Chain:
        """The node as it stood when it ended, however that came. It makes no blocks by the clock. Nobody sees it before
        it has all of them: to him those that it has not yet would be taken back."""
        if self._folder.is_begun:
            self._give_again()
        return self._start_node(self._settings.ports["chain"])

    def _start_node(self, port: int) -> Chain:
        """The node on its last state."""
        self._hold_chain()
        folder = self._folder
        folder.take_state()
        states = folder.path / "states"
        states.mkdir(exist_ok=True)
        command = [anvil_program(), "--host", "127.0.0.1", "--port", str(port), "--silent"]
        command += ["--cache-path", str(states), "--prune-history", _STATES, "--dump-state", str(folder.ending_state)]
        # Blocks that are sealed again have their transactions as they came; the founding has those first that pay more.
        # And nobody who asks it early may have one sealed out of turn.
        begun = ["--load-state", str(folder.state), "--order", "fifo", "--no-mining"]
        command += begun if folder.is_begun else ["--order", "fees"]
        # It makes a first block of its own before it reads the state, which has to be the same one.
        command += ["--timestamp", str(self._settings.founded_at), *_OPTIONS]
        self._start(Part("chain", command))
        chain = self._answering(port)
        if folder.is_begun:
            ask(chain, "evm_setBlockGasLimit", hex(BLOCK_GAS))
        return chain

    def _give_again(self) -> None:
        """Has the node write down what it had not written down when it ended."""
        if self._is_given(self._start_node(free_port())):
            self.parts["chain"].end(_CHAIN_STOPS_WITHIN)
            if self._is_given(self._start_node(free_port())):
                raise ParkError("what the node had not written down cannot be written: is the disk full?")
        self.parts["chain"].end_at_once()

    def _is_given(self, chain: Chain) -> bool:
        """Whether there were blocks that it had not; they are sealed again."""
        blocks = BlocksFile(self._folder.blocks)
        head = block_of(chain, ask(chain, "eth_getBlockByNumber", "latest", False))
        blocks.begin(head)
        lost = blocks.newest() > head.number
        if lost:
            play(chain, blocks.after(head.number))
        blocks.close()
        return lost

    def wake_chain(self) -> None:
        """From now on its clock is the machine's, and a block comes each second."""
        chain = self._answering(self._settings.ports["chain"])
        ask(chain, "evm_setTime", int(time.time()))
        self._pulse = Pulse(chain)

    def _hold_chain(self) -> None:
        """No more blocks, until it is woken."""
        if self._pulse:
            self._pulse.end()
            self._pulse = None

    def _answering(self, port: int) -> Chain:
        """The node, as soon as it answers. Another's may answer on its port while it still reads its state."""
        deadline, node, rpc = time.monotonic() + _CHAIN_STARTS_WITHIN, self.parts["chain"], f"http://127.0.0.1:{port}"
        while time.monotonic() < deadline and node.process and node.is_up:
            with suppress(ChainError):
                if listens(node.process.pid, port):
                    _ = Chain.at(rpc)
                    return direct(rpc)
            time.sleep(_POLL)
        raise ParkError(f"the chain does not start: {self.said('chain') or 'it said nothing'}")

    def start_services(self) -> None:
        """What takes and shows: broker, bridges, pages."""
        settings, token = self._settings, {TOKEN: self._settings.seed}
        if settings.broker:
            self._start(Part("broker", [broker() or "", "-c", str(self._lay_out_broker())]))
        for place, name in enumerate(BRIDGES, 1):
            key = known_account(f"attester{place}").key.hex()
            command = [*_WATTBOOK, "bridge", "run", str(self._lay_out_bridge(name))]
            self._start(Part(name, command, {**token, _ATTESTER: key}))
        relay = {_RELAY: relay_account("api").key.hex()}
        self._start(Part("api", [*_WATTBOOK, "api", str(self._lay_out_api())], relay))

    def start_workers(self) -> None:
        """What trades, clears and settles from the session's first slot on."""
        self._folder.beats.mkdir(exist_ok=True)
        for name in WORKERS:
            self.start_worker(name)

    def start_worker(self, name: str) -> None:
        command = [sys.executable, "-m", "wattbook.park.part", name, str(self._folder.path)]
        self._start(Part(name, command, {TOKEN: self._settings.seed}))

    def watch(self) -> list[str]:
        """Starts again what died or hangs, later the more often it did; says which."""
        now, again = time.monotonic(), []
        for part in list(self.parts.values()):
            if part.process is not None and part.is_up and self._hangs(part, now):
                part.end_at_once()
            if part.is_up:
                if now - part.started_at > _WELL_AFTER:
                    part.failures = 0
                continue
            if part.process is not None:
                part.process = None
                part.starts_at = now + min(0.25 * 2**part.failures, _LONGEST_WAIT) * (part.failures > 0)
                part.failures += 1
            if now >= part.starts_at and self._is_started_again(part):
                again.append(part.name)
        return again

    def _is_started_again(self, part: Part) -> bool:
        """Whether it could be. A node that could not begins once more when it is found dead."""
        if part.name != "chain":
            self._start(part)
            return True
        try:
            self.start_chain()
            self.wake_chain()
        except (WattbookError, OSError, sqlite3.Error) as error:
            print(f"the chain does not start again: {error}", file=sys.stderr, flush=True)
            self.parts["chain"].end_at_once()
        self.parts["chain"].failures = part.failures
        return self.parts["chain"].is_up

    def _hangs(self, part: Part, now: float) -> bool:
        """Whether a worker came to no end with a round for too long. One whose node is silent does not either: it is no
        loss to begin it anew. One that has not begun yet may want for a processor, and would have to begin again."""
        if part.name not in WORKERS:
            return False
        beat, lives = self._folder.beats / part.name, now - part.started_at
        silent = time.time() - beat.stat().st_mtime if beat.exists() else lives
        return silent > _SILENT_FOR if silent < lives else lives > _BEGINS_WITHIN

    def stop(self, *names: str) -> None:
        """Ends processes, the last that was started first; all if none is named. Each has time to end by itself."""
        for part in [part for part in reversed(self.parts.values()) if not names or part.name in names]:
            if part.name == "chain":
                self._hold_chain()
            part.end(_CHAIN_STOPS_WITHIN if part.name == "chain" else _STOPS_WITHIN)
            del self.parts[part.name]
            if part.name == "chain":
                self._folder.take_state()

    def said(self, name: str) -> str:
        """The last line that a process said."""
        try:
            lines = (self._folder.logs / f"{name}.log").read_text(errors="replace").splitlines()
        except OSError:
            return ""
        return lines[-1] if lines else ""

    def _start(self, part: Part) -> None:
        """In a session of its own, so that Ctrl-C reaches only who stops them in order."""
        with (self._folder.logs / f"{part.name}.log").open("ab") as log:
            part.process = subprocess.Popen(
                part.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder.path,
                env={**os.environ, **part.environment},
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )
        part.started_at = time.monotonic()
        self.parts[part.name] = part

    # ------------------------------------------------------------------------------------------------------- settings

    def _lay_out_broker(self) -> Path:
        path = self._folder.path / "broker.conf"
        lines = (
            f"listener {self._settings.ports['broker']} 127.0.0.1",
            "allow_anonymous true",
            "persistence true",
            # Who is to be told what is on disk as soon as that is known, and not after half an hour.
            "autosave_on_changes true",
            "autosave_interval 1",
            # It would say of each time that it did so.
            *(f"log_type {kind}" for kind in ("error", "warning", "notice")),
            f"persistence_location {self._folder.path}/",
            "max_queued_messages 0",
            "max_inflight_messages 0",
            # Asked to be somebody else, it does so; as root it could not read its own folder then.
            *(["user root"] if os.getuid() == 0 else []),
        )
        path.write_text("\n".join(lines) + "\n")
        return path

    def _lay_out_bridge(self, name: str) -> Path:
        settings, path = self._settings, self._folder.path / f"{name}.toml"
        lines = [
            f'[chain]\nrpc = "{settings.rpc}"\ndeployment = "{self._folder.deployment}"\nclock = "{settings.clock}"',
            f'[attester]\nenvironment = "{_ATTESTER}"',
            f"[posting]\ngrace_seconds = {settings.grace}\nconfirmations = 1",
            f"[http]\nport = {settings.ports[name]}",
        ]
        for place, other in enumerate(BRIDGES, 1):
            if other != name:
                address, url = known_account(f"attester{place}").address, f"http://127.0.0.1:{settings.ports[other]}"
                lines.append(f'[[peers]]\nname = "{other}"\naddress = "{address}"\nurl = "{url}"')
        lines.append(f'[[sources]]\nname = "gateway"\nkind = "http"\ntoken_environment = "{TOKEN}"')
        if settings.broker:
            where = f'host = "127.0.0.1"\nport = {settings.ports["broker"]}\ntopic = "park/+/reading"'
            lines.append(f'[[sources]]\nname = "broker"\nkind = "mqtt"\n{where}\nclient_id = "{name}"')
        lines += [f"[[meters]]\ndevice = {one.number}" for one in read_registers(self._folder.registers)]
        path.write_text("\n".join(lines) + "\n")
        return path

    def _lay_out_api(self) -> Path:
        path = self._folder.path / "api.toml"
        lines = (
            f'database = "{self._folder.path / "index.db"}"',
            f'rpc = "{self._settings.rpc}"',
            f'deployment = "{self._folder.deployment}"',
            f'secret = "{self._folder.path / "api.secret"}"',
            f"[http]\nport = {self._settings.ports['api']}",
            f'[relay]\nenvironment = "{_RELAY}"',
            # All who ask from one machine would be one client to it.
            "[limits]\nrequests_per_second = 0",
        )
        path.write_text("\n".join(lines) + "\n")
        return path


def broker() -> str | None:
    """Mosquitto, if it is on this machine."""
    return shutil.which("mosquitto", path=os.pathsep.join((os.environ.get("PATH", ""), *_FOLDERS)))


def _die_with_parent() -> None:
    """Asks the system to end this process with the one that started it, however that ends."""
    ctypes.CDLL(None).prctl(_DIES_WITH_PARENT, signal.SIGTERM)

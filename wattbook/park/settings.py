"""What a live park was begun with, kept in its folder, and the plan of its time."""

import json
import os
import secrets
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from wattbook.bridge.clock import MACHINE
from wattbook.contracts.structs import Schedule
from wattbook.deployment.settings import MarketSettings, local_settings
from wattbook.errors import SettingsError
from wattbook.park.ports import free_port
from wattbook.scenario.file import find, read_scenario
from wattbook.scenario.model import Scenario

SLOT_SECONDS = 12
# A book's life: it takes commitments, is revealed, is cleared. Half a minute, of which a new one begins every slot.
COMMIT_SECONDS, REVEAL_SECONDS, CLEAR_SECONDS = 12, 12, 6
AHEAD = COMMIT_SECONDS + REVEAL_SECONDS + CLEAR_SECONDS
# In which a reading can be disputed.
WINDOW_SECONDS = 24
BLOCK_SECONDS, VALIDATORS = 1, 4
GRACE_SECONDS = 6
# What a slot stands for in the members' day.
PARK_SECONDS = 900
PACE = PARK_SECONDS // SLOT_SECONDS
ZONE, ZONE_NUMBER = b"park".ljust(32, b"\0"), 1
BRIDGES = ("bridge-1", "bridge-2")
MOST_TRADERS = 2_000

_READY = "park-day"
_MORNING = 7 * 3_600
_MEMBERS = "\n[[members]]\n"
_SPREAD_BPS = 3_000
# In the smallest parks somebody sells and somebody buys.
_FIRST = (
    *("roofs", "tower", "energy house", "hotel", "wind", "studios"),
    *("market hall", "battery", "garage", "bakery", "workshop", "flats"),
)
_BEFORE = 40 * 86_400
_END_OF_STATE = b'"historical_states":null}'


@dataclass(frozen=True)
class ParkSettings:
    """Where everything is, and when the park's day began.

    - traders: how many members there are
    - seed: of the meters' keys
    - ports: of each process that listens
    - broker: whether there is one for MQTT
    - founded_at: the time of the first block, a month before the first session: pots are filled before their month
    - sessions: from when to when the park ran, in slots; the last one may go on, and ends with 0
    - clock: by which bridges go, the machine's or the chain's; grace: seconds in which they wait for late readings
    """

    traders: int
    seed: str
    ports: dict[str, int]
    broker: bool
    founded_at: int
    sessions: tuple[tuple[int, int], ...] = ()
    clock: str = MACHINE
    grace: int = GRACE_SECONDS

    @property
    def rpc(self) -> str:
        return f"http://127.0.0.1:{self.ports['chain']}"

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.ports['api']}"

    @property
    def since(self) -> int:
        """The first slot of the session that goes on."""
        return self.sessions[-1][0]

    def slots(self, until: int) -> list[int]:
        """All slots in which there can be trades, up to one that is left out: some were traded ahead when a session
        ended."""
        ends = [(since, end + AHEAD + SLOT_SECONDS if end else until) for since, end in self.sessions]
        return [slot for since, end in ends for slot in range(since, end, SLOT_SECONDS)]

    def times(self, until: int) -> list[int]:
        """All times at which meters are read, up to the last one of a session or `until`: a slot's both ends."""
        found: list[int] = []
        for since, end in self.sessions:
            found += range(since, (end or until) + 1, SLOT_SECONDS)
        return found

    def resumed(self, ended: int, since: int) -> "ParkSettings":
        """With a session more; the one before ended with a reading."""
        closed = tuple((first, end or ended) for first, end in self.sessions)
        return replace(self, sessions=(*closed, (since, 0)))


class Folder:
    """A park's folder, and what lies where in it."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.deployment = self.path / "deployment.json"
        self.scenario_file = self.path / "scenario.toml"
        self.registers = self.path / "registers.json"
        self.state = self.path / "chain.json"
        self.ending_state = self.path / "chain.new.json"
        self.blocks = self.path / "blocks.db"
        self.journal = self.path / "desk.db"
        self.meters = self.path / "meters.db"
        self.settled = self.path / "settled.db"
        self.logs = self.path / "logs"
        self.beats = self.path / "beats"
        self._settings = self.path / "park.json"
        self._closing = self.path / "closing"

    @property
    def is_begun(self) -> bool:
        """Whether a park was founded here, and its chain kept."""
        return self._settings.exists() and self.registers.exists() and self.state.exists()

    @property
    def is_closing(self) -> bool:
        """Whether nobody quotes any more."""
        return self._closing.exists()

    def take_state(self) -> None:
        """What the node wrote when it ended counts from now on, if it wrote all of it: on a full disk it leaves a part,
        and says nothing."""
        if self.ending_state.exists():
            with self.ending_state.open("rb") as file:
                file.seek(max(0, self.ending_state.stat().st_size - len(_END_OF_STATE)))
                is_whole = file.read() == _END_OF_STATE
            if is_whole:
                os.replace(self.ending_state, self.state)
            else:
                self.ending_state.unlink()

    def forget_chain(self) -> None:
        """Begins without any block, whatever a founding that came to no end left."""
        for path in (self.state, self.ending_state, self.deployment, *self.path.glob("blocks.db*")):
            path.unlink(missing_ok=True)

    def close_trading(self, closing: bool) -> None:
        """Has nobody quote any more, or again."""
        if closing:
            self._closing.touch()
        else:
            self._closing.unlink(missing_ok=True)

    def begin(self, traders: int, broker: bool) -> ParkSettings:
        """The settings of a new park."""
        if not 2 <= traders <= MOST_TRADERS:
            raise SettingsError(f"{traders} traders are not from 2 to {MOST_TRADERS}")
        self.logs.mkdir(parents=True, exist_ok=True)
        ports = {name: free_port() for name in ("chain", "broker", "api", *BRIDGES)}
        settings = ParkSettings(traders, secrets.token_hex(16), ports, broker, int(time.time()) - _BEFORE)
        self.scenario_file.write_text(scenario_text(traders))
        self.keep(settings)
        return settings

    def keep(self, settings: ParkSettings) -> None:
        """Writes the settings down, whole or not at all."""
        written = self._settings.with_suffix(".new")
        written.write_text(json.dumps(asdict(settings), indent=2))
        os.replace(written, self._settings)

    def settings(self) -> ParkSettings:
        try:
            found = json.loads(self._settings.read_text())
            return ParkSettings(**{**found, "sessions": tuple((since, end) for since, end in found["sessions"])})
        except OSError as error:
            raise SettingsError(f"{self._settings} cannot be read: {error.strerror}") from None
        except (ValueError, TypeError, KeyError) as error:
            raise SettingsError(f"{self._settings} is not the settings of a park: {error}") from None

    def scenario(self) -> Scenario:
        return read_scenario(self.scenario_file)


class Time:
    """The park's time: while a slot of the chain passes, a quarter of an hour passes in the park. It stands still while
    the park does."""

    def __init__(self, settings: ParkSettings, scenario: Scenario) -> None:
        self._sessions = settings.sessions
        self._morning = scenario.start + _MORNING

    def in_park(self, slot_start: int) -> int:
        """When a slot begins by the park's clock."""
        before = sum(end - since for since, end in self._sessions if end and end <= slot_start)
        since = max((since for since, _ in self._sessions if since <= slot_start), default=slot_start)
        return self._morning + (before + slot_start - since) // SLOT_SECONDS * PARK_SECONDS


def market_settings() -> MarketSettings:
    """What the park's market is founded with: a local chain's, with books of half a minute."""
    schedule = Schedule(COMMIT_SECONDS, REVEAL_SECONDS, CLEAR_SECONDS, VALIDATORS, BLOCK_SECONDS)
    return replace(local_settings(), schedule=schedule, attesters_needed=len(BRIDGES), dispute_window=WINDOW_SECONDS)


def scenario_text(traders: int) -> str:
    """The ready park with as many members: more of each kind, larger and smaller ones."""
    frame, *blocks = find(_READY).read_text().split("\n\n[[subsidies]]")[0].split(_MEMBERS)
    members = sorted(blocks, key=lambda block: _FIRST.index(block.split('"')[1]))
    parts = [frame]
    for place, member in enumerate(members):
        count = traders // len(members) + (place < traders % len(members))
        if count:
            name, rest = member.split("\n", 1)
            parts.append(f"{name}\ncount = {count}\nspread_bps = {_SPREAD_BPS}\n{rest}")
    return _MEMBERS.join(parts) + "\n"

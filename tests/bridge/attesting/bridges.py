"""Bridges of three attesters in one process, each with its own outbox, key and HTTP server."""

from contextlib import ExitStack
from pathlib import Path

from eth_utils.crypto import keccak

from tests.devices import QUARTER
from tests.trader.park import Park
from wattbook.bridge.attesting.peers import Peers
from wattbook.bridge.attesting.posting import Patience, Posting
from wattbook.bridge.attesting.registers import Metered
from wattbook.bridge.attesting.vouching import Vouching
from wattbook.bridge.config import Peer
from wattbook.bridge.formats.records import Trust
from wattbook.bridge.http.access import Access
from wattbook.bridge.http.app import Pages
from wattbook.bridge.http.server import Server
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.outbox.records import NativeReading
from wattbook.bridge.sender.sender import Sender, Terms
from wattbook.bridge.service import is_posted
from wattbook.deployment.local import known_account

NAMES = ("attester1", "attester2", "attester3")
GRACE, TAKEOVER = 60, 30
PATIENCE = Patience(GRACE, TAKEOVER)


class Bridge:
    """One attester's."""

    def __init__(self, park: Park, name: str, folder: Path, devices: list[int]) -> None:
        self.park, self.name = park, name
        self.account = known_account(name)
        self.lag = 0
        self.meters = [Metered(device, QUARTER, 10**9) for device in devices]
        self._stack = ExitStack()
        self.outbox = Outbox(str(folder / f"{name}.db"))
        turns = PATIENCE.turns(len(NAMES) - 1)
        self.vouching = Vouching(park.market, self.outbox, self.metered, self.account, self.clock, turns)
        self.server: Server | None = None
        self.posting: Posting

    def metered(self, zone: int) -> list[Metered]:
        return self.meters if zone == 1 else []

    def clock(self) -> int:
        return self.park.now + self.lag

    def listen(self, everybody: list["Bridge"]) -> None:
        access = Access(self.park.market, self.clock)
        others = [Peer(one.name, one.account.address, "") for one in everybody if one is not self]
        pages = Pages(self.vouching, self.outbox, others, access, lambda: {"healthy": True}, lambda: b"")
        self.server = Server(pages.app([]), "127.0.0.1", 0)

    def join(self, everybody: list["Bridge"]) -> None:
        others = tuple(
            Peer(one.name, one.account.address, f"http://127.0.0.1:{one.server.port}")
            for one in everybody
            if one is not self and one.server
        )
        self.peers = Peers(others, self.account)
        self.posting = Posting(self.vouching, self.outbox, self.metered, self.peers, PATIENCE, self.clock)
        lock = self._stack.enter_context(self.outbox.sole(self.account.address))
        self.sender = Sender(
            self.park.chain,
            self.account,
            self.outbox.transactions,
            lock,
            is_posted(self.park.market),
            Terms(1, 10**12, 60, 0),
            self.clock,
        )

    def hear(self, device: int, time: int, wh: int, trust: Trust = Trust.A) -> None:
        """A reading has come in."""
        raw = f"{device} {time} {wh}".encode()
        reading = NativeReading(device, time, wh, None, trust, keccak(raw), raw, "test", self.clock())
        assert not self.outbox.readings.add([reading]).conflicts
        self.posting.heard(1, time)

    def step(self) -> None:
        self.posting.step([1])
        for _ in range(3):
            self.sender.step()
            self.park.rest()

    def stop(self) -> None:
        """As if it had been killed: nobody answers any more."""
        if self.server:
            self.server.stop()

    def close(self) -> None:
        self.stop()
        self.peers.close()
        self._stack.close()
        self.outbox.close()

"""A park from its beginning or its resumption to its end, and what is said of it."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from threading import Event

import httpx

from wattbook.errors import ChainError
from wattbook.locks import held
from wattbook.park.chain import market_of
from wattbook.park.founding import Founding
from wattbook.park.journal import DeskJournal
from wattbook.park.ledger import Ledger, SlotRecord, first_slot
from wattbook.park.meters import MetersFile
from wattbook.park.pause import bridge
from wattbook.park.settings import SLOT_SECONDS, WINDOW_SECONDS, Folder, ParkSettings
from wattbook.park.settler import Done
from wattbook.park.supervisor import ParkError, Supervisor, broker

# What is done, how much of it, of how much (0: nobody knows).
Progress = Callable[[str, int, int], None]

_STARTS_WITHIN = 180
_POLL = 0.2
# Seconds after the last slot in which all of it has to be counted and settled, and after which meters are read again.
_DRAINS_WITHIN, _READ_AGAIN_AFTER = 600, 120
_FOUNDING_GAS_LIMIT = 15_000_000


class LivePark:
    """`with LivePark(...) as park:` starts all its processes, and ends them at the end, however it comes."""

    def __init__(self, folder: Folder, traders: int, progress: Progress) -> None:
        self._folder, self._traders, self._progress = folder, traders, progress
        self._stack = ExitStack()
        self.is_new = not folder.is_begun

    def __enter__(self) -> "LivePark":
        try:
            self._folder.path.mkdir(parents=True, exist_ok=True)
            self._stack.enter_context(held(self._folder.path / "lock"))
        except BlockingIOError:
            raise ParkError(f"a park is running in {self._folder.path} already") from None
        except OSError as error:
            raise ParkError(f"{self._folder.path} cannot be used: {error.strerror}") from None
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # ------------------------------------------------------------------------------------------------------ beginning

    def _start(self) -> None:
        self.settings = self._begun() if self.is_new else self._folder.settings()
        self._folder.close_trading(False)
        self.supervisor = Supervisor(self._folder, self.settings)
        self._stack.callback(self.supervisor.stop)
        if self.is_new:
            self._folder.forget_chain()
            self._found()
        self.chain = self.supervisor.start_chain()
        self.supervisor.wake_chain()
        began = time.monotonic()
        self.supervisor.start_services()
        self._wait_for_pages()
        # The workers will not take longer than these.
        since = first_slot(int(time.time() + time.monotonic() - began))
        bridge(market_of(self._folder), self._folder, since)
        self.settings = self.settings.resumed(MetersFile(self._folder.meters).read_until, since)
        self._folder.keep(self.settings)
        self.supervisor.start_workers()
        self.ledger = Ledger(self._folder, since)

    def _begun(self) -> ParkSettings:
        return self._folder.begin(self._traders, broker() is not None)

    def _found(self) -> None:
        chain = self.supervisor.start_chain()
        chain.gas_limit = _FOUNDING_GAS_LIMIT
        Founding(chain, self._folder, self.settings, self._folder.scenario(), self._progress).found()
        # The node ends and begins anew: with its state on disk, and nobody impersonated.
        self.supervisor.stop("chain")

    def _wait_for_pages(self) -> None:
        deadline = time.monotonic() + _STARTS_WITHIN
        while not self._pages_answer():
            if time.monotonic() > deadline:
                raise ParkError(f"the pages do not come: {self.supervisor.said('api')}")
            self._progress("pages", 0, 0)
            time.sleep(_POLL)
            self.supervisor.watch()

    def _pages_answer(self) -> bool:
        try:
            return httpx.get(f"{self.settings.api}/api/v1/market", timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    # --------------------------------------------------------------------------------------------------------- living

    def live(self, until: float | None, stop: Event, died: Callable[[str], None]) -> Iterator[SlotRecord]:
        """The slots as they come, until a time of the machine's clock or until it is stopped; says what had to be
        started again."""
        while not stop.is_set() and (until is None or time.time() < until):
            for name in self.supervisor.watch():
                died(name)
            yield from self._new()
            stop.wait(_POLL)

    def _new(self) -> Iterator[SlotRecord]:
        """The slots of which all is known by now. With a node that does not answer nothing is lost: what was told
        meanwhile is told again."""
        try:
            yield from self.ledger.new()
        except ChainError as error:
            self._progress(f"chain: {error}", 0, 0)

    def drain(self, stop: Event, died: Callable[[str], None]) -> Iterator[SlotRecord]:
        """Has nobody quote any more, and goes on until all that was traded is counted and settled."""
        self._folder.close_trading(True)
        file, done = MetersFile(self._folder.meters), Done(self._folder.settled)
        journal = DeskJournal(self._folder.journal)
        last, deadline = first_slot(int(time.time())) - SLOT_SECONDS, time.time() + _DRAINS_WITHIN
        began = self.ledger.next_slot
        while not stop.is_set() and time.time() < deadline:
            for name in self.supervisor.watch():
                died(name)
            # The desk goes by the chain's clock, which can be ahead.
            last = max(last, journal.newest_slot() + SLOT_SECONDS)
            last = self._read_on(file, last)
            if self.ledger.next_slot < last:
                yield from self._new()
            elif "meters" not in self.supervisor.parts and self._is_settled(file.read_until, done):
                self.ledger.count_bonds()
                return
            passed = int(time.time()) - began
            self._progress("settling", passed, max(passed + 1, last - began + 2 * WINDOW_SECONDS))
            stop.wait(_POLL)

    def _read_on(self, file: MetersFile, last: int) -> int:
        """Has meters read up to a time, and once more some time after it, where something came too late for its root:
        only the next reading tells what it was. Up to when, then."""
        if "meters" in self.supervisor.parts:
            if file.read_until >= last and not file.waiting():
                self.supervisor.stop("meters")
        elif max(last, file.read_until) + _READ_AGAIN_AFTER < time.time():
            last = int(time.time()) // SLOT_SECONDS * SLOT_SECONDS + SLOT_SECONDS
            self.supervisor.start_worker("meters")
        return last

    def _is_settled(self, read_until: int, done: Done) -> bool:
        slots = self.settings.slots(read_until)
        carriers = [trading.carrier for trading in self._folder.scenario().tradings]
        return done.counted_until >= read_until and not any(done.unsettled(carrier, slots) for carrier in carriers)

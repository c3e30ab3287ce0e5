"""Has final readings counted, and accounts settled by what they traded and what their meters counted."""

import sqlite3
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from wattbook.bridge.attesting.vouching import on_chain
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.certificates.slices import next_slots, stock
from wattbook.certificates.whole import WHOLE_WH
from wattbook.connection import Market
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier, Root
from wattbook.eip712 import sign_action
from wattbook.errors import ChainError
from wattbook.metering.roots import proven, root_of
from wattbook.metering.tree import Leaf, Tree
from wattbook.months import month_at
from wattbook.park.chain import Call, Ended, Relay, ask, call, market_of
from wattbook.park.people import accounts_by_carrier, member_account, read_registers, relay_account
from wattbook.park.settings import BRIDGES, SLOT_SECONDS, WINDOW_SECONDS, ZONE_NUMBER, Folder
from wattbook.trial.blocks import decoded

T = TypeVar("T")

COUNTED_AT_ONCE, SETTLED_AT_ONCE = 60, 40
_GAS, _COUNT_GAS, _SETTLE_GAS, _CERTIFICATE_GAS = 500_000, 220_000, 420_000, 3_000_000
# Slots that are worked on at once when there is something to catch up with.
_SLOTS_AT_ONCE = 5
_SPREAD_GAS, _MOST_SPREAD, _MOST_GAS = 90_000, 96, 60_000_000
_CERTIFY_EVERY, _DRAW_GAS = 60, 400_000
# Seconds that a root is waited for, and what is done again when the chain was another.
_LATE, _UNDONE = 90, 50 * SLOT_SECONDS
_YEAR = 365 * 86_400
_SCHEMA = """
CREATE TABLE IF NOT EXISTS counted (time INTEGER PRIMARY KEY, done_at INTEGER);
CREATE TABLE IF NOT EXISTS settled (
    carrier INTEGER, slot_start INTEGER, done_at INTEGER, PRIMARY KEY (carrier, slot_start)
);
CREATE TABLE IF NOT EXISTS reached (only INTEGER PRIMARY KEY CHECK (only = 1), block INTEGER, hash TEXT);
"""


class Done:
    """What was done, and when by the chain's clock, on disk; to do it again would do no harm and cost gas."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(_SCHEMA)

    def counted(self, read_at: int, now: int) -> None:
        self._db.execute("INSERT OR IGNORE INTO counted VALUES (?, ?)", (read_at, now))

    def settled(self, carrier: Carrier, slot: int, now: int) -> None:
        self._db.execute("INSERT OR IGNORE INTO settled VALUES (?, ?, ?)", (int(carrier), slot, now))

    @property
    def counted_until(self) -> int:
        """The last time whose readings are counted, 0 before the first."""
        [(found,)] = self._db.execute("SELECT MAX(time) FROM counted").fetchall()
        return found or 0

    def unsettled(self, carrier: Carrier, slots: Sequence[int]) -> list[int]:
        """Which of some slots of a carrier are not settled."""
        query = "SELECT slot_start FROM settled WHERE carrier = ?"
        done = {slot for (slot,) in self._db.execute(query, [int(carrier)])}
        return [slot for slot in slots if slot not in done]

    @property
    def reached(self) -> tuple[int, str] | None:
        """The block up to which the chain has to be the same for all this to be done, and its hash."""
        row = self._db.execute("SELECT block, hash FROM reached").fetchone()
        return (row[0], row[1]) if row else None

    def reach(self, block: int, hash_: str) -> None:
        """Before anything is written down as done of which a later block told."""
        self._db.execute("INSERT OR REPLACE INTO reached VALUES (1, ?, ?)", (block, hash_))

    def undo(self, since: int) -> None:
        """Forgets what was done since a time, for a chain that is another than it was."""
        self._db.execute("DELETE FROM counted WHERE done_at >= ?", [since])
        self._db.execute("DELETE FROM settled WHERE done_at >= ?", [since])
        self._db.execute("DELETE FROM reached")


class Settler:
    """Works off times and slots, one after the other, each when the one before is in blocks."""

    def __init__(self, folder: Folder) -> None:
        self._market = market_of(folder)
        self._settings = folder.settings()
        self._begun_at = self._market.chain.now
        self._registers = read_registers(folder.registers)
        self._accounts = accounts_by_carrier(self._registers)
        self._outboxes = [Outbox(str(folder.path / f"{name}.db")) for name in BRIDGES]
        self._relay = Relay(self._market, relay_account("settler"))
        self._done = Done(folder.settled)
        # Up to when readings were counted when something was sent, and when accounts had to wait for more of them.
        self._sent: dict[str, int] = {}
        self._waiting: dict[str, int] = {}
        self._failed: set[str] = set()
        self._incomplete: set[str] = set()
        # What failed the last time, and is not to keep others waiting.
        self._put_off: set[str] = set()
        self._drawn_in = 0
        self._certified_at = time.monotonic()
        clean = {device.name for member in folder.scenario().members for device in member.devices if device.clean}
        self._clean = [one for one in self._registers if one.injects and one.name in clean]

    def step(self) -> None:
        """What is due now."""
        ended = self._relay.follow()
        # Before it is forgotten for a later block up to which one the chain was to be the same.
        now = self._looked_back()
        self._finish(ended, now)
        self._count(now)
        self._settle(now)
        if time.monotonic() - self._certified_at > _CERTIFY_EVERY:
            self._certified_at = time.monotonic()
            self._certify()
            self._draw(now)

    def _looked_back(self) -> int:
        """The newest block's time. Where the chain is another than it was, what was done of late is done again, also
        what was done before this process began."""
        chain, reached = self._market.chain, self._done.reached
        head = ask(chain, "eth_getBlockByNumber", "latest", False)
        now = int(head["timestamp"], 16)
        if reached is not None:
            found = ask(chain, "eth_getBlockByNumber", hex(reached[0]), False)
            if not found or found["hash"] != reached[1]:
                self._done.undo(now - _UNDONE)
                self._waiting.clear()
                # What is under way followed on what is undone.
                self._failed |= self._sent.keys()
                self._drawn_in = 0
        return now

    def _finish(self, ended: Sequence[Ended], now: int) -> None:
        """Writes down what is wholly in blocks."""
        self._failed |= {one.call.what for one in ended if not one.succeeded}
        self._incomplete |= {one.call.what for one in ended if _waits(one)}
        if self._relay.reached and self._relay.reached > (self._done.reached or (0, "")):
            self._done.reach(*self._relay.reached)
        for what in self._sent.keys() - self._relay.under_way:
            counted = self._sent.pop(what)
            has_failed, is_incomplete = what in self._failed, what in self._incomplete
            self._failed.discard(what)
            self._incomplete.discard(what)
            kind, *numbers = what.split()
            if has_failed:
                self._put_off.add(what)
                continue
            self._put_off.discard(what)
            if kind == "count":
                self._done.counted(int(numbers[0]), now)
            elif kind == "draw":
                self._drawn_in = int(numbers[0])
            elif kind == "settle" and is_incomplete and counted <= int(numbers[1]) + _MOST_SPREAD * SLOT_SECONDS:
                # A later reading tells what one that came late, or not at all, would have; of no longer ago than this.
                self._waiting[what] = counted
            elif kind == "settle":
                self._done.settled(Carrier(int(numbers[0])), int(numbers[1]), now)
                self._waiting.pop(what, None)

    # ------------------------------------------------------------------------------------------------------- readings

    def _count(self, now: int) -> None:
        if any(what.startswith("count") for what in self._sent):
            return
        counted = self._done.counted_until
        for read_at in (one for one in self._settings.times(now - WINDOW_SECONDS) if one > counted):
            posted_at = self._market.readings.posted_at(ZONE_NUMBER, read_at, 0)
            if posted_at and now > posted_at + WINDOW_SECONDS:
                self._send(self._counting(read_at))
            # One that comes late is waited for: used after it, those before it would tell nothing.
            if posted_at or now < max(read_at, self._begun_at) + _LATE:
                return

    def _counting(self, read_at: int) -> list[Call]:
        root, tree, leaves = posted(self._market, self._outboxes, read_at)
        given = [proven(tree, leaf) for leaf in leaves]
        imbalance = self._market.imbalance
        # What a reading tells after a pause is spread over all the slots of the pause.
        slots = (read_at - (self._done.counted_until or read_at)) // SLOT_SECONDS
        each = _COUNT_GAS + _SPREAD_GAS * min(slots, _MOST_SPREAD)
        return [
            call(f"count {read_at}", imbalance, "meter", _GAS + each * len(part), root, part)
            for part in _parts(given, max(1, min(COUNTED_AT_ONCE, _MOST_GAS // each)))
        ]

    # ------------------------------------------------------------------------------------------------------- accounts

    def _settle(self, now: int) -> None:
        counted = min(self._done.counted_until, now)
        over = [slot for slot in self._settings.slots(counted) if slot + SLOT_SECONDS <= counted]
        for carrier, accounts in self._accounts.items():
            if not any(what.startswith(f"settle {int(carrier)} ") for what in self._sent):
                for slot in self._due(carrier, over)[:_SLOTS_AT_ONCE]:
                    self._send(self._settling(carrier, slot, accounts))

    def _due(self, carrier: Carrier, over: Sequence[int]) -> list[int]:
        """Slots that are not settled. Those that failed, and those in which somebody waits for readings, come last;
        these once with each new one."""
        found = {_settle_of(carrier, slot): slot for slot in self._done.unsettled(carrier, over)}
        due = [what for what in found if self._waiting.get(what, -1) < self._done.counted_until]
        return [found[what] for what in sorted(due, key=lambda what: what in self._waiting or what in self._put_off)]

    def _settling(self, carrier: Carrier, slot: int, accounts: Sequence[str]) -> list[Call]:
        name, imbalance = _settle_of(carrier, slot), self._market.imbalance
        return [
            call(name, imbalance, "settle", _GAS + _SETTLE_GAS * len(part), ZONE_NUMBER, carrier, slot, part)
            for part in _parts(accounts, SETTLED_AT_ONCE)
        ]

    # --------------------------------------------------------------------------------------------------- certificates

    def _certify(self) -> None:
        """Certificates of what clean plants made, a MWh each, issued by their owners, who sign."""
        deadline = self._market.chain.now + _YEAR
        for one in self._clean:
            if stock(self._market, one.number) < WHOLE_WH:
                continue
            since, until = next_slots(self._market, one.number, WHOLE_WH)
            values = {"device": one.number, "since": since, "until": until}
            owner = member_account(one.member)
            certificates = self._market.green_certificates
            auth = sign_action(certificates, "IssueCertificate", owner, values, deadline=deadline)
            arguments = (one.number, since, until, auth)
            self._send([call(f"issue {one.number}", certificates, "issueSigned", _CERTIFICATE_GAS, *arguments)])

    # ------------------------------------------------------------------------------------------------------- packages

    def _draw(self, now: int) -> None:
        """Has providers paid for each month that is over, once it is."""
        packages, month = self._market.energy_packages, month_at(now)
        if month == self._drawn_in or any(what.startswith("draw") for what in self._sent):
            return
        subscriptions = list(range(1, packages.subscription_count() + 1))
        gas = _GAS + _DRAW_GAS * len(subscriptions)
        if subscriptions:
            self._send([call(f"draw {month}", packages, "draw", gas, subscriptions)])
        else:
            self._drawn_in = month

    def _send(self, calls: Sequence[Call]) -> None:
        self._relay.send(calls)
        self._sent |= {one.what: self._done.counted_until for one in calls}


def posted(market: Market, outboxes: Sequence[Outbox], read_at: int) -> tuple[Root, Tree, list[Leaf]]:
    """What was posted of a time, with its leaves: of what bridges keep, that which the chain covers."""
    for outbox in outboxes:
        batch = outbox.batches.find(ZONE_NUMBER, read_at, 0)
        if batch is None:
            continue
        leaves = [on_chain(leaf) for leaf in outbox.batches.leaves(batch.id)]
        tree = Tree([(leaf.device, leaf.content_hash) for leaf in leaves])
        root = root_of(ZONE_NUMBER, read_at, 0, tree)
        with suppress(reverts.UnknownRoot):
            market.readings.covers(root, leaves[0].device, leaves[0].content_hash, 0, tree.proof(0))
            return root, tree, leaves
    raise ChainError(f"no bridge keeps what was posted of {read_at}")


def _settle_of(carrier: Carrier, slot: int) -> str:
    return f"settle {int(carrier)} {slot}"


def _waits(ended: Ended) -> bool:
    """Whether accounts could not be settled yet, which is no failure to the chain."""
    return any(log.name == "AccountWaits" for log in decoded(list(ended.logs)))


def _parts(items: Sequence[T], most: int) -> list[list[T]]:
    return [list(items[start : start + most]) for start in range(0, len(items), most)]

"""The parts of a park by themselves: its time, its file, its processes, what is missed, what balances."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from wattbook.contracts.structs import BookState, Carrier, OrderId, OrderState
from wattbook.errors import SettingsError
from wattbook.market.escrow import KEEPER_FEE, bond
from wattbook.market.words import Book, Quote
from wattbook.park import ledger
from wattbook.park.balance import Balance, Line
from wattbook.park.books import Watched
from wattbook.park.journal import DeskJournal, Placed
from wattbook.park.ledger import Sums
from wattbook.park.live import LivePark
from wattbook.park.meters import Counter, Holdings, MetersFile, connected, published
from wattbook.park.people import MeterKeys, registers_of
from wattbook.park.ports import free_port
from wattbook.park.settings import PARK_SECONDS, SLOT_SECONDS, ZONE, Folder, ParkSettings, Time, market_settings
from wattbook.park.supervisor import ParkError, Part, Supervisor

SETTINGS = ParkSettings(3, "seed", {"chain": 1, "api": 2}, True, 0, ((1_200, 0),))
TRADERS = [f"0x{number:040X}" for number in range(1, 4)]
SLOT = 1_200


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


# ------------------------------------------------------------------------------------------------------------ settings


@pytest.mark.parametrize("traders", [2, 3, 12, 30, 200])
def test_as_many_members_as_are_asked_for(folder, traders):
    settings = folder.begin(traders, broker=True)
    scenario = folder.scenario()
    assert len(scenario.members) == settings.traders == traders
    assert len({member.name for member in scenario.members}) == traders
    sides = {device.injects for member in scenario.members for device in member.devices}
    assert sides == {True, False}
    assert len(set(settings.ports.values())) == 5


@pytest.mark.parametrize("traders", [1, 2_001])
def test_too_few_or_too_many(folder, traders):
    with pytest.raises(SettingsError, match=f"{traders} traders are not from 2 to 2000"):
        folder.begin(traders, broker=True)


def test_settings_come_back_as_they_were(folder):
    folder.keep(SETTINGS)
    assert folder.settings() == SETTINGS
    assert not folder.is_begun


def test_the_parks_clock_stands_still_while_the_park_does(folder):
    folder.begin(2, broker=False)
    scenario = folder.scenario()
    clock = Time(SETTINGS, scenario)
    assert clock.in_park(1_212) - clock.in_park(1_200) == PARK_SECONDS
    twice = SETTINGS.resumed(1_260, 90_000)
    assert twice.sessions == ((1_200, 1_260), (90_000, 0))
    again = Time(twice, scenario)
    assert again.in_park(90_000) == clock.in_park(1_260)
    assert again.in_park(1_248) == clock.in_park(1_248)


def test_what_was_traded_ahead_is_settled_after_a_pause():
    resumed = SETTINGS.resumed(1_224, 90_000)
    assert resumed.slots(90_024) == [*range(1_200, 1_224 + 42, SLOT_SECONDS), 90_000, 90_012]
    assert resumed.times(90_012) == [1_200, 1_212, 1_224, 90_000, 90_012]
    assert resumed.since == 90_000


def test_books_of_half_a_minute():
    schedule = market_settings().schedule
    assert schedule[:3] == (12, 12, 6)
    # So short a time to reveal needs three blocks of every validator.
    assert schedule.reveal_seconds >= 3 * schedule.validators * schedule.block_seconds


def test_meters_of_both_curves(folder):
    folder.begin(6, broker=True)
    registers = registers_of(folder.scenario(), broker=True)
    assert [one.number for one in registers] == list(range(1, len(registers) + 1))
    keys = [MeterKeys("seed", one.number) for one in registers]
    assert {len(key.sign(bytes(32))) for key in keys} == {64, 65}
    assert {one.mqtt for one in registers} == {True, False}
    assert {Carrier(one.carrier) for one in registers} == {Carrier.ELECTRICITY, Carrier.HEATING, Carrier.COOLING}
    assert not any(one.mqtt for one in registers_of(folder.scenario(), broker=False))


def test_ports_are_free():
    assert len({free_port() for _ in range(20)}) > 15


# ----------------------------------------------------------------------------------------------------------- processes


@pytest.fixture
def supervisor(folder):
    folder.logs.mkdir()
    made = Supervisor(folder, SETTINGS)
    yield made
    made.stop()


def sleeper(name, seconds=60):
    return Part(name, [sys.executable, "-c", f"import time; print('here', flush=True); time.sleep({seconds})"])


def until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_dies_is_started_again(supervisor):
    supervisor._start(sleeper("one"))
    supervisor._start(sleeper("two"))
    before = supervisor.pids
    os.kill(before["one"], signal.SIGKILL)
    until(lambda: "one" not in supervisor.pids)
    assert supervisor.watch() == ["one"]
    after = supervisor.pids
    assert after["one"] != before["one"] and after["two"] == before["two"]
    assert supervisor.watch() == []


def test_a_worker_that_hangs_is_started_again(supervisor, folder, monkeypatch):
    monkeypatch.setattr("wattbook.park.supervisor._SILENT_FOR", 1.0)
    folder.beats.mkdir()
    for name in ("desk", "keeper", "meters", "api"):
        (folder.beats / name).touch()
        supervisor._start(sleeper(name))
    before = supervisor.pids
    for name in ("desk", "keeper"):
        (folder.beats / name).touch()
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        (folder.beats / "keeper").touch()
        time.sleep(0.05)
    # The meters did not come to a first round yet.
    assert supervisor.watch() == ["desk"]
    monkeypatch.setattr("wattbook.park.supervisor._BEGINS_WITHIN", 1.0)
    (folder.beats / "keeper").touch()
    assert supervisor.watch() == ["meters"]
    after = supervisor.pids
    assert after["desk"] != before["desk"] and after["meters"] != before["meters"]
    assert {name: after[name] for name in ("keeper", "api")} == {name: before[name] for name in ("keeper", "api")}


def test_later_the_more_often_it_dies(supervisor):
    supervisor._start(Part("one", [sys.executable, "-c", ""]))
    times = []
    while len(times) < 4:
        if supervisor.watch():
            times.append(time.monotonic())
        time.sleep(0.01)
    assert times[3] - times[2] > 0.9


def test_stops_all_of_them_and_says_what_they_said(supervisor):
    supervisor._start(sleeper("one"))
    until(lambda: supervisor.said("one") == "here")
    pids = supervisor.pids
    supervisor.stop()
    assert supervisor.pids == {} and supervisor.watch() == []
    for pid in pids.values():
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_who_does_not_end_by_himself_is_killed(supervisor, monkeypatch):
    monkeypatch.setattr("wattbook.park.supervisor._STOPS_WITHIN", 0.5)
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    supervisor._start(Part("deaf", [sys.executable, "-c", code]))
    until(lambda: supervisor.said("deaf") == "deaf")
    pid = supervisor.pids["deaf"]
    supervisor.stop("deaf")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not end a process with its parent")
def test_all_end_with_whoever_started_them(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from wattbook.park.settings import Folder, ParkSettings;"
        "from wattbook.park.supervisor import Part, Supervisor;"
        f"folder = Folder(Path({str(tmp_path)!r})); folder.logs.mkdir();"
        "made = Supervisor(folder, ParkSettings(3, '', {}, True, 0));"
        "made._start(Part('one', [sys.executable, '-c', 'import time; time.sleep(60)']));"
        "print(made.pids['one'], flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    until(lambda: not _is_alive(child))


def _is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0] != "Z"


# ---------------------------------------------------------------------------------------------------- desk and ledger


def placed(number, sell=False, name="", carrier=0, wh=1_000):
    seal = bytes([number]) * 32
    return Placed(seal, carrier, SLOT, number, TRADERS[number], 0, sell, wh, 400, int(sell), name, bytes(32))


def watched(*orders, revealed=(), fills=None, state=BookState.SETTLED, pool=True):
    book = Watched(Book(Carrier.ELECTRICITY, ZONE, 1, SLOT), state, pool_is_clear=pool)
    for index, one in enumerate(orders):
        book.sealed[one.seal] = index
        book.owners[index] = OrderId(one.trader, one.number)
        if index in revealed:
            book.words.append(one.quote.word(index))
    book.fills = fills or {}
    return book


def test_nothing_is_missed_when_all_was_done():
    orders = [placed(0), placed(1, sell=True)]
    assert list(ledger._missed(watched(*orders, revealed={0, 1}), orders)) == []


def test_each_phase_that_is_missed_is_said():
    orders = [placed(0), placed(1, sell=True), placed(2)]
    said = list(ledger._missed(watched(*orders[:2], revealed={0}, state=BookState.VOID), orders))
    assert said == ["electricity: 1 not committed", "electricity: 1 not revealed", "electricity: not cleared"]
    late = watched(*orders, revealed={0, 1, 2}, state=BookState.CLEARED)
    assert list(ledger._missed(late, orders)) == ["electricity: not settled"]
    poor = watched(*orders, revealed={0, 1, 2}, pool=False)
    assert list(ledger._missed(poor, orders)) == ["electricity: no pool"]
    assert list(ledger._missed(Watched(poor.book), orders))[-1] == "electricity: not cleared"


def test_a_slot_in_words():
    orders = [placed(0), placed(1, sell=True)]
    fills = {0: (900, 900 * 400, 0), 1: (900, 900 * 400, 0)}
    book = watched(*orders, revealed={0, 1}, fills=fills)
    assert (book.sums, book.welfare(300, 620)) == ((900, 900), 0)
    assert replace(book, fills={0: (900, 0, 0), 1: (800, 0, 0)}).sums == (800, 900)
    with_pool = replace(book, fills={0: (900, 0, 0), 1: (800, 0, 0)}, from_pool=(0, 100, 0))
    assert with_pool.sums == (900, 900)
    assert with_pool.welfare(300, 620) == 900 * 400 - 800 * 400 - 100 * 620
    traded = ledger.Traded("electricity", 400, 900, 0, 2, True)
    record = ledger.SlotRecord(SLOT, 0, (traded,), ("electricity: 1 not revealed",))
    assert record.line().endswith(
        "electricity 0 kWh at 400 mPT; welfare 0.00 PT, 2 orders, electricity: 1 not revealed"
    )
    sums = Sums()
    sums.add(record)
    assert (sums.slots, sums.missed, sums.orders, sums.traded_wh, sums.turnover) == (1, 1, 2, 900, 360_000)


def test_bonds_of_what_was_not_revealed(folder):
    folder.begin(3, broker=False)
    made = object.__new__(ledger.Ledger)
    made._scenario, made._journal = folder.scenario(), DeskJournal(folder.journal)
    made._time, made.sums, made._hidden = Time(SETTINGS, made._scenario), Sums(), []
    states = {TRADERS[0]: OrderState.SEALED, TRADERS[1]: OrderState.REFUNDED}
    auction = SimpleNamespace(order_of=lambda book, trader, number: SimpleNamespace(state=states[trader]))
    made._market = SimpleNamespace(auction=auction)
    orders = [placed(0), placed(1, sell=True, wh=50_000), placed(2)]
    made._journal.add(orders)
    book = watched(*orders, revealed={2})
    made._of = lambda slot: [book]
    record = made._record(SLOT)
    made.count_bonds()
    # The other's book came to nothing since.
    assert made.sums.bonds == bond(0) + KEEPER_FEE == 250_000
    assert record.missed == ("electricity: 2 not revealed",)
    made._of = lambda slot: [Watched(Book(Carrier.ELECTRICITY, ZONE, 1, SLOT + 12))]
    assert made._record(SLOT + 12).missed == ("nobody quoted",)


def test_the_journal_keeps_what_opens_an_order(folder):
    journal = DeskJournal(folder.journal)
    orders = [placed(1, sell=True, name="roofs/pv"), placed(0)]
    journal.add(orders)
    assert DeskJournal(folder.journal).of_slot(SLOT) == orders[::-1]
    assert folder.journal.stat().st_mode & 0o077 == 0
    assert Quote.of_word(orders[0].quote.word()).sell is True
    for slot, price in ((SLOT, 0), (SLOT + 12, 410), (SLOT + 24, 400)):
        journal.paid(Carrier.HEATING, slot, price)
    assert journal.prices(Carrier.HEATING, SLOT + 36, 10) == [410, 400]
    assert journal.prices(Carrier.HEATING, SLOT + 24, 10) == [410]
    assert journal.prices(Carrier.COOLING, SLOT + 36, 10) == []


def test_nobody_counts_on_what_is_only_ordered(folder):
    folder.begin(12, broker=False)
    journal = DeskJournal(folder.journal)
    held = {"battery/storage": 5_000, "garage/charging": 9_000}
    MetersFile(folder.meters).keep(SLOT, {}, held, [])
    journal.add([placed(0, sell=True, name="battery/storage"), placed(1, name="battery/storage", wh=2_000)])
    journal.add([placed(2, name="garage/charging", wh=4_000)])
    selling, buying = Holdings(folder, folder.scenario(), journal).foreseen(SLOT + 12)
    assert (selling["battery/storage"], buying["battery/storage"]) == (4_000, 7_000)
    assert buying["garage/charging"] == 5_000


def test_records_wait_until_they_are_taken(folder):
    file = MetersFile(folder.meters)
    file.keep(SLOT, {7: Counter(5, 1, bytes(32))}, {}, [("bridge-1", 7, b"one"), ("broker", 7, b"one")])
    again = MetersFile(folder.meters)
    assert (again.read_until, again.counters(), again.waiting()) == (SLOT, {7: Counter(5, 1, bytes(32))}, 2)
    [(id, meter, body)] = again.unsent("bridge-1")
    assert (meter, body) == (7, b"one")
    again.sent("bridge-1", id)
    assert (file.unsent("bridge-1"), file.waiting()) == ([], 1)


def test_books_that_do_not_balance_are_refused():
    found = Balance({"members": 5}, [Line("all money is somewhere", 5, 5, "uPT")])
    found.require()
    found.checks.append(Line("electricity given to the grid", 7, 8, "Wh"))
    with pytest.raises(ParkError, match="do not balance: electricity given to the grid, 7 and 8"):
        found.require()
    assert found.lines()[-1] == "  electricity given to the grid: 7 Wh IS NOT 8 Wh"


# ---------------------------------------------------------------------------------------------------------- its end


class Ends:
    """What `_read_on` sees of a park that ends: how far meters are read, and whether they are there."""

    def __init__(self, read_until, is_waiting=False):
        self.read_until, self.parts, self.is_waiting = read_until, {"meters": None}, is_waiting

    def waiting(self):
        return self.is_waiting

    def stop(self, name):
        del self.parts[name]

    def start_worker(self, name):
        self.parts[name] = None


@pytest.mark.parametrize(
    ("read_until", "is_waiting", "are_there"),
    [(SLOT, False, False), (SLOT - 12, False, True), (SLOT, True, True)],
)
def test_meters_are_read_until_all_that_was_sold_is_told(read_until, is_waiting, are_there):
    ends = Ends(read_until, is_waiting)
    assert LivePark._read_on(SimpleNamespace(supervisor=ends), ends, SLOT) == SLOT
    assert ("meters" in ends.parts) == are_there


@pytest.mark.parametrize(("passed", "are_there"), [(119, False), (121, True)])
def test_meters_are_read_once_more_for_what_came_too_late(monkeypatch, passed, are_there):
    ends = Ends(SLOT)
    ends.stop("meters")
    monkeypatch.setattr(time, "time", lambda: SLOT + passed)
    last = LivePark._read_on(SimpleNamespace(supervisor=ends), ends, SLOT)
    assert ("meters" in ends.parts) == are_there
    assert last == (SLOT + 132 if are_there else SLOT)


def test_the_newest_slot_that_there_are_orders_for(tmp_path):
    journal = DeskJournal(tmp_path / "desk.db")
    assert journal.newest_slot() == 0
    made = Placed(b"1", 1, SLOT, 0, TRADERS[0], 0, True, 1, 1, 1, "", b"")
    journal.add([made, replace(made, seal=b"2", slot_start=SLOT + 24), replace(made, seal=b"3", slot_start=SLOT + 12)])
    assert journal.newest_slot() == SLOT + 24


def test_a_broker_that_is_not_there_has_nothing():
    client = connected(free_port())
    try:
        assert not published(client, [(0, 1, b"record")])
    finally:
        client.loop_stop()

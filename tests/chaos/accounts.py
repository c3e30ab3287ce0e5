"""What became of all that the park's desk and meters wrote down, by the chain and the bridges."""

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from frontend_api.database.database import Database
from frontend_api.index.audit import audit
from frontend_api.index.following import Follower
from tests.frontend.index.comparing import assert_same, fresh, rows_of
from wattbook import Market
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.contracts.base import Contract
from wattbook.contracts.structs import BookState, OrderState
from wattbook.deployment.record import Deployment
from wattbook.park.chain import ask
from wattbook.park.journal import DeskJournal
from wattbook.park.meters import MetersFile
from wattbook.park.settings import BRIDGES, ZONE_NUMBER, Folder
from wattbook.park.supervisor import Supervisor
from wattbook.trial.blocks import Log, decoded

_EVER = 2**40
# What an order can come to in a book that has ended: sealed for good is one that was never revealed.
_ENDS = {
    (BookState.SETTLED, OrderState.SETTLED),
    (BookState.SETTLED, OrderState.HANDED_OVER),
    (BookState.SETTLED, OrderState.SEALED),
    (BookState.VOID, OrderState.REFUNDED),
    (BookState.VOID, OrderState.SETTLED),
}


def faults(path: Path, missed: Mapping[int, Sequence[str]]) -> list[str]:
    """What is lost, or there twice, in a park that has ended in order; `missed` is what it said that it missed."""
    folder = Folder(path)
    supervisor = Supervisor(folder, folder.settings())
    try:
        market = Market(supervisor.start_chain(), Deployment.read(folder.deployment))
        return [*_of_orders(market, folder, missed), *_of_readings(market, folder), *_of_index(market, folder)]
    finally:
        supervisor.stop()


def _of_orders(market: Market, folder: Folder, missed: Mapping[int, Sequence[str]]) -> Iterator[str]:
    """Each order that was committed is the desk's, is there once, and has come to an end. The desk's others were
    missed, and the park said so."""
    committed = Counter(bytes(one.args[2]) for one in _logs(market, market.auction) if one.name == "Committed")
    desk = DeskJournal(folder.journal)
    placed = {one.seal: one for slot in _slots(folder) for one in desk.of_slot(slot)}
    if strangers := committed.keys() - placed.keys():
        yield f"{len(strangers)} orders are on the chain that the desk does not know"
    if twice := [seal for seal, count in committed.items() if count > 1]:
        yield f"{len(twice)} orders are committed twice"
    nowhere = {one.slot_start for seal, one in placed.items() if seal not in committed}
    if unsaid := [
        slot for slot in sorted(nowhere) if not any("not committed" in said for said in missed.get(slot, ()))
    ]:
        yield f"orders of {len(unsaid)} slots are nowhere, and nothing was said: {unsaid}"
    ends: Counter[tuple[BookState, OrderState]] = Counter()
    kept: Counter[int] = Counter()
    for seal in committed.keys() & placed.keys():
        one = placed[seal]
        order, book = (
            market.auction.order_of(one.book.key, one.trader, one.number),
            market.auction.book_of(one.book.key),
        )
        ends[book.state, order.state] += 1
        if one.sell and (book.state, order.state) == (BookState.SETTLED, OrderState.SETTLED):
            kept[one.slot_start] += market.auction.positions_of(one.book.key, one.trader)[one.number].wh != 0
    said = ", ".join(f"{book.name}/{state.name} {count}" for (book, state), count in ends.items())
    print(f"  {len(placed)} orders, {len(committed)} committed: {said}", flush=True)
    if kept.total():
        yield f"what was sold was not handed over, by slot: {sorted((+kept).items())}"
    for (book, state), count in ends.items():
        if (book, state) not in _ENDS:
            yield f"{count} orders are {state.name} in books that are {book.name}"


def _slots(folder: Folder) -> list[int]:
    read_until = MetersFile(folder.meters).read_until
    return folder.settings().slots(read_until + 600)


def _of_readings(market: Market, folder: Folder) -> Iterator[str]:
    """Each reading is with both bridges, and each time has one root. What came too late for it is in the next one:
    that nothing of it is lost, the balance tells."""
    file = MetersFile(folder.meters)
    counters = file.counters()
    if waiting := file.waiting():
        yield f"{waiting} records were brought to nobody"
    for name in BRIDGES:
        outbox = Outbox(str(folder.path / f"{name}.db"))
        for number, counter in counters.items():
            found = outbox.readings.between(number, 0, _EVER)
            if len(found) != counter.sequence or found[-1].wh != counter.wh:
                yield f"{name} has {len(found)} readings of meter {number}, of {counter.sequence}"
        outbox.close()
    posted = [one for one in _logs(market, market.readings) if one.name == "RootPosted" and one.args[0] == ZONE_NUMBER]
    sizes = {one.args[1]: one.args[4] for one in posted}
    if len(posted) != len(sizes):
        yield "a root is posted twice"
    if missing := [time for time in folder.settings().times(file.read_until) if time not in sizes]:
        yield f"{len(missing)} times have no root: {missing}"
    poor = [len(counters) - size for size in sizes.values() if size != len(counters)]
    print(
        f"  {sum(one.sequence for one in counters.values())} readings, {len(posted)} roots; {sum(poor)} readings came"
        f" too late for {len(poor)} of them",
        flush=True,
    )


def _of_index(market: Market, folder: Folder) -> Iterator[str]:
    """The index goes on to the end, and is as one that is made anew."""
    database = Database(str(folder.path / "index.db"))
    Follower(market, database).catch_up()
    yield from (str(one) for one in audit(market, database).differences)
    with tempfile.TemporaryDirectory() as where:
        try:
            assert_same(rows_of(database), fresh(market, f"{where}/index.db"))
        except AssertionError as error:
            yield f"the index is not the chain's: {error}"
    database.close()


def _logs(market: Market, contract: Contract) -> list[Log]:
    query: dict[str, Any] = {"address": contract.address, "fromBlock": "0x0", "toBlock": "latest"}
    return list(decoded(ask(market.chain, "eth_getLogs", query)))

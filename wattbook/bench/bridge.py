"""How many readings a bridge takes in: signatures checked, stored, and made into roots."""

import multiprocessing
import os
import secrets
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter

from wattbook.bench.processes import memory
from wattbook.bridge.attesting.registers import Metered, on_grid
from wattbook.bridge.attesting.vouching import tree_over
from wattbook.bridge.formats import own
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.outbox.records import Leaf
from wattbook.bridge.sources.simulated import SimulatedMeter
from wattbook.bridge.sources.source import Arrival
from wattbook.bridge.verify.directory import Directory
from wattbook.bridge.verify.intake import Intake
from wattbook.bridge.verify.records import Market

METERS = 2_000
_PERIOD = 900
_BATCH = 500
_BEGIN = 1_800_000_000
_SEED = 7
MARKET = Market(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
_WARM_UP = 5


@dataclass(frozen=True)
class Load:
    """A minute, or less, of a bridge that gets all that it can take. Memory is in kB: what is held shortly after the
    start, and at the end. `checks_per_second` is what the libraries that check signatures could do at best."""

    seconds: float
    readings: int
    roots: int
    memory_early: int
    memory_late: int
    checks_per_second: int

    @property
    def per_second(self) -> int:
        return int(self.readings / self.seconds)


def measure(seconds: float) -> Load:
    """Meters sign in a process of their own, as those of a park do."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    signing = context.Process(target=_sign, args=(theirs,), daemon=True)
    signing.start()
    theirs.close()
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _measure(seconds, ours, Path(folder))
    finally:
        signing.terminate()
        signing.join()


def _measure(seconds: float, meters: Connection, folder: Path) -> Load:
    devices = [SimulatedMeter(_SEED, device).registered() for device in range(1, METERS + 1)]
    metered = [Metered(one.device, one.period, one.modulus) for one in devices]
    outbox = Outbox(str(folder / "bridge.db"))
    intake = Intake(outbox, Directory(devices), MARKET)
    readings = roots = early = 0
    sample = meters.recv()[1]
    start = perf_counter()
    for moment, records in _received(meters):
        if records:
            intake.take([Arrival("load", record, moment) for record in records])
            readings += len(records)
        else:
            batched(outbox, metered, moment)
            roots += 1
        spent = perf_counter() - start
        if spent < _WARM_UP:
            early = memory(os.getpid())
        if spent >= seconds and not records:
            break
    spent = perf_counter() - start
    if (taken := sum(intake.counts.taken.values())) != readings:
        raise AssertionError(f"{readings} readings came and {taken} were taken: {intake.counts.refused}")
    outbox.close()
    return Load(spent, readings, roots, early, memory(os.getpid()), _checks(sample))


def batched(outbox: Outbox, metered: list[Metered], moment: int) -> list[Leaf]:
    """Makes and stores the root over what meters said of a time."""
    found = on_grid(outbox.readings, metered, moment)
    sequence = moment // _PERIOD
    leaves = [
        Leaf(device, one.register, sequence, 0, one.trust, one.raw_hash, secrets.token_bytes(32))
        for device, one in sorted(found.items())
    ]
    tree = tree_over(leaves)
    outbox.batches.add(1, moment, 0, tree.root, tree.data_hash, leaves, moment)
    return leaves


def _received(meters: Connection) -> Iterator[tuple[int, list[bytes]]]:
    while True:
        yield meters.recv()


def _sign(out: Connection) -> None:
    """All meters' records of one time after another, in batches; an empty one ends a time."""
    meters = [SimulatedMeter(_SEED, device) for device in range(1, METERS + 1)]
    moment = _BEGIN
    out.send((moment, [meter.reading(moment, 1, MARKET.chain_id, MARKET.contract) for meter in meters[:_BATCH]]))
    while True:
        moment += _PERIOD
        for start in range(0, METERS, _BATCH):
            some = meters[start : start + _BATCH]
            sequence = moment // _PERIOD
            out.send((moment, [meter.reading(moment, sequence, MARKET.chain_id, MARKET.contract) for meter in some]))
        out.send((moment, []))


def _checks(records: list[bytes]) -> int:
    """Signatures a second, half of each curve, with nothing else done but reading the record."""
    keys = {device: SimulatedMeter(_SEED, device).key for device in range(1, len(records) + 1)}
    start = perf_counter()
    for device, record in enumerate(records, 1):
        if not own.verify(record, keys[device]).signature:
            raise AssertionError("a simulated meter's signature is not right")
    return int(len(records) / (perf_counter() - start))

"""What a bridge needs for all meters of its zone in one reading period: to take their records in, to make the root, and
to say to the others what it would sign."""

import multiprocessing
import tempfile
from dataclasses import dataclass
from pathlib import Path

from wattbook.bench.bridge import MARKET, batched
from wattbook.bench.processes import memory_peak, own_time
from wattbook.bridge.attesting import wire
from wattbook.bridge.attesting.registers import Metered
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.sources.simulated import SimulatedMeter
from wattbook.bridge.sources.source import Arrival
from wattbook.bridge.verify.directory import Directory
from wattbook.bridge.verify.intake import Intake

_SEED, _BEGIN, _PERIOD, _BATCH = 7, 1_800_000_000, 900, 500
_TIMES = 3


@dataclass(frozen=True)
class Bridged:
    """Of so many meters.

    - take_time, root_time, message_time: microseconds for each reading: checked and stored; put into a stored root;
      written for another bridge, and read there
    - stored_bytes: of the bridge's file for each reading
    - message_bytes: of what goes to another bridge, for each reading
    - peak: kB of memory, at most
    """

    meters: int
    take_time: int
    root_time: int
    message_time: int
    stored_bytes: int
    message_bytes: int
    peak: int


def measure(size: int) -> Bridged:
    """In a process of its own, so that its memory is this size's."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (size,))


def _measure(size: int) -> Bridged:
    meters = [SimulatedMeter(_SEED, device) for device in range(1, size + 1)]
    devices = [meter.registered() for meter in meters]
    metered = [Metered(one.device, one.period, one.modulus) for one in devices]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bridge.db"
        outbox = Outbox(str(file))
        intake = Intake(outbox, Directory(devices), MARKET)
        empty = file.stat().st_size
        take = root = 0
        for number in range(1, _TIMES + 1):
            moment = _BEGIN + number * _PERIOD
            sequence = moment // _PERIOD
            records = [one.reading(moment, sequence, MARKET.chain_id, MARKET.contract) for one in meters]
            begun = own_time()
            for start in range(0, size, _BATCH):
                intake.take([Arrival("load", record, moment) for record in records[start : start + _BATCH]])
            taken = own_time()
            leaves = batched(outbox, metered, moment)
            take, root = take + taken - begun, root + own_time() - taken
        outbox.close()
        stored = file.stat().st_size - empty
    proposal = wire.Proposal(MARKET.chain_id, MARKET.contract, 1, moment, 0, tuple(leaves), {})
    begun = own_time()
    said = wire.dump_proposal(proposal)
    if wire.load_proposal(said).leaves != proposal.leaves or len(leaves) != size:
        raise AssertionError("what a bridge says was read otherwise")
    told, each = own_time() - begun, size * _TIMES
    return Bridged(size, take // each, root // each, told // size, stored // each, len(said) // size, memory_peak())

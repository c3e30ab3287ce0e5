"""Random series of readings through the contracts: each tells and refuses what the engine in Python does.

All devices share the roots, as in a zone. Readings get lost, come twice, go backward, leap, start anew, or are somebody
else's time. Where the sequence has a gap, each root between shows that the device is not in it; where it is, because
what is there was refused out of order, the contract refuses what comes after as skipped.
"""

import random
from collections import Counter
from dataclasses import dataclass, field, replace

import pytest

from tests.depth import depth
from tests.readings.stand import ATTESTERS, leaf
from wattbook.contracts.structs import Absence, Neighbour, ProvenReading, Quality, Root
from wattbook.deployment.anvil import Anvil
from wattbook.market.shares import cumfloor
from wattbook.metering.intervals import MAX_PERIODS, Interval, Refusal, Register, Taken
from wattbook.metering.intervals import Quality as Letter
from wattbook.metering.roots import in_order, proven, root_of, sign_root
from wattbook.metering.told import ReadingRefusal
from wattbook.metering.told import told as told_by
from wattbook.metering.tree import Leaf, Tree
from wattbook.trial.blocks import OPTIONS, message
from wattbook.trial.metering import Meterings
from wattbook.trial.park import Park

# `make deep` runs them all.
SERIES = depth(100, 1_000)
TIMES = 16
PERIOD = 900
RATED_W = 2**32 - 1
# A tenth more than it is rated for.
MOST = RATED_W * PERIOD * 11 // 36_000
AT_ONCE = 100
REFUSALS = {
    ReadingRefusal.ORDER: Refusal.ORDER,
    ReadingRefusal.GAP: Refusal.GAP,
    ReadingRefusal.PLAUSIBILITY: Refusal.PLAUSIBILITY,
}
LETTERS = {Quality.MEASURED: Letter.MEASURED, Quality.SUBSTITUTED: Letter.SUBSTITUTED}


@dataclass
class Series:
    """A device's readings by their times; None where one was lost."""

    device: int
    readings: dict[int, tuple[int, int] | None] = field(default_factory=dict)


def random_series(device: int, times: list[int], luck: random.Random) -> Series:
    """Mostly well; of each kind of trouble some."""
    series = Series(device)
    wh, sequence = luck.choice((0, luck.randrange(2**40), 2**64 - 1 - luck.randrange(2**40))), luck.randrange(5)
    calm = luck.random()
    for time in times:
        sequence += 1
        wh += luck.choice((0, luck.randrange(5_000), MOST))
        given = (wh % 2**64, sequence)
        if luck.random() > calm:
            kind = luck.choice(("lost", "replay", "backward", "leap", "implausible", "leap of sequence"))
            if kind == "lost":
                given = None
            elif kind == "replay":
                sequence -= 1
                given = (wh % 2**64, max(0, sequence - luck.randrange(3)))
            elif kind == "backward":
                given = (max(0, wh - luck.randrange(1, 2 * MOST)) % 2**64, sequence)
            elif kind == "leap":
                given = ((wh + luck.randrange(2**62)) % 2**64, sequence)
            elif kind == "implausible":
                given = ((wh + MOST + 1) % 2**64, sequence)
            else:
                sequence += luck.randrange(1, 400)
                given = (wh % 2**64, sequence)
        series.readings[time] = given
    return series


@pytest.fixture(scope="module")
def park():
    with Anvil(*OPTIONS) as chain:
        yield Park(chain)


@pytest.fixture(scope="module")
def meterings(park):
    return Meterings(park)


@pytest.fixture(scope="module")
def devices(park):
    """Each of a member of its own."""
    park.have_traders(SERIES)
    park.have_devices(park.traders)
    return [park.device_of(trader) for trader in park.traders]


def grid(park: Park, luck: random.Random) -> list[int]:
    """Times of readings: mostly each, some far apart."""
    park.blocks.mine([], park.blocks.now + 2_000 * PERIOD)
    time = (park.blocks.now // PERIOD - 1_900) * PERIOD
    times = []
    for _ in range(TIMES):
        time += PERIOD * luck.choice((1, 1, 1, 1, 1, 2, 5, luck.choice((40, MAX_PERIODS, MAX_PERIODS + 1))))
        times.append(time)
    return times


def test_series_on_chain_are_those_of_the_engine(park, meterings, devices):
    luck = random.Random(11)
    times = grid(park, luck)
    every = [random_series(device, times, luck) for device in devices]
    # Where the contract counts from anew is the device's; the engine is told the same.
    engines = {one.device: Register(PERIOD, RATED_W) for one in every}
    trees = {time: tree_of(time, every) for time in times}
    roots = {time: root_of(1, time, 0, trees[time][0]) for time in times}
    post(park, roots.values())
    meterings.wait_until_final()

    seen, differing = Counter(), []
    impossible: dict[int, Taken] = {}

    def last_before(device: int, reading: Taken) -> Taken | None:
        """The last that was used or, if that was later, refused as impossible."""
        last, refused = engines[device].last, impossible.get(device)
        if last is None or refused is None or reading.sequence == last.sequence + 1:
            return last
        between = last.time < refused.time < reading.time and last.sequence < refused.sequence < reading.sequence
        return refused if between else last

    def is_skipped(reading: Taken, device: int, wanted: object) -> bool:
        """Whether one that is in order, and not too far, leaves out another that is in a root."""
        last = last_before(device, reading)
        if wanted in (Refusal.ORDER, Refusal.GAP) or last is None or reading.sequence == last.sequence + 1:
            return False
        return any(device in leaves for time, (_, leaves) in trees.items() if last.time < time < reading.time)

    def skipped(device: int, time: int) -> list[Absence]:
        reading = trees[time][1][device]
        last = last_before(device, Taken(time, reading.register, reading.sequence))
        return absences(device, last.time, time, trees, roots) if last else []

    for time in times:
        tree, leaves = trees[time]
        given = [reading_of(tree, leaves[device], skipped(device, time)) for device in tree.devices]
        told = use(park, meterings, roots[time], given)
        for one in told:
            device, since, until, wh, periods, quality, _, refusal, *_ = one
            reading = Taken(time, leaves[device].register, leaves[device].sequence)
            wanted = replace(engines[device]).use(reading)
            if is_skipped(reading, device, wanted):
                wanted = ReadingRefusal.SKIPPED
            else:
                engines[device].use(reading)
            if refusal == ReadingRefusal.NONE:
                ends = range(since + PERIOD, until + 1, PERIOD)
                shares = cumfloor([1] * periods, wh) if periods else []
                got = [Interval(end, part, LETTERS[quality]) for end, part in zip(ends, shares, strict=True)]
                seen["begun" if not periods else "measured" if periods == 1 else "healed"] += 1
            else:
                got = REFUSALS.get(refusal, refusal)
                seen[ReadingRefusal(refusal).name] += 1
                if refusal == ReadingRefusal.PLAUSIBILITY:
                    earlier = impossible.get(device, reading)
                    impossible[device] = max(earlier, reading, key=lambda one: one.sequence)
            if got != wanted:
                differing.append((device, time, reading.register, reading.sequence, got, wanted))
    assert not differing, differing[:5]
    kinds = ("begun", "measured", "healed", "ORDER", "GAP", "PLAUSIBILITY", "SKIPPED")
    assert min(seen[kind] for kind in kinds) > 10, seen
    assert seen["measured"] > SERIES, seen
    for device in luck.sample(devices, 50):
        last = engines[device].last
        found = tuple(park.market.readings.last_of(device))
        assert found == ((last.time, last.register, last.sequence) if last else (0, 0, 0))


def tree_of(time: int, every: list[Series]) -> tuple[Tree, dict[int, Leaf]]:
    there = [(one.device, one.readings[time]) for one in every]
    leaves = {device: leaf(device, *given) for device, given in there if given}
    return Tree([(device, leaves[device].content_hash) for device in sorted(leaves)]), leaves


def post(park: Park, roots: list[Root]) -> None:
    readings = park.market.readings
    signed = [in_order((one.address, sign_root(readings, root, [], one)) for one in ATTESTERS[:2]) for root in roots]
    relayer = ATTESTERS[0].address
    messages = [message(readings, "post", relayer, *one) for one in zip(roots, [[]] * len(roots), signed, strict=False)]
    park.blocks.mine(messages)


def use(park: Park, meterings: Meterings, root: Root, given: list[ProvenReading]) -> list[tuple]:
    """In batches, as a keeper would."""
    told = []
    for start in range(0, len(given), AT_ONCE):
        batch = given[start : start + AT_ONCE]
        words = park.market.chain.call(meterings.readings.function("use", root, batch), meterings.settlement)
        told += map(told_by, words)
        park.blocks.mine([message(meterings.readings, "use", meterings.settlement, root, batch)])
    return told


def reading_of(tree: Tree, given: Leaf, skipped: list[Absence]) -> ProvenReading:
    return proven(tree, given)._replace(skipped=skipped)


def absences(device: int, since: int, until: int, trees: dict, roots: dict) -> list[Absence]:
    """Of each time between of which there is a root, as far as the device is not there; to no avail where it is."""
    found = []
    for time, (tree, leaves) in trees.items():
        if since < time < until and device not in leaves:
            place, beside = tree.neighbours(device)
            neighbours = [
                Neighbour(one, leaves[one].content_hash, tree.proof(at)) for at, one in enumerate(beside, place)
            ]
            found.append(Absence(roots[time], place, neighbours))
    return found

"""What a device did in each month of the calendar, as Python's has it, from 1970 to 2200."""

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.devices import facts
from tests.readings.stand import OPTIONS, ZONE, Stand, leaf
from wattbook.contracts.structs import Carrier, Exchange, Month, Quality
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.local import known_account
from wattbook.metering.intervals import MAX_PERIODS, Register, Taken
from wattbook.metering.intervals import Quality as IntervalQuality
from wattbook.metering.roots import proven, root_of
from wattbook.metering.tree import Tree
from wattbook.trial.blocks import Blocks, message

DAY = 86_400
END = int(datetime(2200, 6, 1, tzinfo=UTC).timestamp())
NEVER = 2**40 - 1


def month_of(time: int) -> int:
    """Months since January 1970."""
    at = datetime.fromtimestamp(time, UTC)
    return (at.year - 1970) * 12 + at.month - 1


@pytest.fixture(scope="module")
def distant() -> Iterator[tuple[Stand, Blocks]]:
    """A stand in the year 2200, where heating is read once a day."""
    with Anvil(*OPTIONS, "--gas-limit", "100000000000000", "--no-request-size-limit") as chain:
        stand = Stand(chain, certified_until=NEVER)
        grid = facts(known_account("grid").address)
        stand.decide(stand.market.zones, "openCarrier", ZONE, Carrier.HEATING, DAY, DAY, grid)
        device = stand.device(carrier=Carrier.HEATING, modulus=0)
        blocks = Blocks(chain)
        blocks.mine([], END + DAY)
        yield stand, blocks, device


def test_every_month_until_2200(distant):
    """One device, read every one to ninety-six days: leap years, and the ends of centuries, come by."""
    stand, blocks, device = distant
    luck = random.Random(2200)
    readings, time, register = [], 0, 0
    while time < END:
        readings.append((time, register))
        time += DAY * luck.choice((1, luck.randrange(1, 40), MAX_PERIODS, MAX_PERIODS, MAX_PERIODS))
        register += luck.randrange(1, 10_000)
    leaves = [leaf(device, wh, sequence) for sequence, (_, wh) in enumerate(readings, 1)]
    trees = [Tree([(device, one.content_hash)]) for one in leaves]
    roots = [root_of(ZONE, time, 0, tree) for (time, _), tree in zip(readings, trees, strict=True)]
    relayer = stand.stranger.address
    posts = [message(stand.readings, "post", relayer, root, [], stand.vouched(root)) for root in roots]
    blocks.mine(posts)
    blocks.mine([], blocks.now + stand.readings.window())
    settlement = stand.settlement.address
    blocks.mine(
        [
            message(stand.readings, "use", settlement, root, [proven(tree, one)])
            for root, tree, one in zip(roots, trees, leaves, strict=True)
        ]
    )
    assert tuple(stand.readings.last_of(device)) == (*readings[-1], len(readings))

    wanted = defaultdict(lambda: Month(0, 0, 0))
    meter = Register(DAY, rated_w=10**9, last=Taken(*readings[0], sequence=1))
    for sequence, reading in enumerate(readings[1:], 2):
        for interval in meter.use(Taken(*reading, sequence)):
            wh, measured, substituted = wanted[month_of(interval.end - 1)]
            alone = interval.quality == IntervalQuality.MEASURED
            wanted[month_of(interval.end - 1)] = Month(wh + interval.wh, measured + alone, substituted + (not alone))
    months = range(month_of(END) + 3)
    assert {month: stand.readings.month_of(device, month) for month in months} == {m: wanted[m] for m in months}
    assert len([month for month in wanted.values() if month.measured]) > 100


class TestMonth:
    @pytest.fixture
    def turn(self, stand):
        """The place of the first midnight of a month that is past."""
        first = datetime.fromtimestamp(stand.now, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        stand.start = int(first.timestamp())
        return month_of(stand.start)

    def test_midnight_belongs_to_the_month_before(self, stand, device, turn):
        """And the next reading begins the new one, whose predecessor is kept."""
        stand.told(-2, device, 0, 1)
        stand.told(-1, device, 10, 2)
        stand.told(0, device, 110, 3)
        assert stand.readings.month_of(device, turn - 1) == Month(110, 2, 0)
        assert stand.readings.month_of(device, turn) == Month(0, 0, 0)
        stand.told(2, device, 1_110, 4)
        assert stand.readings.month_of(device, turn - 1) == Month(110, 2, 0)
        assert stand.readings.month_of(device, turn) == Month(1_000, 0, 2)
        stand.told(3, device, 1_115, 5)
        assert stand.readings.month_of(device, turn) == Month(1_005, 1, 2)

    def test_a_register_that_begins_at_midnight(self, stand, device, turn):
        stand.told(0, device, 10, 1)
        stand.told(1, device, 20, 2)
        assert stand.readings.month_of(device, turn) == Month(10, 1, 0)
        assert stand.readings.month_of(device, turn - 1) == Month(0, 0, 0)

    def test_what_was_not_measured_is_not_counted_so(self, stand, device, turn):
        stand.told(0, device, 0, 1)
        for place, quality in enumerate((Quality.MEASURED, Quality.SUBSTITUTED, Quality.ESTIMATED), 1):
            assert stand.told(place, device, 10 * place, place + 1, quality=quality).quality == quality
        assert stand.readings.month_of(device, turn) == Month(30, 1, 2)

    def test_what_was_refused_is_not_counted(self, stand, device, turn):
        stand.told(0, device, 0, 1)
        stand.told(1, device, 90_000, 2)
        assert stand.readings.month_of(device, turn) == Month(0, 0, 0)

    def test_of_a_device_that_was_never_read(self, stand, device):
        for month in (0, 1, 2**16 - 1):
            assert stand.readings.month_of(device, month) == Month(0, 0, 0)

    def test_what_was_not_read_at_midnight_is_of_both_months(self, stand, device, turn):
        """As the slots have it: 100 Wh over three periods, of which one is before midnight."""
        stand.told(-1, device, 0, 1)
        stand.told(2, device, 100, 2)
        assert stand.readings.month_of(device, turn - 1) == Month(33, 0, 1)
        assert stand.readings.month_of(device, turn) == Month(67, 0, 2)

    def test_of_a_gap_the_last_96_periods_count(self, stand, device, turn):
        """One of them ends the month before, to which nothing of the other three is added."""
        stand.told(-4, device, 0, 1)
        stand.exchange(Exchange(device, stand.time(95), 0, 0, bytes(32)))
        assert stand.told(95, device, 970, 2).periods == 99
        assert stand.readings.month_of(device, turn - 1) == Month(10, 0, 1)
        assert stand.readings.month_of(device, turn) == Month(960, 0, 95)

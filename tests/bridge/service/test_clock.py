"""The clock of a bridge that goes by the chain's."""

from wattbook.bridge.clock import ChainClock
from wattbook.bridge.sources.source import Arrival
from wattbook.deployment.anvil import Anvil, pass_time


def test_it_is_the_newest_blocks_time():
    node = Anvil("--timestamp", "1800000000")
    with node as chain:
        clock = ChainClock(chain)
        before = clock()
        assert 0 <= before - 1_800_000_000 < 60
        pass_time(chain, 7_200)
        after = clock()
        assert after - before >= 7_200
        assert after == chain.now
        node.stop()
        assert clock() == after


def test_what_arrives_has_its_time():
    taken = []
    with Anvil("--timestamp", "1800000000") as chain:
        clock = ChainClock(chain)
        clock.stamping(lambda arrivals: taken.extend(arrivals) or [])([Arrival("gateway", b"one", 5, "7", True)])
        assert taken == [Arrival("gateway", b"one", clock(), "7", True)]

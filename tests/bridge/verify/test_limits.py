"""How much nonsense of one meter is looked at."""

from wattbook.bridge.verify.limits import BURST, Limits


class Clock:
    def __init__(self):
        self.now = 10**12

    def __call__(self):
        return self.now


def test_a_burst_and_then_ten_a_second():
    clock = Clock()
    limits = Limits(clock)
    looked_at = 0
    for _ in range(BURST + 100):
        if limits.allows("line", "7"):
            looked_at += 1
            limits.spend("line", "7")
    assert looked_at == BURST
    assert limits.allows("line", "8")
    assert limits.allows("other", "7")
    for _ in range(50):
        clock.now += 100_000_000
        assert limits.allows("line", "7")
        limits.spend("line", "7")
        assert not limits.allows("line", "7")
    clock.now += 10**9 * 3_600
    for _ in range(BURST):
        assert limits.allows("line", "7")
        limits.spend("line", "7")
    assert not limits.allows("line", "7")

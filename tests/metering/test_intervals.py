"""What readings of a register tell, in plain Python: nothing is counted twice, nothing is lost, nothing is made up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook.metering.intervals import MAX_PERIODS, Interval, Quality, Refusal, Register, Taken

PERIOD = 900
# A tenth more than 100 kW in a quarter of an hour.
MOST = 27_500


def register(**changes):
    return Register(**{"period": PERIOD, "rated_w": 100_000, "modulus": 100_000} | changes)


def read(*readings, **changes):
    """What becomes of readings by their places in time."""
    one = register(**changes)
    return [one.use(Taken(place * PERIOD, wh, sequence)) for place, wh, sequence in readings]


class TestTold:
    def test_the_first_tells_nothing(self):
        assert read((5, 99, 7)) == [[]]

    def test_one_period_is_measured(self):
        assert read((5, 100, 7), (6, 350, 8))[1] == [Interval(6 * PERIOD, 250, Quality.MEASURED)]

    def test_more_are_spread_evenly(self):
        assert [(one.end, one.wh) for one in read((0, 0, 1), (3, 100, 2))[1]] == [(900, 33), (1800, 33), (2700, 34)]
        assert {one.quality for one in read((0, 0, 1), (3, 100, 2))[1]} == {Quality.SUBSTITUTED}

    def test_a_register_starts_anew_once(self):
        assert read((0, 99_900, 1), (1, 100, 2))[1] == [Interval(900, 200, Quality.MEASURED)]
        assert read((0, 99_900, 1), (1, 100, 2), modulus=0)[1] == Refusal.PLAUSIBILITY
        assert read((0, 250, 1), (1, 40, 2), modulus=100)[1] == Refusal.PLAUSIBILITY

    def test_the_most_that_heals(self):
        assert len(read((0, 0, 1), (MAX_PERIODS, 96, 2))[1]) == MAX_PERIODS
        assert len(read((0, 99_999, 1), (MAX_PERIODS, 5, 2))[1]) == MAX_PERIODS


class TestRefused:
    @pytest.mark.parametrize(("place", "sequence"), [(5, 8), (4, 8), (6, 7), (6, 6), (5.5, 8), (6.001, 8)])
    def test_out_of_order(self, place, sequence):
        assert read((5, 0, 7), (place, 1, sequence))[1] == Refusal.ORDER

    def test_the_first_too_when_it_is_off_the_grid(self):
        assert read((0.5, 0, 1), (1, 5, 2)) == [Refusal.ORDER, []]

    def test_a_gap_before_anything_that_is_impossible(self):
        assert read((0, 50, 1), (MAX_PERIODS + 1, 51, 2), (MAX_PERIODS + 1, 0, 3))[1:] == [Refusal.GAP] * 2

    def test_more_than_it_can_make(self):
        assert read((0, 0, 1), (1, MOST + 1, 2), modulus=0) == [[], Refusal.PLAUSIBILITY]
        assert read((0, 0, 1), (1, MOST, 2), modulus=0)[1][0].wh == MOST
        assert read((0, 0, 1), (2, 2 * MOST + 1, 2), modulus=0)[1] == Refusal.PLAUSIBILITY

    def test_order_comes_first(self):
        assert read((5, 50, 7), (5, 10**9, 7))[1] == Refusal.ORDER

    def test_the_next_good_one_heals(self):
        *_, healed = read((0, 0, 1), (1, 10**9, 2), (2, 10**9, 3), (3, 300, 4), modulus=0)
        assert [one.wh for one in healed] == [100, 100, 100]


READING = st.tuples(
    st.integers(0, 130),
    st.one_of(st.integers(0, 120_000), st.integers(0, 2**64 - 1)),
    st.integers(0, 40),
)


@given(st.lists(READING, max_size=30), st.sampled_from([0, 10, 100_000, 2**64 - 1]), st.integers(1, 200_000))
def test_nothing_is_counted_twice_or_made_up(readings, modulus, rated_w):
    """Periods follow each other without gap or overlap, and their energy is what the register moved by."""
    one = register(modulus=modulus, rated_w=rated_w)
    end, counted, begun = None, 0, None
    for place, wh, sequence in readings:
        before = one.last
        told = one.use(Taken(place * PERIOD, wh, sequence))
        if isinstance(told, Refusal):
            assert one.last == before
            continue
        if begun is None:
            begun, end = wh, place * PERIOD
            assert told == []
            continue
        for interval in told:
            end += PERIOD
            assert interval.end == end and interval.wh >= 0
            counted += interval.wh
        assert end == place * PERIOD
        assert sum(interval.wh for interval in told) * 36_000 <= rated_w * len(told) * PERIOD * 11
    if begun is not None:
        moved = one.last.register - begun
        assert counted == moved if modulus == 0 else (counted - moved) % modulus == 0

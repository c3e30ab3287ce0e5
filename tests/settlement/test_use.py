"""What of the use of clean energy matches, in plain Python."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattbook.months import month_at, start_of
from wattbook.settlement.use import Matching, Retired, UseRefusal, month_ending

DAY = 86_400
MONTH = 684
START = start_of(MONTH)
GOOD = Retired("slice", 1, 2, START, START + DAY, 5_000)


def test_as_much_as_was_retired_and_withdrawn():
    """The example of the docs."""
    matching = Matching(1, 2, DAY)
    second = replace(GOOD, slice="second", since=START + DAY, until=START + 2 * DAY)
    withdrawn = {START: 6_000, START + DAY: 7_000}
    assert matching.claim(MONTH, "user", [replace(GOOD, wh=8_000), second], withdrawn) == [6_000, 5_000]
    assert matching.claims[MONTH] == {"user": 11_000}


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"wh": 0, "zone": 9}, UseRefusal.NOT_RETIRED),
        ({"zone": 9, "until": START + 2 * DAY}, UseRefusal.ELSEWHERE),
        ({"carrier": 0}, UseRefusal.ELSEWHERE),
        ({"since": START - DAY, "until": START + DAY}, UseRefusal.SEVERAL_SLOTS),
        ({"since": START - DAY, "until": START}, UseRefusal.OTHER_MONTH),
        ({"since": START + DAY, "until": START + 2 * DAY}, UseRefusal.NOT_WITHDRAWN),
    ],
)
def test_the_first_reason_counts(changes, refusal):
    matching = Matching(1, 2, DAY)
    assert matching.claim(MONTH, "user", [replace(GOOD, **changes)], {START: 5_000}) == [refusal]
    assert matching.claims[MONTH] == {}


def test_what_was_counted_is_not_counted_again():
    matching = Matching(1, 2, DAY)
    assert matching.claim(MONTH, "user", [GOOD, GOOD], {START: 9_000}) == [5_000, UseRefusal.ALREADY_COUNTED]
    more = replace(GOOD, wh=6_000)
    assert matching.claim(MONTH, "user", [more, more], {START: 9_000}) == [1_000, UseRefusal.ALREADY_COUNTED]


SLOTS = st.integers(-1, 2)
WH = st.integers(0, 9)


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), SLOTS, WH), max_size=20),
    st.dictionaries(st.tuples(st.sampled_from("ab"), SLOTS), WH),
)
def test_each_wh_counts_once(steps, taken):
    """However it is retired and claimed: no more of a slice than was retired, no more of a slot than was withdrawn."""
    matching, retired = Matching(1, 2, DAY), Counter()
    by_slice, by_slot = Counter(), Counter()
    for user, name, slot, wh in steps:
        since = START + slot * DAY
        retired[user, name, slot] += wh
        given = replace(GOOD, slice=(name, slot), since=since, until=since + DAY, wh=retired[user, name, slot])
        withdrawn = {START + place * DAY: wh for (who, place), wh in taken.items() if who == user}
        [found] = matching.claim(MONTH, user, [given], withdrawn)
        if isinstance(found, int):
            by_slice[user, name, slot] += found
            by_slot[user, slot] += found
            # Nothing that matches is left.
            either = retired[user, name, slot] == by_slice[user, name, slot]
            assert either or by_slot[user, slot] == taken.get((user, slot), 0)
    assert all(wh <= retired[key] for key, wh in by_slice.items())
    assert all(wh <= taken.get(key, 0) and key[1] >= 0 for key, wh in by_slot.items())
    sums = Counter()
    for (user, _), wh in by_slot.items():
        sums[user] += wh
    assert Counter(matching.claims[MONTH]) == +sums


def test_a_slot_belongs_to_the_month_in_which_it_ends():
    """Midnight is counted to the day before."""
    assert [month_ending(START + more) for more in (0, 1, DAY)] == [MONTH - 1, MONTH, MONTH]
    assert month_at(START) == MONTH

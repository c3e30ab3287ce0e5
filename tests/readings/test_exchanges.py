"""Meters that are exchanged, and gaps that are vouched for."""

import pytest

from tests.assertions import check_event, refused
from tests.readings.stand import ATTESTERS, EVIDENCE, leaf
from wattbook.contracts import reverts
from wattbook.contracts.structs import Exchange, Quality, Trust
from wattbook.metering.told import ReadingRefusal, Told

NOTHING = Exchange(0, 0, 0, 0, bytes(32))


@pytest.fixture
def exchange(stand, device):
    """An exchange between the first and the third reading, at 700 and 5."""
    return Exchange(device, stand.time(1) + 17, 700, 5, EVIDENCE)


def test_of_a_meter(stand, device, exchange):
    stand.told(0, device, 100, 1)
    receipt = stand.exchange(exchange)
    check_event(receipt, "MeterExchanged", exchange=exchange._asdict())
    assert len(receipt.events) == 1
    assert stand.readings.exchange_of(device) == exchange
    assert stand.told(1, device, 600, 2).wh == 500
    interval = stand.told(2, device, 205, 3)
    told = {"wh": 300, "periods": 1, "quality": Quality.MEASURED, "trust": Trust.AUTHENTICATED}
    assert interval == Told(device, stand.time(1), stand.time(2), **told, refusal=ReadingRefusal.NONE)
    assert stand.readings.exchange_of(device) == NOTHING
    assert stand.told(3, device, 305, 4).wh == 100


def test_at_the_time_of_a_reading(stand, device, exchange):
    """The new meter's register counts from there."""
    stand.told(0, device, 100, 1)
    stand.exchange(exchange._replace(time=stand.time(1)))
    assert stand.told(1, device, 5, 2).wh == 600


def test_of_a_gap_of_any_length(stand, device, exchange):
    stand.told(0, device, 100, 1)
    assert stand.refusal(200, device, 900, 2) == ReadingRefusal.GAP
    stand.exchange(exchange._replace(time=stand.time(199), closing=500, opening=500))
    interval = stand.told(201, device, 900, 3)
    assert (interval.wh, interval.periods, interval.quality) == (800, 201, Quality.SUBSTITUTED)


def test_of_a_gap_of_years(stand, device, exchange):
    """More periods than 16 bits hold."""
    early = stand.covering(0, leaf(device, 100, 1))
    root = early.root._replace(time=0)
    stand.readings.post(root, [], stand.vouched(root), sender=stand.stranger)
    stand.wait()
    stand.use_these(root, [early.proven(device)])
    stand.exchange(exchange._replace(time=1, closing=500, opening=500))
    interval = stand.told(0, device, 900, 2)
    assert (interval.wh, interval.periods, interval.quality) == (800, stand.time(0) // 300, Quality.SUBSTITUTED)
    assert interval.periods > 2**16


def test_the_register_after_it_is_looked_at_too(stand, device, exchange):
    """Backward, or more than the device can make, on either meter; the next good one heals, and the exchange waits."""
    stand.told(0, device, 100, 1)
    stand.exchange(exchange)
    for place, register in ((2, 4), (3, 5 + 3 * 1100 - 600 + 1)):
        assert stand.refusal(place, device, register, place) == ReadingRefusal.PLAUSIBILITY
    assert stand.readings.exchange_of(device) == exchange
    assert stand.told(4, device, 5 + 4 * 1100 - 600, 4).wh == 4 * 1100


def test_one_that_closes_below_the_last_reading(stand, device, exchange):
    """Nothing fits it, until it is vouched for anew, a second later at least: nobody can bring the wrong one back."""
    stand.told(0, device, 100, 1)
    wrong = exchange._replace(closing=99)
    stand.exchange(wrong)
    assert stand.refusal(2, device, 5, 2) == ReadingRefusal.PLAUSIBILITY
    for other in (wrong, exchange, exchange._replace(time=exchange.time - 1)):
        with refused(reverts.InvalidExchange, device=device):
            stand.exchange(other)
    stand.exchange(exchange._replace(time=exchange.time + 1))
    with refused(reverts.InvalidExchange, device=device):
        stand.exchange(wrong)
    assert stand.told(3, device, 205, 3).wh == 800


def test_a_reading_before_it_is_not_touched(stand, device, exchange):
    stand.told(0, device, 100, 1)
    stand.exchange(exchange)
    assert stand.told(1, device, 600, 2).wh == 500
    assert stand.readings.exchange_of(device) == exchange


def test_not_before_the_last_reading(stand, device, exchange):
    stand.told(1, device, 100, 1)
    for time in (stand.time(1), stand.time(0), 0):
        with refused(reverts.InvalidExchange, device=device):
            stand.exchange(exchange._replace(time=time))
    stand.exchange(exchange._replace(time=stand.time(1) + 1))


def test_not_twice(stand, device, exchange):
    """What was used is behind the last reading."""
    stand.told(0, device, 100, 1)
    stand.exchange(exchange)
    stand.told(2, device, 205, 2)
    with refused(reverts.InvalidExchange, device=device):
        stand.exchange(exchange)


def test_not_of_a_time_to_come(stand, device, exchange):
    """To the second."""
    later = exchange._replace(time=stand.now + 100)
    stand.at(later.time - 1)
    with refused(reverts.InTheFuture, time=later.time):
        stand.exchange(later)
    stand.at(later.time)
    stand.exchange(later)


def test_before_a_device_has_a_reading(stand, device, exchange):
    """The first one is where it begins, and counts nothing of it, then or later."""
    stand.exchange(exchange)
    assert stand.told(2, device, 50, 1).wh == 0
    assert stand.readings.exchange_of(device) == NOTHING
    assert stand.told(3, device, 60, 2).wh == 10


def test_after_the_first_reading_that_is_used_later(stand, device, exchange):
    stand.exchange(exchange)
    assert stand.told(0, device, 100, 1).wh == 0
    assert stand.readings.exchange_of(device) == exchange
    assert stand.told(2, device, 205, 2).wh == 800


def test_vouched_for_by_enough(stand, device, exchange):
    signatures = stand.attested("Exchange", exchange._asdict(), by=ATTESTERS[:1])
    with refused(reverts.TooFewSigners, signers=1, threshold=2):
        stand.readings.exchange(exchange, signatures, sender=stand.stranger)


@pytest.mark.parametrize("field", ["device", "time", "closing", "opening", "evidence"])
def test_vouched_for_as_it_is(stand, device, exchange, field):
    signatures = stand.attested("Exchange", exchange._asdict())
    value = getattr(exchange, field)
    changed = exchange._replace(**{field: bytes(32) if field == "evidence" else value + 1})
    for given in (signatures, signatures[::-1]):
        with pytest.raises((reverts.NotMember, reverts.SignersOutOfOrder)):
            stand.readings.exchange(changed, given, sender=stand.stranger)

"""Readings that meters sign themselves, on either curve."""

from dataclasses import astuple

import pytest

from tests.assertions import check_event, refused
from tests.devices import P256_ORDER, QUARTER
from tests.readings.stand import BOND, ZONE, said
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier, Curve, DisputeState, Quality, Trust
from wattbook.deployment.local import known_account
from wattbook.metering.readings import Reading
from wattbook.metering.told import ReadingRefusal, Told

NONE = bytes(32)


@pytest.fixture(params=list(Curve), ids=lambda curve: curve.name)
def key(request, stand):
    return stand.key(request.param)


@pytest.fixture
def device(stand, key):
    return stand.device(key)


def hash_of(reading):
    """As the meter hashes it."""
    return Reading(**said(reading)).hash


class TestSubmit:
    def test_says_all_of_it(self, stand, device, key):
        reading = stand.reading(device, 0, 100, 1)
        receipt = stand.submit(reading, key)
        told = {"device": device, "time": reading.time, "readingHash": hash_of(reading), "chained": True}
        check_event(receipt, "ReadingSubmitted", **told)
        assert len(receipt.events) == 1

    def test_the_meters_digest_is_the_contracts(self, stand, device, key):
        reading = Reading(**said(stand.reading(device, 0, 100, 1)))
        signature = key.sign(reading.digest(stand.chain.chain_id, stand.readings.address))
        stand.readings.submit(astuple(reading), signature, sender=stand.stranger)

    def test_says_whether_the_chain_of_hashes_holds(self, stand, device, key):
        """A break is told and refuses nothing."""
        first = stand.reading(device, 0, 100, 1)
        second = stand.reading(device, 1, 200, 2, previous=hash_of(first))
        third = stand.reading(device, 2, 300, 3, previous=hash_of(first))
        fourth = stand.reading(device, 3, 300, 4)
        fifth = stand.reading(device, 4, 300, 5, previous=hash_of(fourth))
        chained = [
            stand.submit(one, key).event("ReadingSubmitted").args["chained"]
            for one in (first, second, third, fourth, fifth)
        ]
        assert chained == [True, True, False, False, True]

    def test_a_first_that_says_it_has_one_before(self, stand, device, key):
        reading = stand.reading(device, 0, 100, 1, previous=b"\1" * 32)
        assert not stand.submit(reading, key).event("ReadingSubmitted").args["chained"]

    def test_in_any_order(self, stand, device, key):
        for place in (5, 3, 4):
            stand.submit(stand.reading(device, place, 100, place), key)

    def test_twice(self, stand, device, key):
        reading = stand.reading(device, 0, 100, 1)
        stand.submit(reading, key)
        for again in (reading, stand.reading(device, 0, 101, 2)):
            with refused(reverts.ReadingKnown, device=device, time=reading.time):
                stand.submit(again, key)

    def test_by_another_key(self, stand, device, key):
        other = stand.key(key.public.curve)
        with refused(reverts.ForeignReading, device=device):
            stand.submit(stand.reading(device, 0, 100, 1), other)

    @pytest.mark.parametrize(
        "changed",
        [
            {"register": 101},
            {"sequence": 2},
            {"quality": Quality.ESTIMATED},
            {"previous": b"\1" * 32},
            {"time": QUARTER},
        ],
        ids=lambda changed: next(iter(changed)),
    )
    def test_another_than_was_signed(self, stand, device, key, changed):
        reading = stand.reading(device, 0, 100, 1)
        with refused(reverts.ForeignReading, device=device):
            stand.readings.submit(reading._replace(**changed), stand.signed(reading, key), sender=stand.stranger)

    def test_signed_for_another_contract(self, stand, device, key):
        reading = Reading(**said(stand.reading(device, 0, 100, 1)))
        for chain_id, contract in ((1, stand.readings.address), (stand.chain.chain_id, stand.market.vault.address)):
            with refused(reverts.ForeignReading, device=device):
                signature = key.sign(reading.digest(chain_id, contract))
                stand.readings.submit(astuple(reading), signature, sender=stand.stranger)

    def test_of_another_device_of_the_same_owner(self, stand, device, key):
        other = stand.device(stand.key(key.public.curve))
        with refused(reverts.ForeignReading, device=other):
            stand.submit(stand.reading(other, 0, 100, 1), key)

    def test_of_another_carrier_or_direction(self, stand, device, key):
        for changed in ({"carrier": Carrier.GAS}, {"direction": 1}):
            with refused(reverts.ForeignReading, device=device):
                stand.submit(stand.reading(device, 0, 100, 1, **changed), key)

    def test_of_no_device(self, stand, device, key):
        for other in (0, device + 1):
            with refused(reverts.UnknownDevice, device=other):
                stand.submit(stand.reading(other, 0, 100, 1), key)

    def test_of_one_that_is_not_certified(self, stand, key):
        device = stand.registered(key)
        with refused(reverts.ForeignReading, device=device):
            stand.submit(stand.reading(device, 0, 100, 1), key)

    def test_of_one_that_was_taken_out(self, stand, device, key):
        stand.market.meters.suspend(device, "why", sender=known_account("operator"))
        with refused(reverts.ForeignReading, device=device):
            stand.submit(stand.reading(device, 0, 100, 1), key)
        stand.market.meters.certify(device, 10_000, 0, sender=known_account("operator"))
        stand.submit(stand.reading(device, 0, 100, 1), key)
        stand.market.meters.retire(device, sender=stand.alice)
        with refused(reverts.ForeignReading, device=device):
            stand.submit(stand.reading(device, 1, 100, 2), key)

    @pytest.mark.parametrize("off", [1, -1, QUARTER // 2])
    def test_off_the_period(self, stand, device, key, off):
        time = stand.time(0) + off
        with refused(reverts.OffPeriod, device=device, time=time):
            stand.submit(stand.reading(device, 0, 100, 1, time=time), key)

    def test_of_a_time_to_come(self, stand, device, key):
        """To the second."""
        reading = stand.reading(device, 0, 100, 1, time=(stand.now // QUARTER + 1) * QUARTER)
        stand.at(reading.time - 1)
        with refused(reverts.InTheFuture, time=reading.time):
            stand.submit(reading, key)
        stand.at(reading.time)
        stand.submit(reading, key)

    @pytest.mark.parametrize("signature", [b"", b"\0", bytes(64), bytes(65), b"\1" * 64, b"\1" * 65, b"\1" * 96])
    def test_with_what_is_no_signature(self, stand, device, signature):
        with refused(reverts.ForeignReading, device=device):
            stand.readings.submit(stand.reading(device, 0, 100, 1), signature, sender=stand.stranger)


def test_the_higher_half_of_a_p256_signature(stand):
    key = stand.key(Curve.P256)
    device = stand.device(key)
    reading = stand.reading(device, 0, 100, 1)
    signature = stand.signed(reading, key)
    higher = signature[:32] + (P256_ORDER - int.from_bytes(signature[32:])).to_bytes(32)
    with refused(reverts.ForeignReading, device=device):
        stand.readings.submit(reading, higher, sender=stand.stranger)


def test_the_higher_half_of_a_secp256k1_signature(stand):
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    key = stand.key()
    device = stand.device(key)
    reading = stand.reading(device, 0, 100, 1)
    signature = stand.signed(reading, key)
    s = (order - int.from_bytes(signature[32:64])).to_bytes(32)
    higher = signature[:32] + s + bytes([27 + 28 - signature[64]])
    with refused(reverts.ForeignReading, device=device):
        stand.readings.submit(reading, higher, sender=stand.stranger)


class TestUse:
    def test_one_after_another(self, stand, device, key):
        first, second = stand.reading(device, 0, 100, 1), stand.reading(device, 1, 600, 2)
        stand.submit(first, key)
        stand.submit(second, key)
        stand.wait()
        by_the_meter = {"trust": Trust.DEVICE_SIGNED, "refusal": ReadingRefusal.NONE}
        told = {"device": device, "quality": Quality.MEASURED, **by_the_meter}
        start, end = first.time, second.time
        assert stand.use_submitted(first) == [Told(since=start, until=start, wh=0, periods=0, **told)]
        assert stand.use_submitted(second) == [Told(since=start, until=end, wh=500, periods=1, **told)]
        assert stand.last(device) == (end, 600, 2)

    def test_several_devices_at_once(self, stand, device, key):
        other_key = stand.key()
        other = stand.device(other_key)
        readings = [stand.reading(device, 0, 100, 1), stand.reading(other, 0, 200, 1)]
        for reading, one in zip(readings, (key, other_key), strict=True):
            stand.submit(reading, one)
        stand.wait()
        assert [one.device for one in stand.use_submitted(*readings)] == [device, other]
        assert stand.last(other) == (readings[1].time, 200, 1)

    def test_another_than_was_submitted(self, stand, device, key):
        reading = stand.reading(device, 0, 100, 1)
        stand.submit(reading, key)
        stand.wait()
        for other in (reading._replace(register=101), stand.reading(device, 1, 100, 1), stand.reading(99, 0, 100, 1)):
            with refused(reverts.UnknownReading, device=other.device, time=other.time):
                stand.use_submitted(other)

    def test_of_another_time_or_zone(self, stand, device, key):
        reading = stand.reading(device, 0, 100, 1)
        stand.submit(reading, key)
        stand.wait()
        with refused(reverts.UnknownReading, device=device, time=reading.time):
            stand.readings.use_submitted(ZONE, reading.time + QUARTER, [reading], sender=stand.settlement)
        [interval] = stand.use_submitted(reading, zone=ZONE + 1)
        assert interval.refusal == ReadingRefusal.FOREIGN

    def test_only_by_who_settles(self, stand, device, key):
        reading = stand.reading(device, 0, 100, 1)
        stand.submit(reading, key)
        stand.wait()
        with refused(reverts.NotSettlement, caller=stand.alice.address):
            stand.readings.use_submitted(ZONE, reading.time, [reading], sender=stand.alice)

    def test_not_before_it_is_final(self, stand, device, key):
        """To the second."""
        reading = stand.reading(device, 0, 100, 1)
        stand.submit(reading, key)
        final = stand.now + stand.readings.window()
        for moment, refusal in ((final - 1, ReadingRefusal.NOT_FINAL), (final, ReadingRefusal.NONE)):
            stand.at(moment)
            receipt = stand.readings.use_submitted(ZONE, reading.time, [reading], sender=stand.settlement)
            [packed] = receipt.event("ReadingsUsed").args["uses"]
            assert packed >> 72 == refusal

    def test_beside_those_of_roots(self, stand, device, key):
        """What one of them told, the other cannot tell again."""
        from tests.readings.stand import leaf

        reading = stand.reading(device, 1, 600, 2)
        stand.submit(reading, key)
        assert stand.told(0, device, 100, 1).refusal == ReadingRefusal.NONE
        posted = stand.post(1, leaf(device, 600, 2))
        stand.wait()
        assert stand.use_submitted(reading)[0].wh == 500
        assert stand.use(posted)[0].refusal == ReadingRefusal.ORDER
        assert stand.told(2, device, 700, 3).wh == 100


class TestDispute:
    @pytest.fixture
    def reading(self, stand, device, key):
        reading = stand.reading(device, 0, 100, 1)
        stand.submit(reading, key)
        return reading

    @pytest.fixture
    def dispute(self, stand, device, reading):
        return lambda: stand.readings.dispute_submitted(device, reading.time, sender=stand.bob)

    def test_says_so_and_locks_the_bond(self, stand, device, reading, dispute):
        before = stand.free(stand.bob)
        receipt = dispute()
        told = {"version": stand.readings.submitted(), "disputer": stand.bob.address}
        check_event(receipt, "ReadingDisputed", device=device, time=reading.time, **told)
        assert (before - stand.free(stand.bob), stand.locked) == (BOND, BOND)
        found = stand.readings.dispute_of(device, reading.time, stand.readings.submitted())
        assert found == (0, DisputeState.OPEN, 255, stand.now, stand.bob.address)

    def test_of_what_was_not_submitted(self, stand, device, reading):
        for other, time in ((device, reading.time + QUARTER), (device + 1, reading.time)):
            with refused(reverts.UnknownReading, device=other, time=time):
                stand.readings.dispute_submitted(other, time, sender=stand.bob)

    def test_until_it_is_final(self, stand, device, reading, dispute):
        final = stand.now + stand.readings.window()
        before = stand.snapshot()
        stand.at(final)
        with refused(reverts.AlreadyFinal, device=device, time=reading.time):
            dispute()
        stand.restore(before)
        stand.at(final - 1)
        dispute()

    def test_twice(self, stand, device, reading, dispute):
        dispute()
        again = {"device": device, "time": reading.time}
        with refused(reverts.AlreadyDisputed, **again):
            dispute()
        stand.resolve(device, reading.time, 255, upheld=False)
        with refused(reverts.AlreadyDisputed, **again):
            dispute()

    @pytest.mark.parametrize("upheld", [True, False])
    def test_upheld_is_void_and_rejected_stands(self, stand, device, reading, dispute, upheld):
        dispute()
        stand.wait()
        assert stand.use_submitted(reading)[0].refusal == ReadingRefusal.NOT_FINAL
        stand.resolve(device, reading.time, 255, upheld)
        [interval] = stand.use_submitted(reading)
        assert (interval.refusal == ReadingRefusal.NONE) == (not upheld)

    def test_lapses_and_stands(self, stand, device, reading, dispute):
        dispute()
        stand.at(stand.now + stand.readings.lapses_after())
        stand.readings.lapse(device, reading.time, 255, sender=stand.stranger)
        assert stand.use_submitted(reading)[0].refusal == ReadingRefusal.NONE

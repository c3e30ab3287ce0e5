"""Every kind of bad input is refused with its own reason, stored and counted, and is in nobody's way."""

import json

import pytest

from tests.bridge.formats import meters
from tests.bridge.verify.devices import MARKET, NOW, arrival, registered, signed
from wattbook.bridge.formats.p1 import MAX_TELEGRAM
from wattbook.bridge.formats.records import Trust
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.outbox.records import OutboxError
from wattbook.bridge.verify import plain
from wattbook.bridge.verify.directory import Directory
from wattbook.bridge.verify.history import MAX_AGE, MAX_AHEAD
from wattbook.bridge.verify.intake import Intake
from wattbook.bridge.verify.limits import BURST
from wattbook.bridge.verify.reasons import Reason
from wattbook.contracts.structs import DeviceStatus
from wattbook.metering.keys import Curve

OCMF_METER = "1WBK0000000017"
OCMF_TIME = 1772350930
P1_METER, P1_TIME = "57424B3030303137", 1772350930
STATION = registered(20, meter=OCMF_METER, key=meters.key(Curve.SECP256R1), rated_w=30_000)
HOUSE = registered(30, meter=P1_METER, key=None)
ROOF = registered(40, meter="roof-3", register="2.8.0", key=None)
SUSPENDED = registered(50, status=DeviceStatus.SUSPENDED)
KEYLESS = registered(60, key=None)
ELSEWHERE = registered(70, meter="barn", source="other", key=None)
ALL = (registered(7), registered(8), STATION, HOUSE, ROOF, SUSPENDED, KEYLESS, ELSEWHERE)
BOMB = b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "ha"><!ENTITY c "&a;&a;&a;">]><values><value>&c;</value></values>'


@pytest.fixture
def directory():
    return Directory(ALL)


def ocmf(time_text="2026-03-01T08:42:10,000+0100 S", curve=Curve.SECP256R1, rows=None, **fields):
    row = {"TM": time_text, "RV": 830.051, "RI": "1-b:1.8.0", "RU": "kWh", "EF": "", "ST": "G"}
    return meters.ocmf(curve, meters.ocmf_payload(rows or [row], **fields))


def telegram(**replaced):
    lines = [replaced.get(line.split("(")[0], line) for line in meters.TELEGRAM]
    return meters.telegram(lines)


def flipped(record):
    """The same with one digit of the register changed."""
    return record.replace(b'"register": 5', b'"register": 6')


def again(record):
    """The same object, written by another program."""
    return json.dumps(json.loads(record), indent=1).encode()


SIGNED = ocmf()
RESERIALISED = (
    b"OCMF|" + json.dumps(json.loads(SIGNED.split(b"|")[1]), indent=1).encode() + b"|" + SIGNED.split(b"|")[2]
)
STRANGER = meters.container((ocmf(curve=Curve.SECP256K1), meters.der(Curve.SECP256K1).hex()))
LINE = plain.written("roof-3", "2.8.0", NOW, 5_000)

CATALOGUE = {
    "forged": (flipped(signed(7)), Reason.FORGED),
    "truncated": (SIGNED[: SIGNED.rindex(b"|")], Reason.TRUNCATED),
    "truncated JSON": (signed(7)[:-20], Reason.MALFORMED),
    "re-serialised": (RESERIALISED, Reason.FORGED),
    "a stranger's key": (STRANGER, Reason.FOREIGN_KEY),
    "a stranger's key in our format": (signed(7, curve=Curve.SECP256R1, publish=True), Reason.FOREIGN_KEY),
    "another market": (signed(7, changes={"chainId": 1}), Reason.FOREIGN_MARKET),
    "another carrier": (signed(7, carrier=2), Reason.UNKNOWN_REGISTER),
    "another direction": (signed(7, direction=0), Reason.UNKNOWN_REGISTER),
    "1970": (ocmf("1970-01-01T00:01:00,000+0000 U"), Reason.IMPOSSIBLE_TIME),
    "1970 in our format": (signed(7, time=60), Reason.IMPOSSIBLE_TIME),
    "tomorrow's tomorrow": (signed(7, time=NOW + 3 * 86_400), Reason.IMPOSSIBLE_TIME),
    "clock drift": (signed(7, time=NOW + MAX_AHEAD + 1), Reason.CLOCK_AHEAD),
    "last year": (signed(7, time=NOW - MAX_AGE - 1), Reason.TOO_OLD),
    "backward in itself": (
        ocmf(
            rows=[
                {"TM": "2026-03-01T08:00:00,000+0100 S", "RV": 9, "RI": "1-b:1.8.0", "RU": "kWh", "EF": "", "ST": "G"},
                {"TM": "2026-03-01T08:42:10,000+0100 S", "RV": 8},
            ]
        ),
        Reason.BACKWARD,
    ),
    "a meter that reports an error": (
        ocmf(
            rows=[
                {"TM": "2026-03-01T08:00:00,000+0100 S", "RV": 9, "RI": "1-b:1.8.0", "RU": "kWh", "EF": "E", "ST": "G"}
            ]
        ),
        Reason.METER_ERROR,
    ),
    "broken checksum": (meters.telegram().replace(b"812.345", b"912.345"), Reason.CHECKSUM),
    "lost checksum": (meters.telegram(checksum=False), Reason.CHECKSUM),
    "cut telegram": (meters.telegram()[:200], Reason.TRUNCATED),
    "huge telegram": (b"/WBK5\\x\r\n" + b"1-0:1.8.0(0*kWh)\r\n" * (MAX_TELEGRAM // 10), Reason.TOO_LARGE),
    "XML bomb": (BOMB, Reason.DOCUMENT_TYPE),
    "deep JSON": (b'{"signedMeterData":' + b"[" * 5_000, Reason.TOO_LARGE),
    "nothing known": (b"\x00\xff\x17 good day", Reason.UNKNOWN_FORMAT),
    "nothing": (b"", Reason.UNKNOWN_FORMAT),
    "unregistered, our format": (signed(99), Reason.UNKNOWN_METER),
    "unregistered, OCMF": (ocmf(MS="1ZZZ"), Reason.UNKNOWN_METER),
    "unregistered, plain": (plain.written("nobody", "1.8.0", NOW, 1), Reason.UNKNOWN_METER),
    "a register that is no device": (plain.written("roof-3", "1.8.0", NOW, 1), Reason.UNKNOWN_REGISTER),
    "suspended": (signed(50), Reason.NOT_CERTIFIED),
    "no key": (signed(60), Reason.NO_KEY),
    "by another source": (plain.written("barn", "1.8.0", NOW, 1), Reason.OTHER_SOURCE),
    "more than a number holds": (signed(7, wh=2**63), Reason.MALFORMED),
    "plain with more in it": (LINE[:-1] + b', "note": 1}', Reason.MALFORMED),
    "plain of a fraction": (LINE.replace(b"5000", b"5000.5"), Reason.MALFORMED),
    "plain of a negative register": (LINE.replace(b"5000", b"-5"), Reason.MALFORMED),
}


@pytest.mark.parametrize(("data", "reason"), CATALOGUE.values(), ids=CATALOGUE)
def test_it_is_refused_with_its_reason_and_others_go_through(intake, outbox, data, reason):
    received = NOW if b"2026-03-01" not in data and b"260301" not in data else OCMF_TIME
    good = arrival(signed(8))
    answers = intake.take([good, arrival(data, received=received), arrival(signed(8, 1))])
    assert [answer.new for answer in answers] == [1, 0, 1]
    [refused] = answers[1].refused
    assert (refused.reason, answers[1].is_refused) == (reason, True)
    [kept] = outbox.refusals.kept()
    assert (kept.reason, kept.raw, kept.detail) == (reason, kept.raw, refused.detail)
    assert [(one.reason, one.count) for one in outbox.refusals.counts()] == [(reason, 1)]
    assert intake.counts.refused == {("line", reason): 1}
    assert intake.counts.taken == {("line", Trust.A): 2}


@pytest.mark.parametrize("curve", [Curve.SECP256K1, Curve.SECP256R1])
def test_a_signature_with_the_higher_s_is_taken(intake, directory, curve):
    directory.replace([registered(20, meter=OCMF_METER, key=meters.key(curve), rated_w=30_000)])
    payload = meters.ocmf_payload()
    signature = meters.signed(curve, payload)
    twins = [meters.ocmf(curve, payload, SD=one.hex()) for one in (signature, meters.other_s(curve, signature))]
    answers = [intake.take([arrival(twin, received=OCMF_TIME)])[0] for twin in twins]
    assert [(answer.new, answer.repeated, answer.refused) for answer in answers] == [(2, 0, ()), (0, 2, ())]


def test_a_meter_with_two_registers_has_one_key(intake, directory, outbox):
    key = meters.key(Curve.BRAINPOOLP256R1)
    other = meters.key(Curve.SECP256K1)
    directory.replace(
        [
            registered(20, meter=OCMF_METER, key=other),
            registered(21, meter=OCMF_METER, register="2.8.0", key=key),
        ]
    )
    rows = [
        {"TM": "2026-03-01T08:00:00,000+0100 S", "RV": 9, "RI": "1-b:1.8.0", "RU": "kWh", "EF": "", "ST": "G"},
        {"TM": "2026-03-01T08:00:00,000+0100 S", "RV": 4, "RI": "1-b:2.8.0"},
    ]
    [answer] = intake.take([arrival(ocmf(curve=Curve.BRAINPOOLP256R1, rows=rows), received=OCMF_TIME)])
    assert (answer.new, answer.refused) == (2, ())
    assert outbox.readings.between(21, 0, NOW)[0].wh == 4_000


def test_telegrams_are_taken_for_the_registers_that_are_devices(intake, outbox):
    [answer] = intake.take([arrival(meters.telegram(), received=P1_TIME)])
    assert (answer.new, answer.refused) == (1, ())
    [stored] = outbox.readings.between(30, 0, NOW)
    assert (stored.wh, stored.trust, stored.time) == (1_212_445, Trust.C, P1_TIME)


def test_the_connection_makes_trust_b(intake, outbox):
    intake.take([arrival(LINE, meter="roof-3", authenticated=True)])
    intake.take([arrival(plain.written("roof-3", "2.8.0", NOW + 60, 5_010), meter="roof-3")])
    intake.take([arrival(plain.written("roof-3", "2.8.0", NOW + 120, 5_020))])
    stored = outbox.readings.between(40, 0, NOW + 200)
    assert [one.trust for one in stored] == [Trust.B, Trust.C, Trust.D]


@pytest.mark.parametrize("data", [signed(8), LINE, ocmf()], ids=["own", "plain", "ocmf"])
def test_a_record_that_comes_as_another_meters_is_refused(intake, data):
    [answer] = intake.take([arrival(data, meter="7", received=OCMF_TIME if b"OCMF" in data else NOW)])
    assert [one.reason for one in answer.refused] == [Reason.OTHER_METER]


def test_a_file_keeps_its_lines_apart(intake, outbox):
    rows = [f"roof-3,2.8.0,{NOW + 60 * number},{1_000 + number}" for number in range(5)]
    table = "\n".join(["meter,register,time,wh", *rows, f"nobody,2.8.0,{NOW},1"]).encode()
    [answer] = intake.take([arrival(table)])
    assert (answer.new, answer.refused) == (5, ())
    stored = outbox.readings.between(40, 0, NOW + 900)
    assert {one.trust for one in stored} == {Trust.D}
    assert len({one.raw_hash for one in stored}) == 5
    assert all(len(one.raw) < 250 for one in stored)


def test_a_connection_speaks_for_its_own_meter_only(intake, outbox):
    """Whatever other meters stand in a file that comes over it."""
    table = f"meter,register,time,wh\n7,1.8.0,{NOW - 60},1000\nroof-3,2.8.0,{NOW - 60},999999\n".encode()
    [answer] = intake.take([arrival(table, meter="7", authenticated=True)])
    assert (answer.new, answer.refused) == (1, ())
    assert [one.trust for one in outbox.readings.between(7, 0, NOW)] == [Trust.B]
    assert outbox.readings.between(40, 0, NOW) == []


def test_what_a_meter_did_not_measure_is_refused(intake):
    [answer] = intake.take([arrival(signed(7, quality=2))])
    assert [one.reason for one in answer.refused] == [Reason.METER_ERROR]


def test_what_was_seen_already_is_repeated_and_not_refused(intake, outbox, directory):
    records = [signed(7, number) for number in range(20)]
    intake.take([arrival(record) for record in records])
    for taker in (intake, Intake(outbox, directory, MARKET)):
        answers = taker.take([arrival(record) for record in records])
        assert [(answer.new, answer.repeated, answer.refused) for answer in answers] == [(0, 1, ())] * 20
        assert taker.counts.repeated == {"line": 20}
    assert not outbox.refusals.counts()


def test_twice_in_one_batch_is_once(intake):
    first, second = intake.take([arrival(signed(7)), arrival(signed(7))])
    assert (first.new, second.new, second.repeated) == (1, 0, 1)


def test_a_late_reading_a_conflict_and_a_replay_are_three_things(intake):
    intake.take([arrival(signed(7, 3))])
    answers = intake.take(
        [
            arrival(signed(7, 2)),
            arrival(signed(7, 3, wh=503_001)),
            arrival(signed(7, 4, sequence=4)),
            arrival(signed(7, 5, sequence=1)),
        ]
    )
    reasons = [one.reason for answer in answers for one in answer.refused]
    assert reasons == [Reason.LATE, Reason.CONFLICT, Reason.REPLAYED, Reason.REPLAYED]


def test_a_gap_is_noted_and_the_reading_taken(intake):
    intake.take([arrival(signed(7, 0)), arrival(signed(7, 3))])
    assert intake.counts.notes == {("line", "gap"): 1}
    assert intake.counts.taken == {("line", Trust.A): 2}


@pytest.mark.parametrize(
    ("wh", "reason"), [(499_999, Reason.BACKWARD), (502_752, Reason.TOO_MUCH), (502_751, None), (500_000, None)]
)
def test_a_register_moves_forward_and_not_too_fast(intake, wh, reason):
    """10 kW and a tenth make 2,750 Wh in 900 s; one more is the rounding's."""
    intake.take([arrival(signed(7, 0))])
    [answer] = intake.take([arrival(signed(7, 1, wh=wh))])
    assert [one.reason for one in answer.refused] == ([reason] if reason else [])


def test_a_clock_that_is_not_right_is_told(intake):
    record = ocmf("2026-03-01T08:42:10,000+0100 U")
    [answer] = intake.take([arrival(record, received=OCMF_TIME + 30)])
    assert answer.new == 1
    assert intake.counts.notes == {("line", "unsynchronised"): 1}
    assert intake.counts.drift == {20: -30}


def test_a_flood_of_one_meter_holds_nobody_up(intake, outbox):
    flood = [arrival(flipped(signed(7)), received=NOW)] * (BURST + 500)
    answers = intake.take([*flood, arrival(signed(8)), *flood[:100], arrival(signed(8, 1))])
    assert [answer.new for answer in answers if answer.new] == [1, 1]
    counts = {one.reason: one.count for one in outbox.refusals.counts()}
    assert counts[Reason.FORGED] >= BURST
    assert counts[Reason.FLOOD] >= 500
    assert sum(counts.values()) == BURST + 600
    assert len(outbox.refusals.kept(limit=1_000)) == 20


def test_a_flood_in_anothers_name_is_on_ones_own_account(intake):
    flood = [arrival(signed(8, number), meter="7") for number in range(BURST + 100)]
    answers = intake.take([*flood, arrival(signed(8), meter="8")])
    assert {one.reason for answer in answers[:-1] for one in answer.refused} == {Reason.OTHER_METER, Reason.FLOOD}
    assert answers[-1].new == 1


def test_a_flood_of_meters_that_nobody_knows_holds_nobody_up(intake):
    strangers = [arrival(plain.written(f"m{number}", "1.8.0", NOW, 1)) for number in range(BURST + 300)]
    answers = intake.take([*strangers, arrival(LINE)])
    assert answers[-1].new == 1
    assert intake.counts.refused["line", Reason.FLOOD] >= 200


def test_what_waited_for_days_is_no_flood(intake, directory):
    directory.replace([registered(7, rated_w=100_000)])
    waiting = [signed(7, number, time=NOW - 20_000 + 10 * number, wh=number) for number in range(2 * BURST)]
    intake.take([arrival(record) for record in waiting])
    assert (intake.counts.taken, intake.counts.refused) == ({("line", Trust.A): 2 * BURST}, {})


class Broken:
    """Stands for a database that is away for a while."""

    def __init__(self, inner):
        self._inner = inner
        self.away = False

    def __getattr__(self, name):
        if self.away:
            raise OutboxError("the disk is full")
        return getattr(self._inner, name)


def test_when_the_outbox_fails_nothing_is_taken_and_all_can_come_again(outbox, directory):
    intake = Intake(outbox, directory, MARKET)
    intake.take([arrival(signed(7))])
    readings = outbox.readings
    outbox.readings = broken = Broken(readings)
    broken.away = True
    batch = [arrival(signed(7, 1)), arrival(signed(8, 1)), arrival(flipped(signed(7, 2)))]
    with pytest.raises(OutboxError, match="full"):
        intake.take(batch)
    broken.away = False
    assert [answer.new for answer in intake.take(batch)] == [1, 1, 0]
    assert intake.counts.taken == {("line", Trust.A): 3}


def test_what_comes_again_because_the_outbox_failed_is_no_flood(outbox, directory):
    intake = Intake(outbox, directory, MARKET)
    known = [arrival(signed(7, number)) for number in range(5)]
    intake.take(known)
    readings = outbox.readings
    outbox.readings = broken = Broken(readings)
    batch = [*[arrival(flipped(signed(7, 9)))] * 400, *known, arrival(signed(7, 5))]
    broken.away = True
    for _ in range(4):
        with pytest.raises(OutboxError):
            intake.take(batch)
    broken.away = False
    assert intake.take(batch)[-1].new == 1
    assert intake.counts.refused == {("line", Reason.FORGED): 400}


@pytest.mark.parametrize("make", ["own", "ocmf"])
def test_numbers_are_known_after_a_restart(outbox, directory, make):
    def record(number, minute):
        if make == "own":
            return signed(7, minute, sequence=number)
        return ocmf(f"2026-03-01T08:{minute:02}:00,000+0100 S", PG=f"T{number}")

    received = NOW if make == "own" else OCMF_TIME
    Intake(outbox, directory, MARKET).take([arrival(record(7, 10), received=received)])
    intake = Intake(outbox, directory, MARKET)
    [answer] = intake.take([arrival(record(6, 11), received=received)])
    assert [one.reason for one in answer.refused] == [Reason.REPLAYED]
    intake.take([arrival(record(9, 12), received=received)])
    assert intake.counts.notes == {("line", "gap"): 1}


def test_more_than_is_kept_is_refused(intake):
    rows = [{"TM": "2026-03-01T08:00:00,000+0100 S", "RV": 9, "RI": "1-b:1.8.0", "RU": "kWh", "EF": "", "ST": "G"}]
    record = ocmf(rows=rows * 5_000)
    many = "\n".join(["meter,register,time,wh", *(f"roof-3,2.8.0,{NOW + second},1" for second in range(50_001))])
    answers = intake.take([arrival(record, received=OCMF_TIME), arrival(many.encode()), arrival(signed(8))])
    assert [[one.reason for one in answer.refused] for answer in answers] == [[Reason.TOO_LARGE]] * 2 + [[]]


def test_a_feed_keeps_its_intervals_apart(intake, outbox, directory):
    directory.replace([registered(40, meter="/UsagePoint/1", key=None)])
    begin = NOW - 9_000
    feed = meters.green_button([(begin + 900 * number, 900, 250) for number in range(5)])
    [answer] = intake.take([arrival(feed, meter="/UsagePoint/1", authenticated=True)])
    stored = outbox.readings.between(40, 0, NOW)
    assert (answer.new, len(stored), {one.trust for one in stored}) == (6, 6, {Trust.B})
    assert all(len(one.raw) < 250 for one in stored)


def test_two_bridges_at_one_outbox_store_once(tmp_path, directory):
    where = str(tmp_path / "outbox.db")
    takers = [Intake(Outbox(where), directory, MARKET) for _ in range(2)]
    for taker in takers:
        taker.take([arrival(signed(7))])
    answers = [taker.take([arrival(signed(7, 1))])[0] for taker in takers]
    assert [(answer.new, answer.repeated) for answer in answers] == [(1, 0), (0, 1)]


def test_a_record_that_makes_us_stumble_is_refused(intake, monkeypatch):
    take = plain.verify

    def stumbling(raw, value, trust, received):
        if value["wh"] == 13:
            raise ZeroDivisionError("thirteen")
        return take(raw, value, trust, received)

    monkeypatch.setattr(plain, "verify", stumbling)
    answers = intake.take([arrival(plain.written("roof-3", "2.8.0", NOW, 13)), arrival(LINE)])
    assert [answer.new for answer in answers] == [0, 1]
    assert answers[0].refused[0].reason == Reason.FAULT


def test_it_is_the_same_in_postgresql(postgres, directory):
    outbox = Outbox(postgres.new_url())
    intake = Intake(outbox, directory, MARKET)
    batch = [arrival(signed(7)), arrival(b"\x00nonsense\x00"), arrival(signed(7)), arrival(signed(7, 1))]
    try:
        assert [(one.new, one.repeated, len(one.refused)) for one in intake.take(batch)] == [
            (1, 0, 0),
            (0, 0, 1),
            (0, 1, 0),
            (1, 0, 0),
        ]
        again = Intake(outbox, directory, MARKET)
        assert [(one.new, one.repeated) for one in again.take(batch)] == [(0, 1), (0, 0), (0, 1), (0, 1)]
    finally:
        outbox.close()


def test_every_bad_thing_at_once_changes_nothing_for_the_good(intake):
    bad = [arrival(data, received=OCMF_TIME if b"0301" in data else NOW) for data, _ in CATALOGUE.values()]
    good = [arrival(signed(8, number)) for number in range(len(bad))]
    answers = intake.take([one for pair in zip(good, bad, strict=True) for one in pair])
    assert [answer.new for answer in answers] == [1, 0] * len(bad)

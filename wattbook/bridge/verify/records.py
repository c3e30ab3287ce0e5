"""From bytes to the readings of known devices, each record checked with its own meter's key."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak

from wattbook.bridge.formats import exact_json, green_button, ocmf, own, recognise, tables
from wattbook.bridge.formats.records import NO_KEY, RecordError, Sample, Trust, Verdict
from wattbook.bridge.sources.source import Arrival
from wattbook.bridge.verify import plain
from wattbook.bridge.verify.directory import Directory, Registered
from wattbook.bridge.verify.limits import Limits
from wattbook.bridge.verify.reasons import Reason, Unfit, reason_of
from wattbook.contracts.structs import DeviceStatus, Quality
from wattbook.metering.keys import Signer

# One reading as JSON is no longer; what is longer is looked at piece by piece.
_ONE_READING = 4_096
_MAX_STORED = 1 << 63
# Each reading keeps its record; what would be kept of one is bounded, and so is what is in memory at once.
_MOST_KEPT = 4 << 20
_MOST_READINGS = 50_000
# What nobody signed, with many meters and times in it.
_FILES = (tables.FORMAT, green_button.FORMAT)


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading of a device, as its record has it; `raw` is what is kept of the record."""

    of: Registered
    sample: Sample
    time: int
    trust: Trust
    raw: bytes


@dataclass(frozen=True, slots=True)
class Wrong:
    """A record that is not taken."""

    raw: bytes
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Record:
    """One record: whose it is, as far as that is known, and what it holds. `id` is the hash of its bytes."""

    meter: str
    is_known: bool
    raw: bytes
    id: bytes
    found: tuple[Reading, ...] | Wrong


@dataclass(frozen=True, slots=True)
class Market:
    """Where our own readings count: a chain and a contract."""

    chain_id: int
    contract: str


class Records:
    """What arrivals hold."""

    def __init__(self, directory: Directory, limits: Limits, market: Market | None) -> None:
        self._directory = directory
        self._limits = limits
        self._market = market

    def of(self, arrival: Arrival) -> Iterator[Record]:
        """One record after the other."""
        value = _object(arrival.data) if len(arrival.data) <= _ONE_READING else None
        if own.is_own(value):
            yield self._own(arrival, arrival.data, value)
        elif plain.is_plain(value):
            verdict = plain.verify(arrival.data, value, _plain_trust(arrival), arrival.received)
            yield self._unsigned(arrival, verdict)
        else:
            for verdict in recognise.verdicts(arrival.data, None, arrival.received):
                if verdict.format == own.FORMAT:
                    yield self._own(arrival, verdict.raw, _object(verdict.raw))
                elif verdict.format == ocmf.FORMAT:
                    yield self._ocmf(arrival, verdict)
                else:
                    yield self._unsigned(arrival, verdict)

    def _own(self, arrival: Arrival, raw: bytes, value: Any) -> Record:
        number = value.get("meter") if isinstance(value, dict) else None
        one = self._directory.device(number) if type(number) is int else None
        name = str(number) if type(number) is int else arrival.meter or ""
        found: tuple[Reading, ...] | Wrong
        try:
            if one is None:
                self._check_rate(arrival, "")
                # A record that cannot be read says so, rather than that nobody knows its meter.
                _check(own.verify(raw, None, arrival.received), unless_key=True)
                raise Unfit(Reason.UNKNOWN_METER, f"device {number} is not in the bridge's list")
            self._check_rate(arrival, one.meter)
            _check_place(arrival, (one,), {one.meter, name})
            _check_status(one)
            if self._market and (value.get("chainId"), value.get("contract")) != (
                self._market.chain_id,
                self._market.contract,
            ):
                raise Unfit(Reason.FOREIGN_MARKET, "it was made for another chain or contract")
            if value.get("carrier") != one.carrier or value.get("direction") != one.direction:
                raise Unfit(Reason.UNKNOWN_REGISTER, "its carrier or direction is not that of the device")
            verdict = own.verify(raw, _key(one), arrival.received)
            if verdict.signature is False and value.get("publicKey") and own.verify(raw, None).signature:
                raise Unfit(Reason.FOREIGN_KEY, "it is signed with the key that it brings, which is not the device's")
            _check(verdict)
            if value.get("quality") != Quality.MEASURED:
                raise Unfit(Reason.METER_ERROR, "the meter itself says that it did not measure this")
            found = tuple(_reading(one, sample, Trust.A, raw) for sample in verdict.readings)
        except Unfit as error:
            found = Wrong(raw, error.reason, str(error))
        return Record(one.meter if one else name, one is not None, raw, keccak(raw), found)

    def _ocmf(self, arrival: Arrival, first: Verdict) -> Record:
        """`first` is the verdict without a key, or with the one that the record brought."""
        raw = first.raw
        meter = _claimed(raw) or arrival.meter or ""
        devices = self._directory.of_meter(meter)
        found: tuple[Reading, ...] | Wrong
        try:
            self._check_rate(arrival, meter if devices else "")
            if not raw.startswith(ocmf.HEADER):
                _check(first)
            if not devices:
                _check(first, unless_key=True)
                raise Unfit(Reason.UNKNOWN_METER, "no device of the bridge's list has this meter")
            here = _check_place(arrival, devices, {meter})
            found = _readings(here, self._signed(here, first, arrival.received), Trust.A, raw)
        except Unfit as error:
            found = Wrong(raw, error.reason, str(error))
        return Record(meter, bool(devices), raw, keccak(raw), found)

    def _signed(self, devices: tuple[Registered, ...], first: Verdict, received: int) -> Verdict:
        """A meter with several registers has one key, and the chain has a key once: that of one device counts."""
        keys: list[Signer] = list(dict.fromkeys(one.key for one in devices if one.key))
        if not keys:
            raise Unfit(Reason.NO_KEY, "no key of this meter is known")
        verdict = first
        for key in keys:
            verdict = ocmf.verify(first.raw, key, received)
            if verdict.signature:
                break
        if verdict.signature is False and first.signature:
            raise Unfit(Reason.FOREIGN_KEY, "it is signed with the key that it brings, which is not the meter's")
        _check(verdict)
        return verdict

    def _unsigned(self, arrival: Arrival, verdict: Verdict) -> Record:
        names = list(dict.fromkeys(sample.meter for sample in verdict.readings)) or [arrival.meter or ""]
        # A connection speaks for one meter, whatever stands in a file that comes over it.
        if arrival.meter in names:
            names = [arrival.meter]
        known = next((name for name in names if self._directory.of_meter(name)), "")
        trust = Trust.B if arrival.authenticated else verdict.trust or Trust.D
        found: tuple[Reading, ...] | Wrong
        try:
            self._check_rate(arrival, known)
            _check(verdict)
            devices = tuple(one for name in names for one in self._directory.of_meter(name))
            if not devices:
                raise Unfit(Reason.UNKNOWN_METER, "no device of the bridge's list has this meter")
            found = _readings(_check_place(arrival, devices, set(names)), verdict, trust, verdict.raw)
        except Unfit as error:
            found = Wrong(verdict.raw, error.reason, str(error))
        return Record(known or names[0], bool(known), verdict.raw, keccak(verdict.raw), found)

    def _check_rate(self, arrival: Arrival, meter: str) -> None:
        if not self._limits.allows(arrival.source, answerable(arrival, meter)):
            raise Unfit(Reason.FLOOD, "too much of this meter came in vain; it is not looked at for a while")


def answerable(arrival: Arrival, meter: str) -> str:
    """Who answers for what comes in vain: of whom the connection is, where it says so, and not whom a record names."""
    return meter if arrival.meter is None else arrival.meter


def _object(data: bytes) -> Any:
    """The JSON value that bytes are, when they are an object alone."""
    if not data.startswith(b"{"):
        return None
    try:
        return exact_json.loads(data.decode())
    except (RecordError, UnicodeDecodeError):
        return None


def _plain_trust(arrival: Arrival) -> Trust:
    """A source that knows the meter read it itself; otherwise it is on the word of whoever brought it."""
    return Trust.C if arrival.meter is not None else Trust.D


def _check(verdict: Verdict, *, unless_key: bool = False) -> None:
    """Raises Unfit unless it is valid. `unless_key` lets pass what a key is needed to tell."""
    if verdict.valid or (unless_key and verdict.signature is not None):
        return
    if unless_key and verdict.key is None and verdict.reason == NO_KEY:
        return
    raise Unfit(reason_of(verdict), verdict.reason)


def _check_place(arrival: Arrival, devices: tuple[Registered, ...], names: set[str]) -> tuple[Registered, ...]:
    """Those of the devices that belong to the source."""
    if arrival.meter is not None and arrival.meter not in names:
        raise Unfit(Reason.OTHER_METER, f"it came as {arrival.meter!r}, and is not of this meter")
    here = tuple(one for one in devices if one.source in (None, arrival.source))
    if not here:
        raise Unfit(Reason.OTHER_SOURCE, f"this meter's readings do not come from {arrival.source}")
    return here


def _check_status(one: Registered) -> None:
    if one.status != DeviceStatus.CERTIFIED:
        raise Unfit(Reason.NOT_CERTIFIED, f"device {one.device} is {one.status.name.lower()}, not certified")


def _key(one: Registered) -> Signer:
    if one.key is None:
        raise Unfit(Reason.NO_KEY, f"no key of device {one.device} is known")
    return one.key


def _readings(devices: tuple[Registered, ...], verdict: Verdict, trust: Trust, raw: bytes) -> tuple[Reading, ...]:
    """Those of registers that are devices. A record has others, which nobody asked for."""
    if not verdict.readings:
        raise Unfit(Reason.NO_ENERGY, verdict.note or "no register of energy in it")
    if len(verdict.readings) > _MOST_READINGS:
        raise Unfit(Reason.TOO_LARGE, f"more than {_MOST_READINGS} readings at once; split it")
    by_register = {(one.meter, one.register): one for one in devices}
    file = keccak(raw) if verdict.format in _FILES else b""
    found = []
    for sample in verdict.readings:
        if one := by_register.get((sample.meter, sample.register)):
            _check_status(one)
            found.append(_reading(one, sample, trust, _line(sample, file) if file else raw))
    if not found:
        have = ", ".join(sorted({sample.register for sample in verdict.readings})[:5])
        raise Unfit(Reason.UNKNOWN_REGISTER, f"none of its registers ({have}) is a device")
    if not file and len(found) * len(raw) > _MOST_KEPT:
        raise Unfit(Reason.TOO_LARGE, f"{len(found)} readings in a record of {len(raw)} bytes are more than is kept")
    return tuple(found)


def _reading(one: Registered, sample: Sample, trust: Trust, raw: bytes) -> Reading:
    if sample.time is None:
        raise Unfit(Reason.IMPOSSIBLE_TIME, "it has no time")
    if sample.wh >= _MAX_STORED:
        raise Unfit(Reason.MALFORMED, f"{sample.wh} Wh is more than a register can hold")
    return Reading(one, sample, sample.time, trust, raw)


def _claimed(raw: bytes) -> str:
    """The meter that an OCMF record is of, as far as it can be told before it is checked."""
    payload = _payload(raw)
    names = (payload.get("MS"), payload.get("GS"))
    return next((name for name in names if isinstance(name, str) and name), "")


def series_of(raw: bytes) -> str:
    """Which numbering a record that was taken belongs to, as its sample had it: OCMF has T and F, others one."""
    page = _payload(raw).get("PG")
    return page[:1] if isinstance(page, str) else ""


def _payload(raw: bytes) -> dict[str, Any]:
    """The fields of an OCMF record; none of another."""
    if not raw.startswith(ocmf.HEADER):
        return {}
    try:
        payload, _ = exact_json.first(raw.decode(), len(ocmf.HEADER))
    except (RecordError, UnicodeDecodeError):
        return {}
    return payload if isinstance(payload, dict) else {}


def _line(sample: Sample, file: bytes) -> bytes:
    """What is kept of one line of a file, with the file's hash: all of it, in each reading, would be too much."""
    value = {"meter": sample.meter, "register": sample.register, "time": sample.time, "wh": sample.wh}
    return json.dumps({**value, "file": f"0x{file.hex()}"}).encode()

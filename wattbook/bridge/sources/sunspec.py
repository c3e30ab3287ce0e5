"""Inverters and meters that speak SunSpec over Modbus TCP, asked for their registers at each full period.

Nothing of it is signed, nor is the line guarded by more than TCP's checksums: trust C.
"""

import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Event

from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusException

from wattbook.bridge.sources.settings import SunSpecSettings
from wattbook.bridge.sources.source import Arrival, Source, Take
from wattbook.bridge.verify import plain
from wattbook.errors import WattbookError

_BASES = (40_000, 50_000, 0)
_SUNS = [0x5375, 0x6E53]
_END = 0xFFFF
_COMMON = 1
_SERIAL_AT, _SERIAL_LENGTH = 50, 16
# Devices have a dozen; a chain that goes on is no chain.
_MOST_MODELS = 100
_AT_ONCE = 120
_NO_SCALE = -0x8000
_MOST_SCALE = 10
_NOT_IMPLEMENTED_64 = 0xFFFF_FFFF_FFFF_FFFF
_EXPORT, _IMPORT = "2.8.0", "1.8.0"
_TIMEOUT = 5


class SunSpecError(WattbookError):
    """A device does not answer, or does not speak SunSpec."""


@dataclass(frozen=True)
class _Point:
    """Where a register of energy is in a model, counted from the model's number: two words of an accumulator or a
    float, or four; `scale` is where its power of ten is, None for a float."""

    register: str
    at: int
    words: int
    scale: int | None


# What inverters make is given to the zone; so is what meters export.
_INVERTER = (_Point(_EXPORT, 24, 2, 26),)
_INVERTER_FLOAT = (_Point(_EXPORT, 32, 2, None),)
_METER = (_Point(_EXPORT, 38, 2, 54), _Point(_IMPORT, 46, 2, 54))
_METER_FLOAT = (_Point(_EXPORT, 60, 2, None), _Point(_IMPORT, 68, 2, None))
_DER = (_Point(_EXPORT, 19, 4, 120), _Point(_IMPORT, 23, 4, 120))
_MODELS = {
    **dict.fromkeys((101, 102, 103), _INVERTER),
    **dict.fromkeys((111, 112, 113), _INVERTER_FLOAT),
    **dict.fromkeys((201, 202, 203, 204), _METER),
    **dict.fromkeys((211, 212, 213, 214), _METER_FLOAT),
    701: _DER,
}


class SunSpec(Source):
    """One device. It is known by the serial number in its common model; where several follow each other behind one
    address, each by that before its models."""

    def __init__(self, settings: SunSpecSettings) -> None:
        super().__init__(settings.name)
        self._settings = settings

    def run(self, take: Take, stop: Event) -> None:
        last = 0
        while not stop.is_set():
            # Shortly after the full period, whatever the last one took.
            moment = int(time.time()) // self._settings.period * self._settings.period
            if moment > last:
                last = moment
                if (arrivals := self._poll()) and self.insist(take, arrivals, stop) is None:
                    return
            stop.wait(0.2)

    def _poll(self) -> list[Arrival]:
        client = ModbusTcpClient(self._settings.host, port=self._settings.port, timeout=_TIMEOUT, retries=1)
        try:
            if not client.connect():  # type: ignore[no-untyped-call]
                raise SunSpecError("nothing answers")
            now = int(time.time())
            found = dict(_registers(_Words(client, self._settings.unit)))
        except (SunSpecError, ModbusException, OSError) as error:
            self.trouble = f"{self._settings.host}:{self._settings.port}: {error}"
            return []
        finally:
            client.close()  # type: ignore[no-untyped-call]
        self.trouble = "" if found else "no register of energy is implemented"
        return [
            Arrival(self.name, plain.written(meter, register, now, wh), now, meter)
            for (meter, register), wh in found.items()
        ]


class _Words:
    """A device's registers, of 16 bits each."""

    def __init__(self, client: ModbusTcpClient, unit: int) -> None:
        self._client = client
        self._unit = unit

    def read(self, address: int, count: int) -> list[int]:
        found: list[int] = []
        while len(found) < count:
            part = min(_AT_ONCE, count - len(found))
            answer = self._client.read_holding_registers(address + len(found), count=part, device_id=self._unit)
            if answer.isError() or len(answer.registers) != part:
                raise SunSpecError(f"register {address + len(found)} cannot be read: {answer}")
            found += answer.registers
        return found

    def base(self) -> int:
        """Where the models begin."""
        for base in _BASES:
            try:
                if self.read(base, 2) == _SUNS:
                    return base + 2
            except SunSpecError:
                continue
        raise SunSpecError("no SunS at 40000, 50000 or 0")


def _registers(words: _Words) -> Iterator[tuple[tuple[str, str], int]]:
    """Each meter and register with its Wh."""
    address = words.base()
    meter = ""
    for _ in range(_MOST_MODELS):
        model, length = words.read(address, 2)
        if model == _END:
            return
        if model == _COMMON and length >= _SERIAL_AT + _SERIAL_LENGTH - 2:
            raw = b"".join(word.to_bytes(2) for word in words.read(address + _SERIAL_AT, _SERIAL_LENGTH))
            meter = raw.split(b"\0")[0].decode("ascii", "replace").strip()
        for point in _MODELS.get(model, ()):
            if not meter:
                raise SunSpecError("it has no serial number, by which its meter would be known")
            if (wh := _energy(words, address, length, point)) is not None:
                yield (meter, point.register), wh
        address += 2 + length
    raise SunSpecError(f"more than {_MOST_MODELS} models")


def _energy(words: _Words, address: int, length: int, point: _Point) -> int | None:
    """None when it is not implemented."""
    if max(point.at + point.words, (point.scale or 0) + 1) > length + 2:
        return None
    raw = b"".join(word.to_bytes(2) for word in words.read(address + point.at, point.words))
    if point.scale is None:
        [value] = struct.unpack(">f", raw)
        # What is no number is not implemented.
        return int(value) if 0 < value < 2**63 else None
    count = int.from_bytes(raw)
    scale = int.from_bytes(words.read(address + point.scale, 1)[0].to_bytes(2), signed=True)
    if count in (0, _NOT_IMPLEMENTED_64) or scale == _NO_SCALE:
        return None
    if abs(scale) > _MOST_SCALE:
        raise SunSpecError(f"a scale factor is {scale}")
    return int(count * 10**scale) if scale >= 0 else count // 10**-scale

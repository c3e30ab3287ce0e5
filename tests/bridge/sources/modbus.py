"""A real Modbus TCP server with registers of SunSpec."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from tests.ports import free_port

SUNS = [0x5375, 0x6E53]
END = [0xFFFF, 0]


def text(value: str, words: int) -> list[int]:
    raw = value.encode().ljust(2 * words, b"\0")
    return [int.from_bytes(raw[at : at + 2]) for at in range(0, 2 * words, 2)]


def common(serial: str) -> list[int]:
    return [1, 66, *text("Wattbook", 16), *text("M1", 16), *text("", 8), *text("1", 8), *text(serial, 16), 1, 0]


def model(number: int, length: int, **words: list[int]) -> list[int]:
    """A model with words at places; the others say that they are not implemented."""
    found = [number, length, *[0x8000] * length]
    for place, values in words.items():
        at = int(place.removeprefix("at"))
        found[at : at + len(values)] = values
    return found


@contextmanager
def device(words: list[int], base: int = 40_000, port: int = 0) -> Iterator[int]:
    """Serves a device's registers; gives the port."""
    port = port or free_port()
    ready, stop = Event(), Event()

    async def serve() -> None:
        registers = SimData(base, values=words, datatype=DataType.REGISTERS)
        server = ModbusTcpServer(SimDevice(1, simdata=registers), address=("127.0.0.1", port))
        await server.serve_forever(background=True)
        ready.set()
        while not stop.is_set():
            await asyncio.sleep(0.02)
        await server.shutdown()

    thread = Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(60)
    try:
        yield port
    finally:
        stop.set()
        thread.join(60)

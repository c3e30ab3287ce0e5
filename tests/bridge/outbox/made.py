"""Readings, refusals and leaves with defaults."""

from eth_utils.crypto import keccak

from wattbook.bridge.formats.records import Trust
from wattbook.bridge.outbox.records import Leaf, NativeReading, Refusal

NOON = 1_800_000_000


def reading(device=1, time=NOON, wh=1_000, **fields):
    raw = f"OCMF|{device}|{time}|{wh}".encode()
    usual = {
        "sequence": 7,
        "trust": Trust.A,
        "raw_hash": keccak(raw),
        "raw": raw,
        "source": "mqtt",
        "received_at": time + 2,
    }
    return NativeReading(device=device, time=time, wh=wh, **{**usual, **fields})


def refusal(meter="1EMH0012345678", at=NOON, **fields):
    usual = {"source": "mqtt", "reason": "forged", "detail": "no", "raw": b"OCMF|{}|{}"}
    return Refusal(meter=meter, at=at, **{**usual, **fields})


def leaf(device=1, register=1_000, **fields):
    usual = {"sequence": 3, "quality": 0, "trust": Trust.A, "raw_hash": keccak(b"raw"), "salt": keccak(b"salt")}
    return Leaf(device=device, register=register, **{**usual, **fields})

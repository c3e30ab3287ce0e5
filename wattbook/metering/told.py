"""What a reading tells of the time since the one before it, as the contract returns it."""

from enum import IntEnum
from typing import NamedTuple

from wattbook.contracts.structs import Carrier, Direction, Quality, Trust


class ReadingRefusal(IntEnum):
    """Why a reading was not used. NotFinal: it can still change, is void, or another version took its place. Order: its
    time or sequence is not after the last, or its time is off the grid. Skipped: there is a reading before it that was
    not used. Gap: it is too far from the last, and no exchange record bridges that. Plausibility: the device cannot do
    so much. Foreign: the device is of another zone, or was never certified."""

    NONE = 0
    NOT_FINAL = 1
    ORDER = 2
    SKIPPED = 3
    GAP = 4
    PLAUSIBILITY = 5
    FOREIGN = 6


class Told(NamedTuple):
    """Energy between two readings of a device, to be spread evenly over the periods; none where it was refused."""

    device: int
    since: int
    until: int
    wh: int
    periods: int
    quality: Quality
    trust: Trust
    refusal: ReadingRefusal
    carrier: Carrier = Carrier.ELECTRICITY
    direction: Direction = Direction.INJECTION


def told(word: int) -> Told:
    """From the word that the contract has for it."""

    def part(at: int, bits: int) -> int:
        return word >> at & (1 << bits) - 1

    return Told(
        device=part(0, 32),
        since=part(32, 40),
        until=part(72, 40),
        wh=part(112, 64),
        periods=part(176, 32),
        quality=Quality(part(216, 8)),
        trust=Trust(part(224, 8)),
        refusal=ReadingRefusal(part(232, 8)),
        carrier=Carrier(part(208, 4)),
        direction=Direction(part(212, 1)),
    )

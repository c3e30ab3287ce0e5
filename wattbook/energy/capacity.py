"""How much of a slot's energy a device may sell (docs/market/energy.md)."""

_WHOLE = 10_000
_SECONDS_AN_HOUR = 3_600


def most(rated_w: int, slot_seconds: int, availability_bps: int) -> int:
    """Wh that a device can make in a slot, as far as it is available."""
    return rated_w * slot_seconds * availability_bps // (_SECONDS_AN_HOUR * _WHOLE)


def fits(wh: int, registered_wh: int, most_wh: int) -> bool:
    """Whether so much more can be registered."""
    return registered_wh + wh <= most_wh

"""Slices of clean energy: what their ids say, and in which slots the next of them was made."""

from wattbook.connection import Market
from wattbook.contracts.structs import Slice
from wattbook.errors import WattbookError

_FIELDS = (("wh", 40), ("first", 64), ("expires", 40), ("until", 40), ("since", 40), ("device", 24), ("carrier", 8))


class NotMadeError(WattbookError):
    """A device has not made as much."""


def slice_of(id: int) -> Slice:
    """What an id stands for."""
    found = {}
    for name, bits in _FIELDS:
        found[name] = id & ((1 << bits) - 1)
        id >>= bits
    return Slice(**found)


def slice_id(slice: Slice) -> int:
    """The id of a slice."""
    word = 0
    for name, bits in reversed(_FIELDS):
        word = word << bits | getattr(slice, name)
    return word


def stock(market: Market, device: int) -> int:
    """Wh of a device that can still be issued, if it is one that gets certificates."""
    mark = market.clean_energy.mark_of(device)
    return max(0, market.production.total_of(device) - mark.mark - mark.debt)


def next_slots(market: Market, device: int, wh: int) -> tuple[int, int]:
    """Start and end of the slots in which a device made the next Wh of its stock, as issuing them asks for."""
    mark = market.clean_energy.mark_of(device)
    return slots_of(market, device, mark.mark + mark.debt, wh)


def slots_of(market: Market, device: int, first: int, wh: int) -> tuple[int, int]:
    """Start and end of the slots in which a range on a device's counter was made."""
    production = market.production
    if wh <= 0 or production.total_of(device) < first + wh:
        raise NotMadeError(f"device {device} has not made {wh} Wh after the first {first}")
    its = market.meters.device_of(device).description
    length = market.zones.slot_seconds(its.zone, its.carrier)
    return _end_of(market, device, first + 1, length) - length, _end_of(market, device, first + wh, length)


def _end_of(market: Market, device: int, counter: int, length: int) -> int:
    """The end of the slot in which a device's counter came to stand so high, looked for from the newest back: what
    is in stock was made of late."""

    def is_early(slot: int) -> bool:
        return bool(market.production.counted_until(device, slot * length) < counter)

    high = market.production.recorded_until(device) // length + 1
    low, step = high - 1, 1
    while not is_early(low):
        high, step = low, 2 * step
        low = max(0, low - step)
    while high - low > 1:
        middle = (low + high) // 2
        if is_early(middle):
            low = middle
        else:
            high = middle
    return high * length

"""How members quote, from what they can know before a slot, and what their devices do when they know what they traded.

Nothing is asked of a chain, and who hands in the same gets the same. Prices are mPT per kWh, energy Wh.
Whoever runs members asks, slot by slot: `quotes` before the book, `behave` when it is cleared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from wattbook.contracts.structs import Carrier
from wattbook.market.bounds import MAX_PRICE
from wattbook.market.escrow import CEILINGS
from wattbook.market.words import MAX_ORDERS_OF_ONE
from wattbook.scenario.profiles import (
    HOUR,
    WHOLE,
    Charging,
    Device,
    Place,
    Plant,
    Storage,
    actual,
    draw,
    expected,
    local_hour,
)

LEAST_WH = 100
# Of what a member expects he quotes this much at the pool's price when missing costs a penalty.
_SURE_BPS = 7_000
_HOURS = 24
# Of what lies between the pool's two prices: how much cheaper buyers try, how much dearer sellers do, at most.
_MOST_OFF_BPS, _MOST_ON_BPS = 4_500, 3_000
# What a store must gain beyond its losses, and how much of the prices it has seen it calls low, or high.
_GAIN_BPS = 500
_LOW_BPS, _HIGH_BPS = 3_000, 7_000
# Prices that say nothing yet of what is low.
_FEW = 8


class Habit(StrEnum):
    """What a member does: quote by strategy, quote only what a list says, or leave all to the pool."""

    TRADE = "trade"
    LISTED = "listed"
    POOL = "pool"


@dataclass(frozen=True)
class Member:
    """Who has devices. His name is unique."""

    name: str
    devices: tuple[Device, ...]
    habit: Habit = Habit.TRADE


@dataclass(frozen=True)
class Prices:
    """What everybody knows of a carrier: the pool's prices, the declared loss, what missing costs, and what of a price
    that a seller asks goes to others."""

    pool_in: int
    pool_out: int
    loss_bps: int
    penalty_bps: int
    share_bps: int = 0

    def asked(self, price: int) -> int:
        """What must be asked so that a seller keeps a price."""
        return -(-price * WHOLE // max(1, WHOLE - self.share_bps))

    def kept(self, price: int) -> int:
        """What a seller keeps of a price."""
        return price * (WHOLE - self.share_bps) // WHOLE

    def arriving(self, wh: int) -> int:
        """What of injected energy counts as delivered."""
        return wh * (WHOLE - self.loss_bps) // WHOLE

    def sent(self, wh: int) -> int:
        """What must be injected so that this much counts as delivered."""
        return -(-wh * WHOLE // (WHOLE - self.loss_bps))

    def between(self, bps: int) -> int:
        """A price between what a seller must ask to gain by not using the pool, and what the pool asks."""
        least = min(self.asked(self.pool_in), self.pool_out)
        return least + (self.pool_out - least) * bps // WHOLE


@dataclass(frozen=True)
class Outlook:
    """A slot to come, as a member sees it. `paid`: prices of books before, of the last day, the newest last."""

    place: Place
    carrier: Carrier
    start: int
    seconds: int
    prices: Prices
    paid: Sequence[int] = ()


@dataclass(frozen=True)
class Bid:
    """An order. `device` is what is sold from, or what the order is for; empty for all that a member uses."""

    sell: bool
    wh: int
    price: int
    device: str = ""


@dataclass(frozen=True)
class Flow:
    """What a device did in a slot, and what it holds afterwards: charge of a store, Wh that piles still need today."""

    injected: int
    withdrawn: int
    held: int


def quotes(member: Member, outlook: Outlook, held: Mapping[str, int]) -> list[Bid]:
    """What a member quotes by his strategy. `held`: what his stores and piles hold, as `behave` told it last.

    What would be more than a book takes of one member, or in one order, he leaves to the pool.
    """
    its = [device for device in member.devices if device.carrier == outlook.carrier]
    bids = _of_the_rest(member.name, its, outlook)
    for device in its:
        match device.what:
            case Plant() as plant:
                bids.append(Bid(True, _arriving_at_most(plant.rated_w, outlook), _cost(plant, outlook), device.name))
            case Storage() as store:
                bids += _store(device.name, store, held.get(device.name, 0), outlook)
            case Charging() as piles:
                bids += _piles(device.name, piles, held.get(device.name, 0), outlook)
    taken = [bid for bid in bids if bid.wh >= LEAST_WH][:MAX_ORDERS_OF_ONE]
    return [replace(bid, wh=min(bid.wh, CEILINGS[-1])) for bid in taken]


def behave(device: Device, outlook: Outlook, held: int, sold: int, bought: int) -> Flow:
    """What a device does that sold and bought this much by bids of its own."""
    sent = outlook.prices.sent
    match device.what:
        case Plant(rated_w):
            return Flow(min(sent(sold), _most(rated_w, outlook)), 0, 0)
        case Storage(capacity_wh, _, efficiency_bps):
            given = min(sent(sold), held)
            taken = min(bought, _room(capacity_wh, held - given, efficiency_bps))
            return Flow(given, taken, held - given + taken * efficiency_bps // WHOLE)
        case Charging() as piles:
            needs, must, _ = _needs(piles, held, outlook)
            taken = max(must, min(bought, needs))
            return Flow(0, taken, needs - taken)
    happens = actual(outlook.place, device, outlook.start, outlook.seconds)
    return Flow(happens, 0, 0) if device.injects else Flow(0, happens, 0)


def _of_the_rest(name: str, devices: Sequence[Device], outlook: Outlook) -> list[Bid]:
    """What a member makes beyond what he uses, or the other way round, without what is decided device by device."""
    foreseen = [
        (device, expected(outlook.place, device, outlook.start, outlook.seconds))
        for device in devices
        if not isinstance(device.what, Plant | Storage | Charging)
    ]
    used = sum(wh for device, wh in foreseen if not device.injects)
    made = [(device, outlook.prices.arriving(wh)) for device, wh in foreseen if device.injects]
    short = used - sum(wh for _, wh in made)
    if short >= 0:
        return _in_two(Bid(False, short, _asking_price(name, outlook)), outlook)
    bids, over = [], -short
    for device, wh in made:
        part = min(wh, over)
        bids += _in_two(Bid(True, part, _selling_price(device.name, outlook), device.name), outlook)
        over -= part
    return bids


def _in_two(bid: Bid, outlook: Outlook) -> list[Bid]:
    """Who pays a penalty for what he does not trade takes a chance with the smaller part only, and with none when the
    last price says that he would not get his."""
    if not outlook.prices.penalty_bps:
        return [bid]
    missed = outlook.paid and (outlook.paid[-1] <= bid.price if bid.sell else outlook.paid[-1] >= bid.price)
    sure = bid.wh if missed else bid.wh * _SURE_BPS // WHOLE
    price = outlook.prices.pool_in if bid.sell else outlook.prices.pool_out
    return [Bid(bid.sell, sure, price, bid.device), Bid(bid.sell, bid.wh - sure, bid.price, bid.device)]


def _asking_price(name: str, outlook: Outlook) -> int:
    """Below the pool's, by as much as a member dares, who tries another time every day."""
    day = outlook.start // (_HOURS * HOUR)
    return outlook.prices.between(WHOLE - draw(outlook.place.seed, "buys", name, day) % _MOST_OFF_BPS)


def _selling_price(name: str, outlook: Outlook) -> int:
    """Whoever has sun or wind has it for nothing: a little more than what the pool would pay him."""
    day = outlook.start // (_HOURS * HOUR)
    return outlook.prices.between(draw(outlook.place.seed, "sells", name, day) % _MOST_ON_BPS)


def _store(name: str, store: Storage, charge: int, outlook: Outlook) -> list[Bid]:
    """Buys below what is low and sells above what is high, and above what charging cost with all that is lost."""
    low, high = _usual(outlook)
    left = outlook.prices.kept(high) * store.efficiency_bps * (WHOLE - outlook.prices.loss_bps)
    dearest = left // (WHOLE * (WHOLE + _GAIN_BPS))
    most = _most(store.rated_w, outlook)
    takes = min(most, _room(store.capacity_wh, charge, store.efficiency_bps))
    gives = outlook.prices.arriving(min(most, charge))
    return [Bid(False, takes, min(low, dearest), name), Bid(True, gives, high, name)]


def _piles(name: str, piles: Charging, held: int, outlook: Outlook) -> list[Bid]:
    """What cannot wait at the pool's price, what can wait for a low one."""
    _, must, may = _needs(piles, held, outlook)
    low, _ = _usual(outlook)
    return [Bid(False, must, outlook.prices.pool_out, name), Bid(False, may, low, name)]


def _needs(piles: Charging, held: int, outlook: Outlook) -> tuple[int, int, int]:
    """What is still to be charged, what of it in this slot at any price, and what more if it is cheap."""
    opened = (local_hour(outlook.place, outlook.start) - piles.from_hour) % _HOURS
    if opened >= piles.hours:
        return 0, 0, 0
    since = opened * HOUR + (outlook.start + outlook.place.utc_offset_minutes * 60) % HOUR
    needs = piles.day_wh if since < outlook.seconds else held
    later = max(0, (piles.hours * HOUR - since) // outlook.seconds - 1)
    most = _most(piles.rated_w, outlook)
    must = min(most, max(0, needs - most * later))
    return needs, must, min(most, needs) - must


def _usual(outlook: Outlook) -> tuple[int, int]:
    """A low price and a high one: of those that were paid, or where few were, between the pool's."""
    if len(outlook.paid) < _FEW:
        return outlook.prices.between(_LOW_BPS), outlook.prices.between(_HIGH_BPS)
    ordered = sorted(outlook.paid)
    last = len(ordered) - 1
    return ordered[last * _LOW_BPS // WHOLE], ordered[last * _HIGH_BPS // WHOLE]


def _room(capacity_wh: int, charge: int, efficiency_bps: int) -> int:
    return max(0, capacity_wh - charge) * WHOLE // efficiency_bps


def _most(rated_w: int, outlook: Outlook) -> int:
    return rated_w * outlook.seconds // HOUR


def _cost(plant: Plant, outlook: Outlook) -> int:
    """What a plant must ask for a Wh that arrives, which is a little more than one that it makes."""
    return min(MAX_PRICE, outlook.prices.asked(-(-plant.price * WHOLE // (WHOLE - outlook.prices.loss_bps))))


def _arriving_at_most(rated_w: int, outlook: Outlook) -> int:
    return outlook.prices.arriving(_most(rated_w, outlook))

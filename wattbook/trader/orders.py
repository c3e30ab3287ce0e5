"""What a trader wants: orders as he writes them, sealed into the journal, and signed when somebody else sends them."""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from eth_account.signers.local import LocalAccount

from wattbook.connection import Market
from wattbook.contracts.structs import Carrier, SealedOrder, SignedCommit, SizeClass
from wattbook.deployment.local import LOCAL_CHAIN_IDS
from wattbook.eip712 import short_form, sign
from wattbook.errors import SettingsError
from wattbook.market.bounds import MAX_PRICE, bounded
from wattbook.market.escrow import CEILINGS
from wattbook.market.words import MAX_DEVICE, MAX_ORDERS_OF_ONE, MIN_WH, Book, Quote, class_of, new_salt, seal
from wattbook.trader.journal import Journal, JournalError
from wattbook.trader.records import Entry, State

NEXT = "next"
_SIDES = {"buy": False, "sell": True}
_REQUIRED = {"name", "zone", "slot", "side", "wh", "price"}
_OPTIONAL = {"carrier", "device", "size"}


@dataclass(frozen=True)
class Wish:
    """An order before it is sealed. `slot_start` None is the next slot whose book can still be committed to."""

    zone: str
    sell: bool
    wh: int
    price: int
    name: str | None = None
    carrier: Carrier = Carrier.ELECTRICITY
    slot_start: int | None = None
    device: int = 0
    size: SizeClass | None = None

    def __post_init__(self) -> None:
        bounded("price", self.price, MAX_PRICE)
        bounded("device", self.device, MAX_DEVICE)
        bounded("wh", self.wh, CEILINGS[-1])
        if 0 < self.wh < MIN_WH:
            raise SettingsError(f"an order has {MIN_WH} Wh at least, or 0 for a decoy, not {self.wh}")
        if self.sell and self.wh and not self.device:
            raise SettingsError("a sale names the device that delivers")
        if not self.sell and self.device:
            raise SettingsError("an order to buy names no device")
        if self.size is not None and self.wh > CEILINGS[self.size]:
            raise SettingsError(f"class {self.size.name.lower()} holds {CEILINGS[self.size]} Wh, not {self.wh}")
        if not self.zone or len(self.zone.encode()) > 32:
            raise SettingsError(f"{self.zone!r} is not the name of a zone")


@dataclass(frozen=True)
class Phases:
    """The seconds in which a book's commitments, its revealing and its clearing begin."""

    opens_at: int
    reveals_at: int
    clears_at: int


def chain_time(market: Market) -> int:
    """The time that counts: the newest block's. On a local chain, whose blocks come with transactions only, it is the
    next block's; elsewhere that would be a guess, and a reveal that comes early tells a quote."""
    if market.chain.chain_id in LOCAL_CHAIN_IDS:
        return market.chain.time_of("pending")
    return market.chain.now


def phases_of(market: Market, slot_start: int) -> Phases:
    """When a book that is not open will have its phases, as the schedule is now."""
    schedule = market.rulebook.schedule()
    clears_at = slot_start - schedule.clear_seconds
    least = 3 * schedule.validators * schedule.block_seconds
    reveals_at = clears_at - max(schedule.reveal_seconds, least)
    return Phases(reveals_at - schedule.commit_seconds, reveals_at, clears_at)


def place(market: Market, journal: Journal, wish: Wish, trader: str, block: int) -> Entry:
    """Seals an order into the journal. It is on disk when this returns, and nothing of it was sent."""
    zone = wish.zone.encode().ljust(32, b"\0")
    zone_number = market.zones.number_of(zone)
    now = chain_time(market)
    slot_start = wish.slot_start
    if slot_start is None:
        slot_start = _next_slot(market, zone_number, wish.carrier, now)
    market.zones.require_slot(zone_number, wish.carrier, slot_start)
    if now >= (closes := phases_of(market, slot_start).reveals_at):
        raise SettingsError(f"no orders are taken any more for the slot at {slot_start}: they were until {closes}")
    book = Book(wish.carrier, zone, zone_number, slot_start)
    salt = new_salt()
    quote = Quote(trader, wish.sell, wish.wh, wish.price, wish.device)
    quote.word()
    return journal.add(
        Entry(
            id=0,
            name=wish.name,
            carrier=int(wish.carrier),
            zone=zone,
            zone_number=zone_number,
            slot_start=slot_start,
            sell=wish.sell,
            wh=wish.wh,
            price=wish.price,
            device=wish.device,
            size_class=int(class_of(wish.wh) if wish.size is None else wish.size),
            salt=salt,
            seal=seal(market.chain.chain_id, market.auction.address, book, quote, salt),
            block=block,
        )
    )


def next_number(market: Market, journal: Journal, entry: Entry, trader: str) -> int:
    """The number of a trader's next order in a book: there are his orders on the chain, and those on their way."""
    on_their_way = [
        other.number + 1
        for other in journal.entries()
        if other.state is State.COMMITTING and other.number is not None and other.book == entry.book
    ]
    return max([len(market.auction.positions_of(entry.book.key, trader)), *on_their_way])


def sign_for_relayer(market: Market, journal: Journal, entry: Entry, trader: LocalAccount) -> Entry:
    """Signs the commitment to a sealed order for somebody else to send, under a number that is its own from then on."""
    number = next_number(market, journal, entry, trader.address)
    if number >= MAX_ORDERS_OF_ONE:
        raise JournalError(f"{trader.address} has {MAX_ORDERS_OF_ONE} orders in this book, as many as there can be")
    values = {
        "trader": trader.address,
        "book": entry.book.key,
        "sizeClass": entry.size_class,
        "number": number,
        "seal": entry.seal,
    }
    signature = sign(market.auction, "Commit", trader, values)
    return journal.update(entry, number=number, signature=signature, state=State.COMMITTING)


def signed_commit(entry: Entry, trader: str) -> SignedCommit:
    """What a relayer sends with `commitFor`."""
    if entry.number is None or entry.signature is None:
        raise JournalError(f"order {entry.id} is not signed for a relayer")
    return SignedCommit(SealedOrder(trader, entry.size, entry.number, entry.seal), *short_form(entry.signature))


def read_wishes(path: Path) -> list[Wish]:
    """The orders in a file; each has a name, under which it is placed once however often the file is read."""
    try:
        data = tomllib.loads(path.read_text())
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise SettingsError(f"{path}: {error}") from None
    items = data.get("orders")
    if set(data) != {"orders"} or not isinstance(items, list):
        raise SettingsError(f"{path} is not a list of orders, each beginning with [[orders]]")
    wishes = [_wish(item, f"{path}, order {place}") for place, item in enumerate(items, 1)]
    if len({wish.name for wish in wishes}) < len(wishes):
        raise SettingsError(f"{path}: two orders have the same name")
    return wishes


def parse_wish(fields: dict[str, Any]) -> Wish:
    """An order from its fields as text, dates and whole numbers."""
    carrier, side, size = fields.get("carrier", "electricity"), fields["side"], fields.get("size")
    if side not in _SIDES:
        raise SettingsError(f"side is buy or sell, not {side!r}")
    for field in ("name", "zone"):
        if not isinstance(fields[field], str | None) or fields[field] == "":
            raise SettingsError(f"{field} is not a text")
    return Wish(
        zone=fields["zone"],
        sell=_SIDES[side],
        wh=fields["wh"],
        price=fields["price"],
        name=fields["name"],
        carrier=Carrier(_named(Carrier, carrier, "carrier")),
        slot_start=_slot(fields["slot"]),
        device=fields.get("device", 0),
        size=None if size is None else SizeClass(_named(SizeClass, size, "size")),
    )


def _wish(item: Any, where: str) -> Wish:
    if not isinstance(item, dict):
        raise SettingsError(f"{where} is no table")
    if missing := _REQUIRED - set(item):
        raise SettingsError(f"{where} has no {min(missing)}")
    if unknown := set(item) - _REQUIRED - _OPTIONAL:
        raise SettingsError(f"{where} has an unknown field {min(unknown)}")
    try:
        return parse_wish(item)
    except Exception as error:
        raise SettingsError(f"{where}: {error}") from None


def _slot(value: Any) -> int | None:
    if value == NEXT:
        return None
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise SettingsError(f"slot {value!r} is neither {NEXT}, a time, nor Unix seconds") from None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise SettingsError(f"slot {value.isoformat()} has no time zone; add one, such as Z")
        value = int(value.timestamp())
    return bounded("slot", value, 2**40 - 1)


def _named(kind: Any, name: Any, what: str) -> int:
    known = {member.name.lower(): int(member) for member in kind}
    if name not in known:
        raise SettingsError(f"{what} is one of {', '.join(known)}, not {name!r}")
    return known[name]


def _next_slot(market: Market, zone_number: int, carrier: Carrier, now: int) -> int:
    length = market.zones.slot_seconds(zone_number, carrier)
    # Time enough for a commitment to get into a block.
    soonest = now + 3 * market.rulebook.schedule().block_seconds
    ahead = phases_of(market, 0).reveals_at
    return ((soonest - ahead) // length + 1) * length

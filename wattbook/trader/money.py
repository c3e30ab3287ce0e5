"""What revealing an order will lock, whether its trader has it, and what came of it."""

from wattbook.connection import Market
from wattbook.contracts.structs import Book, Position
from wattbook.market.escrow import KEEPER_FEE, LEAST_MARGIN_RATE, bond, buyer_lock
from wattbook.trader.records import Entry
from wattbook.units import format_pt


def bond_of(entry: Entry) -> int:
    """What an order's commitment locks, keeper's fee and all."""
    return bond(entry.size_class) + KEEPER_FEE


def needed_to_reveal(entry: Entry, facts: Book) -> int:
    """uPT that must be free beside the order's bond: of a buyer the value and the highest commission, of a seller the
    margin."""
    if entry.sell:
        cost = entry.wh * max(LEAST_MARGIN_RATE, facts.dearest_wh - entry.price)
    else:
        cost = buyer_lock(entry.wh, entry.price)
    return max(0, cost - bond_of(entry))


def short_of(market: Market, entry: Entry, trader: str, needed: int) -> str | None:
    """What is lacking to reveal an order, given what all orders of its book need."""
    free = market.vault.account_of(trader).free
    if free < needed:
        return f"revealing the orders of its book will need {format_pt(needed)}, {format_pt(free)} are free: top up"
    if entry.sell and entry.wh:
        left = market.energy_units.available(trader, entry.device, entry.slot_start)
        if left < entry.wh:
            return f"device {entry.device} has {left} Wh left to sell in its slot, {entry.wh} are offered"
    return None


def outcome(void: bool, position: Position, fee: int) -> str:
    """What came of a settled order."""
    if void:
        return "its book is void; all that it locked is free"
    if not position.wh:
        return "traded nothing; all that it locked is free"
    amount, commission = format_pt(position.amount), format_pt(fee)
    if not position.sell:
        return f"bought {position.wh} Wh for {amount} and a commission of {commission}"
    margin = format_pt(position.margin)
    return (
        f"sold {position.wh} Wh for {amount} after a commission of {commission}; they are paid after delivery, until"
        f" which a margin of {margin} stays locked"
    )

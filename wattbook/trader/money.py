"""What revealing an order will lock, whether its trader has it, and what came of it."""

from wattbook.connection import Market
from wattbook.contracts.structs import Book, Position
from wattbook.trader.records import Entry
from wattbook.units import format_pt

# The least margin of a seller, in mPT per kWh, and what a commission is a share of.
_LEAST_MARGIN = 120
_WHOLE_BPS = 10_000


def needed_to_reveal(market: Market, entry: Entry, facts: Book) -> int:
    """uPT that must be free beside the order's bond: of a buyer the value and the highest commission, of a seller the
    margin."""
    if entry.sell:
        cost = entry.wh * max(_LEAST_MARGIN, facts.dearest_wh - entry.price)
    else:
        amount = entry.wh * entry.price
        cost = amount + -(-amount * market.rulebook.max_fee_bps() // _WHOLE_BPS)
    kept = market.auction.bond_of(entry.size) + (market.auction.keeper_fee() if entry.wh else 0)
    return max(0, cost - kept)


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

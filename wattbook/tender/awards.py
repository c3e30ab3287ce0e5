"""Whom an owner may award a tender to, and what both set aside for it (docs/tender.md)."""

from collections.abc import Sequence
from dataclasses import dataclass

from wattbook.errors import WattbookError

WHOLE = 10_000


class AwardError(WattbookError):
    """An award that the contract refuses; `name` is that of its error."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True)
class Quote:
    """A firm offer to buy up to `wh` at `price` mPT per kWh."""

    id: int
    wh: int
    price: int


@dataclass(frozen=True)
class Award:
    """What of a quote the owner takes."""

    quote: Quote
    wh: int


def margin(wh: int, price: int, bps: int) -> int:
    """uPT that one side sets aside."""
    return wh * price * bps // WHOLE


def check(offered: int, reserve: int, awards: Sequence[Award]) -> None:
    """Refuses awards of which one is below the reserve or above its quote, or that are more than is offered."""
    for award in awards:
        quote = award.quote
        if quote.price < reserve:
            raise AwardError("BelowReserve", f"quote {quote.id} is at {quote.price}, the reserve is {reserve} mPT/kWh")
        if award.wh > quote.wh:
            raise AwardError("AboveQuote", f"quote {quote.id} is for {quote.wh} Wh, not {award.wh}")
    total = sum(award.wh for award in awards)
    if total > offered:
        raise AwardError("OverAward", f"{total} Wh are awarded, {offered} are offered")

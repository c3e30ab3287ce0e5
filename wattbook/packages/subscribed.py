"""What members subscribed to, as the chain has it."""

from dataclasses import dataclass
from typing import Any

from wattbook.chain import named
from wattbook.connection import Market
from wattbook.contracts.structs import Carrier, Kind, SubscriptionState
from wattbook.errors import WattbookError

_OPEN = 2**16 - 1
_MONEY = 2**96 - 1


class UnknownSubscriptionError(WattbookError):
    """No subscription has this number."""


@dataclass(frozen=True)
class ChainLot:
    """A prepaid lot: uPT that were paid for it and that are left, the price of a unit, the second of the payment."""

    paid: int
    left: int
    price: int
    time: int

    @classmethod
    def unpacked(cls, word: int) -> "ChainLot":
        """As the library Lots packs it."""
        return cls(word & _MONEY, word >> 96 & _MONEY, word >> 192 & 0xFFFF_FFFF, word >> 224)


@dataclass(frozen=True)
class Subscribed:
    """A subscription with all that a customer would ask of it.

    - first, until: the months that are its, from January 1970; `until` is None while there is no end
    - device: that is supplied, None for an area without one
    - left: uPT that were paid and are not earned yet
    - lots, bonus: of lots and flow; a bonus is units without money
    - area: in 0.01 m2, None of lots and flow
    - drawn: the first month of lots or flow that is not paid to the provider yet, None of an area
    - owed: uPT that the customer owes this provider, for all that he has of him
    """

    number: int
    customer: str
    state: SubscriptionState
    kind: Kind
    version: int
    provider: str
    carrier: Carrier
    first: int
    until: int | None
    device: int | None
    left: int
    lots: tuple[ChainLot, ...]
    bonus: ChainLot | None
    area: int | None
    drawn: int | None
    suspended: bool
    owed: int


def subscribed(market: Market, number: int) -> Subscribed:
    """What is known of a subscription."""
    packages = market.energy_packages
    if not 0 < number <= packages.subscription_count():
        raise UnknownSubscriptionError(f"there is no subscription {number}")
    its = packages.subscription_of(number)
    terms = market.tariffs.terms_of(its.version)
    lots: tuple[ChainLot, ...] = ()
    bonus, size, drawn, suspended = None, None, None, False
    if its.kind is Kind.AREA:
        area = packages.area_of(number)
        device, left, size = area.device, area.fee + area.before - area.earned, area.area
    else:
        metered, (words, word) = packages.metered_of(number), packages.lots_of(number)
        lots = tuple(ChainLot.unpacked(one) for one in words)
        bonus = ChainLot.unpacked(word) if word else None
        device, drawn, suspended = metered.device, metered.drawn, metered.suspended
        left = sum(lot.left for lot in lots)
    return Subscribed(
        number=number,
        customer=its.customer,
        state=its.state,
        kind=its.kind,
        version=its.version,
        provider=terms.provider,
        carrier=terms.carrier,
        first=its.first,
        until=None if its.until == _OPEN else its.until,
        device=device or None,
        left=0 if its.state is SubscriptionState.CLOSED else left,
        lots=lots,
        bonus=bonus,
        area=size,
        drawn=drawn,
        suspended=suspended,
        owed=market.vault.debt_to(its.customer, terms.provider),
    )


def numbers_of(market: Market, account: str) -> list[int]:
    """The subscriptions of an account, whatever it was named when it came to them, the oldest first."""
    packages = market.energy_packages
    names, _ = market.membership.names_of([account])
    bought, assigned = packages.raw.events.Bought(), packages.raw.events.Assigned()
    asked = [(event, {place: name}) for name in names for event, place in ((bought, "customer"), (assigned, "to"))]
    found = {log.args.subscription for event, filters in asked for log in _logs(event, filters)}
    return sorted(number for number in found if packages.subscription_of(number).customer in names)


def _logs(event: Any, filters: dict[str, str]) -> list[Any]:
    return list(named(lambda: event.get_logs(from_block=0, argument_filters=filters)))

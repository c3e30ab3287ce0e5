"""Hot water by the square metre, which is not traded in slots: one member supplies others for months."""

from collections.abc import Sequence

from wattbook.connection import Market
from wattbook.contracts.structs import Carrier, Discounts, Facts, Kind, Purchase, Tariff, TariffTerms
from wattbook.park.settings import ZONE_NUMBER
from wattbook.trial.blocks import Message, message

PACKAGED = Carrier.HOT_WATER
# In 0.01 m2, mPT a year for a square metre, W for one, and each month's part of a year.
_AREA, _ANNUAL_PRICE, _LOAD = 5_000, 40_000, 96
_EVEN = (833,) * 8 + (834,) * 4


def selling(
    market: Market, slot_seconds: int, facts: Facts, accounts: Sequence[str], month: int, term: int
) -> list[list[Message]]:
    """The steps: the carrier is opened, the tariff of the first account published, and bought under by all others, for
    so many months from one on."""
    authority, (provider, *customers) = market.authority.address, accounts
    opening = (ZONE_NUMBER, PACKAGED, slot_seconds, slot_seconds, facts)
    purchases = [
        message(
            market.energy_packages, "buy", who, [Purchase(1, Kind.AREA, month, term, 0, _AREA * (place % 5 + 1), 0)]
        )
        for place, who in enumerate(customers)
    ]
    publish = message(market.tariffs, "publish", authority, _tariff(provider))
    return [[message(market.zones, "openCarrier", authority, *opening)], [publish], purchases]


def _tariff(provider: str) -> Tariff:
    terms = TariffTerms(
        provider=provider,
        zone=ZONE_NUMBER,
        carrier=PACKAGED,
        incremental=False,
        wh_per_unit=1,
        postpaid=0,
        flow_price=0,
        annual_price=_ANNUAL_PRICE,
        cancel_fee_bps=0,
        cooling_off=0,
        load_per_m2=_LOAD,
        capacity_w=10**9,
    )
    return Tariff(terms, Discounts(0, 0, 0, 0, 0, 0, 0), [], list(_EVEN))

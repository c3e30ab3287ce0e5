"""The market itself, and its zones."""

from typing import Any

from pydantic import BaseModel, Field

from frontend_api.api.directory import Zone
from frontend_api.api.shapes.base import Address, Time, Word
from frontend_api.api.shapes.words import CARRIERS, Carrier, address


class Market(BaseModel):
    """Which market this is, and what can be done through this API."""

    chain_id: int
    genesis: Word | None = Field(description="The hash of the chain's first block.")
    first_block: int | None = Field(description="The first block of the deployment.")
    contracts: dict[str, Address] = Field(description="Where each contract stands.")
    zones: list[str]
    carriers: list[Carrier]
    relay: bool = Field(description="Whether signed actions are sent for members.")
    bridge: bool = Field(description="Whether readings' values are got from the operator's bridge.")


class Facts(BaseModel):
    """What holds for a carrier in a zone, from some slot on. Shares are in 1/10000, prices in mPT per kWh."""

    since: Time
    loss_bps: int
    band_bps: int
    penalty_bps: int
    pool_in: int
    pool_out: int
    network_bps: int
    platform_bps: int
    fund_bps: int
    wheeling: int
    feeder: int
    export_feeder: int
    balancing: Address
    network: Address


class CarrierOfZone(BaseModel):
    """A carrier that is traded in a zone."""

    carrier: Carrier
    slot_seconds: int
    reading_period: int = Field(description="Seconds between two readings.")
    facts: Facts | None = Field(description="Those of the slot that it is now.")
    coming: list[Facts] = Field(description="Those set for later slots, the next first.")


class ZoneShown(BaseModel):
    """A zone."""

    zone: str
    zone_number: int
    key: Word
    carriers: list[CarrierOfZone]


_NUMBERS = {
    "loss_bps": "lossBps",
    "band_bps": "bandBps",
    "penalty_bps": "penaltyBps",
    "pool_in": "poolIn",
    "pool_out": "poolOut",
    "network_bps": "networkBps",
    "platform_bps": "platformBps",
    "fund_bps": "fundBps",
    "wheeling": "wheeling",
    "feeder": "feeder",
    "export_feeder": "exportFeeder",
}


def zone(one: Zone, now: int) -> dict[str, Any]:
    return {
        "zone": one.name,
        "zone_number": one.number,
        "key": one.key,
        "carriers": [
            {
                "carrier": CARRIERS[carrier],
                "slot_seconds": slot_seconds,
                "reading_period": reading_period,
                **_facts(one.facts.get(carrier, []), now),
            }
            for carrier, (slot_seconds, reading_period) in one.carriers.items()
        ],
    }


def _facts(told: list[tuple[int, dict[str, Any]]], now: int) -> dict[str, Any]:
    # What was set later for the same slot holds.
    found = dict(sorted(told, key=lambda one: one[0]))
    begun = [since for since in found if since <= now]
    coming = [_shown(since, found[since]) for since in found if since > now]
    return {"facts": _shown(begun[-1], found[begun[-1]]) if begun else None, "coming": coming}


def _shown(since: int, facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "since": since,
        **{name: int(facts[told]) for name, told in _NUMBERS.items()},
        "balancing": address(facts["balancing"]),
        "network": address(facts["network"]),
    }

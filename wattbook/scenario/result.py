"""What a scenario came to, as JSON: the same, byte by byte, whenever and wherever it is run (docs/replay.md)."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from eth_utils.crypto import keccak

from wattbook import abi
from wattbook.billing.entries import Kind
from wattbook.billing.periods import month_name
from wattbook.billing.statement import Statement
from wattbook.contracts.structs import Carrier
from wattbook.scenario.accounts import earned
from wattbook.scenario.closing import Closed
from wattbook.scenario.model import Trading
from wattbook.scenario.profiles import Plant, Storage
from wattbook.scenario.runner import Happened
from wattbook.scenario.strategies import Member
from wattbook.scenario.trading import Cleared
from wattbook.scenario.village import Village
from wattbook.trial.days import Line

Value = dict[str, Any]

_KINDS = {
    Kind.BOUGHT: "bought",
    Kind.SOLD: "sold",
    Kind.COMMISSION: "commission",
    Kind.NETWORK: "network",
    Kind.PLATFORM: "platform",
    Kind.FUND: "fund",
    Kind.IMBALANCE: "imbalance",
    Kind.OWED: "owed",
    Kind.SUBSIDY: "subsidy",
    Kind.FORFEITED: "forfeited",
}


@dataclass(frozen=True)
class Told:
    """All that a result is made of."""

    village: Village
    happened: Happened
    closed: Closed
    statements: Mapping[str, Statement]
    lines: Sequence[Line]


def result_of(told: Told) -> Value:
    """The result of a scenario that was run to its end."""
    scenario, happened = told.village.scenario, told.happened
    return {
        "scenario": {
            "name": scenario.name,
            "about": scenario.about,
            "seed": scenario.place.seed,
            "start": _moment(scenario.start),
            "end": _moment(scenario.end),
            "slots": scenario.slots,
            "slotSeconds": scenario.slot_seconds,
            "members": len(scenario.members),
            "meters": sum(len(meter.registers) for meter in told.village.meters.values()),
        },
        "carriers": [_carrier(told, trading) for trading in scenario.tradings],
        "members": [_member(told, member) for member in scenario.members],
        "bills": [_bills(told, month) for month in sorted(told.closed.bills)],
        "subsidies": _subsidies(told),
        "certificates": _certificates(told),
        "events": {
            "readings": happened.readings,
            "unheard": happened.unheard,
            "corrected": happened.corrected,
            "waited": happened.waited,
            "refusedOrders": sum(one.refused for one in happened.books),
            "withheldOrders": sum(one.withheld for one in happened.books),
        },
        "gas": _gas(told.village),
        "conservation": [
            {"what": line.what, "left": line.left, "right": line.right, "holds": line.holds} for line in told.lines
        ],
    }


def as_text(result: Value) -> str:
    """As it is written to a file."""
    return json.dumps(result, indent=1) + "\n"


def broken(result: Value) -> list[str]:
    """What does not add up."""
    return [line["what"] for line in result["conservation"] if not line["holds"]]


# ---------------------------------------------------------------------------------------------------------- carriers


def _carrier(told: Told, trading: Trading) -> Value:
    books = {book.start: book for book in told.happened.books if book.carrier == trading.carrier}
    made, used = _flows(told, trading.carrier)
    slots = [_slot(start, books.get(start), made[start], used[start]) for start in told.village.scenario.starts]
    totals = {
        name: sum(slot[name] for slot in slots)
        for name in ("madeWh", "usedWh", "volumeWh", "poolBoughtWh", "poolSoldWh", "welfare", "orders")
    }
    paid = sum(slot["volumeWh"] * slot["price"] for slot in slots if slot["price"] is not None)
    traded = totals["volumeWh"] + totals["poolBoughtWh"] + totals["poolSoldWh"]
    return {
        "name": trading.carrier.name.lower(),
        "poolIn": trading.pool_in,
        "poolOut": trading.pool_out,
        "feedIn": trading.feed_in,
        "retail": trading.retail,
        "books": len(books),
        **totals,
        "lostWh": told.happened.lost[trading.carrier],
        "meanPrice": paid // totals["volumeWh"] if totals["volumeWh"] else None,
        "poolShareBps": (totals["poolBoughtWh"] + totals["poolSoldWh"]) * 10_000 // traded if traded else 0,
        "slotValues": slots,
    }


def _slot(start: int, book: Cleared | None, made: int, used: int) -> Value:
    return {
        "start": _moment(start),
        "madeWh": made,
        "usedWh": used,
        "orders": book.orders if book else 0,
        "bidWh": book.bid_wh if book else 0,
        "askedWh": book.asked_wh if book else 0,
        "volumeWh": book.volume if book else 0,
        "price": book.price if book else None,
        "welfare": book.welfare if book else 0,
        "poolBoughtWh": book.pool_bought if book else 0,
        "poolSoldWh": book.pool_sold if book else 0,
    }


def _flows(told: Told, carrier: Carrier) -> tuple[Counter[int], Counter[int]]:
    """Wh made and used, by slot."""
    made: Counter[int] = Counter()
    used: Counter[int] = Counter()
    for (name, start), flow in told.happened.flows.items():
        if told.village.meters[name].device.carrier == carrier:
            made[start] += flow.injected
            used[start] += flow.withdrawn
    return made, used


# ----------------------------------------------------------------------------------------------------------- members


def _member(told: Told, member: Member) -> Value:
    """What a member did and paid. All amounts are what he gained; what he paid is negative."""
    statement = told.statements[member.name]
    made, used = _energy(told, member)
    sums = {name: statement.sums.get(kind, 0) for kind, name in _KINDS.items()}
    market = earned(statement) - sums["subsidy"]
    fuel, plain = _fuel(told, member), _plain(told, member)
    return {
        "name": member.name,
        "madeWh": made,
        "usedWh": used,
        "soldWh": sum(book.sold_by(member.name) for book in told.happened.books),
        "boughtWh": sum(book.bought_by(member.name) for book in told.happened.books),
        **sums,
        "market": market,
        "fuel": fuel,
        "withoutMarket": plain,
        "better": market + fuel - plain,
        "debt": statement.closing_debt,
    }


def _energy(told: Told, member: Member) -> tuple[int, int]:
    flows = [told.happened.flows[one.name, start] for one in member.devices for start in told.village.scenario.starts]
    return sum(flow.injected for flow in flows), sum(flow.withdrawn for flow in flows)


def _fuel(told: Told, member: Member) -> int:
    """What his plants burnt for what they sold, at their own price."""
    starts, flows = told.village.scenario.starts, told.happened.flows
    return -sum(
        flows[one.name, start].injected * one.what.price
        for one in member.devices
        if isinstance(one.what, Plant)
        for start in starts
    )


def _plain(told: Told, member: Member) -> int:
    """The same energy at the tariff that there is without a market, where stores and plants would stand still."""
    scenario, plain = told.village.scenario, 0
    for device in member.devices:
        if isinstance(device.what, Plant | Storage):
            continue
        trading = scenario.trading(device.carrier)
        for start in scenario.starts:
            flow = told.happened.flows[device.name, start]
            plain += flow.injected * trading.feed_in - flow.withdrawn * trading.retail
    return plain


# -------------------------------------------------------------------------------------------------------- afterwards


def _names(told: Told) -> dict[str, str]:
    return {account: name for name, account in told.village.accounts.items()}


def _bills(told: Told, month: int) -> Value:
    names = _names(told)
    bills = [
        {"member": names[bill.account], "amount": bill.amount, "bought": bill.bought, "imbalance": bill.imbalance}
        for bill in told.closed.bills[month]
    ]
    return {"month": month_name(month), "bills": bills}


def _subsidies(told: Told) -> list[Value]:
    names = _names(told)
    return [
        {
            "carrier": one.subsidy.carrier.name.lower(),
            "for": str(one.subsidy.purpose),
            "month": month_name(one.month),
            "rate": one.subsidy.rate,
            "pot": one.subsidy.pot,
            "held": one.held,
            "refused": one.refused,
            "claims": [{"member": names[who], "wh": one.wh[who], "paid": one.paid[who]} for who in one.wh],
            "returned": one.returned,
        }
        for one in told.closed.subsidies
    ]


def _certificates(told: Told) -> list[Value]:
    closed = told.closed
    return [{"device": name, "issuedWh": wh, "retiredWh": closed.retired[name]} for name, wh in closed.issued.items()]


def _gas(village: Village) -> Value:
    """What each kind of call took, dearest first."""
    names = _selectors(village)
    spent, called = village.blocks.spent, village.blocks.called
    steps = [{"call": names[key], "calls": called[key], "gas": gas} for key, gas in spent.items()]
    return {"total": sum(spent.values()), "steps": sorted(steps, key=lambda one: (-int(one["gas"]), one["call"]))}


def _selectors(village: Village) -> dict[tuple[str, str], str]:
    """What functions are called, by contract and selector."""
    return {
        (contract.address, "0x" + keccak(text=abi.signature(entry))[:4].hex()): f"{name}.{entry['name']}"
        for name, contract in village.market.deployment.contracts.items()
        for entry in abi.interface(name).abi
        if entry["type"] == "function"
    }


def _moment(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

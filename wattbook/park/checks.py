"""Each figure of a day, held against what the API says of it, and what the bridges and the blocks say."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wattbook.billing.entries import Kind
from wattbook.certificates.whole import WHOLE_WH
from wattbook.contracts.structs import Carrier
from wattbook.months import month_at
from wattbook.park.asking import Asking
from wattbook.scenario.result import Told, Value
from wattbook.scenario.village import ZONE
from wattbook.trial.days import Line
from wattbook.trial.park import ZONE as ZONE_NAME

_COLUMNS = {
    "sold": (Kind.SOLD,),
    "bought": (Kind.BOUGHT,),
    "shares": (Kind.COMMISSION, Kind.NETWORK, Kind.PLATFORM, Kind.FUND),
    "imbalance": (Kind.IMBALANCE, Kind.OWED),
    "subsidy": (Kind.SUBSIDY,),
    "packages": (Kind.HELD, Kind.RECEIVED),
}


@dataclass(frozen=True)
class Seen:
    """What happened beside what a result has.

    - times: at which meters were read; sent: how many records went which way, and on which curve they were signed
    - taken: how many each bridge took; roots, roots_gas: what bridges posted
    - gas: of all blocks
    - gains: what each member's free balance rose by
    """

    times: Sequence[int]
    sent: Mapping[str, int]
    taken: Mapping[str, int]
    roots: int
    roots_gas: int
    gas: int
    gains: Mapping[str, int]


def checks(told: Told, result: Value, seen: Seen, asking: Asking) -> Iterator[Line]:
    """What must be equal, beside what a scenario's accounts already hold against each other."""
    for carrier in result["carriers"]:
        yield from _of_books(told, carrier, asking)
    yield from _of_readings(result, seen, asking)
    yield from _of_members(told, result, seen.gains, asking)
    yield from _of_certificates(told, result, asking)
    yield Line("gas of all blocks = gas of all calls and roots", seen.gas, result["gas"]["total"] + seen.roots_gas)


def _of_books(told: Told, carrier: Value, asking: Asking) -> Iterator[Line]:
    """Prices, volumes and welfare, slot by slot; the last from the curves of supply and demand."""
    name, slots = carrier["name"], carrier["slotValues"]
    where = {"zone": ZONE_NAME.rstrip(b"\0").decode(), "carrier": name}
    books = list(asking.items("/books", **where))
    starts = told.village.scenario.starts
    prices = {one["slot_start"]: one["price_mpt"] for one in books if one["traded_wh"]}
    ours = {start: slot["price"] for start, slot in zip(starts, slots, strict=True) if slot["price"] is not None}
    unlike = sum(prices.get(start) != ours.get(start) for start in starts)
    volumes = {one["slot_start"]: one["traded_wh"] or 0 for one in books}
    welfare = sum(_gain(asking.get(f"/books/{one['key']}/curve")) for one in books if one["traded_wh"])
    paid = sum(wh * prices[start] for start, wh in volumes.items() if wh)
    traded = sum(volumes.values())
    yield Line(f"{name}: books = what the API has", carrier["books"], len(books))
    yield Line(f"{name}: prices that the API has otherwise = none", unlike, 0)
    yield Line(f"{name}: mean price = the API's", carrier["meanPrice"] or 0, paid // traded if traded else 0)
    yield Line(f"{name}: Wh traded among members = the API's", carrier["volumeWh"], traded)
    yield Line(f"{name}: welfare = area between the API's curves", carrier["welfare"], welfare)
    balance = told.village.market.imbalance.balance_of
    system = [balance(ZONE, Carrier[name.upper()], start) for start in starts]
    yield Line(f"{name}: Wh made = what settlement counted", carrier["madeWh"], sum(one[0] for one in system))
    yield Line(f"{name}: Wh used = what settlement counted", carrier["usedWh"], sum(one[1] for one in system))


def _gain(curve: Any) -> int:
    """What trade up to a volume is worth: by the dearest bids, less the cheapest asks."""
    return _area(curve["demand"], curve["traded_wh"]) - _area(curve["supply"], curve["traded_wh"])


def _area(steps: Sequence[tuple[int, int]], until: int) -> int:
    area = before = 0
    for total, price in steps:
        end = min(total, until)
        area += max(0, end - before) * price
        before = max(before, end)
    return area


def _of_readings(result: Value, seen: Seen, asking: Asking) -> Iterator[Line]:
    read = result["events"]["readings"]
    roots = list(asking.items("/roots"))
    yield Line("readings = records that went by HTTP and MQTT", read, seen.sent["HTTP"] + seen.sent["MQTT"])
    yield Line("readings = records signed on both curves", read, seen.sent["SECP256K1"] + seen.sent["P256"])
    for name, taken in seen.taken.items():
        yield Line(f"readings = what {name} took", read, taken)
    yield Line("readings = those in the API's roots", read, sum(one["size"] for one in roots))
    yield Line("times of reading = roots that bridges posted", len(seen.times), seen.roots)
    yield Line("times of reading = the API's roots", len(seen.times), len(roots))


def _of_members(told: Told, result: Value, gains: Mapping[str, int], asking: Asking) -> Iterator[Line]:
    """What each has, was paid and billed, as he sees it when he has signed in."""
    village, vault = told.village, told.village.market.vault
    months = f"2020-01..{_month(month_at(village.blocks.now) + 1)}"
    billed: dict[str, Counter[str]] = {
        month["month"]: Counter({one["member"]: one["amount"] for one in month["bills"]}) for month in result["bills"]
    }
    energy: Counter[str] = Counter()
    for name in village.accounts:
        account = village.accounts[name]
        token = asking.sign_in(village.park.keys[account])
        statement = asking.get(f"/accounts/{account}/statement", token, period=months)
        [balance, *_] = asking.get(f"/accounts/{account}/balances", token)["items"]
        yield Line(f"{name}: free in the Vault = the API's", vault.account_of(account).free, int(balance["free_upt"]))
        sums = statement["sums"]
        energy.update(statement["energy"])
        yield Line(
            f"{name}: all got and paid = what the balance rose by", sum(money_of(told, name).values()), gains[name]
        )
        for kind in (Kind.BOUGHT, Kind.SOLD, Kind.IMBALANCE, Kind.SUBSIDY):
            ours = told.statements[name].sums.get(kind, 0)
            yield Line(f"{name}: {kind} = the API's statement", ours, sums.get(kind.value, 0))
        for month, amounts in billed.items():
            if amounts[name]:
                bill = asking.get(f"/accounts/{account}/bills/{month}", token)
                yield Line(f"{name}: bill of {month} = the API's", amounts[name], int(bill["amount_upt"]))
                yield Line(f"{name}: bill of {month} is among those posted", int(bill["posted"]), 1)
        yield from _of_packages(told, name, account, token, asking)
    for what, pool in (("bought", "poolSoldWh"), ("sold", "poolBoughtWh")):
        traded = sum(one["volumeWh"] + one[pool] for one in result["carriers"])
        yield Line(f"Wh {what} by members = the API's statements", traded, energy[what])


def _of_packages(told: Told, name: str, account: str, token: str, asking: Asking) -> Iterator[Line]:
    """Who supplies got what his customers paid, and nothing is left of it."""
    found = list(asking.get("/subscriptions", token)["items"])
    paid = sum(int(one["paid_upt"]) for one in found if one["customer"] == account)
    left = sum(int(one["left_upt"]) for one in found)
    got = sum(int(one["paid_upt"]) for one in found if one["provider"] == account)
    yield Line(f"{name}: for packages = the API's", money_of(told, name)["packages"], got - paid)
    yield Line(f"{name}: left of packages = none", left, 0)


def money_of(told: Told, name: str) -> dict[str, int]:
    """What a member got and paid, and what for. For a package it is locked, and its provider receives it; all else that
    is locked comes back, or is forfeited."""
    left = dict(told.statements[name].sums)
    found = {what: sum(left.pop(kind, 0) for kind in kinds) for what, kinds in _COLUMNS.items()}
    return {**found, "other": sum(left.values())}


def _of_certificates(told: Told, result: Value, asking: Asking) -> Iterator[Line]:
    wholes = sum(told.closed.wholes.values())
    listed = list(asking.items("/certificates"))
    yield Line("Wh in certificates of 1 MWh = the API's", wholes, len(listed) * WHOLE_WH)
    provenance = [asking.get(f"/certificates/{one['id']}")["provenance"] for one in listed]
    yield Line("Wh in certificates = Wh of their origin", wholes, sum(part["wh"] for one in provenance for part in one))
    issued = sum(one["issuedWh"] for one in result["certificates"])
    yield Line("Wh certified = what the contract took", issued, told.village.market.clean_energy.totals().taken)


def _month(month: int) -> str:
    year, place = divmod(month, 12)
    return f"{1970 + year}-{place + 1:02}"

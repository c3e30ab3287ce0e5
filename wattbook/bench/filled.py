"""An index with a year's orders: rows as the index of a real market has them, in blocks before any chain begins."""

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table

from frontend_api.database import tables
from frontend_api.database.database import Database
from wattbook.certificates.slices import slice_id
from wattbook.certificates.whole import WHOLE_WH
from wattbook.contracts.structs import Slice

_BOOKS = 320
_PAIRS = ((60_001, 0), (60_001, 2), (60_002, 0), (60_002, 2))
_ZONES = {60_001: "large park", 60_002: "large village"}
_SLOT = 900
_FIRST_TIME = 1_600_000_200
_MEMBERS, _DEVICES, _SALES, _CERTIFICATES = 1_000, 2_000, 2_000, 1_000
_NUMBERS_FROM = 1_000_000
_A_BLOCK = 50
_AT_ONCE = 20_000


@dataclass
class Filled:
    """What is in it, to ask for."""

    orders: int = 0
    books: list[str] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    trades: list[str] = field(default_factory=list)
    devices: list[int] = field(default_factory=list)
    members: list[int] = field(default_factory=list)
    certificates: list[str] = field(default_factory=list)
    zones: list[str] = field(default_factory=lambda: list(_ZONES.values()))


def _blocks_needed(orders: int) -> int:
    """In how many blocks all of it was told, at most."""
    return 200 + _BOOKS * (6 + 2 * (orders // _BOOKS // _A_BLOCK + 1))


def fill(database: Database, orders: int) -> Filled:
    """Writes so many orders, in a few hundred books, and all that belongs to them."""
    filling = _Filling(database, orders)
    filling.people()
    filling.books()
    filling.certificates()
    filling.flush()
    return filling.filled


class _Filling:
    def __init__(self, database: Database, orders: int) -> None:
        self._database = database
        self._luck = random.Random(7)
        self._rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        # A chain begins at 0: below there is room, and nobody follows it.
        self._block, self._log, self._time = -_blocks_needed(orders), 0, _FIRST_TIME
        self._transaction = ""
        self._each = -(-orders // _BOOKS)
        self.filled = Filled()

    # ------------------------------------------------------------------------------------------------------- parts

    def people(self) -> None:
        self._mine()
        for number, name in _ZONES.items():
            key = "0x" + name.encode().ljust(32, b"\0").hex()
            self._fact(
                tables.zones,
                self._tell("Zones", "ZoneAdded", {"number": number, "zone": key}),
                number=number,
                key=key,
                name=name,
            )
        for zone, carrier in _PAIRS:
            args = {"zone": zone, "carrier": carrier, "slotSeconds": _SLOT, "readingPeriod": _SLOT}
            told = self._tell("Zones", "CarrierOpened", args, ("zone", str(zone)))
            self._fact(tables.zone_carriers, told, zone=zone, carrier=carrier, slot_seconds=_SLOT, reading_period=_SLOT)
        for one in range(_MEMBERS):
            self._member(_NUMBERS_FROM + one)
        for one in range(_DEVICES):
            self._device(_NUMBERS_FROM + one)

    def _member(self, member: int) -> None:
        account, registrar = self._word(20), self._word(20)
        self._mine_sometimes(member)
        application = {"account": account, "roles": 7, "owner": member, "certifiedUntil": 2**39}
        args = {"member": member, "account": account, "registrar": registrar, "application": application}
        told = self._tell("Membership", "MemberAdmitted", args, ("member", str(member)), ("account", account))
        until = 2**39
        self._fact(
            tables.members,
            told,
            member=member,
            account=account,
            registrar=registrar,
            owner=member,
            roles=7,
            certified_until=until,
        )
        self._fact(tables.accounts, told, account=account, member=member, rights=2**32 - 1)
        self.filled.accounts.append(account)
        self.filled.members.append(member)

    def _device(self, device: int) -> None:
        owner = self._luck.choice(self.filled.accounts)
        zone, carrier = self._luck.choice(_PAIRS)
        self._mine_sometimes(device)
        description = {"zone": zone, "carrier": carrier, "direction": device % 2, "technology": 10101, "clean": True}
        described = {"device": device, "owner": owner, "description": description}
        told = self._tell("Meters", "DeviceRegistered", described, ("device", str(device)), ("account", owner))
        self._fact(
            tables.devices,
            told,
            device=device,
            zone=zone,
            carrier=carrier,
            direction=device % 2,
            technology=10101,
            clean=True,
            stores=False,
            rated_w=5_000,
            modulus="0",
            site=self._word(32),
            curve=0,
            key_x=self._word(32),
            key_y="0x" + 64 * "0",
        )
        self._fact(tables.device_owners, told, device=device, owner=owner)
        certified = {"device": device, "by": owner, "certifier": 1, "availabilityBps": 9_000, "checkMeter": 0}
        self._tell("Meters", "DeviceCertified", certified, ("device", str(device)))
        self.filled.devices.append(device)

    def books(self) -> None:
        for number in range(_BOOKS):
            zone, carrier = _PAIRS[number % len(_PAIRS)]
            self._book(zone, carrier, _FIRST_TIME + 86_400 + number // len(_PAIRS) * _SLOT)

    def _book(self, zone: int, carrier: int, slot: int) -> None:
        key, rule = self._word(32), self._word(20)
        self._mine()
        of_book = ("book", key)
        times = {"opens_at": slot - 7_200, "reveals_at": slot - 3_600, "clears_at": slot - 1_800}
        opened = self._tell("Auction", "BookOpened", {"book": key, "carrier": carrier, "slotStart": slot}, of_book)
        row = {
            "key": key,
            "carrier": carrier,
            "zone": zone,
            "slot_start": slot,
            **times,
            "cap": 16_384,
            "dearest_wh": 660,
        }
        self._tell("Rulebook", "TermsFixed", {"book": key, "terms": {"rule": rule}}, of_book)
        row.update(fixed_block=self._block, rule=rule, k_bps=5_000, fee_bps=20)
        placed = []
        for place in range(self._each):
            self._mine_sometimes(place)
            placed.append(self._commit(key, place, carrier))
        self._mine()
        words = [str(self._luck.getrandbits(240)) for _ in placed]
        revealed = self._tell("Auction", "OrdersRevealed", {"book": key, "words": words}, of_book)
        for part, order in enumerate(placed):
            order.update(revealed_block=revealed[0], revealed_log=revealed[1], revealed_part=part)
        self._mine()
        price = self._luck.randint(380, 520)
        self._tell("Clearing", "OutcomeFound", {"book": key, "proposal": ["1", "2"], "outcome": ["3"]}, of_book)
        self._tell("Auction", "BookCleared", {"book": key, "poolLocked": "0"}, of_book)
        row.update(
            ended_block=self._block, ended="cleared", pool_locked="0", price=price, proposal=["1", "2"], outcome=["3"]
        )
        traded = sum(self._trade(key, order, price, number) for number, order in enumerate(placed))
        row["traded_wh"] = traded
        settled = {"book": key, "paid": traded * price, "received": traded * price, "poolShare": "0"}
        self._tell("Auction", "BookSettled", settled, of_book)
        row.update(settled_block=self._block, paid=str(traded * price), received=str(traded * price), pool_share="0")
        row.update(pool_spent="0", to_common_fund="0")
        self._fact(tables.books, opened, **row)
        for order in placed:
            self._fact(tables.orders, (order.pop("block"), order.pop("log")), **order)
        for _ in range(_SALES // _BOOKS):
            self._sale(key, zone, carrier, slot)
        self.filled.books.append(key)
        self.filled.orders += len(placed)

    def _commit(self, key: str, place: int, carrier: int) -> dict[str, Any]:
        trader, seal = self._luck.choice(self.filled.accounts), self._word(32)
        args = {"book": key, "order": str(self._luck.getrandbits(240)), "seal": seal}
        block, log = self._tell("Auction", "Committed", args, ("book", key), ("account", trader))
        return {
            "block": block,
            "log": log,
            "book": key,
            "place": place,
            "trader": trader,
            "number": place,
            "most_wh": 10_000,
            "seal": seal,
            "sell": place % 2 == 1,
            "wh": self._luck.randint(100, 10_000),
            "price": self._luck.randint(300, 600),
            "device": self._luck.choice(self.filled.devices) if place % 2 else 0,
        }

    def _trade(self, key: str, order: dict[str, Any], price: int, number: int) -> int:
        self._mine_sometimes(number)
        gets = order["price"] <= price if order["sell"] else order["price"] >= price
        if not gets:
            return 0
        args = {"book": key, "word": str(self._luck.getrandbits(240)), "fill": str(self._luck.getrandbits(160))}
        block, log = self._tell("Auction", "Traded", args, ("book", key), ("account", order["trader"]))
        trade, wh = self._word(32), order["wh"]
        order.update(
            traded_block=block, traded_log=log, trade=trade, traded_wh=wh, amount=str(wh * price), commission="7"
        )
        if self._luck.random() < 0.02:
            self.filled.trades.append(trade)
        return int(wh)

    def _sale(self, book: str, zone: int, carrier: int, slot: int) -> None:
        seller, buyer = self._luck.sample(self.filled.accounts, 2)
        args = {"tradeId": self._word(32), "seller": seller, "buyer": buyer}
        told = self._tell("DirectSale", "Sold", args, ("account", seller), ("account", buyer))
        self._fact(
            tables.sales,
            told,
            trade=args["tradeId"],
            book=book,
            seller=seller,
            buyer=buyer,
            carrier=carrier,
            zone=zone,
            device=self.filled.devices[0],
            slot_start=slot,
            wh=5_000,
            price=450,
            margin="0",
        )

    def certificates(self) -> None:
        for number in range(_CERTIFICATES):
            self._mine_sometimes(number)
            holder, device = self._luck.choice(self.filled.accounts), self._luck.choice(self.filled.devices)
            id, since = str(self._luck.getrandbits(200)), _FIRST_TIME + number * _SLOT
            slice = slice_id(Slice(0, device, since, since + _SLOT, 2**39, number * WHOLE_WH, WHOLE_WH))
            args = {"id": id, "number": _NUMBERS_FROM + number, "holder": holder, "ids": [str(slice)]}
            told = self._tell("GreenCertificates", "CertificateMade", args, ("certificate", id), ("account", holder))
            self._fact(
                tables.certificates,
                told,
                certificate=id,
                number=_NUMBERS_FROM + number,
                maker=holder,
                expires=2**39,
                slices=[str(slice)],
                amounts=[str(WHOLE_WH)],
            )
            self._fact(
                tables.holdings, told, account=holder, kind="certificate", item=id, part=0, change="1", after="1"
            )
            self.filled.certificates.append(id)

    # --------------------------------------------------------------------------------------------------------- rows

    def _mine_sometimes(self, number: int) -> None:
        if number % _A_BLOCK == 0:
            self._mine()

    def _mine(self) -> None:
        self._block, self._log, self._time = self._block + 1, 0, self._time + 12
        self._transaction = self._word(32)
        words = {"hash": self._word(32), "parent": self._word(32)}
        self._rows["blocks"].append({"number": self._block, "time": self._time, **words})
        if len(self._rows["events"]) > _AT_ONCE:
            self.flush()

    def _tell(self, contract: str, name: str, args: dict[str, Any], *about: tuple[str, str]) -> tuple[int, int]:
        place = {"block": self._block, "log": self._log}
        self._log += 1
        told = {"transaction": self._transaction, "contract": contract, "name": name, "args": args}
        self._rows["events"].append({**place, **told, "topics": bytes(64), "data": bytes(64)})
        self._rows["subjects"] += [{"kind": kind, "subject": subject, **place} for kind, subject in about]
        return place["block"], place["log"]

    def _fact(self, table: Table, told: tuple[int, int], **row: Any) -> None:
        self._rows[table.name].append({"block": told[0], "log": told[1], **row})

    def _word(self, size: int) -> str:
        return "0x" + self._luck.randbytes(size).hex()

    def flush(self) -> None:
        with self._database.writing() as connection:
            for name, rows in self._rows.items():
                for names, some in _alike(rows):
                    marks = ", ".join("?" * len(names))
                    columns = ", ".join(f'"{one}"' for one in names)
                    connection.exec_driver_sql(f'INSERT INTO "{name}" ({columns}) VALUES ({marks})', some)
        self._rows.clear()


def _alike(rows: list[dict[str, Any]]) -> Iterator[tuple[tuple[str, ...], list[tuple[Any, ...]]]]:
    """Rows with the same columns together, as a database takes them."""
    found: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        values = (json.dumps(one) if isinstance(one, (dict, list)) else one for one in row.values())
        found[tuple(row)].append(tuple(values))
    yield from found.items()

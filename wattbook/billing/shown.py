"""Statements as people and programs read them."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from io import StringIO
from typing import Any

from wattbook.billing.entries import Energy, Entry
from wattbook.billing.periods import Period
from wattbook.billing.slots import Slot
from wattbook.billing.statement import Statement
from wattbook.settlement.bills import Parts
from wattbook.units import format_kwh, format_pt

_SHOWN_AT_MOST = 60
_COLUMNS = ("time", "unix", "what", "by", "slot", "zone", "carrier", "kWh", "PT", "balance PT", "transaction")
_MEASURES = ("bought", "sold", "injected", "withdrawn", "imbalance")


def as_value(statement: Statement) -> dict[str, Any]:
    """All of it for JSON: uPT, Wh, Unix seconds. Anyone makes the same of the same chain."""
    period = statement.period
    return {
        "number": statement.bill_number,
        "account": statement.account,
        "names": list(statement.names),
        "period": {"name": period.name, "zone": period.zone, "start": period.start, "end": period.end},
        "complete": statement.complete,
        "opening": statement.opening,
        "closing": statement.closing,
        "locked": {"opening": statement.opening_held, "closing": statement.closing_held},
        "owed": {"opening": statement.opening_debt, "closing": statement.closing_debt},
        "sums": {kind.value: amount for kind, amount in statement.sums.items()},
        "split": asdict(statement.split),
        "energy": energy_sums(statement.energy),
        "slots": [
            {**_slot_value(slot), **energy_sums(some), "money": amount}
            for slot, (some, amount) in by_slot(statement).items()
        ],
        "entries": [_entry_value(entry) for entry in statement.entries],
    }


def by_slot(statement: Statement) -> dict[Slot, tuple[list[Energy], int]]:
    """The slots of which anything became known or was paid, with their energy, and what they moved of the balance."""
    found: dict[Slot, tuple[list[Energy], int]] = {}
    for entry in statement.entries:
        if entry.slot:
            energy, amount = found.get(entry.slot, ([], 0))
            found[entry.slot] = (energy, amount + entry.amount)
    for one in statement.energy:
        found.setdefault(one.slot, ([], 0))[0].append(one)
    return dict(sorted(found.items()))


def energy_sums(energy: Iterable[Energy]) -> dict[str, int]:
    some = list(energy)
    return {measure: sum(getattr(one, measure) for one in some) for measure in _MEASURES}


def as_csv(statement: Statement) -> str:
    """A row for each amount, exact, with the balance after it; opening and closing balance are rows too."""
    text = StringIO()
    rows = csv.writer(text)
    rows.writerow(_COLUMNS)
    period, balance = statement.period, statement.opening
    rows.writerow((_iso(period, period.start), period.start, "opening balance", *[""] * 6, _pt(balance), ""))
    for entry in statement.entries:
        balance += entry.amount
        slot = (_iso(period, entry.slot.start), entry.slot.name, entry.slot.carrier.name.lower()) if entry.slot else ()
        rows.writerow(
            (
                _iso(period, entry.time),
                entry.time,
                entry.kind.value,
                entry.by,
                *(slot or ("", "", "")),
                "" if entry.wh is None else _exact(entry.wh, 3),
                _pt(entry.amount),
                _pt(balance),
                entry.transaction,
            )
        )
    rows.writerow((_iso(period, period.end), period.end, "closing balance", *[""] * 6, _pt(balance), ""))
    return text.getvalue()


def as_lines(statement: Statement) -> list[str]:
    """For people: what there was, what moved it and what there is, then energy, then the amounts if they are few."""
    period = statement.period
    number = statement.bill_number
    lines = [f"Bill {number}" if number else "Statement", f"account   {statement.account}"]
    lines += [f"formerly  {name}" for name in statement.names[1:]]
    lines += [f"from      {period.shown(period.start)}", f"to        {period.shown(period.end)}"]
    if not statement.complete:
        lines.append(f"          it is not over: this is up to block {statement.until}")
    lines += ["", *_money(statement)]
    if statement.split != Parts():
        shares = asdict(statement.split).items()
        lines += ["", "Of the energy bought", *_right((f"to {payee}", format_pt(upt)) for payee, upt in shares)]
    if statement.energy:
        sums = energy_sums(statement.energy)
        lines += [
            "",
            "Energy of the slots that were settled",
            *_right((name, format_kwh(wh)) for name, wh in sums.items()),
        ]
    if not statement.entries:
        lines += ["", "Nothing moved the balance in this time."]
    elif len(statement.entries) > _SHOWN_AT_MOST:
        lines += ["", f"{len(statement.entries):,} amounts; --csv or --json lists them"]
    else:
        lines += ["", *_entries(statement)]
    return lines


def _money(statement: Statement) -> list[str]:
    rows = [("opening balance", format_pt(statement.opening))]
    rows += [(f"  {kind.value}", format_pt(amount)) for kind, amount in statement.sums.items()]
    rows.append(("closing balance", format_pt(statement.closing)))
    for what, before, after in (
        ("locked by the market", statement.opening_held, statement.closing_held),
        ("owed", statement.opening_debt, statement.closing_debt),
    ):
        if before or after:
            rows += [("", ""), (f"{what}, before", format_pt(before)), (f"{what}, after", format_pt(after))]
    return _right(rows)


def _entries(statement: Statement) -> list[str]:
    period, balance = statement.period, statement.opening
    rows: list[tuple[str, ...]] = [("time", "what", "slot", "kWh", "PT", "balance")]
    for entry in statement.entries:
        balance += entry.amount
        what = entry.kind.value if entry.by in ("", "Imbalance") else f"{entry.kind.value} ({entry.by})"
        slot = period.shown(entry.slot.start) if entry.slot else ""
        wh = "" if entry.wh is None else _bare(format_kwh(entry.wh))
        rows.append(
            (period.shown(entry.time), what, slot, wh, _bare(format_pt(entry.amount)), _bare(format_pt(balance)))
        )
    return aligned(rows, left=3)


def _right(rows: Iterable[tuple[str, str]]) -> list[str]:
    """Two columns, the second with its points below one another."""
    cells = [(name, *_halves(value)) for name, value in rows]
    widths = [max(len(cell[place]) for cell in cells) for place in range(3)]
    return [f"{a.ljust(widths[0])}  {b.rjust(widths[1])}{c}".rstrip() for a, b, c in cells]


def aligned(rows: Sequence[tuple[str, ...]], left: int) -> list[str]:
    """A table whose first columns are text and whose others are numbers, point below point."""
    columns = []
    for place, column in enumerate(zip(*rows, strict=True)):
        if place < left:
            width = max(map(len, column))
            columns.append([cell.ljust(width) for cell in column])
            continue
        head, *cells = column
        halves = [_halves(cell) for cell in cells]
        whole, rest = (max(len(half[side]) for half in halves) for side in (0, 1))
        width = max(whole + rest, len(head))
        numbers = [(first.rjust(whole) + second.ljust(rest)).rjust(width) for first, second in halves]
        columns.append([head.rjust(width), *numbers])
    return ["  ".join(row).rstrip() for row in zip(*columns, strict=True)]


def _halves(number: str) -> tuple[str, str]:
    whole, point, rest = number.partition(".")
    return whole, point + rest


def _bare(amount: str) -> str:
    return amount.split(" ", maxsplit=1)[0]


def _entry_value(entry: Entry) -> dict[str, Any]:
    value: dict[str, Any] = {"time": entry.time, "what": entry.kind.value, "amount": entry.amount}
    if entry.by:
        value["by"] = entry.by
    if entry.wh is not None:
        value["wh"] = entry.wh
    if entry.slot:
        value["slot"] = _slot_value(entry.slot)
    return {**value, "block": entry.block, "transaction": entry.transaction}


def _slot_value(slot: Slot) -> dict[str, Any]:
    return {"start": slot.start, "zone": slot.name, "carrier": slot.carrier.name.lower()}


def _iso(period: Period, time: int) -> str:
    return datetime.fromtimestamp(time, period.place).isoformat()


def _pt(upt: int) -> str:
    return _exact(upt, 6)


def _exact(amount: int, places: int) -> str:
    return format(Decimal(amount).scaleb(-places), "f")

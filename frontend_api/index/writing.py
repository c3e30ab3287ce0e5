"""Rows on their way into the database: collected, then written many at once."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, CursorResult, Select, Table, bindparam, func, insert, or_, select, update

from frontend_api.database.tables import GROUPS, events, holdings, settlements, subjects
from frontend_api.index.errors import IndexingError
from frontend_api.index.events import Event, Told
from frontend_api.index.known import Holding, Known

_AT_ONCE = 500
Row = dict[str, Any]


class Writing:
    """What one transaction writes of events. `contracts` are the names of the market's contracts by address."""

    def __init__(self, connection: Connection, known: Known, chain_id: int, contracts: Mapping[str, str]) -> None:
        self.known, self.chain_id = known, chain_id
        self._connection, self._contracts = connection, contracts
        self._addresses = {name: address for address, name in contracts.items()}
        self._rows: dict[Table, list[Row]] = {}
        self._fills: dict[tuple[Any, ...], list[tuple[Event, Row]]] = {}
        self._changes: list[tuple[Event, Holding, int]] = []
        self._settled: list[tuple[Event, Row]] = []
        known.load(connection)

    # -------------------------------------------------------------------------------------------------- what rules do

    def add(self, table: Table, event: Event, **values: Any) -> None:
        """A row that is born by an event."""
        self._rows.setdefault(table, []).append({**values, "block": event.block, "log": event.log})

    def fill(self, table: Table, leader: str, event: Event, key: Row, values: Row) -> None:
        """Fills a group of a row's columns, or a part of it; a group is filled by one block."""
        assert {leader, *values} <= set(GROUPS[table.name][leader])
        parameters = {f"key_{name}": value for name, value in key.items()} | values | {leader: event.block}
        self._fills.setdefault((table, leader, tuple(key), tuple(values)), []).append((event, parameters))

    def change(self, event: Event, account: str, kind: str, item: int, change: int) -> None:
        """An account has more of something, or less."""
        if change:
            self._changes.append((event, (account, kind, item), change))

    def settle(self, event: Event, book: str, account: str, statement: list[str]) -> None:
        """One more statement of an account in a book."""
        self._settled.append((event, {"book": book, "account": account, "statement": statement}))

    # ------------------------------------------------------------------------------------------------- what rules ask

    def ask(self, statement: Select[Any]) -> CursorResult[Any]:
        """As if all was written."""
        self.flush()
        return self._connection.execute(statement)

    def balance(self, account: str, kind: str, item: int) -> int:
        """What an account has now."""
        self.flush()
        self.known.look_up(self._connection, [(account, kind, item)])
        return self.known.balances[account, kind, item]

    def address_of(self, contract: str) -> str:
        return self._addresses[contract]

    def rule_of(self, book: str) -> str:
        """The name of the contract that clears a book."""
        rule = self.known.rules.get(book)
        if rule is None:
            self.flush()
            rule = self.known.rule_of(self._connection, book)
        if rule is None:
            raise IndexingError(f"the terms of the book {book} were never told")
        return self._contracts.get(rule, rule)

    def provider_of(self, version: int) -> str:
        """Who sells by a tariff."""
        self.flush()
        provider = self.known.provider_of(self._connection, version)
        if provider is None:
            raise IndexingError(f"the tariff {version} was never told")
        return provider

    def zone_key(self, number: int) -> bytes:
        if number not in self.known.zones:
            raise IndexingError(f"the zone {number} was never told")
        return bytes.fromhex(self.known.zones[number][2:])

    # -------------------------------------------------------------------------------------------------------- writing

    def record(self, told: Iterable[Told]) -> None:
        """Events themselves, and what they are about."""
        about: list[Row] = []
        rows: list[Row] = []
        for one in told:
            event, log = one.event, one.log
            rows.append(
                {
                    "block": event.block,
                    "log": event.log,
                    "transaction": event.transaction,
                    "contract": event.contract,
                    "name": event.name,
                    "args": event.args,
                    "topics": log.topics,
                    "data": log.data,
                }
            )
            about += self.about(event, one.subjects)
        self.insert(events, rows)
        self.insert(subjects, about)

    def about(self, event: Event, found: Iterable[tuple[str, str]]) -> list[Row]:
        """Rows of an event's subjects."""
        return [{"kind": kind, "subject": name, "block": event.block, "log": event.log} for kind, name in found]

    def insert(self, table: Table, rows: list[Row]) -> None:
        if rows:
            self._connection.execute(insert(table), rows)

    def flush(self) -> None:
        """Writes all that was collected."""
        rows, self._rows = self._rows, {}
        fills, self._fills = self._fills, {}
        for table, some in rows.items():
            self.insert(table, some)
        for (table, leader, key, values), filled in fills.items():
            self._fill(table, leader, key, values, filled)
        self._flush_changes()
        self._flush_settled()

    def _fill(
        self, table: Table, leader: str, key: tuple[str, ...], values: tuple[str, ...], filled: list[tuple[Event, Row]]
    ) -> None:
        led_by = table.c[leader]
        same = [table.c[name] == bindparam(f"key_{name}", type_=table.c[name].type) for name in key]
        still = or_(led_by.is_(None), led_by == bindparam(leader))
        statement = update(table).where(*same, still).values({name: bindparam(name) for name in (leader, *values)})
        result = self._connection.execute(statement, [parameters for _, parameters in filled])
        if result.rowcount != len(filled):
            self._say_which(table, leader, key, filled)

    def _say_which(self, table: Table, leader: str, key: tuple[str, ...], filled: list[tuple[Event, Row]]) -> None:
        """Of what was to be filled, one is not there, or was filled before."""
        for event, parameters in filled:
            same = [table.c[name] == parameters[f"key_{name}"] for name in key]
            block = self._connection.execute(select(table.c[leader]).where(*same)).scalar_one_or_none()
            if block != event.block:
                named = ", ".join(f"{name} {parameters[f'key_{name}']}" for name in key)
                what = "is not there" if block is None else f"was told of in block {block} already"
                raise IndexingError(f"{event}: what it tells of in {table.name}, {named}, {what}")
        raise IndexingError(f"{filled[0][0]}: two rows of {table.name} are one")

    def _flush_changes(self) -> None:
        changes, self._changes = self._changes, []
        self.known.look_up(self._connection, (holding for _, holding, _ in changes))
        balances, rows = self.known.balances, []
        last: Event | None = None
        part = 0
        for event, holding, change in changes:
            part = part + 1 if event is last else 0
            last = event
            after = balances[holding] = balances[holding] + change
            if after < 0:
                raise IndexingError(f"{event}: it leaves {holding[0]} with {after} of {holding[1]} {holding[2]}")
            account, kind, item = holding
            rows.append(
                {
                    "account": account,
                    "kind": kind,
                    "item": item,
                    "part": part,
                    "change": change,
                    "after": after,
                    "block": event.block,
                    "log": event.log,
                }
            )
        self.insert(holdings, rows)

    def _flush_settled(self) -> None:
        settled, self._settled = self._settled, []
        parts: dict[tuple[str, str], int] = {}
        names = sorted({row["book"] for _, row in settled})
        columns = settlements.c.book, settlements.c.account
        for start in range(0, len(names), _AT_ONCE):
            chosen = settlements.c.book.in_(names[start : start + _AT_ONCE])
            counted = select(*columns, func.count()).where(chosen).group_by(*columns)
            parts |= {(book, account): count for book, account, count in self._connection.execute(counted)}
        rows = []
        for event, row in settled:
            key = row["book"], row["account"]
            part = parts.get(key, 0)
            parts[key] = part + 1
            rows.append({**row, "part": part, "block": event.block, "log": event.log})
        self.insert(settlements, rows)

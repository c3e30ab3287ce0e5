"""What must be known of earlier events to understand a later one: looked up once, forgotten when blocks are undone."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from frontend_api.database.tables import books, events, holdings, tariffs, zones

# Account, kind, item: see the table of holdings.
Holding = tuple[str, str, int]

_MOST_KEPT = 500_000
_AT_ONCE = 500
# Kinds of which an account has one balance: with a history that can be long, of which the newest row is asked for.
_WITHOUT_ITEM = frozenset(("token", "points", "free", "locked", "owed"))

_NEWEST = (
    select(holdings.c.after).order_by(holdings.c.block.desc(), holdings.c.log.desc(), holdings.c.part.desc()).limit(1)
)
_BY_TIME = (holdings.c.block, holdings.c.log, holdings.c.part)


class Known:
    """Of one index. All that is written in a transaction that fails must be forgotten too."""

    def __init__(self, *, of_nothing: bool = False) -> None:
        """`of_nothing`: events that are there already are still to come."""
        self.forget()
        self._is_loaded = of_nothing

    def forget(self) -> None:
        self.balances: dict[Holding, int] = {}
        self.rules: dict[str, str] = {}
        self.providers: dict[int, str] = {}
        self.zones: dict[int, str] = {}
        self.replaced: dict[str, str] = {}
        self._is_loaded = False

    def load(self, connection: Connection) -> None:
        """What is little, and needed often."""
        if len(self.balances) > _MOST_KEPT:
            self.balances.clear()
        if len(self.rules) > _MOST_KEPT:
            self.rules.clear()
        if self._is_loaded:
            return
        self.zones = {row.number: row.key for row in connection.execute(select(zones.c.number, zones.c.key))}
        chosen = select(events.c.args).where(events.c.contract == "Vault", events.c.name == "AccountReplaced")
        told = connection.execute(chosen.order_by(events.c.block, events.c.log)).scalars()
        self.replaced = {args["account"]: args["replacement"] for args in told}
        self._is_loaded = True

    def current(self, account: str) -> str:
        """The account, or the one that took its place in the Vault."""
        while account in self.replaced:
            account = self.replaced[account]
        return account

    def look_up(self, connection: Connection, wanted: Iterable[Holding]) -> None:
        """Makes balances known."""
        missing = [one for one in dict.fromkeys(wanted) if one not in self.balances]
        self.balances.update(dict.fromkeys(missing, 0))
        items: dict[str, set[int]] = {}
        for account, kind, item in missing:
            if kind in _WITHOUT_ITEM:
                same = (holdings.c.account == account, holdings.c.kind == kind, holdings.c.item == item)
                after = connection.execute(_NEWEST.where(*same)).scalar_one_or_none()
                self.balances[account, kind, item] = after or 0
            else:
                items.setdefault(kind, set()).add(item)
        for kind, some in items.items():
            self._look_up_items(connection, kind, sorted(some))

    def _look_up_items(self, connection: Connection, kind: str, items: list[int]) -> None:
        for start in range(0, len(items), _AT_ONCE):
            chosen = holdings.c.kind == kind, holdings.c.item.in_(items[start : start + _AT_ONCE])
            columns = holdings.c.account, holdings.c.item, holdings.c.after
            for account, item, after in connection.execute(select(*columns).where(*chosen).order_by(*_BY_TIME)):
                self.balances[account, kind, item] = after

    def rule_of(self, connection: Connection, book: str) -> str | None:
        """The address of the rule that a book is cleared by."""
        if book not in self.rules:
            rule = connection.execute(select(books.c.rule).where(books.c.key == book)).scalar_one_or_none()
            if rule is None:
                return None
            self.rules[book] = rule
        return self.rules[book]

    def provider_of(self, connection: Connection, version: int) -> str | None:
        """Who sells by a tariff."""
        if version not in self.providers:
            chosen = select(tariffs.c.provider).where(tariffs.c.version == version)
            provider = connection.execute(chosen).scalar_one_or_none()
            if provider is None:
                return None
            self.providers[version] = provider
        return self.providers[version]

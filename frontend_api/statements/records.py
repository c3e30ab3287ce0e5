"""Statements and bills of the market's accounts as of the index's moment."""

from collections.abc import Iterable

from eth_utils.address import to_checksum_address
from sqlalchemy import Connection, select

from frontend_api.database.tables import holdings
from frontend_api.statements.history import IndexedHistory
from wattbook.billing.bills import Bills, bill_of
from wattbook.billing.entries import Ledger
from wattbook.billing.periods import Period, StatementError, month_period
from wattbook.billing.statement import Records, View
from wattbook.deployment.record import Deployment

# What is about a few accounts is read by itself; of many all events are read at once.
_FEW = 16


class IndexedView(View):
    """What the chain had told up to a block, as the index has it."""

    def __init__(self, connection: Connection, deployment: Deployment, history: IndexedHistory, until: int) -> None:
        self.history, self.until = history, until
        self._connection = connection
        self._indexed = history
        self._addresses = {name: one.address for name, one in deployment.contracts.items()}
        logs = self._read("Vault", "AccountReplaced")
        self._successors = {_address(log.topics[1]): _address(log.topics[2]) for log in logs}

    def ledger(self, accounts: Iterable[str]) -> Ledger:
        """The entries of accounts, under all their names; of a few, only what names them is read."""
        wanted = list(accounts)
        names = [int(name, 16) for account in wanted for name in self.names(account)]
        self._indexed.about(names if len(names) <= _FEW else None)
        return super().ledger(wanted)

    def _free(self, name: str) -> int:
        """What the index counts as the account's free balance."""
        columns = holdings.c
        mine = (columns.account == name.lower()) & (columns.kind == "free") & (columns.block <= self.until)
        newest = (columns.block.desc(), columns.log.desc(), columns.part.desc())
        found = self._connection.execute(select(columns.after).where(mine).order_by(*newest).limit(1)).scalar()
        return int(found or 0)


class IndexedRecords(Records):
    """What the index knows up to the end of a period, or up to now when it is not over."""

    def __init__(self, connection: Connection, deployment: Deployment, period: Period) -> None:
        history = IndexedHistory(connection, deployment)
        if history.is_empty:
            raise StatementError("the index has not come to this market's first block yet")
        begun, now = history.time_of(history.first), history.time_of(history.newest)
        if period.start > now:
            raise StatementError(f"{period.name} has not begun: the newest block is of {period.shown(now)}")
        if period.end <= begun:
            raise StatementError(f"{period.name} was over when the market began, {period.shown(begun)}")
        self.period, self.history = period, history
        self.complete = now >= period.end
        self.view = IndexedView(connection, deployment, history, history.last_before(period.end))
        self.numbers = self.view.numbers()
        self._before = history.last_before(period.start)


def indexed_bills(connection: Connection, deployment: Deployment, month: int) -> Bills:
    """All bills of a month of UTC that is over, see wattbook.billing.bills."""
    period = month_period(month)
    records = IndexedRecords(connection, deployment, period)
    if not records.complete:
        raise StatementError(f"{period.name} is not over; its bills can be made from {period.shown(period.end)} on")
    bills = [bill_of(statement) for statement in records.statements(records.members())]
    return Bills(month, [bill for bill in bills if bill.amount])


def _address(number: int) -> str:
    return str(to_checksum_address(number.to_bytes(20)))

"""An account's statement for a period, rebuilt from events alone and held against what the Vault says."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_utils.address import to_checksum_address

from wattbook.billing.entries import Debt, Energy, Entry, Kind, Ledger
from wattbook.billing.logs import History, Log, topic
from wattbook.billing.numbers import ADDED, ADMITTED, RECOVERED, Number, Numbers
from wattbook.billing.periods import Period, StatementError, month_name
from wattbook.billing.slots import Slots
from wattbook.chain import named
from wattbook.connection import Market
from wattbook.errors import ChainError
from wattbook.settlement.bills import Parts, parts

# So many names a node can look for at once.
_NAMES_AT_ONCE = 50


@dataclass(frozen=True)
class Statement:
    """What an account had, got and paid in a period, in uPT and Wh.

    - account: by the name that it had when the period ended; names: all that it acted under
    - number: whose it is; the market's own accounts have none
    - until: the last block that is reckoned with; complete: whether the period is over
    - opening, closing: the free balance; the same of what modules hold for it, and of what it owes
    - split: who gets what of the energy that it bought, by the facts of each slot
    """

    account: str
    names: tuple[str, ...]
    period: Period
    number: Number | None
    until: int
    complete: bool
    opening: int
    closing: int
    opening_held: int
    closing_held: int
    opening_debt: int
    closing_debt: int
    split: Parts
    entries: tuple[Entry, ...] = field(repr=False)
    energy: tuple[Energy, ...] = field(repr=False)

    @property
    def bill_number(self) -> str | None:
        """A member's statement for a month of UTC is a bill, and has a number."""
        month = self.period.month
        return None if month is None or self.number is None else f"{month_name(month)}-{self.number}"

    @property
    def sums(self) -> dict[Kind, int]:
        """By what they were for, in the sequence of Kind; what did not occur is left out."""
        sums = dict.fromkeys(Kind, 0)
        for entry in self.entries:
            sums[entry.kind] += entry.amount
        seen = {entry.kind for entry in self.entries}
        return {kind: amount for kind, amount in sums.items() if kind in seen}


class View:
    """What the chain had told up to a block."""

    def __init__(self, market: Market, history: History, until: int) -> None:
        self.market, self.history, self.until = market, history, until
        self._addresses = {name: one.address for name, one in market.deployment.contracts.items()}
        logs = self._read("Vault", "AccountReplaced")
        self._successors = {_address(log.topics[1]): _address(log.topics[2]) for log in logs}

    def numbers(self) -> Numbers:
        """Whose which account is."""
        told = [ADMITTED, ADDED, RECOVERED]
        return Numbers(self.history.read([self._addresses["Membership"]], [told], self.until))

    def current(self, account: str) -> str:
        """The account, or the one that had taken its place."""
        while account in self._successors:
            account = self._successors[account]
        return account

    def names(self, account: str) -> tuple[str, ...]:
        """An account's own name first, then those whose place it had taken."""
        return (account, *(name for name in self._successors if self.current(name) == account))

    def ledger(self, accounts: Iterable[str]) -> Ledger:
        """The entries of accounts, under all their names."""
        parties = {int(name, 16): account for account in accounts for name in self.names(account)}
        slots = Slots(self.history.time_of(self.history.first))
        ledger = Ledger({name: int(address, 16) for name, address in self._addresses.items()}, parties, slots)
        ledger.read(self._logs(ledger, list(parties)))
        return ledger

    def require_agreement(self, sums: Mapping[str, int]) -> None:
        """Refuses what events make of accounts' free balances if the Vault has others."""
        for account, upt in sums.items():
            free = sum(self._free(name) for name in self.names(account))
            if free != upt:
                raise StatementError(
                    f"what was told of {account} up to block {self.until} makes {upt} uPT, but the Vault has"
                    f" {free} uPT: a difference of {free - upt} uPT"
                )

    def _free(self, name: str) -> int:
        call = self.market.vault.function("accountOf", to_checksum_address(name))
        return int(named(lambda: call.call(block_identifier=self.until))[0])

    def _logs(self, ledger: Ledger, names: list[int]) -> list[Log]:
        """What settlement tells names its account, so that the node can choose; the rest is chosen here."""
        told = [one for one in ledger.told if one[0] != "Imbalance"]
        places = sorted({self._addresses[contract] for contract, _ in told})
        logs = self.history.read(places, [sorted({topic(*one) for one in told})], self.until)
        chosen = [[f"0x{name:064x}" for name in names]] if len(names) <= _NAMES_AT_ONCE else []
        logs += self._read("Imbalance", "AccountSettled", None, *chosen)
        return sorted(logs, key=lambda log: (log.block, log.place))

    def _read(self, contract: str, event: str, *topics: list[str] | None) -> list[Log]:
        return self.history.read([self._addresses[contract]], [topic(contract, event), *topics], self.until)


class Records:
    """What the chain told up to the end of a period, or up to now when it is not over."""

    def __init__(self, market: Market, period: Period) -> None:
        first = min(one.block for one in market.deployment.contracts.values())
        self.period, self.history = period, History(market.chain, first)
        begun, now = self.history.time_of(first), self.history.time_of(self.history.newest)
        if period.start > now:
            raise StatementError(f"{period.name} has not begun: the newest block is of {period.shown(now)}")
        if period.end <= begun:
            raise StatementError(f"{period.name} was over when the market began, {period.shown(begun)}")
        self.complete = now >= period.end
        self.view = View(market, self.history, self.history.last_before(period.end))
        self.numbers = self.view.numbers()
        self._before = self.history.last_before(period.start)

    def members(self) -> list[str]:
        """All accounts of members, by address, that none had taken the place of."""
        accounts = map(_address, self.numbers.accounts())
        return sorted(account for account in accounts if self.view.current(account) == account)

    def statement(self, account: str) -> Statement:
        """The statement of an account, or of the one that had taken its place."""
        [statement] = self.statements([self.view.current(account)])
        return statement

    def statements(self, accounts: Sequence[str]) -> list[Statement]:
        """One of each account, held against the Vault."""
        ledger = self.view.ledger(accounts)
        entries, energy, debts = (_by_party(some) for some in (ledger.entries, ledger.energy, ledger.debts))
        self._hold_against_vault({account: _sum(entries[account]) for account in accounts})
        return [self._statement(one, entries[one], energy[one], debts[one], ledger.slots) for one in accounts]

    def _statement(
        self, account: str, entries: list[Any], energy: list[Any], debts: list[Any], slots: Slots
    ) -> Statement:
        before = self._before
        new = tuple(entry for entry in entries if entry.block > before)
        opening = _sum(entries) - _sum(new)
        held = [entry for entry in entries if entry.kind is Kind.HELD]
        return Statement(
            account=account,
            names=self.view.names(account),
            period=self.period,
            number=self.numbers.of(account),
            until=self.view.until,
            complete=self.complete,
            opening=opening,
            closing=_sum(entries),
            opening_held=-_sum(entry for entry in held if entry.block <= before),
            closing_held=-_sum(held),
            opening_debt=_sum(debt for debt in debts if debt.block <= before),
            closing_debt=_sum(debts),
            split=_split(new, slots),
            entries=new,
            energy=tuple(one for one in energy if one.block > before),
        )

    def _hold_against_vault(self, sums: Mapping[str, int]) -> None:
        """Where the period ended; or now, by all that was told since, if the node keeps no old states."""
        try:
            self.view.require_agreement(sums)
        except ChainError:
            view = View(self.view.market, self.history, self.history.newest)
            accounts = sorted({view.current(account) for account in sums})
            entries = _by_party(view.ledger(accounts).entries)
            view.require_agreement({account: _sum(entries[account]) for account in accounts})


def _split(entries: Iterable[Entry], slots: Slots) -> Parts:
    found = Parts()
    for entry in entries:
        if entry.kind is Kind.BOUGHT and entry.slot:
            found += parts(-entry.amount, entry.wh or 0, slots.facts_at(entry.slot))
    return found


def _by_party(some: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for one in some:
        found[one.party].append(one)
    return found


def _sum(some: Iterable[Entry | Debt]) -> int:
    return sum(one.amount for one in some)


def _address(number: int) -> str:
    return to_checksum_address(number.to_bytes(20))

"""What moved an account's free balance, and what for, from what the contracts told, transaction by transaction.

The Vault tells every amount. What it was for say the contracts of the market in the same transaction; what of an amount
they do not explain was locked, or came back."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from wattbook.billing.logs import Log, topic
from wattbook.billing.slots import Slot, Slots
from wattbook.contracts.structs import Book, Facts, Purse
from wattbook.deployment.plan import purse_account
from wattbook.market.escrow import KEEPER_FEE, LEAST_MARGIN_RATE
from wattbook.market.words import Quote, unpacked_fill
from wattbook.settlement.statements import Statement, unpacked

_ACCOUNT = 2**160 - 1
_WHOLE = 10_000


class Kind(StrEnum):
    """What an amount was for."""

    DEPOSITED = "deposited"
    WITHDRAWN = "withdrawn"
    HELD = "locked and returned"
    BOUGHT = "energy bought"
    SOLD = "energy sold"
    COMMISSION = "commission"
    NETWORK = "network's share"
    PLATFORM = "platform's share"
    FUND = "common fund's share"
    NAMED = "due to those named for devices"
    IMBALANCE = "imbalance"
    OWED = "not paid, owed"
    DEBT = "debt paid"
    REPAID = "debt received"
    DECOY = "keeper's fee of a decoy"
    FORFEITED = "paid from what was locked"
    GIVEN = "given for subsidies"
    SUBSIDY = "subsidy"
    RECEIVED = "received"
    SPENT = "spent by the keeper"


@dataclass(frozen=True, slots=True)
class Entry:
    """One amount in uPT, that the account's free balance rose by.

    - party: whose, by the name that it has now
    - by: the contract or purse behind it, if it is one of the market's
    - slot: of the energy that it was for
    - wh: how much of it
    """

    time: int
    block: int
    transaction: str
    party: str
    kind: Kind
    amount: int
    by: str = ""
    slot: Slot | None = None
    wh: int | None = None


@dataclass(frozen=True, slots=True)
class Energy:
    """What became known of an account's energy in a slot when it was settled: Wh beyond what was known before."""

    time: int
    block: int
    party: str
    slot: Slot
    injected: int
    withdrawn: int
    sold: int
    bought: int
    imbalance: int


@dataclass(frozen=True, slots=True)
class Debt:
    """uPT that an account owes more, or less."""

    block: int
    party: str
    amount: int


class _Part(NamedTuple):
    """An amount and what it was for."""

    kind: Kind
    amount: int
    slot: Slot | None = None
    wh: int | None = None


@dataclass
class _Pending:
    """What an account's trades in a slot keep locked until it is settled, and what they sold."""

    margin: int = 0
    commission: int = 0


_Told = tuple[int, int, int, int, int]
_NOTHING: _Told = (0, 0, 0, 0, 0)


@dataclass
class _Round:
    """One transaction: by party and module what moved, and how much of that is explained."""

    moved: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    explained: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    settled: set[str] = field(default_factory=set)


class Ledger:
    """The entries of some accounts: `contracts` are addresses by name, `parties` says whose each account is."""

    def __init__(self, contracts: Mapping[str, int], parties: Mapping[int, str], slots: Slots) -> None:
        self.entries: list[Entry] = []
        self.energy: list[Energy] = []
        self.debts: list[Debt] = []
        self.slots = slots
        self._parties = parties
        self._names = {address: name for name, address in contracts.items()}
        self._auction, self._direct = contracts["Auction"], contracts["DirectSale"]
        self._imbalance = contracts["Imbalance"]
        self._round = _Round()
        self._dearest: dict[int, int] = {}
        self._pending: dict[tuple[int, int], _Pending] = defaultdict(_Pending)
        self._told: dict[tuple[int, int], _Told] = {}
        self._predecessors: dict[int, list[int]] = {}
        handlers: dict[tuple[str, str], Callable[[Log], None]] = {
            ("Vault", "Deposited"): self._deposited,
            ("Vault", "Withdrawn"): self._withdrawn,
            ("Vault", "Locked"): self._locked,
            ("Vault", "Released"): self._released,
            ("Vault", "Adjusted"): self._adjusted,
            ("Vault", "Paid"): self._paid,
            ("Vault", "DebtRecorded"): self._debt_recorded,
            ("Vault", "DebtPaid"): self._debt_paid,
            ("Vault", "DebtRepaid"): self._debt_repaid,
            ("Vault", "Spent"): self._spent,
            ("Vault", "AccountReplaced"): self._replaced,
            ("Zones", "ZoneAdded"): lambda log: slots.add_zone(log.topics[1], log.topics[2]),
            ("Zones", "CarrierOpened"): lambda log: slots.open_carrier(log.topics[1], log.topics[2], log.words[0]),
            ("Zones", "FactsSet"): self._facts_set,
            ("Auction", "BookOpened"): self._book_opened,
            ("Auction", "OrdersRevealed"): self._revealed,
            ("Auction", "Traded"): self._traded,
            ("Pool", "UnitSold"): self._unit_sold,
            ("DirectSale", "Sold"): self._sold,
            ("Deposits", "DepositDrawn"): self._drawn,
            ("Imbalance", "AccountSettled"): self._settled,
            ("SubsidyFund", "ClaimPaid"): self._subsidised,
            ("UseSubsidy", "UsePaid"): self._subsidised,
        }
        for fund in ("SubsidyFund", "UseSubsidy"):
            handlers[fund, "ProgrammeFunded"] = lambda log: self._gave(log, -log.words[1])
            handlers[fund, "FundingReturned"] = lambda log: self._gave(log, log.words[1])
        self.told = [name for name in handlers if name[0] in contracts]
        self._handlers = {(contracts[at], int(topic(at, event), 16)): handlers[at, event] for at, event in self.told}

    def read(self, logs: Iterable[Log]) -> None:
        """All logs of all transactions, in their sequence."""
        last: Log | None = None
        for log in logs:
            if last and last.transaction != log.transaction:
                self._close(last)
            if handle := self._handlers.get((log.address, log.topics[0])):
                handle(log)
            last = log
        if last:
            self._close(last)

    # ------------------------------------------------------------------------------------------------- the Vault

    def _deposited(self, log: Log) -> None:
        self._add(log, log.topics[1], _Part(Kind.DEPOSITED, log.words[0]))

    def _withdrawn(self, log: Log) -> None:
        self._add(log, log.topics[1], _Part(Kind.WITHDRAWN, -log.words[0]))

    def _locked(self, log: Log) -> None:
        self._move(log.topics[1], log.topics[2], -log.words[0])

    def _released(self, log: Log) -> None:
        self._move(log.topics[1], log.topics[2], log.words[0])

    def _adjusted(self, log: Log) -> None:
        for move in log.words[2:]:
            if move & _ACCOUNT in self._parties:
                amount = move >> 160
                self._move(log.topics[1], move & _ACCOUNT, (1 << 96) - amount if amount >> 95 else -amount)

    def _paid(self, log: Log) -> None:
        _, module, payer, payee = log.topics
        self._explain(log, payer, module, _Part(Kind.FORFEITED, -log.words[0]))
        self._move(module, payee, log.words[0])
        self._explain(log, payee, module, _Part(Kind.RECEIVED, log.words[0]))

    def _debt_recorded(self, log: Log) -> None:
        self._owe(log, log.topics[2], log.words[0])

    def _debt_paid(self, log: Log) -> None:
        _, debtor, creditor = log.topics
        self._pay_debt(log, debtor, creditor, log.words[0])

    def _debt_repaid(self, log: Log) -> None:
        """A module gave it to the debtor, who paid at once. For what, the settlement of an account tells itself."""
        _, module, debtor, creditor = log.topics
        self._move(module, debtor, log.words[0])
        if module != self._imbalance:
            self._explain(log, debtor, module, _Part(Kind.RECEIVED, log.words[0]))
        self._pay_debt(log, debtor, creditor, log.words[0])

    def _pay_debt(self, log: Log, debtor: int, creditor: int, amount: int) -> None:
        self._owe(log, debtor, -amount)
        self._add(log, debtor, _Part(Kind.DEBT, -amount))
        self._add(log, creditor, _Part(Kind.REPAID, amount))

    def _spent(self, log: Log) -> None:
        _, purse, to, _ = log.topics
        name = Purse(purse).name.replace("_", " ").lower()
        self._add(log, int(purse_account(Purse(purse)), 16), _Part(Kind.SPENT, -log.words[0]), name)
        self._add(log, to, _Part(Kind.RECEIVED, log.words[0]), name)

    def _replaced(self, log: Log) -> None:
        _, account, replacement = log.topics
        self._predecessors.setdefault(replacement, []).extend([account, *self._predecessors.pop(account, [])])

    # ------------------------------------------------------------------------------------------------ the market

    def _facts_set(self, log: Log) -> None:
        since, *facts = log.words
        self.slots.set_facts(log.topics[1], log.topics[2], since, Facts(*facts))  # type: ignore[arg-type]

    def _book_opened(self, log: Log) -> None:
        _, book, carrier, _ = log.topics
        start, facts = log.words[0], Book(*log.words[1:])  # type: ignore[arg-type]
        self._dearest[book] = facts.dearest_wh
        self.slots.name(facts.zone, carrier, start)

    def _revealed(self, log: Log) -> None:
        """A decoy's fee stays with the auction, which pays it on."""
        for word in log.words[2:]:
            if word & _ACCOUNT in self._parties and not Quote.of_word(word).wh:
                slot = self.slots.find(log.topics[1], log.time)
                self._explain(log, word & _ACCOUNT, self._auction, _Part(Kind.DECOY, -KEEPER_FEE, slot))

    def _traded(self, log: Log) -> None:
        book, (word, fill) = log.topics[1], log.words
        account = word & _ACCOUNT
        if account not in self._parties:
            return
        order, (wh, amount, fee) = Quote.of_word(word), unpacked_fill(fill)
        if order.sell:
            pending = self._pending[book, account]
            pending.margin += wh * max(LEAST_MARGIN_RATE, self._dearest[book] - order.price)
            pending.commission += fee
            return
        slot = self.slots.find(book, log.time)
        self._explain(log, account, self._auction, _Part(Kind.BOUGHT, -amount, slot, wh))
        self._explain(log, account, self._auction, _Part(Kind.COMMISSION, -fee, slot))

    def _unit_sold(self, log: Log) -> None:
        _, book, seller = log.topics
        *_, kept = log.words
        self._pending[book, seller].margin += kept

    def _sold(self, log: Log) -> None:
        _, _, seller, buyer = log.topics
        carrier, zone, _, start, wh, price = log.words[2:8]
        book = self.slots.name(zone, carrier, start)
        self._pending[book, seller].margin += log.words[-1]
        slot = self.slots.find(book, log.time)
        self._explain(log, buyer, self._direct, _Part(Kind.BOUGHT, -wh * price, slot, wh))

    def _drawn(self, log: Log) -> None:
        """What was locked pays a part of what the account owes to settlement, which takes that much less from it."""
        account = log.topics[1]
        if account in self._parties:
            self._round.explained[self._parties[account], self._imbalance] += log.words[0]
            self._add(log, account, _Part(Kind.HELD, log.words[0]), "Deposits")

    def _settled(self, log: Log) -> None:
        _, book, account = log.topics
        if account not in self._parties:
            return
        said, slot = unpacked(log.words), self.slots.find(book, log.time)
        names = [account, *self._predecessors.get(account, [])]
        kept = [self._pending.pop((book, name), _Pending()) for name in names]
        commission = sum(one.commission for one in kept)
        self._round.settled.add(self._parties[account])
        change = self._learn(log, book, names, said, slot)
        for part in (
            _Part(Kind.HELD, sum(one.margin for one in kept), slot),
            _Part(Kind.SOLD, said.due + commission, slot, change[2]),
            _Part(Kind.COMMISSION, -commission, slot),
            _Part(Kind.NETWORK, -said.network, slot),
            _Part(Kind.PLATFORM, -said.platform, slot),
            _Part(Kind.FUND, -said.fund, slot),
            _Part(Kind.IMBALANCE, said.cash, slot, change[4]),
            _Part(Kind.OWED, said.unpaid, slot),
        ):
            self._explain(log, account, self._imbalance, part)

    def _learn(self, log: Log, book: int, names: list[int], said: Statement, slot: Slot | None) -> _Told:
        """Each time all is told that an account did under its names; what is new of it is what counts."""
        before = [self._told.pop((book, name), _NOTHING) for name in names]
        loss = self.slots.facts_at(slot).loss_bps if slot else 0
        net = said.injected * (_WHOLE - loss) // _WHOLE - said.withdrawn
        imbalance = net - said.sold + said.bought
        now = (said.injected, said.withdrawn, said.sold, said.bought, imbalance)
        self._told[book, names[0]] = now
        change = tuple(new - sum(old) for new, *old in zip(now, *before, strict=True))
        injected, withdrawn, sold, bought, difference = change
        if slot and any(change):
            party = self._parties[names[0]]
            more = (injected, withdrawn, sold, bought, difference)
            self.energy.append(Energy(log.time, log.block, party, slot, *more))
        return injected, withdrawn, sold, bought, difference

    # --------------------------------------------------------------------------------------------------- subsidies

    def _gave(self, log: Log, amount: int) -> None:
        self._explain(log, log.topics[3], log.address, _Part(Kind.GIVEN, amount))

    def _subsidised(self, log: Log) -> None:
        """What was kept for what was paid too much before is not paid."""
        payee, amount, kept = log.words[-3:]
        self._explain(log, payee, log.address, _Part(Kind.SUBSIDY, amount - kept))

    # ---------------------------------------------------------------------------------------------------- inside

    def _move(self, module: int, account: int, amount: int) -> None:
        if account in self._parties:
            self._round.moved[self._parties[account], module] += amount

    def _explain(self, log: Log, account: int, module: int, part: _Part) -> None:
        """A part of what a module moved."""
        if account in self._parties:
            self._round.explained[self._parties[account], module] += part.amount
            self._add(log, account, part, self._names.get(module, ""))

    def _add(self, log: Log, account: int, part: _Part, by: str = "") -> None:
        if account in self._parties and part.amount:
            where = (log.time, log.block, log.transaction, self._parties[account])
            self.entries.append(Entry(*where, part.kind, part.amount, by, part.slot, part.wh))

    def _owe(self, log: Log, account: int, amount: int) -> None:
        if account in self._parties:
            self.debts.append(Debt(log.block, self._parties[account], amount))

    def _close(self, last: Log) -> None:
        """What nothing explains of a transaction's amounts was locked, or came back. Settlement holds nothing: there it
        is what others' devices brought in, or what is due to others."""
        done, self._round = self._round, _Round()
        for party, module in sorted(done.moved.keys() | done.explained.keys()):
            rest = done.moved[party, module] - done.explained[party, module]
            if rest:
                kind = Kind.HELD
                if module == self._imbalance:
                    kind = Kind.NAMED if party in done.settled else Kind.RECEIVED
                where = (last.time, last.block, last.transaction, party)
                self.entries.append(Entry(*where, kind, rest, self._names.get(module, "")))

"""Does what is due for each order in a journal. Every round looks at the chain anew, so that nothing is lost with a
process: what stands in the journal and on the chain is enough to go on from anywhere."""

from collections.abc import Callable
from dataclasses import dataclass

from wattbook.connection import Market
from wattbook.contracts.revert import ContractRevert
from wattbook.contracts.reverts import NothingTaken, OrderNotTaken
from wattbook.contracts.structs import Book, BookState, Order, OrderState, Refusal
from wattbook.errors import ChainError
from wattbook.market.words import GROUP_SIZE, MAX_ORDERS_OF_ONE, unpacked_fill
from wattbook.trader.journal import Journal, JournalError
from wattbook.trader.keeper import logs_of, next_step
from wattbook.trader.money import bond_of, needed_to_reveal, outcome, short_of
from wattbook.trader.orders import Phases, chain_time, next_number, phases_of
from wattbook.trader.records import UNREVEALED, Entry, Fate, Owner, Purpose, State
from wattbook.trader.wallet import Wallet
from wattbook.units import format_pt

_CONTENT = 2**208 - 1
_OPEN_AHEAD = 3600
_GAS = {Purpose.OPEN: 400_000, Purpose.COMMIT: 300_000, Purpose.REVEAL: 500_000, Purpose.REFUND: 200_000}
# A book is cleared and settled for all: not before others had a share of the time for it.
_PATIENCE = 4


@dataclass(frozen=True)
class Said:
    """A thing done, or to be known, about an order."""

    time: int
    order: int
    what: str
    text: str


Report = Callable[[Said], None]


class Agent:
    """Brings one account's orders from their seals to their ends. With `keeps` it also clears and settles their books
    when nobody else does."""

    def __init__(self, market: Market, wallet: Wallet, journal: Journal, report: Report, *, keeps: bool) -> None:
        self.market = market
        self.journal = journal
        self.wallet = wallet
        self._report = report
        self._keeps = keeps
        self._trader = wallet.account.address
        self.now = 0
        self._waiting: set[int] = set()
        self._known: set[tuple[int, str]] = set()
        self._steps: dict[State, Callable[[Entry, Book], None]] = {
            State.SEALED: self._commit,
            State.COMMITTING: self._commit,
            State.COMMITTED: self._reveal,
            State.REVEALING: self._reveal,
            State.REVEALED: self._watch,
            State.MISSED: self._watch_bond,
        }

    def round(self) -> None:
        """Looks at every unfinished order and does what is due. What goes wrong with one does not stop the others; the
        first error that was no contract's refusal is raised at the end."""
        self.now = chain_time(self.market)
        for sent, fate in self.wallet.follow_up():
            if fate is not Fate.MINED and sent.purpose in (Purpose.COMMIT, Purpose.REVEAL):
                self._say(sent.entry, fate, f"transaction 0x{sent.hash.hex()} to {sent.purpose} it had no effect")
        for sent, error in self.wallet.refusals:
            self._say(sent.entry, "refused", f"its transaction to {sent.purpose} waits: {error}", once=str(error))
        self._waiting = {sent.entry for sent in self.wallet.under_way()}
        errors: list[ChainError | JournalError] = []
        # Which commitments arrived has to be known before the next ones are numbered.
        for step in (self._take_stock, self._do):
            for entry in self.journal.unfinished():
                if entry.id in self._waiting:
                    continue
                try:
                    step(entry)
                except ContractRevert as refusal:
                    why = _reason(refusal)
                    text = f"is refused now: {why}; it is tried again as long as there is time"
                    self._say(entry.id, "refused", text, once=why.split("(")[0])
                except (ChainError, JournalError) as error:
                    errors.append(error)
                    _ = self.market.chain.now  # raises if the node is gone, and not only this was refused
        if errors:
            raise errors[0]

    # ------------------------------------------------------------------------------------------------ committing

    def _take_stock(self, entry: Entry) -> None:
        if entry.state not in (State.SEALED, State.COMMITTING):
            return
        number = self._number_on_chain(entry)
        if number is not None:
            facts = self.market.auction.book_of(entry.book.key)
            phases = {"reveals_at": facts.reveals_at, "clears_at": facts.clears_at}
            self.journal.update(entry, state=State.COMMITTED, number=number, **phases)
            bond = format_pt(bond_of(entry))
            text = f"is committed as number {number}; {bond} are locked; reveal from {facts.reveals_at}"
            self._say(entry.id, "committed", text)
        elif entry.state is State.COMMITTING and entry.signature is None:
            self.journal.update(entry, state=State.SEALED, number=None)

    def _do(self, entry: Entry) -> None:
        self._steps[entry.state](entry, self.market.auction.book_of(entry.book.key))

    def _commit(self, entry: Entry, facts: Book) -> None:
        phases = _phases(facts) if facts.state else phases_of(self.market, entry.slot_start)
        if self.now >= phases.reveals_at:
            self.journal.update(entry, state=State.EXPIRED)
            self._say(entry.id, "expired", "was not committed in time; nothing is locked and nothing is lost")
        elif entry.signature is not None:
            self._say(entry.id, "waiting", "waits for its relayer", once="relayer")
        elif not facts.state:
            if self.now >= phases.opens_at - _OPEN_AHEAD and not self._under_way(entry, Purpose.OPEN):
                self._open(entry)
        elif self.now >= phases.opens_at:
            self._send_commit(entry)

    def _open(self, entry: Entry) -> None:
        function = self.market.auction.function("openBook", entry.carrier, entry.zone, entry.slot_start)
        self.wallet.try_out(function)
        self.wallet.send(function, _GAS[Purpose.OPEN], Purpose.OPEN, entry)
        self._waiting.add(entry.id)
        self._say(entry.id, "opening", "its book is being opened")

    def _send_commit(self, entry: Entry) -> None:
        number = next_number(self.market, self.journal, entry, self._trader)
        if number >= MAX_ORDERS_OF_ONE:
            self._say(entry.id, "refused", f"there are {MAX_ORDERS_OF_ONE} orders in its book already", once="number")
            return
        function = self.market.auction.function("commit", entry.book.key, entry.size_class, number, entry.seal)
        try:
            self.wallet.try_out(function)
        except OrderNotTaken as refused:
            # Some nodes do not reckon with the orders before it that are in no block yet.
            ahead = refused.refusal is Refusal.NUMBER_SKIPPED and self._under_way(entry, Purpose.COMMIT)
            if not ahead:
                raise
        self.wallet.send(function, _GAS[Purpose.COMMIT], Purpose.COMMIT, entry, state=State.COMMITTING, number=number)
        self._say(entry.id, "committing", f"is sent as number {number}")

    def _number_on_chain(self, entry: Entry) -> int | None:
        """Under which number the order is committed, whoever sent it; it is known by its seal."""
        key = entry.book.key
        for number in range(len(self.market.auction.positions_of(key, self._trader))):
            order = self.market.auction.order_of(key, self._trader, number)
            if order.state is not OrderState.SETTLED and order.content == int.from_bytes(entry.seal) & _CONTENT:
                return number
        return None

    # ------------------------------------------------------------------------------------------------- revealing

    def _reveal(self, entry: Entry, facts: Book) -> None:
        order = self._order(entry)
        if self._is_revealed(entry, order) and not entry.wh:
            self.journal.update(entry, state=State.SETTLED, filled_wh=0, amount=0, fee=0, margin=0)
            self._say(entry.id, "settled", "was a decoy and is revealed; its bond is free, the keeper's fee is spent")
        elif self._is_revealed(entry, order):
            self.journal.update(entry, state=State.REVEALED)
            self._say(entry.id, "revealed", f"is revealed; its bond of {format_pt(bond_of(entry))} is free")
        elif self.now >= facts.clears_at:
            self.journal.update(entry, state=State.MISSED)
            self._say(entry.id, "missed", self._loss(entry, facts))
        elif self.now < facts.reveals_at:
            self._warn_if_short(entry, facts)
        else:
            self._send_reveal(entry, facts)

    def _send_reveal(self, entry: Entry, facts: Book) -> None:
        left = facts.clears_at - self.now
        if left < (facts.clears_at - facts.reveals_at) // 3:
            self._say(entry.id, "warning", f"is not revealed yet, and {left} s are left", once="late")
        opening = (entry.quote(self._trader).word(), entry.salt)
        function = self.market.auction.function("reveal", entry.book.key, [opening])
        # Refused for want of money or energy it can be revealed as soon as there is enough: each round tries.
        self.wallet.try_out(function)
        self.wallet.send(function, _GAS[Purpose.REVEAL], Purpose.REVEAL, entry, state=State.REVEALING)
        self._say(entry.id, "revealing", "its opening is sent")

    def _is_revealed(self, entry: Entry, order: Order) -> bool:
        if order.state is OrderState.SETTLED:
            return True
        group = self.market.auction.group_of(entry.book.key, order.place // GROUP_SIZE)
        return order.state is OrderState.SEALED and group >> order.place % GROUP_SIZE & 1 == 1

    def _warn_if_short(self, entry: Entry, facts: Book) -> None:
        """Before it is too late to bring money."""
        unfinished = self.journal.unfinished()
        same = [other for other in unfinished if other.state in UNREVEALED and other.book == entry.book]
        needed = sum(needed_to_reveal(other, facts) for other in same)
        if lack := short_of(self.market, entry, self._trader, needed):
            self._say(entry.id, "warning", f"{lack}; or its bond is lost at {facts.clears_at}", once="short")

    def _loss(self, entry: Entry, facts: Book) -> str:
        slashed_at = facts.clears_at + self.market.auction.slash_rest()
        return (
            f"was not revealed before {facts.clears_at} and takes no part; its bond of {format_pt(bond_of(entry))}"
            f" can be slashed from {slashed_at} on, unless its book is excused or void"
        )

    # -------------------------------------------------------------------------------------------------- watching

    def _watch(self, entry: Entry, facts: Book) -> None:
        if self._order(entry).state is OrderState.SETTLED:
            self._conclude(entry, facts)
        elif self._keeps:
            self._keep(entry, facts)

    def _conclude(self, entry: Entry, facts: Book) -> None:
        assert entry.number is not None
        position = self.market.auction.positions_of(entry.book.key, self._trader)[entry.number]
        fee = self._fee(entry) if position.wh else 0
        state = State.VOID if facts.state is BookState.VOID else State.SETTLED
        values = {"filled_wh": position.wh, "amount": position.amount, "fee": fee, "margin": position.margin}
        self.journal.update(entry, state=state, **values)
        self._say(entry.id, state, outcome(state is State.VOID, position, fee))

    def _fee(self, entry: Entry) -> int:
        for log in logs_of(self.market.auction, "Traded", entry):
            if log["word"] & ~(0x3FFF << 217) == entry.quote(self._trader).word():
                return unpacked_fill(log["fill"])[2]
        return 0

    def _watch_bond(self, entry: Entry, facts: Book) -> None:
        order = self._order(entry)
        if order.state is OrderState.SLASHED:
            self.journal.update(entry, state=State.SLASHED)
            self._say(entry.id, "slashed", f"its bond of {format_pt(bond_of(entry))} was slashed")
        elif order.state is OrderState.REFUNDED:
            self.journal.update(entry, state=State.REFUNDED)
            self._say(entry.id, "refunded", f"its bond of {format_pt(bond_of(entry))} came back")
        else:
            if self._keeps and facts.state is BookState.OPEN and self.now >= facts.slot_start:
                self._keep(entry, facts)
            function = self.market.auction.function("refund", entry.book.key, [(self._trader, entry.number)])
            try:
                self.wallet.try_out(function)
            except ContractRevert:
                return
            self.wallet.send(function, _GAS[Purpose.REFUND], Purpose.REFUND, entry)
            self._say(entry.id, "refunding", "its book is excused or void; its bond is called back")

    def _keep(self, entry: Entry, facts: Book) -> None:
        patient = facts.clears_at + (facts.slot_start - facts.clears_at) // _PATIENCE
        if self.now < patient or self._under_way(entry, Purpose.KEEP):
            return
        step = next_step(self.market, entry, facts, self.now, self._trader)
        if step is not None:
            what, function = step
            self.wallet.try_out(function)
            gas = self.wallet.gas_of(function)
            self.wallet.send(function, gas, Purpose.KEEP, entry)
            self._waiting.add(entry.id)
            self._say(entry.id, "keeping", f"its book is due: {what}")

    # ---------------------------------------------------------------------------------------------------- inside

    def _order(self, entry: Entry) -> Order:
        assert entry.number is not None
        return self.market.auction.order_of(entry.book.key, self._trader, entry.number)

    def _under_way(self, entry: Entry, purpose: Purpose) -> bool:
        """Whether a transaction for the same book and purpose is in no block yet."""
        books = {other.id: other.book for other in self.journal.entries()}
        sent = self.wallet.under_way()
        return any(one.purpose is purpose and books[one.entry] == entry.book for one in sent)

    def _say(self, order: int, what: str, text: str, *, once: str | None = None) -> None:
        """Tells it; what goes on for many rounds under a name that is told once."""
        if once is not None:
            if (order, once) in self._known:
                return
            self._known.add((order, once))
        self._report(Said(self.now, order, str(what), text))


def owner_of(market: Market, trader: str) -> Owner:
    """Whose journal goes with an account in a market."""
    return Owner(market.chain.chain_id, market.chain.genesis, market.auction.address, trader)


def _phases(facts: Book) -> Phases:
    return Phases(facts.opens_at, facts.reveals_at, facts.clears_at)


def _reason(refusal: ContractRevert) -> str:
    return refusal.refusal.name if isinstance(refusal, OrderNotTaken | NothingTaken) else str(refusal)

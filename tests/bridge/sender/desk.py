"""A sender with a clock that the test moves."""

from dataclasses import replace

from tests.bridge.sender.once import Once
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.outbox.records import Call, State, Transaction
from wattbook.bridge.sender.sender import Sender, Terms

TERMS = Terms(confirmations=6, max_fee=10**12)


class Desk:
    """The outbox, the account and the sender that goes between it and the chain."""

    def __init__(self, once: Once, outbox: Outbox) -> None:
        self.once, self.outbox = once, outbox
        self.transactions = outbox.transactions
        self.account = once.sender
        self.now = 1_000_000
        self.is_done = once.is_done
        self.lock = None

    def restart(self, **terms: int) -> None:
        """A new sender that knows what stands in the outbox, and nothing else."""
        chain, clock = self.once.chain, lambda: self.now
        done = lambda call, block: self.is_done(call, block)  # noqa: E731
        terms = replace(TERMS, **terms)
        self.sender = Sender(chain, self.account, self.transactions, self.lock, done, terms, clock)

    def queue(self, *keys: int, gas: int | None = None) -> None:
        for key in keys:
            self.queue_call(str(key), self.once.call(key, gas))

    def queue_call(self, key: str, call: Call) -> None:
        self.transactions.queue(key, call, self.now)

    def step(self, seconds: int = 2) -> None:
        """A round, some seconds after the last one."""
        self.now += seconds
        assert self.sender.step() == 2

    def finish(self) -> None:
        """Rounds and blocks until there is nothing left to do."""
        for _ in range(40):
            self.step(10)
            counts = self.transactions.counts()
            if not counts[State.QUEUED] + counts[State.SENT] + counts[State.MINED]:
                return
            self.once.mine()
        raise AssertionError(f"it never ended: {counts}, {self.sender.alarms}")

    def __getitem__(self, key: int | str) -> Transaction:
        found = self.transactions.find(str(key))
        assert found is not None
        return found

    def states(self, *keys: int) -> list[State]:
        return [self[key].state for key in keys]

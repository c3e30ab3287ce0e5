"""The sender's round: what became of what was sent, what is to be sent again or dearer, and what comes next."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

import structlog
from eth_account.signers.local import LocalAccount

from wattbook.bridge.outbox.database import Lock
from wattbook.bridge.outbox.records import Attempt, Call, Inclusion, State, Transaction
from wattbook.bridge.outbox.transactions import Transactions
from wattbook.bridge.sender.answers import Answer
from wattbook.bridge.sender.fees import Fees
from wattbook.bridge.sender.node import Node, View
from wattbook.chain import Chain, address_of
from wattbook.contracts.revert import ContractRevert
from wattbook.errors import ChainError

IN_FLIGHT = 4
_AGAIN_AFTER = 10

# Whether what a call is to do is done, by whomever, as of a block.
IsDone = Callable[[Call, int], bool]
Clock = Callable[[], int]

_log = structlog.get_logger(__name__)


class Alarm(StrEnum):
    """What an operator has to look at; the sender goes on meanwhile.

    - dear: a transaction waits, and more than the highest fee allowed would be needed
    - poor: the account cannot pay for a transaction
    - refused: a contract would refuse a call that is queued
    - undone: the chain took back what was taken for final; it is sent again
    - impossible: the node says that it will never take a transaction; it is cancelled when all others wait for it
    """

    DEAR = "dear"
    POOR = "poor"
    REFUSED = "refused"
    UNDONE = "undone"
    IMPOSSIBLE = "impossible"


_ALARMS = {Answer.POOR: Alarm.POOR, Answer.IMPOSSIBLE: Alarm.IMPOSSIBLE}


@dataclass(frozen=True)
class Terms:
    """How to send. `max_fee` is the highest cap on the fee, in wei for a unit of gas; `bump_after` and `every` are
    seconds: before a fee is raised, and between two rounds. `spare_gas` is what a call may need more when it is in a
    block than when it was estimated, beside a quarter of it."""

    confirmations: int
    max_fee: int
    bump_after: int = 60
    every: int = 2
    spare_gas: int = 0


class Sender:
    """Sends with one key. Whoever makes one holds the right to (`Outbox.sole`) and keeps it."""

    def __init__(
        self,
        chain: Chain,
        account: LocalAccount,
        transactions: Transactions,
        lock: Lock,
        is_done: IsDone,
        terms: Terms,
        clock: Clock,
    ) -> None:
        self.address = address_of(account)
        self.alarms: dict[Alarm, str] = {}
        self._account = account
        self._transactions = transactions
        self._lock = lock
        self._is_done = is_done
        self._terms = terms
        self._clock = clock
        self._node = Node(chain, self.address, terms.confirmations)
        self._sent_at: dict[bytes, int] = {}
        self._answers: dict[bytes, tuple[Answer, str]] = {}
        self._set_aside: dict[int, tuple[int, str]] = {}

    def step(self) -> int:
        """Does all that is due now and returns after how many seconds to come again.

        What goes wrong with one transaction does not stop the others; the first error is raised at the end. All that
        was done until then is written down, so that the next round goes on from there.
        """
        self._lock.check()
        self.alarms = {}
        under_way = self._transactions.under_way(self.address)
        if under_way or self._transactions.queued(limit=1):
            view = self._node.view()
            errors = self._each(under_way, view, self._follow)
            waiting = self._waiting()
            self._fill_up_to(waiting, view)
            errors += self._each(waiting, view, self._push)
            errors += self._launch_some(IN_FLIGHT - len(waiting), view)
            self._look_back()
            if errors:
                raise errors[0]
        return self._terms.every

    def _each(
        self, found: Iterable[Transaction], view: View, action: Callable[[Transaction, View], object]
    ) -> list[ChainError]:
        errors = []
        for transaction in found:
            try:
                action(transaction, view)
            except ChainError as error:
                errors.append(error)
                self._node.still_here()
        return errors

    def _waiting(self) -> list[Transaction]:
        return [one for one in self._transactions.under_way(self.address) if one.state is State.SENT]

    # ------------------------------------------------------------------------------------------------ following

    def _follow(self, transaction: Transaction, view: View) -> None:
        known = transaction.inclusion
        if known is None:
            if (transaction.nonce or 0) < view.used:
                self._look_for(transaction, view)
        elif known.block <= view.final or self._node.hash_at(known.block) != known.block_hash:
            self._look_anew(transaction, view)

    def _look_for(self, transaction: Transaction, view: View) -> None:
        """Its nonce is used up: by one of its attempts, or by something that is not from here."""
        found = self._found(transaction)
        if found is not None:
            self._transactions.include(transaction, found)
            self._say("mined", transaction, block=found.block, succeeded=found.succeeded)
        elif self._node.used_at(view.final) > (transaction.nonce or 0):
            note = f"nonce {transaction.nonce} was used up by a transaction from elsewhere"
            self._transactions.release(transaction, note)
            self._say("released", transaction, why=note)

    def _look_anew(self, transaction: Transaction, view: View) -> None:
        """Its block is to be final now, or is not on the chain any more."""
        found = self._found(transaction)
        if found is None:
            self._transactions.lose(transaction)
            self._say("lost", transaction)
        elif found != transaction.inclusion:
            self._transactions.include(transaction, found)
            self._say("moved", transaction, block=found.block, succeeded=found.succeeded)
        elif found.block <= view.final:
            self._conclude(transaction, found, view)

    def _found(self, transaction: Transaction) -> Inclusion | None:
        looked_up = (self._node.inclusion(attempt.hash) for attempt in reversed(transaction.attempts))
        return next((inclusion for inclusion in looked_up if inclusion is not None), None)

    def _conclude(self, transaction: Transaction, found: Inclusion, view: View) -> None:
        [attempt] = [one for one in transaction.attempts if one.hash == found.attempt]
        if found.succeeded and not attempt.cancels:
            self._end(transaction, State.CONFIRMED, "")
        elif self._is_done(transaction.call, view.final):
            self._end(transaction, State.CONFIRMED, "done by somebody else")
        elif attempt.cancels:
            self._end(transaction, State.FAILED, "cancelled: no node would have taken it")
        else:
            self._end(transaction, State.FAILED, f"reverted in block {found.block}")

    def _end(self, transaction: Transaction, state: State, note: str) -> None:
        self._transactions.end(transaction, state, note)
        self._say(state, transaction, note=note)

    # -------------------------------------------------------------------------------------------------- sending

    def _push(self, transaction: Transaction, view: View) -> None:
        """Sends again what is in no block; the one that all others wait for is made dearer in time."""
        nonce = transaction.nonce or 0
        attempt = transaction.attempts[-1]
        if nonce == view.used and self._due(attempt.created_at, self._terms.bump_after):
            attempt = self._raise(transaction, attempt, view)
        if nonce >= view.used:
            self._broadcast(attempt)

    def _fill_up_to(self, waiting: list[Transaction], view: View) -> None:
        """A reorg deeper than what is final here takes back what is not followed any more, and the rest waits for its
        nonces."""
        lowest = waiting[0].nonce or 0 if waiting else 0
        for attempt in self._transactions.attempts_between(self.address, view.used, lowest):
            self.alarms[Alarm.UNDONE] = f"nonce {attempt.nonce} was in a final block and is free again"
            self._broadcast(attempt)

    def _raise(self, transaction: Transaction, last: Attempt, view: View) -> Attempt:
        """Another attempt with higher fees, or the last one if they would be too high. When the node says that it will
        never take the last one, it does nothing but make way for the others."""
        fees = Fees(last.tip, last.cap).raised().at_least(self._node.fees(view))
        if fees.cap > self._terms.max_fee:
            self.alarms[Alarm.DEAR] = (
                f"{transaction.key} offers {last.cap} wei for a unit of gas and should offer {fees.cap};"
                f" at most {self._terms.max_fee} is allowed"
            )
            return last
        answer, _ = self._answers.get(last.hash, (Answer.LATER, ""))
        cancels = last.cancels or answer is Answer.IMPOSSIBLE
        call = Call(self.address, b"") if cancels else transaction.call
        gas = last.gas if cancels == last.cancels else self._node.estimate(call)
        attempt = self._sign(call, gas, last.nonce, fees, cancels=cancels)
        self._transactions.add_attempt(transaction, attempt)
        self._say("cancelling" if cancels else "raised", transaction, cap=fees.cap, tip=fees.tip)
        return attempt

    def _launch_some(self, room: int, view: View) -> list[ChainError]:
        errors: list[ChainError] = []
        after = 0
        while room > 0 and (queued := self._transactions.queued(after=after)):
            for transaction in queued:
                looked_at, _ = self._set_aside.get(transaction.id, (-_AGAIN_AFTER, ""))
                if room > 0 and self._due(looked_at, _AGAIN_AFTER):
                    errors += self._each([transaction], view, self._launch)
                    room = IN_FLIGHT - len(self._waiting())
            after = queued[-1].id
        return errors

    def _launch(self, transaction: Transaction, view: View) -> None:
        self._set_aside.pop(transaction.id, None)
        if self._is_done(transaction.call, view.final):
            self._end(transaction, State.CONFIRMED, "done by somebody else")
            return
        # What is done but may come undone is waited for, and not paid for.
        if self._is_done(transaction.call, view.head):
            self._set_aside[transaction.id] = self._clock(), ""
            return
        try:
            gas = transaction.call.gas or self._node.estimate(transaction.call) + self._terms.spare_gas
        except ContractRevert as refusal:
            self._set_aside[transaction.id] = self._clock(), f"{transaction.key} would be refused: {refusal}"
            return
        fees = self._node.fees(view).at_most(self._terms.max_fee)
        highest = self._transactions.highest_nonce(self.address)
        nonce = view.used if highest is None else max(view.used, highest + 1)
        attempt = self._sign(transaction.call, gas, nonce, fees)
        self._transactions.begin(transaction, self.address, attempt)
        self._say("signed", transaction, nonce=nonce, cap=fees.cap, tip=fees.tip)
        self._broadcast(attempt)

    def _sign(self, call: Call, gas: int, nonce: int, fees: Fees, *, cancels: bool = False) -> Attempt:
        signed = self._account.sign_transaction(
            {
                "type": 2,
                "chainId": self._node.chain_id,
                "to": address_of(call.to),
                "data": call.data,
                "value": 0,
                "gas": gas,
                "nonce": nonce,
                "maxPriorityFeePerGas": fees.tip,
                "maxFeePerGas": fees.cap,
            }
        )
        raw = bytes(signed.raw_transaction)
        return Attempt(bytes(signed.hash), raw, nonce, gas, fees.tip, fees.cap, cancels, self._clock())

    def _broadcast(self, attempt: Attempt) -> None:
        if self._due(self._sent_at.get(attempt.hash, -_AGAIN_AFTER), _AGAIN_AFTER):
            self._sent_at[attempt.hash] = self._clock()
            self._answers[attempt.hash] = self._node.hand_over(attempt.raw)

    # --------------------------------------------------------------------------------------------------- inside

    def _due(self, since: int, after: int) -> bool:
        # A clock that was set back shall not make anything wait until it has caught up.
        return not 0 <= self._clock() - since < after

    def _look_back(self) -> None:
        """Raises the alarms that nodes' answers are, and forgets the answers of what is in a block, and of what was
        given up."""
        waiting = {one.attempts[-1].hash: one for one in self._waiting()}
        self._sent_at = {hash: at for hash, at in self._sent_at.items() if hash in waiting}
        self._answers = {hash: answer for hash, answer in self._answers.items() if hash in waiting}
        for hash, (answer, word) in self._answers.items():
            if answer in _ALARMS:
                self.alarms[_ALARMS[answer]] = f"{waiting[hash].key} waits: {word}"
        queued = self._transactions.still_queued(self._set_aside)
        self._set_aside = {number: found for number, found in self._set_aside.items() if number in queued}
        for _, word in self._set_aside.values():
            if word:
                self.alarms[Alarm.REFUSED] = word

    def _say(self, event: str, transaction: Transaction, **more: object) -> None:
        _log.info(event, key=transaction.key, **more)

"""The relay: takes what members signed, tries it out, writes it down, and brings it onto the chain with its own key.

Nobody spends its gas at will. It takes what an active member signed and the contract would carry out now, so many times
an hour, each once; who made it pay for what then failed waits a day.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Any

import structlog
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update
from web3.types import TxParams

from frontend_api.api.access import MemberStatus, Viewer
from frontend_api.api.node import Node
from frontend_api.database.database import Database, DatabaseError
from frontend_api.database.tables import relayed
from frontend_api.relay.actions import Request, Whose
from frontend_api.relay.done import is_done
from wattbook.bridge.outbox.database import Lock
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.outbox.records import Call, Owner, State, Transaction
from wattbook.bridge.sender.sender import Alarm, Sender, Terms
from wattbook.chain import Chain, address_of, named
from wattbook.connection import Market
from wattbook.contracts.revert import ContractRevert
from wattbook.errors import ChainError, WattbookError
from wattbook.roles import Role

_HOUR, _DAY = 3_600, 86_400
_AGAIN_AFTER = 60
# A few words of storage: what is written in the next second can need more than now.
_SPARE_GAS = 50_000
_ADDRESS_BYTES = 20
# Seconds between two rounds, at least.
_LEAST_WAIT = 0.05
_WAITING, _SENT, _DONE, _FAILED = "waiting", "sent", "done", "failed"
_STATES = {
    State.QUEUED: _WAITING,
    State.SENT: _SENT,
    State.MINED: _SENT,
    State.CONFIRMED: _DONE,
    State.FAILED: _FAILED,
}
_ACTIVE = (MemberStatus.ACTIVE,)
_ANY_MEMBER = (MemberStatus.ACTIVE, MemberStatus.LAPSED, MemberStatus.SUSPENDED, MemberStatus.EXPELLED)

_log = structlog.get_logger(__name__)


class RelayRefused(WattbookError):
    """The relay does not send something. `kind` is the problem that it is."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind
        self.headers = {"retry-after": str(_AGAIN_AFTER)} if kind == "too-many-requests" else {}


@dataclass(frozen=True)
class RelayLimits:
    """What the relay does for one account, and for all; `patience` is how many seconds what is queued may be refused
    by its contract before it is given up."""

    an_hour: int = 60
    a_day: int = 300
    waiting: int = 16
    waiting_of_all: int = 500
    failures_a_day: int = 5
    gas: int = 4_000_000
    ahead: int = 30
    patience: int = 60


USUAL_LIMITS = RelayLimits()
USUAL_TERMS = Terms(confirmations=12, max_fee=500 * 10**9, bump_after=30, every=1, spare_gas=_SPARE_GAS)


@dataclass(frozen=True)
class Relayed:
    """Something that was to be sent. `block` is where it is now; `final` says that it stays there."""

    id: int
    account: str
    action: str
    state: str
    reason: str | None
    transaction: str | None
    block: int | None
    final: bool
    asked_at: int


class Relay:
    """Takes requests from any thread; `run` sends them, in one."""

    def __init__(
        self,
        node: Node,
        database: Database,
        outbox: Outbox,
        account: LocalAccount,
        *,
        limits: RelayLimits = USUAL_LIMITS,
        terms: Terms = USUAL_TERMS,
        clock: Callable[[], int] = lambda: int(time.time()),
    ) -> None:
        self.address = address_of(account)
        self.limits = limits
        self._node, self._database, self._outbox, self._account = node, database, outbox, account
        self._terms, self._clock = terms, clock
        self._wake = Event()
        self._alarms: dict[Alarm, str] = {}
        self._belongs = False

    # ------------------------------------------------------------------------------------------------------- taking

    def take(self, viewer: Viewer, request: Request) -> Relayed:
        """Writes down what is to be sent; the same again is what was written down before."""
        self._require_may(viewer, request)
        known = self._known(viewer, request)
        if known is not None:
            return known
        market = self._market()
        self._require_time(market, request)
        call = self._tried(market.chain, request.call)
        with self._database.writing() as connection:
            number = self._write(connection, viewer.account, request, call)
        self._queue(number)
        self._wake.set()
        return self.find(number) or self._gone()

    def find(self, number: int) -> Relayed | None:
        """What became of it."""
        with self._database.reading() as connection:
            row = connection.execute(select(relayed).where(relayed.c.id == number)).first()
        return None if row is None else self._shown(row)

    def of_account(self, account: str, limit: int = 50) -> list[Relayed]:
        """The newest of an account first."""
        query = select(relayed).where(relayed.c.account == account.lower()).order_by(relayed.c.id.desc())
        with self._database.reading() as connection:
            rows = connection.execute(query.limit(limit)).all()
        return [self._shown(row) for row in rows]

    def health(self) -> dict[str, object]:
        """For the operator: what waits, and what is wrong."""
        with self._database.reading() as connection:
            counts = connection.execute(select(relayed.c.state, func.count()).group_by(relayed.c.state)).all()
        return {
            "address": self.address,
            "counts": {state: 0 for state in (_WAITING, _SENT, _DONE, _FAILED)} | {state: n for state, n in counts},
            "alarms": {alarm.value: word for alarm, word in self._alarms.items()},
        }

    # ------------------------------------------------------------------------------------------------------ sending

    def run(self, stop: Event) -> None:
        """Sends until it is stopped. While another process sends with the key, it waits for its turn."""
        while not stop.is_set():
            try:
                with self._outbox.sole(self.address) as lock:
                    sender: Sender | None = None
                    while not stop.is_set():
                        try:
                            sender = sender or self.sender(lock)
                            self.step(sender)
                        except ChainError as error:
                            _log.warning("relay", error=str(error))
                        self._wake.wait(max(self._terms.every, _LEAST_WAIT))
                        self._wake.clear()
            except (WattbookError, OSError) as error:
                _log.warning("relay", error=str(error))
                stop.wait(self._terms.every)

    def sender(self, lock: Lock) -> Sender:
        """What sends, for as long as the lock is held."""
        market = self._market()

        def done(call: Call, block: int) -> bool:
            return is_done(market, call, block)

        return Sender(market.chain, self._account, self._outbox.transactions, lock, done, self._terms, self._clock)

    def step(self, sender: Sender) -> None:
        """One round: what was written down and not queued is queued, what can be sent goes its way, and what its
        contract refuses for too long is given up."""
        for number in self._in_state(_WAITING):
            self._queue(number)
        try:
            sender.step()
        finally:
            self._alarms = dict(sender.alarms)
            self._note_states()
        self._give_up(self._market().chain)

    # ------------------------------------------------------------------------------------------------------- inside

    def _market(self) -> Market:
        market = self._node.market()
        if not self._belongs:
            chain = market.chain
            self._outbox.belong(Owner(chain.chain_id, chain.genesis, market.authority.address))
            self._belongs = True
        return market

    def _require_may(self, viewer: Viewer, request: Request) -> None:
        action = request.action
        allowed = _ANY_MEMBER if action.whose is Whose.ANY_MEMBER else _ACTIVE
        if viewer.status not in allowed:
            raise RelayRefused("not-yours", f"{action.name} is sent for {action.whose} only; you are {viewer.status}")
        if action.whose is Whose.REGISTRAR and not viewer.roles & Role.REGISTRAR:
            raise RelayRefused("not-yours", f"{action.name} is sent for registrars only")
        signers = [str(request.values[name]).lower() for name in action.signers]
        if signers and viewer.account not in signers:
            raise RelayRefused("not-yours", f"this is to be signed by {' or '.join(signers)}; you are {viewer.account}")

    def _require_time(self, market: Market, request: Request) -> None:
        deadline = request.values.get("deadline")
        if deadline is not None and deadline < market.chain.now + self.limits.ahead:
            raise RelayRefused("conflict", f"the deadline is over, or in less than {self.limits.ahead} s")

    def _tried(self, chain: Chain, call: Call) -> Call:
        """The call, if the contract would carry it out now, and for what the relay pays."""
        try:
            self._try_out(chain, call)
            gas = named(lambda: chain.web3.eth.estimate_gas(self._asked(call), "pending")) * 5 // 4 + _SPARE_GAS
        except ContractRevert as refusal:
            raise RelayRefused("conflict", f"the contract would refuse it: {refusal}") from None
        if gas > self.limits.gas:
            raise RelayRefused("conflict", f"it needs {gas} gas; the relay pays for {self.limits.gas} at most")
        # How much it may use is asked for again when it is sent: by then it may be refused, and costs nothing.
        return call

    def _try_out(self, chain: Chain, call: Call) -> None:
        """Raises what the contract would answer in the next block."""
        named(lambda: chain.web3.eth.call(self._asked(call), "pending"))

    def _asked(self, call: Call) -> TxParams:
        return {"from": self.address, "to": address_of(call.to), "data": HexBytes(call.data)}

    def _known(self, viewer: Viewer, request: Request) -> Relayed | None:
        with self._database.reading() as connection:
            row = connection.execute(select(relayed).where(relayed.c.digest == _hex(request.digest))).first()
        if row is None or row.state == _FAILED:
            return None
        if row.account != viewer.account:
            raise RelayRefused("conflict", "this was sent already")
        return self._shown(row)

    def _write(self, connection: Connection, account: str, request: Request, call: Call) -> int:
        now, columns, limits = self._clock(), relayed.c, self.limits
        mine = columns.account == account

        def count(*conditions: ColumnElement[bool]) -> int:
            query = select(func.count()).select_from(relayed).where(*conditions)
            return int(connection.execute(query).scalar_one())

        waits = columns.state.in_((_WAITING, _SENT))
        for found, most, of_what in (
            (count(mine, columns.asked_at > now - _HOUR), limits.an_hour, "an hour"),
            (count(mine, columns.asked_at > now - _DAY), limits.a_day, "a day"),
            (count(mine, waits), limits.waiting, "at once"),
            (count(waits), limits.waiting_of_all, "at once for all members"),
        ):
            if found >= most:
                raise RelayRefused("too-many-requests", f"the relay sends {most} actions {of_what}")
        failed = count(mine, columns.state == _FAILED, columns.nonce.is_not(None), columns.asked_at > now - _DAY)
        if failed >= limits.failures_a_day:
            raise RelayRefused("too-many-requests", f"{failed} of your actions failed at the relay's expense today")
        digest = _hex(request.digest)
        old = connection.execute(select(columns.state).where(columns.digest == digest)).scalar()
        if old not in (None, _FAILED):
            raise RelayRefused("conflict", "this is being sent already")
        if old == _FAILED:
            # It may be tried again; what failed stays, as it counts, and so that its number is nothing else's.
            spent = keccak(request.digest + now.to_bytes(8))
            connection.execute(update(relayed).where(columns.digest == digest).values(digest=_hex(spent)))
        row = {"account": account, "action": request.action.name, "digest": digest, "raw": _packed(call)}
        made = connection.execute(insert(relayed).values(state=_WAITING, asked_at=now, **row))
        [number] = made.inserted_primary_key or (0,)
        return int(number)

    def _queue(self, number: int) -> None:
        with self._database.reading() as connection:
            row = connection.execute(select(relayed).where(relayed.c.id == number)).first()
        if row is not None:
            self._outbox.transactions.queue(_key(row), _unpacked(row.raw), row.asked_at)

    def _give_up(self, chain: Chain) -> None:
        """What its contract does not carry out any more, before it has a nonce and costs anything."""
        for transaction in self._outbox.transactions.queued():
            if self._clock() - _asked_at(transaction) <= self.limits.patience:
                continue
            try:
                self._try_out(chain, transaction.call)
            except ContractRevert as refusal:
                self._outbox.transactions.end(transaction, State.FAILED, f"the contract would refuse it: {refusal}")

    def _note_states(self) -> None:
        for number in (*self._in_state(_WAITING), *self._in_state(_SENT)):
            with self._database.reading() as connection:
                row = connection.execute(select(relayed).where(relayed.c.id == number)).first()
            transaction = self._outbox.transactions.find(_key(row)) if row is not None else None
            if row is None or transaction is None:
                continue
            values = _noted(transaction)
            if any(getattr(row, name) != value for name, value in values.items()):
                with self._database.writing() as connection:
                    connection.execute(update(relayed).where(relayed.c.id == number).values(**values))

    def _in_state(self, state: str) -> list[int]:
        query = select(relayed.c.id).where(relayed.c.state == state).order_by(relayed.c.id)
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

    def _shown(self, row: Row[Any]) -> Relayed:
        transaction = self._outbox.transactions.find(_key(row))
        values = _noted(transaction) if transaction else {name: getattr(row, name) for name in _NOTED}
        inclusion = transaction.inclusion if transaction else None
        state = values["state"]
        if inclusion is not None and state == _SENT:
            state = _DONE if inclusion.succeeded else _FAILED
        return Relayed(
            id=row.id,
            account=row.account,
            action=row.action,
            state=str(state),
            reason=None if not values["reason"] else str(values["reason"]),
            transaction=None if values["transaction"] is None else str(values["transaction"]),
            block=inclusion.block if inclusion else None,
            final=transaction is not None and transaction.state in (State.CONFIRMED, State.FAILED),
            asked_at=row.asked_at,
        )

    def _gone(self) -> Relayed:
        raise DatabaseError("what was just written down is not there any more")


_NOTED = ("state", "reason", "transaction", "nonce")


def _noted(transaction: Transaction) -> dict[str, object]:
    attempt = transaction.inclusion.attempt if transaction.inclusion else None
    if attempt is None and transaction.attempts:
        attempt = transaction.attempts[-1].hash
    return {
        "state": _STATES[transaction.state],
        "reason": transaction.note or None,
        "transaction": None if attempt is None else _hex(attempt),
        "nonce": transaction.nonce,
    }


def _key(row: Row[Any]) -> str:
    return f"{row.asked_at} {row.id}"


def _asked_at(transaction: Transaction) -> int:
    return int(transaction.key.split(" ", 1)[0])


def _packed(call: Call) -> bytes:
    """A call in one column: to whom, and what."""
    return bytes.fromhex(call.to[2:]) + call.data


def _unpacked(raw: bytes) -> Call:
    to, rest = raw[:_ADDRESS_BYTES], raw[_ADDRESS_BYTES:]
    return Call(address_of("0x" + to.hex()), bytes(rest))


def _hex(word: bytes) -> str:
    return "0x" + word.hex()

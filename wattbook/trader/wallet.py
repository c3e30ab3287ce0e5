"""An account's transactions: written down, sent, and sent again until their fate is known."""

import time
from typing import Any

from eth_account.signers.local import LocalAccount
from hexbytes import HexBytes
from web3.exceptions import Web3RPCError
from web3.types import Nonce, TxParams, Wei

from wattbook.chain import Chain, named
from wattbook.contracts.bound import Bound
from wattbook.errors import ChainError
from wattbook.trader.journal import Journal, JournalError
from wattbook.trader.records import Entry, Fate, Purpose, Sent

# What nodes answer to a transaction that they have, or that is in a block.
_KNOWN = ("already known", "already imported", "known transaction", "nonce too low", "nonce_too_low")
_AGAIN_AFTER = 5


class Wallet:
    """Sends for one account. A transaction is in the journal before it leaves."""

    def __init__(self, chain: Chain, account: LocalAccount, journal: Journal) -> None:
        self.chain = chain
        self.account = account
        self._journal = journal
        self._sent_at: dict[bytes, float] = {}
        self._unwritten: list[Sent] = []
        self.refusals: list[tuple[Sent, ChainError]] = []

    def under_way(self) -> list[Sent]:
        """Transactions that may still get into a block."""
        return sorted([*self._journal.under_way(), *self._unwritten], key=lambda sent: sent.nonce)

    def follow_up(self) -> list[tuple[Sent, Fate]]:
        """Finds out what became of the transactions under way, and sends again those that are in no block; `refusals`
        are then what the node would not take."""
        waiting, done = self.under_way(), []
        self.refusals = []
        if not waiting:
            return []
        mined, pending = self.chain.nonce_of(self.account), self._pending_nonce()
        reachable = max(mined, pending)
        for sent in waiting:
            fate = self._fate(sent, mined, reachable)
            if fate is None:
                reachable = max(reachable, sent.nonce + 1)
                self._send_again(sent)
            elif sent in self._unwritten:
                self._unwritten.remove(sent)
                done.append((sent, fate))
            else:
                self._journal.fated(sent, fate)
                done.append((sent, fate))
        return done

    def try_out(self, function: Bound) -> None:
        """Raises what the contract would answer in the next block."""
        named(lambda: function.call({"from": self.account.address}, "pending"))

    def send(self, function: Bound, gas: int, purpose: Purpose, entry: Entry, **changes: Any) -> None:
        """Writes a transaction down together with changes of its order, then sends it.

        When it cannot be written down it is not sent; but for a reveal, which a contract takes once however often
        it comes, and which is worth a bond.
        """
        waiting = self.under_way()
        nonce = max([self._pending_nonce(), *(sent.nonce + 1 for sent in waiting)])
        fields: TxParams = {
            "chainId": self.chain.chain_id,
            "from": self.account.address,
            "gas": gas,
            "nonce": Nonce(nonce),
            "value": Wei(0),
        }
        transaction = function.build_transaction({**fields, **self._price()})
        signed = self.account.sign_transaction(transaction)  # type: ignore[arg-type]
        sent = Sent(bytes(signed.hash), bytes(signed.raw_transaction), nonce, purpose, entry.id)
        try:
            self._journal.record(sent, **changes)
        except JournalError:
            if purpose is not Purpose.REVEAL:
                raise
            self._unwritten.append(sent)
        self._broadcast(sent)

    def gas_of(self, function: Bound) -> int:
        """What a transaction may need."""
        estimate = named(lambda: function.estimate_gas({"from": self.account.address}, "pending"))
        return estimate * 5 // 4

    def _send_again(self, sent: Sent) -> None:
        try:
            self._broadcast(sent)
        except ChainError as error:
            _ = self.chain.now  # raises if the node is gone, and not only this was refused
            self.refusals.append((sent, error))

    def _fate(self, sent: Sent, mined: int, reachable: int) -> Fate | None:
        succeeded = self.chain.status_of(HexBytes(sent.hash).to_0x_hex())
        if succeeded is not None:
            return Fate.MINED if succeeded else Fate.FAILED
        # Its nonce went to another transaction, or waits behind one that was lost.
        return Fate.DEAD if sent.nonce < mined or sent.nonce > reachable else None

    def _broadcast(self, sent: Sent) -> None:
        now = time.monotonic()
        if now - self._sent_at.get(sent.hash, -_AGAIN_AFTER) < _AGAIN_AFTER:
            return
        try:
            named(lambda: self._hand_over(sent.raw))
        finally:
            self._sent_at[sent.hash] = now

    def _hand_over(self, raw: bytes) -> None:
        try:
            self.chain.web3.eth.send_raw_transaction(raw)
        except Web3RPCError as error:
            if not any(word in str(error).lower() for word in _KNOWN):
                raise

    def _price(self) -> TxParams:
        """Leaves room for the base fee to double before the transaction is in a block. What is paid beyond that fee is
        as the node says: nodes go by what others paid, and to raise it would raise it for the next one."""
        eth = self.chain.web3.eth
        base = named(lambda: eth.get_block("latest").get("baseFeePerGas"))
        if base is None:
            return {"gasPrice": named(lambda: eth.gas_price)}
        tip = named(lambda: eth.max_priority_fee)
        return {"maxFeePerGas": Wei(2 * base + tip), "maxPriorityFeePerGas": tip}

    def _pending_nonce(self) -> int:
        return named(lambda: int(self.chain.web3.eth.get_transaction_count(self.account.address, "pending")))

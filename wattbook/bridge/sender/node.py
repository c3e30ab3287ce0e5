"""What a sender asks a node."""

from dataclasses import dataclass

from eth_typing import BlockNumber, HexStr
from hexbytes import HexBytes
from web3.exceptions import BlockNotFound, TransactionNotFound
from web3.types import TxParams, TxReceipt

from wattbook.bridge.outbox.records import Call, Inclusion
from wattbook.bridge.sender.answers import Answer, answer_of
from wattbook.bridge.sender.fees import Fees
from wattbook.chain import Chain, address_of, named
from wattbook.errors import ChainError


@dataclass(frozen=True, slots=True)
class View:
    """The chain as it looks now: its newest block, the newest that is for good, the base fee, and how many nonces of
    the account are used up in blocks."""

    head: int
    final: int
    base_fee: int
    used: int


class Node:
    """A chain, as the account that sends sees it."""

    def __init__(self, chain: Chain, address: str, confirmations: int) -> None:
        self._chain = chain
        self._eth = chain.web3.eth
        self._address = address_of(address)
        self._confirmations = confirmations

    @property
    def chain_id(self) -> int:
        return named(lambda: self._chain.chain_id)

    def view(self) -> View:
        block = named(lambda: self._eth.get_block("latest"))
        if "baseFeePerGas" not in block:
            raise ChainError("the chain has no base fee; the bridge can send to chains with EIP-1559 only")
        head = int(block["number"])
        deep = head - self._confirmations + 1
        used = self._chain.nonce_of(self._address)
        return View(head, max(deep, self._finalized(), 0), int(block["baseFeePerGas"]), used)

    def still_here(self) -> None:
        """Raises if the node is gone, and not only refused something."""
        _ = self._chain.now

    def used_at(self, block: int) -> int:
        """How many nonces were used up in a block and those before it."""
        return named(lambda: int(self._eth.get_transaction_count(self._address, BlockNumber(block))))

    def hash_at(self, block: int) -> bytes | None:
        """The hash of the block with a number; None when the chain is not that long."""

        def ask() -> bytes | None:
            try:
                return bytes(self._eth.get_block(BlockNumber(block))["hash"])
            except BlockNotFound:
                return None

        return named(ask)

    def inclusion(self, attempt: bytes) -> Inclusion | None:
        """In which block a transaction is; None when it is in none."""

        def ask() -> TxReceipt | None:
            try:
                return self._eth.get_transaction_receipt(HexBytes(attempt))
            except TransactionNotFound:
                return None

        receipt = named(ask)
        if receipt is None:
            return None
        return Inclusion(attempt, int(receipt["blockNumber"]), bytes(receipt["blockHash"]), receipt["status"] == 1)

    def fees(self, view: View) -> Fees:
        """What is offered by others, and has room for the base fee to double."""
        return Fees.now(view.base_fee, named(lambda: int(self._eth.max_priority_fee)))

    def estimate(self, call: Call) -> int:
        """How much gas a call needs, and a quarter more; a contract's refusal is raised as it is."""
        transaction: TxParams = {
            "from": self._address,
            "to": address_of(call.to),
            "data": HexStr("0x" + call.data.hex()),
        }
        return named(lambda: int(self._eth.estimate_gas(transaction))) * 5 // 4

    def hand_over(self, raw: bytes) -> tuple[Answer, str]:
        """Gives the node a signed transaction. That there is no answer does not mean that it was not taken."""
        try:
            named(lambda: self._eth.send_raw_transaction(raw))
        except ChainError as error:
            return answer_of(str(error)), str(error)
        return Answer.TAKEN, ""

    def _finalized(self) -> int:
        try:
            return named(lambda: int(self._eth.get_block("finalized")["number"]))
        except ChainError:
            # Not every chain knows it; then confirmations alone count.
            return 0

"""ValidatorSet in plain Python, and a chain on which it can be asked anything by anyone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.address import to_checksum_address
from web3.types import RPCEndpoint

from wattbook.chain import Chain
from wattbook.contracts import reverts
from wattbook.contracts.revert import ContractRevert, revert_from_data
from wattbook.contracts.validator_set import ValidatorSet
from wattbook.deployment.bytecode import creation_code
from wattbook.deployment.local import known_account
from wattbook.governance.genesis import SELECTOR
from wattbook.trial.blocks import OPTIONS, Message

NOBODY = "0x" + "00" * 20
KEPT = tuple(option for option in OPTIONS if option != "--prune-history")
"""Options of a chain that can tell afterwards why something failed."""
LEAST, MOST = 4, 21
LITTLE_GAS = 100_000
"""With which the nodes' question must be answered, whatever happened before; what it costs to be sent is in it."""

Refusal = tuple[Any, ...]


def somebody(number: int) -> str:
    return known_account(200 + number).address


@dataclass
class Seats:
    """What the contract should be: the same rules, in the sequence in which it asks them."""

    seats: list[str]
    founder: str
    contracts: frozenset[str]
    feeder: str = NOBODY
    changed_in: int = 0
    met: set[type[ContractRevert]] = field(default_factory=set)
    sizes: set[int] = field(default_factory=set)

    def told(self, block: int, sender: str, function: str, *arguments: str) -> Refusal | None:
        """Carries out a call; of one that is refused it says how, and changes nothing."""
        before = (list(self.seats), self.feeder, self.changed_in)
        refusal: Refusal | None = getattr(self, f"_{function}")(block, sender, *arguments)
        if refusal:
            self.seats, self.feeder, self.changed_in = before
            self.met.add(refusal[0])
        self.sizes.add(len(self.seats))
        return refusal

    def _setFeeder(self, block: int, sender: str, feeder: str) -> Refusal | None:
        if sender != self.founder:
            return reverts.NotFounder, sender
        if self.feeder != NOBODY:
            return reverts.FeederAlreadySet, self.feeder
        if feeder not in self.contracts:
            return reverts.NoContract, feeder
        self.feeder = feeder
        return None

    def _replace(self, block: int, sender: str, leaving: str, coming: str) -> Refusal | None:
        if refusal := self._closed(block, sender):
            return refusal
        if leaving not in self.seats:
            return reverts.NotSeated, leaving
        if refusal := self._unfit(coming):
            return refusal
        self.seats[self.seats.index(leaving)] = coming
        return None

    def _add(self, block: int, sender: str, coming: str) -> Refusal | None:
        if refusal := self._closed(block, sender) or self._unfit(coming):
            return refusal
        if len(self.seats) == MOST:
            return reverts.TooMany, MOST + 1
        self.seats.append(coming)
        return None

    def _remove(self, block: int, sender: str, leaving: str) -> Refusal | None:
        if refusal := self._closed(block, sender):
            return refusal
        if leaving not in self.seats:
            return reverts.NotSeated, leaving
        if len(self.seats) == LEAST:
            return reverts.TooFew, LEAST - 1
        self.seats.remove(leaving)
        return None

    def _closed(self, block: int, sender: str) -> Refusal | None:
        if sender != self.feeder:
            return reverts.NotFeeder, sender
        if self.changed_in == block:
            return reverts.OneABlock, block
        self.changed_in = block
        return None

    def _unfit(self, coming: str) -> Refusal | None:
        if coming == NOBODY:
            return (reverts.ZeroAddress,)
        return (reverts.AlreadySeated, coming) if coming in self.seats else None


class Node:
    """A chain that seals a block when it is told to, and lets anybody send."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self._rich: set[str] = set()
        self.ask("anvil_autoImpersonateAccount", True)
        self.ask("evm_setAutomine", False)

    def ask(self, method: str, *parameters: Any) -> Any:
        answer = self.chain.web3.provider.make_request(RPCEndpoint(method), list(parameters))
        assert "error" not in answer, answer
        return answer["result"]

    def hold(self, address: str) -> str:
        """Puts a contract there that does nothing."""
        self.ask("anvil_setCode", address, "0x00")
        return address

    def create(self, validators: Sequence[str], founder: str) -> ValidatorSet:
        """The contract by its constructor."""
        given = encode(["address[]", "address"], [list(validators), founder]).hex()
        [receipt] = self._mined([(somebody(0), None, creation_code("ValidatorSet") + given)])
        return ValidatorSet(self.chain, receipt["contractAddress"])

    def block(self, *messages: Message) -> tuple[int, list[Refusal | None]]:
        """One block of them all in their sequence: its number, and how each was refused."""
        receipts = self._mined([(one.sender, one.to, one.data) for one in messages])
        [number] = {int(receipt["blockNumber"], 16) for receipt in receipts}
        return number, [self._refusal(receipt) for receipt in receipts]

    def validators(self, contract: str, gas: int = LITTLE_GAS) -> list[str]:
        """What the nodes of a network are answered, who ask as nobody."""
        call = {"from": NOBODY, "to": contract, "data": "0x" + SELECTOR.hex(), "gas": hex(gas)}
        [found] = decode(["address[]"], bytes.fromhex(self.ask("eth_call", call, "latest")[2:]))
        return [to_checksum_address(one) for one in found]

    def stored(self, contract: str, slots: int = 30) -> dict[int, int]:
        """What stands in the first slots, as far as anything does."""
        words = {slot: int(self.ask("eth_getStorageAt", contract, hex(slot), "latest"), 16) for slot in range(slots)}
        return {slot: word for slot, word in words.items() if word}

    def all_stored(self, contract: str) -> str:
        """The hash of all that it has stored, wherever."""
        return str(self.ask("eth_getProof", contract, [], "latest")["storageHash"])

    def _mined(self, sent: Sequence[tuple[str, str | None, str]]) -> list[Any]:
        hashes = []
        for place, (sender, to, data) in enumerate(sent):
            if sender not in self._rich:
                self.ask("anvil_setBalance", sender, hex(10**24))
                self._rich.add(sender)
            # What pays more comes first.
            fields = {"from": sender, "data": data, "gas": hex(3_000_000), "gasPrice": hex(len(sent) - place)}
            hashes.append(self.ask("eth_sendTransaction", fields | ({"to": to} if to else {})))
        self.ask("evm_mine")
        return [self.ask("eth_getTransactionReceipt", one) for one in hashes]

    def _refusal(self, receipt: Any) -> Refusal | None:
        if receipt["status"] == "0x1":
            return None
        traced = self.ask("debug_traceTransaction", receipt["transactionHash"], {"tracer": "callTracer"})
        error = revert_from_data(traced["output"])
        return type(error), *error.arguments

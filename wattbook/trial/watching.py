"""Verdicts of delegates on chain: contracts beside the market's, with as many validators as a case has."""

from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from web3.types import RPCEndpoint

from wattbook import abi
from wattbook.chain import address_of
from wattbook.contracts.delegates import Delegates
from wattbook.contracts.reverts import NoEvidence
from wattbook.contracts.structs import SealedHeader
from wattbook.contracts.validator_set import ValidatorSet
from wattbook.contracts.watch import Watch
from wattbook.deployment.bytecode import creation_code
from wattbook.errors import WattbookError
from wattbook.trial.blocks import Mined, message
from wattbook.trial.park import Park

Case = dict[str, Any]
Result = dict[str, Any]
_NONE = bytes(32)
_EVIDENCE = keccak(text="what shows it")
_GAS = 30_000_000


class Watching:
    """Delegates and their watch, who obey nobody but whoever created them."""

    def __init__(self, park: Park, size: int) -> None:
        self.chain, self.blocks = park.market.chain, park.blocks
        self.founder = str(_key("founder").address)
        self.keys = {one.address: one for one in (_key(f"validator {place}") for place in range(size))}
        self.validators = list(self.keys)
        elections = park.market.elections.address
        self.seats = ValidatorSet(self.chain, self._created("ValidatorSet", self.validators, self.founder))
        delegates = self._created("Delegates", elections, self.seats.address, self.founder)
        self.delegates = Delegates(self.chain, delegates)
        self.watch = Watch(self.chain, self._created("Watch", delegates))
        self._send(self.seats, "setFeeder", self.founder, delegates)
        self._send(self.delegates, "setWatch", self.founder, self.watch.address)

    def attest(self, accused: str, evidence: bytes) -> Mined:
        """Another accuses him of a false attestation."""
        by = next(one for one in self.validators if one != accused)
        return self._send(self.watch, "suspectAttestation", by, accused, evidence)

    def prove(self, first: SealedHeader, second: SealedHeader) -> Mined:
        return self._send(self.watch, "proveEquivocation", self.founder, first, second)

    def needed(self, accused: str) -> int:
        """How many must find the accused abnormal."""
        return int(self.watch.suspicion_of(accused).needed)

    def vote(self, voter: str, accused: str) -> Mined:
        return self._send(self.watch, "vote", voter, accused, True)

    def change_seat(self) -> None:
        self._send(self.delegates, "changeSeat", self.founder)

    def _send(self, contract: Any, function: str, sender: str, *values: Any) -> Mined:
        [mined] = self.blocks.mine([message(contract, function, sender, *values)])
        return mined

    def _created(self, name: str, *arguments: Any) -> str:
        factory = self.chain.web3.eth.contract(abi=abi.interface(name).abi, bytecode=creation_code(name))
        data = factory.constructor(*arguments).data_in_transaction
        fields = {"from": _key("creator").address, "data": data, "gas": hex(_GAS), "gasPrice": "0x0"}
        sent = self._asked("eth_sendTransaction", fields)
        self.blocks.mine([])
        return address_of(self._asked("eth_getTransactionReceipt", sent)["contractAddress"])

    def _asked(self, method: str, parameter: Any) -> Any:
        return self.chain.web3.provider.make_request(RPCEndpoint(method), [parameter])["result"]


def removal_on_chain(park: Park, case: Case) -> Result:
    """Without evidence nobody is suspected, so how many would be needed is said of another."""
    watching = Watching(park, case["validators"])
    accused, *others = watching.validators
    suspected = accused if case["evidence"] else others[0]
    if not case["evidence"]:
        _refused(watching, accused)
    watching.attest(suspected, _EVIDENCE)
    if case["evidence"]:
        for voter in others[: case["yesVotes"]]:
            watching.vote(voter, accused)
    watching.change_seat()
    removed = accused not in watching.seats.get_validators()
    needed = watching.needed(suspected)
    return {"needed": needed, "removed": removed, "replaceFirst": watching.delegates.is_leaving(accused)}


def _refused(watching: Watching, accused: str) -> None:
    try:
        watching.attest(accused, _NONE)
    except NoEvidence:
        return
    raise WattbookError("somebody is suspected without evidence")


def _key(name: str) -> LocalAccount:
    """The same in every run: what an address or a signature costs depends on how many of its bytes are zero."""
    account: LocalAccount = Account.from_key(keccak(text=f"watch's {name}"))
    return account

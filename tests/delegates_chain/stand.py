"""Members with certificates, most of whom would keep the books."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from web3.types import RPCEndpoint

from wattbook.contracts.structs import Contents
from wattbook.trial.blocks import Blocks, Log, Mined
from wattbook.trial.electing import Electing

NOBODY = "0x" + "00" * 20


class Stand:
    """Nine who stand or will, three who vote. What an undone test did to the chain, nobody remembers."""

    def __init__(self, electing: Electing) -> None:
        self.electing, park = electing, electing.park
        first = len(park.traders)
        park.have_traders(first + 13)
        people = park.traders[first:]
        self.nodes, self.voters, self.stranger = people[:9], people[9:12], people[12]
        self.elections, self.delegates = electing.elections, electing.delegates
        self.certificates, self.anybody = electing.market.green_certificates, electing.anybody
        self.watch, self.authority = self.delegates.watch(), electing.authority
        held = electing.certificates(dict.fromkeys(self.nodes, 10) | dict.fromkeys(self.voters, 12))
        self.stakes = {node: held[node][:5] for node in self.nodes}
        self.held = held | {node: held[node][5:] for node in self.nodes}

    @contextmanager
    def undone(self) -> Iterator[None]:
        before = self._ask("evm_snapshot")
        try:
            yield
        finally:
            assert self._ask("evm_revert", before)
            # What nonce whose next transaction has is another matter now.
            self.electing.blocks = self.electing.park.blocks = Blocks(self.electing.market.chain)

    def send(self, contract: Any, function: str, sender: str, *arguments: Any) -> Mined:
        return self.electing.send(contract, function, sender, *arguments)

    def told(self, *sent: Any) -> tuple[Log, ...]:
        """All that is said of a call."""
        return self.send(*sent).logs

    def stand(self, count: int = 9) -> None:
        self.electing.stand(self.nodes[:count], self.stakes)

    def stand_anew(self, *nodes: str) -> dict[str, list[int]]:
        """With stakes of energy that was just made."""
        stakes = self.electing.certificates(dict.fromkeys(nodes, 5))
        self.electing.stand(nodes, stakes)
        return stakes

    def vote(self, voter: str, candidate: str, count: int) -> int:
        return self.electing.vote(voter, candidate, self.held[voter][:count])

    def owner(self, account: str) -> int:
        return int(self.electing.market.membership.standing_of(account).owner)

    def member(self, account: str) -> int:
        return int(self.electing.market.membership.standing_of(account).member)

    def contents(self, id: int) -> Contents:
        [event] = self.certificates.raw.events.CertificateMade().get_logs(from_block=0, argument_filters={"id": id})
        return Contents(event["args"]["number"], event["args"]["ids"], event["args"]["amounts"])

    def _ask(self, method: str, *parameters: Any) -> Any:
        return self.electing.market.chain.web3.provider.make_request(RPCEndpoint(method), list(parameters))["result"]

"""The other attesters' bridges, asked over HTTP."""

import httpx
from eth_account.signers.local import LocalAccount

from wattbook.bridge.attesting.wire import SIGNATURE, Answer, Proposal, dump_proposal, load_answer, seal
from wattbook.bridge.config import Peer
from wattbook.errors import WattbookError

CHECK, SIGN = "/attest/check", "/attest/sign"
_SECONDS = 10


class PeerError(WattbookError):
    """Another attester's bridge does not answer, or not as it should."""


class Peers:
    """All others, and the key by which they know us."""

    def __init__(self, peers: tuple[Peer, ...], account: LocalAccount) -> None:
        self.all = peers
        self._account = account
        self._client = httpx.Client(timeout=_SECONDS, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def check(self, peer: Peer, proposal: Proposal) -> Answer:
        return self._ask(peer, CHECK, proposal)

    def sign(self, peer: Peer, proposal: Proposal) -> Answer:
        return self._ask(peer, SIGN, proposal)

    def _ask(self, peer: Peer, path: str, proposal: Proposal) -> Answer:
        body = dump_proposal(proposal)
        headers = {SIGNATURE: seal(path, peer.address, body, self._account), "Content-Type": "application/json"}
        try:
            response = self._client.post(peer.url.rstrip("/") + path, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise PeerError(f"{peer.name} at {peer.url} does not answer ({type(error).__name__})") from None
        if response.status_code != 200:
            raise PeerError(f"{peer.name} at {peer.url} answers {response.status_code}: {response.text[:200]}")
        return load_answer(response.content)

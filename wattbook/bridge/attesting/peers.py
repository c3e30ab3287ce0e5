"""The other attesters' bridges, asked over HTTP."""

from time import monotonic

import httpx
from eth_account.signers.local import LocalAccount

from wattbook.bridge.attesting.wire import MOST, SIGNATURE, Answer, Proposal, dump_proposal, load_answer, seal
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
        status, answer = self._answer(peer, path, body, headers)
        if status != 200:
            said = answer[:200].decode(errors="replace")
            raise PeerError(f"{peer.name} at {peer.url} answers {status}: {said}")
        return load_answer(answer)

    def _answer(self, peer: Peer, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """A peer that says too much, or says it too slowly, does not hold up the round."""
        url, until = peer.url.rstrip("/") + path, monotonic() + 2 * _SECONDS
        answer = bytearray()
        try:
            with self._client.stream("POST", url, content=body, headers=headers) as response:
                for chunk in response.iter_bytes():
                    answer += chunk
                    if len(answer) > MOST:
                        raise PeerError(f"{peer.name} at {peer.url} answers with more than {MOST} bytes")
                    if monotonic() > until:
                        raise PeerError(f"{peer.name} at {peer.url} takes more than {2 * _SECONDS} s to answer")
                return response.status_code, bytes(answer)
        except httpx.HTTPError as error:
            raise PeerError(f"{peer.name} at {peer.url} does not answer ({type(error).__name__})") from None

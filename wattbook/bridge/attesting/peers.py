"""The other attesters' bridges, asked over HTTP."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from threading import Thread
from time import monotonic

import httpx
from eth_account.signers.local import LocalAccount

from wattbook.bridge.attesting.wire import (
    MOST,
    SIGNATURE,
    Answer,
    Proposal,
    WireError,
    dump_proposal,
    load_answer,
    seal,
)
from wattbook.bridge.config import Peer
from wattbook.errors import WattbookError

CHECK, SIGN = "/attest/check", "/attest/sign"
# Between two signs of life of a peer, and for all that is asked at once.
_SECONDS, PATIENCE = 10, 20


class PeerError(WattbookError):
    """Another attester's bridge does not answer, or not as it should."""


class Peers:
    """All others, and the key by which they know us."""

    def __init__(self, peers: tuple[Peer, ...], account: LocalAccount) -> None:
        self.all = peers
        self._account = account
        # What is packed can become more than there is memory for.
        self._client = httpx.Client(timeout=_SECONDS, trust_env=False, headers={"Accept-Encoding": "identity"})
        self._asked: dict[Peer, Future[Answer]] = {}

    def close(self) -> None:
        self._client.close()

    def ask(
        self, question: str, peers: Sequence[Peer], proposal: Proposal
    ) -> Iterator[tuple[Peer, Answer | WattbookError]]:
        """What each answers, in the order given. All are asked at once, so that however many are slow, they hold up the
        round no longer than one; who has not come to an end with the last question is not asked another."""
        until = monotonic() + PATIENCE
        free = {peer for peer in peers if peer not in self._asked or self._asked[peer].done()}
        for peer in free:
            self._asked[peer] = self._begin(question, peer, proposal)
        for peer in peers:
            if peer not in free:
                yield peer, PeerError(f"{peer.name} at {peer.url} still owes the answer to the last question")
                continue
            try:
                yield peer, self._asked[peer].result(max(until - monotonic(), 0))
            except TimeoutError:
                yield peer, PeerError(f"{peer.name} at {peer.url} takes more than {PATIENCE} s to answer")
            except (PeerError, WireError) as error:
                yield peer, error

    def _begin(self, question: str, peer: Peer, proposal: Proposal) -> Future[Answer]:
        """Asks in a thread of its own, which keeps no process alive, however long the peer talks."""
        future: Future[Answer] = Future()

        def ask() -> None:
            try:
                future.set_result(self._ask(peer, question, proposal))
            except Exception as error:
                future.set_exception(error)

        Thread(target=ask, name=f"asks {peer.name}", daemon=True).start()
        return future

    def _ask(self, peer: Peer, path: str, proposal: Proposal) -> Answer:
        body = dump_proposal(proposal)
        headers = {SIGNATURE: seal(path, peer.address, body, self._account), "Content-Type": "application/json"}
        status, answer = self._answer(peer, path, body, headers)
        if status != 200:
            said = answer[:200].decode(errors="replace")
            raise PeerError(f"{peer.name} at {peer.url} answers {status}: {said}")
        return load_answer(answer)

    def _answer(self, peer: Peer, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        url, until = peer.url.rstrip("/") + path, monotonic() + PATIENCE
        answer = bytearray()
        try:
            with self._client.stream("POST", url, content=body, headers=headers) as response:
                for chunk in response.iter_raw():
                    answer += chunk
                    if len(answer) > MOST:
                        raise PeerError(f"{peer.name} at {peer.url} answers with more than {MOST} bytes")
                    if monotonic() > until:
                        raise PeerError(f"{peer.name} at {peer.url} takes more than {PATIENCE} s to answer")
                return response.status_code, bytes(answer)
        except httpx.HTTPError as error:
            raise PeerError(f"{peer.name} at {peer.url} does not answer ({type(error).__name__})") from None

"""The operator's bridge, asked for what meters showed. What it says counts if a root on the chain bears it out."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from eth_account.signers.local import LocalAccount

from wattbook.bridge.formats.records import Trust
from wattbook.bridge.http.access import authorization
from wattbook.connection import Market
from wattbook.errors import WattbookError
from wattbook.metering.tree import Leaf, is_covered, leaf_hash

_SECONDS = 5
_HOUR = 3_600
_MOST_BYTES = 65_536


class BridgeError(WattbookError):
    """The bridge does not answer, or says what no root bears out."""


@dataclass(frozen=True)
class Proved:
    """A reading with the proof that it is in a root."""

    leaf: Leaf
    place: int
    proof: tuple[bytes, ...]


class BridgeReader:
    """Asks in the operator's name. Threads may share it."""

    def __init__(
        self,
        url: str,
        market: Callable[[], Market],
        operator: LocalAccount,
        clock: Callable[[], int] = lambda: int(time.time()),
    ) -> None:
        self._url = url.rstrip("/")
        self._market = market
        self._operator = operator
        self._clock = clock
        self._client = httpx.Client(timeout=_SECONDS, follow_redirects=False, trust_env=False)
        self._header, self._until = "", 0

    def reading(self, zone: int, at: int, version: int, device: int, root: bytes, size: int) -> Proved | None:
        """A device's reading under a root; None when the bridge has none."""
        url = f"{self._url}/readings/{zone}/{at}/{version}/{device}"
        try:
            answer = self._client.get(url, headers={"Authorization": self._authorization()})
        except httpx.HTTPError as error:
            raise BridgeError(f"the bridge does not answer ({type(error).__name__})") from None
        if answer.status_code == 404:
            return None
        if answer.status_code != 200 or len(answer.content) > _MOST_BYTES:
            raise BridgeError(f"the bridge answers {answer.status_code}")
        try:
            found = _proved(answer.json())
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BridgeError("the bridge's answer cannot be read") from None
        leaf = leaf_hash(device, found.leaf.content_hash)
        if found.leaf.device != device or not is_covered(root, size, found.place, leaf, found.proof):
            raise BridgeError("the bridge shows a reading that is not under the root on the chain")
        return found

    def health(self) -> dict[str, Any] | None:
        """What the bridge says of itself; None when it does not answer."""
        try:
            said = self._client.get(f"{self._url}/health").json()
        except (httpx.HTTPError, ValueError):
            return None
        return said if isinstance(said, dict) else None

    def _authorization(self) -> str:
        now = self._clock()
        if now > self._until - _HOUR // 2:
            self._until = now + _HOUR
            self._header = authorization(self._market(), self._operator, self._until)
        return self._header


def _proved(said: dict[str, Any]) -> Proved:
    def word(name: str) -> bytes:
        return bytes.fromhex(said[name].removeprefix("0x"))

    trust = _TRUSTS.index(Trust(said["trust"]))
    numbers = (int(said[name]) for name in ("device", "register", "sequence", "quality"))
    device, register, sequence, quality = numbers
    leaf = Leaf(device, register, sequence, quality, trust, word("source"), word("salt"))
    proof = tuple(bytes.fromhex(one.removeprefix("0x")) for one in said["proof"])
    return Proved(leaf, int(said["place"]), proof)


_TRUSTS = tuple(Trust)

"""Readings in every state, so that each function about them has something to act on.

The window lasts for weeks here, so that no test outlasts it, but no longer than claims of a month are taken.
"""

from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from tests.assertions import pass_time
from tests.devices import QUARTER
from wattbook import Market
from wattbook.contracts.structs import Carrier, Direction, Exchange, Quality, Reading, Root
from wattbook.deployment.local import known_account
from wattbook.eip712 import sign
from wattbook.metering.roots import in_order, root_of, sign_root
from wattbook.metering.tree import Tree

WINDOW = 18 * 24 * 3600
CONTENT = keccak(text="a content")

Leaf = tuple[Root, int, bytes, int, list[bytes]]


@dataclass
class Metering:
    """What attesters and a meter said of one device, and what the disputer doubts."""

    market: Market
    device: int
    meter: LocalAccount
    disputer: LocalAccount

    def __post_init__(self) -> None:
        self.start = self.market.chain.now // QUARTER * QUARTER - 20 * QUARTER
        self.lapsing = self._dispute(1)
        pass_time(self.market.readings.lapses_after())
        self.disputed = self._dispute(2)
        self.undisputed = self._post(3)
        self.final = self.undisputed[0]
        self.unposted = self._root(4)
        submitted, self.unsubmitted = self._reading(5), self._reading(6)
        self.market.readings.submit(submitted, self.signature(submitted), sender=self.disputer)
        self.submitted = (submitted.device, submitted.time)
        self.exchange = Exchange(self.device, self.start, 100, 0, CONTENT)

    def signature(self, reading: Reading, key: LocalAccount | None = None) -> bytes:
        values = {name: int(value) if isinstance(value, int) else value for name, value in reading._asdict().items()}
        return sign(self.market.readings, "Reading", key or self.meter, values)

    def _dispute(self, place: int) -> tuple[int, int]:
        root, *leaf = self._post(place)
        self.market.readings.dispute(root, *leaf, sender=self.disputer)
        return self.device, root.time

    def _post(self, place: int) -> Leaf:
        root, readings = self._root(place), self.market.readings
        attesters = [known_account(name) for name in ("attester1", "attester2")]
        signatures = in_order((who.address, sign_root(readings, root, [], who)) for who in attesters)
        readings.post(root, [], signatures, sender=self.disputer)
        return root, self.device, CONTENT, 0, []

    def _root(self, place: int) -> Root:
        return root_of(1, self.start + place * QUARTER, 0, Tree([(self.device, CONTENT)]))

    def _reading(self, place: int) -> Reading:
        time = self.start + place * QUARTER
        return Reading(
            self.device, Carrier.ELECTRICITY, Direction.INJECTION, time, 0, place, Quality.MEASURED, bytes(32)
        )

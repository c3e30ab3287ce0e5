"""Rounds in which all meters of a zone are read: posted, doubted and put right where they lie, counted when final."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from wattbook.contracts.structs import ProvenReading, Root
from wattbook.deployment.local import known_account
from wattbook.eip712 import sign
from wattbook.metering.roots import in_order, proven, root_of, sign_root
from wattbook.metering.tree import Leaf, Tree
from wattbook.trial.blocks import Message, message
from wattbook.trial.metering import ATTESTERS
from wattbook.trial.park import Park

_ZONE = 1
_AT_ONCE = 50


@dataclass
class Register:
    """A device: what it has counted, what of that is known to the chain, and how often it was read.

    - shows: the register of the meter that is there now; before: what those before it had counted
    - read: by time, what was counted in all
    """

    device: int
    shows: int = 0
    sequence: int = 0
    before: int = 0
    read: dict[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """What it counted in all."""
        return self.before + self.shows

    @property
    def last(self) -> int:
        """What of that was read."""
        return next(reversed(self.read.values()), 0)

    def replace(self) -> None:
        """Another meter, which begins at nothing."""
        self.before, self.shows = self.total, 0

    def in_slot(self, start: int, seconds: int) -> int:
        """What settlement makes of a slot: Wh between two readings are spread evenly over what is between them."""
        end = start + seconds
        since = max(time for time in self.read if time <= start)
        until = min(time for time in self.read if time >= end)
        wh, periods = self.read[until] - self.read[since], (until - since) // seconds
        place = (start - since) // seconds
        return wh * (place + 1) // periods - wh * place // periods


class Rounds:
    """The readings of a zone. `queue` has those that settlement has not counted yet, in the order of posting.

    `ahead`: so many seconds before their time has come on the chain readings are brought, 0 for when it is over.
    """

    ahead = 0

    def __init__(self, park: Park) -> None:
        self.queue: list[tuple[Root, list[ProvenReading]]] = []
        self._market = park.market
        self._relayer = known_account("grid").address

    def read(self, time: int, registers: Iterable[Register], lies: Mapping[int, int], doubter: str) -> list[Message]:
        """The root over registers, by rising device. A device that lies shows so many Wh more than it counted, which
        somebody doubts at once, and is put right."""
        leaves = [_leaf(register, time) for register in registers]
        if not leaves:
            return []
        said = [replace(leaf, register=leaf.register + lies.get(leaf.device, 0)) for leaf in leaves]
        root, tree, posted = self._post(time, said, 0)
        self._await(root, tree, [leaf for leaf in leaves if leaf.device not in lies])
        wrong = [(lie, right) for lie, right in zip(said, leaves, strict=True) if lie != right]
        return [posted, *self._put_right(root, tree, wrong, doubter)] if wrong else [posted]

    def arrive(self) -> None:
        """Waits until all that was read stands on the chain: here it does at once."""

    def count(self, rounds: int) -> list[Message]:
        """Has the next readings counted, in the order in which they were posted."""
        given, self.queue = self.queue[:rounds], self.queue[rounds:]
        return [message(self._market.imbalance, "meter", self._relayer, *one) for one in given]

    def _await(self, root: Root, tree: Tree, leaves: Sequence[Leaf]) -> None:
        for start in range(0, len(leaves), _AT_ONCE):
            self.queue.append((root, [proven(tree, leaf) for leaf in leaves[start : start + _AT_ONCE]]))

    def _put_right(self, root: Root, tree: Tree, lies: Sequence[tuple[Leaf, Leaf]], doubter: str) -> list[Message]:
        readings, truth = self._market.readings, [right for _, right in lies]
        doubts = []
        for lie, _ in lies:
            place = tree.place(lie.device)
            named = (root, lie.device, lie.content_hash, place, tree.proof(place))
            doubts.append(message(readings, "dispute", doubter, *named))
        again, corrected, posted = self._post(root.time, truth, 1)
        self._await(again, corrected, truth)
        return [*doubts, posted, *(self._verdict(lie.device, root.time) for lie, _ in lies)]

    def _verdict(self, device: int, time: int) -> Message:
        readings = self._market.readings
        said = {"device": device, "time": time, "version": 0, "upheld": True, "evidence": bytes(31) + b"1"}
        signed = in_order((one.address, sign(readings, "Verdict", one, said)) for one in attesters())
        return message(readings, "resolve", self._relayer, *said.values(), signed)

    def _post(self, time: int, leaves: Sequence[Leaf], version: int) -> tuple[Root, Tree, Message]:
        readings = self._market.readings
        tree = Tree([(leaf.device, leaf.content_hash) for leaf in leaves])
        root = root_of(_ZONE, time, version, tree)
        devices = [leaf.device for leaf in leaves] if version else []
        signed = in_order((one.address, sign_root(readings, root, devices, one)) for one in attesters())
        return root, tree, message(readings, "post", self._relayer, root, devices, signed)


def attesters() -> list[LocalAccount]:
    """Those of a local market."""
    return [known_account(name) for name in ATTESTERS]


def _leaf(register: Register, time: int) -> Leaf:
    """One more reading of a register."""
    register.sequence += 1
    register.read[time] = register.total
    source = keccak(text=f"{register.device} {time}")
    return Leaf(register.device, register.shows, register.sequence, 0, 0, source, source)

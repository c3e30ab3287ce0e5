"""Series of readings, run through the contracts and read back."""

from typing import Any

from eth_utils.crypto import keccak

from wattbook.contracts.structs import Root
from wattbook.deployment.local import known_account
from wattbook.market.shares import cumfloor
from wattbook.metering.intervals import Quality, Refusal
from wattbook.metering.roots import in_order, proven, root_of, sign_root
from wattbook.metering.told import ReadingRefusal, Told, told
from wattbook.metering.tree import Leaf, Tree
from wattbook.trial.blocks import message
from wattbook.trial.park import Park

ATTESTERS = ("attester1", "attester2", "attester3")
_ZONE = 1
_REFUSALS = {
    ReadingRefusal.ORDER: Refusal.ORDER,
    ReadingRefusal.GAP: Refusal.GAP,
    ReadingRefusal.PLAUSIBILITY: Refusal.PLAUSIBILITY,
}


class Meterings:
    """Posts roots over readings and uses them, as the contract that settles would."""

    def __init__(self, park: Park) -> None:
        self.park, self.readings = park, park.market.readings
        self.settlement = self.readings.settlement()

    def post(self, time: int, leaves: list[Leaf], signers: tuple[str, ...] = ATTESTERS) -> tuple[Root, Tree, int]:
        """Posts the root of a time that is past, at once; gives the gas too."""
        tree = Tree([(leaf.device, leaf.content_hash) for leaf in leaves])
        root = root_of(_ZONE, time, 0, tree)
        accounts = [known_account(name) for name in signers]
        signed = in_order((one.address, sign_root(self.readings, root, [], one)) for one in accounts)
        relayer = known_account("grid").address
        [mined] = self.park.blocks.mine([message(self.readings, "post", relayer, root, [], signed)])
        return root, tree, mined.gas

    def use(self, root: Root, tree: Tree, leaves: list[Leaf]) -> tuple[list[Told], int]:
        """What readings tell, as the contract returns it, and the gas of using them."""
        given = [proven(tree, leaf) for leaf in leaves]
        call = self.readings.function("use", root, given)
        words = self.park.market.chain.call(call, self.settlement)
        [mined] = self.park.blocks.mine([message(self.readings, "use", self.settlement, root, given)])
        return [told(word) for word in words], mined.gas

    def meter(self, root: Root, tree: Tree, leaves: list[Leaf]) -> int:
        """Has the readings counted by the contract that settles, and says what that took."""
        relayer = known_account("grid").address
        given = [proven(tree, leaf) for leaf in leaves]
        [mined] = self.park.blocks.mine([message(self.park.market.imbalance, "meter", relayer, root, given)])
        return mined.gas

    def wait_until_final(self) -> None:
        self.park.blocks.mine([], self.park.blocks.now + self.readings.window() + 1)


def intervals_on_chain(meterings: Meterings, case: dict[str, Any]) -> dict[str, Any]:
    """What the contracts make of a case's readings. The case's time 0 is put into the past of the chain."""
    park, period = meterings.park, case["period"]
    device = park.new_device(rated_w=case["pmaxW"], modulus=case["modulus"])
    park.blocks.mine([], park.blocks.now + 200 * period)
    start = (park.blocks.now - 150 * period) // period * period
    found, rejected = [], []
    for place, (time, register, sequence) in enumerate(case["readings"]):
        leaf = Leaf(device, register, sequence, 0, 0, keccak(place.to_bytes(4)), keccak(text=f"salt {place}"))
        root, tree, _ = meterings.post(start + time, [leaf])
        meterings.wait_until_final()
        [one], _ = meterings.use(root, tree, [leaf])
        reading = [time, register, sequence]
        if one.refusal != ReadingRefusal.NONE:
            rejected.append([*reading, _REFUSALS[one.refusal].value])
            continue
        letter = (Quality.MEASURED, Quality.SUBSTITUTED, Quality.ESTIMATED)[one.quality].value
        ends = range(one.since - start + period, one.until - start + 1, period)
        found += [[end, part, letter] for end, part in zip(ends, cumfloor([1] * one.periods, one.wh), strict=True)]
    return {"intervals": found, "rejected": rejected}

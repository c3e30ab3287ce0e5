"""What devices made, metered and certified by the contracts."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from eth_utils.crypto import keccak

from wattbook.certificates.slices import next_slots, slots_of, stock
from wattbook.certificates.whole import WHOLE_WH
from wattbook.contracts import reverts
from wattbook.contracts.structs import Direction
from wattbook.deployment.local import known_account
from wattbook.metering.tree import Leaf
from wattbook.trial.blocks import Mined, message
from wattbook.trial.metering import Meterings
from wattbook.trial.park import SLOT_SECONDS, Park


class Certifying:
    """Has devices of one member counted, slot by slot, and certificates made of what they made."""

    def __init__(self, park: Park) -> None:
        park.have_traders(1)
        self.park, self.market = park, park.market
        self.owner = park.traders[0]
        self.meterings = Meterings(park)
        self._sources = count()

    def make(self, made: Mapping[int, Sequence[int]]) -> None:
        """Lets devices that were never read make Wh in slots one after the other, and has that counted."""
        blocks, slots = self.park.blocks, max(map(len, made.values()))
        start = (blocks.now // SLOT_SECONDS + 1) * SLOT_SECONDS
        blocks.mine([], start + slots * SLOT_SECONDS + 1)
        posted = []
        for place in range(slots + 1):
            leaves = [self._leaf(device, sum(wh[:place]), place) for device, wh in sorted(made.items())]
            root, tree, _ = self.meterings.post(start + place * SLOT_SECONDS, leaves)
            posted.append((root, tree, leaves))
        self.meterings.wait_until_final()
        for root, tree, leaves in posted:
            self.meterings.meter(root, tree, leaves)

    def issue(self, device: int, wh: int) -> int:
        """A slice of the next Wh of a device."""
        slots = next_slots(self.market, device, wh)
        return int(self._said(self._send(self.market.clean_energy, "issue", device, *slots, wh), "SliceIssued")[2])

    def issue_whole(self, device: int) -> None:
        slots = next_slots(self.market, device, WHOLE_WH)
        self._send(self.market.green_certificates, "issue", device, *slots)

    def wrap(self, ids: list[int], amounts: list[int]) -> list[tuple[int, int]] | None:
        """The slices of a certificate; None when they are too few for one."""
        try:
            mined = self._send(self.market.green_certificates, "wrap", ids, amounts)
        except reverts.TooFewWh:
            return None
        *_, used, taken = self._said(mined, "CertificateMade")
        return list(zip(used, taken, strict=True))

    def battery(self, round_trip_bps: int) -> tuple[int, int]:
        """A new battery: what counts what goes in, and what comes out."""
        into = self.park.new_device(owner=self.owner, direction=Direction.WITHDRAWAL, stores=True)
        out = self.park.new_device(owner=self.owner, stores=True)
        operator = known_account("operator").address
        certifying = (self.market.batteries, "certifyBattery", operator, into, out, round_trip_bps)
        self.park.blocks.mine([message(*certifying)])
        return into, out

    def discharge_most(self, device: int, slice: int, wh: int) -> tuple[int, int]:
        """As much as the contract lets come out clean for a slice, and what it burned for that."""
        batteries, low, high = self.market.batteries, 0, self.market.production.total_of(device)
        while low < high:
            middle = (low + high + 1) // 2
            arguments = (device, *slots_of(self.market, device, 0, middle), middle, [slice], [wh])
            try:
                self.market.chain.call(batteries.function("discharge", *arguments), self.owner)
                low = middle
            except (reverts.TooFewWh, reverts.NotCharged):
                high = middle - 1
        mined = self._send(batteries, "discharge", device, *slots_of(self.market, device, 0, low), low, [slice], [wh])
        return low, sum(self._said(mined, "BatteryDischarged")[-1])

    def _leaf(self, device: int, register: int, sequence: int) -> Leaf:
        source = keccak(text=f"certified {next(self._sources)}")
        return Leaf(device, register, sequence + 1, 0, 0, source, source)

    def _send(self, contract: Any, function: str, *arguments: Any) -> Mined:
        [mined] = self.park.blocks.mine([message(contract, function, self.owner, *arguments)])
        return mined

    def _said(self, mined: Mined, event: str) -> tuple[Any, ...]:
        return next(log.args for log in mined.logs if log.name == event)


def certificates_on_chain(certifying: Certifying, case: dict[str, Any]) -> dict[str, Any]:
    """How many certificates the contracts make of what a producer carried on and what is new."""
    device = certifying.park.new_device(owner=certifying.owner)
    certifying.make({device: [case["carry"], case["newWh"]]})
    made = 0
    while (left := stock(certifying.market, device)) >= WHOLE_WH:
        certifying.issue_whole(device)
        made += 1
    return {"certificates": made, "carry": left}


def wrap_on_chain(certifying: Certifying, case: dict[str, Any]) -> dict[str, Any]:
    """What a certificate takes of slices, each of a device of its own."""
    devices = {certifying.park.new_device(owner=certifying.owner): holding for holding in case["holdings"]}
    certifying.make({device: [wh] for device, (_, wh) in devices.items()})
    names = {certifying.issue(device, wh): name for device, (name, wh) in devices.items()}
    found = certifying.wrap(list(names), [wh for _, wh in case["holdings"]])
    return {"slices": found and [[names[id], wh] for id, wh in found]}


def storage_on_chain(certifying: Certifying, case: dict[str, Any]) -> dict[str, Any]:
    """How much of what a battery gives back the contracts let be clean."""
    into, out = certifying.battery(case["roundTripBps"])
    plant = certifying.park.new_device(owner=certifying.owner)
    certifying.make({plant: [case["gcWh"], 0], into: [case["chargedWh"], 0], out: [0, case["dischargedWh"]]})
    clean, burned = certifying.discharge_most(out, certifying.issue(plant, case["gcWh"]), case["gcWh"])
    return {"gcOut": clean, "gcBurned": burned, "greyOut": case["dischargedWh"] - clean}

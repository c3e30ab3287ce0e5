"""Energy of slots to come, issued by the contracts as far as a device can deliver it."""

from typing import Any

from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier
from wattbook.trial.blocks import message
from wattbook.trial.park import SLOT_SECONDS, Park

# What has slots of another length is another carrier.
_OTHERS = (Carrier.COOLING, Carrier.HEATING, Carrier.HOT_WATER, Carrier.GAS)


class Registering:
    """Registers devices where slots are as long as is asked for."""

    def __init__(self, park: Park) -> None:
        park.have_traders(1)
        self.park = park
        self._carriers = {SLOT_SECONDS: Carrier.ELECTRICITY}

    def carrier(self, slot_seconds: int) -> Carrier:
        if slot_seconds not in self._carriers:
            carrier = next(one for one in _OTHERS if one not in self._carriers.values())
            self.park.open_carrier(carrier, slot_seconds)
            self._carriers[slot_seconds] = carrier
        return self._carriers[slot_seconds]


def registration_on_chain(registering: Registering, case: dict[str, Any]) -> dict[str, Any]:
    """What a device can deliver in a slot, and whether more can be issued of it."""
    park, length = registering.park, case["slotSeconds"]
    owner, units = park.traders[0], park.market.energy_units
    device = park.new_device(
        rated_w=case["ratedW"],
        owner=owner,
        carrier=registering.carrier(length),
        availability_bps=case["availabilityBps"],
    )
    slot = (park.blocks.now // length + 1_000) * length
    most = units.available(owner, device, slot)

    def issue(wh: int) -> None:
        park.blocks.mine([message(units, "issue", owner, device, slot, owner, wh)])

    if case["alreadyRegisteredWh"]:
        issue(case["alreadyRegisteredWh"])
    try:
        issue(case["requestWh"])
    except reverts.CapacityExceeded:
        return {"maxWh": most, "accepted": False}
    return {"maxWh": most, "accepted": True}

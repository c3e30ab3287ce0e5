"""What tenders cost, in gas."""

from random import Random
from unittest.mock import patch

from wattbook.deployment.anvil import Anvil
from wattbook.trial.blocks import OPTIONS
from wattbook.trial.park import SLOT_SECONDS, Park
from wattbook.trial.settling import Settling
from wattbook.trial.subsidising import DAY
from wattbook.trial.tendering import FREE, Tendering

_WINNERS = 10
_WH = 10_000
_NAMES = [f"user {place}" for place in range(2 * _WINNERS)]


def measure() -> dict[str, int]:
    """Of a tender over one slot with twenty quotes, of which half win; the second one, so that nobody is new."""
    # Bytes that are zero cost less, so that each time other secrets would cost a little more or less.
    with Anvil(*OPTIONS) as chain, patch("wattbook.tender.boxes.secrets.randbelow", Random(1).randrange):
        stand = Tendering(Settling(Park(chain)))
        stand.begin(_NAMES)
        first, _ = _supplied(stand)
        over = stand.settling.slot + SLOT_SECONDS
        stand.settling.begin(FREE)
        _read_between(stand, over)
        second, figures = _supplied(stand)
        executed = [stand.execute(supply).gas for supply in (*first, *second)]
        return {**figures, "executed": executed[-1]}


def _read_between(stand: Tendering, since: int) -> None:
    """Meters that are silent for too long before a slot cannot be used in it."""
    settling = stand.settling
    devices = [device for party in settling.parties.values() for device in party.registers]
    for time in range(since + DAY, settling.slot, DAY):
        stand.wait(time + 1)
        root, tree, leaves = settling.read(time, dict.fromkeys(devices, 0))
        settling.meterings.wait_until_final()
        settling.meterings.meter(root, tree, leaves)


def _supplied(stand: Tendering) -> tuple[list[int], dict[str, int]]:
    stand.publish(_WINNERS * _WH)
    quoted = [stand.quoted(name, _WH, 500).gas for name in _NAMES]
    awarded = stand.award(dict.fromkeys(range(_WINNERS), _WH))
    supplies = [log.args[0] for log in awarded.logs if log.name == "SupplyBegun"]
    stand.deliver(_WINNERS * _WH, dict.fromkeys(_NAMES[:_WINNERS], _WH))
    served = stand.serve(*supplies)
    return supplies, {
        "quoted": quoted[-1],
        "awarded, each of ten": awarded.gas // _WINNERS,
        "served in a slot, each of ten": served.gas // _WINNERS,
    }

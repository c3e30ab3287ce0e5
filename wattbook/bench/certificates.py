"""What certificates cost, in gas."""

from wattbook.certificates.slices import next_slots
from wattbook.certificates.whole import WHOLE_WH
from wattbook.deployment.anvil import Anvil
from wattbook.trial.blocks import OPTIONS, message
from wattbook.trial.certificates import Certifying
from wattbook.trial.park import Park

# Of so many slots is each certificate; of so many slices one that is wrapped.
_SLOTS, _SLICES = 20, 10


def measure() -> dict[str, int]:
    """Of a producer and a holder who have had a certificate before."""
    with Anvil(*OPTIONS) as chain:
        park = Park(chain)
        certifying = Certifying(park)
        device, certificates = park.new_device(owner=certifying.owner), park.market.green_certificates
        certifying.make({device: [WHOLE_WH // _SLOTS] * 3 * _SLOTS})
        certifying.issue_whole(device)
        slots = next_slots(park.market, device, WHOLE_WH)
        [issued] = park.blocks.mine([message(certificates, "issue", certifying.owner, device, *slots)])
        wh = WHOLE_WH // _SLICES
        ids = [certifying.issue(device, wh) for _ in range(_SLICES)]
        [wrapped] = park.blocks.mine([message(certificates, "wrap", certifying.owner, ids, [wh] * _SLICES)])
        return {f"issued of {_SLOTS} slots": issued.gas, f"wrapped of {_SLICES} slices": wrapped.gas}

"""What it takes to settle what was delivered, in gas."""

from wattbook.deployment.anvil import Anvil
from wattbook.deployment.local import known_account
from wattbook.settlement.imbalance import Metered, Terms
from wattbook.trial.blocks import OPTIONS, message
from wattbook.trial.park import Park
from wattbook.trial.settling import Settling

_POSITIONS = 50
_TERMS = Terms(pool_in=300, pool_out=600, loss_bps=300, band_bps=300, penalty_bps=1_000)
# Network, platform and common fund; the fourth payee is the seller.
_SHARES = (1_800, 100, 900)
_WH = 1_000


def measure() -> dict[str, int]:
    """Gas of one position among fifty: half of them sold to the other half, and nobody kept his word quite."""
    with Anvil(*OPTIONS) as chain:
        settling = Settling(Park(chain))
        names = [f"member {place}" for place in range(_POSITIONS)]
        settling.have(names)
        settling.begin(_TERMS, _SHARES)
        parties: dict[str, Metered] = {}
        for place, (seller, buyer) in enumerate(zip(names[::2], names[1::2], strict=True)):
            settling.sell(seller, buyer, _WH)
            parties |= {seller: Metered(_WH + 7 * place, 0, _WH, 0), buyer: Metered(0, _WH - 3 * place, 0, _WH)}
        settling.deliver(parties)
        accounts = sorted((one.account for one in settling.parties.values()), key=lambda one: int(one, 16))
        arguments = (1, 0, settling.slot, accounts)
        settle = message(settling.imbalance, "settle", known_account("grid").address, *arguments)
        [mined] = settling.park.blocks.mine([settle])
        return {"settled by 50": mined.gas // _POSITIONS}

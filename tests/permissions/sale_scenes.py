"""The scenes of DirectSale: what two members sign."""

from collections.abc import Callable
from typing import Any

from tests.assertions import FAR
from tests.devices import next_slot
from tests.permissions.world import Caller, World
from wattbook.contracts.structs import Carrier
from wattbook.eip712 import sign

Arguments = tuple[Any, ...]
Scene = Callable[[World, Caller], Arguments]

NONCE = 7


def _caller_of_subject(world: World) -> Caller:
    return Caller("subject", world.subject.address, frozenset(), world.subject)


def _sale(world: World, seller: Caller, buyer: Caller) -> Arguments:
    """100 Wh of the seller's device, or of the subject's when he has none."""
    assert seller.key and buyer.key
    sale = {
        "seller": seller.address,
        "buyer": buyer.address,
        "carrier": int(Carrier.ELECTRICITY),
        "zone": 1,
        "device": world.device_of(seller),
        "slotStart": next_slot(world.chain.now, 10),
        "wh": 100,
        "price": 500,
        "salt": 0,
        "deadline": FAR,
    }
    signatures = [sign(world.market.direct_sale, "Sale", party.key, sale) for party in (seller, buyer)]
    return tuple(sale.values()), *signatures


DIRECT_SALE: dict[tuple[str, str], Scene] = {
    ("cancelNonce", ""): lambda *_: (NONCE,),
    ("sell", ""): lambda world, buyer: _sale(world, _caller_of_subject(world), buyer),
    ("sell", "as the seller"): lambda world, seller: _sale(world, seller, _caller_of_subject(world)),
}

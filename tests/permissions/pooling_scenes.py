"""The scenes of pools of plants, their companies and who quotes for them; see tests/permissions/scenes.py."""

from collections.abc import Callable
from typing import Any

from tests.assertions import FAR
from tests.permissions.world import Caller, World
from wattbook.contracts.structs import TrancheKind
from wattbook.eip712 import sign

POOLED = ("AssetPools", "PoolOffers", "Servicers", "PlantCompany")
SENIOR = int(TrancheKind.SENIOR)
NONCE = 7
Arguments = tuple[Any, ...]
Scene = Callable[[World, Caller], Arguments]


def _pool(name: str, *arguments: Any) -> Scene:
    """A pool in some stage, and what else is said."""
    return lambda world, _: (getattr(world.pools, name), *arguments)


def _offer(world: World, owner: Caller) -> Arguments:
    terms, periods = world.pools.terms(owner.address, world.pools.late), world.pools.periods(world.pools.late, 1)
    # Else they would be apart from everybody but themselves.
    if owner.address == world.pools.servicer.address:
        terms = terms._replace(**dict.fromkeys(("servicer", "trustee_account", "tax_account"), world.member.address))
    return (*terms[:-1], tuple(terms.rates)), [tuple(due) for due in periods]


def _with_plants(name: str) -> Scene:
    def arguments(world: World, _: Caller) -> Arguments:
        pool = getattr(world.pools, name)
        return pool, [world.pools.plants[pool]]

    return arguments


def _hand_back(world: World, _: Caller) -> Arguments:
    return world.pools.matured, world.pools.plants[world.pools.matured]


def _subscribe_signed(world: World, signer: Caller) -> Arguments:
    assert signer.key
    values = {"pool": world.pools.selling, "kind": SENIOR, "amount": 1}
    whole = {"signer": signer.address, **values, "nonce": NONCE, "deadline": FAR}
    signature = sign(world.market.asset_pools, "Subscribe", signer.key, whole)
    return *values.values(), (signer.address, NONCE, FAR, signature)


def _quoted(*, number: bool) -> Scene:
    def arguments(world: World, _: Caller) -> Arguments:
        quote = (world.pools.plants[world.pools.running], 600, 100)
        return (world.trading.committing.key, *([0] if number else []), *quote)

    return arguments


POOLING: dict[tuple[str, str, str], Scene] = {
    ("AssetPools", "cancelNonce", ""): lambda *_: (NONCE,),
    ("AssetPools", "close", ""): _pool("running", 2),
    ("AssetPools", "closeLate", ""): _pool("matured"),
    ("AssetPools", "decide", ""): _pool("sold"),
    ("AssetPools", "distribute", ""): _pool("matured", 0, SENIOR, 1),
    ("AssetPools", "found", ""): _pool("unfounded"),
    ("AssetPools", "handBack", ""): _hand_back,
    ("AssetPools", "open", ""): _with_plants("unopened"),
    ("AssetPools", "redeem", ""): _pool("matured", SENIOR),
    ("AssetPools", "refund", ""): lambda world, _: (world.pools.cancelled, [world.member.address]),
    ("AssetPools", "resetTrigger", ""): _pool("running"),
    ("AssetPools", "returnEarned", ""): _pool("cancelled"),
    ("AssetPools", "subscribe", ""): _pool("selling", SENIOR, 1),
    ("AssetPools", "subscribeSigned", ""): _subscribe_signed,
    ("PlantCompany", "found", ""): lambda *_: (1,),
    ("PlantCompany", "giveBack", ""): lambda world, _: (world.pools.taken, world.member.address),
    ("PlantCompany", "join", ""): lambda *_: (),
    ("PlantCompany", "objectToRecovery", ""): lambda *_: (),
    ("PlantCompany", "offerToPool", ""): _quoted(number=False),
    ("PlantCompany", "payDebt", ""): lambda world, _: (world.subject.address,),
    ("PlantCompany", "quote", ""): _quoted(number=True),
    ("PlantCompany", "take", ""): lambda world, _: (world.pools.offered,),
    ("PoolOffers", "admit", ""): _with_plants("unfounded"),
    ("PoolOffers", "offer", ""): _offer,
    ("Servicers", "appoint", ""): lambda world, _: (1, world.member.address),
    ("Servicers", "note", ""): lambda *_: (1, 10_000, False, False),
    ("Servicers", "setPools", ""): lambda *_: (),
    ("Servicers", "voteServicer", ""): lambda world, who: (world.pools.running, who.address, world.address("pledgee")),
}

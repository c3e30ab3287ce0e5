"""The scenes of what settles: readings and trades, losses, and programmes of subsidies, one in each stage."""

from collections.abc import Callable
from typing import Any

from tests.permissions.subsidies import ANOTHER_CARRIER, CARRIER, RATE, ZONE
from tests.permissions.world import Caller, World
from wattbook.contracts.structs import Carrier, ShortSignature
from wattbook.deployment.local import known_account
from wattbook.eip712 import sign
from wattbook.metering.roots import in_order

Arguments = tuple[Any, ...]
Scene = Callable[[World, Caller], Arguments]

NEW_ADDRESS = "0x" + "77" * 20


def _programme(stage: str, *arguments: Any, carrier: Carrier = CARRIER) -> Scene:
    return lambda world, _: (ZONE, int(carrier), getattr(world.subsidies, stage), *arguments)


def _correct(world: World, _: Caller) -> Arguments:
    values = world.subsidies.correction()
    signed = _attested(world, "Correction", values)
    return ZONE, int(CARRIER), world.subsidies.paid, 0, values["wh"], values["evidence"], signed


def _correct_use(world: World, _: Caller) -> Arguments:
    values = world.subsidies.use_correction()
    signed = _attested(world, "UseCorrection", values)
    return ZONE, int(CARRIER), world.subsidies.paid, values["account"], values["wh"], values["evidence"], signed


def _attested(world: World, message: str, values: dict[str, object]) -> list[ShortSignature]:
    attesters = [known_account(name) for name in ("attester1", "attester2")]
    return in_order((one.address, sign(world.market.readings, message, one, values)) for one in attesters)


_SUBSIDIES: dict[tuple[str, str], Scene] = {
    ("claim", ""): _programme("claimed", []),
    ("close", ""): _programme("paid", carrier=ANOTHER_CARRIER),
    ("correct", ""): _correct,
    ("fund", ""): _programme("open", 1_000_000),
    ("pay", ""): _programme("paid", 1),
    ("setProgramme", ""): _programme("unset", RATE),
    ("strike", ""): _programme("held", 0, "an empty roof"),
}

_USES: dict[tuple[str, str], Scene] = {
    ("claim", ""): lambda world, _: (ZONE, int(CARRIER), world.subsidies.claimed, world.subsidies.user, []),
    ("correct", ""): _correct_use,
    ("fund", ""): _programme("open", 1_000_000),
    ("pay", ""): _programme("paid", 1),
    ("setProgramme", ""): _programme("unset", RATE),
}

SETTLEMENT: dict[tuple[str, str, str], Scene] = {
    **{("SubsidyFund", *key): scene for key, scene in _SUBSIDIES.items()},
    **{("UseSubsidy", *key): scene for key, scene in _USES.items()},
    ("Imbalance", "addSource", ""): lambda *_: (NEW_ADDRESS,),
    ("Imbalance", "meter", ""): lambda world, _: (tuple(world.metering.final), []),
    ("Imbalance", "meterSubmitted", ""): lambda *_: (ZONE, 0, []),
    ("Imbalance", "settle", ""): lambda *_: (ZONE, int(Carrier.ELECTRICITY), 0, []),
    ("Losses", "bear", ""): lambda *_: (ZONE, int(Carrier.ELECTRICITY), []),
    ("Production", "record", ""): lambda *_: ([],),
}

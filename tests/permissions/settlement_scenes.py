"""The scenes of what settles: readings and trades, deposits, losses, and programmes of subsidies, one in each stage."""

from collections.abc import Callable
from typing import Any

from tests.assertions import FAR
from tests.permissions.subsidies import ANOTHER_CARRIER, CARRIER, RATE, ZONE
from tests.permissions.world import Caller, World
from wattbook import Signed
from wattbook.contracts.structs import Carrier, ShortSignature
from wattbook.deployment.local import known_account
from wattbook.eip712 import sign
from wattbook.metering.roots import in_order

Arguments = tuple[Any, ...]
Scene = Callable[[World, Caller], Arguments]

NONCE = 7
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


def _deposit_signed(name: str, values: Callable[[World], dict[str, int]]) -> Scene:
    def arguments(world: World, signer: Caller) -> Arguments:
        assert signer.key
        given = values(world)
        whole = {"signer": signer.address, **given, "nonce": NONCE, "deadline": FAR}
        signature = sign(world.market.deposits, name, signer.key, whole)
        return *given.values(), Signed(signer.address, NONCE, FAR, signature)

    return arguments


_DEPOSITS: dict[tuple[str, str], Scene] = {
    ("cancelNonce", ""): lambda *_: (NONCE,),
    ("draw", ""): lambda world, _: (world.member.address, 0),
    ("place", ""): lambda world, _: (world.unsecured_device,),
    ("placeSigned", ""): _deposit_signed("PlaceDeposit", lambda world: {"device": world.unsecured_device}),
    ("setDeposit", ""): lambda *_: (ZONE, int(Carrier.ELECTRICITY), 1),
    ("setSettlement", ""): lambda *_: (NEW_ADDRESS,),
    ("takeBack", ""): lambda world, _: (world.secured_device,),
    ("takeBackSigned", ""): _deposit_signed("TakeBackDeposit", lambda world: {"device": world.secured_device}),
    ("topUp", ""): lambda *_: (0,),
    ("topUpSigned", ""): _deposit_signed("TopUpDeposit", lambda _: {"amount": 0}),
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
    **{("Deposits", *key): scene for key, scene in _DEPOSITS.items()},
    **{("UseSubsidy", *key): scene for key, scene in _USES.items()},
    ("Imbalance", "addSource", ""): lambda *_: (NEW_ADDRESS,),
    ("Imbalance", "meter", ""): lambda world, _: (tuple(world.metering.final), []),
    ("Imbalance", "meterSubmitted", ""): lambda *_: (ZONE, 0, []),
    ("Imbalance", "settle", ""): lambda *_: (ZONE, int(Carrier.ELECTRICITY), 0, []),
    ("Losses", "bear", ""): lambda *_: (ZONE, int(Carrier.ELECTRICITY), []),
    ("Production", "record", ""): lambda *_: ([],),
}

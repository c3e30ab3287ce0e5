"""The scenes of Tariffs, SupplyReports, EnergyPackages and SuppliedDevices: what is sold, bought, drawn and ended."""

from collections.abc import Callable
from typing import Any

from tests.assertions import FAR
from tests.permissions.reading_scenes import attested
from tests.permissions.subscribing import CARRIER, PRICE, ZONE, tariff
from tests.permissions.world import Caller, World
from wattbook import Signed
from wattbook.deployment.local import known_account
from wattbook.eip712 import sign
from wattbook.months import month_at
from wattbook.trial.subsidising import DAY

Arguments = tuple[Any, ...]
Scene = Callable[[World, Caller], Arguments]

NONCE = 7


def _signed(world: World, signer: Any, name: str, **values: Any) -> Signed:
    assert signer.key
    whole = {"signer": signer.address, **values, "nonce": NONCE, "deadline": FAR}
    return Signed(signer.address, NONCE, FAR, sign(world.market.energy_packages, name, signer.key, whole))


def _buy_signed(world: World, signer: Caller) -> Arguments:
    area = world.subscribed.area()
    purchase = {name: int(value) for name, value in area._asdict().items()}
    return [area], _signed(world, signer, "BuyPackages", purchases=[purchase])


def _pay_signed(world: World, signer: Caller) -> Arguments:
    values = {"subscription": world.lots_of(signer), "amount": PRICE}
    return *values.values(), _signed(world, signer, "PayPackage", **values)


def _cancel_signed(world: World, signer: Caller) -> Arguments:
    subscription = world.area_of(signer)
    return subscription, _signed(world, signer, "CancelPackage", subscription=subscription)


def _assign(world: World, signer: Caller) -> Arguments:
    to = Caller("the next", world.subject.address, frozenset(), world.subject)
    values = {"subscription": world.area_of(signer), "to": to.address}
    signatures = (_signed(world, who, "AssignPackage", **values) for who in (signer, to))
    return *values.values(), *signatures


def _report(world: World, attester: Caller) -> Arguments:
    until = world.market.chain.now // DAY * DAY
    values = {
        "provider": known_account("grid").address,
        "zone": ZONE,
        "carrier": int(CARRIER),
        "since": until - 28 * DAY,
        "until": until,
        "suppliedDays": 28,
    }
    whole = {"reports": world.market.supply_reports.address, **values}
    return tuple(values.values()), attested(world, attester, "Supply", whole)


_PACKAGES: dict[str, Scene] = {
    "assign": _assign,
    "buy": lambda world, _: ([world.subscribed.area()],),
    "buySigned": _buy_signed,
    "cancel": lambda world, who: (world.area_of(who),),
    "cancelNonce": lambda *_: (NONCE,),
    "cancelSigned": _cancel_signed,
    "close": lambda world, _: (world.subsidies.tenancy.ended,),
    "draw": lambda *_: ([],),
    "pay": lambda world, who: (world.lots_of(who), PRICE),
    "paySigned": _pay_signed,
    "supplyEnded": lambda *_: (0, 0),
    "updateSupply": lambda world, _: (world.subsidies.tenancy.in_arrears,),
}

_SUPPLIED: dict[str, Scene] = {
    "begin": lambda world, who: (world.device_of(who), who.address, month_at(world.market.chain.now) + 1, 65_535, 0),
    "deviceLeft": lambda world, who: (world.device_of(who),),
    "end": lambda world, who: (world.device_of(who), 0, 0),
    "endSilent": lambda world, _: (world.subsidies.tenancy.meters[0],),
    "goOn": lambda world, who: (world.device_of(who), 0, 0),
}

PACKAGES: dict[tuple[str, str, str], Scene] = {
    **{("EnergyPackages", function, ""): scene for function, scene in _PACKAGES.items()},
    **{("SuppliedDevices", function, ""): scene for function, scene in _SUPPLIED.items()},
    ("SupplyReports", "report", ""): _report,
    ("Tariffs", "publish", ""): lambda *_: (tariff(),),
    ("Tariffs", "withdraw", ""): lambda *_: (1,),
}

"""The scenes of Tenders and Supplies."""

from collections.abc import Callable
from typing import Any

from tests.assertions import FAR
from tests.permissions.reading_scenes import EVIDENCE, attested
from tests.permissions.world import Caller, World
from wattbook import Signed
from wattbook.contracts.base import Contract
from wattbook.eip712 import sign

Arguments = tuple[Any, ...]
Scene = Callable[[World, Caller], Arguments]

NONCE = 7
NEW_ADDRESS = "0x" + "77" * 20


def _signed(contract: Contract, name: str, signer: Caller, values: dict[str, Any]) -> Signed:
    assert signer.key
    whole = {"signer": signer.address, **values, "nonce": NONCE, "deadline": FAR}
    return Signed(signer.address, NONCE, FAR, sign(contract, name, signer.key, whole))


def _quote(world: World, trader: Caller) -> Arguments:
    tender = world.bidding.quoting
    hashed, box, _ = world.bidding.sealed(trader.address, tender)
    return tender, hashed, box


def _quote_signed(world: World, trader: Caller) -> Arguments:
    tender, hashed, box = _quote(world, trader)
    values = {"tender": tender, "hash": hashed, **box._asdict()}
    return tender, hashed, box, _signed(world.market.tenders, "Quote", trader, values)


def _withdraw(world: World, trader: Caller) -> Arguments:
    return world.bidding.quoting, world.bidding.quote_of(trader.address)


def _withdraw_signed(world: World, trader: Caller) -> Arguments:
    tender, quote = _withdraw(world, trader)
    values = {"tender": tender, "quote": quote}
    return tender, quote, _signed(world.market.tenders, "WithdrawQuote", trader, values)


def _fund_signed(world: World, user: Caller) -> Arguments:
    supply = world.bidding.supply_of(user.address)
    return supply, _signed(world.market.supplies, "Fund", user, {"supply": supply})


def _attest(kind: str, field: str, value: Any) -> Scene:
    def arguments(world: World, attester: Caller) -> Arguments:
        supply = world.bidding.served
        values = {"supplies": world.market.supplies.address, "supply": supply, field: value}
        return supply, value, attested(world, attester, kind, values)

    return arguments


_TENDERS: dict[str, Scene] = {
    "award": lambda world, owner: world.bidding.award(owner.address),
    "cancelNonce": lambda *_: (NONCE,),
    "decline": lambda world, owner: (world.bidding.tender_of(owner.address),),
    "expire": lambda world, _: (world.bidding.expired,),
    "publish": lambda world, owner: (world.bidding.terms(world.device_of(owner)),),
    "quote": _quote,
    "quoteSigned": _quote_signed,
    "reject": lambda world, owner: world.bidding.rejection(owner.address),
    "setSupplies": lambda *_: (NEW_ADDRESS,),
    "withdrawQuote": _withdraw,
    "withdrawQuoteSigned": _withdraw_signed,
}

_SUPPLIES: dict[str, Scene] = {
    "attestAvailability": _attest("Availability", "wh", 50),
    "attestForceMajeure": _attest("ForceMajeure", "evidence", EVIDENCE),
    "begin": lambda *_: (1, []),
    "cancelNonce": lambda *_: (NONCE,),
    "execute": lambda world, _: (world.bidding.served,),
    "fund": lambda world, user: (world.bidding.supply_of(user.address),),
    "fundSigned": _fund_signed,
    "serve": lambda *_: (0, []),
    "terminate": lambda world, _: (world.bidding.unfunded,),
}

TENDERING: dict[tuple[str, str, str], Scene] = {
    **{("Tenders", name, ""): scene for name, scene in _TENDERS.items()},
    **{("Supplies", name, ""): scene for name, scene in _SUPPLIES.items()},
}

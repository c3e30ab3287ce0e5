"""The scenes of Clearing and Bills: what becomes of books and months."""

from tests.assertions import FAR
from tests.permissions.reading_scenes import Arguments, Scene, attested
from tests.permissions.world import Caller, World
from wattbook import Signed
from wattbook.billing.bills import root_values
from wattbook.contracts.convert import plain
from wattbook.eip712 import sign

_NONCE = 7


def _post(world: World, attester: Caller) -> Arguments:
    bills = world.billing.unposted
    signatures = attested(world, attester, "BillsRoot", root_values(world.market, bills))
    return bills.month, bills.tree.root, bills.tree.size, signatures


def _redeem(world: World, caller: Caller) -> Arguments:
    return *plain(world.billing.of(caller.address)), 1


def _redeem_signed(world: World, signer: Caller) -> Arguments:
    assert signer.key
    month, bill, *proof = world.billing.of(signer.address)
    values = {"signer": signer.address, "month": month, "number": bill.number, "points": 1}
    signature = sign(world.market.bills, "RedeemPoints", signer.key, values | {"nonce": _NONCE, "deadline": FAR})
    return month, tuple(bill), *proof, 1, Signed(signer.address, _NONCE, FAR, signature)


CLEARING: dict[tuple[str, str], Scene] = {
    ("clear", ""): lambda world, _: (world.trading.uncleared.key, [0, 0], []),
    ("clearPool", ""): lambda world, _: (world.trading.half_cleared.key, [0, 0], ([], [])),
    ("drawSeed", ""): lambda world, _: (world.trading.fixed.key,),
    ("finish", ""): lambda world, _: (world.trading.cleared.key, b"", 0, 0),
    ("fixSeed", ""): lambda world, _: (world.trading.seedless.key,),
}

BILLS: dict[tuple[str, str], Scene] = {
    ("cancelNonce", ""): lambda *_: (_NONCE,),
    ("post", ""): _post,
    ("redeem", ""): _redeem,
    ("redeemSigned", ""): _redeem_signed,
    ("withdraw", ""): lambda world, _: (world.billing.posted.month, "a wrong root"),
}

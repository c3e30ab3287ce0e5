"""The scenes of the auction and of its rulebook; see tests/permissions/scenes.py."""

from collections.abc import Callable
from typing import Any

from eth_utils.crypto import keccak

from tests.permissions.trading import SCHEDULE, terms
from tests.permissions.world import ZONE, Caller, World
from wattbook.contracts.structs import Carrier, SizeClass
from wattbook.eip712 import short_form, sign

REFERENCE = keccak(text="a reference")
Arguments = tuple[Any, ...]
Scene = Callable[[World, Caller], Arguments]


def _named(*_: object) -> Arguments:
    return ("0x" + "77" * 20,)


def _unopened(world: World, _: Caller) -> Arguments:
    book = world.trading.unopened
    return int(book.carrier), book.zone, book.slot_start


def _commit_for(world: World, trader: Caller) -> Arguments:
    assert trader.key
    book, auction = world.trading.committing, world.market.auction
    order = {"trader": trader.address, "sizeClass": int(SizeClass.SMALL), "number": 0, "seal": REFERENCE}
    signature = sign(auction, "Commit", trader.key, {**order, "book": book.key})
    return book.key, [(tuple(order.values()), *short_form(signature))]


RULEBOOK: dict[tuple[str, str], Scene] = {
    ("open", ""): _unopened,
    ("setAuction", ""): _named,
    ("setSchedule", ""): lambda *_: (tuple(SCHEDULE),),
    ("setTerms", ""): lambda world, _: (
        int(Carrier.ELECTRICITY),
        ZONE,
        0,
        tuple(terms(world.market.deployment.address("Ranked"))),
    ),
}

AUCTION: dict[tuple[str, str], Scene] = {
    ("close", ""): lambda world, _: (world.trading.uncleared.key, 0),
    ("commit", ""): lambda world, _: (world.trading.committing.key, int(SizeClass.SMALL), 0, REFERENCE),
    ("commitFor", ""): _commit_for,
    ("excuse", ""): lambda world, _: (world.trading.uncleared.key, "a node was down"),
    ("openBook", ""): _unopened,
    ("refund", ""): lambda world, _: world.trading.withheld(world.trading.void),
    ("reveal", ""): lambda world, _: world.trading.opening(),
    ("setClearing", ""): _named,
    ("settle", ""): lambda world, _: (world.trading.cleared.key, ([], [])),
    ("slash", ""): lambda world, _: world.trading.withheld(world.trading.withholding),
    ("voidBook", ""): lambda world, _: (world.trading.unvoided.key,),
}

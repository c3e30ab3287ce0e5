"""The scenes of Admissions, and of the tranches of pools."""

from collections.abc import Callable
from typing import Any

from tests.permissions.world import Caller, World
from wattbook.contracts.structs import TrancheKind

Arguments = tuple[Any, ...]
Scene = Callable[[World, Caller], Arguments]


def _hand_in(world: World, owner: Caller) -> Arguments:
    statement = world.investing.statement(world.device_of(owner))
    return tuple(statement), world.investing.signatures(statement)


INVESTING: dict[tuple[str, str, str], Scene] = {
    ("Admissions", "handIn", ""): _hand_in,
    ("Admissions", "object", ""): lambda world, _: (*world.metering.disputed, 0),
    ("Admissions", "withdraw", ""): lambda world, _: (world.investing.stated, "a wrong statement"),
    ("Tranche", "activate", ""): lambda *_: (),
    ("Tranche", "begin", ""): lambda world, _: (1, int(TrancheKind.SENIOR), world.subject.address),
    ("Tranche", "burn", ""): lambda world, _: (world.subject.address, 1),
    ("Tranche", "mint", ""): lambda world, _: (world.subject.address, 1),
    # Of nothing, for who may hold units is none of the kinds of callers.
    ("Tranche", "transfer", ""): lambda world, _: (world.subject.address, 0),
}

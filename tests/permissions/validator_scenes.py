"""For every function of ValidatorSet the arguments with which it succeeds; see tests/permissions/scenes.py."""

from collections.abc import Callable
from typing import Any

from tests.permissions.world import Caller, World

_NEW = "0x" + "77" * 20
Scene = Callable[[World, Caller], tuple[Any, ...]]


def _replace(world: World, _: Caller) -> tuple[Any, ...]:
    return world.bare.fed.get_validators()[0], _NEW


VALIDATORS: dict[tuple[str, str, str], Scene] = {
    ("ValidatorSet", "setFeeder", ""): lambda world, _: (world.bare.fed.address,),
    ("ValidatorSet", "replace", ""): _replace,
    ("ValidatorSet", "add", ""): lambda world, _: (_NEW,),
    ("ValidatorSet", "remove", ""): lambda world, _: (world.bare.fed.get_validators()[-1],),
}

"""How far tests go that draw at random, or break off at each of many places: `make deep` sets DEEP and has the most."""

import os

DEEP = bool(os.environ.get("DEEP"))


def depth(usual: int, deep: int) -> int:
    """A number that is smaller in `make test`."""
    return deep if DEEP else usual

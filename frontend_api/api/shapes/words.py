"""Words of the API: addresses as people copy them, carriers, roles and kinds by name."""

from enum import StrEnum
from functools import lru_cache
from typing import Any

from web3 import Web3

from wattbook.contracts import structs
from wattbook.roles import Role


class Carrier(StrEnum):
    """What is traded."""

    ELECTRICITY = "electricity"
    COOLING = "cooling"
    HEATING = "heating"
    HOT_WATER = "hot_water"
    GAS = "gas"
    FLEXIBILITY = "flexibility"

    @property
    def number(self) -> int:
        return int(structs.Carrier[self.name])


CARRIERS = {int(one): one.name.lower() for one in structs.Carrier}
DIRECTIONS = {int(one): one.name.lower() for one in structs.Direction}
CURVES = {int(one): one.name.lower() for one in structs.Curve}


@lru_cache(maxsize=100_000)
def address(word: str) -> str:
    """An address with its checksum."""
    return Web3.to_checksum_address(word)


def address_or_none(word: str | None) -> str | None:
    return None if word is None else address(word)


def roles(number: int) -> list[str]:
    """The names of a set of roles."""
    return [role.name.lower() for role in Role if number & role and role.name]


def decimal(number: int | None) -> str | None:
    """What may exceed 53 bits, as decimal digits."""
    return None if number is None else str(number)


def shown_args(value: Any) -> Any:
    """An event's decoded arguments, with addresses as the API writes them."""
    if isinstance(value, dict):
        return {name: shown_args(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shown_args(one) for one in value]
    if isinstance(value, str) and len(value) == 42 and value.startswith("0x"):
        return address(value)
    return value

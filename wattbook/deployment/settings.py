"""What a market is founded with: its first members, their offices, its delays."""

import tomllib
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from web3 import Web3

from wattbook.contracts.structs import Application, Purse
from wattbook.errors import SettingsError
from wattbook.roles import Role


@dataclass(frozen=True)
class FirstMember:
    """A member whom the constitution admits."""

    name: str
    account: str
    roles: int
    credential: str
    nullifier: str
    certified_until: int

    @property
    def application(self) -> Application:
        return Application(
            self.account,
            self.roles,
            0,
            self.certified_until,
            bytes.fromhex(self.credential[2:]),
            bytes.fromhex(self.nullifier[2:]),
        )


@dataclass(frozen=True)
class MarketSettings:
    """All that a deployment needs to know besides the code."""

    administrator: str
    authority_delay: int
    recovery_delay: int
    points_epoch: int
    purses: dict[str, str]
    members: tuple[FirstMember, ...]

    def keeper(self, purse: Purse) -> str:
        return self.purses[purse.name.lower()]

    def holders(self, role: Role) -> list[str]:
        """The accounts of first members with a role."""
        return [member.account for member in self.members if member.roles & role]

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "members": [asdict(member) for member in self.members]}


def local_settings() -> MarketSettings:
    """The market that a local chain gets."""
    return _parse(files("wattbook").joinpath("deployment", "local.toml").read_text(), "local.toml")


def read_settings(path: Path) -> MarketSettings:
    """The settings in a file of the form of local.toml."""
    try:
        return _parse(path.read_text(), str(path))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from None


def _parse(text: str, name: str) -> MarketSettings:
    try:
        data = tomllib.loads(text)
        purses = {purse.name.lower(): _address(data["purses"][purse.name.lower()]) for purse in Purse}
        return MarketSettings(
            administrator=_address(data["administrator"]),
            authority_delay=_seconds(data["authority_delay"]),
            recovery_delay=_seconds(data["recovery_delay"]),
            points_epoch=_seconds(data["points_epoch"]),
            purses=purses,
            members=tuple(_member(key, value) for key, value in data["members"].items()),
        )
    except KeyError as error:
        raise SettingsError(f"{name}: {error.args[0]} is missing or unknown") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise SettingsError(f"{name}: {error}") from None


def _member(name: str, data: dict[str, Any]) -> FirstMember:
    until = data["certified_until"]
    if not isinstance(until, datetime) or until.tzinfo is None:
        raise ValueError(f"certified_until of {name} is not a date and time with a zone")
    roles = Role(0)
    for role in data["roles"]:
        roles |= Role[role.upper()]
    return FirstMember(
        name=name,
        account=_address(data["account"]),
        roles=int(roles),
        credential=_hash(data["credential"]),
        nullifier=_hash(data["nullifier"]),
        certified_until=int(until.timestamp()),
    )


def _address(value: str) -> str:
    if not Web3.is_address(value):
        raise ValueError(f"{value!r} is not an address")
    return Web3.to_checksum_address(value)


def _hash(value: str) -> str:
    if len(bytes.fromhex(value.removeprefix("0x"))) != 32:
        raise ValueError(f"{value!r} is not a hash of 32 bytes")
    return "0x" + value.removeprefix("0x").lower()


def _seconds(value: int) -> int:
    if type(value) is not int or value < 1:
        raise ValueError(f"{value!r} is not a whole number of seconds")
    return value

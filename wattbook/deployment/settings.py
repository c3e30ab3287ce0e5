"""What a market is founded with: its first members, their offices, its delays."""

import re
import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from web3 import Web3

from wattbook.contracts.structs import Application, Purse, Schedule
from wattbook.errors import SettingsError
from wattbook.governance.committee import VOTE_SECONDS
from wattbook.governance.quorum import LEAST_VALIDATORS, MOST_VALIDATORS
from wattbook.points.reasons import Reason
from wattbook.roles import MARKET_ROLES, OFFICES, Role

# The keeper of a purse from which only decisions of the authority spend.
AUTHORITY = "authority"
# What the fields of a Schedule hold on chain: a phase, and validators or the seconds between blocks.
_MOST_SECONDS = 2**24 - 1
_MOST_BLOCKS = 2**16 - 1
# As many as Readings takes at once.
_MOST_SIGNERS = 32


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
    points_budgets: dict[str, int]
    schedule: Schedule
    attesters_needed: int
    dispute_window: int
    purses: dict[str, str]
    validators: tuple[str, ...]
    validator_set: str | None
    members: tuple[FirstMember, ...]

    def keeper(self, purse: Purse, at: Callable[[str], str]) -> str:
        """Who may spend from a purse, given where the contracts stand."""
        keeper = self.purses[purse.name.lower()]
        return at("Authority") if keeper == AUTHORITY else keeper

    def points_budget(self, reason: Reason) -> int:
        """Points that may be issued for a reason in an epoch."""
        return self.points_budgets[reason.name.lower()]

    @property
    def standing(self) -> dict[str, str]:
        """The contracts that stand before the market."""
        return {"ValidatorSet": self.validator_set} if self.validator_set else {}

    def holders(self, role: Role) -> list[str]:
        """The accounts of first members with a role."""
        return [member.account for member in self.members if member.roles & role]

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "MarketSettings":
        """The settings that a deployment file keeps."""
        members = tuple(FirstMember(**member) for member in data["members"])
        made = {"schedule": Schedule(**data["schedule"]), "validators": tuple(data["validators"]), "members": members}
        return cls(**{**data, **made})

    def as_json(self) -> dict[str, Any]:
        members = [asdict(member) for member in self.members]
        schedule, validators = self.schedule._asdict(), list(self.validators)
        return {**asdict(self), "schedule": schedule, "validators": validators, "members": members}


def local_settings() -> MarketSettings:
    """The market that a local chain gets."""
    return _parse(files("wattbook").joinpath("deployment", "local.toml").read_text(), "local.toml")


def read_settings(path: Path) -> MarketSettings:
    """The settings in a file of the form of local.toml."""
    try:
        text = path.read_text()
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise SettingsError(f"{path}: {error}") from None
    return _parse(text, str(path))


def _parse(text: str, name: str) -> MarketSettings:
    try:
        data = tomllib.loads(text)
        purses = {purse.name.lower(): _keeper(data["purses"][purse.name.lower()]) for purse in Purse}
        return MarketSettings(
            administrator=_address(data["administrator"]),
            authority_delay=_seconds(data["authority_delay"]),
            recovery_delay=_seconds(data["recovery_delay"]),
            points_epoch=_epoch(data["points_epoch"]),
            points_budgets=_budgets(_table(data, "points_budgets")),
            schedule=_schedule(_table(data, "schedule")),
            attesters_needed=_signers(_table(data, "metering")["attesters_needed"]),
            dispute_window=_seconds(data["metering"]["dispute_window"]),
            purses=purses,
            **_governance(_table(data, "governance")),
            members=_members(data["members"]),
        )
    except KeyError as error:
        raise SettingsError(f"{name}: {error.args[0]} is missing") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise SettingsError(f"{name}: {error}") from None


def _table(data: dict[str, Any], name: str) -> dict[str, Any]:
    if not isinstance(data[name], dict):
        raise ValueError(f"{name} is not a table")
    return data[name]  # type: ignore[no-any-return]


def _schedule(data: dict[str, Any]) -> Schedule:
    return Schedule(**{field: _scheduled(field, data[field]) for field in Schedule._fields})


def _budgets(data: dict[str, Any]) -> dict[str, int]:
    budgets = {reason.name.lower(): data[reason.name.lower()] for reason in Reason}
    for name, points in budgets.items():
        if type(points) is not int or points < 0:
            raise ValueError(f"the budget of points for {name} is {points!r}, not a whole number")
    return budgets


def _governance(data: dict[str, Any]) -> dict[str, Any]:
    """On a network its first block has the validators' contract; elsewhere one is created, of these."""
    stands, validators = data.get("validator_set"), data.get("validators")
    if (stands is None) == (validators is None):
        raise ValueError("governance names either validators or the validator_set of a network")
    if stands is not None:
        return {"validators": (), "validator_set": _address(stands)}
    if not isinstance(validators, list) or not LEAST_VALIDATORS <= len(validators) <= MOST_VALIDATORS:
        raise ValueError(f"validators are not a list of {LEAST_VALIDATORS} to {MOST_VALIDATORS} addresses")
    seats = tuple(map(_address, validators))
    if double := [seat for seat in seats if seats.count(seat) > 1]:
        raise ValueError(f"validator {double[0]} is named twice")
    return {"validators": seats, "validator_set": None}


def _scheduled(field: str, value: int) -> int:
    most = _MOST_SECONDS if field.endswith("_seconds") and field != "block_seconds" else _MOST_BLOCKS
    if type(value) is not int or not 1 <= value <= most:
        raise ValueError(f"{field} is {value!r}, not a whole number from 1 to {most}")
    return value


def _members(data: dict[str, Any]) -> tuple[FirstMember, ...]:
    if not isinstance(data, dict) or not all(isinstance(item, dict) for item in data.values()):
        raise ValueError("members are not tables of the form [members.name]")
    members = tuple(_member(name, item) for name, item in data.items())
    for field in ("account", "nullifier"):
        values = [getattr(member, field) for member in members]
        if double := [value for value in values if values.count(value) > 1]:
            raise ValueError(f"two members have the {field} {double[0]}")
    return members


def _member(name: str, data: dict[str, Any]) -> FirstMember:
    try:
        until, roles = data["certified_until"], data["roles"]
        account, credential, nullifier = data["account"], data["credential"], data["nullifier"]
    except KeyError as error:
        raise ValueError(f"{error.args[0]} of member {name} is missing") from None
    if not isinstance(until, datetime) or until.tzinfo is None:
        raise ValueError(f"certified_until of member {name} is not a date and time with a zone")
    return FirstMember(
        name=name,
        account=_address(account),
        roles=_roles(name, roles),
        credential=_hash(credential),
        nullifier=_hash(nullifier),
        certified_until=int(until.timestamp()),
    )


def _roles(name: str, words: list[str]) -> int:
    known = {role.name.lower(): role for role in MARKET_ROLES | OFFICES if role.name}
    if not isinstance(words, list) or not words:
        raise ValueError(f"member {name} has no list of roles")
    if unknown := [word for word in words if word not in known]:
        raise ValueError(f"member {name} has the unknown role {unknown[0]}")
    return sum({int(known[word]) for word in words})


def _keeper(value: str) -> str:
    return value if value == AUTHORITY else _address(value)


def _address(value: str) -> str:
    if re.fullmatch("0x[0-9a-fA-F]{40}", str(value)) and int(value, 16) != 0:
        checked = Web3.to_checksum_address(value)
        # Capitals are a checksum: who writes them wants typing errors found.
        if value in (checked, value.lower()):
            return checked
    raise ValueError(f"{value!r} is not an address")


def _hash(value: str) -> str:
    digits = value.removeprefix("0x").lower()
    if not re.fullmatch("[0-9a-f]{64}", digits) or int(digits, 16) == 0:
        raise ValueError(f"{value!r} is not a hash of 32 bytes")
    return f"0x{digits}"


def _signers(value: int) -> int:
    if type(value) is not int or not 1 <= value <= _MOST_SIGNERS:
        raise ValueError(f"attesters_needed is {value!r}, not a whole number from 1 to {_MOST_SIGNERS}")
    return value


def _epoch(value: int) -> int:
    """What a delegate stakes is held for an epoch after he has left, in which a vote of a day must find room."""
    if _seconds(value) < 2 * VOTE_SECONDS:
        raise ValueError(f"points_epoch is {value} seconds, less than two days")
    return value


def _seconds(value: int) -> int:
    if type(value) is not int or value < 1:
        raise ValueError(f"{value!r} is not a whole number of seconds")
    return value

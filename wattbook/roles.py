"""The roles a member can hold, as the contracts number them."""

from enum import IntFlag


class Role(IntFlag):
    """One bit a role; a set of roles is their union. SPEND is a right of an account, not a role of a member."""

    PRODUCER = 1 << 0
    PROSUMER = 1 << 1
    CONSUMER = 1 << 2
    GRID = 1 << 3
    STORAGE = 1 << 4
    CHARGING = 1 << 5
    INVESTOR = 1 << 6

    REGISTRAR = 1 << 16
    REGULATOR = 1 << 17
    ISSUER = 1 << 18
    OPERATOR = 1 << 19
    ATTESTER = 1 << 20

    SPEND = 1 << 31


MARKET_ROLES = Role.PRODUCER | Role.PROSUMER | Role.CONSUMER | Role.GRID | Role.STORAGE | Role.CHARGING | Role.INVESTOR
OFFICES = Role.REGISTRAR | Role.REGULATOR | Role.ISSUER | Role.OPERATOR | Role.ATTESTER


def role_names(roles: int) -> str:
    """The names of a set of roles, in words: `producer, storage`."""
    return ", ".join(role.name.lower() for role in Role if roles & role and role.name) or "none"

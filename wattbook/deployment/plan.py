"""What a market consists of and who gets which power: data, in the order of deployment.

`CONTRACTS` are created one after another; the `constitution` is then one batch of the authority, its first and the only
one without a delay. It admits the first members, names the keepers of the purses, hands the right to propose from the
deployer to the administrator, and ends by setting the delay.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wattbook.contracts.structs import Purse
from wattbook.deployment.settings import MarketSettings
from wattbook.roles import Role

Address = Callable[[str], str]


@dataclass(frozen=True)
class PlannedContract:
    """A contract and what its constructor takes, given the settings, the earlier contracts and the deployer."""

    name: str
    arguments: Callable[[MarketSettings, Address, str], list[Any]]


@dataclass(frozen=True)
class Call:
    """One call of the constitution."""

    contract: str
    function: str
    arguments: tuple[Any, ...]


CONTRACTS = (
    PlannedContract("Authority", lambda settings, at, deployer: [deployer]),
    PlannedContract("Membership", lambda settings, at, deployer: [at("Authority"), settings.recovery_delay]),
    PlannedContract("PowerToken", lambda settings, at, deployer: [at("Membership")]),
    PlannedContract(
        "PowerPoints",
        lambda settings, at, deployer: [at("Membership"), at("Authority"), settings.points_epoch],
    ),
    PlannedContract(
        "Vault",
        lambda settings, at, deployer: [at("Membership"), at("PowerToken"), at("Authority")],
    ),
)


def constitution(settings: MarketSettings, at: Address, deployer: str, role_id: Callable[[str], bytes]) -> list[Call]:
    """The calls that found the market. `role_id` gives the authority's own roles: PROPOSER, CANCELLER."""
    calls = [
        Call("Membership", "setMirror", (at("Vault"),)),
        Call("Membership", "registerSystemAccount", (at("Vault"),)),
    ]
    calls += [Call("Membership", "admit", (tuple(member.application),)) for member in settings.members]
    calls += [Call("Vault", "setPurseKeeper", (int(purse), settings.keeper(purse))) for purse in Purse]
    cancellers = [settings.administrator, *settings.holders(Role.REGULATOR)]
    if deployer != settings.administrator:
        calls.append(Call("Authority", "revokeRole", (role_id("PROPOSER"), deployer)))
        calls.append(Call("Authority", "revokeRole", (role_id("CANCELLER"), deployer)))
    calls.append(Call("Authority", "grantRole", (role_id("PROPOSER"), settings.administrator)))
    calls += [Call("Authority", "grantRole", (role_id("CANCELLER"), account)) for account in cancellers]
    calls.append(Call("Authority", "updateDelay", (settings.authority_delay,)))
    return calls

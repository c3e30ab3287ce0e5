"""What the deployment grants to those who issue points."""

from collections.abc import Callable
from typing import Any

from eth_utils.crypto import keccak

from wattbook.contracts import reverts
from wattbook.deployment.settings import local_settings

REFERENCE = keccak(text="a reference")
SETTINGS = local_settings()
PORTS = {1: "RegistrationBonus", 2: "CleanTrades", 3: "Computation", 4: "Delegates"}
BUDGETS = {
    reason: SETTINGS.points_budgets[name]
    for reason, name in enumerate(("registration", "clean_trade", "computation", "bookkeeping"), 1)
}


def _set_port(grants: Any, reason: int, holder: str) -> None:
    """This contract issues points for the reason, and nobody else does."""
    points = grants.market.power_points
    assert points.port_of(reason) == grants.market.deployment.address(holder)
    assert PORTS[reason] == holder
    issue = ("issue", reason, REFERENCE, points.current_epoch(), [SETTINGS.members[0].account], [1])
    grants.only([], reverts.NotPortHolder, points, *issue)


def _set_budget(grants: Any, reason: int, epoch: int, amount: int) -> None:
    """So much of it in an epoch, until the authority says otherwise."""
    points = grants.market.power_points
    current = points.current_epoch()
    assert points.budget_of(reason, current) == points.budget_of(reason, epoch) == amount == BUDGETS[reason]
    grants.only([grants.market.authority.address], reverts.NotAuthority, points, "setBudget", reason, current, 1)


def said_of_points(at: Callable[[str], str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What PowerPoints said when the market was founded."""
    ports = [{"reason": reason, "issuer": at(name)} for reason, name in PORTS.items()]
    return ports, [{"reason": reason, "fromEpoch": 0, "amount": amount} for reason, amount in BUDGETS.items()]


POINT_PROOFS: dict[tuple[str, str], Callable[..., None]] = {
    ("PowerPoints", "setPort"): _set_port,
    ("PowerPoints", "setBudget"): _set_budget,
}

"""What the deployment grants to those who elect, seat and judge delegates, once and for all."""

from collections.abc import Callable
from typing import Any

from tests.permissions.device_grants import STRANGER, fails
from wattbook.contracts import reverts
from wattbook.deployment.plan import Call
from wattbook.deployment.settings import local_settings

NOBODY = "0x" + "00" * 20


def _set_elections(grants: Any, elections: str) -> None:
    """Votes and stakes lock certificates, and nothing else does."""
    market, address = grants.market, grants.market.elections.address
    certificates = market.green_certificates
    assert (elections, certificates.elections()) == ("Elections", address)
    for function, *arguments in (("lock", NOBODY, [], 0), ("release", []), ("slash", [])):
        grants.only([], reverts.NotElections, certificates, function, *arguments)
    another = Call("GreenCertificates", "setElections", (STRANGER.address,))
    fails(market, another, reverts.ElectionsAlreadySet, elections=address)


def _set_delegates(grants: Any, delegates: str) -> None:
    """They alone end a stake."""
    market, address = grants.market, grants.market.delegates.address
    assert (delegates, market.elections.delegates()) == ("Delegates", address)
    grants.only([], reverts.NotDelegates, market.elections, "slash", NOBODY)
    another = Call("Elections", "setDelegates", (STRANGER.address,))
    fails(market, another, reverts.DelegatesAlreadySet, delegates=address)


def _set_watch(grants: Any, watch: str) -> None:
    """It alone condemns."""
    market, address = grants.market, grants.market.watch.address
    assert (watch, market.delegates.watch()) == ("Watch", address)
    grants.only([], reverts.NotWatch, market.delegates, "condemn", NOBODY, True)
    fails(market, Call("Delegates", "setWatch", (STRANGER.address,)), reverts.WatchAlreadySet, watch=address)


def said_of_governance(at: Callable[[str], str]) -> dict[str, list[dict[str, Any]]]:
    """What was said of it when the market was founded."""
    seats = [
        {"leaving": NOBODY, "coming": one, "count": count} for count, one in enumerate(local_settings().validators, 1)
    ]
    return {
        "ElectionsSet": [{"elections": at("Elections")}],
        "DelegatesSet": [{"delegates": at("Delegates")}],
        "WatchSet": [{"watch": at("Watch")}],
        "FeederSet": [{"feeder": at("Delegates")}],
        "SeatChanged": seats,
    }


GOVERNANCE_PROOFS: dict[tuple[str, str], Callable[..., None]] = {
    ("GreenCertificates", "setElections"): _set_elections,
    ("Elections", "setDelegates"): _set_delegates,
    ("Delegates", "setWatch"): _set_watch,
}

"""Who sealed two blocks loses his stake, whether he still has a seat or not; who missed blocks keeps it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from coincurve import PrivateKey
from eth_account import Account
from eth_utils.crypto import keccak

from tests.assertions import refused
from tests.watch_chain.bench import two_seals
from wattbook.contracts import reverts
from wattbook.contracts.structs import CertificateStatus
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.settings import local_settings
from wattbook.trial.blocks import OPTIONS
from wattbook.trial.electing import Electing
from wattbook.trial.park import Park, trader

SEATS = 7
EVIDENCE = keccak(text="what shows it")


@pytest.fixture(scope="module")
def electing() -> Iterator[Electing]:
    """Seven delegates, each a member with a stake."""
    names = tuple(trader(place) for place in range(SEATS))
    with Anvil(*OPTIONS) as chain:
        electing = Electing(Park(chain, replace(local_settings(), validators=names)))
        electing.park.have_traders(SEATS + 1)
        stakes = electing.certificates(dict.fromkeys(names, electing.elections.stake()))
        electing.stand(names, stakes)
        electing.open()
        yield electing


def proved(electing: Electing, place: int, number: int) -> None:
    key = Account.from_key(keccak(text=f"trader {place}"))
    assert key.address == trader(place)
    seals = two_seals(PrivateKey(bytes(key.key)), number)
    electing.send(electing.market.watch, "proveEquivocation", electing.anybody, *seals)


def condemned(electing: Electing, accused: str) -> bool:
    """Whether it lost a stake."""
    watch = electing.market.watch
    needed = watch.suspicion_of(accused).needed
    seated = [one for one in electing.market.validator_set.get_validators() if one != accused]
    for voter in seated[:needed]:
        logs = electing.send(watch, "vote", voter, accused, True).logs
    [slashed] = [log.args[1] for log in logs if log.name == "Condemned"]
    return bool(slashed)


def test_a_stake_is_lost_by_a_proof_and_by_nothing_else(electing: Electing) -> None:
    watch, elections, accused = electing.market.watch, electing.elections, trader(2)
    stake = elections.stake_of(accused)
    assert len(stake) == elections.stake()
    electing.send(watch, "suspectAttestation", trader(0), accused, EVIDENCE)
    assert not condemned(electing, accused)
    assert elections.stake_of(accused) == stake
    electing.send(electing.delegates, "changeSeat", electing.anybody)
    assert not electing.delegates.is_seated(accused)
    # Without a seat, but with a stake: six vote, and it counts besides.
    proved(electing, 2, number=7)
    assert watch.suspicion_of(accused).needed == 5
    assert condemned(electing, accused)
    assert elections.stake_of(accused) == []
    of = electing.market.green_certificates
    assert {of.certificate_of(one).status for one in stake} == {CertificateStatus.SLASHED}
    # Nothing is left to lose.
    with refused(reverts.NoDelegate, account=accused):
        proved(electing, 2, number=8)
    # Whoever voted keeps his own.
    assert all(len(elections.stake_of(trader(place))) == len(stake) for place in (0, 1, 3, 4, 5, 6))


def test_a_seat_and_a_stake_at_once(electing: Electing) -> None:
    accused = trader(5)
    proved(electing, 5, number=7)
    assert condemned(electing, accused)
    assert electing.elections.stake_of(accused) == [] and electing.delegates.is_leaving(accused)

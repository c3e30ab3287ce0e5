"""Status of a market whose deployment was broken off, or who deployed it never let go."""

import pytest

from tests.deployment.conftest import wrong
from wattbook.connection import Market
from wattbook.deployment.local import FIRST_FREE_ACCOUNT, known_account
from wattbook.deployment.plan import CONTRACTS
from wattbook.deployment.record import Deployment

STRANGER = known_account(FIRST_FREE_ACCOUNT)


def break_off_after(found, contract):
    def dying(line):
        if line.startswith(contract):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        found(report=dying)


def test_a_constitution_that_was_not_carried_out(node, found, file):
    break_off_after(found, CONTRACTS[-1].name)
    details = wrong(node, Deployment.read(file))
    assert details["constitution"] == "not carried out; run `wattbook deploy` to finish"
    named = ["Authority.membership", "Membership.mirror", "Membership.readings"]
    named += ["Meters.mirror", "Meters.deposits", "Meters.suppliers"]
    ports = [f"PowerPoints.port of {name}" for name in ("RegistrationBonus", "CleanTrades", "Computation", "Delegates")]
    settled = ["Imbalance.sources", *ports, "Auction.settlement", "Pool.settlement", "DirectSale.settlement"]
    assert list(details) == [
        *named,
        "Rulebook.auction",
        "Auction.clearing",
        *settled,
        "Readings.settlement",
        "Production.settlement",
        "Deposits.settlement",
        "CleanEnergy.certificates",
        "CleanEnergy.batteries",
        "GreenCertificates.elections",
        "Elections.delegates",
        "Delegates.watch",
        "ValidatorSet.feeder",
        "Tenders.supplies",
        "Supplies.settlement",
        "constitution",
    ]


def test_a_deployment_that_was_broken_off(node, found, file):
    break_off_after(found, "Authority")
    details = wrong(node, Deployment.read(file))
    assert list(details) == [planned.name for planned in CONTRACTS[1:]]
    assert details["Vault"] == f"{file} has no Vault; run `wattbook deploy` to finish it"


def test_a_deployer_who_can_still_propose(node, found, ask):
    deployment = found(deployer=STRANGER)
    authority = Market(node, deployment).authority
    ask("anvil_impersonateAccount", authority.address)
    ask("anvil_setBalance", authority.address, hex(10**18))
    authority.raw.functions.grantRole(authority.proposer_role(), STRANGER.address).transact({"from": authority.address})
    expected = f"the deployer {STRANGER.address} can still propose"
    assert wrong(node, deployment) == {"constitution": expected}

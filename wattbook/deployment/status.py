"""Whether what stands on a chain is the market that a deployment file describes."""

from dataclasses import dataclass

from wattbook.chain import Chain
from wattbook.connection import Market
from wattbook.deployment.deployer import require_code
from wattbook.deployment.plan import CONTRACTS, PROPOSER_ROLE
from wattbook.deployment.record import Deployment
from wattbook.errors import DeploymentError


@dataclass(frozen=True)
class Finding:
    """One thing that was checked."""

    subject: str
    good: bool
    detail: str


def check(chain: Chain, deployment: Deployment) -> list[Finding]:
    """Compares every contract's code and address book, and the constitution's effects, with the file."""
    deployment.require_chain(chain)
    findings = [_check_code(chain, deployment, planned.name) for planned in CONTRACTS]
    if all(finding.good for finding in findings):
        market = Market(chain, deployment)
        findings += _check_wiring(market)
        findings.append(_check_constitution(market))
    return findings


def _check_code(chain: Chain, deployment: Deployment, name: str) -> Finding:
    try:
        address = deployment.address(name)
        found = require_code(chain, name, address)
    except DeploymentError as error:
        return Finding(name, False, str(error))
    if found != deployment.contracts[name].code_hash:
        return Finding(name, False, f"the file has another code hash than {address}: {found}")
    return Finding(name, True, f"{address} code {found}")


def _check_wiring(market: Market) -> list[Finding]:
    at = market.deployment.address
    expected = [
        ("Authority.membership", market.authority.membership(), at("Membership")),
        ("Membership.authority", market.membership.authority(), at("Authority")),
        ("Membership.mirror", market.membership.mirror(), at("Vault")),
        ("PowerToken.membership", market.power_token.membership(), at("Membership")),
        ("PowerPoints.membership", market.power_points.membership(), at("Membership")),
        ("PowerPoints.authority", market.power_points.authority(), at("Authority")),
        ("Vault.membership", market.vault.membership(), at("Membership")),
        ("Vault.token", market.vault.token(), at("PowerToken")),
        ("Vault.authority", market.vault.authority(), at("Authority")),
    ]
    return [Finding(subject, found == wanted, found) for subject, found, wanted in expected]


def _check_constitution(market: Market) -> Finding:
    operation = market.deployment.constitution
    done = operation is not None and market.authority.is_operation_done(bytes.fromhex(operation[2:]))
    administrator = market.deployment.settings["administrator"]
    deployer = market.deployment.deployer
    if not done:
        return Finding("constitution", False, "not carried out; run `wattbook deploy` to finish")
    founding = "0x" + market.authority.constitution().hex()
    if founding != operation:
        return Finding("constitution", False, f"the authority was founded by another operation, {founding}")
    if deployer != administrator and market.authority.has_role(PROPOSER_ROLE, deployer):
        return Finding("constitution", False, f"the deployer {deployer} can still propose")
    delay = market.authority.get_min_delay()
    return Finding("constitution", True, f"carried out; delay {delay} s")

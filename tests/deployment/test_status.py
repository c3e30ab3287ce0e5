"""Status tells a market that is what it should be from one that is not."""

import json

import pytest

from tests.deployment.conftest import asked, wrong
from wattbook.connection import Market
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.deployer import deploy
from wattbook.deployment.local import FIRST_FREE_ACCOUNT, known_account
from wattbook.deployment.plan import RULES
from wattbook.deployment.record import Deployment, find_deployment
from wattbook.deployment.settings import local_settings
from wattbook.deployment.status import check
from wattbook.errors import DeploymentError
from wattbook.trial.stand_in import name_another

STRANGER = known_account(FIRST_FREE_ACCOUNT)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A node with a complete deployment, and what is recorded of it."""
    file = tmp_path_factory.mktemp("whole") / "31337.json"
    with Anvil() as chain:
        deploy(chain, known_account("administrator"), local_settings(), file, lambda line: None)
        yield chain, file.read_bytes()


@pytest.fixture
def node(whole):
    """What a test does to it is undone."""
    chain, _ = whole
    before = asked(chain, "evm_snapshot")
    yield chain
    assert asked(chain, "evm_revert", before)


@pytest.fixture
def found(whole, file):
    """The deployment, recorded in the test's own file."""

    def run():
        file.parent.mkdir()
        file.write_bytes(whole[1])
        return Deployment.read(file)

    return run


def test_a_good_market(node, found):
    findings = check(node, found())
    assert all(finding.good for finding in findings)
    assert [finding.subject for finding in findings] == [
        "Authority",
        "Membership",
        "PowerToken",
        "PowerPoints",
        "Vault",
        "Zones",
        "Meters",
        "EnergyUnits",
        *RULES,
        "Rulebook",
        "Auction",
        "Pool",
        "Clearing",
        "DirectSale",
        "Readings",
        "Production",
        "Deposits",
        "Imbalance",
        "Computation",
        "CleanTrades",
        "RegistrationBonus",
        "SubsidyFund",
        "Losses",
        "Bills",
        "CleanEnergy",
        "GreenCertificates",
        "Elections",
        "ValidatorSet",
        "Delegates",
        "Watch",
        "Batteries",
        "UseSubsidy",
        "Tenders",
        "Supplies",
        "Tariffs",
        "SupplyReports",
        "PackageRules",
        "EnergyPackages",
        "SuppliedDevices",
        "Waterfall",
        "Tranche",
        "Admissions",
        "PlantCompany",
        "Servicers",
        "PoolOffers",
        "AssetPools",
        "Council",
        "Authority.membership",
        "Membership.authority",
        "Membership.mirror",
        "Membership.readings",
        "PowerToken.membership",
        "PowerPoints.membership",
        "PowerPoints.authority",
        "Vault.membership",
        "Vault.token",
        "Vault.authority",
        "Zones.membership",
        "Zones.authority",
        "Meters.membership",
        "Meters.zones",
        "Meters.authority",
        "Meters.mirror",
        "Meters.deposits",
        "Meters.suppliers",
        "EnergyUnits.membership",
        "EnergyUnits.vault",
        "EnergyUnits.meters",
        "Rulebook.zones",
        "Rulebook.authority",
        "Rulebook.auction",
        "Auction.vault",
        "Auction.rulebook",
        "Auction.energyUnits",
        "Auction.authority",
        "Auction.clearing",
        "Pool.auction",
        "Pool.zones",
        "Pool.vault",
        "Pool.energyUnits",
        "Pool.authority",
        "Clearing.auction",
        "Clearing.pool",
        "Clearing.poolRule",
        "DirectSale.vault",
        "DirectSale.energyUnits",
        "DirectSale.zones",
        "Readings.vault",
        "Readings.meters",
        "Readings.membership",
        "Readings.authority",
        "Production.readings",
        "Production.authority",
        "Deposits.vault",
        "Deposits.meters",
        "Deposits.authority",
        "Imbalance.readings",
        "Imbalance.production",
        "Imbalance.deposits",
        "Imbalance.authority",
        "Imbalance.sources",
        "Computation.readings",
        "Computation.points",
        "CleanTrades.imbalance",
        "CleanTrades.points",
        "RegistrationBonus.cleanTrades",
        "RegistrationBonus.readings",
        "RegistrationBonus.points",
        "RegistrationBonus.vault",
        "PowerPoints.port of RegistrationBonus",
        "PowerPoints.port of CleanTrades",
        "PowerPoints.port of Computation",
        "PowerPoints.port of Delegates",
        "SubsidyFund.imbalance",
        "SubsidyFund.authority",
        "Losses.imbalance",
        "Bills.readings",
        "Bills.points",
        "Bills.authority",
        "Auction.settlement",
        "Pool.settlement",
        "DirectSale.settlement",
        "Readings.settlement",
        "Production.settlement",
        "Deposits.settlement",
        "CleanEnergy.production",
        "CleanEnergy.readings",
        "CleanEnergy.meters",
        "CleanEnergy.membership",
        "CleanEnergy.authority",
        "CleanEnergy.certificates",
        "CleanEnergy.batteries",
        "GreenCertificates.cleanEnergy",
        "GreenCertificates.membership",
        "GreenCertificates.authority",
        "GreenCertificates.elections",
        "Elections.certificates",
        "Elections.points",
        "Elections.membership",
        "Elections.authority",
        "Elections.delegates",
        "Council.membership",
        "Council.authority",
        "Watch.delegates",
        "Delegates.watch",
        "Delegates.elections",
        "Delegates.validatorSet",
        "Delegates.points",
        "Delegates.authority",
        "ValidatorSet.feeder",
        "Batteries.cleanEnergy",
        "Batteries.production",
        "Batteries.meters",
        "Batteries.membership",
        "UseSubsidy.imbalance",
        "UseSubsidy.cleanEnergy",
        "UseSubsidy.authority",
        "Tenders.vault",
        "Tenders.energyUnits",
        "Tenders.supplies",
        "Tenders.authority",
        "Supplies.tenders",
        "Supplies.imbalance",
        "Supplies.vault",
        "Supplies.settlement",
        "Supplies.authority",
        "Tariffs.membership",
        "Tariffs.zones",
        "Tariffs.authority",
        "SupplyReports.readings",
        "PackageRules.tariffs",
        "PackageRules.reports",
        "PackageRules.meters",
        "EnergyPackages.rules",
        "EnergyPackages.vault",
        "EnergyPackages.meters",
        "SuppliedDevices.packages",
        "SuppliedDevices.meters",
        "Tranche.membership",
        "Admissions.readings",
        "Admissions.meters",
        "Admissions.membership",
        "Admissions.authority",
        "PlantCompany.meters",
        "PlantCompany.auction",
        "PlantCompany.marketPool",
        "PlantCompany.imbalance",
        "Servicers.membership",
        "Servicers.pools",
        "PoolOffers.admissions",
        "PoolOffers.waterfall",
        "AssetPools.authority",
        "AssetPools.vault",
        "AssetPools.offers",
        "AssetPools.servicers",
        "AssetPools.waterfall",
        "AssetPools.companyOriginal",
        "AssetPools.trancheOriginal",
        "Membership.recoveryDelay",
        "PowerPoints.epochLength",
        "Readings.window",
        "constitution",
    ]


def test_other_code(node, found, ask):
    deployment = found()
    ask("anvil_setCode", deployment.address("PowerToken"), "0x600160005260206000f30001")
    assert list(wrong(node, deployment)) == ["PowerToken"]
    assert "something else stands at" in wrong(node, deployment)["PowerToken"]


def test_no_code(node, found, ask):
    deployment = found()
    address = deployment.address("PowerToken")
    ask("anvil_setCode", address, "0x")
    assert wrong(node, deployment) == {"PowerToken": f"nothing stands at {address}, where PowerToken should be"}


def test_a_code_hash_in_the_file_that_is_not_the_code_s(node, found, file):
    found()
    data = json.loads(file.read_text())
    data["contracts"]["Vault"]["code_hash"] = "0x" + "00" * 32
    file.write_text(json.dumps(data))
    assert list(wrong(node, Deployment.read(file))) == ["Vault"]


@pytest.mark.parametrize(
    ("contract", "getter", "subjects"),
    [
        ("Membership", "authority", ["Membership.authority"]),
        ("PowerToken", "membership", ["PowerToken.membership"]),
        ("PowerPoints", "membership", ["PowerPoints.membership"]),
        ("PowerPoints", "authority", ["PowerPoints.authority"]),
        ("Vault", "membership", ["Vault.membership"]),
        ("Vault", "token", ["Vault.token"]),
        ("Vault", "authority", ["Vault.authority"]),
        ("Zones", "membership", ["Zones.membership"]),
        ("Zones", "authority", ["Zones.authority"]),
        ("Meters", "membership", ["Meters.membership"]),
        ("Meters", "zones", ["Meters.zones"]),
        ("Meters", "authority", ["Meters.authority"]),
        ("EnergyUnits", "membership", ["EnergyUnits.membership"]),
        ("EnergyUnits", "vault", ["EnergyUnits.vault"]),
        ("EnergyUnits", "meters", ["EnergyUnits.meters"]),
        ("Rulebook", "zones", ["Rulebook.zones"]),
        ("Rulebook", "authority", ["Rulebook.authority"]),
        ("Auction", "vault", ["Auction.vault"]),
        ("Auction", "rulebook", ["Auction.rulebook"]),
        ("Auction", "energy_units", ["Auction.energyUnits"]),
        ("Auction", "authority", ["Auction.authority"]),
        ("Pool", "auction", ["Pool.auction"]),
        ("Pool", "zones", ["Pool.zones"]),
        ("Pool", "vault", ["Pool.vault"]),
        ("Pool", "energy_units", ["Pool.energyUnits"]),
        ("Pool", "authority", ["Pool.authority"]),
        ("Clearing", "auction", ["Clearing.auction"]),
        ("Clearing", "pool", ["Clearing.pool"]),
        ("Clearing", "pool_rule", ["Clearing.poolRule"]),
        ("DirectSale", "vault", ["DirectSale.vault"]),
        ("DirectSale", "energy_units", ["DirectSale.energyUnits"]),
        ("DirectSale", "zones", ["DirectSale.zones"]),
        ("Readings", "vault", ["Readings.vault"]),
        ("Readings", "meters", ["Readings.meters"]),
        ("Readings", "membership", ["Readings.membership"]),
        ("Readings", "authority", ["Readings.authority"]),
        ("Computation", "readings", ["Computation.readings"]),
        ("Computation", "points", ["Computation.points"]),
        ("CleanTrades", "imbalance", ["CleanTrades.imbalance"]),
        ("CleanTrades", "points", ["CleanTrades.points"]),
        ("RegistrationBonus", "clean_trades", ["RegistrationBonus.cleanTrades"]),
        ("RegistrationBonus", "readings", ["RegistrationBonus.readings"]),
        ("RegistrationBonus", "points", ["RegistrationBonus.points"]),
        ("RegistrationBonus", "vault", ["RegistrationBonus.vault"]),
        ("CleanEnergy", "production", ["CleanEnergy.production"]),
        ("CleanEnergy", "readings", ["CleanEnergy.readings"]),
        ("CleanEnergy", "meters", ["CleanEnergy.meters"]),
        ("CleanEnergy", "membership", ["CleanEnergy.membership"]),
        ("CleanEnergy", "authority", ["CleanEnergy.authority"]),
        ("GreenCertificates", "clean_energy", ["GreenCertificates.cleanEnergy"]),
        ("GreenCertificates", "membership", ["GreenCertificates.membership"]),
        ("Batteries", "clean_energy", ["Batteries.cleanEnergy"]),
        ("Batteries", "production", ["Batteries.production"]),
        ("Batteries", "meters", ["Batteries.meters"]),
        ("Batteries", "membership", ["Batteries.membership"]),
    ],
)
def test_wrong_wiring(node, found, ask, contract, getter, subjects):
    """The address in an immutable is replaced in the code, whose hash leaves immutables out."""
    deployment = found()
    market, address = Market(node, deployment), deployment.address(contract)
    client = {
        "Membership": market.membership,
        "PowerToken": market.power_token,
        "PowerPoints": market.power_points,
        "Vault": market.vault,
        "Zones": market.zones,
        "Meters": market.meters,
        "EnergyUnits": market.energy_units,
        "Rulebook": market.rulebook,
        "Auction": market.auction,
        "Pool": market.pool,
        "Clearing": market.clearing,
        "DirectSale": market.direct_sale,
        "Readings": market.readings,
        "Computation": market.computation,
        "CleanTrades": market.clean_trades,
        "RegistrationBonus": market.registration_bonus,
        "CleanEnergy": market.clean_energy,
        "GreenCertificates": market.green_certificates,
        "Batteries": market.batteries,
    }[contract]
    wired = getattr(client, getter)()[2:].lower()
    code = node.code_at(address).hex().replace(wired, STRANGER.address[2:].lower())
    ask("anvil_setCode", address, "0x" + code)
    assert wrong(node, deployment) == dict.fromkeys(subjects, STRANGER.address)


@pytest.mark.parametrize(
    ("contract", "named", "subject"),
    [
        ("Membership", "Vault", "Membership.mirror"),
        ("Membership", "Readings", "Membership.readings"),
        ("Meters", "EnergyUnits", "Meters.mirror"),
        ("Meters", "Deposits", "Meters.deposits"),
        ("Meters", "SuppliedDevices", "Meters.suppliers"),
        ("Rulebook", "Auction", "Rulebook.auction"),
        ("Auction", "Clearing", "Auction.clearing"),
        ("Pool", "Imbalance", "Pool.settlement"),
        ("DirectSale", "Imbalance", "DirectSale.settlement"),
        ("Supplies", "Imbalance", "Supplies.settlement"),
        ("Tenders", "Supplies", "Tenders.supplies"),
        ("Deposits", "Imbalance", "Deposits.settlement"),
        ("CleanEnergy", "GreenCertificates", "CleanEnergy.certificates"),
        ("CleanEnergy", "Batteries", "CleanEnergy.batteries"),
    ],
)
def test_a_contract_that_was_named_and_is_another(node, found, contract, named, subject):
    """What the constitution names stands in storage."""
    deployment = found()
    name_another(node.web3, deployment.address(contract), deployment.address(named), STRANGER.address)
    assert wrong(node, deployment) == {subject: STRANGER.address}


@pytest.mark.parametrize("key", ["administrator", "authority_delay", "members"])
def test_settings_that_the_market_was_not_founded_with(node, found, file, key):
    """Whoever deployed wrote the file too; what it says must be what the authority carried out."""
    found()
    data = json.loads(file.read_text())
    other = {"administrator": STRANGER.address, "authority_delay": 59, "members": data["settings"]["members"][:-1]}
    data["settings"][key] = other[key]
    file.write_text(json.dumps(data))
    details = wrong(node, Deployment.read(file))
    assert list(details) == ["constitution"]
    assert details["constitution"].startswith("the authority was founded with other settings, by operation 0x")


@pytest.mark.parametrize(
    ("key", "subject"), [("recovery_delay", "Membership.recoveryDelay"), ("points_epoch", "PowerPoints.epochLength")]
)
def test_numbers_in_the_code_that_are_not_the_file_s(node, found, file, key, subject):
    found()
    data = json.loads(file.read_text())
    was = data["settings"][key]
    data["settings"][key] = was + 1
    file.write_text(json.dumps(data))
    assert wrong(node, Deployment.read(file)) == {subject: str(was)}


def test_a_missing_file(node, tmp_path, monkeypatch):
    monkeypatch.setenv("WATTBOOK_DEPLOYMENTS", str(tmp_path))
    with pytest.raises(DeploymentError) as caught:
        find_deployment(node)
    assert str(caught.value) == (
        f"no deployment file {tmp_path / '31337.json'}; deploy first, or say where it is"
        " (WATTBOOK_DEPLOYMENTS names its folder)"
    )


def test_a_file_that_is_a_folder(node, tmp_path):
    with pytest.raises(DeploymentError, match="cannot be read: Is a directory"):
        find_deployment(node, tmp_path)

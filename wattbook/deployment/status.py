"""Whether what stands on a chain is the market that a deployment file describes."""

from dataclasses import dataclass

from wattbook.chain import Chain
from wattbook.connection import Market
from wattbook.deployment.deployer import founding_batch, require_code
from wattbook.deployment.plan import CONTRACTS, PORTS, PROPOSER_ROLE, SOURCES
from wattbook.deployment.record import Deployment
from wattbook.deployment.settings import MarketSettings
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
    settings, port_of = market.deployment.settings, market.power_points.port_of
    expected = [
        ("Authority.membership", market.authority.membership(), at("Membership")),
        ("Membership.authority", market.membership.authority(), at("Authority")),
        ("Membership.mirror", market.membership.mirror(), at("Vault")),
        ("Membership.readings", market.membership.readings(), at("Readings")),
        ("PowerToken.membership", market.power_token.membership(), at("Membership")),
        ("PowerPoints.membership", market.power_points.membership(), at("Membership")),
        ("PowerPoints.authority", market.power_points.authority(), at("Authority")),
        ("Vault.membership", market.vault.membership(), at("Membership")),
        ("Vault.token", market.vault.token(), at("PowerToken")),
        ("Vault.authority", market.vault.authority(), at("Authority")),
        ("Zones.membership", market.zones.membership(), at("Membership")),
        ("Zones.authority", market.zones.authority(), at("Authority")),
        ("Meters.membership", market.meters.membership(), at("Membership")),
        ("Meters.zones", market.meters.zones(), at("Zones")),
        ("Meters.authority", market.meters.authority(), at("Authority")),
        ("Meters.mirror", market.meters.mirror(), at("EnergyUnits")),
        ("Meters.deposits", market.meters.deposits(), at("Deposits")),
        ("Meters.suppliers", market.meters.suppliers(), at("SuppliedDevices")),
        ("EnergyUnits.membership", market.energy_units.membership(), at("Membership")),
        ("EnergyUnits.vault", market.energy_units.vault(), at("Vault")),
        ("EnergyUnits.meters", market.energy_units.meters(), at("Meters")),
        ("Rulebook.zones", market.rulebook.zones(), at("Zones")),
        ("Rulebook.authority", market.rulebook.authority(), at("Authority")),
        ("Rulebook.auction", market.rulebook.auction(), at("Auction")),
        ("Auction.vault", market.auction.vault(), at("Vault")),
        ("Auction.rulebook", market.auction.rulebook(), at("Rulebook")),
        ("Auction.energyUnits", market.auction.energy_units(), at("EnergyUnits")),
        ("Auction.authority", market.auction.authority(), at("Authority")),
        ("Auction.clearing", market.auction.clearing(), at("Clearing")),
        ("Pool.auction", market.pool.auction(), at("Auction")),
        ("Pool.zones", market.pool.zones(), at("Zones")),
        ("Pool.vault", market.pool.vault(), at("Vault")),
        ("Pool.energyUnits", market.pool.energy_units(), at("EnergyUnits")),
        ("Pool.authority", market.pool.authority(), at("Authority")),
        ("Clearing.auction", market.clearing.auction(), at("Auction")),
        ("Clearing.pool", market.clearing.pool(), at("Pool")),
        ("Clearing.poolRule", market.clearing.pool_rule(), at("PoolAfter")),
        ("DirectSale.vault", market.direct_sale.vault(), at("Vault")),
        ("DirectSale.energyUnits", market.direct_sale.energy_units(), at("EnergyUnits")),
        ("DirectSale.zones", market.direct_sale.zones(), at("Zones")),
        ("Readings.vault", market.readings.vault(), at("Vault")),
        ("Readings.meters", market.readings.meters(), at("Meters")),
        ("Readings.membership", market.readings.membership(), at("Membership")),
        ("Readings.authority", market.readings.authority(), at("Authority")),
        ("Production.readings", market.production.readings(), at("Readings")),
        ("Production.authority", market.production.authority(), at("Authority")),
        ("Deposits.vault", market.deposits.vault(), at("Vault")),
        ("Deposits.meters", market.deposits.meters(), at("Meters")),
        ("Deposits.authority", market.deposits.authority(), at("Authority")),
        ("Imbalance.readings", market.imbalance.readings(), at("Readings")),
        ("Imbalance.production", market.imbalance.production(), at("Production")),
        ("Imbalance.deposits", market.imbalance.deposits(), at("Deposits")),
        ("Imbalance.authority", market.imbalance.authority(), at("Authority")),
        ("Imbalance.sources", ", ".join(market.imbalance.sources()), ", ".join(map(at, SOURCES))),
        ("Computation.readings", market.computation.readings(), at("Readings")),
        ("Computation.points", market.computation.points(), at("PowerPoints")),
        ("CleanTrades.imbalance", market.clean_trades.imbalance(), at("Imbalance")),
        ("CleanTrades.points", market.clean_trades.points(), at("PowerPoints")),
        ("RegistrationBonus.cleanTrades", market.registration_bonus.clean_trades(), at("CleanTrades")),
        ("RegistrationBonus.readings", market.registration_bonus.readings(), at("Readings")),
        ("RegistrationBonus.points", market.registration_bonus.points(), at("PowerPoints")),
        ("RegistrationBonus.vault", market.registration_bonus.vault(), at("Vault")),
        *((f"PowerPoints.port of {name}", port_of(int(reason)), at(name)) for reason, name in PORTS.items()),
        ("SubsidyFund.imbalance", market.subsidy_fund.imbalance(), at("Imbalance")),
        ("SubsidyFund.authority", market.subsidy_fund.authority(), at("Authority")),
        ("Losses.imbalance", market.losses.imbalance(), at("Imbalance")),
        ("Bills.readings", market.bills.readings(), at("Readings")),
        ("Bills.points", market.bills.points(), at("PowerPoints")),
        ("Bills.authority", market.bills.authority(), at("Authority")),
        ("Auction.settlement", market.auction.settlement(), at("Imbalance")),
        ("Pool.settlement", market.pool.settlement(), at("Imbalance")),
        ("DirectSale.settlement", market.direct_sale.settlement(), at("Imbalance")),
        ("Readings.settlement", market.readings.settlement(), at("Imbalance")),
        ("Production.settlement", market.production.settlement(), at("Imbalance")),
        ("Deposits.settlement", market.deposits.settlement(), at("Imbalance")),
        ("CleanEnergy.production", market.clean_energy.production(), at("Production")),
        ("CleanEnergy.readings", market.clean_energy.readings(), at("Readings")),
        ("CleanEnergy.meters", market.clean_energy.meters(), at("Meters")),
        ("CleanEnergy.membership", market.clean_energy.membership(), at("Membership")),
        ("CleanEnergy.authority", market.clean_energy.authority(), at("Authority")),
        ("CleanEnergy.certificates", market.clean_energy.certificates(), at("GreenCertificates")),
        ("CleanEnergy.batteries", market.clean_energy.batteries(), at("Batteries")),
        ("GreenCertificates.cleanEnergy", market.green_certificates.clean_energy(), at("CleanEnergy")),
        ("GreenCertificates.membership", market.green_certificates.membership(), at("Membership")),
        ("GreenCertificates.authority", market.green_certificates.authority(), at("Authority")),
        ("GreenCertificates.elections", market.green_certificates.elections(), at("Elections")),
        ("Elections.certificates", market.elections.certificates(), at("GreenCertificates")),
        ("Elections.points", market.elections.points(), at("PowerPoints")),
        ("Elections.membership", market.elections.membership(), at("Membership")),
        ("Elections.authority", market.elections.authority(), at("Authority")),
        ("Elections.delegates", market.elections.delegates(), at("Delegates")),
        ("Council.membership", market.council.membership(), at("Membership")),
        ("Council.authority", market.council.authority(), at("Authority")),
        ("Watch.delegates", market.watch.delegates(), at("Delegates")),
        ("Delegates.watch", market.delegates.watch(), at("Watch")),
        ("Delegates.elections", market.delegates.elections(), at("Elections")),
        ("Delegates.validatorSet", market.delegates.validator_set(), at("ValidatorSet")),
        ("Delegates.points", market.delegates.points(), at("PowerPoints")),
        ("Delegates.authority", market.delegates.authority(), at("Authority")),
        ("ValidatorSet.feeder", market.validator_set.feeder(), at("Delegates")),
        ("Batteries.cleanEnergy", market.batteries.clean_energy(), at("CleanEnergy")),
        ("Batteries.production", market.batteries.production(), at("Production")),
        ("Batteries.meters", market.batteries.meters(), at("Meters")),
        ("Batteries.membership", market.batteries.membership(), at("Membership")),
        ("UseSubsidy.imbalance", market.use_subsidy.imbalance(), at("Imbalance")),
        ("UseSubsidy.cleanEnergy", market.use_subsidy.clean_energy(), at("CleanEnergy")),
        ("UseSubsidy.authority", market.use_subsidy.authority(), at("Authority")),
        ("Tenders.vault", market.tenders.vault(), at("Vault")),
        ("Tenders.energyUnits", market.tenders.energy_units(), at("EnergyUnits")),
        ("Tenders.supplies", market.tenders.supplies(), at("Supplies")),
        ("Tenders.authority", market.tenders.authority(), at("Authority")),
        ("Supplies.tenders", market.supplies.tenders(), at("Tenders")),
        ("Supplies.imbalance", market.supplies.imbalance(), at("Imbalance")),
        ("Supplies.vault", market.supplies.vault(), at("Vault")),
        ("Supplies.settlement", market.supplies.settlement(), at("Imbalance")),
        ("Supplies.authority", market.supplies.authority(), at("Authority")),
        ("Tariffs.membership", market.tariffs.membership(), at("Membership")),
        ("Tariffs.zones", market.tariffs.zones(), at("Zones")),
        ("Tariffs.authority", market.tariffs.authority(), at("Authority")),
        ("SupplyReports.readings", market.supply_reports.readings(), at("Readings")),
        ("PackageRules.tariffs", market.package_rules.tariffs(), at("Tariffs")),
        ("PackageRules.reports", market.package_rules.reports(), at("SupplyReports")),
        ("PackageRules.meters", market.package_rules.meters(), at("Meters")),
        ("EnergyPackages.rules", market.energy_packages.rules(), at("PackageRules")),
        ("EnergyPackages.vault", market.energy_packages.vault(), at("Vault")),
        ("EnergyPackages.meters", market.energy_packages.meters(), at("Meters")),
        ("SuppliedDevices.packages", market.supplied_devices.packages(), at("EnergyPackages")),
        ("SuppliedDevices.meters", market.supplied_devices.meters(), at("Meters")),
        ("Tranche.membership", market.tranche.membership(), at("Membership")),
        ("Admissions.readings", market.admissions.readings(), at("Readings")),
        ("Admissions.meters", market.admissions.meters(), at("Meters")),
        ("Admissions.membership", market.admissions.membership(), at("Membership")),
        ("Admissions.authority", market.admissions.authority(), at("Authority")),
        ("PlantCompany.meters", market.plant_company.meters(), at("Meters")),
        ("PlantCompany.auction", market.plant_company.auction(), at("Auction")),
        ("PlantCompany.marketPool", market.plant_company.market_pool(), at("Pool")),
        ("PlantCompany.imbalance", market.plant_company.imbalance(), at("Imbalance")),
        ("Servicers.membership", market.servicers.membership(), at("Membership")),
        ("Servicers.pools", market.servicers.pools(), at("AssetPools")),
        ("PoolOffers.admissions", market.pool_offers.admissions(), at("Admissions")),
        ("PoolOffers.waterfall", market.pool_offers.waterfall(), at("Waterfall")),
        ("AssetPools.authority", market.asset_pools.authority(), at("Authority")),
        ("AssetPools.vault", market.asset_pools.vault(), at("Vault")),
        ("AssetPools.offers", market.asset_pools.offers(), at("PoolOffers")),
        ("AssetPools.servicers", market.asset_pools.servicers(), at("Servicers")),
        ("AssetPools.waterfall", market.asset_pools.waterfall(), at("Waterfall")),
        ("AssetPools.companyOriginal", market.asset_pools.company_original(), at("PlantCompany")),
        ("AssetPools.trancheOriginal", market.asset_pools.tranche_original(), at("Tranche")),
        ("Membership.recoveryDelay", market.membership.recovery_delay(), settings["recovery_delay"]),
        ("PowerPoints.epochLength", market.power_points.epoch_length(), settings["points_epoch"]),
        ("Readings.window", market.readings.window(), settings["dispute_window"]),
    ]
    return [Finding(subject, found == wanted, str(found)) for subject, found, wanted in expected]


def _check_constitution(market: Market) -> Finding:
    """Reckons from the settings in the file what the constitution must have been."""
    settings = MarketSettings.from_json(market.deployment.settings)
    batch = founding_batch(market.chain, market.deployment, settings)
    operation = market.authority.hash_operation_batch(*batch)
    founding = market.authority.constitution()
    if founding not in (bytes(32), operation):
        detail = f"the authority was founded with other settings, by operation 0x{founding.hex()}"
        return Finding("constitution", False, detail)
    if not market.authority.is_operation_done(operation):
        return Finding("constitution", False, "not carried out; run `wattbook deploy` to finish")
    deployer = market.deployment.deployer
    if deployer != settings.administrator and market.authority.has_role(PROPOSER_ROLE, deployer):
        return Finding("constitution", False, f"the deployer {deployer} can still propose")
    return Finding("constitution", True, f"carried out; delay {market.authority.get_min_delay()} s")

"""A deployed market, with a typed client for each of its contracts."""

from functools import cached_property
from pathlib import Path

from wattbook.chain import Chain
from wattbook.contracts.admissions import Admissions
from wattbook.contracts.asset_pools import AssetPools
from wattbook.contracts.auction import Auction
from wattbook.contracts.authority import Authority
from wattbook.contracts.batteries import Batteries
from wattbook.contracts.bills import Bills
from wattbook.contracts.clean_energy import CleanEnergy
from wattbook.contracts.clean_trades import CleanTrades
from wattbook.contracts.clearing import Clearing
from wattbook.contracts.computation import Computation
from wattbook.contracts.council import Council
from wattbook.contracts.delegates import Delegates
from wattbook.contracts.deposits import Deposits
from wattbook.contracts.direct_sale import DirectSale
from wattbook.contracts.elections import Elections
from wattbook.contracts.energy_packages import EnergyPackages
from wattbook.contracts.energy_units import EnergyUnits
from wattbook.contracts.green_certificates import GreenCertificates
from wattbook.contracts.imbalance import Imbalance
from wattbook.contracts.losses import Losses
from wattbook.contracts.membership import Membership
from wattbook.contracts.meters import Meters
from wattbook.contracts.package_rules import PackageRules
from wattbook.contracts.plant_company import PlantCompany
from wattbook.contracts.pool import Pool
from wattbook.contracts.pool_offers import PoolOffers
from wattbook.contracts.power_points import PowerPoints
from wattbook.contracts.power_token import PowerToken
from wattbook.contracts.production import Production
from wattbook.contracts.readings import Readings
from wattbook.contracts.registration_bonus import RegistrationBonus
from wattbook.contracts.rulebook import Rulebook
from wattbook.contracts.servicers import Servicers
from wattbook.contracts.subsidy_fund import SubsidyFund
from wattbook.contracts.supplied_devices import SuppliedDevices
from wattbook.contracts.supplies import Supplies
from wattbook.contracts.supply_reports import SupplyReports
from wattbook.contracts.tariffs import Tariffs
from wattbook.contracts.tenders import Tenders
from wattbook.contracts.tranche import Tranche
from wattbook.contracts.use_subsidy import UseSubsidy
from wattbook.contracts.validator_set import ValidatorSet
from wattbook.contracts.vault import Vault
from wattbook.contracts.watch import Watch
from wattbook.contracts.waterfall import Waterfall
from wattbook.contracts.zones import Zones
from wattbook.deployment.record import Deployment, find_deployment


class Market:
    """The contracts of one deployment on one chain."""

    def __init__(self, chain: Chain, deployment: Deployment) -> None:
        deployment.require_chain(chain)
        self.chain = chain
        self.deployment = deployment

    def __repr__(self) -> str:
        return f"<Market on chain {self.chain.chain_id}>"

    @cached_property
    def authority(self) -> Authority:
        return Authority(self.chain, self.deployment.address("Authority"))

    @cached_property
    def membership(self) -> Membership:
        return Membership(self.chain, self.deployment.address("Membership"))

    @cached_property
    def power_token(self) -> PowerToken:
        return PowerToken(self.chain, self.deployment.address("PowerToken"))

    @cached_property
    def power_points(self) -> PowerPoints:
        return PowerPoints(self.chain, self.deployment.address("PowerPoints"))

    @cached_property
    def vault(self) -> Vault:
        return Vault(self.chain, self.deployment.address("Vault"))

    @cached_property
    def zones(self) -> Zones:
        return Zones(self.chain, self.deployment.address("Zones"))

    @cached_property
    def meters(self) -> Meters:
        return Meters(self.chain, self.deployment.address("Meters"))

    @cached_property
    def energy_units(self) -> EnergyUnits:
        return EnergyUnits(self.chain, self.deployment.address("EnergyUnits"))

    @cached_property
    def auction(self) -> Auction:
        return Auction(self.chain, self.deployment.address("Auction"))

    @cached_property
    def clearing(self) -> Clearing:
        return Clearing(self.chain, self.deployment.address("Clearing"))

    @cached_property
    def direct_sale(self) -> DirectSale:
        return DirectSale(self.chain, self.deployment.address("DirectSale"))

    @cached_property
    def pool(self) -> Pool:
        return Pool(self.chain, self.deployment.address("Pool"))

    @cached_property
    def production(self) -> Production:
        return Production(self.chain, self.deployment.address("Production"))

    @cached_property
    def council(self) -> Council:
        return Council(self.chain, self.deployment.address("Council"))

    @cached_property
    def delegates(self) -> Delegates:
        return Delegates(self.chain, self.deployment.address("Delegates"))

    @cached_property
    def elections(self) -> Elections:
        return Elections(self.chain, self.deployment.address("Elections"))

    @cached_property
    def watch(self) -> Watch:
        return Watch(self.chain, self.deployment.address("Watch"))

    @cached_property
    def validator_set(self) -> ValidatorSet:
        return ValidatorSet(self.chain, self.deployment.address("ValidatorSet"))

    @cached_property
    def deposits(self) -> Deposits:
        return Deposits(self.chain, self.deployment.address("Deposits"))

    @property
    def imbalance(self) -> Imbalance:
        return Imbalance(self.chain, self.deployment.address("Imbalance"))

    @cached_property
    def computation(self) -> Computation:
        return Computation(self.chain, self.deployment.address("Computation"))

    @cached_property
    def clean_trades(self) -> CleanTrades:
        return CleanTrades(self.chain, self.deployment.address("CleanTrades"))

    @cached_property
    def registration_bonus(self) -> RegistrationBonus:
        return RegistrationBonus(self.chain, self.deployment.address("RegistrationBonus"))

    @cached_property
    def clean_energy(self) -> CleanEnergy:
        return CleanEnergy(self.chain, self.deployment.address("CleanEnergy"))

    @cached_property
    def green_certificates(self) -> GreenCertificates:
        return GreenCertificates(self.chain, self.deployment.address("GreenCertificates"))

    @cached_property
    def batteries(self) -> Batteries:
        return Batteries(self.chain, self.deployment.address("Batteries"))

    @cached_property
    def readings(self) -> Readings:
        return Readings(self.chain, self.deployment.address("Readings"))

    @cached_property
    def subsidy_fund(self) -> SubsidyFund:
        return SubsidyFund(self.chain, self.deployment.address("SubsidyFund"))

    @cached_property
    def use_subsidy(self) -> UseSubsidy:
        return UseSubsidy(self.chain, self.deployment.address("UseSubsidy"))

    @cached_property
    def tenders(self) -> Tenders:
        return Tenders(self.chain, self.deployment.address("Tenders"))

    @cached_property
    def supplies(self) -> Supplies:
        return Supplies(self.chain, self.deployment.address("Supplies"))

    @cached_property
    def losses(self) -> Losses:
        return Losses(self.chain, self.deployment.address("Losses"))

    @cached_property
    def bills(self) -> Bills:
        return Bills(self.chain, self.deployment.address("Bills"))

    @cached_property
    def tariffs(self) -> Tariffs:
        return Tariffs(self.chain, self.deployment.address("Tariffs"))

    @cached_property
    def supply_reports(self) -> SupplyReports:
        return SupplyReports(self.chain, self.deployment.address("SupplyReports"))

    @cached_property
    def package_rules(self) -> PackageRules:
        return PackageRules(self.chain, self.deployment.address("PackageRules"))

    @cached_property
    def energy_packages(self) -> EnergyPackages:
        return EnergyPackages(self.chain, self.deployment.address("EnergyPackages"))

    @cached_property
    def supplied_devices(self) -> SuppliedDevices:
        return SuppliedDevices(self.chain, self.deployment.address("SuppliedDevices"))

    @cached_property
    def waterfall(self) -> Waterfall:
        return Waterfall(self.chain, self.deployment.address("Waterfall"))

    @cached_property
    def tranche(self) -> Tranche:
        """What the tranches of all pools are clones of."""
        return Tranche(self.chain, self.deployment.address("Tranche"))

    @cached_property
    def admissions(self) -> Admissions:
        return Admissions(self.chain, self.deployment.address("Admissions"))

    @cached_property
    def rulebook(self) -> Rulebook:
        return Rulebook(self.chain, self.deployment.address("Rulebook"))

    @cached_property
    def plant_company(self) -> PlantCompany:
        """What the companies of pools are clones of."""
        return PlantCompany(self.chain, self.deployment.address("PlantCompany"))

    @cached_property
    def servicers(self) -> Servicers:
        return Servicers(self.chain, self.deployment.address("Servicers"))

    @cached_property
    def pool_offers(self) -> PoolOffers:
        return PoolOffers(self.chain, self.deployment.address("PoolOffers"))

    @cached_property
    def asset_pools(self) -> AssetPools:
        return AssetPools(self.chain, self.deployment.address("AssetPools"))


def connect(rpc_url: str, deployment: str | Path | Deployment | None = None) -> Market:
    """Connects to the market on the chain behind `rpc_url`.

    `deployment` is a deployment file. Without one it is `deployments/<chain id>.json` in the folder that the variable
    WATTBOOK_DEPLOYMENTS names, else in the working folder.
    """
    chain = Chain.at(rpc_url)
    if not isinstance(deployment, Deployment):
        deployment = find_deployment(chain, deployment)
    return Market(chain, deployment)

"""Contracts by themselves, as during the deployment: what is named once can be named only there."""

from collections.abc import Callable

from tests.permissions.metering import WINDOW
from wattbook import Market
from wattbook.contracts.auction import Auction
from wattbook.contracts.authority import Authority
from wattbook.contracts.deposits import Deposits
from wattbook.contracts.direct_sale import DirectSale
from wattbook.contracts.membership import Membership
from wattbook.contracts.meters import Meters
from wattbook.contracts.pool import Pool
from wattbook.contracts.production import Production
from wattbook.contracts.readings import Readings
from wattbook.contracts.rulebook import Rulebook
from wattbook.contracts.supplies import Supplies
from wattbook.contracts.tenders import Tenders
from wattbook.contracts.validator_set import ValidatorSet


class Bare:
    """Beside the market's own, and obeying its authority."""

    def __init__(self, market: Market, deployer: str, create: Callable[..., str]) -> None:
        chain, at, authority = market.chain, market.deployment.address, market.authority.address
        vault, energy_units = at("Vault"), at("EnergyUnits")
        self.membership = Membership(chain, create("Membership", authority, 60))
        self.authority = Authority(chain, create("Authority", deployer))
        self.rulebook = Rulebook(chain, create("Rulebook", at("Zones"), authority))
        self.auction = Auction(chain, create("Auction", vault, at("Rulebook"), energy_units, authority))
        self.readings = Readings(chain, create("Readings", vault, at("Meters"), authority, WINDOW))
        self.pool = Pool(chain, create("Pool", self.auction.address, at("Zones"), authority))
        self.direct_sale = DirectSale(chain, create("DirectSale", vault, energy_units, at("Zones"), authority))
        self.production = Production(chain, create("Production", at("Readings"), authority))
        self.deposits = Deposits(chain, create("Deposits", vault, at("Meters"), authority))
        self.tenders = Tenders(chain, create("Tenders", vault, energy_units, authority))
        self.supplies = Supplies(chain, create("Supplies", at("Tenders"), at("Imbalance"), authority))
        self.meters = Meters(chain, create("Meters", at("Membership"), at("Zones"), authority))
        seats = [f"0x{number:040x}" for number in range(1, 6)]
        self.unfed, self.fed = (ValidatorSet(chain, create("ValidatorSet", seats, deployer)) for _ in range(2))

"""A sale that is not settled yet, in a market in which nothing else has happened."""

from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from tests.assertions import FAR
from tests.conftest import CONSUMER_PRODUCER, decider
from tests.devices import QUARTER, SLOT, Devices, facts, next_slot
from wattbook import Application, Market, Role, pt
from wattbook.contracts.structs import Carrier, Sale
from wattbook.deployment.anvil import pass_time
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import MODULES
from wattbook.eip712 import sign

MONEY = pt("100")
# An issuer of their own: the books of the market's stay empty.
SELLER, BUYER, ISSUER = known_account(14), known_account(15), known_account(16)


class OpenSale:
    """2,000 Wh at 450 mPT per kWh, in an hour."""

    def __init__(self, market: Market) -> None:
        self.market = market
        decide = decider(market, known_account("administrator"), lambda seconds: pass_time(market.chain, seconds))
        decide("Zones", "addZone", b"park".ljust(32, b"\0"))
        grid = facts(known_account("grid").address)
        decide("Zones", "openCarrier", 1, int(Carrier.ELECTRICITY), SLOT, QUARTER, grid)
        decide("Membership", "admit", tuple(_application(ISSUER, Role.ISSUER)))
        for member in (SELLER, BUYER):
            self._join(member)
        self.device = Devices(market, known_account("operator"), 1).certified(SELLER)
        self.slot = next_slot(market.chain.now, 4)
        terms = (Carrier.ELECTRICITY, 1, self.device, self.slot, 2_000, 450, 1, FAR)
        sale = Sale(SELLER.address, BUYER.address, *terms)
        said = {{"slot_start": "slotStart"}.get(name, name): value for name, value in sale._asdict().items()}
        signed = [sign(market.direct_sale, "Sale", one, {**said, "carrier": 0}) for one in (SELLER, BUYER)]
        market.direct_sale.sell(sale, *signed, sender=known_account("operator"))

    def settle(self) -> None:
        """Eleven days later, though nobody read the meter: who sold delivered nothing."""
        pass_time(self.market.chain, self.slot + 11 * 24 * 3600 - self.market.chain.now)
        both = sorted([SELLER.address, BUYER.address], key=lambda one: int(one, 16))
        self.market.imbalance.settle(1, Carrier.ELECTRICITY, self.slot, both, sender=known_account("operator"))

    def _join(self, member: LocalAccount) -> None:
        market, application = self.market, _application(member, CONSUMER_PRODUCER)
        market.membership.admit(application, sender=known_account("registrar"))
        market.power_token.mint(member.address, MONEY, application.credential, sender=ISSUER)
        market.power_token.approve(market.vault.address, MONEY, sender=member)
        market.vault.deposit(MONEY, sender=member)
        market.vault.choose_modules((1 << len(MODULES)) - 1, sender=member)


def _application(account: LocalAccount, roles: int) -> Application:
    papers, identity = keccak(text=f"papers of {account.address}"), keccak(text=f"identity of {account.address}")
    return Application(account.address, int(roles), 0, FAR, papers, identity)

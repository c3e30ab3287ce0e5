"""Programmes of subsidies in every stage, so that each function about them has something to act on.

Stages last for weeks here, as they do anywhere. This comes first, and what is made of the world after it may take from
ten to twenty-eight days.
"""

from collections.abc import Callable
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from tests.assertions import pass_time
from tests.devices import Devices, Secp256k1Key, facts
from tests.permissions.subscribing import Tenancy
from wattbook import Market
from wattbook.contracts.structs import Carrier, Direction, Purse, Retirement
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import Call, purse_account
from wattbook.metering.roots import in_order, proven, root_of, sign_root
from wattbook.metering.tree import Leaf, Tree
from wattbook.months import month_at, start_of
from wattbook.trial.subsidising import DAY

ZONE = 1
CARRIER, ANOTHER_CARRIER = Carrier.COOLING, Carrier.FLEXIBILITY
RATE = 50
POT = 1_000_000
WH = 100
YEAR = 12


@dataclass
class Subsidies:
    """A roof and a meter of one who is no caller of interest; `carry_out` has the authority do what needs it."""

    market: Market
    carry_out: Callable[..., None]
    tenant: LocalAccount

    def __post_init__(self) -> None:
        self.paid = month_at(self.market.chain.now + 5 * DAY) + 1
        self.held, self.claimed, self.open = self.paid + 1, self.paid + 2, self.paid + YEAR
        self.unset = self.open + 1
        self._decide()
        owner, operator = known_account("grid"), known_account("operator")
        devices = Devices(self.market, operator, ZONE)
        self.device = devices.certify(devices.register(owner, Secp256k1Key("a roof"), carrier=CARRIER))
        described = {"carrier": CARRIER, "direction": Direction.WITHDRAWAL}
        self._meter = devices.certify(devices.register(owner, Secp256k1Key("a meter"), **described))
        self.tenancy = Tenancy(self.market, self.carry_out, devices, self.tenant, self.paid)
        self._register = self._readings = 0
        self._fund()
        self._metered: list[tuple[object, list[object]]] = []
        self._pass_until(start_of(self.paid) + 2 * DAY)
        self.tenancy.cancel()
        self._post(start_of(self.paid), 0)
        self._post(start_of(self.paid) + DAY, WH)
        self._record(self.paid)
        self.tenancy.draw()
        self._use()
        self._pass_until(self._closes(self.paid))
        self._does("close", self.paid)
        self._record(self.held)
        self._pass_until(self._closes(self.held))
        self._does("close", self.held)
        payable = self.market.subsidy_fund.programme_of(ZONE, CARRIER, self.paid).payable_from
        self._pass_until(payable)
        self._does("pay", self.paid, 1)
        self.market.use_subsidy.pay(ZONE, CARRIER, self.paid, 1, sender=owner)

    @property
    def user(self) -> str:
        """Who is paid for what he used."""
        return known_account("grid").address

    def use_correction(self) -> dict[str, object]:
        """What attesters sign about what was used in the month that was paid."""
        fund = self.market.use_subsidy.address
        where = {"zone": ZONE, "carrier": int(CARRIER), "month": self.paid}
        return {"fund": fund, "account": self.user, **where, "wh": 0, "evidence": keccak(text="a fraud")}

    def correction(self) -> dict[str, object]:
        """What attesters sign about the month that was paid."""
        fund = self.market.subsidy_fund.address
        return {"fund": fund, "device": self.device, "month": self.paid, "wh": 0, "evidence": keccak(text="a fraud")}

    def _decide(self) -> None:
        """Nobody measures the feeder, so that what is claimed is held."""
        given = tuple(facts(purse_account(Purse.GRID)))
        set_up = [(CARRIER, self.paid), (CARRIER, self.held), (CARRIER, self.claimed), (CARRIER, self.open)]
        set_up.append((ANOTHER_CARRIER, self.paid))
        self.carry_out(
            *(Call("Zones", "openCarrier", (ZONE, int(one), DAY, DAY, given)) for one in (CARRIER, ANOTHER_CARRIER)),
            *(Call("SubsidyFund", "setProgramme", (ZONE, int(one), month, RATE)) for one, month in set_up),
            *(
                Call("UseSubsidy", "setProgramme", (ZONE, int(CARRIER), month, RATE))
                for month in (self.paid, self.claimed, self.open)
            ),
        )

    def _fund(self) -> None:
        """Fills the pot of those who use energy: what nobody was paid cannot be corrected."""
        giver, vault, token = known_account("grid"), self.market.vault, self.market.power_token
        token.mint(giver.address, POT, keccak(text="a pot"), sender=known_account("issuer"))
        token.approve(vault.address, POT, sender=giver)
        vault.deposit(POT, sender=giver)
        vault.choose_modules(1 << vault.module_of(self.market.use_subsidy.address).bit, sender=giver)
        self.market.use_subsidy.fund(ZONE, CARRIER, self.paid, POT, sender=giver)

    def _use(self) -> None:
        """Has what the roof made in a day retired, and claimed, for what was used in it."""
        owner, since = known_account("grid"), start_of(self.paid)
        issued = self.market.clean_energy.issue(self.device, since, since + DAY, WH, sender=owner)
        slice = issued.event("SliceIssued").args["id"]
        retirement = Retirement(owner.address, since, since + DAY, "own use")
        self.market.clean_energy.retire(slice, WH, retirement, sender=owner)
        self.market.use_subsidy.claim(ZONE, CARRIER, self.paid, owner.address, [slice], sender=owner)

    def _record(self, month: int) -> None:
        """Has what a month brought used when it is final, and claimed."""
        end = start_of(month + 1)
        self._pass_until(end + 1)
        self._post(end, WH)
        pass_time(self.market.readings.window() + 1)
        for root, given in self._metered:
            self.market.imbalance.meter(root, given, sender=known_account("grid"))
        self._metered.clear()
        self._does("claim", month, [self.device])

    def _post(self, time: int, wh: int) -> None:
        self._register += wh
        self._readings += 1
        source = keccak(text=f"{time}")
        metered = sorted([self.device, self._meter, *self.tenancy.meters])
        leaves = [Leaf(one, self._register, self._readings, 0, 0, source, source) for one in metered]
        tree, readings = Tree([(leaf.device, leaf.content_hash) for leaf in leaves]), self.market.readings
        root = root_of(ZONE, time, 0, tree)
        attesters = [known_account(name) for name in ("attester1", "attester2")]
        signatures = in_order((who.address, sign_root(readings, root, [], who)) for who in attesters)
        readings.post(root, [], signatures, sender=known_account("grid"))
        for leaf in leaves:
            # Of a month there are many slots, and a transaction has no room for those of all.
            self._metered.append((root, [proven(tree, leaf)]))

    def _does(self, function: str, month: int, *arguments: object) -> None:
        sender = known_account("grid")
        getattr(self.market.subsidy_fund, function)(ZONE, CARRIER, month, *arguments, sender=sender)

    def _closes(self, month: int) -> int:
        _, closes = self.market.subsidy_fund.claims_taken(month)
        return int(closes)

    def _pass_until(self, time: int) -> None:
        if (left := time - self.market.chain.now) > 0:
            pass_time(left)

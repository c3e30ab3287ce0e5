"""Whether the park's books balance: every uPT that was ever minted is somewhere, every Wh that meters counted too."""

from dataclasses import dataclass, field
from typing import Any

from wattbook.chain import Chain
from wattbook.connection import Market
from wattbook.contracts.structs import Carrier, Purse
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import MODULES
from wattbook.deployment.record import Deployment
from wattbook.holdings import free_of
from wattbook.months import month_at
from wattbook.park.ledger import Sums
from wattbook.park.meters import FIRST_WH, MetersFile
from wattbook.park.people import member_account, read_registers, relay_account
from wattbook.park.settings import ZONE_NUMBER, Folder
from wattbook.park.supervisor import ParkError
from wattbook.units import format_pt


@dataclass(frozen=True)
class Line:
    """Two figures that have to be the same."""

    what: str
    left: int
    right: int
    unit: str

    @property
    def holds(self) -> bool:
        return self.left == self.right


@dataclass
class Balance:
    """What the books say: `shares` of all money, and the lines that must hold."""

    shares: dict[str, int] = field(default_factory=dict)
    checks: list[Line] = field(default_factory=list)
    certificates: int = 0
    debts: int = 0

    def as_json(self) -> dict[str, Any]:
        lines = [{"what": one.what, "left": one.left, "right": one.right, "holds": one.holds} for one in self.checks]
        return {"money": self.shares, "balance": lines, "certificates": self.certificates, "debts": self.debts}

    def lines(self) -> list[str]:
        """For people."""
        width = max(map(len, self.shares))
        money = [f"  {name:<{width}} {format_pt(amount):>22}" for name, amount in self.shares.items()]
        checks = [
            f"  {one.what}: {_shown(one.left, one.unit)} {'=' if one.holds else 'IS NOT'} {_shown(one.right, one.unit)}"
            for one in self.checks
        ]
        made = f"certificates of 1 MWh: {self.certificates}; owed and not paid: {format_pt(self.debts)}"
        return ["where all money is", *money, made, "balance", *checks]

    def require(self) -> None:
        """Refuses books that do not balance."""
        if wrong := [one for one in self.checks if not one.holds]:
            raise ParkError(f"the books do not balance: {wrong[0].what}, {wrong[0].left} and {wrong[0].right}")


def balance(chain: Chain, folder: Folder, sums: Sums) -> Balance:
    """The balance of a park that is at rest: nobody quotes, all that was traded is settled."""
    market = Market(chain, Deployment.read(folder.deployment))
    found = Balance()
    _money(market, folder, found, sums.bonds)
    _energy(market, folder, found)
    found.checks.append(Line("books in which more was sold than bought, or less", sums.unbalanced, 0, ""))
    totals = market.clean_energy.totals()
    found.certificates = totals.wholes // market.clean_energy.whole_wh()
    return found


def _money(market: Market, folder: Folder, found: Balance, bonds: int) -> None:
    token, vault = market.power_token, market.vault
    members = [str(member_account(place).address) for place in range(folder.settings().traders)]
    offices = [str(relay_account("purses").address)]
    found.shares = {
        "members, outside": sum(token.balance_of(one) for one in members),
        "members, in the Vault": sum(free_of(vault, members).values()),
        "who funded the purses": sum(token.balance_of(one) + vault.account_of(one).free for one in offices),
    }
    for purse in Purse:
        name = f"purse {purse.name.lower().replace('_', ' ')}"
        found.shares[name] = vault.account_of(vault.purse_account(purse)).free
    for module in MODULES:
        if locked := vault.module_of(market.deployment.address(module)).locked:
            found.shares[f"locked by {module}"] = locked
    found.debts = sum(vault.debt_of(one) for one in members)
    issuer = market.membership.standing_of(known_account("issuer").address).member
    supply = token.total_supply()
    everything = sum(found.shares.values())
    outside = found.shares["members, outside"] + token.balance_of(offices[0])
    found.checks += [
        Line("all money is somewhere", everything, supply, "uPT"),
        Line("what is issued is in reserve", supply, token.reserve_of(issuer), "uPT"),
        Line("the Vault holds what it owes", everything - outside, token.balance_of(vault.address), "uPT"),
        Line("nothing stays with settlement", vault.module_of(market.imbalance.address).locked, 0, "uPT"),
    ]

    if len(folder.settings().sessions) == 1:
        # Of a session before nobody wrote down what was not revealed when it ended.
        locked = vault.module_of(market.auction.address).locked
        found.checks.append(Line("the auction holds bonds only", locked, bonds, "uPT"))


def _energy(market: Market, folder: Folder, found: Balance) -> None:
    """What registers counted, and what the chain counted of each carrier."""
    slots = folder.settings().slots(MetersFile(folder.meters).read_until)
    months = sorted({month_at(slot) for slot in slots})
    counters = MetersFile(folder.meters).counters()
    registers = read_registers(folder.registers)
    for carrier in sorted({Carrier(one.carrier) for one in registers}):
        told = [market.imbalance.month_of(ZONE_NUMBER, carrier, month) for month in months]
        for injects, word in ((True, "given to the grid"), (False, "taken from the grid")):
            counted = sum(
                counters[one.number].wh - FIRST_WH * one.number
                for one in registers
                if one.carrier == carrier and one.injects is injects and one.number in counters
            )
            chain = sum(one.injected if injects else one.withdrawn for one in told)
            found.checks.append(Line(f"{carrier.name.lower()} {word}", counted, chain, "Wh"))


def _shown(value: int, unit: str) -> str:
    return format_pt(value) if unit == "uPT" else f"{value} {unit}"

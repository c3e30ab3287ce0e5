"""Whether everything adds up that a scenario moved: each uPT and each Wh, by the contracts and by the engine."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from wattbook.billing.entries import Kind
from wattbook.billing.periods import Period
from wattbook.billing.statement import Records, Statement
from wattbook.contracts.structs import Carrier, Purse
from wattbook.deployment.local import OFFICE_ACCOUNTS, known_account
from wattbook.deployment.plan import MODULES, purse_account
from wattbook.holdings import free_of
from wattbook.scenario.closing import Closed
from wattbook.scenario.profiles import WHOLE
from wattbook.scenario.runner import Happened
from wattbook.scenario.village import CITY, ZONE, Meter, Village
from wattbook.settlement.imbalance import Imbalance, imbalance
from wattbook.trial.days import Line
from wattbook.trial.park import FAR

_POOL, _GRID = purse_account(Purse.POOL), purse_account(Purse.GRID)
# What is no income and no cost.
_MOVED = (Kind.DEPOSITED, Kind.WITHDRAWN, Kind.HELD)


class Accounts:
    """What everybody had when a village was set up, to be compared with what is there at the end."""

    def __init__(self, village: Village) -> None:
        self.village = village
        self.since = village.blocks.now + 1
        village.mine([], self.since)
        self.before = self.free()
        self._tokens = self._in_vault()

    def free(self) -> dict[str, int]:
        """The free balances of all who have any."""
        village = self.village
        others = [
            CITY,
            *(known_account(name).address for name in OFFICE_ACCOUNTS),
            *(purse_account(one) for one in Purse),
        ]
        return free_of(village.market.vault, (*village.accounts.values(), *others))

    def statements(self) -> dict[str, Statement]:
        """What each member got and paid, from events alone and agreed with the Vault, by his name."""
        village = self.village
        records = Records(village.market, Period("the scenario", "UTC", self.since, FAR))
        found = records.statements(list(village.accounts.values()))
        return dict(zip(village.accounts, found, strict=True))

    def lines(self, happened: Happened, closed: Closed, statements: Mapping[str, Statement]) -> list[Line]:
        """What must be equal, to the unit."""
        return [
            *self._money(happened, statements),
            *(line for carrier in self._carriers() for line in self._energy(carrier, happened)),
            *self._trades(happened, statements),
            *self._certificates(closed),
            *self._paid_out(closed, statements),
        ]

    def _money(self, happened: Happened, statements: Mapping[str, Statement]) -> Iterator[Line]:
        market, after = self.village.market, self.free()
        gains = {account: after[account] - self.before[account] for account in after}
        taken = -sum(one.sums.get(Kind.WITHDRAWN, 0) for one in statements.values())
        locked = sum(market.vault.module_of(market.deployment.address(name)).locked for name in MODULES)
        yield Line("uPT in the Vault = all free balances and locks", self._in_vault(), sum(after.values()) + locked)
        yield Line("uPT in the Vault = those at the beginning less withdrawals", self._in_vault(), self._tokens - taken)
        supply, reserve = market.power_token.total_supply(), self._reserve()
        yield Line("uPT issued = the issuers' reserves", supply, reserve)
        pots = sum(one.pot for one in self.village.scenario.subsidies) * len(self.village.months)
        yield Line("uPT that modules hold at the end = none", locked, 0)
        yield Line("uPT that all gained and withdrew = what was in pots", sum(gains.values()) + taken, pots)
        reckoned = self._reckoned(happened)
        unlike = [key for key, one in reckoned.items() if one.cash != happened.settled[key].cash]
        yield Line("positions settled otherwise than the engine says = none", len(unlike), 0)
        yield Line("positions settled = those to be settled", len(happened.settled), self._to_be_settled())
        grid = -sum(self._grid_cash(carrier, reckoned) for carrier in self._carriers())
        owed = sum(market.vault.debt_to(one, _GRID) for one in self.village.accounts.values())
        yield Line("uPT that the grid got or is owed = what the engine says", gains[_GRID] + owed, grid)

    def _to_be_settled(self) -> int:
        """In each slot that of everybody with a meter, carrier by carrier, and the pool's."""
        whose = {(one.device.carrier, one.member.name) for one in self.village.meters.values()}
        return (len(whose) + len(self._carriers())) * self.village.scenario.slots

    def _grid_cash(self, carrier: Carrier, reckoned: Mapping[tuple[Carrier, int, str], Imbalance]) -> int:
        """What the grid pays, slot by slot; less is what it gets."""
        trading = self.village.scenario.trading(carrier)
        system: Counter[int] = Counter()
        for (one, start, _), position in reckoned.items():
            if one == carrier:
                system[start] += position.imbalance
        return sum(wh * (trading.pool_in if wh > 0 else trading.pool_out) for wh in system.values())

    def _reckoned(self, happened: Happened) -> dict[tuple[Carrier, int, str], Imbalance]:
        """Each position by the engine; the pool's own has no band."""
        found = {}
        for key, settlement in happened.settled.items():
            terms = self.village.scenario.trading(key[0]).terms
            if key[2] == _POOL:
                terms = replace(terms, band_bps=WHOLE)
            found[key] = imbalance(settlement.metered, terms)
        return found

    def _energy(self, carrier: Carrier, happened: Happened) -> Iterator[Line]:
        village, name = self.village, carrier.name.lower()
        balances = [village.market.imbalance.balance_of(ZONE, carrier, start) for start in village.scenario.starts]
        injected, withdrawn, imported, exported = (sum(one[place] for one in balances) for place in range(4))
        meters = [one for one in village.meters.values() if one.device.carrier == carrier]
        into, out = village.feeders[carrier]
        made = [one.injection for one in meters if one.injection]
        took = [one.withdrawal for one in meters if one.withdrawal]
        unread_in = sum(one.total - one.last for one in (*made, into))
        unread_out = sum(one.total - one.last for one in (*took, out))
        yield Line(
            f"{name}: Wh injected and imported = withdrawn, exported, lost and not read",
            injected + imported + unread_in,
            withdrawn + exported + happened.lost[carrier] + unread_out,
        )
        flows = [flow for (one, _), flow in happened.flows.items() if village.meters[one].device.carrier == carrier]
        counted_in, counted_out = sum(one.total for one in made), sum(one.total for one in took)
        yield Line(f"{name}: Wh made = what the registers counted", sum(one.injected for one in flows), counted_in)
        yield Line(f"{name}: Wh used = what the registers counted", sum(one.withdrawn for one in flows), counted_out)
        yield Line(f"{name}: Wh injected = what the registers show", injected, sum(one.last for one in made))
        yield Line(f"{name}: Wh withdrawn = what the registers show", withdrawn, sum(one.last for one in took))
        recorded = sum(map(village.market.production.total_of, _clean(meters)))
        yield Line(f"{name}: clean Wh in the ledger = clean in the slots", recorded, sum(one.clean for one in balances))

    def _trades(self, happened: Happened, statements: Mapping[str, Statement]) -> Iterator[Line]:
        books = happened.books
        sold = sum(sum(one.sold.values()) + one.pool_sold for one in books)
        bought = sum(sum(one.bought.values()) + one.pool_bought for one in books)
        yield Line("Wh sold by members and the pool = Wh bought", sold, bought)
        told = happened.settled.values()
        yield Line("Wh sold in books = Wh sold in settled positions", sold, sum(one.metered.sold for one in told))
        settled = sum(one.metered.bought for one in told)
        yield Line("Wh bought in books = Wh bought in settled positions", bought, settled)
        pool_paid = sum(one.pool_bought * self.village.scenario.trading(one.carrier).pool_in for one in books)
        pool_got = sum(one.pool_sold * self.village.scenario.trading(one.carrier).pool_out for one in books)
        sums = _summed(statements)
        yield Line(
            "uPT paid for energy = uPT due for energy",
            pool_paid - sums[Kind.BOUGHT],
            pool_got + sums[Kind.SOLD],
        )

    def _certificates(self, closed: Closed) -> Iterator[Line]:
        market = self.village.market
        clean = market.clean_energy
        totals = clean.totals()._asdict()
        taken = totals.pop("taken")
        made = sum(map(market.production.total_of, _clean(self.village.meters.values())))
        yield Line("Wh certified = clean Wh in the ledger", taken, made)
        yield Line("Wh certified = held, retired, expired, withdrawn, lost, exported", taken, sum(totals.values()))
        held = sum(clean.balance_of(account, id) for id, account in closed.slices)
        yield Line("Wh held = what the contract says is held", held, totals["slices"])
        yield Line("Wh retired = what was retired for use", totals["retired"], sum(closed.retired.values()))

    def _paid_out(self, closed: Closed, statements: Mapping[str, Statement]) -> Iterator[Line]:
        given = sum(one.subsidy.pot for one in closed.subsidies)
        paid = sum(sum(one.paid.values()) for one in closed.subsidies)
        yield Line("uPT in pots = paid and given back", given, paid + sum(one.returned for one in closed.subsidies))
        yield Line("uPT of subsidies paid = what statements have", paid, _summed(statements)[Kind.SUBSIDY])
        unlike = sum(one.unlike_the_engine for one in closed.subsidies)
        yield Line("subsidies paid otherwise than the engine says = none", unlike, 0)
        billed = sum(bill.bought for bills in closed.bills.values() for bill in bills)
        yield Line("uPT billed for energy = uPT paid for it", billed, -_summed(statements)[Kind.BOUGHT])

    def _carriers(self) -> list[Carrier]:
        return [one.carrier for one in self.village.scenario.tradings]

    def _in_vault(self) -> int:
        market = self.village.market
        return int(market.power_token.balance_of(market.vault.address))

    def _reserve(self) -> int:
        market = self.village.market
        issuer = market.membership.standing_of(known_account("issuer").address).member
        return int(market.power_token.reserve_of(issuer))


def earned(statement: Statement) -> int:
    """What an account gained by all that it did, or lost."""
    return sum(amount for kind, amount in statement.sums.items() if kind not in _MOVED)


def _summed(statements: Mapping[str, Statement]) -> Counter[Kind]:
    found: Counter[Kind] = Counter()
    for one in statements.values():
        found.update(one.sums)
    return found


def _clean(meters: Iterable[Meter]) -> list[int]:
    """The devices that make clean energy."""
    return [one.injection.device for one in meters if one.device.clean and one.injection]

"""What a pool's periods paid, reckoned anew from what the chain told, and held against it to the unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wattbook.chain import named
from wattbook.connection import Market
from wattbook.contracts.structs import PoolDue, PoolTerms, TrancheKind
from wattbook.contracts.tranche import Tranche
from wattbook.errors import WattbookError
from wattbook.finance.pool import SECONDS_A_DAY
from wattbook.finance.waterfall import FLOWS, Outcome, Period, State, late, run, shares

_EVENTS = ("PoolDecided", "PeriodClosed", "TriggerReset", "Distributed")
_PARTS = {
    TrancheKind.SENIOR: ("seniorInterest", "seniorPrincipal"),
    TrancheKind.MEZZ: ("mezzInterest", "mezzPrincipal"),
    TrancheKind.JUNIOR: ("junior",),
}
_AMOUNT = 160
_NOBODY_IS_PAID = 2**96


class ReportError(WattbookError):
    """There is nothing to report, or it is not as the terms say."""


@dataclass(frozen=True)
class Difference:
    """What the chain told, and what it should be."""

    what: str
    told: int
    reckoned: int


@dataclass(frozen=True)
class Share:
    """What a holder gets of a period, and whether it was paid."""

    holder: str
    units: int
    amount: int
    is_paid: bool


@dataclass(frozen=True)
class Payment:
    """What a tranche gets of a period."""

    kind: TrancheKind
    amount: int
    shares: tuple[Share, ...]


@dataclass(frozen=True)
class Closing:
    """A period that was closed. Those after the final one have no days."""

    number: int
    days: int
    collected: int
    complete_bps: int
    outcome: Outcome
    payments: tuple[Payment, ...]
    differences: tuple[Difference, ...]


def report(market: Market, pool: int) -> list[Closing]:
    """The periods of a pool that were closed."""
    return _Report(market, pool).closings()


class _Report:
    def __init__(self, market: Market, pool: int) -> None:
        self.market, self.pool = market, pool
        self.terms: PoolTerms = market.pool_offers.terms_of(pool)
        self.periods: Sequence[PoolDue] = market.pool_offers.periods_of(pool)
        self.logs = sorted(
            (log for event in _EVENTS for log in self._logs(event)),
            key=lambda log: (log["blockNumber"], log["logIndex"]),
        )

    def closings(self) -> list[Closing]:
        found: list[Closing] = []
        state = self._start()
        for log in self.logs:
            if log["event"] == "TriggerReset":
                state = state.reset()
            if log["event"] == "PeriodClosed":
                closing = self._closing(state, log["args"])
                found.append(closing)
                state = closing.outcome.state
        return found

    def _logs(self, name: str) -> list[Any]:
        event = self.market.asset_pools.raw.events[name]
        return list(named(lambda: event.get_logs(from_block=0, argument_filters={"pool": self.pool})))

    def _start(self) -> State:
        rates = self.terms.rates
        decided = next((log["args"] for log in self.logs if log["event"] == "PoolDecided"), None)
        if decided is None:
            raise ReportError(f"pool {self.pool} is not active yet")
        return State(
            senior=decided["senior"],
            mezz=decided["mezz"],
            senior_arrears=0,
            mezz_arrears=0,
            reserve=self.terms.reserve,
            target=rates.target,
            senior_bps=rates.senior_bps,
            mezz_bps=rates.mezz_bps,
            tax_bps=rates.tax_bps,
            servicer_bps=rates.servicer_bps,
            servicer_cap=rates.servicer_cap,
            trustee=rates.trustee,
        )

    def _closing(self, state: State, told: Any) -> Closing:
        number, collected = told["period"], told["collected"]
        days = self._days(number)
        if days:
            due = self.periods[number]
            final = number + 1 == len(self.periods)
            outcome = run(state, Period(collected, days, (due.senior, due.mezz), final))
        else:
            outcome = late(state, collected)
        payments, unlike = self._payments(number, outcome, told["record"])
        differences = _compared(outcome, told) + unlike
        return Closing(number, days, collected, told["completeBps"], outcome, payments, tuple(differences))

    def _days(self, number: int) -> int:
        if number >= len(self.periods):
            return 0
        start = self.periods[number - 1].end if number else self.terms.start
        return (self.periods[number].end - start) // SECONDS_A_DAY

    def _payments(self, number: int, outcome: Outcome, record: int) -> tuple[tuple[Payment, ...], list[Difference]]:
        payments, differences = [], []
        for kind, address in zip(TrancheKind, self.market.asset_pools.tranches_of(self.pool), strict=True):
            amount = sum(outcome.paid(name) for name in _PARTS[kind])
            if not amount:
                continue
            tranche = Tranche(self.market.chain, address)
            holders = [tranche.holder_at(place) for place in range(tranche.holder_count())]
            units = [tranche.units_at(holder, record) for holder in holders]
            told = self._distributed(number, kind)
            parts = []
            for place, (holder, held, part) in enumerate(zip(holders, units, shares(units, amount), strict=True)):
                is_paid = place < len(told)
                parts.append(Share(holder, held, part, is_paid))
                if is_paid and told[place] != (int(holder, 16), part):
                    differences.append(Difference(f"{kind.name.lower()}, {holder}", told[place][1], part))
            payments.append(Payment(kind, amount, tuple(parts)))
        return tuple(payments), differences

    def _distributed(self, number: int, kind: TrancheKind) -> list[tuple[int, int]]:
        """Accounts and amounts, in the sequence in which they were paid."""
        moves = [
            move
            for log in self.logs
            if log["event"] == "Distributed" and (log["args"]["period"], log["args"]["kind"]) == (number, kind)
            for move in log["args"]["moves"]
        ]
        return [(move & (1 << _AMOUNT) - 1, -(move >> _AMOUNT) % _NOBODY_IS_PAID) for move in moves]


def _compared(outcome: Outcome, told: Any) -> list[Difference]:
    paid = {flow.name: flow.paid for flow in outcome.flows}
    state, after = told["state"], outcome.state
    pairs = [("coverage", told["dscrBps"], outcome.dscr_bps)]
    pairs += [(name, told["paid"][place], paid.get(name, 0)) for place, name in enumerate(FLOWS)]
    pairs += [
        ("senior after", state["senior"], after.senior),
        ("mezzanine after", state["mezz"], after.mezz),
        ("senior's arrears after", state["seniorArrears"], after.senior_arrears),
        ("mezzanine's arrears after", state["mezzArrears"], after.mezz_arrears),
        ("reserve after", state["reserve"], after.reserve),
        ("trigger after", int(state["trigger"]), int(after.trigger)),
    ]
    return [Difference(what, said, reckoned) for what, said, reckoned in pairs if said != reckoned]


def only(closings: Sequence[Closing], period: int | None) -> list[Closing]:
    """One of them, by its number."""
    found = [one for one in closings if period in (None, one.number)]
    if period is not None and not found:
        raise ReportError(f"period {period} is not closed")
    return found

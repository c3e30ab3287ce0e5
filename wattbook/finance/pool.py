"""A pool from its offer to its last payment (docs/finance.md)."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from enum import StrEnum

from wattbook.finance.refusals import MOST_UPT, FinanceError, whole
from wattbook.finance.servicer import Cause, Served, Tranche, cause, replaced, voting
from wattbook.finance.waterfall import Outcome, Period, State, late, run, shares

SECONDS_A_DAY = 86_400
GRACE_SECONDS = 12 * SECONDS_A_DAY
"""How long after a period its readings become final and its bills are paid."""
LATE_REST_SECONDS = SECONDS_A_DAY
"""How long after a closing what came in after the final period can be closed."""


class Stage(StrEnum):
    SUBSCRIBING = "Subscribing"
    ACTIVE = "Active"
    MATURED = "Matured"
    CANCELLED = "Cancelled"


@dataclass(frozen=True)
class Due:
    """A period's end, and which principal is to be paid in it, senior and mezzanine."""

    end: int
    scheduled: tuple[int, int]


@dataclass(frozen=True)
class Terms:
    """What a pool's offer says. Times are in seconds; periods are whole days, and the last is the final one.

    - limit: what may be raised at most, by the admission of the plants
    - least: with less than that subscribed at the deadline everybody has his money back
    - junior: units of the tranche that the plants' owners keep
    - reserve: what is put aside of the proceeds
    - working: what of the proceeds the plants' company keeps for its bonds, and what it keeps of what it collects, in
      the final period nothing, and after it as long as senior or mezzanine are owed something
    """

    owner: str
    servicer: str
    senior: int
    mezz: int
    junior: int
    limit: int
    least: int
    deadline: int
    start: int
    periods: tuple[Due, ...]
    reserve: int
    state: State
    working: int = 0

    def __post_init__(self) -> None:
        for name in ("senior", "mezz", "junior", "limit", "reserve", "working"):
            whole(name, getattr(self, name))
        whole("least", self.least, self.senior + self.mezz, 1)
        if self.senior + self.mezz > self.limit:
            raise FinanceError("AboveLimit", f"{self.senior + self.mezz} uPT are offered, {self.limit} may be advanced")
        if self.reserve + self.working > self.least:
            raise FinanceError("ReserveAboveLeast", "more is put aside than what may be all that is subscribed")
        if self.start < self.deadline or not self.periods or not self.junior:
            raise FinanceError("BadTerms", "a pool has a junior tranche, and periods that start after its deadline")
        for before, due in zip((self.start, *(one.end for one in self.periods)), self.periods, strict=False):
            if due.end <= before or (due.end - before) % SECONDS_A_DAY:
                raise FinanceError("BadTerms", f"the period that ends at {due.end} is not of whole days")


Holdings = dict[str, int]


@dataclass
class Pool:
    """A pool's state. `paid` is what everybody has got of it; who is paid under a fee's name is that name."""

    terms: Terms
    stage: Stage = Stage.SUBSCRIBING
    units: dict[Tranche, Holdings] = field(default_factory=lambda: {tranche: {} for tranche in Tranche})
    state: State = field(init=False)
    cash: int = 0
    collected: int = 0
    closed: int = 0
    servicer: str = field(init=False)
    served: list[Served] = field(default_factory=list)
    paid: dict[str, int] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    _records: list[dict[Tranche, Holdings]] = field(default_factory=list)
    _last: dict[Tranche, Holdings] = field(default_factory=dict)
    _record_time: int = 0

    def __post_init__(self) -> None:
        self.state = replace(self.terms.state, senior=0, mezz=0, senior_arrears=0, mezz_arrears=0, reserve=0)
        self.servicer = self.terms.servicer

    def subscribe(self, holder: str, tranche: Tranche, amount: int, now: int) -> None:
        """Buys units of a tranche, a uPT each."""
        self._only(Stage.SUBSCRIBING)
        if now >= self.terms.deadline:
            raise FinanceError("SubscriptionOver", f"subscription ended at {self.terms.deadline}")
        if tranche is Tranche.JUNIOR:
            raise FinanceError("JuniorNotOffered", "the junior tranche stays with the plants' owners")
        offered = self.terms.senior if tranche is Tranche.SENIOR else self.terms.mezz
        left = offered - sum(self.units[tranche].values())
        if whole("amount", amount, least=1) > left:
            raise FinanceError("Oversubscribed", f"{left} uPT of the {tranche} tranche are left, not {amount}")
        self._add(tranche, holder, amount)
        self.cash += amount

    def decide(self, now: int) -> None:
        """When the time is over, or all is sold: the plants' owners are paid, or the pool is cancelled."""
        self._only(Stage.SUBSCRIBING)
        senior, mezz = (sum(self.units[tranche].values()) for tranche in (Tranche.SENIOR, Tranche.MEZZ))
        if now < self.terms.deadline and (senior, mezz) != (self.terms.senior, self.terms.mezz):
            raise FinanceError("NotYet", f"subscription ends at {self.terms.deadline}")
        if senior + mezz < self.terms.least:
            self.stage = Stage.CANCELLED
            return
        self.stage = Stage.ACTIVE
        self.state = replace(self.state, senior=senior, mezz=mezz, reserve=self.terms.reserve)
        self._add(Tranche.JUNIOR, self.terms.owner, self.terms.junior)
        self._pay("company", self.terms.working)
        self._pay(self.terms.owner, senior + mezz - self.terms.reserve - self.terms.working)

    def refund(self, holder: str) -> int:
        """A cancelled pool gives everything back."""
        self._only(Stage.CANCELLED)
        amount = sum(holdings.pop(holder, 0) for holdings in self.units.values())
        if not amount:
            raise FinanceError("NothingHeld", f"{holder} has nothing in the pool")
        self._pay(holder, amount)
        return amount

    def transfer(self, tranche: Tranche, holder: str, to: str, amount: int, now: int) -> None:
        """Moves units; what a period that has ended pays is still due to who had them at its end."""
        if self.stage not in (Stage.ACTIVE, Stage.MATURED):
            raise FinanceError("WrongPoolStage", f"units do not move while the pool is {self.stage}")
        self._record(now)
        held = self.units[tranche].get(holder, 0)
        if whole("amount", amount, least=1) > held:
            raise FinanceError("NotHeld", f"{holder} has {held} units, not {amount}")
        self.units[tranche][holder] = held - amount
        self._add(tranche, to, amount)

    def collect(self, amount: int) -> None:
        """What bills pay for the plants' energy."""
        if self.stage not in (Stage.ACTIVE, Stage.MATURED):
            raise FinanceError("WrongPoolStage", f"nothing is collected while the pool is {self.stage}")
        self.collected = whole("collections", self.collected + whole("amount", amount), MOST_UPT)
        self.cash += amount

    def close(self, period: int, now: int, complete_bps: int) -> Outcome:
        """Pays out what was collected for a period, once."""
        self._only(Stage.ACTIVE)
        if period < self.closed:
            raise FinanceError("PeriodIsClosed", f"period {period} is closed")
        if period > self.closed:
            raise FinanceError("OutOfTurn", f"period {self.closed} is to be closed first")
        due = self.terms.periods[period]
        if now < due.end + GRACE_SECONDS:
            raise FinanceError("NotYet", f"period {period} can be closed from {due.end + GRACE_SECONDS}")
        self._record(now)
        before = self.terms.periods[period - 1].end if period else self.terms.start
        final = period + 1 == len(self.terms.periods)
        days = (due.end - before) // SECONDS_A_DAY
        outcome = run(self.state, Period(self.collected, days, due.scheduled, final))
        self.served.append(Served(complete_bps, self.collected == 0, outcome.dscr_bps))
        self.closed += 1
        if final:
            self.stage = Stage.MATURED
        self._distribute(outcome, self._records[period], due.end - 1)
        return outcome

    def close_late(self, now: int) -> Outcome:
        """Pays out what came in after the final period, to who holds then. The plants' company keeps its working money
        unless all that there is pays all that is owed."""
        self._only(Stage.MATURED)
        if now <= self._record_time + LATE_REST_SECONDS:
            raise FinanceError("NotYet", f"it can be closed again from {self._record_time + LATE_REST_SECONDS + 1}")
        kept = 0 if self.collected >= self.state.owed else min(self.terms.working, self.collected)
        if self.collected == kept:
            raise FinanceError("NothingCollected", "nothing came in since")
        outcome = late(self.state, self.collected - kept)
        self._distribute(outcome, self.units, now - 1)
        self.collected = kept
        return outcome

    def redeem(self, tranche: Tranche, holder: str) -> int:
        """Takes back the units of a tranche that is paid; junior's stand, for what comes in late."""
        self._only(Stage.MATURED)
        if tranche is Tranche.JUNIOR:
            raise FinanceError("NotRedeemed", "junior units are entitled to what comes in late")
        owed = (
            self.state.senior + self.state.senior_arrears
            if tranche is Tranche.SENIOR
            else self.state.mezz + self.state.mezz_arrears
        )
        if owed:
            raise FinanceError("StillOwed", f"the {tranche} tranche is still owed {owed} uPT")
        amount = self.units[tranche].pop(holder, 0)
        if not amount:
            raise FinanceError("NothingHeld", f"{holder} has no unit of the {tranche} tranche")
        return amount

    @property
    def cause(self) -> Cause | None:
        """What the servicer gave cause for."""
        return cause(self.served)

    def replace_servicer(self, votes: Collection[str], servicer: str) -> bool:
        """A vote of those who held the first tranche that is still owed something on the last closing's record date;
        the new servicer starts clean."""
        if self.stage is not Stage.MATURED or not self.state.owed:
            self._only(Stage.ACTIVE)
        if servicer in (self.servicer, self.terms.owner):
            raise FinanceError("NotApart", f"{servicer} is the servicer already, or the plants' owner")
        units = self._last or self.units
        if not replaced(units[voting(self.state)], votes, self.served):
            return False
        self.servicer, self.served = servicer, []
        return True

    def _distribute(self, outcome: Outcome, holdings: dict[Tranche, Holdings], record_time: int) -> None:
        self.state, self.collected = outcome.state, 0
        self._last = {tranche: dict(held) for tranche, held in holdings.items()}
        self._record_time = record_time
        self.outcomes.append(outcome)
        self._pay("tax", outcome.paid("tax"))
        self._pay(self.servicer, outcome.paid("servicer"))
        self._pay("trustee", outcome.paid("trustee"))
        amounts = {
            Tranche.SENIOR: outcome.paid("seniorInterest") + outcome.paid("seniorPrincipal"),
            Tranche.MEZZ: outcome.paid("mezzInterest") + outcome.paid("mezzPrincipal"),
            Tranche.JUNIOR: outcome.paid("junior"),
        }
        for tranche, amount in amounts.items():
            held = holdings[tranche]
            for holder, part in zip(held, shares(list(held.values()), amount), strict=True):
                self._pay(holder, part)

    def _record(self, now: int) -> None:
        """Notes who holds what at the end of each period that has ended."""
        while len(self._records) < len(self.terms.periods) and self.terms.periods[len(self._records)].end <= now:
            self._records.append({tranche: dict(holdings) for tranche, holdings in self.units.items()})

    def _add(self, tranche: Tranche, holder: str, amount: int) -> None:
        self.units[tranche][holder] = self.units[tranche].get(holder, 0) + amount

    def _pay(self, who: str, amount: int) -> None:
        if amount:
            self.paid[who] = self.paid.get(who, 0) + amount
            self.cash -= amount

    def _only(self, stage: Stage) -> None:
        if self.stage is not stage:
            raise FinanceError("WrongPoolStage", f"the pool is {self.stage}, not {stage}")

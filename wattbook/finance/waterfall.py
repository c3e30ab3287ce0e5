"""How what was collected in a period runs down the waterfall, to the last uPT (docs/finance.md)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wattbook.finance.admission import dscr_bps
from wattbook.finance.refusals import WHOLE_BPS, whole
from wattbook.market.shares import cumfloor

TRIGGER_BPS = 11_000
"""Coverage below which all that is left pays down the senior tranche."""
DAYS_A_YEAR = 365
MOST_DAYS = 366
FLOWS = (
    *("tax", "servicer", "trustee", "seniorInterest", "mezzInterest", "seniorPrincipal", "mezzPrincipal"),
    *("seniorInterestFromReserve", "mezzInterestFromReserve"),
    *("seniorPrincipalFromReserve", "mezzPrincipalFromReserve"),
    *("reserveTopUp", "junior"),
)
"""What a period pays, as contracts number it; and in the sequence in which it is paid when nothing triggers."""


@dataclass(frozen=True)
class State:
    """A pool between two periods: uPT owed to the tranches, interest in arrears, the reserve; and its terms.

    Rates and shares are in 1/10000, those of interest by the year. A trigger stays until the council resets it.
    """

    senior: int
    mezz: int
    senior_arrears: int
    mezz_arrears: int
    reserve: int
    target: int
    senior_bps: int
    mezz_bps: int
    tax_bps: int
    servicer_bps: int
    servicer_cap: int
    trustee: int
    trigger: bool = False

    def __post_init__(self) -> None:
        for name in (
            "senior",
            "mezz",
            "senior_arrears",
            "mezz_arrears",
            "reserve",
            "target",
            "servicer_cap",
            "trustee",
        ):
            whole(name, getattr(self, name))
        for name in ("senior_bps", "mezz_bps", "tax_bps", "servicer_bps"):
            whole(name, getattr(self, name), WHOLE_BPS)

    @property
    def owed(self) -> int:
        """What senior and mezzanine are still owed, interest included."""
        return self.senior + self.mezz + self.senior_arrears + self.mezz_arrears

    def reset(self) -> "State":
        """The trigger is lifted, which only the council does."""
        return replace(self, trigger=False)


@dataclass(frozen=True)
class Period:
    """What was collected in so many days, and which principal was to be paid, senior and mezzanine."""

    collections: int
    days: int
    scheduled: tuple[int, int]
    final: bool = False

    def __post_init__(self) -> None:
        whole("collections", self.collections)
        whole("days", self.days, MOST_DAYS)
        for name, amount in zip(("senior", "mezzanine"), self.scheduled, strict=True):
            whole(f"scheduled principal, {name}", amount)


@dataclass(frozen=True)
class Flow:
    """What was due under a name and what was paid of it, out of the reserve too where it may be drawn."""

    name: str
    due: int
    paid: int


@dataclass(frozen=True)
class Outcome:
    """What a period paid, and how it left the pool."""

    flows: tuple[Flow, ...]
    state: State
    dscr_bps: int

    @property
    def outflows(self) -> int:
        """uPT that left the pool."""
        return sum(flow.paid for flow in self.flows if flow.name != "reserveTopUp")

    def paid(self, name: str) -> int:
        """What was paid under a name, the reserve's part of a final period included."""
        return sum(flow.paid for flow in self.flows if flow.name in (name, f"{name}FromReserve"))


class _Cascade:
    """What is left of collections and reserve while both run down."""

    def __init__(self, collections: int, reserve: int) -> None:
        self.left, self.reserve = collections, reserve
        self.flows: list[Flow] = []

    def pay(self, name: str, due: int, *, draws: bool = False) -> int:
        """Pays what is due as far as it goes; some may draw the reserve for the rest."""
        from_left = min(due, self.left)
        from_reserve = min(due - from_left, self.reserve) if draws else 0
        self.left -= from_left
        self.reserve -= from_reserve
        if due:
            self.flows.append(Flow(name, due, from_left + from_reserve))
        return from_left + from_reserve

    def top_up(self, target: int) -> None:
        """Fills the reserve."""
        missing = max(0, target - self.reserve)
        added = min(missing, self.left)
        if added:
            self.left -= added
            self.reserve += added
            self.flows.append(Flow("reserveTopUp", missing, added))

    def draw(self, name: str, due: int) -> int:
        """Pays out of the reserve alone, in a final period."""
        paid = min(due, self.reserve)
        self.reserve -= paid
        if due:
            self.flows.append(Flow(f"{name}FromReserve", due, paid))
        return paid

    def end(self, *, final: bool) -> None:
        """What is left is junior's, in a final period the reserve too."""
        rest = self.left + (self.reserve if final else 0)
        if final:
            self.reserve = 0
        self.left = 0
        self.flows.append(Flow("junior", rest, rest))


def interest(balance: int, bps: int, days: int) -> int:
    """uPT of interest on a balance for so many days."""
    return balance * bps * days // (DAYS_A_YEAR * WHOLE_BPS)


def run(state: State, period: Period) -> Outcome:
    """One period."""
    collected = period.collections
    tax = collected * state.tax_bps // WHOLE_BPS
    fee = min(collected * state.servicer_bps // WHOLE_BPS, state.servicer_cap)
    senior_interest = interest(state.senior, state.senior_bps, period.days) + state.senior_arrears
    mezz_interest = interest(state.mezz, state.mezz_bps, period.days) + state.mezz_arrears
    scheduled = min(period.scheduled[0], state.senior), min(period.scheduled[1], state.mezz)
    coverage = dscr_bps(collected - tax - fee - state.trustee, senior_interest + mezz_interest + sum(scheduled))
    triggered = state.trigger or coverage < TRIGGER_BPS

    due = {
        "seniorInterest": senior_interest,
        "mezzInterest": mezz_interest,
        "seniorPrincipal": state.senior if triggered or period.final else scheduled[0],
        "mezzPrincipal": state.mezz if triggered or period.final else scheduled[1],
    }
    cascade = _Cascade(collected, state.reserve)
    cascade.pay("tax", tax)
    cascade.pay("servicer", fee)
    cascade.pay("trustee", state.trustee, draws=True)
    # Interest may draw the reserve, but mezzanine's not while it stands behind senior principal.
    if triggered:
        order = (
            ("seniorInterest", True),
            ("seniorPrincipal", False),
            ("mezzInterest", False),
            ("mezzPrincipal", False),
        )
    else:
        order = (("seniorInterest", True), ("mezzInterest", True), ("seniorPrincipal", False), ("mezzPrincipal", False))
    unpaid = {name: due[name] - cascade.pay(name, due[name], draws=draws) for name, draws in order}
    if period.final:
        for name in ("seniorInterest", "mezzInterest", "seniorPrincipal", "mezzPrincipal"):
            unpaid[name] -= cascade.draw(name, unpaid[name])
    else:
        cascade.top_up(state.target)
    cascade.end(final=period.final)

    after = replace(
        state,
        senior=state.senior - due["seniorPrincipal"] + unpaid["seniorPrincipal"],
        mezz=state.mezz - due["mezzPrincipal"] + unpaid["mezzPrincipal"],
        senior_arrears=unpaid["seniorInterest"],
        mezz_arrears=unpaid["mezzInterest"],
        reserve=cascade.reserve,
        trigger=triggered,
    )
    return Outcome(tuple(cascade.flows), after, coverage)


def late(state: State, collections: int) -> Outcome:
    """What is collected after the final period: what senior and mezzanine are still owed comes first, the rest is
    junior's. There are no fees any more, and nothing bears interest."""
    cascade = _Cascade(whole("collections", collections), 0)
    senior_arrears = state.senior_arrears - cascade.pay("seniorInterest", state.senior_arrears)
    senior = state.senior - cascade.pay("seniorPrincipal", state.senior)
    mezz_arrears = state.mezz_arrears - cascade.pay("mezzInterest", state.mezz_arrears)
    mezz = state.mezz - cascade.pay("mezzPrincipal", state.mezz)
    cascade.end(final=True)
    after = replace(state, senior=senior, mezz=mezz, senior_arrears=senior_arrears, mezz_arrears=mezz_arrears)
    return Outcome(tuple(cascade.flows), after, dscr_bps(collections, state.owed))


def through(state: State, periods: Sequence[Period]) -> list[Outcome]:
    """A pool through its life, one period after the other."""
    outcomes: list[Outcome] = []
    for period in periods:
        outcomes.append(run(outcomes[-1].state if outcomes else state, period))
    return outcomes


def shares(balances: Sequence[int], amount: int) -> list[int]:
    """What each holder of a tranche gets of an amount, in the order in which they came to hold it."""
    for balance in balances:
        whole("balance", balance)
    return cumfloor(balances, whole("amount", amount))

"""Whether a plant may be pledged, how good it is and how much is advanced on it (docs/finance.md).

All inputs are read from the chain: months and completeness from the counters of its readings, disputes from theirs,
coverage, the greatest payer's share and the deviation of its yield from bills and readings. Its owner types in nothing.
"""

from dataclasses import asdict, dataclass

from wattbook.finance.refusals import WHOLE_BPS, FinanceError, whole

LEAST_MONTHS = 12
LEAST_COMPLETE_BPS = 9_800
# What earns full marks, or none.
FULL_MONTHS = 36
FULL_DSCR_BPS = 12_000
MOST_TOP_BPS = 4_000
MOST_DEVIATION_BPS = 2_000
MOST_DSCR_BPS = 99_999

GRADES = (("A", 80, 8_500), ("B", 65, 7_500), ("C", 50, 6_000), ("D", 0, 0))
"""Grades from the best, each with its least score and what part of a plant's value is advanced."""


@dataclass(frozen=True)
class Asset:
    """A plant as the chain knows it. `yield_dev_bps` is by how much it makes more or less than was declared."""

    months: int
    complete_bps: int
    dispute: bool
    owner: str
    operator: str
    pledged: bool
    dscr_bps: int
    obligor_top_bps: int
    yield_dev_bps: int

    def __post_init__(self) -> None:
        whole("months", self.months, 2**16 - 1)
        whole("complete_bps", self.complete_bps, WHOLE_BPS)
        whole("dscr_bps", self.dscr_bps)
        whole("obligor_top_bps", self.obligor_top_bps, WHOLE_BPS)
        whole("yield_dev_bps", self.yield_dev_bps, MOST_DSCR_BPS, -WHOLE_BPS)


@dataclass(frozen=True)
class Gates:
    """What no score makes up for."""

    history: bool
    completeness: bool
    no_dispute: bool
    owner_is_not_operator: bool
    not_pledged: bool

    @property
    def all_open(self) -> bool:
        return all(asdict(self).values())


@dataclass(frozen=True)
class Evaluation:
    """What becomes of a plant; a grade is given even where a gate is shut."""

    gates: Gates
    score: int
    grade: str
    admitted: bool
    advance_bps: int


def gates(asset: Asset) -> Gates:
    """Which of the gates are open."""
    return Gates(
        history=asset.months >= LEAST_MONTHS,
        completeness=asset.complete_bps >= LEAST_COMPLETE_BPS,
        no_dispute=not asset.dispute,
        owner_is_not_operator=asset.owner != asset.operator,
        not_pledged=not asset.pledged,
    )


def score(asset: Asset) -> int:
    """0 to 100. Each part is rounded down, and so is what is deducted."""
    coverage = min(30, asset.dscr_bps * 20 // FULL_DSCR_BPS)
    history = min(20, asset.months * 20 // FULL_MONTHS)
    completeness = max(0, (asset.complete_bps - LEAST_COMPLETE_BPS) * 20 // (WHOLE_BPS - LEAST_COMPLETE_BPS))
    payers = max(0, 15 - asset.obligor_top_bps * 15 // MOST_TOP_BPS)
    steadiness = max(0, 15 - abs(asset.yield_dev_bps) * 15 // MOST_DEVIATION_BPS)
    return coverage + history + completeness + payers + steadiness


def evaluate(asset: Asset) -> Evaluation:
    """Gates, score and grade, and what follows from them."""
    points, open_gates = score(asset), gates(asset)
    grade, _, bps = next(row for row in GRADES if points >= row[1])
    admitted = open_gates.all_open and bps > 0
    return Evaluation(open_gates, points, grade, admitted, bps if admitted else 0)


def advance(asset: Asset, value: int) -> int:
    """uPT that may be raised on a plant of this value at most."""
    found = evaluate(asset)
    if not found.admitted:
        shut = [name for name, is_open in asdict(found.gates).items() if not is_open]
        why = f"shut are {', '.join(shut)}" if shut else f"a score of {found.score} is grade {found.grade}"
        raise FinanceError("NotAdmitted", f"the plant is not admitted: {why}")
    return whole("value", value) * found.advance_bps // WHOLE_BPS


def dscr_bps(net: int, service: int) -> int:
    """How many times what is due is covered by what is there for it, in 1/10000; nothing due is covered best."""
    return max(0, net) * WHOLE_BPS // service if service else MOST_DSCR_BPS

"""Three years of a pool over the plants of the Huadian park: what they earn is simulated, what becomes of it is not.

What the park's buildings use in a year, at the park's prices, is what its four plants earn; months differ by the
seasons and, a little, by the weather. Gas and operation are paid by the servicer, out of a fee that is most of what
comes in. In the sixth and seventh quarter it lets the engine stand, and the investors replace it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from eth_utils.crypto import keccak

from wattbook.finance.pool import GRACE_SECONDS, SECONDS_A_DAY, Due, Pool, Terms
from wattbook.finance.servicer import Tranche
from wattbook.finance.waterfall import Outcome, State
from wattbook.packages.park import Park, huadian

PT = 1_000_000
WHOLE_BPS = 10_000
QUARTERS = 12
FORMER, NEXT = "Servicer", "Second servicer"
OWNER = "Owner"
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

# The engine makes a quarter of what it would while nobody minds it, in these quarters.
NEGLECTED = (5, 6)
_NEGLECTED_BPS = 2_500
_WEATHER_BPS = 600

SENIOR, MEZZ, JUNIOR = 18_000_000 * PT, 4_500_000 * PT, 1_000_000 * PT
HOLDINGS: Mapping[Tranche, Mapping[str, int]] = {
    Tranche.SENIOR: {"Bank": 12_000_000 * PT, "Fund": 5_000_000 * PT + 1, "Household": 1_000_000 * PT - 1},
    Tranche.MEZZ: {"Fund": 3_000_000 * PT, "Village": 1_500_000 * PT},
}
# What the plants' company keeps until the last quarter, for the bonds of its quotes.
WORKING = 50_000 * PT
# What is to be repaid follows what the seasons bring, in parts of a year's.
_SCHEDULE_BPS = (2_900, 2_000, 3_100, 2_000)
# Out of the senior tranche one sells to another, in the middle of the fourth quarter.
SOLD, SELLER, BUYER, SOLD_IN = 2_000_000 * PT, "Bank", "Village", 3


@dataclass(frozen=True)
class Quarter:
    """What a quarter brought, whom it found in office, and how it left the pool. What the plants' company kept is
    collected in the last one."""

    number: int
    earned: int
    collected: int
    servicer: str
    outcome: Outcome
    paid: Mapping[str, int]


def earned(park: Park, month: int) -> dict[str, int]:
    """uPT that each plant earns in a month, counted from the first January."""
    found = {}
    for carrier, price in _prices(park).items():
        year = sum(building.year.get(carrier, 0) for building in park.buildings)
        seasonal = park.tariff.seasonal.get(carrier)
        days = DAYS[month % 12]
        used = year * seasonal.area.weights[month % 12] // WHOLE_BPS if seasonal else year * days // sum(DAYS)
        amount = used * price * (WHOLE_BPS + _weather(carrier, month)) // WHOLE_BPS
        if carrier == "electricity" and month // 3 in NEGLECTED:
            amount = amount * _NEGLECTED_BPS // WHOLE_BPS
        found[carrier] = amount
    return found


def earned_in(park: Park, quarter: int) -> int:
    """uPT that all plants earn in a quarter."""
    return sum(sum(earned(park, month).values()) for month in range(3 * quarter, 3 * quarter + 3))


def terms(deadline: int) -> Terms:
    """The pool's offer. Its periods are a park's quarters, from its deadline on."""
    days = [sum(DAYS[3 * quarter : 3 * quarter + 3]) for quarter in range(4)]
    ends = [deadline + SECONDS_A_DAY * sum(days[place % 4] for place in range(until + 1)) for until in range(QUARTERS)]
    years = QUARTERS // 4
    due = [
        tuple(whole // years * _SCHEDULE_BPS[place % 4] // WHOLE_BPS for whole in (SENIOR, MEZZ))
        for place in range(QUARTERS)
    ]
    return Terms(
        owner=OWNER,
        servicer=FORMER,
        senior=SENIOR,
        mezz=MEZZ,
        junior=JUNIOR,
        limit=SENIOR + MEZZ,
        least=SENIOR,
        deadline=deadline,
        start=deadline,
        periods=tuple(Due(end, (senior, mezz)) for end, (senior, mezz) in zip(ends, due, strict=True)),
        reserve=400_000 * PT,
        state=State(
            senior=0,
            mezz=0,
            senior_arrears=0,
            mezz_arrears=0,
            reserve=0,
            target=600_000 * PT,
            senior_bps=380,
            mezz_bps=650,
            tax_bps=300,
            servicer_bps=5_700,
            servicer_cap=6_000_000 * PT,
            trustee=15_000 * PT,
        ),
        working=WORKING,
    )


def three_years(deadline: int = 0) -> list[Quarter]:
    """The pool from its first quarter to its last, by the engine."""
    park, pool = huadian(), Pool(terms(deadline))
    for tranche, holdings in HOLDINGS.items():
        for holder, units in holdings.items():
            pool.subscribe(holder, tranche, units, now=deadline - 1)
    pool.decide(now=deadline)
    quarters = []
    for number, due in enumerate(pool.terms.periods):
        if number == SOLD_IN:
            pool.transfer(Tranche.SENIOR, SELLER, BUYER, SOLD, now=due.end - 40 * SECONDS_A_DAY)
        amount, servicer, before = earned_in(park, number), pool.servicer, dict(pool.paid)
        collected = amount + (WORKING if number + 1 == QUARTERS else 0)
        pool.collect(collected)
        outcome = pool.close(number, due.end + GRACE_SECONDS, complete_bps=WHOLE_BPS)
        paid = {name: sum_ - before.get(name, 0) for name, sum_ in pool.paid.items()}
        quarters.append(Quarter(number, amount, collected, servicer, outcome, paid))
        if pool.cause and pool.servicer == FORMER:
            pool.replace_servicer(["Bank"], NEXT)
    return quarters


def _prices(park: Park) -> dict[str, int]:
    """uPT for a Wh, or for a litre, without any discount."""
    steps = {carrier: steps.steps[0][1] for carrier, steps in park.tariff.steps.items()}
    return steps | {carrier: seasonal.flow.price for carrier, seasonal in park.tariff.seasonal.items()}


def _weather(carrier: str, month: int) -> int:
    """By how many ten-thousandths a month is above or below the usual."""
    return int.from_bytes(keccak(text=f"{carrier} {month}")[:4]) % (2 * _WEATHER_BPS + 1) - _WEATHER_BPS

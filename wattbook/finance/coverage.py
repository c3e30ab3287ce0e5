"""How what plants earn covers what the terms of a pool pay in the first twelve months (docs/finance.md)."""

from wattbook.finance.admission import dscr_bps
from wattbook.finance.pool import SECONDS_A_DAY, Due, Terms
from wattbook.finance.refusals import WHOLE_BPS
from wattbook.finance.waterfall import DAYS_A_YEAR, State, interest

_YEAR_SECONDS = 366 * SECONDS_A_DAY


def first_year(terms: Terms) -> list[Due]:
    """The periods that end in the first twelve months, the first in any case."""
    end = terms.start + _YEAR_SECONDS
    return [due for place, due in enumerate(terms.periods) if place == 0 or due.end <= end]


def coverage(terms: Terms, net: int) -> int:
    """DSCR of plants that earn `net` in 365 days, after tax and the fees of each period, in 1/10000."""
    senior, mezz, start = terms.senior, terms.mezz, terms.start
    left = service = 0
    for due in first_year(terms):
        days = (due.end - start) // SECONDS_A_DAY
        service += interest(senior, terms.state.senior_bps, days) + interest(mezz, terms.state.mezz_bps, days)
        scheduled = (senior, mezz) if due is terms.periods[-1] else due.scheduled
        of_senior, of_mezz = min(scheduled[0], senior), min(scheduled[1], mezz)
        service += of_senior + of_mezz
        earned = net * days // DAYS_A_YEAR
        left += earned - before_senior(terms.state, earned)
        senior, mezz, start = senior - of_senior, mezz - of_mezz, due.end
    return dscr_bps(left, service)


def before_senior(state: State, collected: int) -> int:
    """Tax, the servicer's fee and the trustee's of a period in which so much is collected."""
    fee = min(collected * state.servicer_bps // WHOLE_BPS, state.servicer_cap)
    return collected * state.tax_bps // WHOLE_BPS + fee + state.trustee

"""What covers the first twelve months of a pool."""

from dataclasses import replace

from tests.finance.test_pool import DAY, TERMS
from wattbook.finance.coverage import before_senior, coverage, first_year
from wattbook.finance.pool import Due


def test_what_is_paid_before_senior_is_not_counted():
    plain = replace(TERMS.state, tax_bps=0, servicer_bps=0, trustee=0)
    terms = replace(TERMS, state=plain, periods=(Due(TERMS.start + 365 * DAY, (0, 0)),))
    free = coverage(terms, 50_000)
    senior, mezz = terms.senior, terms.mezz
    service = senior + mezz + senior * plain.senior_bps // 10_000 + mezz * plain.mezz_bps // 10_000
    assert free == 50_000 * 10_000 // service
    dear = replace(plain, tax_bps=1_000, servicer_bps=500, servicer_cap=1_200, trustee=300)
    assert before_senior(dear, 50_000) == 5_000 + 1_200 + 300
    assert before_senior(dear, 10_000) == 1_000 + 500 + 300
    assert coverage(replace(terms, state=dear), 50_000) == (50_000 - 6_500) * 10_000 // service
    assert coverage(replace(terms, state=replace(dear, trustee=10**9)), 50_000) == 0


def test_fees_are_those_of_each_period():
    plain = replace(TERMS.state, senior_bps=0, mezz_bps=0, tax_bps=0, servicer_bps=0, trustee=7)
    ends = [TERMS.start + (i + 1) * 100 * DAY for i in range(5)]
    terms = replace(TERMS, state=plain, periods=tuple(Due(end, (100, 0)) for end in ends))
    assert [due.end for due in first_year(terms)] == ends[:3]
    assert coverage(terms, 3_650) == (3 * (1_000 - 7)) * 10_000 // 300

"""Random pools: states, and periods of which some collect nothing and some far more than is due."""

from hypothesis import strategies as st

from wattbook.finance.waterfall import Period, State

MOST = 10**13
amounts = st.one_of(st.just(0), st.integers(0, 50), st.integers(0, MOST))
bps = st.integers(0, 10_000)

states = st.builds(
    State,
    senior=amounts,
    mezz=amounts,
    senior_arrears=amounts,
    mezz_arrears=amounts,
    reserve=amounts,
    target=amounts,
    senior_bps=bps,
    mezz_bps=bps,
    tax_bps=st.integers(0, 5_000),
    servicer_bps=st.integers(0, 5_000),
    servicer_cap=amounts,
    trustee=amounts,
    trigger=st.booleans(),
)


def periods(final=None):
    return st.builds(
        Period,
        # Defaults and prepayments.
        collections=st.one_of(st.just(0), amounts, st.integers(0, 4 * MOST)),
        days=st.integers(0, 366),
        scheduled=st.tuples(amounts, amounts),
        final=st.booleans() if final is None else st.just(final),
    )


lives = st.lists(periods(False), max_size=8).flatmap(lambda before: periods(True).map(lambda last: [*before, last]))

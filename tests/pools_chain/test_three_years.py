"""Three years of the pool over the park's plants, on the chain: everybody is paid what the engine says, to the uPT."""

from random import Random

from tests.pools_chain.beside import Beside
from wattbook.contracts.structs import PoolDue, PoolRates, ServicerCause
from wattbook.finance.pool import GRACE_SECONDS
from wattbook.trial import pledged
from wattbook.trial.pooling import DAY


class AllRead(Random):
    """No reading is ever missing."""

    def choice(self, seq):
        return seq[0]


def test_three_years_of_a_pool(stand):
    deadline = (stand.now // DAY + 30) * DAY
    told = pledged.terms(deadline)
    rates = told.state
    names = {pledged.OWNER: stand.owner, pledged.FORMER: stand.servicer, pledged.NEXT: stand.anyone}
    names |= {"tax": stand.tax, "trustee": stand.trustee}
    names |= dict(zip(("Bank", "Fund", "Household", "Village"), stand.investors, strict=True))
    terms = stand.terms(
        senior=told.senior,
        mezz=told.mezz,
        junior=told.junior,
        least=told.least,
        reserve=told.reserve,
        working=told.working,
        deadline=deadline,
        start=told.start,
        rates=PoolRates(
            target=rates.target,
            servicer_cap=rates.servicer_cap,
            senior_bps=rates.senior_bps,
            mezz_bps=rates.mezz_bps,
            tax_bps=rates.tax_bps,
            servicer_bps=rates.servicer_bps,
            trustee=rates.trustee,
        ),
    )
    pool = Beside(stand, AllRead(), terms, [PoolDue(due.end, *due.scheduled) for due in told.periods])
    for tranche, holdings in pledged.HOLDINGS.items():
        for holder, units in holdings.items():
            pool.subscribe(names[holder], tranche, units)
    stand.pass_to(deadline)
    pool.decide()
    before = {name: stand.free(account) for name, account in names.items()}

    for quarter in pledged.three_years(deadline):
        end = told.periods[quarter.number].end
        if quarter.number == pledged.SOLD_IN:
            stand.pass_to(end - 40 * DAY)
            sale = names[pledged.SELLER], names[pledged.BUYER], pledged.SOLD
            pool.transfer(pledged.Tranche.SENIOR, *sale)
        pool.collect(quarter.earned)
        stand.pass_to(end + GRACE_SECONDS)
        assert stand.servicers.service_of(pool.pool).servicer == names[quarter.servicer]
        pool.close(quarter.number)
        assert pool.engine.outcomes[-1] == quarter.outcome
        for number, kind in list(pool.open_payouts):
            pool.distribute(number, kind, 100)
        for name, account in names.items():
            now = stand.free(account)
            assert now - before[name] == quarter.paid.get(name, 0), (quarter.number, name)
            before[name] = now
        if pool.engine.cause and quarter.servicer == pledged.FORMER:
            assert stand.servicers.cause_of(pool.pool) == ServicerCause.UNCOVERED
            pool.replace_servicer([names["Bank"]], names[pledged.NEXT])
    assert pool.engine.servicer == names[pledged.NEXT] and not pool.engine.state.owed

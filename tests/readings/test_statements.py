"""What statements say of a dispute's bond."""

import pytest

from tests.readings.stand import BOND, MONEY, leaf
from wattbook.billing.entries import Kind
from wattbook.billing.periods import parse_period
from wattbook.billing.statement import Records


@pytest.mark.parametrize(("upheld", "lost"), [(True, 0), (False, BOND)])
def test_comes_back_or_is_lost(stand, device, upheld, lost):
    posted = stand.post(0, leaf(device, 0, 1))
    stand.readings.dispute(*posted.named(device), sender=stand.bob)
    period = parse_period("2020-01..2099-12")
    open_ = Records(stand.market, period).statement(stand.bob.address)
    assert (open_.sums[Kind.HELD], open_.closing_held, open_.entries[-1].by) == (-BOND, BOND, "Readings")
    stand.resolve(device, posted.root.time, 0, upheld)
    found = Records(stand.market, period).statement(stand.bob.address)
    assert (found.closing, found.closing_held) == (MONEY - lost, 0)
    assert found.sums.get(Kind.FORFEITED, 0) == -lost

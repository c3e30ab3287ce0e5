"""What docs/threats.md says remains of packages, played."""

from tests.packages_chain.stand import Stand
from wattbook.contracts import reverts

STATION_W = 6_698_000
ONE_UNIT = 880


def test_one_unit_holds_the_whole_station(stand: Stand):
    """A meter reserves what it is rated for, whatever its lots are worth."""
    version = stand.publish(capacity_w=STATION_W)
    account, device = stand.metered_customer(rated_w=STATION_W)
    before = stand.money(account)
    stand.buy(account, stand.lots(version, device, ONE_UNIT))
    assert stand.gained(before)[account] == -ONE_UNIT
    other, meter = stand.metered_customer(rated_w=1)
    expected = {"version": version, "needed_w": STATION_W + 1, "capacity_w": STATION_W}
    stand.fails(reverts.OverCapacity, "buy", [stand.lots(version, meter, 10**9)], sender=other, **expected)

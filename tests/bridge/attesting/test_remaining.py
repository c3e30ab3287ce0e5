"""What docs/threats.md says remains of who sees readings, played."""

from tests.bridge.attesting.test_pages import get
from tests.bridge.attesting.test_pages import served as served
from wattbook.bridge.http.access import authorization


def test_a_new_owner_sees_what_a_former_one_used_and_the_former_one_does_not(served, park, devices, time):
    bridge, url = served
    meters, path = park.market.meters, f"{url}/readings/1/{time}/0/{devices[3]}"

    def status(account):
        return get(path, Authorization=authorization(park.market, account, bridge.clock() + 60)).status_code

    assert (status(park.seller), status(park.buyer)) == (200, 403)
    meters.offer(devices[3], park.buyer.address, sender=park.seller)
    meters.accept(devices[3], sender=park.buyer)
    try:
        assert meters.owner_at(devices[3], time) == park.seller.address
        assert (status(park.seller), status(park.buyer)) == (403, 200)
    finally:
        meters.offer(devices[3], park.seller.address, sender=park.buyer)
        meters.accept(devices[3], sender=park.seller)


def test_who_is_shown_an_authorization_can_use_it_at_another_bridge(served, bridges, park, devices, time):
    """It names the market, not the bridge."""
    header = authorization(park.market, park.seller, served[0].clock() + 60)
    having = [one for one in bridges if one.outbox.batches.find(1, time, 0)]
    assert len(having) > 1
    for bridge in having:
        url = f"http://127.0.0.1:{bridge.server.port}/readings/1/{time}/0/{devices[0]}"
        assert get(url, Authorization=header).status_code == 200

"""What docs/threats.md says remains of who sees readings, played."""

from tests.bridge.attesting.test_pages import get
from tests.bridge.attesting.test_pages import served as served
from wattbook.bridge.http.access import authorization


def test_who_is_shown_an_authorization_can_use_it_at_another_bridge(served, bridges, park, devices, time):
    """It names the market, not the bridge."""
    header = authorization(park.market, park.seller, served[0].clock() + 60)
    having = [one for one in bridges if one.outbox.batches.find(1, time, 0)]
    assert len(having) > 1
    for bridge in having:
        url = f"http://127.0.0.1:{bridge.server.port}/readings/1/{time}/0/{devices[0]}"
        assert get(url, Authorization=header).status_code == 200

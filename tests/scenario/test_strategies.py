"""What members quote, and what their devices do then."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from wattbook.contracts.structs import Carrier
from wattbook.scenario.profiles import DAY, Charging, Device, Load, Place, Plant, Recorded, Storage, Sun
from wattbook.scenario.strategies import Bid, Flow, Member, Outlook, Prices, behave, quotes

PLACE = Place(seed=1, utc_offset_minutes=0, latitude=48)
NOON = int(datetime(2026, 6, 17, 12, tzinfo=UTC).timestamp())
HOUR = 3_600
FREE = Prices(pool_in=80, pool_out=340, loss_bps=300, penalty_bps=0)
STRICT = replace(FREE, penalty_bps=500)
STORE = Storage(10_000, 4_000, 9_000)
PILES = Charging(day_wh=20_000, rated_w=5_000, from_hour=10, until_hour=16)


def device(what, name):
    return Device(f"anna/{name}", Carrier.ELECTRICITY, False, what)


def member(*devices):
    return Member("anna", tuple(device(what, name) for name, what in devices))


def outlook(start=NOON, prices=FREE, paid=()):
    return Outlook(PLACE, Carrier.ELECTRICITY, start, HOUR, prices, paid)


def test_who_uses_buys_below_the_pool():
    [bid] = quotes(member(("load", Load("household", 9_000))), outlook(), {})
    assert (bid.sell, bid.device) == (False, "")
    assert 340 - 117 <= bid.price <= 340
    assert bid.wh == 336


def test_who_has_sun_sells_what_arrives_beyond_what_he_uses():
    both = member(("load", Load("household", 9_000)), ("pv", Sun(5_000)))
    [alone] = quotes(member(("pv", Sun(5_000))), outlook(), {})
    [bid] = quotes(both, outlook(), {})
    assert (alone.sell, alone.device) == (True, "anna/pv")
    assert 80 <= alone.price <= 80 + 78
    assert alone.wh - bid.wh == 336


def test_several_plants_sell_no_more_than_is_over():
    both = member(("load", Load("office", 20_000)), ("east", Sun(2_000)), ("west", Sun(2_000)))
    east, west = (quotes(member((name, Sun(2_000))), outlook(), {})[0].wh for name in ("east", "west"))
    [used] = quotes(member(("load", Load("office", 20_000))), outlook(), {})
    bids = quotes(both, outlook(), {})
    assert sum(bid.wh for bid in bids) == east + west - used.wh


def test_a_penalty_makes_careful():
    for what in (Load("household", 9_000), Sun(5_000)):
        [free] = quotes(member(("one", what)), outlook(), {})
        sure, rest = quotes(member(("one", what)), outlook(prices=STRICT), {})
        assert sure.price == (80 if sure.sell else 340)
        assert (sure.wh, rest.wh, rest.price) == (free.wh * 7 // 10, free.wh - free.wh * 7 // 10, free.price)


def test_who_would_miss_takes_no_chance():
    for what, price in ((Load("household", 9_000), 330), (Sun(5_000), 85)):
        [free] = quotes(member(("one", what)), outlook(), {})
        [all_of_it] = quotes(member(("one", what)), outlook(prices=STRICT, paid=(price,)), {})
        assert (all_of_it.wh, all_of_it.price) == (free.wh, 80 if free.sell else 340)


def test_little_is_not_quoted():
    assert quotes(member(("load", Load("household", 1_000))), outlook(), {}) == []


def test_of_a_record_is_quoted_what_it_said_a_day_before():
    house = Recorded(False, {NOON - DAY: 700, NOON: 900}, frozenset())
    roof = Recorded(True, {NOON - DAY: 2_000}, frozenset())
    [bid] = quotes(member(("meter", house)), outlook(), {})
    assert (bid.sell, bid.wh) == (False, 700)
    [bid] = quotes(member(("meter", house), ("roof", roof)), outlook(), {})
    assert (bid.sell, bid.wh, bid.device) == (True, FREE.arriving(2_000) - 700, "anna/roof")


def test_no_more_is_quoted_than_a_book_takes():
    many = member(*((f"pv {number}", Sun(5_000)) for number in range(20)))
    assert len(quotes(many, outlook(), {})) == 16
    [bid] = quotes(member(("works", Load("workshop", 1_000_000_000))), outlook(), {})
    assert bid.wh == 10_000_000


def test_another_carrier_is_another_book():
    assert quotes(member(("pv", Sun(5_000))), replace(outlook(), carrier=Carrier.HEATING), {}) == []


def test_a_plant_sells_all_at_what_it_costs():
    owner = member(("boiler", Plant(10_000, 110)))
    assert quotes(owner, outlook(), {}) == [Bid(True, 9_700, 114, "anna/boiler")]
    assert behave(owner.devices[0], outlook(), 0, 970, 0) == Flow(1_000, 0, 0)
    assert behave(owner.devices[0], outlook(), 0, 0, 0) == Flow(0, 0, 0)


def test_a_store_buys_low_and_sells_high():
    owner, paid = member(("store", STORE)), tuple(range(100, 301, 20))
    assert quotes(owner, outlook(paid=paid), {"anna/store": 5_000}) == [
        Bid(False, 4_000, 160, "anna/store"),
        Bid(True, 3_880, 240, "anna/store"),
    ]


def test_a_store_does_not_trade_for_nothing():
    """Bought at 200 a kWh costs more than 200 when it comes out again."""
    [buy, sell] = quotes(member(("store", STORE)), outlook(paid=(200,) * 8), {"anna/store": 5_000})
    assert (buy.price, sell.price) == (200 * 9_000 * 9_700 // (10_000 * 10_500), 200)


@pytest.mark.parametrize(("held", "buys", "sells"), [(0, 4_000, 0), (9_500, 555, 3_880), (10_000, 0, 3_880)])
def test_a_store_keeps_within_its_bounds(held, buys, sells):
    bids = quotes(member(("store", STORE)), outlook(), {"anna/store": held})
    assert sum(bid.wh for bid in bids if not bid.sell) == buys
    assert sum(bid.wh for bid in bids if bid.sell) == sells


def test_a_store_does_what_it_traded():
    store = device(STORE, "store")
    assert behave(store, outlook(), 0, 0, 1_000) == Flow(0, 1_000, 900)
    assert behave(store, outlook(), 5_000, 970, 0) == Flow(1_000, 0, 4_000)
    assert behave(store, outlook(), 10_000, 0, 1_000) == Flow(0, 0, 10_000)
    assert behave(store, outlook(), 500, 970, 0) == Flow(500, 0, 0)


def test_piles_wait_for_low_prices_while_they_can():
    owner = member(("piles", PILES))
    first = outlook(NOON - 2 * HOUR)
    assert quotes(owner, first, {}) == [Bid(False, 5_000, 158, "anna/piles")]
    assert behave(owner.devices[0], first, 0, 0, 0) == Flow(0, 0, 20_000)
    assert behave(owner.devices[0], first, 0, 0, 3_000) == Flow(0, 3_000, 17_000)


def test_piles_take_what_cannot_wait():
    owner, late = member(("piles", PILES)), outlook(NOON + HOUR)
    assert quotes(owner, late, {"anna/piles": 12_000}) == [
        Bid(False, 2_000, 340, "anna/piles"),
        Bid(False, 3_000, 158, "anna/piles"),
    ]
    assert behave(owner.devices[0], late, 12_000, 0, 0) == Flow(0, 2_000, 10_000)
    last = outlook(NOON + 3 * HOUR)
    assert quotes(owner, last, {"anna/piles": 3_000}) == [Bid(False, 3_000, 340, "anna/piles")]
    assert behave(owner.devices[0], last, 3_000, 0, 0) == Flow(0, 3_000, 0)


def test_piles_are_idle_at_other_times():
    owner, evening = member(("piles", PILES)), outlook(NOON + 4 * HOUR)
    assert quotes(owner, evening, {"anna/piles": 3_000}) == []
    assert behave(owner.devices[0], evening, 3_000, 0, 0) == Flow(0, 0, 0)


def test_piles_charge_over_midnight():
    piles = replace(PILES, from_hour=22, until_hour=2)
    for start, must in ((NOON + 10 * HOUR, 5_000), (NOON + 13 * HOUR, 5_000)):
        assert behave(device(piles, "piles"), outlook(start), 20_000, 0, 0).withdrawn == must


def test_what_everybody_else_does_is_what_happens():
    load = device(Load("household", 9_000), "load")
    flow = behave(load, outlook(), 0, 0, 12_345)
    assert flow.injected == 0
    assert flow.withdrawn == pytest.approx(335, abs=90)

"""What anybody may see of the market, as it happened on the chain."""

from itertools import pairwise

from tests.frontend.api.asking import Asking
from tests.frontend.market import MARKUP, Fair
from wattbook.contracts.structs import Carrier
from wattbook.trial.park import SLOT_SECONDS


def word(key: bytes) -> str:
    return "0x" + key.hex()


def test_says_which_market_it_is(ask: Asking, fair: Fair):
    found = ask.get("market", "/market")
    assert found["chain_id"] == fair.chain.chain_id
    assert found["genesis"] == fair.chain.genesis
    assert found["contracts"]["Auction"] == fair.market.auction.address
    assert found["zones"] == ["trial", "packages"]
    assert "electricity" in found["carriers"]
    assert (found["relay"], found["bridge"]) == (False, False)


def test_a_zone_shows_what_holds_now_and_what_comes(ask: Asking, fair: Fair):
    found = ask.get("zone", "/zones/trial")
    [electricity] = [one for one in found["carriers"] if one["carrier"] == "electricity"]
    facts = fair.market.zones.facts_at(1, Carrier.ELECTRICITY, fair.blocks.now)
    assert electricity["slot_seconds"] == SLOT_SECONDS
    assert electricity["facts"]["pool_in"] == facts.pool_in
    assert electricity["facts"]["balancing"] == facts.balancing
    assert ask.get("list_zones", "/zones")["items"][0] == found
    assert ask.get("zone", "/zones/nowhere", 404)["detail"] == "there is no zone nowhere"


def test_books_are_in_the_state_that_they_came_to(ask: Asking, fair: Fair):
    states = {one["key"]: one["state"] for one in ask.everything("list_books", "/books")}
    assert states[word(fair.cleared)] == "settled"
    assert states[word(fair.pooled)] == "settled"
    assert states[word(fair.void)] == "void"
    assert states[word(fair.waiting.key)] == "committing"
    for state in ("settled", "void", "committing", "revealing", "clearing", "upcoming", "cleared"):
        some = ask.everything("list_books", f"/books?state={state}&limit=2")
        assert {one["key"] for one in some} == {key for key, its in states.items() if its == state}


def test_books_are_the_same_by_zone_and_by_carrier(ask: Asking):
    every = ask.everything("list_books", "/books?limit=3")
    assert [one["slot_start"] for one in every] == sorted((one["slot_start"] for one in every), reverse=True)
    assert ask.everything("list_books", "/books?zone=trial&carrier=electricity&limit=2") == every
    assert ask.everything("list_books", "/books?zone=trial&limit=2") == every
    assert ask.everything("list_books", "/books?carrier=electricity&limit=2") == every
    assert ask.get("list_books", "/books?carrier=gas")["items"] == []
    assert ask.get("list_books", "/books?zone=nowhere")["items"] == []
    middle = every[len(every) // 2]["slot_start"]
    later = ask.everything("list_books", f"/books?from={middle}")
    earlier = ask.everything("list_books", f"/books?to={middle}")
    assert later + earlier == every


def test_books_now_tell_the_phase_and_its_end(ask: Asking, fair: Fair):
    found = ask.get("books_now", "/books/now?zone=trial")
    [one] = [one for one in found["items"] if one["key"] == word(fair.waiting.key)]
    book = fair.market.auction.book_of(fair.waiting.key)
    assert (one["phase"], one["phase_ends_at"]) == ("committing", book.reveals_at)
    assert found["now"] == fair.blocks.now


def test_a_book_counts_its_orders(ask: Asking, fair: Fair):
    found = ask.get("book", f"/books/{word(fair.cleared)}")
    assert found["counts"] == {"committed": 7, "revealed": 6, "traded": 4}
    assert found["terms"]["rule_name"] == "Uniform"
    assert (found["terms"]["k_bps"], found["terms"]["fee_bps"]) == (5_000, 20)
    excused = ask.get("book", f"/books/{word(fair.excused)}")
    assert excused["excuse"]["reason"] == MARKUP
    assert ask.get("book", f"/books/{word(fair.void)}")["counts"]["traded"] == 0


def test_orders_of_a_book_stand_by_place(ask: Asking, fair: Fair):
    orders = ask.everything("list_orders_of_book", f"/books/{word(fair.cleared)}/orders?limit=2")
    assert [one["place"] for one in orders] == list(range(7))
    states = [one["state"] for one in orders]
    assert states.count("traded") == 4 and states.count("slashed") == 1 and states.count("untraded") == 2
    [slashed] = [one for one in orders if one["state"] == "slashed"]
    assert slashed["opened"] is None and slashed["bond"]["keeper"] == fair.park.traders[1]
    for one in orders:
        assert ask.get("order", f"/orders/{one['book']}/{one['place']}") == one
        assert one in ask.everything("list_orders", f"/orders?trader={one['trader'].upper().replace('0X', '0x')}")
        assert one in ask.everything("list_orders", f"/orders?state={one['state']}&limit=3")


def test_an_order_that_waits_shows_nothing_of_what_it_asks(ask: Asking, fair: Fair):
    [one] = ask.get("list_orders_of_book", f"/books/{word(fair.waiting.key)}/orders")["items"]
    assert (one["state"], one["opened"], one["most_wh"]) == ("sealed", None, 10_000)


def test_all_orders_come_newest_first_without_one_twice(ask: Asking):
    orders = ask.everything("list_orders", "/orders?limit=4")
    places = [(one["book"], one["place"]) for one in orders]
    assert len(set(places)) == len(places)
    assert [one["block"] for one in orders] == sorted((one["block"] for one in orders), reverse=True)


def test_a_result_and_its_price(ask: Asking, fair: Fair):
    found = ask.get("result", f"/books/{word(fair.cleared)}/result")
    traded = sum(one["traded"]["wh"] for one in _traded(ask, fair) if one["opened"]["side"] == "buy")
    assert found["traded_wh"] == traded
    assert 410 <= found["price_mpt"] <= 520
    assert int(found["settled"]["paid_upt"]) >= traded * found["price_mpt"]
    prices = ask.everything("list_prices", "/prices?zone=trial&carrier=electricity&limit=1")
    assert {one["book"]: one["price_mpt"] for one in prices}[found["book"]] == found["price_mpt"]
    assert all(before["slot_start"] > after["slot_start"] for before, after in pairwise(prices))
    nothing = ask.get("result", f"/books/{word(fair.waiting.key)}/result")
    assert (nothing["state"], nothing["price_mpt"], nothing["settled"]) == ("committing", None, None)


def _traded(ask: Asking, fair: Fair):
    orders = ask.everything("list_orders_of_book", f"/books/{word(fair.cleared)}/orders")
    return [one for one in orders if one["state"] == "traded"]


def test_a_curve_is_made_of_all_that_was_opened(ask: Asking, fair: Fair):
    found = ask.get("curve", f"/books/{word(fair.cleared)}/curve")
    assert found["supply"] == [[3_000, 410], [5_000, 450], [10_000, 610]]
    assert found["demand"] == [[4_000, 520], [6_500, 500], [7_500, 300]]
    waiting = ask.get("curve", f"/books/{word(fair.waiting.key)}/curve")
    assert (waiting["supply"], waiting["demand"]) == ([], [])


def test_trades_of_the_auction_and_between_members(ask: Asking, fair: Fair):
    every = ask.everything("list_trades", "/trades?limit=3")
    assert {one["kind"] for one in every} == {"auction", "direct"}
    places = [(one["block"], one["log"]) for one in every]
    assert places == sorted(set(places), reverse=True)
    own = ask.everything("list_trades", f"/trades?account={fair.seller}&limit=1")
    assert own == [one for one in every if fair.seller in (one["seller"], one["buyer"])]
    assert [int(one["amount_upt"]) for one in own if one["wh"] == 10_000] == [10_000 * 450]
    assert ask.everything("list_trades", "/trades?zone=trial&carrier=electricity&limit=4") == every
    assert ask.get("list_trades", "/trades?carrier=gas")["items"] == []
    for one in every:
        assert ask.get("trade", f"/trades/{one['trade']}") == one
    times = sorted({one["time"] for one in every})
    middle = times[len(times) // 2]
    later = ask.everything("list_trades", f"/trades?from={middle}")
    assert later + ask.everything("list_trades", f"/trades?to={middle}") == every


def test_a_trade_is_traced_from_the_order_to_the_money(ask: Asking, fair: Fair):
    [one, *_] = _traded(ask, fair)
    found = ask.get("trace", f"/trades/{one['traded']['trade']}/trace")
    steps = [step["step"] for step in found["steps"]]
    assert steps == ["sealed", "revealed", "cleared", "traded", "settled"]
    assert found["payment"]["amount_upt"] == one["traded"]["amount_upt"]
    assert found["payment"]["events"]
    assert found["delivery"] is None
    for step in found["steps"]:
        event = ask.get("event", f"/events/{step['block']}/{step['log']}")
        assert (event["contract"], event["name"]) == (step["contract"], step["event"])


def test_a_direct_sale_is_traced_too(ask: Asking, fair: Fair):
    [one, *_] = ask.get("list_trades", f"/trades?account={fair.seller}")["items"]
    found = ask.get("trace", f"/trades/{one['trade']}/trace")
    assert [step["step"] for step in found["steps"]] == ["sold"]
    assert found["delivery"] is None

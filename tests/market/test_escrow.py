import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattbook.market import escrow
from wattbook.market.bounds import MarketError
from wattbook.market.escrow import Bought, Sold

QUANTITIES, PRICES = st.integers(0, 10**7), st.integers(0, 65_535)


def test_bonds_by_size_class():
    assert [escrow.bond(number) for number in range(4)] == [200_000, 2_000_000, 20_000_000, 200_000_000]


@pytest.mark.parametrize(
    ("qty", "number"), [(0, 0), (10_000, 0), (10_001, 1), (100_000, 1), (1_000_000, 2), (1_000_001, 3), (10**7, 3)]
)
def test_the_class_of_a_quantity(qty, number):
    assert escrow.size_class(qty) == number


def test_a_buyer_pays_the_clearing_price_and_gets_the_rest_back():
    assert escrow.bought(5_000, 500, 3_000, 450, 20) == Bought(2_515_000, 1_350_000, 2_700, 1_162_300)
    assert escrow.bought(3_333, 437, 3_333, 437, 60) == Bought(1_465_261, 1_456_521, 8_739, 1)


def test_a_seller_s_margin_stays_on_what_he_sold():
    assert escrow.sold(10_000, 450, 5_000, 450, 20) == Sold(1_200_000, 2_245_500, 4_500, 600_000, 600_000)


def test_a_margin_above_the_least_stays_and_returns_at_its_own_rate():
    assert escrow.sold(1_000, 300, 400, 450, 20, pool_out=435) == Sold(179_000, 179_640, 360, 107_400, 71_600)


@pytest.mark.parametrize(
    ("ask", "pool_out", "rate"), [(300, 0, 120), (300, 435, 179), (300, 430, 173), (359, 435, 120), (0, 1, 120)]
)
def test_the_margin_covers_a_replacement_from_the_pool(ask, pool_out, rate):
    assert escrow.margin_rate(ask, pool_out) == rate
    assert escrow.seller_lock(1_000, ask, pool_out) == 1_000 * rate


@given(QUANTITIES, PRICES, st.data())
@settings(max_examples=200)
def test_a_lock_covers_whatever_comes(qty, price, data):
    fill = data.draw(st.integers(0, qty))
    fee_bps = data.draw(st.integers(0, 60))
    buyer = escrow.bought(qty, price, fill, data.draw(st.integers(0, price)), fee_bps)
    assert buyer.released >= 0 and buyer.pays + buyer.fee + buyer.released == buyer.lock
    clear_price, pool_out = data.draw(st.integers(price, 65_535)), data.draw(PRICES)
    seller = escrow.sold(qty, price, fill, clear_price, fee_bps, pool_out)
    assert seller.receives_pending + seller.fee == fill * clear_price
    assert seller.released >= 0 and seller.kept + seller.released == seller.lock


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: escrow.bond(4), "class must be from 0 to 3, not 4"),
        (lambda: escrow.size_class(10**7 + 1), "qty must be at most 10000000 Wh in one order, not 10000001"),
        (lambda: escrow.bought(10, 5, 11, 5, 20), "fill must be at most the order's 10 Wh, not 11"),
        (lambda: escrow.bought(10, 5, 10, 6, 20), "clearPrice must be at most the bid of 5, not 6"),
        (lambda: escrow.sold(10, 5, 10, 4, 20), "clearPrice must be at least the ask of 5, not 4"),
        (lambda: escrow.sold(10, 5, 10, 5, 61), "feeBps must be from 0 to 60, not 61"),
        (lambda: escrow.bought(10, 5, 1, 4.5, 20), "clearPrice must be a whole number, not 4.5"),
        (lambda: escrow.buyer_lock(10, "5"), "price must be a whole number, not '5'"),
        (lambda: escrow.margin_rate(5, -1), "poolOut must be from 0 to 65535, not -1"),
    ],
)
def test_what_no_order_can_have(call, complaint):
    with pytest.raises(MarketError) as caught:
        call()
    assert str(caught.value) == complaint


def test_an_order_that_did_not_trade_has_no_price_to_be_measured_by():
    assert escrow.bought(10, 5, 0, 9, 20).pays == 0
    assert escrow.sold(10, 5, 0, 1, 20).kept == 0

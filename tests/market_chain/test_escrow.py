"""What an order locks, pays, keeps and gets back, to the unit, in the cases of the vectors."""

import json
from pathlib import Path

import pytest

from tests.market_chain.floor import MONEY
from wattbook.contracts.structs import Position, Purse, SizeClass
from wattbook.market import proposals, ranked

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "escrow.json").read_text())
# Who trades with the order of each case, so that it gets its fill at its price: rule, k, and the other's Wh and quote.
OTHERS = (
    ("Uniform", 0, 10_000, 450),
    ("Ranked", 5_000, 3_000, 400),
    ("Uniform", 5_000, 5_000, 600),
    ("Uniform", 5_000, 3_333, 437),
    ("Uniform", 10_000, 8_000, 450),
    ("Uniform", 5_000, 5_000, 450),
    ("Uniform", 5_000, 7_000, 400),
)
BOUNDS = ((450, 600), None, (500, 600), (437, 437), (300, 450), (450, 450), (400, 500))
FEE = 50_000


@pytest.mark.parametrize("number", range(len(VECTORS["cases"])))
def test_case(floor, number):
    case, expected = VECTORS["cases"][number], VECTORS["cases"][number]["expect"]
    rule, k_bps, wh, price = OTHERS[number]
    life = floor.open(rule, k_bps=k_bps, fee_bps=case["feeBps"])
    sells = case["side"] == "S"
    order = (floor.sell if sells else floor.buy)("alice", case["qty"], case["price"])
    other = (floor.buy if sells else floor.sell)("bob", wh, price)
    life.commit(order, other)
    assert MONEY - floor.free("alice") == VECTORS["meta"]["classes"]["0"]["bond"] + FEE
    life.reveal(order, other)
    assert MONEY - floor.free("alice") == expected["lock"]
    evidence = []
    if rule == "Ranked":
        outcome = ranked.clear(life.orders, ranked.Rank.VALUE, False, k_bps, ranked.Fee(20, 0, 60), None, [])
        life.clear(proposals.for_ranked(outcome))
        evidence = proposals.ranked_trades(outcome)
    else:
        life.clear(BOUNDS[number])
    life.settle(evidence=evidence)
    assert floor.free("alice") == MONEY - expected["lock"] + expected["released"]
    [position] = life.auction.positions_of(life.key, order.trader)
    if sells:
        wanted = Position(True, case["fill"], expected["receivesPending"], expected["kept"], order.device)
    else:
        wanted = Position(False, case["fill"], expected["pays"], 0, 0)
        assert expected["lock"] == expected["pays"] + expected["fee"] + expected["released"]
    assert position == wanted
    assert floor.purse(Purse.PLATFORM) == 2 * expected["fee"]


@pytest.mark.parametrize("size", list(SizeClass))
def test_classes(floor, life, size):
    expected = VECTORS["meta"]["classes"][str(int(size))]
    assert life.auction.bond_of(size) == expected["bond"]
    at_most = floor.buy("alice", expected["maxWh"], 1)
    life.commit(at_most, size=size)
    assert MONEY - floor.free("alice") == expected["bond"] + FEE
    life.reveal(at_most)

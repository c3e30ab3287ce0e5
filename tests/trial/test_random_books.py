"""Random books through the contracts: what the chain makes of them is what the engines make, to the unit."""

import random
from collections import Counter

import pytest

from tests.depth import depth
from wattbook.contracts.structs import Purse
from wattbook.contracts.vault import Vault
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.plan import purse_account
from wattbook.market import clearing
from wattbook.trial.blocks import OPTIONS
from wattbook.trial.books import run
from wattbook.trial.clearing import given_by, result_of
from wattbook.trial.park import Park

BOOKS = depth(100, 1_000)
RULES = ("uniform", "trade_reduction", "muda", "paper", "uniform then pool")
LARGEST = 200
PURSES = [purse_account(purse) for purse in (Purse.POOL, Purse.PLATFORM, Purse.COMMON_FUND)]


@pytest.fixture(scope="session")
def park():
    with Anvil(*OPTIONS) as chain:
        yield Park(chain)


def random_case(number: int) -> dict:
    """Small books mostly, with many equal prices; of every fifty, one of each rule as large as they come."""
    luck = random.Random(number)
    rule = RULES[number % len(RULES)]
    deep = rule in ("trade_reduction", "muda")
    usual = luck.choice((3, 8, 21, 34, 55) if deep else (0, 1, 2, 3, 5, 8, 13, 21, 34))
    size = LARGEST if number % 50 < len(RULES) else usual
    top = luck.choice((2, 10, 900, 65_535))
    orders = [
        {
            "id": place,
            "side": luck.choice("BS"),
            "qty": 0 if luck.random() < 0.03 else luck.randrange(100, luck.choice((101, 1_000, 10_001, 10_000_001))),
            "price": luck.randrange(0, top + 1),
        }
        for place in range(size)
    ]
    case = {"rule": rule, "orders": orders, "kBps": luck.choice((0, 1, 3_333, 5_000, 10_000))}
    if rule == "muda":
        case["seed"] = luck.getrandbits(256)
    if rule == "paper":
        price = luck.choice((None, luck.randrange(0, top + 1)))
        case |= {
            "rank": luck.choice(("VALUE", "UNIT")),
            "whole": luck.random() < 0.5,
            "fee": {"baseBps": luck.randrange(0, 30), "stepBps": luck.randrange(0, 9), "capBps": 60},
            "poolPrice": price,
            "poolUnits": random_units(luck, price or 0, top, named=True),
        }
    if rule == "uniform then pool":
        price = luck.randrange(0, top + 1)
        case |= {
            "poolIn": {"price": price, "qty": luck.randrange(0, 30_000)},
            "poolOut": random_units(luck, price, top, named=False),
        }
    return case


def random_units(luck: random.Random, least: int, top: int, named: bool) -> list:
    units = [
        (luck.randrange(100, 20_000), luck.randrange(least, max(least, top) + 1)) for _ in range(luck.randrange(4))
    ]
    return [[f"unit{i}", *unit] if named else [unit[1], unit[0]] for i, unit in enumerate(units)]


def balances(park: Park, accounts: list[str]) -> list[int]:
    vault: Vault = park.market.vault
    return [vault.account_of(account).free for account in accounts]


def test_chain_and_engines_agree(park):
    seen = Counter()
    for number in range(BOOKS):
        case = random_case(number)
        given = given_by(park, case)
        made = run(park, given)
        assert result_of(case, made) == clearing.clear(case), f"book {number}"
        seen[case["rule"]] += bool(made.fills)
    assert min(seen[rule] for rule in RULES) > BOOKS // len(RULES) // 4, f"too few books traded: {seen}"


@pytest.mark.parametrize("number", range(40))
def test_money_comes_out_even(park, number):
    """Locks less payments less fees is what comes back, of every trader and purse; the Vault holds what it owes."""
    case = random_case(number)
    given = given_by(park, case)
    park.have_traders(len(given.orders) + len(given.offers))
    traders = park.traders[: len(given.orders)]
    vault, auction, pool = park.market.vault, park.market.auction, park.market.pool
    locked_by = [auction.address, pool.address]
    before = balances(park, traders)
    purses = balances(park, PURSES)
    locked = [vault.module_of(module).locked for module in locked_by]
    made = run(park, given)
    after = balances(park, traders)
    pending = 0
    for place, (order, trader) in enumerate(zip(given.orders, traders, strict=True)):
        amount, fee = made.amounts.get(place, 0), made.fees.get(place, 0)
        position = auction.positions_of(made.book.key, trader)[0]
        if order.qty == 0:
            assert before[place] - after[place] == 50_000
        elif order.side == "B":
            assert before[place] - after[place] == amount + fee
            assert (position.sell, position.wh, position.amount) == (False, made.fills.get(place, 0), amount)
        else:
            assert before[place] - after[place] == position.margin
            assert (position.sell, position.wh, position.amount) == (True, made.fills.get(place, 0), amount - fee)
            pending += position.amount + position.margin
    decoys = 50_000 * sum(order.qty == 0 for order in given.orders)
    _, paid, received, share, spent, to_fund = made.settled
    gained = [now - then for now, then in zip(balances(park, PURSES), purses, strict=True)]
    assert gained == [share - spent, sum(made.fees.values()), to_fund + decoys]
    units = paid + spent - received - share - to_fund
    now_locked = [vault.module_of(module).locked for module in locked_by]
    assert now_locked[0] - locked[0] == pending
    # What the pool's units were sold for waits there, with the margins of those whose they are.
    dearest = auction.book_of(made.book.key).dearest_wh
    margins = sum(one.wh * max(120, dearest - one.price) for one in pool.offers_of(made.book.key))
    assert now_locked[1] - locked[1] == units + margins
    assert park.market.power_token.balance_of(vault.address) >= sum(now_locked)

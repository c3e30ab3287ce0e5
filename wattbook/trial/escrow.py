"""The cases of what an order locks, pays and keeps, run through the contracts, each in a book that brings it about."""

from dataclasses import replace
from typing import Any

from wattbook.contracts.structs import Terms
from wattbook.market import proposals, trade_reduction, uniform
from wattbook.market.orders import Order, Side
from wattbook.trial.books import Given, Run, Running
from wattbook.trial.clearing import check_sizes
from wattbook.trial.park import Park

# How far the quotes of a constructed book lie apart.
_STEP = 50


def settled_on_chain(park: Park, case: dict[str, Any]) -> dict[str, int]:
    """What the first order of such a book locked, paid or is owed, and got back."""
    side, fill, price, clear = Side(case["side"]), case["fill"], case["price"], case["clearPrice"]
    order = Order(0, side, case["qty"], price)
    check_sizes([order])
    if fill in (0, order.qty) or price == clear:
        given = _uniform(park, order, fill, clear, case["feeBps"])
    else:
        given = _reduced(park, order, fill, clear, case["feeBps"])
    given = replace(given, pool_out=case.get("poolOut", 0))
    running = Running(park, given, Run(park.next_book()))
    running.prepare()
    trader = park.traders[0]
    before = _free(park, trader)
    running.commit()
    running.reveal(1)
    locked = before - _free(park, trader)
    running.clear()
    running.settle()
    released = _free(park, trader) - before + locked
    position = park.market.auction.positions_of(running.key, trader)[0]
    money = {"pays": position.amount} if side is Side.BUY else {"receivesPending": position.amount}
    fee = running.run.fees.get(0, 0)
    return {"lock": locked, **money, "fee": fee, "released": released, "kept": position.margin}


def _uniform(park: Park, order: Order, fill: int, clear: int, fee_bps: int) -> Given:
    """Somebody who takes just this much at this price, which k makes the price of all."""
    other = Side.SELL if order.side is Side.BUY else Side.BUY
    orders = [order, Order(1, other, fill, clear)] if fill else [order]
    k_bps = 0 if order.side is Side.BUY else 10_000
    terms = _terms(park, "Uniform", k_bps, fee_bps)

    def propose(revealed: list[Order], _: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
        return proposals.for_uniform(uniform.clear(revealed, k_bps)), []

    return Given(orders, terms, propose)


def _reduced(park: Park, order: Order, fill: int, clear: int, fee_bps: int) -> Given:
    """An order that is better than the price and yet cut: the longer side of a reduced trade."""
    way = -1 if order.side is Side.BUY else 1
    other = Side.SELL if order.side is Side.BUY else Side.BUY
    marginal = fill
    orders = [
        order,
        Order(1, order.side, marginal, clear),
        Order(2, other, fill, clear + 3 * way * _STEP),
        Order(3, other, order.qty + marginal - fill, clear + way * _STEP),
    ]

    def propose(revealed: list[Order], _: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
        return proposals.for_trade_reduction(trade_reduction.clear(revealed)), []

    return Given(orders, _terms(park, "TradeReduction", uniform.MIDPOINT_BPS, fee_bps), propose)


def _terms(park: Park, rule: str, k_bps: int, fee_bps: int) -> Terms:
    return Terms(park.market.deployment.address(rule), k_bps, fee_bps, 0, fee_bps, False, False, False)


def _free(park: Park, account: str) -> int:
    return park.market.vault.account_of(account).free

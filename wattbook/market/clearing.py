"""Clears one book as a case states it: what vector files hold and `wattbook clear` reads and prints."""

from collections.abc import Callable, Sequence
from typing import Any

from wattbook.market import muda, pool, ranked, trade_reduction, uniform
from wattbook.market.amounts import amounts
from wattbook.market.bounds import MarketError, UnsupportedRule, shown
from wattbook.market.case import (
    Case,
    check_halves,
    choice,
    fee_of,
    flag,
    intake_of,
    orders_of,
    pool_units_of,
    required,
    supplies_of,
)
from wattbook.market.orders import Order, Side
from wattbook.market.welfare import welfare

DEFAULT_RULE = "uniform"
POOL_AFTER = "uniform then pool"

Result = dict[str, Any]


def clear(case: Any) -> Result:
    """The outcome of a case in the form that vector files expect of it.

    The rule is uniform when the case names none; with `poolIn` and `poolOut` the outcome is what the pool then trades.
    """
    if not isinstance(case, dict):
        raise MarketError(f"a case must be an object, not {shown(case)}")
    return _engine(case)(orders_of(case), case)


def cleared_uniform(orders: Sequence[Order], case: Case) -> Result:
    """The outcome under UNIFORM, with the sums from which anybody can check it."""
    outcome = _uniform(orders, case)
    prices = [outcome.price] * len(orders)
    result = {
        "rule": "uniform",
        "volume": outcome.volume,
        "buyPrice": outcome.price,
        "sellPrice": outcome.price,
        **_traded(orders, outcome.fills, prices),
        "L": outcome.lower,
        "U": outcome.upper,
    }
    if outcome.volume:
        result |= {
            "Dgt": outcome.demand_above,
            "Deq": outcome.demand_at,
            "Slt": outcome.supply_below,
            "Seq": outcome.supply_at,
        }
    return result


def _trade_reduction(orders: Sequence[Order], _: Case) -> Result:
    outcome = trade_reduction.clear(orders)
    prices = [outcome.buy_price if order.side is Side.BUY else outcome.sell_price for order in orders]
    result = {
        "rule": "trade_reduction",
        "volume": outcome.volume,
        "buyPrice": outcome.buy_price,
        "sellPrice": outcome.sell_price,
        **_traded(orders, outcome.fills, prices),
        "branch": str(outcome.branch),
    }
    if outcome.branch is not trade_reduction.Branch.NONE:
        result |= {"bm": outcome.marginal_bid, "am": outcome.marginal_ask}
    if outcome.branch is trade_reduction.Branch.REDUCED:
        result |= {"buyTotal": outcome.buy_total, "sellTotal": outcome.sell_total}
    return result


def _muda(orders: Sequence[Order], case: Case) -> Result:
    outcome = muda.clear(orders, required(case, "seed"))
    check_halves(case, {order.id: half for order, half in zip(orders, outcome.halves, strict=True)})
    return {
        "rule": "muda",
        "volume": outcome.volume,
        "priceLeft": outcome.left.price,
        "priceRight": outcome.right.price,
        "volumeLeft": outcome.left.volume,
        "volumeRight": outcome.right.volume,
        **_traded(orders, outcome.fills, outcome.prices),
    }


def _paper(orders: Sequence[Order], case: Case) -> Result:
    rank, whole = choice(case, "rank", ranked.Rank.VALUE), flag(case, "whole", True)
    outcome = ranked.clear(
        orders,
        rank,
        whole,
        case.get("kBps", ranked.MIDPOINT_BPS),
        fee_of(case),
        case.get("poolPrice"),
        pool_units_of(case),
    )
    rest = {orders[buyer].id: outcome.unserved[buyer] for buyer in outcome.buyers if outcome.unserved[buyer]}
    return {
        "rule": "paper",
        "rank": str(rank),
        "whole": whole,
        "trades": [
            {
                "buyer": trade.buyer,
                "seller": trade.seller,
                "qty": trade.qty,
                "price": trade.price,
                "amount": trade.amount,
                "index": index,
                "buyerFee": trade.buyer_fee,
                "sellerFee": trade.seller_fee,
            }
            for index, trade in enumerate(outcome.trades)
        ],
        "poolTrades": [
            {
                "buyer": trade.buyer,
                "unit": trade.unit,
                "qty": trade.qty,
                "price": trade.price,
                "amount": trade.amount,
            }
            for trade in outcome.pool_trades
        ],
        "supplyIdPool": [unit.seller for unit in outcome.intake],
        "poolIntake": {unit.name: unit.qty for unit in outcome.intake},
        "poolConsumed": {unit.name: outcome.consumed(unit.name) for unit in outcome.intake},
        "consumerIdRest": list(rest),
        "rest": _by_id(rest),
        "volume": outcome.volume,
        "poolVolume": outcome.pool_volume,
        "fills": _fills(orders, outcome.fills),
        "welfare": welfare(orders, outcome.fills),
        "commission": outcome.commission,
    }


def _pool_after(orders: Sequence[Order], case: Case) -> Result:
    fills = _uniform(orders, case).fills
    outcome = pool.trade(orders, fills, intake_of(case), supplies_of(case))
    return {
        "toPool": _by_id(outcome.to_pool),
        "poolPays": outcome.pays,
        "fromPool": [
            {
                "buyer": purchase.buyer,
                "qty": purchase.qty,
                "price": purchase.price,
                "amount": purchase.amount,
            }
            for purchase in outcome.from_pool
        ],
        "poolReceives": outcome.receives,
        "unserved": _by_id(outcome.unserved),
    }


_ENGINES: dict[str, Callable[[Sequence[Order], Case], Result]] = {
    "uniform": cleared_uniform,
    "trade_reduction": _trade_reduction,
    "muda": _muda,
    "paper": _paper,
    POOL_AFTER: _pool_after,
}
RULES = tuple(_ENGINES)


def _engine(case: Case) -> Callable[[Sequence[Order], Case], Result]:
    rule = case.get("rule", DEFAULT_RULE)
    if not isinstance(rule, str) or rule not in _ENGINES:
        raise UnsupportedRule(f"rule must be one of {', '.join(RULES)}, not {shown(rule)}")
    if "poolIn" in case or "poolOut" in case:
        if rule not in ("uniform", POOL_AFTER):
            raise MarketError(f"poolIn and poolOut go with the rule uniform, not {rule}")
        return _pool_after
    return _ENGINES[rule]


def _uniform(orders: Sequence[Order], case: Case) -> uniform.Outcome:
    ration = choice(case, "ration", uniform.Ration.PRORATA)
    return uniform.clear(orders, case.get("kBps", uniform.MIDPOINT_BPS), ration)


def _traded(orders: Sequence[Order], fills: Sequence[int], prices: Sequence[int]) -> Result:
    money = amounts(orders, fills, prices)
    return {
        "dustWh": money.dust_wh,
        "fills": _fills(orders, fills),
        "payments": _by_id(money.payments),
        "receipts": _by_id(money.receipts),
        "surplus": money.surplus,
        "welfare": welfare(orders, fills),
    }


def _fills(orders: Sequence[Order], fills: Sequence[int]) -> dict[str, int]:
    return {str(order.id): fill for order, fill in zip(orders, fills, strict=True)}


def _by_id(quantities: dict[int, int]) -> dict[str, int]:
    return {str(number): quantity for number, quantity in quantities.items()}

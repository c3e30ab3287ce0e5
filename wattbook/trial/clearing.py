"""A case of `wattbook clear`, run through the contracts: the same object, read back from the chain."""

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from wattbook.contracts.structs import Terms
from wattbook.errors import ChainError
from wattbook.market import clearing, muda, proposals, ranked, trade_reduction, uniform
from wattbook.market.bounds import MAX_PRICE, UnsupportedRule
from wattbook.market.case import Case, choice, fee_of, flag, intake_of, orders_of, pool_units_of, required, supplies_of
from wattbook.market.escrow import CEILINGS
from wattbook.market.orders import Order, Side
from wattbook.market.welfare import welfare
from wattbook.market.words import MIN_WH
from wattbook.trial.books import Given, Propose, Run, run
from wattbook.trial.park import Park

Result = dict[str, Any]

_CONTRACTS = {
    "uniform": "Uniform",
    clearing.POOL_AFTER: "Uniform",
    "trade_reduction": "TradeReduction",
    "muda": "Muda",
    "paper": "Ranked",
}
# What an intake is made of that takes in whatever sellers leave.
_ANYTHING = 2**39


def cleared_on_chain(park: Park, case: Any) -> Result:
    """Runs a case twice, with reveals sent alone and in batches, and returns what the chain made of it and the gas."""
    given = given_by(park, case)
    alone, batched = run(park, given, alone=True), run(park, given)
    results = [result_of(case, made) for made in (alone, batched)]
    if results[0] != results[1]:
        raise ChainError("the same orders were cleared differently when revealed alone and in batches")
    orders = len(given.orders)
    gas = {
        "orders": orders,
        "commit": _median(alone.commit_gas),
        "reveal": _median(alone.reveal_gas),
        "revealBatch": sum(batched.reveal_gas) // orders if orders else 0,
        "clear": batched.clear_gas + batched.pool_gas,
        "settle": batched.settle_gas,
    }
    return {**results[0], "gas": gas}


def result_on_chain(park: Park, case: Any) -> Result:
    """Runs a case once and returns what the chain made of it."""
    return result_of(case, run(park, given_by(park, case)))


def given_by(park: Park, case: Any) -> Given:
    """A case as a book that the contracts can run; what they do not have is an UnsupportedRule."""
    clearing.clear(case)
    orders = orders_of(case)
    check_sizes(orders)
    rule = _rule(case)
    if rule == "muda" and [order.id for order in orders] != list(range(len(orders))):
        raise UnsupportedRule("on chain an order's half follows from its place, so ids must count from 0")
    if choice(case, "ration", uniform.Ration.PRORATA) is not uniform.Ration.PRORATA:
        raise UnsupportedRule("contracts know the ration PRORATA only")
    fee = fee_of(case) if rule == "paper" else ranked.Fee(0, 0, 0)
    intake, offers = _pool_of(case, rule)
    terms = Terms(
        rule=park.market.deployment.address(_CONTRACTS[rule]),
        k_bps=case.get("kBps", uniform.MIDPOINT_BPS),
        fee_bps=fee.base_bps,
        fee_step_bps=fee.step_bps,
        fee_cap_bps=fee.cap_bps,
        whole=flag(case, "whole", True),
        by_unit=choice(case, "rank", ranked.Rank.VALUE) is ranked.Rank.UNIT,
        pool=bool(intake[0] or offers),
    )
    seed = required(case, "seed") if rule == "muda" else None
    pool_out = MAX_PRICE if terms.pool else 0
    return Given(orders, terms, _propose(case, rule), seed, intake, offers, pool_out)


def result_of(case: Case, made: Run) -> Result:
    """The outcome of a case in the form that vector files expect, from what the chain said."""
    return _READERS[_rule(case)](case, orders_of(case), made)


def _rule(case: Case) -> str:
    if "poolIn" in case:
        return clearing.POOL_AFTER
    return str(case.get("rule", clearing.DEFAULT_RULE))


def check_sizes(orders: Sequence[Order]) -> None:
    """Refuses orders of a size that the contracts do not take."""
    for order in orders:
        if 0 < order.qty < MIN_WH:
            raise UnsupportedRule(f"order {order.id} is below the least of {MIN_WH} Wh that the contracts take")
        if order.qty > CEILINGS[-1]:
            raise UnsupportedRule(f"order {order.id} is beyond the largest class of {CEILINGS[-1]} Wh")


def _pool_of(case: Case, rule: str) -> tuple[tuple[int, int], tuple[tuple[int, int], ...]]:
    if rule == clearing.POOL_AFTER:
        intake = intake_of(case)
        pair, offers = (intake.qty, intake.price), [(supply.qty, supply.price) for supply in supplies_of(case)]
    elif rule == "paper":
        price = case.get("poolPrice")
        pair = (0, 0) if price is None else (_ANYTHING, price)
        offers = [(unit.qty, unit.price) for unit in pool_units_of(case)]
    else:
        return (0, 0), ()
    if small := [qty for qty, _ in offers if qty < MIN_WH]:
        raise UnsupportedRule(f"a unit of {small[0]} Wh is below the least of {MIN_WH} Wh that the pool takes")
    if cheap := [price for _, price in offers if price < pair[1]]:
        raise UnsupportedRule(f"a unit at {cheap[0]} below the intake's {pair[1]} would be a money pump")
    return pair, tuple(offers)


def _propose(case: Case, rule: str) -> Propose:
    def propose(orders: list[Order], stock: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
        k_bps = case.get("kBps", uniform.MIDPOINT_BPS)
        if rule == "trade_reduction":
            return proposals.for_trade_reduction(trade_reduction.clear(orders)), []
        if rule == "muda":
            return proposals.for_muda(muda.clear(orders, required(case, "seed"))), []
        if rule == "paper":
            outcome = _ranked(case, orders, k_bps, stock)
            return proposals.for_ranked(outcome), proposals.ranked_trades(outcome)
        return proposals.for_uniform(uniform.clear(orders, k_bps)), []

    return propose


def _ranked(case: Case, orders: Sequence[Order], k_bps: int, stock: Sequence[tuple[int, int]]) -> ranked.Outcome:
    rank, whole = choice(case, "rank", ranked.Rank.VALUE), flag(case, "whole", True)
    price = stock[0][1] if stock and stock[0][0] else None
    return ranked.clear(orders, rank, whole, k_bps, fee_of(case), price, proposals.stock_units(stock))


# ------------------------------------------------------------------------------------------------------ reading back


def _traded(orders: Sequence[Order], made: Run) -> Result:
    fills = [made.fills.get(place, 0) for place in range(len(orders))]
    bought = sum(fill for order, fill in zip(orders, fills, strict=True) if order.side is Side.BUY)
    amounts = {
        side: {
            str(order.id): made.amounts[place]
            for place, order in enumerate(orders)
            if order.side is side and made.fills.get(place)
        }
        for side in Side
    }
    return {
        "dustWh": sum(fills) - 2 * bought,
        "fills": {str(order.id): fill for order, fill in zip(orders, fills, strict=True)},
        "payments": amounts[Side.BUY],
        "receipts": amounts[Side.SELL],
        "surplus": made.settled[1] - made.settled[2],
        "welfare": welfare(orders, fills),
    }


def _uniform(case: Case, orders: Sequence[Order], made: Run) -> Result:
    word = made.outcome[0] if made.outcome else 0
    price, volume = word & 0xFFFF, _wh(word, 16)
    two_sided = {order.side for order in orders if order.qty} == set(Side)
    lower, upper = made.proposal if two_sided else (None, None)
    result = {"rule": "uniform", "volume": volume, "buyPrice": price, "sellPrice": price}
    result |= {**_traded(orders, made), "L": lower, "U": upper}
    if volume:
        result |= {name: _wh(word, at) for name, at in (("Dgt", 56), ("Deq", 96), ("Slt", 136), ("Seq", 176))}
    return result


def _trade_reduction(case: Case, orders: Sequence[Order], made: Run) -> Result:
    word = made.outcome[0] if made.outcome else 0
    volume, at_middle = _wh(word, 66), word >> 186 & 1
    branch = "none" if not made.outcome else "p0" if at_middle else "reduced"
    result = {
        "rule": "trade_reduction",
        "volume": volume,
        "buyPrice": word & 0xFFFF if volume else 0,
        "sellPrice": word >> 16 & 0xFFFF if volume else 0,
        **_traded(orders, made),
        "branch": branch,
    }
    if made.outcome:
        result |= {"bm": made.proposal[2], "am": made.proposal[3]}
    if branch == "reduced":
        result |= {"buyTotal": _wh(word, 106), "sellTotal": _wh(word, 146)}
    return result


def _muda(case: Case, orders: Sequence[Order], made: Run) -> Result:
    left, right = made.outcome or (0, 0)
    own = [word >> 136 & 0xFFFF if word >> 152 else None for word in (left, right)]
    return {
        "rule": "muda",
        "volume": _wh(left, 16) + _wh(right, 16),
        "priceLeft": own[0],
        "priceRight": own[1],
        "volumeLeft": _wh(left, 16),
        "volumeRight": _wh(right, 16),
        **_traded(orders, made),
    }


def _paper(case: Case, orders: Sequence[Order], made: Run) -> Result:
    """The trades that the contract has the hash of; what they leave over follows from them as in the engine."""
    engine = clearing.clear(case)
    ids = [order.id for order in orders]
    names = _unit_names(case)
    trades: list[Result] = []
    pool_trades: list[Result] = []
    fee = fee_of(case)
    for word in made.evidence:
        buyer, seller, kind = ids[word & 0xFFFF], word >> 16 & 0xFFFF, word >> 88
        qty, price = _wh(word, 32), word >> 72 & 0xFFFF
        common = {"qty": qty, "price": price, "amount": qty * price}
        if kind == 0:
            owed = fee.of(qty * price, len(trades))
            numbered = {"index": len(trades), "buyerFee": owed, "sellerFee": owed}
            trades.append({"buyer": buyer, "seller": ids[seller], **common, **numbered})
        else:
            unit = f"seller:{ids[seller]}" if kind == 1 else names[seller - 1]
            pool_trades.append({"buyer": buyer, "unit": unit, **common})
    fills = {str(order.id): 0 for order in orders}
    for trade in trades:
        for side in ("buyer", "seller"):
            fills[str(trade[side])] += trade["qty"]
    _agree(made, orders, trades, pool_trades)
    quantities = [fills[str(order.id)] for order in orders]
    return {
        **engine,
        "trades": trades,
        "poolTrades": pool_trades,
        "volume": sum(trade["qty"] for trade in trades),
        "poolVolume": sum(trade["qty"] for trade in pool_trades),
        "fills": fills,
        "welfare": welfare(orders, quantities),
        "commission": sum(made.fees.values()),
    }


def _unit_names(case: Case) -> list[str]:
    """The pool's configured units as its stock has them: the cheapest first, equals as they were given."""
    return [unit.name for unit in sorted(pool_units_of(case), key=lambda unit: unit.price)]


def _agree(made: Run, orders: Sequence[Order], trades: Sequence[Result], pool_trades: Sequence[Result]) -> None:
    """What each order paid or received on chain is the sum of its trades."""
    sums: dict[int, list[int]] = {order.id: [0, 0, 0] for order in orders}
    for trade in [*trades, *pool_trades]:
        seller = trade.get("seller", trade.get("unit", "").removeprefix("seller:"))
        parties = [trade["buyer"], *([int(seller)] if str(seller).isdigit() else [])]
        for party in parties:
            for place, value in enumerate((trade["qty"], trade["amount"], trade.get("buyerFee", 0))):
                sums[party][place] += value
    for place, order in enumerate(orders):
        said = [kind.get(place, 0) for kind in (made.fills, made.amounts, made.fees)]
        if said != sums[order.id]:
            raise ChainError(f"order {order.id} was settled as {said}, its trades make {sums[order.id]}")


def _pool_after(case: Case, orders: Sequence[Order], made: Run) -> Result:
    ids = [order.id for order in orders]
    stock = made.stock
    nothing = [0] * len(stock)
    sellers = [place for place, order in enumerate(orders) if order.side is Side.SELL]
    to_pool = {str(ids[p]): made.pool_parts.get(p, nothing)[0] for p in sellers if made.pool_parts.get(p, nothing)[0]}
    from_pool = [
        {"buyer": ids[p], "qty": parts[unit], "price": stock[unit][1], "amount": parts[unit] * stock[unit][1]}
        for unit in range(1, len(stock))
        for p, parts in sorted(made.pool_parts.items())
        if parts[unit]
    ]
    for place, parts in made.pool_parts.items():
        # The chain tells the sums; that they are sums of these parts is what is to be shown.
        amount = made.member_fills[place] * made.outcome_price
        amount += sum(wh * price for wh, (_, price) in zip(parts, stock, strict=True))
        said = made.fills.get(place, 0), made.amounts.get(place, 0)
        if said != (made.member_fills[place] + sum(parts), amount):
            raise ChainError(f"order {ids[place]} was settled as {said}, not as it was cleared")
    unserved = {
        str(order.id): order.qty - made.fills.get(place, 0)
        for place, order in enumerate(orders)
        if order.side is Side.BUY and order.qty > made.fills.get(place, 0)
    }
    return {
        "toPool": to_pool,
        "poolPays": made.settled[4],
        "fromPool": from_pool,
        "poolReceives": sum(item["amount"] for item in from_pool),
        "unserved": unserved,
    }


_READERS: dict[str, Callable[[Case, Sequence[Order], Run], Result]] = {
    "uniform": _uniform,
    "trade_reduction": _trade_reduction,
    "muda": _muda,
    "paper": _paper,
    clearing.POOL_AFTER: _pool_after,
}


def _wh(word: int, at: int) -> int:
    return word >> at & (2**40 - 1)


def _median(gas: Sequence[int]) -> int:
    return int(median(gas)) if gas else 0

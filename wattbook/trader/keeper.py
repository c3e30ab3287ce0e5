"""What anyone may do for a book that is due: clear it by the engines' proposal, settle it, or declare it void."""

from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from wattbook.chain import named
from wattbook.connection import Market
from wattbook.contracts.base import Contract
from wattbook.contracts.bound import Bound
from wattbook.contracts.rule import Rule
from wattbook.contracts.structs import Book, BookState, OrderState, Setting, Stage, Terms
from wattbook.errors import DeploymentError
from wattbook.market import muda, proposals, ranked, trade_reduction, uniform
from wattbook.market.orders import Order, Side
from wattbook.market.words import GROUP_SIZE, Quote, in_groups, index_of, slices
from wattbook.trader.records import Entry

# Of one transaction: nodes take 128 kB, blocks and caps on gas allow fewer orders to be settled.
CLEARED_AT_ONCE = 3_500
SETTLED_AT_ONCE = 512
_WH = 2**40 - 1

Step = tuple[str, Bound]


def next_step(market: Market, entry: Entry, facts: Book, now: int, sender: str) -> Step | None:
    """What the sender can do to bring an order's book on, and its name; None when there is nothing to do yet."""
    key = entry.book.key
    auction, clearing = market.auction, market.clearing
    if facts.state is BookState.OPEN:
        if now >= facts.slot_start:
            return "void", auction.function("voidBook", key)
        return _clear(market, entry, sender)
    words = revealed_words(market, entry)
    if facts.state is BookState.CLEARED and clearing.stage_of(key) is Stage.MEMBERS and now < facts.slot_start:
        return _clear_pool(market, entry, words, sender)
    evidence = _evidence(market, key, words) if facts.state is BookState.CLEARED else []
    unsettled = _unsettled(market, key, words)
    return "settle", auction.function("settle", key, (slices(unsettled, SETTLED_AT_ONCE)[0], evidence))


def revealed_words(market: Market, entry: Entry) -> list[int]:
    """The words of a book as the contracts want them, from the chain's own events."""
    words = [word for log in logs_of(market.auction, "OrdersRevealed", entry) for word in log["words"]]
    return in_groups([word for word in words if Quote.of_word(word).wh])


def logs_of(contract: Contract, event: str, entry: Entry) -> list[Any]:
    """The arguments of a contract's events about an order's book."""
    kind = contract.raw.events[event]()
    logs = named(lambda: kind.get_logs(from_block=entry.block, argument_filters={"book": entry.book.key}))
    return [log["args"] for log in logs]


def _clear(market: Market, entry: Entry, sender: str) -> Step | None:
    key = entry.book.key
    terms = market.rulebook.terms_of(key)
    rule = _rule(market, terms)
    if rule == "Muda" and not int.from_bytes(market.clearing.seed_of(key)):
        return _seed(market, entry)
    words = revealed_words(market, entry)
    proposal, _ = _proposed(market, key, terms, words)
    words = _after(market, entry, words, keccak(encode(["address", "uint256[]"], [sender, proposal])))
    return "clear", market.clearing.function("clear", key, proposal, slices(words, CLEARED_AT_ONCE)[0])


def _seed(market: Market, entry: Entry) -> Step | None:
    key, clearing = entry.book.key, market.clearing
    logs = logs_of(clearing, "SeedBlockFixed", entry)
    newest = named(lambda: market.chain.web3.eth.block_number)
    number = logs[-1]["blockNumber"] if logs else 0
    if not logs or newest >= number + 255:
        return "fix its seed", clearing.function("fixSeed", key)
    return ("draw its seed", clearing.function("drawSeed", key)) if newest >= number else None


def _proposed(market: Market, key: bytes, terms: Terms, words: list[int]) -> tuple[list[int], list[int]]:
    """Proposal and evidence of a book's rule."""
    orders, rule = [_order(word) for word in words], _rule(market, terms)
    if rule == "TradeReduction":
        return proposals.for_trade_reduction(trade_reduction.clear(orders)), []
    if rule == "Muda":
        return proposals.for_muda(muda.clear(orders, int.from_bytes(market.clearing.seed_of(key)))), []
    if rule == "Ranked":
        outcome = _ranked(terms, orders, _stock(market, key) if terms.pool else [])
        return proposals.for_ranked(outcome), proposals.ranked_trades(outcome)
    return proposals.for_uniform(uniform.clear(orders, terms.k_bps)), []


def _ranked(terms: Terms, orders: list[Order], stock: list[tuple[int, int]]) -> ranked.Outcome:
    rank = ranked.Rank.UNIT if terms.by_unit else ranked.Rank.VALUE
    fee = ranked.Fee(terms.fee_bps, terms.fee_step_bps, terms.fee_cap_bps)
    price = stock[0][1] if stock and stock[0][0] else None
    return ranked.clear(orders, rank, terms.whole, terms.k_bps, fee, price, proposals.stock_units(stock))


def _clear_pool(market: Market, entry: Entry, words: list[int], sender: str) -> Step:
    key = entry.book.key
    terms, stock = market.rulebook.terms_of(key), _stock(market, key)
    outcome, _, packed = market.clearing.outcome_of(key)
    rule = Rule(market.chain, terms.rule)
    fills, _ = rule.fills(Setting(terms, market.clearing.seed_of(key), packed), outcome, [], words, [])
    wanted, _ = proposals.for_pool([_order(word) for word in words], [fill & _WH for fill in fills], stock)
    words = _after(market, entry, words, keccak(encode(["address", "string", "uint256[]"], [sender, "pool", wanted])))
    part: tuple[list[int], list[int]] = (slices(words, SETTLED_AT_ONCE)[0], [])
    return "clear its pool", market.clearing.function("clearPool", key, wanted, part)


def _after(market: Market, entry: Entry, words: list[int], proposal_hash: bytes) -> list[int]:
    """The words of the groups that this sender has not tallied with this proposal."""
    logs = logs_of(market.clearing, "BookTallied", entry)
    first = max((log["nextGroup"] for log in logs if bytes(log["proposalHash"]) == proposal_hash), default=0)
    return [word for word in words if index_of(word) // GROUP_SIZE >= first]


def _unsettled(market: Market, key: bytes, words: list[int]) -> list[int]:
    """The words of the groups that were not settled, which are the last ones."""
    first: dict[int, int] = {}
    for word in words:
        first.setdefault(index_of(word) // GROUP_SIZE, word)
    for group, word in sorted(first.items()):
        quote = Quote.of_word(word)
        if market.auction.order_of(key, quote.trader, quote.number).state is not OrderState.SETTLED:
            return [word for word in words if index_of(word) // GROUP_SIZE >= group]
    return []


def _evidence(market: Market, key: bytes, words: list[int]) -> list[int]:
    return _proposed(market, key, market.rulebook.terms_of(key), words)[1]


def _stock(market: Market, key: bytes) -> list[tuple[int, int]]:
    """As it was fixed for the book, or as it is."""
    packed = market.clearing.outcome_of(key)[2] or market.pool.stock_of(key)
    return [(item & _WH, item >> 40) for item in packed]


def _rule(market: Market, terms: Terms) -> str:
    for name in ("Uniform", "TradeReduction", "Muda", "Ranked"):
        if market.deployment.address(name) == terms.rule:
            return name
    raise DeploymentError(f"the book is cleared by {terms.rule}, which is no rule of this deployment")


def _order(word: int) -> Order:
    quote = Quote.of_word(word)
    return Order(index_of(word), Side.SELL if quote.sell else Side.BUY, quote.wh, quote.price)

"""What trade is worth to those who trade, by their own quotes, in uPT."""

from collections import deque
from collections.abc import Sequence

from wattbook.market.orders import Order, Side, check_book


def welfare(orders: Sequence[Order], fills: Sequence[int]) -> int:
    """What the filled bids are worth, less what the filled asks ask."""
    return sum(
        fill * order.price if order.side is Side.BUY else -fill * order.price
        for order, fill in zip(orders, fills, strict=True)
    )


def efficient(orders: Sequence[Order]) -> int:
    """The most that any fills can reach: dearest bids meet cheapest asks for as long as both gain."""
    check_book(orders)
    bids = deque(sorted(([order.price, order.qty] for order in orders if order.side is Side.BUY), reverse=True))
    asks = deque(sorted([order.price, order.qty] for order in orders if order.side is Side.SELL))
    total = 0
    while bids and asks and bids[0][0] > asks[0][0]:
        (bid, wanted), (ask, offered) = bids[0], asks[0]
        traded = min(wanted, offered)
        total += traded * (bid - ask)
        for queue in (bids, asks):
            queue[0][1] -= traded
            if queue[0][1] == 0:
                queue.popleft()
    return total

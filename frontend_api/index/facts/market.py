"""Zones, books, orders and direct sales."""

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from frontend_api.database.tables import books, orders, sales, zone_carriers, zones
from frontend_api.index.events import Event
from frontend_api.index.facts.rules import told
from frontend_api.index.subjects import address_in
from frontend_api.index.writing import Writing
from wattbook.market.words import Quote, index_of, unpacked_fill

_VOLUME = (1 << 40) - 1


@told("Zones", "ZoneAdded")
def zone_added(event: Event, writing: Writing) -> None:
    key = event.args["zone"]
    name = bytes.fromhex(key[2:]).rstrip(b"\0").decode(errors="replace").replace("\0", "\ufffd")
    writing.add(zones, event, number=event.args["number"], key=key, name=name)
    writing.known.zones[event.args["number"]] = key


@told("Zones", "CarrierOpened")
def carrier_opened(event: Event, writing: Writing) -> None:
    args = event.args
    writing.add(
        zone_carriers,
        event,
        zone=args["zone"],
        carrier=args["carrier"],
        slot_seconds=args["slotSeconds"],
        reading_period=args["readingPeriod"],
    )


@told("Auction", "BookOpened")
def book_opened(event: Event, writing: Writing) -> None:
    args, facts = event.args, event.args["facts"]
    writing.add(
        books,
        event,
        key=args["book"],
        carrier=args["carrier"],
        zone=facts["zone"],
        slot_start=args["slotStart"],
        opens_at=facts["opensAt"],
        reveals_at=facts["revealsAt"],
        clears_at=facts["clearsAt"],
        cap=facts["cap"],
        dearest_wh=facts["dearestWh"],
    )


@told("Rulebook", "TermsFixed")
def terms_fixed(event: Event, writing: Writing) -> None:
    key, terms = event.args["book"], event.args["terms"]
    writing.known.rules[key] = terms["rule"]
    filled = {"rule": terms["rule"], "k_bps": terms["kBps"], "fee_bps": terms["feeBps"]}
    writing.fill(books, "fixed_block", event, {"key": key}, filled)


@told("Clearing", "OutcomeFound")
def outcome_found(event: Event, writing: Writing) -> None:
    """What the rule found. Of trades at prices of their own it has a hash only: how many Wh is not told here."""
    key, outcome = event.args["book"], [int(word) for word in event.args["outcome"]]
    price, traded = _price_and_volume(writing.rule_of(key), outcome)
    filled = {"price": price, "traded_wh": traded}
    told_ = {"proposal": event.args["proposal"], "outcome": event.args["outcome"]}
    writing.fill(books, "ended_block", event, {"key": key}, filled | told_)


def _price_and_volume(rule: str, outcome: list[int]) -> tuple[int | None, int | None]:
    """What each rule's words say, see the contracts."""
    if rule == "Uniform":
        return (outcome[0] & 0xFFFF, outcome[0] >> 16 & _VOLUME) if outcome else (None, 0)
    if rule == "TradeReduction":
        if not outcome:
            return None, 0
        bids, asks, volume = outcome[0] & 0xFFFF, outcome[0] >> 16 & 0xFFFF, outcome[0] >> 66 & _VOLUME
        return (bids if volume and bids == asks else None), volume
    if rule == "Muda":
        halves = [(word >> 16 & _VOLUME, word >> 136 & 0xFFFF) for word in outcome]
        prices = {price for volume, price in halves if volume}
        return (prices.pop() if len(prices) == 1 else None), sum(volume for volume, _ in halves)
    return None, None


@told("Auction", "BookCleared")
def book_cleared(event: Event, writing: Writing) -> None:
    filled = {"ended": "cleared", "pool_locked": int(event.args["poolLocked"])}
    writing.fill(books, "ended_block", event, {"key": event.args["book"]}, filled)


@told("Auction", "BookVoided")
def book_voided(event: Event, writing: Writing) -> None:
    writing.fill(books, "ended_block", event, {"key": event.args["book"]}, {"ended": "voided"})


@told("Auction", "BookExcused")
def book_excused(event: Event, writing: Writing) -> None:
    filled = {"excused_by": event.args["by"], "excuse": event.args["reason"]}
    writing.fill(books, "excused_block", event, {"key": event.args["book"]}, filled)


@told("Auction", "BookSettled")
def book_settled(event: Event, writing: Writing) -> None:
    names = {
        "paid": "paid",
        "received": "received",
        "pool_share": "poolShare",
        "pool_spent": "poolSpent",
        "to_common_fund": "toCommonFund",
    }
    filled = {column: int(event.args[name]) for column, name in names.items()}
    writing.fill(books, "settled_block", event, {"key": event.args["book"]}, filled)


@told("Auction", "Committed")
def committed(event: Event, writing: Writing) -> None:
    word = int(event.args["order"])
    writing.add(
        orders,
        event,
        book=event.args["book"],
        place=index_of(word),
        trader=address_in(word),
        number=word >> 231 & 0xF,
        most_wh=word >> 160 & _VOLUME,
        seal=event.args["seal"],
    )


@told("Auction", "OrdersRevealed")
def orders_revealed(event: Event, writing: Writing) -> None:
    for part, text in enumerate(event.args["words"]):
        word = int(text)
        quote = Quote.of_word(word)
        filled = {
            "revealed_log": event.log,
            "revealed_part": part,
            "sell": quote.sell,
            "wh": quote.wh,
            "price": quote.price,
            "device": quote.device,
        }
        key = {"book": event.args["book"], "place": index_of(word)}
        writing.fill(orders, "revealed_block", event, key, filled)


@told("Auction", "Traded")
def traded(event: Event, writing: Writing) -> None:
    book, place = event.args["book"], index_of(int(event.args["word"]))
    wh, amount, commission = unpacked_fill(int(event.args["fill"]))
    named = (writing.chain_id, writing.address_of("Auction"), bytes.fromhex(book[2:]), place)
    filled = {
        "traded_log": event.log,
        "trade": "0x" + keccak(encode(["uint256", "address", "bytes32", "uint256"], named)).hex(),
        "traded_wh": wh,
        "amount": amount,
        "commission": commission,
    }
    writing.fill(orders, "traded_block", event, {"book": book, "place": place}, filled)


@told("Auction", "OrderSlashed")
def order_slashed(event: Event, writing: Writing) -> None:
    _end_bond(event, writing, "slashed", event.args["keeper"])


@told("Auction", "OrderRefunded")
def order_refunded(event: Event, writing: Writing) -> None:
    _end_bond(event, writing, "refunded", None)


def _end_bond(event: Event, writing: Writing, fate: str, keeper: str | None) -> None:
    key = {name: event.args[name] for name in ("book", "trader", "number")}
    filled = {"bond_fate": fate, "bond": int(event.args["bond"]), "keeper": keeper}
    writing.fill(orders, "bond_block", event, key, filled)


@told("DirectSale", "Sold")
def sold(event: Event, writing: Writing) -> None:
    sale = event.args["sale"]
    book = keccak(
        encode(["uint8", "bytes32", "uint40"], [sale["carrier"], writing.zone_key(sale["zone"]), sale["slotStart"]])
    )
    writing.add(
        sales,
        event,
        trade=event.args["tradeId"],
        book="0x" + book.hex(),
        seller=sale["seller"],
        buyer=sale["buyer"],
        carrier=sale["carrier"],
        zone=sale["zone"],
        device=sale["device"],
        slot_start=sale["slotStart"],
        wh=sale["wh"],
        price=sale["price"],
        margin=int(event.args["margin"]),
    )


@told("Imbalance", "AccountSettled")
def account_settled(event: Event, writing: Writing) -> None:
    args = event.args
    writing.settle(event, args["book"], args["account"], args["statement"])

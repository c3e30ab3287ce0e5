"""Sealed tenders: awards, and what is paid for the supplies."""

from collections.abc import Callable, Iterator
from typing import Any

from wattbook.tender.awards import Award, AwardError, Quote, check, margin
from wattbook.tender.supply import Terms, executed
from wattbook.vectors.check import Check, NotRun, VectorFile, compared

Case = dict[str, Any]
Result = dict[str, Any]
Run = Callable[[Case], Result]

LISTS = ("awards", "settlements")


def recognises(file: VectorFile) -> bool:
    return all(isinstance(file.data.get(name), list) for name in LISTS)


def awarded(case: Case, bps: int = 2000) -> Result:
    """A case of `awards` in Python."""
    quotes = {quote["id"]: Quote(quote["id"], quote["qty"], quote["price"]) for quote in case["quotes"]}
    awards = [Award(quotes[id], wh) for id, wh in case["award"]]
    try:
        check(case["offer"]["volume"], case["offer"]["reserve"], awards)
    except AwardError as error:
        return {"error": error.name}
    opened = [award.quote.id for award in awards]
    return {
        "contracts": [
            {
                "quote": award.quote.id,
                "volume": award.wh,
                "price": award.quote.price,
                "marginOwner": margin(award.wh, award.quote.price, bps),
                "marginUser": margin(award.wh, award.quote.price, bps),
            }
            for award in awards
        ],
        "opened": opened,
        "neverOpened": [id for id in quotes if id not in opened],
    }


def terms_of(given: Case) -> Terms:
    """The terms of a case of `settlements`."""
    return Terms(
        owner_margin=given.get("mS", 2000),
        user_margin=given.get("mB", 2000),
        tolerance=given.get("tau", 300),
        owner_penalty=given.get("dS", 2000),
        user_penalty=given.get("dB", 2000),
    )


def settled(case: Case) -> Result:
    """A case of `settlements` in Python."""
    given = case["input"]
    terms = terms_of(given)
    wh, price = given["V"], given["p"]
    result = executed(
        wh,
        price,
        given["E"],
        given.get("avail", given["E"]),
        given.get("buyerFunds"),
        terms,
        force_majeure=given.get("forceMajeure", False),
    )
    owner_margin, user_margin = (margin(wh, price, bps) for bps in (terms.owner_margin, terms.user_margin))
    return {
        "marginSeller": owner_margin,
        "marginBuyer": user_margin,
        "lo": result.least,
        "hi": result.most,
        "billed": result.billed,
        "due": result.due,
        "excess": result.excess,
        "short": result.short,
        "sellerFault": result.owner_fault,
        "buyerFault": result.user_fault,
        "penaltySeller": result.owner_penalty,
        "penaltyBuyer": result.user_penalty,
        "paidFromFunds": result.from_funds,
        "paidFromMargin": result.from_margin,
        "unpaid": result.unpaid,
        "status": str(result.status),
        "sellerNet": result.owner_net,
        "buyerNet": -result.owner_net,
        "marginSellerReturned": owner_margin - result.owner_penalty,
        "marginBuyerReturned": user_margin - result.from_margin,
    }


def checks(file: VectorFile, award: Run | None = None, settle: Run = settled) -> Iterator[Check | NotRun]:
    """Every case of both lists."""
    bps = file.data["meta"]["marginBps"]
    runs = {"awards": award or (lambda case: awarded(case, bps)), "settlements": settle}
    for name, run in runs.items():
        for case in file.data[name]:
            yield compared(f"{name}: {case['name']}", case["expect"], run(case))

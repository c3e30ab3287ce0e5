"""Tenders that are quoted, awarded, supplied and executed by the contracts."""

from collections.abc import Mapping
from typing import Any

from wattbook.contracts.revert import ContractRevert
from wattbook.contracts.structs import QuoteState, TenderTerms
from wattbook.deployment.local import known_account
from wattbook.eip712 import sign
from wattbook.metering.roots import in_order
from wattbook.settlement.imbalance import Metered, Terms
from wattbook.tender import boxes
from wattbook.tender.boxes import EncryptionKey, Room
from wattbook.tender.room import Received, awards, received, room_of, sent
from wattbook.trial.blocks import Mined, message
from wattbook.trial.metering import ATTESTERS
from wattbook.trial.park import SLOT_SECONDS
from wattbook.trial.settling import Settling

OWNER, USER = "owner", "user"
FREE = Terms(0, 0, 0, 0, 0)
_DECIDES = 30
"""Seconds that the owner has; users have until then."""


class Tendering:
    """Has an owner offer energy of one slot or several, members quote, and supplies be served and executed."""

    def __init__(self, settling: Settling) -> None:
        self.settling, self.park = settling, settling.park
        self.market = settling.park.market
        self.tenders, self.supplies = self.market.tenders, self.market.supplies
        self.key = EncryptionKey.fresh()
        self.terms: TenderTerms
        self.tender = 0

    def begin(self, names: list[str], terms: Terms = FREE) -> None:
        """An owner and users of their own, and a slot that is still to come."""
        self.settling.parties.clear()
        self.settling.have([OWNER, *names])
        self.settling.begin(terms)

    def account(self, name: str) -> str:
        return self.settling.parties[name].account

    def publish(self, wh: int, reserve: int = 0, slots: int = 1, **terms: Any) -> int:
        """Offers so much over so many slots, from the next one on."""
        self.key = EncryptionKey.fresh()
        start = self.settling.slot
        usual = TenderTerms(
            device=self.settling.parties[OWNER].plant,
            wh=wh,
            reserve=reserve,
            delivery_start=start,
            delivery_end=start + slots * SLOT_SECONDS,
            quote_end=start - _DECIDES,
            decide_end=start,
            owner_margin_bps=2000,
            user_margin_bps=2000,
            tolerance_bps=300,
            owner_penalty_bps=2000,
            user_penalty_bps=2000,
            full_escrow=False,
            key=int.from_bytes(self.key.public),
        )
        self.terms = usual._replace(**terms)
        self.send(self.tenders, "publish", self.account(OWNER), self.terms)
        self.tender = self.tenders.tender_count()
        return self.tender

    @property
    def room(self) -> Room:
        return room_of(self.market, self.tender)

    def quote(self, name: str, wh: int, price: int) -> int:
        """Seals a quote, and gives its number."""
        mined = self.quoted(name, wh, price)
        return next(int(log.args[1]) for log in mined.logs if log.name == "QuoteMade")

    def quoted(self, name: str, wh: int, price: int) -> Mined:
        trader = self.account(name)
        box, hashed, _ = boxes.seal(self.room, trader, self.key.public, wh, price)
        return self.send(self.tenders, "quote", trader, self.tender, hashed, sent(box))

    def opened(self) -> list[Received]:
        """What the owner reads in the boxes of the tender, from the chain's events alone."""
        return received(self.market, self.tender, self.key)

    def award(self, shares: Mapping[int, int]) -> Mined:
        """Awards so many Wh of each quote."""
        given = awards(self.opened(), shares)
        self.wait(self.terms.quote_end)
        return self.send(self.tenders, "award", self.account(OWNER), self.tender, given)

    def deliver(self, injected: int, withdrawn: Mapping[str, int]) -> None:
        """Lets the slot pass in which the owner's plant makes so much and users take so much."""
        parties = {OWNER: Metered(injected, 0, 0, 0)}
        parties |= {name: Metered(0, wh, 0, 0) for name, wh in withdrawn.items()}
        self.settling.deliver(parties)

    def serve(self, *supplies: int) -> Mined:
        return self.send(self.supplies, "serve", known_account("grid").address, self.settling.slot, list(supplies))

    def execute(self, supply: int) -> Mined:
        self.wait(self.terms.delivery_end + self.supplies.rest())
        return self.send(self.supplies, "execute", known_account("grid").address, supply)

    def attest_force_majeure(self, supply: int) -> None:
        evidence = bytes(32)
        said = {"supplies": self.supplies.address, "supply": supply, "evidence": evidence}
        keys = [known_account(name) for name in ATTESTERS]
        readings = self.market.readings
        signed = in_order((key.address, sign(readings, "ForceMajeure", key, said)) for key in keys)
        self.send(self.supplies, "attestForceMajeure", known_account("grid").address, supply, evidence, signed)

    def decline(self) -> Mined:
        return self.send(self.tenders, "decline", self.account(OWNER), self.tender)

    def free(self, name: str) -> int:
        return self.market.vault.account_of(self.account(name)).free

    def leave_free(self, name: str, amount: int) -> None:
        """Has a user withdraw all but this much."""
        self.send(self.market.vault, "withdraw", self.account(name), self.free(name) - amount)

    def wait(self, time: int) -> None:
        if self.park.blocks.now < time:
            self.park.blocks.mine([], time)

    def send(self, contract: Any, function: str, sender: str, *values: Any) -> Mined:
        [mined] = self.park.blocks.mine([message(contract, function, sender, *values)])
        return mined


def awarded_on_chain(tendering: Tendering, case: dict[str, Any]) -> dict[str, Any]:
    """What the contracts make of a case's awards."""
    names = [f"user {quote['id']}" for quote in case["quotes"]]
    tendering.begin(names)
    tendering.publish(case["offer"]["volume"], case["offer"]["reserve"])
    numbers = {
        quote["id"]: tendering.quote(name, quote["qty"], quote["price"])
        for name, quote in zip(names, case["quotes"], strict=True)
    }
    try:
        mined = tendering.award({numbers[id]: wh for id, wh in case["award"]}) if case["award"] else tendering.decline()
    except ContractRevert as error:
        return {"error": type(error).__name__}
    begun = [log.args for log in mined.logs if log.name == "SupplyBegun"]
    awarded = [log.args for log in mined.logs if log.name == "QuoteAwarded"]
    states = {id: tendering.tenders.quote_of(tendering.tender, number).state for id, number in numbers.items()}
    ids = {number: id for id, number in numbers.items()}
    return {
        "contracts": [
            {"quote": ids[quote], "volume": wh, "price": price, "marginOwner": owners, "marginUser": users}
            for (_, quote, *_), (_, _, _, wh, price, owners, users) in zip(awarded, begun, strict=True)
        ],
        "opened": [id for id, state in states.items() if state is QuoteState.AWARDED],
        "neverOpened": [id for id, state in states.items() if state is QuoteState.LOST],
    }


def executed_on_chain(tendering: Tendering, case: dict[str, Any]) -> dict[str, Any]:
    """What the contracts make of a case's supply, of one slot."""
    given = case["input"]
    terms = {
        name: given[key]
        for name, key in {
            "owner_margin_bps": "mS",
            "user_margin_bps": "mB",
            "tolerance_bps": "tau",
            "owner_penalty_bps": "dS",
            "user_penalty_bps": "dB",
        }.items()
        if key in given
    }
    tendering.begin([USER])
    tendering.publish(given["V"], **terms)
    mined = tendering.award({tendering.quote(USER, given["V"], given["p"]): given["V"]})
    supply, *_, owner_margin, user_margin = next(log.args for log in mined.logs if log.name == "SupplyBegun")
    tendering.deliver(given.get("avail", given["E"]), {USER: given["E"]})
    tendering.serve(supply)
    if "buyerFunds" in given:
        tendering.leave_free(USER, given["buyerFunds"])
    if given.get("forceMajeure"):
        tendering.attest_force_majeure(supply)
    before = {name: tendering.free(name) for name in (OWNER, USER)}
    mined = tendering.execute(supply)
    nets = {name: tendering.free(name) - before[name] for name in before}
    least, most = tendering.supplies.band_of(supply)
    delivered, billed, short, fault, due, owner_penalty, user_penalty, _, funds, margin, unpaid = next(
        log.args for log in mined.logs if log.name == "SupplyExecuted"
    )[1]
    return {
        "marginSeller": owner_margin,
        "marginBuyer": user_margin,
        "lo": least,
        "hi": most,
        "billed": billed,
        "due": due,
        "excess": delivered - billed,
        "short": short,
        "sellerFault": fault,
        "buyerFault": short - fault,
        "penaltySeller": owner_penalty,
        "penaltyBuyer": user_penalty,
        "paidFromFunds": funds,
        "paidFromMargin": margin,
        "unpaid": unpaid,
        "status": tendering.supplies.supply_of(supply).status.name,
        "sellerNet": nets[OWNER] - owner_margin,
        "buyerNet": nets[USER] - user_margin,
        "marginSellerReturned": owner_margin - owner_penalty,
        "marginBuyerReturned": user_margin - margin,
    }

"""Tenders and supplies in every stage at once, of everybody who has a device."""

from eth_account.signers.local import LocalAccount

from tests.assertions import pass_time
from tests.devices import SLOT, Devices
from wattbook import Market
from wattbook.contracts.structs import Award, Box, Point, Reservation, SharedPoint, TenderTerms
from wattbook.tender import boxes
from wattbook.tender.boxes import EncryptionKey, Room
from wattbook.tender.room import kept, sent

DAY = 24 * 3600
WH = 100
PRICE = 500


class Bidding:
    """Of each of `people` a tender, a quote and a supply; of the subject all other tenders.

    An owner has a week to decide, and the making of a world passes more: it begins `deciding` seconds from now.
    """

    def __init__(
        self,
        market: Market,
        people: list[LocalAccount],
        owned: dict[str, int],
        subject: LocalAccount,
        pair: tuple[LocalAccount, LocalAccount],
        devices: Devices,
        deciding: int,
    ) -> None:
        self.market, self.subject, self._devices = market, subject, owned
        (plant_owner, self._other), self.key = pair, EncryptionKey.fresh()
        self._openings: dict[tuple[int, int], Award] = {}
        self._misfits: dict[int, tuple[bytes, Box]] = {}
        now = market.chain.now
        soon = now + 1000
        self.start = (now + 100 * DAY) // SLOT * SLOT
        self.quoting = self._publish(subject, self.start - 5 * DAY, self.start)
        self._quotes = {one.address: self._quote(one, self.quoting) for one in people}
        self._deciding = {one.address: self._to_decide(one, now + deciding) for one in (*people, subject)}
        self.expired = self._publish(subject, soon, soon + 1)
        sold = self._publish(subject, soon, soon + DAY, wh=WH * len(people), full_escrow=True)
        numbers = [self._quote(one, sold) for one in people]
        # Who has no meters any more is not waited for.
        plant = devices.certified(plant_owner)
        first_slot = (soon + 2 * DAY) // SLOT * SLOT
        at_once = self._publish(
            plant_owner,
            soon,
            soon + 10,
            device=plant,
            delivery_start=first_slot,
            delivery_end=first_slot + SLOT,
        )
        unfunded = self._publish(
            plant_owner,
            soon,
            soon + 10,
            device=plant,
            delivery_start=first_slot,
            delivery_end=first_slot + SLOT,
            full_escrow=True,
        )
        for tender in (at_once, unfunded):
            self._quote(self._other, tender)
        pass_time(soon - market.chain.now)
        for tender in (at_once, unfunded):
            self._award(plant_owner, tender, [0])
        self.served, self.unfunded = market.supplies.supply_count() - 1, market.supplies.supply_count()
        market.meters.retire(plant, sender=plant_owner)
        self.slot = first_slot
        self._award(subject, sold, numbers)
        first = market.supplies.supply_count() - len(people) + 1
        self._supplies = {one.address: first + place for place, one in enumerate(people)}

    @property
    def reserved(self) -> Reservation:
        """A part of what the subject's tenders reserve of his device."""
        return Reservation(self.start, self.start + SLOT, 1)

    def serve(self) -> None:
        """When the slot is over."""
        self.market.supplies.serve(self.slot, [self.served], sender=self.subject)

    def tender_of(self, address: str) -> int:
        """The tender that an account decides; for others, the subject's."""
        return self._deciding.get(address, self._deciding[self.subject.address])

    def quote_of(self, address: str) -> int:
        """The quote that an account made; for others, the first."""
        return self._quotes.get(address, 0)

    def supply_of(self, address: str) -> int:
        """The supply that an account bought; for others, the first."""
        return self._supplies.get(address, min(self._supplies.values()))

    def terms(self, device: int, quote_end: int = 0, decide_end: int = 0, **terms: object) -> TenderTerms:
        """What an offer of the device says."""
        return TenderTerms(
            device,
            WH,
            0,
            self.start,
            self.start + SLOT,
            quote_end or self.start - DAY,
            decide_end or self.start,
            *[1000] * 5,
            False,
            int.from_bytes(self.key.public),
        )._replace(**terms)

    def sealed(self, trader: str, tender: int, price: int = PRICE) -> tuple[bytes, Box, bytes]:
        box, hashed, salt = boxes.seal(self._room(tender), trader, self.key.public, WH, price)
        return hashed, sent(box), salt

    def award(self, owner: str) -> tuple[int, list[Award]]:
        """What is awarded of the tender that an account decides."""
        tender = self.tender_of(owner)
        return tender, [self._openings[tender, 1]]

    def rejection(self, owner: str) -> tuple[int, int, bytes, Box, SharedPoint]:
        """The quote of such a tender whose box does not fit."""
        tender = self.tender_of(owner)
        hashed, box = self._misfits[tender]
        shown = boxes.show(self._room(tender), 0, self.key, kept(box))
        points = Point(*shown.response_times_point), Point(*shown.challenge_times_shared)
        return tender, 0, hashed, box, SharedPoint(Point(*shown.shared), shown.challenge, shown.response, *points)

    # ------------------------------------------------------------------------------------------------------ inside

    def _room(self, tender: int) -> Room:
        return Room(self.market.chain.chain_id, self.market.tenders.address, tender)

    def _publish(self, owner: LocalAccount, quote_end: int, decide_end: int, **terms: object) -> int:
        device = int(terms.pop("device", 0)) or self._devices[owner.address]  # type: ignore[call-overload]
        self.market.tenders.publish(self.terms(device, quote_end, decide_end, **terms), sender=owner)
        return self.market.tenders.tender_count()

    def _quote(self, trader: LocalAccount, tender: int) -> int:
        hashed, box, salt = self.sealed(trader.address, tender)
        receipt = self.market.tenders.quote(tender, hashed, box, sender=trader)
        number = int(receipt.event("QuoteMade").args["quote"])
        self._openings[tender, number] = Award(number, WH, WH, PRICE, salt, box)
        return number

    def _to_decide(self, owner: LocalAccount, quote_end: int) -> int:
        """With a quote of somebody else's the box of which does not fit, and one that can be awarded."""
        tender = self._publish(owner, quote_end, quote_end + 7 * DAY)
        trader = self._other
        hashed, _, _ = self.sealed(trader.address, tender, PRICE + 1)
        _, box, _ = self.sealed(trader.address, tender)
        self.market.tenders.quote(tender, hashed, box, sender=trader)
        self._misfits[tender] = hashed, box
        self._quote(trader, tender)
        return tender

    def _award(self, owner: LocalAccount, tender: int, numbers: list[int]) -> None:
        awards = [self._openings[tender, number] for number in numbers]
        self.market.tenders.award(tender, awards, sender=owner)

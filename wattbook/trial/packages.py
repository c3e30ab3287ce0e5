"""Energy packages of the vectors, bought, metered and ended by the contracts."""

from collections.abc import Callable, Mapping
from typing import Any

from wattbook.contracts.reverts import InvalidFee, OverCapacity
from wattbook.contracts.structs import Carrier, Discounts, Kind, Purchase, Step
from wattbook.market.bounds import UnsupportedRule
from wattbook.trial.blocks import Mined
from wattbook.trial.subscribing import EVEN, Subscribing, found
from wattbook.units import UPT_PER_PT

Case = dict[str, Any]
Result = dict[str, Any]

_CARRIERS = {
    "electricity": Carrier.ELECTRICITY,
    "hotwater": Carrier.HOT_WATER,
    "cooling": Carrier.COOLING,
    "heating": Carrier.HEATING,
}
_ENOUGH_W = 10**12
_HUGE = 2**32 - 1
# What others in a bundle are: a square metre, the cheapest that can be bought.
_PARTNER_AREA, _PARTNER_PRICE = 100, 1_000


class Packaging:
    """The tariff of a file of vectors, each of whose cases has a provider and customers of its own."""

    def __init__(self, stand: Subscribing, tariff: Mapping[str, Any]) -> None:
        self._stand, self._tariff = stand, tariff

    @property
    def runs(self) -> dict[str, Callable[[Case], Result]]:
        """What makes out each list."""
        return {
            "purchase": self.purchase,
            "drawdown": self.drawdown,
            "areaFee": self.area_fee,
            "cancel": self.cancel,
            "flow": self.flow,
            "capacity": self.capacity,
        }

    # ------------------------------------------------------------------------------------------------------ the lists

    def purchase(self, case: Case) -> Result:
        stand, version = self._stand, self._publish(case)
        account, device = self._customer(case)
        [number] = stand.buy(account, stand.lots(version, device, case["amount"]))
        lots = stand.lots_of(number)
        return {"lots": [list(lot) for lot in lots], "units": sum(left // price for left, price in lots)}

    def drawdown(self, case: Case) -> Result:
        stand, version = self._stand, self._publish(case)
        account, device = self._customer(case)
        first, *others = case["prepaid"]
        [number] = stand.buy(account, stand.lots(version, device, first))
        for amount in others:
            stand.does("pay", number, amount, sender=account)
        bought = stand.lots_of(number)
        stand.leave(account, case["wallet"])
        terms = stand.tariffs.terms_of(version)
        stand.pass_month(stand.month(1), {device: case["units"] * terms.wh_per_unit})
        _, _, charged, dust, _, arrears, debt = found(stand.draw(number), "Drawn").args
        lots = stand.lots_of(number)
        # Those that are gone were the first.
        left = [0] * (len(bought) - len(lots)) + [money for money, _ in lots]
        used = [[(paid - rest) // price, price] for (paid, price), rest in zip(bought, left, strict=True)]
        return {
            "lots": [list(lot) for lot in lots],
            "charged": charged,
            "dust": dust,
            "used": [one for one in used if one[0]],
            "arrearsUnits": arrears // terms.postpaid,
            "arrears": arrears,
            "paidFromWallet": arrears - debt,
            "debt": debt,
            "wallet": stand.free(account),
        }

    def area_fee(self, case: Case) -> Result:
        """What months cost that bring nothing is why they are refused."""
        try:
            _, [number, *_] = self._buy_area(case, self._publish(case))
        except InvalidFee as refusal:
            return {"fee": refusal.fee}
        return {"fee": self._stand.area_of(number).fee}

    def cancel(self, case: Case) -> Result:
        """Once without a fee, to tell what is kept for use from what is kept as a fee."""
        if case["type"] not in ("prepaid", "area"):
            raise UnsupportedRule(f"the type must be prepaid or area, not {case['type']!r}")
        by_area = case["type"] == "area"
        end = self._end_area if by_area else self._end_lots
        (_, whole), (paid, refund) = end(case, 0), end(case, self._tariff["cancelFeeBps"])
        result = {"fee": whole - refund, "refund": refund}
        if by_area:
            return {"paid": paid, "used": paid - whole, **result}
        return {"clawback": paid - case["usedUnits"] * case["price"] - whole, **result}

    def flow(self, case: Case) -> Result:
        stand, version = self._stand, self._publish(case)
        account, device = self._customer(case)
        [number] = stand.buy(account, stand.flow(version, device, 1_000 * UPT_PER_PT, case["months"]))
        [(left, price)] = stand.lots_of(number)
        return {"price": price, "units": left // price}

    def capacity(self, case: Case) -> Result:
        stand, carrier = self._stand, _CARRIERS[case["kind"]]
        capacity = self._tariff["capacity"][f"{case['kind']}W"]
        version = self._publish(case, capacity_w=capacity, weights=list(EVEN))
        try:
            stand.buy(stand.person(), stand.area(version, case["totalAreaCentiM2"]))
        except OverCapacity as refusal:
            return {"loadW": refusal.needed_w, "capacityW": refusal.capacity_w, "admitted": False}
        load = stand.packages.admitted_w(stand.provider, stand.zone, carrier)
        return {"loadW": load, "capacityW": capacity, "admitted": True}

    # -------------------------------------------------------------------------------------------------------- inside

    def _publish(self, case: Case, **changes: Any) -> int:
        """The case's carrier, by a provider of its own."""
        stand, tariff, kind = self._stand, self._tariff, case["kind"]
        stand.provider = stand.person()
        area, flow = ({"annualMptPerM2": 0, "weights": []}, {"price": 0})
        steps: list[Step] = []
        if "tiers" in tariff[kind]:
            steps = [Step(*one) for one in tariff[kind]["tiers"]]
            postpaid = tariff[kind]["postpaid"]
        else:
            area, flow = tariff[kind]["area"], tariff[kind]["flow"]
            postpaid = flow["price"]
        design = tariff["designLoad"]
        terms, flow_terms, bundle = tariff["termDiscountBps"], tariff["flowTermDiscountBps"], tariff["bundleBps"]
        discounts = Discounts(
            terms["3"], terms["12"], flow_terms["3"], flow_terms["12"], bundle["2"], bundle["3"], bundle["4"]
        )
        given: dict[str, Any] = {
            "incremental": case.get("mode") == "INCREMENTAL",
            "wh_per_unit": design["hotwaterWhPerL"] if kind == "hotwater" else 1,
            "postpaid": postpaid,
            "flow_price": flow["price"],
            "annual_price": area["annualMptPerM2"],
            "cancel_fee_bps": tariff["cancelFeeBps"],
            "cooling_off": tariff["coolingOffSeconds"],
            "load_per_m2": design.get(f"{kind}WPerM2", 1),
            "capacity_w": _ENOUGH_W,
            "steps": steps,
            "weights": area["weights"],
            "discounts": discounts,
        }
        return stand.publish(_CARRIERS[kind], **(given | changes))

    def _customer(self, case: Case) -> tuple[str, int]:
        account = self._stand.person()
        return account, self._stand.meter(account, _CARRIERS[case["kind"]], rated_w=_HUGE)

    def _buy_area(self, case: Case, version: int) -> tuple[str, list[int]]:
        """In the next month of that name, with as many others as the bundle has."""
        stand, account = self._stand, self._stand.person()
        ahead = next(place for place in range(12) if stand.month(place) % 12 + 1 == case["startMonth"])
        others = [carrier for kind, carrier in _CARRIERS.items() if kind != case["kind"]][: case["carriers"] - 1]
        partners = [stand.publish(one, annual_price=_PARTNER_PRICE) for one in others]
        purchases = [stand.area(version, case["areaCentiM2"], case["months"], ahead)]
        purchases += [stand.area(one, _PARTNER_AREA, case["months"], ahead) for one in partners]
        return account, stand.buy(account, *purchases)

    def _end_area(self, case: Case, fee_bps: int) -> tuple[int, int]:
        """What was paid, and what of that came back or was passed on to others of the bundle."""
        stand, version = self._stand, self._publish(case, cancel_fee_bps=fee_bps)
        while not case["elapsedMonths"] and stand.month() % 12 + 1 == case["startMonth"]:
            stand.begin(stand.month(1))
        account, [number, *_] = self._buy_area(case, version)
        if case["elapsedMonths"]:
            stand.begin(stand.subscription(number).first + case["elapsedMonths"] - 1)
        else:
            stand.pass_until(stand.blocks.now + self._tariff["coolingOffSeconds"])
        paid = stand.area_of(number).paid
        return paid, self._refunded(stand.does("cancel", number, sender=account))

    def _end_lots(self, case: Case, fee_bps: int) -> tuple[int, int]:
        """What was paid, and what of that came back."""
        stand, version = self._stand, self._publish(case, cancel_fee_bps=fee_bps)
        account, device = self._customer(case)
        purchase = Purchase(version, Kind.LOTS, stand.month(2), 0, device, 0, case["paid"])
        [number] = stand.buy(account, purchase)
        if not case["usedUnits"]:
            stand.pass_until(stand.blocks.now + case["seconds"] - 1)
            return case["paid"], self._refunded(stand.does("cancel", number, sender=account))
        terms = stand.tariffs.terms_of(version)
        stand.pass_month(purchase.first, {device: case["usedUnits"] * terms.wh_per_unit})
        stand.does("cancel", number, sender=account)
        stand.pass_month(purchase.first + 1, {device: 0})
        return case["paid"], self._refunded(stand.does("close", number))

    def _refunded(self, mined: Mined) -> int:
        """With what was taken of it because a bundle broke."""
        passed_on = sum(int(log.args[2]) for log in mined.logs if log.name == "Repriced")
        return int(found(mined, "Closed").args[1]) + passed_on

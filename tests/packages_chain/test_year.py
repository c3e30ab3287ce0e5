"""A year of the park on chain, month by month: what the provider earned is what was delivered and what time passed."""

from dataclasses import dataclass, replace

from tests.packages_chain.stand import Stand, told
from wattbook.contracts.structs import Carrier, Discounts, Step, SubscriptionState
from wattbook.months import start_of
from wattbook.packages.area import AreaTerm
from wattbook.packages.cancelling import end_area
from wattbook.packages.park import Building, huadian
from wattbook.packages.prepaid import Prepaid
from wattbook.packages.subscribed import ChainLot

PARK = huadian()
TARIFF = PARK.tariff
CARRIERS = {"electricity": Carrier.ELECTRICITY, "hotwater": Carrier.HOT_WATER}
SEASONAL = {"cooling": Carrier.COOLING, "heating": Carrier.HEATING}
PAYMENTS = (0, 3, 6, 9)
# Cancels in its seventh month; pays for its electricity half of what it needs and has nothing else.
LEAVING, OWING = "Office 2", "Garage"
PT = 1_000_000


@dataclass
class Supply:
    """A building's lots of a carrier."""

    account: str
    carrier: str
    device: int
    number: int
    engine: Prepaid
    year_wh: int
    wh: int = 0


@dataclass
class Seasonal:
    """A building's area."""

    account: str
    building: str
    number: int
    engine: AreaTerm
    ended: int = 0
    cancelled: bool = False


class Year:
    """What the engine makes of everything that is done on chain. A building's carriers share its wallet."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        while stand.month(1) % 12 != 0:
            stand.begin(stand.month(1))
        self.first = stand.month(1)
        self.versions = {name: self._publish(name) for name in (*CARRIERS, *SEASONAL)}
        self.supplies: list[Supply] = []
        self.areas: list[Seasonal] = []
        self.accounts: dict[str, str] = {}
        self.before, self.locked = stand.free(stand.provider), stand.locked
        self.earned = 0
        self.brought: dict[str, int] = {}
        for building in PARK.buildings:
            self._subscribe(building)
        self.wallets = {account: stand.free(account) for account in self.accounts.values()}

    def _publish(self, name: str) -> int:
        terms, flow, bundle = TARIFF.seasonal["cooling"].area.discounts, {3: 300, 12: 800}, TARIFF.bundle_bps
        discounts = Discounts(terms[3], terms[12], flow[3], flow[12], bundle[2], bundle[3], bundle[4])
        given = {
            "discounts": discounts,
            "cancel_fee_bps": TARIFF.cancel_fee_bps,
            "cooling_off": TARIFF.cooling_off_seconds,
            "capacity_w": TARIFF.capacity_w[name],
        }
        if name in CARRIERS:
            steps = TARIFF.steps[name]
            stepped = [Step(threshold // PT, price) for threshold, price in steps.steps]
            given |= {"steps": stepped, "postpaid": steps.postpaid, "wh_per_unit": steps.wh_per_unit}
            return self.stand.publish(CARRIERS[name], flow_price=0, annual_price=0, weights=[], **given)
        area, load = TARIFF.seasonal[name].area, TARIFF.seasonal[name].w_per_m2
        given |= {"steps": [], "flow_price": 0, "postpaid": 0, "annual_price": area.annual, "load_per_m2": load}
        return self.stand.publish(SEASONAL[name], weights=list(area.weights), **given)

    def _subscribe(self, building: Building) -> None:
        """Lots of what it needs, and of what is for its area a year, all at once: a bundle of all its carriers."""
        stand, account = self.stand, self.stand.person()
        self.accounts[building.name] = account
        purchases, made = [], []
        for name in TARIFF.carriers:
            if name not in building.year:
                continue
            if name in CARRIERS:
                steps = TARIFF.steps[name]
                # To be drawn in a month a little more than evenly, which a meter must be rated for.
                device = stand.meter(account, CARRIERS[name], rated_w=building.loads_w[name])
                amount = self._payment(building, name)
                purchases.append(stand.lots(self.versions[name], device, amount))
                made.append((name, device, amount, steps))
            else:
                purchases.append(stand.area(self.versions[name], building.centi_m2, 12, ahead=1))
                made.append((name, 0, 0, None))
        wallet = stand.free(account)
        numbers = stand.buy(account, *purchases)
        bps = TARIFF.bundle_bps[len(purchases)]
        if building.name == OWING:
            spent = wallet - stand.free(account)
            stand.leave(account, 0)
            wallet = spent
        self.brought[account] = wallet
        for number, (name, device, amount, steps) in zip(numbers, made, strict=True):
            if steps:
                engine = Prepaid(steps, amount).pay(amount, bps)
                year = building.year[name] * steps.wh_per_unit
                self.supplies.append(Supply(account, name, device, number, engine, year))
            else:
                area = TARIFF.seasonal[name].area
                term = AreaTerm.bought(area, building.centi_m2, self.first, 12, bps)
                self.areas.append(Seasonal(account, building.name, number, term))

    def _payment(self, building: Building, name: str) -> int:
        """For a quarter, at the dearest price; the debtor pays half of that."""
        units = building.year[name] // 4
        amount = units * TARIFF.steps[name].steps[0][1]
        return amount // 2 if building.name == OWING else amount

    # ------------------------------------------------------------------------------------------------------ the months

    def month(self, place: int) -> None:
        stand, month = self.stand, self.first + place
        stand.begin(month)
        if place == 0:
            stand.read(start_of(month), {one.device: 0 for one in self.supplies})
        if place in PAYMENTS[1:]:
            self._pay()
        if place == 6:
            self._leave(month)
        use = {one.device: one.year_wh // 12 for one in self.supplies}
        stand.begin(month + 1)
        stand.read(start_of(month + 1), use)
        for one in self.supplies:
            one.wh += use[one.device]
        stand.draw(*(one.number for one in self.supplies), *(one.number for one in self.areas))
        for supply in self.supplies:
            if not supply.engine.ended:
                # His money is in his account, so the engine's wallet is filled from there.
                supply.engine, drawn = supply.engine.top_up(self.wallets[supply.account]).draw(supply.wh)
                self.wallets[supply.account] = supply.engine.wallet
                supply.engine = replace(supply.engine, wallet=0)
                self.earned += drawn.charged + drawn.paid_from_wallet
        for area in self.areas:
            if not area.cancelled:
                self.earned += area.engine.earned(place + 1) - area.engine.earned(place)
                area.ended = place + 1
        self.check()
        if place == 6:
            self._close()

    def _pay(self) -> None:
        for one in self.supplies:
            building = next(name for name, account in self.accounts.items() if account == one.account)
            if building == OWING or one.engine.ended:
                continue
            amount = self._payment(PARK.building(building), one.carrier)
            self.stand.does("pay", one.number, amount, sender=one.account)
            one.engine = one.engine.top_up(amount).pay(amount)
            self.wallets[one.account] -= amount

    def _leave(self, month: int) -> None:
        """One building cancels all that it has, the areas first."""
        account = self.accounts[LEAVING]
        for area in [one for one in self.areas if one.account == account]:
            mined = self.stand.does("cancel", area.number, sender=account)
            [(_, (_, refunded, kept))] = told(mined, "Closed")
            added = sum(args[2] for _, args in told(mined, "Repriced"))
            ending = end_area(area.engine, 7, TARIFF.cancel_fee_bps)
            assert refunded + added == ending.refund
            assert kept == area.engine.paid - ending.refund - area.engine.earned(6)
            self.earned += kept
            self.wallets[account] += refunded
            area.cancelled = True
            left = [one for one in self.areas if one.account == account and not one.cancelled]
            carriers = len(left) + sum(1 for one in self.supplies if one.account == account)
            for other in left:
                other.engine = other.engine.rebundled(7, TARIFF.bundle_bps[carriers])
            assert added == sum(amount for other in left for _, amount in other.engine.added)
        for supply in [one for one in self.supplies if one.account == account]:
            self.stand.does("cancel", supply.number, sender=account)
            lots = tuple(lot for lot in supply.engine.lots if not lot.bonus)
            supply.engine = replace(supply.engine, lots=lots)

    def _close(self) -> None:
        account = self.accounts[LEAVING]
        for supply in [one for one in self.supplies if one.account == account]:
            [(_, (_, refunded, kept))] = told(self.stand.does("close", supply.number), "Closed")
            supply.engine, ending = supply.engine.cancel(TARIFF.cancel_fee_bps)
            assert (refunded, kept) == (ending.refund, ending.clawback + ending.fee)
            supply.engine = replace(supply.engine, wallet=0)
            self.wallets[account] += refunded
            self.earned += kept
        self.check()

    # ------------------------------------------------------------------------------------------------------- accounts

    def check(self) -> None:
        """Every uPT is where it should be, of each building and of all together."""
        stand = self.stand
        assert stand.free(stand.provider) - self.before == self.earned
        held = 0
        for account in self.accounts.values():
            assert stand.free(account) == self.wallets[account]
            debts = [one.engine.debt for one in self.supplies if one.account == account]
            assert stand.debt(account) == sum(debts)
        for supply in self.supplies:
            lots, bonus = stand.packages.lots_of(supply.number)
            found = [ChainLot.unpacked(lot).left for lot in (*lots, bonus) if lot]
            assert found == [lot.left for lot in supply.engine.lots]
            held += supply.engine.left
        for area in self.areas:
            if stand.subscription(area.number).state == SubscriptionState.ACTIVE:
                kept = stand.area_of(area.number)
                held += kept.fee + kept.before - kept.earned
                assert kept.fee + kept.before - kept.earned == area.engine.paid - area.engine.earned(area.ended)
        assert stand.locked - self.locked == held
        brought = sum(self.brought.values())
        assert brought == sum(self.wallets.values()) + held + self.earned


def test_a_year_of_the_park(stand: Stand):
    year = Year(stand)
    assert len(year.accounts) == 9
    for place in range(12):
        year.month(place)
    owing = [one for one in year.supplies if one.account == year.accounts[OWING]]
    assert sum(one.engine.debt for one in owing) > 0
    left = [one for one in year.supplies if one.account == year.accounts[LEAVING]]
    assert all(stand.subscription(one.number).state == SubscriptionState.CLOSED for one in left)
    for area in year.areas:
        assert stand.subscription(area.number).state == SubscriptionState.CLOSED

"""What is bought is paid into the Vault, and reserves what it may draw."""

from typing import Any

import pytest

from tests.packages_chain.stand import Stand, told
from wattbook.contracts import reverts
from wattbook.contracts.structs import (
    Area,
    Carrier,
    DeviceStatus,
    Direction,
    Kind,
    Metered,
    Purchase,
    Refund,
    Subscription,
    SubscriptionState,
)
from wattbook.packages.subscribed import ChainLot
from wattbook.trial.subscribing import HEAT

OPEN = 65_535
PT = 1_000_000


class TestLots:
    def test_are_locked_and_told(self, stand: Stand):
        version = stand.publish()
        account, device = stand.metered_customer(rated_w=7_000)
        purchase = stand.lots(version, device, 1_000 * PT)
        before = stand.money(account)
        number = stand.packages.subscription_count() + 1
        assert stand.market.chain.call(stand.packages.function("buy", [purchase]), account) == number
        mined = stand.does("buy", [purchase], sender=account)
        assert stand.packages.subscription_count() == number
        assert stand.gained(before) == {account: -1_000 * PT, "locked": 1_000 * PT}
        lower = account.lower()
        assert told(mined, "Bought", "LotAdded", "BonusGiven") == [
            ("Bought", (number, lower, version, 0, 1, 1_000 * PT, tuple(purchase))),
            ("LotAdded", (number, 0, 1_000 * PT, 860)),
        ]
        month = stand.month(1)
        assert stand.subscription(number) == Subscription(
            account, version, Kind.LOTS, SubscriptionState.ACTIVE, month, OPEN, 0, 1
        )
        assert stand.metered(number) == Metered(device, month, 0, 0, 1, 0, Refund.USUAL, False, 7_000, 0)
        [lot], bonus = stand.packages.lots_of(number)
        assert ChainLot.unpacked(lot) == ChainLot(1_000 * PT, 1_000 * PT, 860, stand.blocks.now)
        assert bonus == 0
        assert stand.packages.admitted_w(stand.provider, stand.zone, Carrier.ELECTRICITY) == 7_000

    def test_block_by_block(self, stand: Stand):
        version = stand.publish(incremental=True)
        account, device = stand.metered_customer()
        [number] = stand.buy(account, stand.lots(version, device, 12_000 * PT))
        assert stand.lots_of(number) == [(1_000 * PT, 880), (9_000 * PT, 860), (2_000 * PT, 830)]

    def test_a_payment_buys_a_unit_at_least(self, stand: Stand):
        version = stand.publish()
        account, device = stand.metered_customer()
        too_little = stand.lots(version, device, 879)
        stand.fails(reverts.PaymentTooSmall, "buy", [too_little], sender=account, amount=879, price=880)
        [number] = stand.buy(account, stand.lots(version, device, 880))
        stand.fails(reverts.PaymentTooSmall, "pay", number, 879, sender=account, amount=879, price=880)

    def test_of_nothing_are_refused(self, stand: Stand):
        version = stand.publish()
        account, device = stand.metered_customer()
        nothing = stand.lots(version, device, 0)
        stand.fails(reverts.PaymentTooSmall, "buy", [nothing], sender=account, amount=0, price=880)


class TestFlow:
    @pytest.mark.parametrize(("term", "price"), [(1, 420), (3, 407), (12, 386)])
    def test_the_price_is_the_term_s(self, stand: Stand, term: int, price: int):
        version = stand.publish(Carrier.COOLING)
        account, device = stand.metered_customer(Carrier.COOLING)
        [number] = stand.buy(account, stand.flow(version, device, 1_000 * PT, term))
        assert stand.lots_of(number) == [(1_000 * PT, price)]
        metered = stand.metered(number)
        assert (metered.term, metered.price) == (term, price)
        assert stand.subscription(number).until == OPEN

    def test_other_terms_are_refused(self, stand: Stand):
        version = stand.publish(Carrier.COOLING)
        account, device = stand.metered_customer(Carrier.COOLING)
        for term in (2, 6, 13):
            flow = stand.flow(version, device, 1_000 * PT, term)
            stand.fails(reverts.InvalidTerm, "buy", [flow], sender=account, months=term)


class TestArea:
    def test_is_paid_for_the_term(self, stand: Stand):
        version = stand.publish(Carrier.HEATING, annual_price=45_000, weights=list(HEAT), load_per_m2=68)
        account = stand.person()
        purchase = stand.area(version, 85_050, 12)
        before = stand.money(account)
        mined = stand.does("buy", [purchase], sender=account)
        fee = 85_050 * 45_000 * 9
        assert stand.gained(before) == {account: -fee, "locked": fee}
        number = stand.packages.subscription_count()
        [(_, bought)] = told(mined, "Bought")
        assert bought == (number, account.lower(), version, 0, 1, fee, tuple(purchase))
        first = stand.month()
        assert stand.subscription(number) == Subscription(
            account, version, Kind.AREA, SubscriptionState.ACTIVE, first, first + 12, 0, 1
        )
        assert stand.area_of(number) == Area(fee, fee, 85_050, first, 12, 0, 0, 0, stand.blocks.now)
        assert stand.packages.admitted_w(stand.provider, stand.zone, Carrier.HEATING) == 85_050 * 68 // 100

    def test_is_a_square_metre_at_least(self, stand: Stand):
        version, account = stand.publish(), stand.person()
        for area in (0, 1, 99):
            purchase = stand.area(version, area)
            stand.fails(reverts.AreaTooSmall, "buy", [purchase], sender=account, area=area)
        stand.buy(account, stand.area(version, 100))

    def test_months_that_cost_nothing_are_refused(self, stand: Stand):
        weights = [10_000 if (stand.month() + 1) % 12 == month else 0 for month in range(12)]
        version, account = stand.publish(weights=weights), stand.person()
        stand.fails(reverts.InvalidFee, "buy", [stand.area(version, 100, 1)], sender=account, fee=0)
        stand.buy(account, stand.area(version, 100, 1, ahead=1))


class TestMonths:
    @pytest.mark.parametrize("kind", [Kind.LOTS, Kind.FLOW])
    def test_what_is_metered_begins_with_a_month_to_come(self, stand: Stand, kind: Kind):
        version = stand.publish()
        account, device = stand.metered_customer()
        term = 3 if kind == Kind.FLOW else 0
        for ahead in (-1, 0, 13):
            purchase = Purchase(version, kind, stand.month(ahead), term, device, 0, PT)
            span = {"first": stand.month(ahead), "earliest": stand.month(1), "latest": stand.month(12)}
            stand.fails(reverts.InvalidFirstMonth, "buy", [purchase], sender=account, **span)
        stand.buy(account, Purchase(version, kind, stand.month(12), term, device, 0, PT))

    def test_an_area_may_begin_with_this_one(self, stand: Stand):
        version, account = stand.publish(), stand.person()
        for ahead in (-1, 13):
            purchase = stand.area(version, 100, ahead=ahead)
            span = {"first": stand.month(ahead), "earliest": stand.month(), "latest": stand.month(12)}
            stand.fails(reverts.InvalidFirstMonth, "buy", [purchase], sender=account, **span)
        stand.buy(
            account,
            stand.area(version, 100),
        )
        stand.buy(account, stand.area(version, 100, ahead=12))


class TestWhatHasNoMeaning:
    @pytest.mark.parametrize(
        "changes",
        [
            {"term": 1},
            {"area": 100},
            {"device": 0},
            {"kind": Kind.FLOW},
            {"kind": Kind.FLOW, "term": 3, "area": 100},
            {"kind": Kind.FLOW, "term": 3, "device": 0},
            {"kind": Kind.AREA, "area": 100, "term": 1},
            {"kind": Kind.AREA, "area": 100, "amount": 0},
        ],
    )
    def test_is_refused(self, stand: Stand, changes: dict[str, Any]):
        version = stand.publish()
        account, device = stand.metered_customer()
        purchase = stand.lots(version, device, PT)._replace(**changes)
        stand.fails(reverts.InvalidPurchase, "buy", [purchase], sender=account, place=0)

    def test_nothing_or_too_much(self, stand: Stand):
        version, account = stand.publish(), stand.person()
        stand.fails(reverts.InvalidCount, "buy", [], sender=account, count=0)
        five = [stand.area(version, 100)] * 5
        stand.fails(reverts.InvalidCount, "buy", five, sender=account, count=5)

    def test_what_is_not_sold(self, stand: Stand):
        version, account = stand.publish(annual_price=0, weights=[]), stand.person()
        expected = {"version": version, "kind": Kind.AREA}
        stand.fails(reverts.KindNotSold, "buy", [stand.area(version, 100)], sender=account, **expected)
        unknown = stand.area(version + 1, 100)
        stand.fails(reverts.UnknownTariff, "buy", [unknown], sender=account, version=version + 1)


class TestDevices:
    def test_must_be_the_customer_s_and_fit(self, stand: Stand):
        version = stand.publish()
        account, other = stand.person(), stand.person()
        foreign = stand.meter(other)
        expected: dict[str, object] = {"device": foreign, "account": account}
        stand.fails(reverts.NotDeviceOwner, "buy", [stand.lots(version, foreign, PT)], sender=account, **expected)
        wrong = (
            stand.meter(account, Carrier.COOLING),
            stand.meter(account, direction=Direction.INJECTION),
            stand.meter(account, zone=1),
        )
        for device in wrong:
            expected = {"device": device, "version": version}
            stand.fails(reverts.WrongDevice, "buy", [stand.lots(version, device, PT)], sender=account, **expected)
        area = stand.area(version, 100, device=wrong[0])
        stand.fails(reverts.WrongDevice, "buy", [area], sender=account, device=wrong[0], version=version)

    def test_of_an_area_are_rated_for_no_more_than_its_load(self, stand: Stand):
        version, account = stand.publish(load_per_m2=96), stand.person()
        fits, factory = (stand.meter(account, rated_w=rated) for rated in (192, 193))
        expected = {"device": factory, "rated_w": 193, "load_w": 192}
        purchase = stand.area(version, 200, device=factory)
        stand.fails(reverts.DeviceExceedsArea, "buy", [purchase], sender=account, **expected)
        stand.buy(account, stand.area(version, 200, device=fits))
        stand.buy(account, stand.area(version, 202, device=factory))
        assert stand.packages.admitted_w(stand.provider, stand.zone, Carrier.ELECTRICITY) == 192 + 193

    def test_must_be_certified(self, stand: Stand):
        version = stand.publish()
        account, device = stand.metered_customer()
        stand.as_account(account, stand.market.meters, "retire", device)
        expected = {"device": device, "status": DeviceStatus.RETIRED}
        stand.fails(
            reverts.UnexpectedDeviceStatus, "buy", [stand.lots(version, device, PT)], sender=account, **expected
        )

    def test_are_supplied_by_one_at_a_time(self, stand: Stand):
        version = stand.publish()
        account, device = stand.metered_customer(rated_w=96)
        stand.buy(account, stand.area(version, 100, 3, device=device))
        until = stand.month(3)
        for ahead in (1, 2):
            again = stand.lots(version, device, PT, ahead)
            stand.fails(reverts.DeviceSupplied, "buy", [again], sender=account, device=device, until=until)
        stand.buy(account, stand.lots(version, device, PT, 3))
        later = stand.lots(version, device, PT, 12)
        stand.fails(reverts.DeviceSupplied, "buy", [later], sender=account, device=device, until=OPEN)


class TestCapacity:
    def test_of_areas_to_the_centimetre(self, stand: Stand):
        """The last area that fits the station, and the first that does not."""
        version = stand.publish(Carrier.COOLING, capacity_w=16_360_000)
        account = stand.person()
        expected = {"version": version, "needed_w": 16_360_032, "capacity_w": 16_360_000}
        stand.fails(reverts.OverCapacity, "buy", [stand.area(version, 17_041_700)], sender=account, **expected)
        stand.buy(account, stand.area(version, 17_041_667))
        admitted = stand.packages.admitted_w(stand.provider, stand.zone, Carrier.COOLING)
        assert admitted == 17_041_667 * 96 // 100 == 16_360_000
        expected["needed_w"] = 16_360_096
        stand.fails(reverts.OverCapacity, "buy", [stand.area(version, 100)], sender=account, **expected)

    def test_of_meters_to_the_watt(self, stand: Stand):
        version = stand.publish(capacity_w=10_000)
        account, device = stand.metered_customer(rated_w=6_000)
        stand.buy(account, stand.lots(version, device, PT))
        more = stand.meter(account, rated_w=4_001)
        expected = {"version": version, "needed_w": 10_001, "capacity_w": 10_000}
        stand.fails(reverts.OverCapacity, "buy", [stand.lots(version, more, PT)], sender=account, **expected)
        stand.buy(account, stand.lots(version, stand.meter(account, rated_w=4_000), PT))

    def test_is_the_provider_s_and_the_carrier_s(self, stand: Stand):
        cold, heat = (stand.publish(one, capacity_w=96) for one in (Carrier.COOLING, Carrier.HEATING))
        account = stand.person()
        stand.buy(account, stand.area(cold, 100))
        stand.buy(account, stand.area(heat, 100))
        again = stand.publish(Carrier.COOLING, capacity_w=192)
        stand.buy(account, stand.area(again, 100))
        assert stand.packages.admitted_w(stand.provider, stand.zone, Carrier.COOLING) == 192

    def test_is_one_of_all_accounts_of_a_member(self, stand: Stand):
        second = stand.second_account(stand.provider)
        one, other = (stand.publish(capacity_w=192, provider=provider) for provider in (stand.provider, second))
        account = stand.person()
        stand.buy(account, stand.area(one, 100))
        stand.buy(account, stand.area(other, 100))
        for provider in (stand.provider, second):
            assert stand.packages.admitted_w(provider, stand.zone, Carrier.ELECTRICITY) == 192
        for version in (one, other):
            expected = {"version": version, "needed_w": 288, "capacity_w": 192}
            stand.fails(reverts.OverCapacity, "buy", [stand.area(version, 100)], sender=account, **expected)


class TestBundles:
    def test_cost_less_and_give_units(self, stand: Stand):
        electricity, cold = stand.publish(), stand.publish(Carrier.COOLING)
        heat = stand.publish(Carrier.HEATING, annual_price=45_000, weights=list(HEAT))
        account, device = stand.metered_customer()
        lots, first = stand.lots(electricity, device, 1_000 * PT), stand.area(cold, 10_000)
        second = stand.area(heat, 10_000)
        before = stand.money(account)
        mined = stand.does("buy", [lots, first, second], sender=account)
        fees = [stand.tariffs.area_fee(v, 10_000, stand.month(), 12, 12, 3) for v in (cold, heat)]
        assert fees == [10_000 * 40_000 * 9 * 98 // 100, 10_000 * 45_000 * 9 * 98 // 100]
        assert stand.gained(before) == {account: -sum(fees) - 1_000 * PT, "locked": sum(fees) + 1_000 * PT}
        number = stand.packages.subscription_count() - 2
        assert told(mined, "BonusGiven") == [("BonusGiven", (number, 20 * PT, 860))]
        assert stand.bonus_of(number) == (20 * PT, 860)
        places = [(stand.subscription(number + i).place, stand.subscription(number + i).size) for i in range(3)]
        assert places == [(0, 3), (1, 3), (2, 3)]

    def test_begin_a_month_apart_at_most(self, stand: Stand):
        """Or a carrier that is never supplied would make a year of another cheaper."""
        electricity, cold = stand.publish(), stand.publish(Carrier.COOLING)
        account, device = stand.metered_customer()
        for area, lots in ((0, 2), (0, 12), (3, 1), (1, 3)):
            wanted = [stand.area(cold, 10_000, ahead=area), stand.lots(electricity, device, PT, lots)]
            stand.fails(reverts.NotABundle, "buy", wanted, sender=account, place=1)
        stand.buy(account, stand.area(cold, 10_000, ahead=3), stand.lots(electricity, device, PT, 2))

    @pytest.mark.parametrize("wrong", ["carrier", "provider", "term", "first"])
    def test_go_together(self, stand: Stand, wrong: str):
        cold, heat = stand.publish(Carrier.COOLING), stand.publish(Carrier.HEATING)
        account = stand.person()
        one, other = stand.area(cold, 100), stand.area(heat, 100)
        if wrong == "carrier":
            other = one
        elif wrong == "provider":
            other = stand.area(stand.publish(Carrier.HEATING, provider=account), 100)
        elif wrong == "term":
            other = stand.area(heat, 100, 3)
        else:
            other = stand.area(heat, 100, ahead=1)
        stand.fails(reverts.NotABundle, "buy", [one, other], sender=account, place=1)


class TestPaying:
    def test_adds_a_lot_at_its_own_step(self, stand: Stand):
        version = stand.publish()
        account, device = stand.metered_customer()
        [number] = stand.buy(account, stand.lots(version, device, 10 * PT))
        before = stand.money(account)
        mined = stand.does("pay", number, 1_000 * PT, sender=account)
        assert stand.gained(before) == {account: -1_000 * PT, "locked": 1_000 * PT}
        assert told(mined, "LotAdded") == [("LotAdded", (number, 1, 1_000 * PT, 860))]
        assert stand.lots_of(number) == [(10 * PT, 880), (1_000 * PT, 860)]

    def test_is_for_the_customer(self, stand: Stand):
        version = stand.publish()
        account, device = stand.metered_customer()
        [number] = stand.buy(account, stand.lots(version, device, 10 * PT))
        other = stand.person()
        stand.fails(reverts.NotCustomer, "pay", number, PT, sender=other, subscription=number, account=other)
        unknown = stand.packages.subscription_count() + 1
        stand.fails(reverts.UnknownSubscription, "pay", unknown, PT, sender=account, subscription=unknown)

    def test_not_into_an_area(self, stand: Stand):
        version, account = stand.publish(), stand.person()
        [number] = stand.buy(account, stand.area(version, 100))
        stand.fails(reverts.PaidByArea, "pay", number, PT, sender=account, subscription=number)

    def test_no_more_lots_than_a_month_can_draw_at_once(self, stand: Stand):
        version = stand.publish()
        account, device = stand.metered_customer()
        [number] = stand.buy(account, stand.lots(version, device, 880))
        most = stand.packages.max_lots()
        assert most == 64
        for _ in range(most - 1):
            stand.does("pay", number, 880, sender=account)
        stand.fails(reverts.TooManyLots, "pay", number, 880, sender=account, subscription=number)
        # One that is used up makes room for one.
        month = stand.month(1)
        stand.pass_month(month, {device: 1})
        stand.draw(number)
        stand.does("pay", number, 880, sender=account)
        stand.fails(reverts.TooManyLots, "pay", number, 880, sender=account, subscription=number)


class TestRights:
    def test_who_is_suspended_buys_nothing(self, stand: Stand):
        version, account = stand.publish(), stand.person()
        expected = {"account": account, "status": 2}
        with stand.suspended(account):
            stand.fails(reverts.NotActive, "buy", [stand.area(version, 100)], sender=account, **expected)

    def test_who_is_suspended_sells_nothing(self, stand: Stand):
        version, account = stand.publish(), stand.person()
        with stand.suspended(stand.provider):
            expected = {"account": stand.provider, "status": 2}
            stand.fails(reverts.NotActive, "buy", [stand.area(version, 100)], sender=account, **expected)
        stand.buy(account, stand.area(version, 100))

    def test_who_took_a_seller_s_place_sells_on(self, stand: Stand):
        member = stand.provider
        second = stand.second_account(member)
        version, account = stand.publish(provider=second), stand.person()
        stand.as_account(member, stand.market.membership, "retireAccount", second)
        stand.buy(account, stand.area(version, 100))
        with stand.suspended(member):
            expected = {"account": member, "status": 2}
            stand.fails(reverts.NotActive, "buy", [stand.area(version, 100)], sender=account, **expected)

    def test_who_did_not_choose_the_module_or_has_no_money(self, stand: Stand):
        version, account = stand.publish(), stand.person()
        stand.leave(account, 1)
        fee = stand.tariffs.area_fee(version, 100, stand.month(), 12, 12, 1)
        expected = {"account": account, "free": 1, "asked": fee}
        stand.fails(reverts.InsufficientFree, "buy", [stand.area(version, 100)], sender=account, **expected)
        stand.as_account(account, stand.market.vault, "chooseModules", 0)
        not_chosen = {"account": account, "module": stand.packages.address}
        stand.fails(reverts.ModuleNotChosen, "buy", [stand.area(version, 100)], sender=account, **not_chosen)

    def test_signed(self, stand: Stand):
        version = stand.publish()
        account, device = stand.metered_customer()
        area, lots = stand.area(stand.publish(Carrier.COOLING), 100), stand.lots(version, device, 1_000 * PT)
        said = [{name: int(value) for name, value in one._asdict().items()} for one in (area, lots)]
        auth = stand.signed(account, "BuyPackages", purchases=said)
        fewer = [area]
        stand.fails(reverts.InvalidSignature, "buySigned", fewer, auth, signer=account)
        stand.does("buySigned", [area, lots], auth)
        number = stand.packages.subscription_count()
        assert stand.subscription(number).customer == account
        auth = stand.signed(account, "PayPackage", subscription=number, amount=PT)
        stand.does("paySigned", number, PT, auth)
        assert stand.lots_of(number) == [(1_000 * PT, 860), (PT, 880)]
        stand.fails(reverts.NonceAlreadyUsed, "paySigned", number, PT, auth, signer=account, nonce=auth.nonce)
        auth = stand.signed(account, "CancelPackage", subscription=number)
        forged = auth._replace(signature=stand.signed(stand.person(), "CancelPackage", subscription=number).signature)
        stand.fails(reverts.InvalidSignature, "cancelSigned", number, forged, signer=account)
        stand.does("cancelSigned", number, auth)
        assert stand.subscription(number).state == SubscriptionState.CLOSED

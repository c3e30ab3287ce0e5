"""A meter that moves, and a subscription that goes on with whom it moved to."""

import pytest

from tests.packages_chain.stand import PT, Stand, subscribed, told
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier, Refund, SubscriptionState
from wattbook.deployment.local import known_account
from wattbook.trial.subscribing import DAY, start_of

NOBODY = "0x" + "00" * 20


class TestMoving:
    """The customer moves out, and his meter becomes another's."""

    def test_ends_it_without_a_fee(self, stand: Stand):
        account, device, number, month = subscribed(stand)
        stand.begin(month)
        stand.read(start_of(month), {device: 0})
        other = stand.person()
        mined = stand.move(device, account, other)
        assert told(mined, "Cancelled") == [("Cancelled", (number, month + 1, Refund.WITHOUT_FEE))]
        stand.begin(month + 1)
        stand.read(start_of(month + 1), {device: 2_000_000})
        with stand.moves({account: 8_280_000_000, stand.provider: 1_720_000_000, "locked": -10_000 * PT}):
            stand.does("close", number)

    def test_before_it_began_gives_all_back(self, stand: Stand):
        account, device, number, _ = subscribed(stand)
        stand.pass_until(stand.blocks.now + DAY)
        other = stand.person()
        stand.move(device, account, other)
        with stand.moves({account: 10_000 * PT, stand.provider: 0, "locked": -10_000 * PT}):
            stand.does("close", number)
        stand.buy(other, stand.lots(stand.publish(), device, PT))

    def test_retiring_it_is_no_move(self, stand: Stand):
        account, device, number, month = subscribed(stand)
        stand.begin(month)
        mined = stand.as_account(account, stand.market.meters, "retire", device)
        assert told(mined, "Cancelled") == [("Cancelled", (number, month + 1, Refund.USUAL))]

    def test_retiring_it_costs_nothing_when_the_provider_failed(self, stand: Stand):
        account, device, number, month = subscribed(stand)
        stand.begin(month)
        stand.fail_supply(30, 26)
        mined = stand.as_account(account, stand.market.meters, "retire", device)
        assert told(mined, "Cancelled") == [("Cancelled", (number, month + 1, Refund.WHOLE))]
        stand.pass_until(start_of(month + 1) + 30 * DAY)
        with stand.moves({account: 10_000 * PT, stand.provider: 0, "locked": -10_000 * PT}):
            stand.does("close", number)

    def test_an_area_goes_on_and_is_cancelled_without_a_fee(self, stand: Stand):
        version = stand.publish()
        account, device = stand.metered_customer(rated_w=9_600)
        [number] = stand.buy(account, stand.area(version, 10_000, device=device))
        month = stand.month()
        stand.move(device, account, stand.person())
        assert stand.subscription(number).state == SubscriptionState.ACTIVE
        assert int(stand.supplier(device, start_of(month + 1)), 16) == 0
        paid = stand.area_of(number).paid
        used = stand.tariffs.area_fee_singly(version, 10_000, month, 1)
        with stand.moves({account: paid - used, stand.provider: used, "locked": -paid}):
            mined = stand.does("cancel", number, sender=account)
        assert told(mined, "Cancelled") == [("Cancelled", (number, month + 1, Refund.WITHOUT_FEE))]

    def test_while_the_next_one_is_bought_already(self, stand: Stand):
        """Both end: what runs with this month, what comes later before it begins."""
        version = stand.publish()
        account, device = stand.metered_customer(rated_w=9_600)
        [area] = stand.buy(account, stand.area(version, 10_000, 3, device=device))
        [lots] = stand.buy(account, stand.lots(version, device, 1_000 * PT, ahead=3))
        month, other = stand.month(), stand.person()
        mined = stand.move(device, account, other)
        assert told(mined, "Cancelled") == [("Cancelled", (lots, month + 3, Refund.WITHOUT_FEE))]
        assert stand.subscription(area).state == SubscriptionState.ACTIVE
        assert stand.supplier(device, stand.blocks.now) == stand.provider
        assert {int(stand.supplier(device, start_of(month + ahead)), 16) for ahead in range(1, 5)} == {0}
        assert [stand.needed(stand.provider, start_of(month + ahead)) for ahead in range(1, 5)] == [0] * 4
        with stand.moves({account: 1_000 * PT, stand.provider: 0, "locked": -1_000 * PT}):
            stand.does("close", lots)
        stand.buy(other, stand.lots(version, device, PT))

    def test_is_told_by_the_devices_book_only(self, stand: Stand):
        account, device, number, month = subscribed(stand)
        supplied = stand.market.supplied_devices
        stand.fails_at(supplied, reverts.NotMeters, "deviceLeft", device, sender=account, caller=account)
        stand.fails(reverts.NotSuppliers, "supplyEnded", number, month, sender=account, caller=account)


class TestAssigning:
    def assign(self, stand: Stand, number: int, giver: str, taker: str) -> tuple[object, ...]:
        signed = (stand.signed(who, "AssignPackage", subscription=number, to=taker) for who in (giver, taker))
        return number, taker, *signed

    def test_goes_on_with_who_has_the_device_now(self, stand: Stand):
        account, device, number, month = subscribed(stand)
        stand.begin(month)
        stand.read(start_of(month), {device: 0})
        other = stand.person()
        stand.move(device, account, other)
        mined = stand.does("assign", *self.assign(stand, number, account, other))
        assert told(mined, "Assigned") == [("Assigned", (number, account.lower(), other.lower()))]
        subscription = stand.subscription(number)
        assert (subscription.customer, subscription.state) == (other, SubscriptionState.ACTIVE)
        assert subscription.until == 65_535
        assert stand.supplier(device, start_of(month + 5)) == stand.provider
        stand.pass_month(month, {device: 1_000})
        stand.pass_month(month + 1, {device: 1_000})
        with stand.moves({stand.provider: 2 * 830_000, account: 0, other: 0, "locked": -2 * 830_000}):
            stand.draw(number)
        stand.does("pay", number, PT, sender=other)
        expected = {"subscription": number, "account": account}
        stand.fails(reverts.NotCustomer, "cancel", number, sender=account, **expected)
        stand.does("cancel", number, sender=other)

    def test_not_to_who_does_not_have_it(self, stand: Stand):
        account, _, number, _ = subscribed(stand)
        other = stand.person()
        arguments = self.assign(stand, number, account, other)
        stand.fails(reverts.NotAssignable, "assign", *arguments, subscription=number, to=other)

    def test_after_the_next_one_was_cancelled(self, stand: Stand):
        """What never began stands in nobody's way."""
        version = stand.publish()
        account, device = stand.metered_customer(rated_w=9_600)
        [area] = stand.buy(account, stand.area(version, 10_000, 3, device=device))
        stand.buy(account, stand.lots(version, device, PT, ahead=3))
        month, other = stand.month(), stand.person()
        stand.move(device, account, other)
        stand.does("assign", *self.assign(stand, area, account, other))
        found = [stand.supplier(device, start_of(month + ahead)) for ahead in range(1, 4)]
        assert found == [stand.provider] * 2 + [NOBODY]

    def test_not_before_one_that_comes_later(self, stand: Stand):
        version = stand.publish()
        account, device = stand.metered_customer(rated_w=9_600)
        [area] = stand.buy(account, stand.area(version, 10_000, 3, device=device))
        other = stand.person()
        stand.move(device, account, other)
        stand.buy(other, stand.lots(version, device, PT))
        arguments = self.assign(stand, area, account, other)
        stand.fails(reverts.NotAssignable, "assign", *arguments, subscription=area, to=other)

    def test_not_with_what_is_retired(self, stand: Stand):
        """Or its provider would wait for readings that never come."""
        account, device, number, month = subscribed(stand)
        other = stand.person()
        stand.begin(month)
        stand.move(device, account, other)
        stand.as_account(other, stand.market.meters, "retire", device)
        arguments = self.assign(stand, number, account, other)
        stand.fails(reverts.NotAssignable, "assign", *arguments, subscription=number, to=other)

    def test_not_when_its_last_month_is_over(self, stand: Stand):
        account, device, number, month = subscribed(stand)
        other = stand.person()
        stand.begin(month)
        stand.move(device, account, other)
        stand.begin(month + 1)
        arguments = self.assign(stand, number, account, other)
        stand.fails(reverts.NotAssignable, "assign", *arguments, subscription=number, to=other)

    def test_both_sign(self, stand: Stand):
        account, device, number, _ = subscribed(stand)
        other, third = stand.person(), stand.person()
        stand.move(device, account, other)
        number, to, giver, taker = self.assign(stand, number, account, other)
        forged = taker._replace(signature=giver.signature)
        stand.fails(reverts.InvalidSignature, "assign", number, to, giver, forged, signer=other)
        forged = giver._replace(signature=taker.signature)
        stand.fails(reverts.InvalidSignature, "assign", number, to, forged, taker, signer=account)
        stand.fails(reverts.NotAssignable, "assign", number, third, giver, taker, subscription=number, to=third)
        stand.fails(reverts.NotCustomer, "assign", number, to, taker, giver, subscription=number, account=other)

    @pytest.mark.parametrize("which", ["himself", "another account", "another member", "another member since"])
    def test_not_to_oneself_under_whatever_name(self, stand: Stand, which: str):
        version, account, other = stand.publish(), stand.person(), stand.person()
        [number] = stand.buy(account, stand.area(version, 10_000))
        if which == "himself":
            other = account
        elif which == "another account":
            other = stand.second_account(account)
        else:
            if which == "another member since":
                account = stand.replace(account)
            members = [stand.market.membership.standing_of(one).member for one in (other, account)]
            registrar = known_account("registrar").address
            stand.as_account(registrar, stand.market.membership, "changeOwner", *members)
        arguments = self.assign(stand, number, account, other)
        stand.fails(reverts.NotAssignable, "assign", *arguments, subscription=number, to=other)

    def test_not_to_who_may_begin_no_business(self, stand: Stand):
        version, account, other = stand.publish(), stand.person(), stand.person()
        [number] = stand.buy(account, stand.area(version, 10_000))
        arguments = self.assign(stand, number, account, other)
        with stand.suspended(other):
            stand.fails(reverts.NotActive, "assign", *arguments, account=other, status=2)

    def test_what_was_used_before_is_paid_by_who_used_it(self, stand: Stand):
        account, device, number, month = subscribed(stand, 880)
        other = stand.person()
        stand.begin(month)
        stand.read(start_of(month), {device: 0})
        stand.begin(month + 1)
        stand.move(device, account, other)
        arguments = self.assign(stand, number, account, other)
        stand.fails(reverts.MonthsNotDrawn, "assign", *arguments, subscription=number, drawn=month)
        stand.read(start_of(month + 1), {device: 11})
        with stand.moves({account: -9_680, other: 0, stand.provider: 10_560, "locked": -880}):
            mined = stand.does("assign", *arguments)
        assert [args[:3] for _, args in told(mined, "Drawn")] == [(number, month, 880)]

    def test_not_with_what_is_owed(self, stand: Stand):
        account, device, number, month = subscribed(stand, 880)
        other, vault = stand.person(), stand.market.vault
        stand.as_account(account, vault, "chooseModules", 0)
        stand.pass_month(month, {device: 2})
        stand.move(device, account, other)
        arguments = self.assign(stand, number, account, other)
        stand.fails(reverts.OwedToProvider, "assign", *arguments, subscription=number, debt=968)
        stand.draw(number)
        stand.pass_until(stand.blocks.now + 3 * DAY)
        stand.does("updateSupply", number)
        stand.fails(reverts.OwedToProvider, "assign", *arguments, subscription=number, debt=968)
        stand.as_account(account, vault, "payDebt", account, stand.provider, 968)
        mined = stand.does("assign", *arguments)
        assert told(mined, "SupplyResumed", "Assigned") == [
            ("SupplyResumed", (number,)),
            ("Assigned", (number, account.lower(), other.lower())),
        ]
        metered = stand.metered(number)
        assert (metered.suspended, metered.refund) == (False, Refund.USUAL)

    def test_a_device_that_moved_breaks_no_bundle(self, stand: Stand):
        electricity, cold = stand.publish(), stand.publish(Carrier.COOLING)
        account, device = stand.metered_customer()
        lots, _ = stand.buy(account, stand.lots(electricity, device, 1_000 * PT), stand.area(cold, 10_000))
        other = stand.person()
        stand.move(device, account, other)
        mined = stand.does("assign", *self.assign(stand, lots, account, other))
        assert told(mined, "Repriced", "BonusLapsed") == []

    def test_an_area_without_a_device_breaks_one(self, stand: Stand):
        versions = [stand.publish(one) for one in (Carrier.ELECTRICITY, Carrier.COOLING, Carrier.HEATING)]
        account, device = stand.metered_customer()
        _, cold, heat = stand.buy(
            account,
            stand.lots(versions[0], device, 1_000 * PT),
            stand.area(versions[1], 10_000, ahead=1),
            stand.area(versions[2], 20_000, ahead=1),
        )
        before, after = (stand.tariffs.area_fee(versions[2], 20_000, stand.month(1), 12, 12, size) for size in (3, 2))
        other = stand.person()
        stand.leave(account, after - before - 1)
        arguments = self.assign(stand, cold, account, other)
        stand.fails(reverts.DifferenceMissing, "assign", *arguments, subscription=heat, missing=1)

    def test_and_what_others_cost_more_is_paid_at_once(self, stand: Stand):
        versions = [stand.publish(one) for one in (Carrier.COOLING, Carrier.HEATING)]
        account, other = stand.person(), stand.person()
        cold, heat = stand.buy(account, *(stand.area(version, 10_000, ahead=1) for version in versions))
        fee = stand.tariffs.area_fee(versions[1], 10_000, stand.month(1), 12, 12, 1)
        difference = fee - stand.area_of(heat).fee
        with stand.moves({account: -difference, other: 0, "locked": difference}):
            mined = stand.does("assign", *self.assign(stand, cold, account, other))
        assert told(mined, "Repriced") == [("Repriced", (heat, stand.month(1), difference, 0))]
        assert stand.area_of(heat).fee == fee
        # From now on neither makes the other dearer.
        for number, customer in ((cold, other), (heat, account)):
            assert told(stand.does("cancel", number, sender=customer), "Repriced") == []

    def test_an_area_without_a_device(self, stand: Stand):
        version, account, other = stand.publish(), stand.person(), stand.person()
        [number] = stand.buy(account, stand.area(version, 10_000))
        stand.does("assign", *self.assign(stand, number, account, other))
        stand.does("cancel", number, sender=other)
        closed = {"subscription": number, "state": SubscriptionState.CLOSED}
        arguments = self.assign(stand, number, other, account)
        stand.fails(reverts.UnexpectedState, "assign", *arguments, **closed)

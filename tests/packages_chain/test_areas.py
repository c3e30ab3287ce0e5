"""Areas are earned month by month, and what bundles took off is paid when they break."""

import pytest

from tests.packages_chain.stand import Stand, told
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier, Refund, SubscriptionState
from wattbook.trial.subscribing import COLD, EVEN, HEAT, start_of

PT = 1_000_000


def weight(weights: tuple[int, ...], first: int, months: int) -> int:
    return sum(weights[(first + place) % 12] for place in range(months))


def gross(area: int, weights: tuple[int, ...], first: int, months: int, off: int, annual: int = 40_000) -> int:
    return area * annual * weight(weights, first, months) * (10_000 - off) // 10**7


class TestEarning:
    @pytest.mark.parametrize(("area", "weights"), [(120_000, COLD), (333, EVEN), (85_050, HEAT)])
    def test_month_by_month_to_the_last_unit(self, stand: Stand, area: int, weights: tuple[int, ...]):
        version, account = stand.publish(weights=list(weights)), stand.person()
        first = stand.month()
        [number] = stand.buy(account, stand.area(version, area))
        fee = gross(area, weights, first, 12, 1_000)
        assert stand.area_of(number).fee == fee
        before = 0
        for month in range(12):
            earned = fee * weight(weights, first, month) // weight(weights, first, 12)
            with stand.moves({stand.provider: earned - before, "locked": before - earned}):
                mined = stand.draw(number)
            expected = [("AreaEarned", (number, first + month, earned - before))] if earned > before else []
            assert told(mined, "AreaEarned", "Closed") == expected
            before = earned
            stand.begin(first + month + 1)
        with stand.moves({stand.provider: fee - before, "locked": before - fee, account: 0}):
            mined = stand.draw(number)
        assert told(mined, "Closed") == [("Closed", (number, 0, 0))]
        assert stand.subscription(number).state == SubscriptionState.CLOSED
        assert stand.packages.admitted_w(stand.provider, stand.zone, Carrier.ELECTRICITY) == 0
        with stand.moves({stand.provider: 0, "locked": 0}):
            stand.draw(number)

    def test_from_the_second_on_in_which_a_month_is_over(self, stand: Stand):
        version, account = stand.publish(), stand.person()
        stand.begin(stand.month(1))
        month = stand.month()
        [number] = stand.buy(account, stand.area(version, 10_000, 3))
        fee = stand.area_of(number).fee
        stand.blocks.mine([], start_of(month + 1) - 1)
        call = stand.packages.function("draw", [number])
        stand.market.chain.call(call, account)
        part = fee * EVEN[month % 12] // weight(EVEN, month, 3)
        assert (
            stand.market.package_rules.function("earnedBy", number, month).call({"from": stand.packages.address}) == 0
        )
        stand.blocks.mine([], start_of(month + 1))
        with stand.moves({stand.provider: part, "locked": -part}):
            stand.draw(number)

    def test_long_after_its_last_month(self, stand: Stand):
        version, account = stand.publish(), stand.person()
        month = stand.month()
        [number] = stand.buy(account, stand.area(version, 10_000, 3))
        fee = stand.area_of(number).fee
        stand.begin(month + 7)
        with stand.moves({stand.provider: fee, "locked": -fee, account: 0}):
            mined = stand.draw(number)
        assert told(mined, "AreaEarned") == [("AreaEarned", (number, month + 3, fee))]

    def test_several_months_at_once(self, stand: Stand):
        version, account = stand.publish(), stand.person()
        month = stand.month()
        numbers = [stand.buy(account, stand.area(version, area))[0] for area in (100, 777)]
        fees = [stand.area_of(number).fee for number in numbers]
        stand.begin(month + 5)
        parts = [fee * weight(EVEN, month, 5) // 10_000 for fee in fees]
        with stand.moves({stand.provider: sum(parts), "locked": -sum(parts)}):
            mined = stand.draw(*numbers)
        assert len(told(mined, "Paid")) == 1


class TestCancelling:
    """As the year of an area of 1,200 m2 that is cooled."""

    def subscribed(self, stand: Stand, ahead: int = 0) -> tuple[str, int, int]:
        """From January on, bought in it or before."""
        while (stand.month(ahead)) % 12 != 0:
            stand.begin(stand.month(1))
        version, account = stand.publish(Carrier.COOLING, weights=list(COLD)), stand.person()
        [number] = stand.buy(account, stand.area(version, 120_000, ahead=ahead))
        assert stand.area_of(number).paid == 43_200_000_000
        return account, number, stand.month(ahead)

    @pytest.mark.parametrize(
        ("started", "used", "fee", "refund"),
        [
            (6, 12_000_000_000, 624_000_000, 30_576_000_000),
            (8, 38_400_000_000, 96_000_000, 4_704_000_000),
        ],
    )
    def test_months_that_began_cost_what_they_cost_singly(self, stand: Stand, started, used, fee, refund):
        account, number, first = self.subscribed(stand)
        stand.begin(first + started - 1)
        stand.draw(number)
        earned = stand.area_of(number).earned
        kept = 43_200_000_000 - refund - earned
        with stand.moves({account: refund, stand.provider: kept, "locked": -refund - kept}):
            mined = stand.does("cancel", number, sender=account)
        assert used + fee == 43_200_000_000 - refund
        until = first + started
        assert told(mined, "Cancelled", "Closed") == [
            ("Cancelled", (number, until, Refund.USUAL)),
            ("Closed", (number, refund, kept)),
        ]
        assert stand.packages.admitted_w(stand.provider, stand.zone, Carrier.COOLING) == 0
        expected = {"subscription": number, "state": SubscriptionState.CLOSED}
        stand.fails(reverts.UnexpectedState, "cancel", number, sender=account, **expected)

    def test_never_less_than_nothing(self, stand: Stand):
        account, number, first = self.subscribed(stand)
        stand.begin(first + 11)
        with stand.moves({account: 0, stand.provider: 43_200_000_000, "locked": -43_200_000_000}):
            stand.does("cancel", number, sender=account)

    def test_after_its_last_month_there_is_nothing_to_cancel(self, stand: Stand):
        account, number, first = self.subscribed(stand)
        stand.begin(first + 12)
        expected = {"subscription": number, "state": SubscriptionState.CLOSED}
        stand.fails(reverts.UnexpectedState, "cancel", number, sender=account, **expected)

    def test_not_begun_cost_a_fee(self, stand: Stand):
        account, number, first = self.subscribed(stand, ahead=2)
        stand.pass_until(stand.area_of(number).time + 86_400)
        fee = 43_200_000_000 * 200 // 10_000
        with stand.moves({account: 43_200_000_000 - fee, stand.provider: fee, "locked": -43_200_000_000}):
            mined = stand.does("cancel", number, sender=account)
        assert told(mined, "Cancelled") == [("Cancelled", (number, first, Refund.USUAL))]

    @pytest.mark.parametrize(("seconds", "free"), [(86_399, True), (86_400, False)])
    def test_cooling_off_to_the_second(self, stand: Stand, seconds: int, free: bool):
        account, number, _ = self.subscribed(stand, ahead=2)
        bought = stand.area_of(number).time
        stand.blocks.mine([], bought + seconds - 1)
        fee = 0 if free else 864_000_000
        before = stand.money(account)
        [mined] = stand.blocks.mine([stand.says("cancel", number, sender=account)], bought + seconds)
        gained = stand.gained(before)
        assert gained[account] == 43_200_000_000 - fee
        assert told(mined, "Closed") == [("Closed", (number, 43_200_000_000 - fee, fee))]

    def test_no_cooling_off_once_it_began(self, stand: Stand):
        account, number, first = self.subscribed(stand)
        stand.does("cancel", number, sender=account)
        assert stand.subscription(number).until == first + 1

    def test_by_the_customer_only(self, stand: Stand):
        _, number, _ = self.subscribed(stand)
        other = stand.person()
        stand.fails(reverts.NotCustomer, "cancel", number, sender=other, subscription=number, account=other)


class TestBundles:
    def bundle(self, stand: Stand, ahead: int = 1) -> tuple[str, int, list[int], tuple[int, int, int]]:
        """Electricity by lots, cold and heat by area; account, meter, subscriptions, versions."""
        versions = (stand.publish(), stand.publish(Carrier.COOLING), stand.publish(Carrier.HEATING))
        account, device = stand.metered_customer()
        numbers = stand.buy(
            account,
            stand.lots(versions[0], device, 1_000 * PT, ahead),
            stand.area(versions[1], 10_000, ahead=ahead),
            stand.area(versions[2], 20_000, ahead=ahead),
        )
        return account, device, numbers, versions

    def test_what_is_left_costs_more_from_the_next_month_on(self, stand: Stand):
        account, _, (lots, cold, heat), (_, _, version) = self.bundle(stand)
        first = stand.month(1)
        stand.begin(first + 2)
        stand.draw(cold, heat)
        kept = stand.area_of(heat)
        held = kept.fee - kept.earned
        running = kept.fee * weight(EVEN, first, 3) // 10_000 - kept.earned
        dearer = stand.tariffs.area_fee(version, 20_000, first + 3, 9, 12, 2)
        difference = dearer - (held - running)
        assert difference > 0
        before = stand.money(account)
        mined = stand.does("cancel", cold, sender=account)
        [(_, (_, refunded, _))] = told(mined, "Closed")
        assert told(mined, "Repriced") == [("Repriced", (heat, first + 3, difference, 0))]
        assert told(mined, "BonusLapsed") == [("BonusLapsed", (lots, 20 * PT))]
        # Taken of what comes back.
        assert stand.gained(before)[account] == refunded
        used = stand.tariffs.area_fee_singly(version, 10_000, first, 3)
        rest = 10_000 * 40_000 * 9 * 98 // 100 - used
        assert refunded == rest - -(-rest * 200 // 10_000) - difference
        after = stand.area_of(heat)
        assert (after.fee, after.before, after.earned, after.base) == (dearer, running, 0, first + 3)
        total = 0
        for month in range(3, 12):
            stand.begin(first + month)
            total = running + dearer * weight(EVEN, first + 3, month - 3) // weight(EVEN, first + 3, 9)
            stand.draw(heat)
            assert stand.area_of(heat).earned == total
        stand.begin(first + 12)
        left = running + dearer - total
        with stand.moves({stand.provider: left, "locked": -left}):
            stand.draw(heat)

    def differences(self, stand: Stand, areas: list[int], versions: tuple[int, ...]) -> list[int]:
        """What areas cost more from the next month on when one of three in a bundle ends in its first month."""
        found = []
        for number, version in zip(areas, versions, strict=True):
            area, first = stand.area_of(number), stand.month()
            rest = area.fee - area.fee * weight(EVEN, first, 1) // 10_000
            found.append(stand.tariffs.area_fee(version, area.area, first + 1, 11, 12, 2) - rest)
        return found

    def test_who_ends_it_has_what_it_costs(self, stand: Stand):
        account, _, (lots, *areas), (_, *versions) = self.bundle(stand)
        stand.begin(stand.month(1))
        [cold, heat] = self.differences(stand, areas, tuple(versions))
        stand.leave(account, cold + heat)
        with stand.moves({account: -cold - heat, "locked": cold + heat}):
            mined = stand.does("cancel", lots, sender=account)
        assert [args[2:] for _, args in told(mined, "Repriced")] == [(cold, 0), (heat, 0)]

    def test_who_does_not_have_it_does_not_end_it(self, stand: Stand):
        account, _, (lots, *areas), (_, *versions) = self.bundle(stand)
        stand.begin(stand.month(1))
        stand.leave(account, sum(self.differences(stand, areas, tuple(versions))) - 1)
        expected = {"subscription": areas[1], "missing": 1}
        stand.fails(reverts.DifferenceMissing, "cancel", lots, sender=account, **expected)

    def test_nor_who_does_not_let_it_be_taken(self, stand: Stand):
        account, _, (lots, *areas), (_, *versions) = self.bundle(stand)
        stand.begin(stand.month(1))
        [cold, _] = self.differences(stand, areas, tuple(versions))
        stand.as_account(account, stand.market.vault, "chooseModules", 0)
        expected = {"subscription": areas[0], "missing": cold}
        stand.fails(reverts.DifferenceMissing, "cancel", lots, sender=account, **expected)

    def test_what_is_not_there_is_waived_when_it_is_not_his_step(self, stand: Stand):
        account, device, (_, *areas), (_, *versions) = self.bundle(stand)
        stand.begin(stand.month(1))
        [cold, heat] = self.differences(stand, areas, tuple(versions))
        stand.leave(account, 7)
        mined = stand.as_account(account, stand.market.meters, "retire", device)
        assert [args[2:] for _, args in told(mined, "Repriced")] == [(cold, cold - 7), (heat, heat)]
        assert (stand.debt(account), stand.free(account)) == (0, 0)
        kept = [stand.area_of(number) for number in areas]
        assert all(area.paid == area.before + area.fee for area in kept)
        stand.begin(stand.month(12))
        paid = sum(area.paid for area in kept)
        with stand.moves({stand.provider: paid, "locked": -paid}):
            stand.draw(*areas)

    def test_of_two_broken_one_after_the_other(self, stand: Stand):
        account, _, (lots, cold, heat), (_, version, _) = self.bundle(stand)
        stand.begin(stand.month(1))
        stand.does("cancel", heat, sender=account)
        once = stand.area_of(cold)
        stand.does("cancel", lots, sender=account)
        twice = stand.area_of(cold)
        assert twice.fee > once.fee
        assert (once.base, once.before) == (twice.base, twice.before)
        assert twice.fee == stand.tariffs.area_fee(version, 10_000, once.base, 11, 12, 1)

    def test_the_end_of_a_term_breaks_nothing(self, stand: Stand):
        account, _, (lots, cold, heat), _ = self.bundle(stand)
        stand.begin(stand.month(13))
        assert told(stand.draw(cold, heat), "Repriced", "BonusLapsed") == []
        mined = stand.does("cancel", lots, sender=account)
        assert told(mined, "Repriced") == []

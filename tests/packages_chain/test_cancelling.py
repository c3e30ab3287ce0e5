"""What is metered ends with the month, and gives back what is left, less what was too cheap and a fee."""

import pytest

from tests.packages_chain.stand import PT, Stand, stranger, subscribed, told
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier, Failure, Kind, Refund, SubscriptionState
from wattbook.packages.cancelling import unread_month
from wattbook.trial.subscribing import DAY, start_of


def ended(stand: Stand, wh: int, **changes: object) -> tuple[str, int]:
    """One that was cancelled in its first month, in which so much was used; it can be closed."""
    account, device, number, month = subscribed(stand, **changes)
    stand.begin(month)
    stand.read(start_of(month), {device: 0})
    stand.does("cancel", number, sender=account)
    stand.begin(month + 1)
    stand.read(start_of(month + 1), {device: wh})
    return account, number


class TestNotBegun:
    @pytest.mark.parametrize(("seconds", "fee"), [(3_600, 0), (86_399, 0), (86_400, 200 * PT), (90_000, 200 * PT)])
    def test_cools_off_to_the_second(self, stand: Stand, seconds: int, fee: int):
        version = stand.publish()
        account, device = stand.metered_customer()
        purchase = stand.lots(version, device, 10_000 * PT, ahead=2)
        [number] = stand.buy(account, purchase)
        at = stand.blocks.now + seconds
        before = stand.money(account, stand.provider)
        [mined] = stand.blocks.mine([stand.says("cancel", number, sender=account)], at)
        expected = {account: 10_000 * PT - fee, stand.provider: fee, "locked": -10_000 * PT}
        assert stand.gained(before) == {name: amount for name, amount in expected.items() if amount}
        first = purchase.first
        assert told(mined, "Cancelled", "Closed") == [
            ("Cancelled", (number, first, Refund.USUAL)),
            ("Closed", (number, 10_000 * PT - fee, fee)),
        ]
        assert stand.packages.admitted_w(stand.provider, stand.zone, Carrier.ELECTRICITY) == 0
        stand.buy(account, stand.lots(version, device, PT))

    def test_each_payment_cools_off_by_itself(self, stand: Stand):
        version = stand.publish()
        account, device = stand.metered_customer()
        [number] = stand.buy(account, stand.lots(version, device, 100 * PT, ahead=2))
        stand.pass_until(stand.blocks.now + DAY)
        stand.does("pay", number, 50 * PT, sender=account)
        with stand.moves({account: 148 * PT, stand.provider: 2 * PT, "locked": -150 * PT}):
            stand.does("cancel", number, sender=account)

    def test_begun_to_the_second(self, stand: Stand):
        account, _, number, month = subscribed(stand)
        stand.blocks.mine([], start_of(month) - 2)
        assert stand.market.package_rules.function("endOf", number).call({"from": stand.packages.address}) == [
            False,
            Refund.USUAL,
            month,
        ]
        stand.blocks.mine([], start_of(month))
        stand.does("cancel", number, sender=account)
        assert stand.subscription(number).state == SubscriptionState.ENDING
        assert stand.subscription(number).until == month + 1


class TestBegun:
    def test_ends_with_the_month_and_waits_for_its_readings(self, stand: Stand):
        account, device, number, month = subscribed(stand)
        stand.begin(month)
        stand.read(start_of(month), {device: 0})
        with stand.moves({account: 0, stand.provider: 0, "locked": 0}):
            mined = stand.does("cancel", number, sender=account)
        assert told(mined, "Cancelled", "Closed") == [("Cancelled", (number, month + 1, Refund.USUAL))]
        again = {"subscription": number, "state": SubscriptionState.ENDING}
        stand.fails(reverts.UnexpectedState, "cancel", number, sender=account, **again)
        stand.fails(reverts.UnexpectedState, "pay", number, PT, sender=account, **again)
        until = start_of(month + 1) + 30 * DAY
        stand.begin(month + 1)
        stand.fails(reverts.ReadingsAwaited, "close", number, subscription=number, until=until)
        stand.read(start_of(month + 1), {device: 2_000_000})
        refund, kept = 8_114_400_000, 60_000_000 + 165_600_000
        with stand.moves({account: refund, stand.provider: 1_660_000_000 + kept, "locked": -10_000 * PT}):
            mined = stand.does("close", number)
        assert told(mined, "Closed") == [("Closed", (number, refund, kept))]
        closed = {"subscription": number, "state": SubscriptionState.CLOSED}
        stand.fails(reverts.UnexpectedState, "close", number, **closed)
        stand.fails(reverts.UnexpectedState, "cancel", number, sender=account, **closed)
        assert stand.lots_of(number) == []

    @pytest.mark.parametrize(
        ("units", "refund", "clawback", "fee"),
        [(2_000_000, 8_114_400_000, 60_000_000, 165_600_000), (12_000_000, 0, 40_000_000, 0)],
    )
    def test_what_was_used_is_re_rated(self, stand: Stand, units: int, refund: int, clawback: int, fee: int):
        account, number = ended(stand, units)
        charged = units * 830
        with stand.moves({account: refund, stand.provider: charged + clawback + fee, "locked": -10_000 * PT}):
            mined = stand.does("close", number)
        assert told(mined, "Closed") == [("Closed", (number, refund, clawback + fee))]

    def test_blocks_cost_what_they_cost(self, stand: Stand):
        account, number = ended(stand, 2_000_000, incremental=True)
        charged = 1_000 * PT // 880 * 880 + (2_000_000 - 1_000 * PT // 880) * 860
        left = 10_000 * PT - charged - 1_000 * PT % 880
        fee = -(-left * 200 // 10_000)
        kept = charged + fee
        with stand.moves({account: 10_000 * PT - kept, stand.provider: kept, "locked": -10_000 * PT}):
            stand.does("close", number)

    def test_nothing_used_costs_the_fee_only(self, stand: Stand):
        account, number = ended(stand, 0)
        with stand.moves({account: 9_800 * PT, stand.provider: 200 * PT, "locked": -10_000 * PT}):
            stand.does("close", number)

    def test_what_is_used_after_its_end_is_not_its(self, stand: Stand):
        account, device, number, month = subscribed(stand)
        stand.pass_month(month, {device: 0})
        stand.does("cancel", number, sender=account)
        stand.pass_month(month + 1, {device: 5})
        stand.pass_month(month + 2, {device: 500_000})
        assert [args[1:3] for _, args in told(stand.draw(number), "Drawn")] == [(month, 0), (month + 1, 5 * 830)]
        stand.does("close", number)

    def test_readings_are_given_up_after_thirty_days_to_the_second(self, stand: Stand):
        account, _, number, month = subscribed(stand)
        stand.begin(month)
        stand.does("cancel", number, sender=account)
        until = start_of(month + 1) + 30 * DAY
        assert stand.packages.patience() == 30 * DAY
        # Until then a reading can come that is corrected at the end of a dispute.
        needed = stand.market.imbalance.patience() + stand.market.readings.lapses_after()
        assert stand.packages.patience() >= needed + 2 * stand.market.readings.window()
        stand.blocks.mine([], until - 1)
        stand.fails(reverts.ReadingsAwaited, "close", number, subscription=number, until=until)
        with stand.moves({account: 9_800 * PT, stand.provider: 200 * PT, "locked": -10_000 * PT}):
            stand.blocks.mine([stand.says("close", number)], until)

    def test_what_was_read_of_the_last_month_is_paid_all_the_same(self, stand: Stand):
        """Or a month would be free whose meter is taken away on its last day."""
        account, device, number, month = subscribed(stand)
        stand.begin(month)
        stand.read(start_of(month), {device: 0})
        stand.pass_until(start_of(month) + 20 * DAY + 1)
        stand.read(start_of(month) + 20 * DAY, {device: 2_000_000})
        stand.as_account(account, stand.market.meters, "retire", device)
        stand.pass_until(start_of(month + 1) + 30 * DAY)
        assert told(stand.draw(number), "Drawn") == []
        with stand.moves({account: 8_114_400_000, stand.provider: 1_885_600_000, "locked": -10_000 * PT}):
            mined = stand.does("close", number)
        [(_, drawn)] = told(mined, "Drawn")
        assert drawn[1:3] == (month, 1_660_000_000)

    @pytest.mark.parametrize(("read", "first"), [(40, True), (40, False), (900_000, True)])
    def test_a_silent_meter_takes_what_it_usually_does(self, stand: Stand, read: int, first: bool):
        """Of two months nobody knows all; whether those before are drawn by then makes no difference."""
        account, device, number, month = subscribed(stand)
        taken = [1_000_000, 500_001]
        for place, wh in enumerate(taken):
            stand.pass_month(month + place, {device: wh})
        if first:
            stand.draw(number)
        stand.pass_until(start_of(month + 2) + 20 * DAY + 1)
        stand.read(start_of(month + 2) + 20 * DAY, {device: read})
        stand.begin(month + 3)
        stand.does("cancel", number, sender=account)
        stand.pass_until(start_of(month + 4) + 30 * DAY)
        mined = stand.does("close", number)
        expected = [*taken, unread_month(read, taken), unread_month(0, taken)]
        drawn = [args[1:3] for _, args in told(mined, "Drawn")]
        assert drawn == [(month + place, wh * 830) for place, wh in enumerate(expected)][2 if first else 0 :]

    def test_what_goes_on_is_not_closed(self, stand: Stand):
        _, _, number, _ = subscribed(stand)
        expected = {"subscription": number, "state": SubscriptionState.ACTIVE}
        stand.fails(reverts.UnexpectedState, "close", number, **expected)

    def test_a_bonus_is_worth_nothing(self, stand: Stand):
        electricity, cold = stand.publish(), stand.publish(Carrier.COOLING)
        account, device = stand.metered_customer()
        number, _ = stand.buy(account, stand.lots(electricity, device, 1_000 * PT), stand.area(cold, 100))
        stand.pass_month(stand.month(1), {device: 0})
        stand.does("cancel", number, sender=account)
        stand.pass_month(stand.month(), {device: 0})
        mined = stand.does("close", number)
        assert told(mined, "Closed") == [("Closed", (number, 980 * PT, 20 * PT))]
        assert stand.bonus_of(number) == (0, 0)


class TestFlow:
    def cancelled(self, stand: Stand, months: int) -> tuple[str, int, int]:
        """Of three months at 407, cancelled in one of them or later; 1,000 units each."""
        version = stand.publish()
        account, device = stand.metered_customer()
        [number] = stand.buy(account, stand.flow(version, device, 10 * PT, 3))
        month = stand.month(1)
        for later in range(months):
            if later == months - 1:
                stand.begin(month + later)
                stand.does("cancel", number, sender=account)
            stand.pass_month(month + later, {device: 1_000})
        stand.draw(number)
        left = sum(money for money, _ in stand.lots_of(number))
        return account, number, left

    def test_a_term_that_was_not_kept_is_re_rated(self, stand: Stand):
        account, number, left = self.cancelled(stand, 2)
        claw = 2_000 * (420 - 407)
        assert left == 10 * PT - 2_000 * 407
        fee = -(-(left - claw) * 200 // 10_000)
        with stand.moves({account: left - claw - fee, stand.provider: claw + fee, "locked": -left}):
            stand.does("close", number)

    @pytest.mark.parametrize("months", [3, 4])
    def test_one_that_was_kept_is_not(self, stand: Stand, months: int):
        account, number, left = self.cancelled(stand, months)
        assert left == 10 * PT - 3_000 * 407 - (months - 3) * 1_000 * 420
        fee = -(-left * 200 // 10_000)
        with stand.moves({account: left - fee, stand.provider: fee, "locked": -left}):
            stand.does("close", number)


class TestOwing:
    """Who does not pay is not supplied for ever."""

    def owing(self, stand: Stand) -> tuple[str, int, int]:
        """His account, his subscription, and since when he owes."""
        account, device, number, month = subscribed(stand, 880)
        stand.as_account(account, stand.market.vault, "chooseModules", 0)
        stand.pass_month(month, {device: 11})
        stand.draw(number)
        return account, number, stand.blocks.now

    def test_anyone_ends_it_thirty_days_after_supply_was_suspended_to_the_second(self, stand: Stand):
        _, number, since = self.owing(stand)
        other, until = stand.person(), since + 33 * DAY
        assert stand.market.package_rules.forbearance() == 30 * DAY
        stand.pass_until(since + 3 * DAY)
        stand.does("updateSupply", number)
        stand.blocks.mine([], until - 1)
        expected = {"subscription": number, "account": other}
        stand.fails(reverts.NotCustomer, "cancel", number, sender=other, **expected)
        [mined] = stand.blocks.mine([stand.says("cancel", number, sender=other)], until)
        assert told(mined, "Cancelled") == [("Cancelled", (number, stand.month(1), Refund.USUAL))]
        stand.pass_until(start_of(stand.month(1)) + 30 * DAY)
        mined = stand.does("close", number)
        # In the months since then he may have taken what he did before.
        assert [args[2:] for _, args in told(mined, "Drawn")] == [(0, 0, 0, 11 * 968, 11 * 968)] * 2
        assert stand.packages.admitted_w(stand.provider, stand.zone, Carrier.ELECTRICITY) == 0

    def test_what_comes_back_pays_what_is_owed_first(self, stand: Stand):
        """Lots that came too late for a month stand beside what is owed for it."""
        account, device, number, month = subscribed(stand, 880)
        stand.leave(account, 100 * PT)
        stand.pass_month(month, {device: 1_001})
        stand.does("pay", number, 100 * PT, sender=account)
        stand.draw(number)
        debt = 1_000 * 968
        assert stand.debt(account) == debt
        stand.does("cancel", number, sender=account)
        stand.pass_month(stand.month(), {device: 0})
        fee = 2 * PT
        expected = {account: 98 * PT - debt, stand.provider: fee + debt, "locked": -100 * PT}
        with stand.moves(expected):
            mined = stand.does("close", number)
        assert told(mined, "Closed") == [("Closed", (number, 98 * PT, fee))]
        assert told(mined, "DebtRepaid")[0][1][-1] == debt
        assert stand.debt(account) == 0
        assert not stand.market.vault.account_of(account).in_default

    def test_nobody_else_while_supply_goes_on_or_when_he_paid(self, stand: Stand):
        account, number, since = self.owing(stand)
        other = stand.person()
        expected = {"subscription": number, "account": other}
        stand.pass_until(since + 40 * DAY)
        stand.fails(reverts.NotCustomer, "cancel", number, sender=other, **expected)
        stand.does("updateSupply", number)
        stand.as_account(account, stand.market.vault, "payDebt", account, stand.provider, 9_680)
        stand.fails(reverts.NotCustomer, "cancel", number, sender=other, **expected)

    def test_what_others_of_his_bundle_cost_more_is_waived(self, stand: Stand):
        electricity, cold = stand.publish(), stand.publish(Carrier.COOLING)
        account, device = stand.metered_customer()
        purchases = stand.lots(electricity, device, 880), stand.area(cold, 10_000, ahead=1)
        lots, area = stand.buy(account, *purchases)
        stand.leave(account, 0)
        stand.pass_month(stand.month(1), {device: 11})
        stand.draw(lots)
        debt = stand.debt(account)
        stand.pass_until(stand.blocks.now + 33 * DAY)
        stand.does("updateSupply", lots)
        stand.draw(area)
        rules = stand.market.package_rules.raw.functions
        missing = rules.repriced(area, 1).call({"from": stand.packages.address})[-1]
        expected = {"subscription": area, "missing": missing}
        stand.fails(reverts.DifferenceMissing, "cancel", lots, sender=account, **expected)
        mined = stand.does("cancel", lots)
        [(_, (_, _, difference, unpaid))] = told(mined, "Repriced")
        assert difference == unpaid == missing > 0
        assert stand.debt(account) == debt


class TestFailure:
    def test_below_nine_days_of_ten_nothing_is_kept(self, stand: Stand):
        account, device, number, month = subscribed(stand)
        stand.begin(month)
        stand.read(start_of(month), {device: 0})
        mined = stand.fail_supply(30, 26)
        [(_, args)] = told(mined, "SupplyReported")
        assert args[-1] == Failure.POOR
        other = stand.person()
        stand.fails(reverts.NotCustomer, "cancel", number, sender=other, subscription=number, account=other)
        mined = stand.does("cancel", number, sender=account)
        assert told(mined, "Cancelled") == [("Cancelled", (number, month + 1, Refund.WHOLE))]
        stand.begin(month + 1)
        stand.read(start_of(month + 1), {device: 2_000_000})
        with stand.moves({account: 8_340_000_000, stand.provider: 1_660_000_000, "locked": -10_000 * PT}):
            stand.does("close", number)

    @pytest.mark.parametrize(
        ("days", "supplied", "failure"),
        [
            (30, 27, Failure.NONE),
            (30, 26, Failure.POOR),
            (31, 28, Failure.NONE),
            (31, 27, Failure.POOR),
            (28, 25, Failure.POOR),
            (28, 26, Failure.NONE),
            (27, 1, Failure.NONE),
            (14, 0, Failure.GONE),
            (14, 1, Failure.NONE),
        ],
    )
    def test_to_the_day(self, stand: Stand, days: int, supplied: int, failure: Failure):
        [(_, args)] = told(stand.fail_supply(days, supplied), "SupplyReported")
        given = (stand.provider.lower(), stand.zone, Carrier.ELECTRICITY)
        assert args[:3] == given and args[-1] == failure
        reports = stand.market.supply_reports
        assert reports.failure_of(stand.provider, stand.zone, Carrier.ELECTRICITY) == failure
        assert reports.failure_of(stand.provider, stand.zone, Carrier.COOLING) == Failure.NONE

    def test_counts_for_thirty_days_to_the_second(self, stand: Stand):
        stand.fail_supply(14, 0)
        until = stand.blocks.now // DAY * DAY
        reports, asked = stand.market.supply_reports, (stand.provider, stand.zone, Carrier.ELECTRICITY)
        stand.blocks.mine([], until + 30 * DAY - 1)
        assert reports.failure_of(*asked) == Failure.GONE
        stand.blocks.mine([], until + 30 * DAY)
        assert reports.failure_of(*asked) == Failure.NONE

    def test_is_one_of_all_accounts_of_a_member(self, stand: Stand):
        second = stand.second_account(stand.provider)
        stand.fail_supply(14, 0)
        reports, asked = stand.market.supply_reports, (second, stand.zone, Carrier.ELECTRICITY)
        assert reports.failure_of(*asked) == Failure.GONE
        stand.provider, until = second, stand.blocks.now // DAY * DAY
        given = stand.report(until - 14 * DAY, until, 14)
        stand.fails_at(reports, reverts.NotNewer, "report", *given, until=until, known=until)

    def test_is_of_members(self, stand: Stand):
        stand.provider, until = stranger(), stand.blocks.now // DAY * DAY
        given = stand.report(until - 14 * DAY, until, 0)
        expected = {"account": stand.provider}
        stand.fails_at(stand.market.supply_reports, reverts.NotMember, "report", *given, **expected)

    def test_the_next_report_counts_instead(self, stand: Stand):
        stand.fail_supply(14, 0)
        stand.pass_until(stand.blocks.now + 14 * DAY)
        stand.fail_supply(14, 14)
        failure = stand.market.supply_reports.failure_of(stand.provider, stand.zone, Carrier.ELECTRICITY)
        assert failure == Failure.NONE

    def test_when_the_provider_is_gone_anyone_refunds_what_is_not_earned(self, stand: Stand):
        version, account = stand.publish(), stand.person()
        [number] = stand.buy(account, stand.area(version, 10_000))
        stand.begin(stand.month(2))
        stand.fail_supply(14, 0)
        area = stand.area_of(number)
        month = stand.subscription(number).first
        earned = area.fee * sum(stand.tariffs.weight_of(version, month + place, 1) for place in range(2)) // 10_000
        with stand.moves({account: area.fee - earned, stand.provider: earned, "locked": -area.fee}):
            mined = stand.does("cancel", number)
        assert told(mined, "Closed") == [("Closed", (number, area.fee - earned, 0))]
        assert stand.subscription(number).kind == Kind.AREA

    def test_breaks_no_bundle(self, stand: Stand):
        electricity, cold = stand.publish(), stand.publish(Carrier.COOLING)
        account, device = stand.metered_customer()
        lots, area = stand.buy(account, stand.lots(electricity, device, 1_000 * PT), stand.area(cold, 10_000))
        stand.fail_supply(14, 0)
        mined = stand.does("cancel", lots, sender=account)
        assert told(mined, "Repriced") == []
        assert stand.area_of(area).base == stand.month()

    @pytest.mark.parametrize("wrong", ["short", "part", "part of the end", "future", "more", "backwards"])
    def test_what_makes_no_sense_is_refused(self, stand: Stand, wrong: str):
        until = stand.blocks.now // DAY * DAY
        since, days = until - 14 * DAY, 0
        if wrong == "short":
            since += DAY
        elif wrong == "part":
            since -= 1
        elif wrong == "part of the end":
            until -= 1
        elif wrong == "future":
            until += DAY
        elif wrong == "more":
            days = 15
        else:
            since, until = until, since
        given = stand.report(since, until, days)
        expected = {"since": since, "until": until, "supplied_days": days}
        stand.fails_at(stand.market.supply_reports, reverts.InvalidReport, "report", *given, **expected)

    def test_needs_enough_attesters_and_to_be_newer(self, stand: Stand):
        until = stand.blocks.now // DAY * DAY
        supply, signatures = stand.report(until - 14 * DAY, until, 0)
        reports = stand.market.supply_reports
        needed = stand.market.readings.threshold()
        too_few = {"count": needed - 1, "needed": needed}
        fields = reverts.TooFewSigners.FIELDS
        expected = dict(zip(fields, too_few.values(), strict=True))
        stand.fails_at(reports, reverts.TooFewSigners, "report", supply, signatures[: needed - 1], **expected)
        stand.fail_supply(14, 0)
        stand.fails_at(reports, reverts.NotNewer, "report", supply, signatures, until=until, known=until)

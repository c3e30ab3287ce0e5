"""What was delivered is paid, from the lots first, then from free money, and the rest is owed."""

from datetime import UTC, datetime

import pytest

from tests.packages_chain.stand import PT, Stand, subscribed, told
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier, Discounts, Step, SubscriptionState
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.local import known_account
from wattbook.packages.subscribed import ChainLot
from wattbook.trial.blocks import OPTIONS, message
from wattbook.trial.metering import ATTESTERS
from wattbook.trial.park import Park
from wattbook.trial.subscribing import DAY, start_of


def drawn(number: int, month: int, **parts: int) -> tuple[str, tuple[int, ...]]:
    """The event of a month."""
    names = ("charged", "dust", "bonus", "arrears", "unpaid")
    return "Drawn", (number, month, *(parts.get(name, 0) for name in names))


def read_on_the_last_day(stand: Stand, device: int, number: int, month: int, wh: int) -> None:
    """Nothing is drawn of it yet; then the month is over."""
    over = start_of(month + 1)
    stand.pass_until(over - DAY + 1)
    stand.read(over - DAY, {device: wh})
    assert told(stand.draw(number), "Drawn") == []
    stand.pass_until(over)


def drawn_when_over(stand: Stand, device: int, number: int, month: int, wh: int) -> list[tuple[str, tuple[int, ...]]]:
    """What is drawn with the reading in the first second of the next month."""
    stand.read(start_of(month + 1), {device: wh})
    return told(stand.draw(number), "Drawn")


def month_by_month(stand: Stand, customer: tuple[str, int, int], months: range) -> None:
    """Three units are used in each, one of them on its last day; in the next one's first second one is paid, for it."""
    account, device, number = customer
    stand.begin(months[0])
    stand.read(start_of(months[0]), {device: 0})
    for month in months:
        read_on_the_last_day(stand, device, number, month, 1)
        stand.does("pay", number, 880, sender=account)
        expected = [drawn(number, month, charged=880, arrears=2 * 968)]
        assert drawn_when_over(stand, device, number, month, 2) == expected


class TestLots:
    def test_first_in_first_out_and_dust_comes_back(self, stand: Stand):
        account, device, number, month = subscribed(stand, 1_000 * PT)
        stand.does("pay", number, 10_000 * PT, sender=account)
        stand.pass_month(month, {device: 2_000_000})
        with stand.moves({stand.provider: 1_694_883_700, account: 600, "locked": -1_694_884_300}):
            mined = stand.draw(number)
        assert told(mined, "Drawn") == [drawn(number, month, charged=1_694_883_700, dust=600)]
        assert stand.lots_of(number) == [(9_305_115_700, 830)]
        assert stand.metered(number).drawn == month + 1

    def test_a_lot_that_is_drawn_to_the_unit(self, stand: Stand):
        account, device, number, month = subscribed(stand, 880_000)
        stand.does("pay", number, 880_879, sender=account)
        stand.pass_month(month, {device: 1_000})
        stand.draw(number)
        assert stand.lots_of(number) == [(880_879, 880)]
        stand.pass_month(month + 1, {device: 1_000})
        with stand.moves({stand.provider: 880_000, account: 879, "locked": -880_879}):
            stand.draw(number)
        assert stand.lots_of(number) == []

    def test_a_lot_of_which_one_upt_is_left(self, stand: Stand):
        account, device, number, month = subscribed(stand, 881)
        stand.pass_month(month, {device: 1})
        with stand.moves({stand.provider: 880, "locked": -881, account: 1}):
            stand.draw(number)
        assert stand.lots_of(number) == []

    def test_a_lot_of_which_one_unit_is_left(self, stand: Stand):
        account, device, number, month = subscribed(stand, 880_000)
        stand.pass_month(month, {device: 999})
        with stand.moves({stand.provider: 999 * 880, "locked": -999 * 880, account: 0}):
            stand.draw(number)
        assert stand.lots_of(number) == [(880, 880)]

    def test_what_is_paid_when_a_month_is_over_is_not_for_it(self, stand: Stand):
        account, device, number, month = subscribed(stand, 880_000)
        stand.begin(month)
        stand.read(start_of(month), {device: 0})
        stand.blocks.mine([stand.says("pay", number, 880_000, sender=account)], start_of(month + 1) - 1)
        stand.blocks.mine([stand.says("pay", number, 1_000 * PT, sender=account)], start_of(month + 1))
        stand.read(start_of(month + 1), {device: 2_500})
        mined = stand.draw(number)
        assert told(mined, "Drawn") == [drawn(number, month, charged=2 * 880_000, arrears=500 * 968)]
        assert stand.lots_of(number) == [(1_000 * PT, 860)]
        stand.pass_month(month + 1, {device: 10})
        assert told(stand.draw(number), "Drawn") == [drawn(number, month + 1, charged=8_600)]

    def test_several_months_each_have_what_was_paid_by_their_end(self, stand: Stand):
        account, device, number, month = subscribed(stand, 880_000)
        stand.pass_month(month, {device: 1_500})
        stand.does("pay", number, 880_000, sender=account)
        stand.pass_month(month + 1, {device: 1_500})
        stand.does("pay", number, 880_000, sender=account)
        assert told(stand.draw(number), "Drawn") == [
            drawn(number, month + later, charged=880_000, arrears=500 * 968) for later in range(2)
        ]
        assert stand.lots_of(number) == [(880_000, 880)]

    def test_nothing_twice_and_nothing_before_its_month_is_read(self, stand: Stand):
        account, device, number, month = subscribed(stand, 10 * PT)
        stand.begin(month)
        stand.read(start_of(month), {device: 0})
        stand.pass_until(start_of(month + 1) - 1)
        stand.read(start_of(month + 1) - DAY, {device: 100})
        with stand.moves({stand.provider: 0, account: 0, "locked": 0}):
            assert told(stand.draw(number), "Drawn") == []
        stand.begin(month + 1)
        with stand.moves({stand.provider: 0, "locked": 0}):
            stand.draw(number)
        stand.read(start_of(month + 1), {device: 11})
        with stand.moves({stand.provider: 111 * 880, "locked": -111 * 880}):
            stand.draw(number, number)
        with stand.moves({stand.provider: 0, "locked": 0}):
            stand.draw(number)

    def test_what_was_used_before_it_began_is_not_its(self, stand: Stand):
        version = stand.publish()
        account, device = stand.metered_customer()
        [number] = stand.buy(account, stand.lots(version, device, 10 * PT, ahead=2))
        month = stand.month()
        stand.pass_month(month + 1, {device: 5_000})
        assert told(stand.draw(number), "Drawn") == []
        stand.pass_month(month + 2, {device: 7})
        assert told(stand.draw(number), "Drawn") == [drawn(number, month + 2, charged=7 * 880)]

    def test_several_months_at_once(self, stand: Stand):
        _, device, number, month = subscribed(stand, 10 * PT)
        for later in range(3):
            stand.pass_month(month + later, {device: 100 + later})
        mined = stand.draw(number)
        assert told(mined, "Drawn") == [drawn(number, month + later, charged=(100 + later) * 880) for later in range(3)]
        assert len(told(mined, "Paid")) == 1

    def test_parts_of_a_unit_are_carried_on(self, stand: Stand):
        version = stand.publish(Carrier.HOT_WATER, wh_per_unit=52, postpaid=35_200)
        account, device = stand.metered_customer(Carrier.HOT_WATER)
        [number] = stand.buy(account, stand.lots(version, device, 10 * PT))
        month = stand.month(1)
        stand.pass_month(month, {device: 103})
        assert told(stand.draw(number), "Drawn") == [drawn(number, month, charged=880)]
        assert stand.metered(number).rest == 51
        stand.pass_month(month + 1, {device: 1})
        assert told(stand.draw(number), "Drawn") == [drawn(number, month + 1, charged=880)]
        assert stand.metered(number).rest == 0

    @pytest.mark.parametrize("year", ["leap", "common"])
    def test_months_are_the_calendar_s(self, stand: Stand, year: str):
        """February ends with its 28th or 29th day, to the second."""
        first = stand.month(1)
        while first % 12 != 1 or ((1970 + first // 12) % 4 == 0) != (year == "leap"):
            first += 1
        stand.pass_until(start_of(first - 1) + DAY)
        _, device, number, month = subscribed(stand, 10 * PT)
        assert month == first
        days = (start_of(first + 1) - start_of(first)) // DAY
        assert days == (29 if year == "leap" else 28)
        stand.begin(first)
        stand.read(start_of(first), {device: 0})
        assert datetime.fromtimestamp(start_of(first + 1) - DAY, UTC).day == days
        read_on_the_last_day(stand, device, number, first, 1_000)
        assert drawn_when_over(stand, device, number, first, 10) == [drawn(number, first, charged=1_010 * 880)]

    def test_every_month_has_its_last_day(self, stand: Stand):
        """What is read on it is the month's, which is not over."""
        _, device, number, first = subscribed(stand, 10_000 * PT)
        stand.begin(first)
        stand.read(start_of(first), {device: 0})
        for month in range(first, first + 13):
            read_on_the_last_day(stand, device, number, month, 100)
            assert drawn_when_over(stand, device, number, month, 10) == [drawn(number, month, charged=110 * 830)]

    def test_a_century_s_year_is_no_leap_year(self):
        """February 2100 has 28 days; what is paid on the first of a month is for it."""
        with Anvil(*OPTIONS) as chain:
            stand = Stand(Park(chain))
            february = (2100 - 1970) * 12 + 1
            account, device = stand.metered_customer()
            membership, authority = stand.market.membership, stand.market.authority.address
            offices = [known_account(name).address for name in ("registrar", *ATTESTERS)]
            for member in (stand.provider, account, *offices):
                renewed = membership.standing_of(member).member, start_of(february + 12), b"\1" * 32
                stand.as_account(authority, membership, "renew", *renewed)
            stand.begin(february - 1)
            [number] = stand.buy(account, stand.lots(stand.publish(), device, 880))
            month_by_month(stand, (account, device, number), range(february, february + 3))

    def test_every_month_is_over_with_the_first_of_the_next(self, stand: Stand):
        """What is paid then is for the next: each month has the one unit that was paid in it or before."""
        account, device, number, first = subscribed(stand, 880)
        month_by_month(stand, (account, device, number), range(first, first + 12))

    def test_of_what_does_not_exist(self, stand: Stand):
        unknown = stand.packages.subscription_count() + 1
        stand.fails(reverts.UnknownSubscription, "draw", [unknown], subscription=unknown)
        stand.fails(reverts.UnknownSubscription, "draw", [0], subscription=0)


class TestBatches:
    def test_each_provider_is_paid_once_for_what_comes_together(self, stand: Stand):
        version, account = stand.publish(), stand.person()
        another = stand.publish(provider=account)
        devices = [stand.meter(stand.person()) for _ in range(5)]
        owners = [stand.market.meters.owner_of(device) for device in devices]
        versions = [version, version, another, another, version]
        numbers = [
            stand.buy(owner, stand.lots(of, device, PT))[0]
            for owner, of, device in zip(owners, versions, devices, strict=True)
        ]
        month = stand.month(1)
        stand.pass_month(month, {device: 10 * (place + 1) for place, device in enumerate(devices)})
        mined = stand.draw(*numbers)
        module = stand.packages.address.lower()
        paid = [
            ("Paid", (module, module, to.lower(), amount * 880))
            for to, amount in ((stand.provider, 30), (account, 70), (stand.provider, 50))
        ]
        assert told(mined, "Paid") == paid


class TestFlow:
    def test_costs_what_a_single_month_does_when_its_term_is_over(self, stand: Stand):
        version = stand.publish(Carrier.COOLING)
        account, device = stand.metered_customer(Carrier.COOLING)
        [number] = stand.buy(account, stand.flow(version, device, 10 * PT, 3))
        month = stand.month(1)
        for later, price in enumerate((407, 407, 407, 420, 420)):
            stand.pass_month(month + later, {device: 1_000})
            assert told(stand.draw(number), "Drawn") == [drawn(number, month + later, charged=1_000 * price)]
        assert stand.lots_of(number) == [(10 * PT - 3_000 * 407 - 2_000 * 420, 407)]

    def test_a_payment_has_the_price_of_the_term_that_runs(self, stand: Stand):
        version = stand.publish(Carrier.COOLING)
        account, device = stand.metered_customer(Carrier.COOLING)
        [number] = stand.buy(account, stand.flow(version, device, PT, 1))
        stand.does("pay", number, PT, sender=account)
        [twelve] = stand.buy(account, stand.flow(version, stand.meter(account, Carrier.COOLING), PT, 12))
        stand.begin(stand.month(2))
        stand.does("pay", number, PT, sender=account)
        stand.does("pay", twelve, PT, sender=account)
        assert [price for _, price in stand.lots_of(number)] == [420, 420, 420]
        assert [price for _, price in stand.lots_of(twelve)] == [386, 386]


class TestBonus:
    def test_is_drawn_last_and_nobody_is_paid_for_it(self, stand: Stand):
        electricity, cold = stand.publish(), stand.publish(Carrier.COOLING)
        account, device = stand.metered_customer()
        amount = 1_000 * PT
        number, _ = stand.buy(account, stand.lots(electricity, device, amount), stand.area(cold, 100))
        stand.does("pay", number, 880 * 1_000, sender=account)
        month = stand.month(1)
        units, bonus = amount // 860, 10 * PT // 860
        stand.pass_month(month, {device: units + 1_000 + bonus - 1})
        charged = units * 860 + 1_000 * 880
        mined = stand.draw(number)
        dust = amount - units * 860
        assert told(mined, "Drawn") == [drawn(number, month, charged=charged, dust=dust, bonus=(bonus - 1) * 860)]
        stand.pass_month(month + 1, {device: 3})
        # What is paid too late does not stand in the bonus's way.
        stand.does("pay", number, PT, sender=account)
        mined = stand.draw(number)
        assert told(mined, "Drawn") == [drawn(number, month + 1, bonus=860, arrears=2 * 968)]
        assert stand.bonus_of(number) == (0, 0)

    def test_to_the_last_unit_and_then_no_more(self, stand: Stand):
        """A bonus of 12,000 units, with nothing over."""
        electricity, cold = stand.publish(), stand.publish(Carrier.COOLING)
        account, device = stand.metered_customer()
        amount, units, month = 1_032 * PT, 1_200_000, stand.month(1)
        number, _ = stand.buy(account, stand.lots(electricity, device, amount), stand.area(cold, 100))
        _, bonus = stand.packages.lots_of(number)
        assert ChainLot.unpacked(bonus) == ChainLot(12_000 * 860, 12_000 * 860, 860, stand.blocks.now)
        stand.pass_month(month, {device: units + 11_999})
        mined = stand.draw(number)
        assert told(mined, "Drawn") == [drawn(number, month, charged=amount, bonus=11_999 * 860)]
        assert stand.bonus_of(number) == (860, 860)
        for later, bonus in enumerate((860, 0), 1):
            stand.pass_month(month + later, {device: 2})
            mined = stand.draw(number)
            arrears = 968 if bonus else 2 * 968
            assert told(mined, "Drawn") == [drawn(number, month + later, bonus=bonus, arrears=arrears)]
            assert stand.bonus_of(number) == (0, 0)


class TestArrears:
    def test_are_paid_from_free_money(self, stand: Stand):
        account, device, number, month = subscribed(stand, 100 * PT)
        stand.leave(account, 10 * PT)
        stand.pass_month(month, {device: 120_000})
        paid = 99_999_680 + 6_160_352
        with stand.moves({account: 320 - 6_160_352, stand.provider: paid, "locked": -100 * PT}):
            mined = stand.draw(number)
        expected = {"charged": 99_999_680, "dust": 320, "arrears": 6_160_352}
        assert told(mined, "Drawn", "ArrearsBegan", "DebtRecorded") == [drawn(number, month, **expected)]
        assert stand.owed_since(account) == 0

    def test_and_the_rest_is_owed(self, stand: Stand):
        """What comes back of a lot is in the wallet before arrears are taken from it."""
        account, device, number, month = subscribed(stand, 100 * PT)
        stand.leave(account, PT)
        stand.pass_month(month, {device: 130_000})
        with stand.moves({account: -PT, stand.provider: 99_999_680 + 1_000_320, "locked": -100 * PT}):
            mined = stand.draw(number)
        expected = {"charged": 99_999_680, "dust": 320, "arrears": 15_840_352, "unpaid": 14_840_032}
        assert told(mined, "Drawn") == [drawn(number, month, **expected)]
        assert told(mined, "ArrearsBegan") == [("ArrearsBegan", (number, 14_840_032))]
        assert stand.debt(account) == 14_840_032
        assert stand.market.vault.account_of(account).in_default
        assert stand.owed_since(account) == stand.blocks.now

    def test_of_one_upt(self, stand: Stand):
        cheap = {"steps": [Step(0, 1)], "discounts": Discounts(*[0] * 7)}
        account, device, number, month = subscribed(stand, 1, postpaid=1, flow_price=1, **cheap)
        stand.pass_month(month, {device: 2})
        with stand.moves({account: -1, stand.provider: 2, "locked": -1}):
            mined = stand.draw(number)
        assert told(mined, "Drawn") == [drawn(number, month, charged=1, arrears=1)]

    def test_of_one_upt_that_is_owed(self, stand: Stand):
        """The next payment clears it first."""
        cheap = {"steps": [Step(0, 1)], "discounts": Discounts(*[0] * 7)}
        account, device, number, month = subscribed(stand, 1, postpaid=1, flow_price=1, **cheap)
        stand.leave(account, 0)
        stand.pass_month(month, {device: 2})
        stand.draw(number)
        assert stand.debt(account) == 1
        other = stand.person()
        vault = stand.market.vault
        stand.blocks.mine([message(vault, "withdraw", other, 5)])
        stand.blocks.mine([message(stand.market.power_token, "transfer", other, account, 5)])
        stand.blocks.mine([message(stand.market.power_token, "approve", account, vault.address, 5)])
        stand.blocks.mine([message(vault, "deposit", account, 5)])
        with stand.moves({account: -5, stand.provider: 1, "locked": 4}):
            stand.does("pay", number, 5, sender=account)
        assert (stand.debt(account), stand.lots_of(number)) == (0, [(4, 1)])

    def test_of_who_does_not_let_anything_be_taken(self, stand: Stand):
        account, device, number, month = subscribed(stand, 880)
        stand.as_account(account, stand.market.vault, "chooseModules", 0)
        stand.pass_month(month, {device: 2})
        with stand.moves({account: 0, stand.provider: 880, "locked": -880}):
            stand.draw(number)
        assert stand.debt(account) == 968

    def test_are_told_once(self, stand: Stand):
        account, device, number, month = subscribed(stand, 880)
        stand.leave(account, 0)
        for later in range(2):
            stand.pass_month(month + later, {device: 11})
            mined = stand.draw(number)
            assert len(told(mined, "ArrearsBegan")) == 1 - later
        assert stand.debt(account) == 21 * 968

    def test_a_payment_clears_them_first(self, stand: Stand):
        account, device, number, month = subscribed(stand, 880)
        stand.leave(account, 0)
        stand.pass_month(month, {device: 11})
        stand.draw(number)
        other = stand.person()
        token, vault = stand.market.power_token, stand.market.vault
        stand.blocks.mine([message(vault, "withdraw", other, 10 * PT)])
        stand.blocks.mine([message(token, "transfer", other, account, 10 * PT)])
        stand.blocks.mine([message(token, "approve", account, vault.address, 10 * PT)])
        stand.blocks.mine([message(vault, "deposit", account, 10 * PT)])
        area = stand.area(stand.publish(Carrier.COOLING, annual_price=1_000), 100)
        with stand.moves({account: -968, stand.provider: 968, "locked": 0}):
            mined = stand.does("pay", number, 968, sender=account)
        assert told(mined, "LotAdded", "SupplyResumed") == []
        assert stand.debt(account) == 9 * 968
        with stand.moves({account: -PT, stand.provider: 9 * 968, "locked": PT - 9 * 968}):
            stand.does("pay", number, PT, sender=account)
        assert stand.debt(account) == 0
        assert stand.lots_of(number) == [(PT - 9 * 968, 880)]
        stand.buy(account, area)

    def test_a_purchase_comes_on_top(self, stand: Stand):
        account, device, number, month = subscribed(stand, 880)
        stand.as_account(account, stand.market.vault, "chooseModules", 0)
        stand.pass_month(month, {device: 11})
        stand.draw(number)
        assert stand.debt(account) == 9_680
        stand.as_account(account, stand.market.vault, "chooseModules", stand.modules)
        version = stand.publish(Carrier.COOLING)
        fee = stand.tariffs.area_fee(version, 100, stand.month(), 12, 12, 1)
        with stand.moves({account: -9_680 - fee, stand.provider: 9_680, "locked": fee}):
            stand.buy(account, stand.area(version, 100))
        assert stand.debt(account) == 0


class TestSuspension:
    def owing(self, stand: Stand) -> tuple[str, int]:
        account, device, number, month = subscribed(stand, 880)
        stand.as_account(account, stand.market.vault, "chooseModules", 0)
        stand.pass_month(month, {device: 11})
        stand.draw(number)
        return account, number

    def test_after_three_days_of_grace_to_the_second(self, stand: Stand):
        _, number = self.owing(stand)
        since = stand.blocks.now
        assert stand.packages.grace() == 3 * DAY
        expected = {"subscription": number, "from_": since + 3 * DAY}
        stand.pass_until(since + 3 * DAY - 1)
        stand.fails(reverts.SupplyUnchanged, "updateSupply", number, **expected)
        stand.blocks.mine([], since + 3 * DAY)
        assert told(stand.does("updateSupply", number), "SupplySuspended") == [("SupplySuspended", (number,))]
        assert stand.metered(number).suspended
        stand.fails(reverts.SupplyUnchanged, "updateSupply", number, subscription=number, from_=0)

    def test_ends_when_all_is_paid(self, stand: Stand):
        account, number = self.owing(stand)
        stand.pass_until(stand.blocks.now + 3 * DAY)
        stand.does("updateSupply", number)
        vault = stand.market.vault
        stand.as_account(account, vault, "payDebt", account, stand.provider, 9_679)
        stand.fails(reverts.SupplyUnchanged, "updateSupply", number, subscription=number, from_=0)
        stand.as_account(account, vault, "payDebt", account, stand.provider, 1)
        assert told(stand.does("updateSupply", number), "SupplyResumed") == [("SupplyResumed", (number,))]
        stand.fails(reverts.SupplyUnchanged, "updateSupply", number, subscription=number, from_=0)

    def test_of_who_paid_in_time_is_none(self, stand: Stand):
        account, number = self.owing(stand)
        stand.as_account(account, stand.market.vault, "payDebt", account, stand.provider, 9_680)
        stand.fails(reverts.SupplyUnchanged, "updateSupply", number, subscription=number, from_=0)

    def test_a_debt_that_was_paid_through_another_subscription_counts_no_more(self, stand: Stand):
        """What he comes to owe for that one later has days of grace of its own, for both."""
        account, number = self.owing(stand)
        stand.as_account(account, stand.market.vault, "chooseModules", stand.modules)
        meter, month = stand.meter(account, Carrier.COOLING), stand.month(1)
        [other] = stand.buy(account, stand.lots(stand.publish(Carrier.COOLING), meter, 880))
        assert stand.debt(account) == 0
        stand.as_account(account, stand.market.vault, "chooseModules", 0)
        stand.pass_month(month, {meter: 2})
        mined = stand.draw(other)
        assert told(mined, "ArrearsBegan") == [("ArrearsBegan", (other, 968))]
        since = stand.blocks.now
        for one in (number, other):
            stand.fails(reverts.SupplyUnchanged, "updateSupply", one, subscription=one, from_=since + 3 * DAY)

    def test_is_not_of_areas(self, stand: Stand):
        account, number = self.owing(stand)
        stand.as_account(account, stand.market.vault, "payDebt", account, stand.provider, 9_680)
        stand.as_account(account, stand.market.vault, "chooseModules", stand.modules)
        [area] = stand.buy(account, stand.area(stand.publish(Carrier.COOLING), 10_000))
        stand.fails(reverts.PaidByArea, "updateSupply", area, subscription=area)
        stand.pass_until(stand.blocks.now + 40 * DAY)
        stand.fails(reverts.PaidByArea, "updateSupply", area, subscription=area)
        assert not stand.metered(number).suspended

    def test_what_is_owed_for_something_else_is_not_owed_for_packages(self, stand: Stand):
        """The Vault has one debt of two accounts, whatever it is for."""
        account, device, number, month = subscribed(stand, 880)
        vault, tenders = stand.market.vault, stand.market.tenders.address
        stand.as_account(account, vault, "chooseModules", 0)
        stand.pass_month(month, {device: 2})
        stand.draw(number)
        stand.as_account(account, vault, "payDebt", account, stand.provider, 968)
        assert vault.debt_since(account, stand.provider) == 0
        stand.pass_until(stand.blocks.now + DAY)
        stand.as_account(tenders, vault, "recordDebt", account, stand.provider, 500)
        other_since = stand.blocks.now
        assert vault.debt_since(account, stand.provider) == other_since
        assert stand.owed_since(account) == 0
        stand.pass_until(other_since + 40 * DAY)
        stand.fails(reverts.SupplyUnchanged, "updateSupply", number, subscription=number, from_=0)
        stand.pass_month(month + 2, {device: 1})
        mined = stand.draw(number)
        assert told(mined, "ArrearsBegan") == [("ArrearsBegan", (number, 968))]
        assert vault.debt_since(account, stand.provider) == other_since
        since = stand.blocks.now
        assert stand.owed_since(account) == since
        expected = {"subscription": number, "from_": since + 3 * DAY}
        stand.fails(reverts.SupplyUnchanged, "updateSupply", number, **expected)

    def test_ends_in_the_days_of_grace_of_another_debt(self, stand: Stand):
        """Who paid elsewhere, and owes again, is supplied as long as anyone who owes."""
        account, device, number, month = subscribed(stand, 880)
        stand.as_account(account, stand.market.vault, "chooseModules", 0)
        stand.pass_month(month, {device: 2})
        stand.draw(number)
        stand.pass_until(stand.blocks.now + 3 * DAY)
        stand.does("updateSupply", number)
        stand.as_account(account, stand.market.vault, "payDebt", account, stand.provider, 968)
        stand.pass_month(month + 1, {device: 1})
        stand.draw(number)
        assert stand.metered(number).suspended
        mined = stand.does("updateSupply", number)
        assert told(mined, "SupplyResumed") == [("SupplyResumed", (number,))]
        expected = {"subscription": number, "from_": stand.owed_since(account) + 3 * DAY}
        stand.fails(reverts.SupplyUnchanged, "updateSupply", number, **expected)

    def test_is_not_of_what_is_closed(self, stand: Stand):
        account, _, number, _ = subscribed(stand, 880)
        stand.does("cancel", number, sender=account)
        expected = {"subscription": number, "state": SubscriptionState.CLOSED}
        stand.fails(reverts.UnexpectedState, "updateSupply", number, **expected)

    def test_a_payment_ends_it(self, stand: Stand):
        account, number = self.owing(stand)
        stand.pass_until(stand.blocks.now + 3 * DAY)
        stand.does("updateSupply", number)
        stand.as_account(account, stand.market.vault, "chooseModules", stand.modules)
        mined = stand.does("pay", number, 9_680, sender=account)
        assert told(mined, "SupplyResumed") == [("SupplyResumed", (number,))]

    def test_who_paid_and_owes_again_has_days_of_grace_again(self, stand: Stand):
        account, device, number, month = subscribed(stand, 880)
        stand.as_account(account, stand.market.vault, "chooseModules", 0)
        stand.pass_month(month, {device: 2})
        stand.draw(number)
        first = stand.owed_since(account)
        stand.as_account(account, stand.market.vault, "payDebt", account, stand.provider, 968)
        stand.pass_month(month + 1, {device: 1})
        mined = stand.draw(number)
        assert told(mined, "ArrearsBegan") == [("ArrearsBegan", (number, 968))]
        assert stand.owed_since(account) == stand.blocks.now > first

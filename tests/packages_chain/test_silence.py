"""Meters that nobody reads: what their months cost, and who ends their supply."""

from tests.packages_chain.stand import PT, Stand, subscribed, told
from wattbook.contracts import reverts
from wattbook.contracts.structs import Exchange, Refund, ShortSignature, SubscriptionState
from wattbook.deployment.local import known_account
from wattbook.eip712 import sign
from wattbook.metering.roots import in_order
from wattbook.trial.blocks import message
from wattbook.trial.metering import ATTESTERS
from wattbook.trial.subscribing import DAY, start_of


def exchanged(stand: Stand, device: int, time: int, closing: int) -> None:
    """A new meter, which begins at zero, stands in the old one's place."""
    exchange = Exchange(device, time, closing, 0, bytes(32))
    readings, keys = stand.market.readings, [known_account(name) for name in ATTESTERS]
    signed = in_order((key.address, sign(readings, "Exchange", key, exchange._asdict())) for key in keys)
    signatures = [ShortSignature(*one) for one in signed]
    stand.blocks.mine([message(readings, "exchange", known_account("grid").address, exchange, signatures)])


class TestMonthsWithoutReadings:
    def test_that_a_new_meter_bridges_cost_what_the_exchange_record_says(self, stand: Stand):
        """Attesters put into the closing register what the dead meter did not count."""
        _, device, number, month = subscribed(stand, 1_000 * PT)
        for place in range(2):
            stand.pass_month(month + place, {device: 3_000})
        stand.draw(number)
        last = month + 9
        stand.begin(last)
        exchanged(stand, device, stand.blocks.now, 6_000 + 9_600)
        stand.pass_until(start_of(last) + 2 * DAY)
        stand.read(start_of(last) + DAY, {device: 96 - 6_000})
        mined = stand.draw(number)
        used = [stand.market.readings.month_of(device, one).wh for one in range(month + 2, last + 1)]
        assert (used[:3], sum(used)) == ([0] * 3, 9_600 + 96)
        assert [args[1:3] for _, args in told(mined, "Drawn")] == [
            (month + 2 + place, wh * 860) for place, wh in enumerate(used[:-1])
        ]

    def test_of_a_meter_that_was_read_until_it_was_retired_cost_what_was_read(self, stand: Stand):
        account, device, number, month = subscribed(stand, 1_000 * PT)
        stand.pass_month(month, {device: 50_000})
        stand.draw(number)
        stand.pass_until(start_of(month + 1) + 2 * DAY)
        stand.read(start_of(month + 1) + 2 * DAY, {device: 60})
        stand.as_account(account, stand.market.meters, "retire", device)
        stand.pass_until(start_of(month + 2) + 30 * DAY)
        mined = stand.does("close", number)
        assert [args[1:3] for _, args in told(mined, "Drawn")] == [(month + 1, 60 * 860)]

    def test_and_of_one_that_was_silent_before_the_mean(self, stand: Stand):
        account, device, number, month = subscribed(stand, 1_000 * PT)
        stand.pass_month(month, {device: 50_000})
        stand.draw(number)
        stand.pass_until(start_of(month + 1) + 2 * DAY)
        stand.as_account(account, stand.market.meters, "retire", device)
        stand.pass_until(start_of(month + 2) + 30 * DAY)
        mined = stand.does("close", number)
        assert [args[1:3] for _, args in told(mined, "Drawn")] == [(month + 1, 50_000 * 860)]


class TestEndingIt:
    def test_thirty_days_after_the_last_reading_to_the_second(self, stand: Stand):
        _, device, number, month = subscribed(stand)
        stand.pass_month(month, {device: 1_000})
        supplied, last = stand.market.supplied_devices, start_of(month + 1)
        assert stand.market.package_rules.silence() == 30 * DAY
        expected = {"device": device, "from_": last + 30 * DAY}
        stand.blocks.mine([], last + 30 * DAY - 1)
        stand.fails_at(supplied, reverts.NotSilent, "endSilent", device, **expected)
        anyone = known_account("grid").address
        [mined] = stand.blocks.mine([message(supplied, "endSilent", anyone, device)], last + 30 * DAY)
        until = stand.month(1)
        assert told(mined, "Cancelled") == [("Cancelled", (number, until, Refund.USUAL))]
        assert stand.subscription(number).state == SubscriptionState.ENDING
        assert stand.needed(stand.provider, start_of(until) - 1) == 1
        assert stand.needed(stand.provider, start_of(until)) == 0

    def test_not_sooner_than_that_after_its_beginning(self, stand: Stand):
        _, device, number, month = subscribed(stand)
        supplied, begun = stand.market.supplied_devices, start_of(month)
        stand.fails_at(supplied, reverts.NotSilent, "endSilent", device, device=device, from_=0)
        stand.begin(month)
        expected = {"device": device, "from_": begun + 30 * DAY}
        stand.fails_at(supplied, reverts.NotSilent, "endSilent", device, **expected)
        stand.pass_until(begun + 30 * DAY)
        stand.as_account(known_account("grid").address, supplied, "endSilent", device)
        assert stand.subscription(number).state == SubscriptionState.ENDING

    def test_not_of_what_is_paid_by_area(self, stand: Stand):
        """Or its customer would pay the fee, and for what he takes as well."""
        version = stand.publish()
        account, device = stand.metered_customer(rated_w=9_600)
        [number] = stand.buy(account, stand.area(version, 10_000, 12, device=device))
        stand.pass_until(stand.blocks.now + 31 * DAY)
        supplied = stand.market.supplied_devices
        stand.fails_at(supplied, reverts.PaidByArea, "endSilent", device, subscription=number)
        assert stand.supplier(device, stand.blocks.now) == stand.provider

    def test_and_it_is_supplied_again_when_it_is_read(self, stand: Stand):
        account, device, _, month = subscribed(stand)
        stand.pass_month(month, {device: 1_000})
        last = start_of(month + 1)
        stand.pass_until(last + 30 * DAY)
        stand.as_account(known_account("grid").address, stand.market.supplied_devices, "endSilent", device)
        again = [stand.lots(stand.publish(), device, PT, 2)]
        stand.fails(reverts.DeviceSilent, "buy", again, sender=account, device=device, read=last)
        stand.read(last + 30 * DAY, {device: 5})
        stand.buy(account, *again)


class TestProvidersInDebt:
    def test_sell_nothing(self, stand: Stand):
        account, device, number, month = subscribed(stand, 880)
        stand.as_account(account, stand.market.vault, "chooseModules", 0)
        stand.pass_month(month, {device: 2})
        stand.draw(number)
        other, meter = stand.metered_customer()
        version = stand.publish(provider=account)
        wanted = [stand.lots(version, meter, PT)]
        stand.fails(reverts.ProviderInDefault, "buy", wanted, sender=other, provider=account)
        stand.as_account(account, stand.market.vault, "payDebt", account, stand.provider, 968)
        stand.buy(other, *wanted)

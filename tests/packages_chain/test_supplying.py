"""The provider takes what his customers' meters count; the meters stay theirs."""

from tests.packages_chain.stand import Stand, told
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier
from wattbook.deployment.anvil import Anvil
from wattbook.trial.blocks import OPTIONS
from wattbook.trial.park import Park
from wattbook.trial.subscribing import DAY, start_of

PT = 1_000_000
NOBODY = "0x" + "00" * 20


def delivered(stand: Stand, account: str, slot: int, carrier: Carrier = Carrier.ELECTRICITY) -> tuple[int, int]:
    """Wh that an account took in a slot, and how many of its devices were read."""
    found = stand.market.imbalance.delivery_of(stand.zone, carrier, slot, account)
    return found.withdrawn, found.devices


class TestCounting:
    def test_what_a_supplied_meter_takes_is_the_provider_s(self, stand: Stand):
        version = stand.publish()
        account, device = stand.metered_customer()
        [number] = stand.buy(account, stand.lots(version, device, PT))
        month = stand.month(1)
        stand.begin(month)
        begins = start_of(month)
        stand.pass_until(begins + 1)
        stand.read(begins - DAY, {device: 0})
        stand.read(begins, {device: 70})
        stand.pass_until(begins + 2 * DAY)
        stand.read(begins + DAY, {device: 500})
        assert delivered(stand, account, begins - DAY) == (70, 1)
        assert delivered(stand, stand.provider, begins - DAY) == (0, 0)
        assert delivered(stand, account, begins) == (0, 1)
        assert delivered(stand, stand.provider, begins) == (500, 1)
        assert stand.needed(account, begins) == 1
        assert stand.needed(stand.provider, begins) == 1
        assert stand.subscription(number).first == month

    def test_until_it_ends(self, stand: Stand):
        version = stand.publish()
        account, device = stand.metered_customer()
        [number] = stand.buy(account, stand.lots(version, device, PT))
        month = stand.month(1)
        stand.begin(month)
        stand.does("cancel", number, sender=account)
        last = start_of(month + 1) - DAY
        stand.pass_until(last + 1)
        stand.read(last, {device: 0})
        stand.pass_until(last + 2 * DAY + 1)
        stand.read(last + DAY, {device: 30})
        stand.read(last + 2 * DAY, {device: 40})
        assert delivered(stand, stand.provider, last) == (30, 1)
        assert delivered(stand, account, last) == (0, 1)
        assert delivered(stand, stand.provider, last + DAY) == (0, 0)
        assert delivered(stand, account, last + DAY) == (40, 1)

    def test_the_provider_pays_for_what_he_did_not_buy(self, stand: Stand):
        """And the customer for nothing, whom settlement leaves alone."""
        version = stand.publish()
        account, device = stand.metered_customer()
        stand.buy(account, stand.lots(version, device, PT))
        month = stand.month(1)
        begins = start_of(month)
        stand.pass_until(begins + DAY + 1)
        stand.read(begins, {device: 0})
        stand.read(begins + DAY, {device: 1_000})
        both = sorted([account, stand.provider], key=lambda one: int(one, 16))
        settling = (stand.zone, Carrier.ELECTRICITY, begins, both)
        with stand.moves({account: 0, stand.provider: -600 * 1_000, "locked": 0}):
            stand.as_account(account, stand.market.imbalance, "settle", *settling)

    def test_supplier_by_month_to_the_second(self, stand: Stand):
        version = stand.publish()
        account, device = stand.metered_customer()
        [number] = stand.buy(account, stand.lots(version, device, PT, ahead=2))
        first = stand.month(2)
        asked = {start_of(first) - 1: NOBODY, start_of(first): stand.provider, start_of(first + 50): stand.provider}
        assert {time: stand.supplier(device, time) for time in asked} == asked
        assert stand.market.meters.counts_for(device, start_of(first)) == [account, stand.provider]
        stand.begin(first)
        stand.does("cancel", number, sender=account)
        asked = {start_of(first + 1) - 1: stand.provider, start_of(first + 1): NOBODY}
        assert {time: stand.supplier(device, time) for time in asked} == asked

    def test_one_after_another(self, stand: Stand):
        version, account = stand.publish(), stand.person()
        other = stand.publish(provider=account)
        device = stand.meter(account, rated_w=96)
        stand.buy(account, stand.area(version, 100, 3, device=device))
        stand.buy(account, stand.lots(other, device, PT, 3))
        month = stand.month()
        times = [stand.blocks.now, *(start_of(month + place) for place in range(1, 5))]
        assert [stand.supplier(device, time) for time in times] == [stand.provider] * 3 + [account] * 2

    def test_what_begins_in_the_month_that_runs_begins_at_once(self, stand: Stand):
        """What was counted before may be settled."""
        account, device = stand.metered_customer(rated_w=96)
        month = stand.month(1)
        stand.pass_until(start_of(month) + 10 * DAY)
        stand.buy(account, stand.area(stand.publish(), 100, 1, device=device))
        since = stand.blocks.now
        times = [start_of(month), since - 1, since, start_of(month + 1) - 1, start_of(month + 1)]
        suppliers = [NOBODY, NOBODY, stand.provider, stand.provider, NOBODY]
        assert [stand.supplier(device, time) for time in times] == suppliers
        assert [stand.needed(stand.provider, time) for time in times] == [0, 0, 1, 1, 0]

    def test_what_never_began_leaves_nothing_behind(self, stand: Stand):
        version = stand.publish()
        account, device = stand.metered_customer()
        for _ in range(3):
            [number] = stand.buy(account, stand.lots(version, device, PT, 2))
            stand.does("cancel", number, sender=account)
        assert stand.supplier(device, start_of(stand.month(2))) == NOBODY
        assert [stand.needed(stand.provider, start_of(stand.month(ahead))) for ahead in range(4)] == [0] * 4
        stand.buy(account, stand.lots(version, device, PT, 1))

    def test_the_first_device_of_a_market_is_let_go_too(self):
        """Number 1; an area with number 0 has none."""
        with Anvil(*OPTIONS) as chain:
            stand = Stand(Park(chain))
            account, device = stand.metered_customer(rated_w=9_600)
            assert device == 1
            [number] = stand.buy(account, stand.area(stand.publish(), 10_000, 3, 2, device=device))
            assert stand.supplier(device, start_of(stand.month(2))) == stand.provider
            stand.does("cancel", number, sender=account)
            assert stand.supplier(device, start_of(stand.month(2))) == NOBODY

    def test_nor_do_several(self, stand: Stand):
        version = stand.publish()
        account, device = stand.metered_customer(rated_w=9_600)
        [area] = stand.buy(account, stand.area(version, 10_000, 3, 2, device=device))
        [lots] = stand.buy(account, stand.lots(version, device, PT, 5))
        for number in (area, lots):
            stand.does("cancel", number, sender=account)
        stand.buy(account, stand.lots(version, device, PT, 1))
        assert [stand.needed(stand.provider, start_of(stand.month(ahead))) for ahead in range(4)] == [0, 1, 1, 1]


class TestMarking:
    def test_supply_is_the_packages_contract_s_to_say(self, stand: Stand):
        account, device = stand.metered_customer()
        supplied, refusal = stand.market.supplied_devices, {"sender": account, "caller": account}
        stand.fails_at(supplied, reverts.NotPackages, "begin", device, account, stand.month(1), 65_535, 1, **refusal)
        stand.fails_at(supplied, reverts.NotPackages, "end", device, 1, stand.month(1), **refusal)
        stand.fails_at(supplied, reverts.NotPackages, "goOn", device, 1, stand.month(2), **refusal)

    def test_by_the_suppliers_contract_only(self, stand: Stand):
        account, device = stand.metered_customer()
        meters = stand.market.meters
        stand.fails_at(meters, reverts.NotSuppliers, "markSupplied", device, account, sender=account, caller=account)
        assert not meters.device_of(device).supplied
        stand.buy(account, stand.lots(stand.publish(), device, PT))
        assert meters.device_of(device).supplied

    def test_once(self, stand: Stand):
        meters, suppliers = stand.market.meters, stand.market.supplied_devices.address
        sender = stand.market.authority.address
        expected = {"sender": sender, "suppliers": suppliers}
        stand.fails_at(meters, reverts.SuppliersAlreadySet, "setSuppliers", suppliers, **expected)
        stand.fails_at(meters, reverts.ZeroAddress, "setSuppliers", "0x" + "00" * 20, sender=sender)

    def test_a_device_that_was_never_supplied_moves_as_before(self, stand: Stand):
        account, device = stand.metered_customer()
        assert told(stand.move(device, account, stand.person()), "Cancelled") == []

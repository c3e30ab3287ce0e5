"""A provider is settled when his customers' meters are read, or when they have been silent for long."""

from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.packages_chain.stand import Stand, stranger
from wattbook.contracts.structs import Carrier
from wattbook.deployment.bytecode import storage_slot
from wattbook.settlement.statements import unpacked
from wattbook.trial.blocks import message
from wattbook.trial.subscribing import DAY, start_of

PT = 1_000_000


def customer(stand: Stand, version: int, ahead: int = 1) -> tuple[str, int, int]:
    """One with lots; his account, meter and subscription."""
    account, device = stand.metered_customer()
    [number] = stand.buy(account, stand.lots(version, device, 10 * PT, ahead))
    return account, device, number


def settle(stand: Stand, slot: int, account: str) -> tuple[str, Any]:
    """Awaited: how many devices are read, and how many there must be. Settled: Wh that the account took."""
    mined = stand.as_account(account, stand.market.imbalance, "settle", stand.zone, 0, slot, [account])
    [log] = [log for log in mined.logs if log.name in ("AccountWaits", "AccountSettled")]
    return log.name, log.args[2:] if log.name == "AccountWaits" else unpacked(log.args[2]).withdrawn


def known_from(stand: Stand, slot: int) -> int:
    """When what was not read of a slot is estimated."""
    return slot + DAY + int(stand.market.imbalance.patience())


class TestWaiting:
    def test_for_the_last_of_his_customers(self, stand: Stand):
        version = stand.publish()
        (_, one, _), (_, two, _) = customer(stand, version), customer(stand, version)
        begins = start_of(stand.month(1))
        stand.pass_until(begins + DAY + 1)
        stand.read(begins, {one: 0, two: 0})
        assert settle(stand, begins, stand.provider) == ("AccountWaits", (0, 2))
        stand.read(begins + DAY, {one: 700})
        assert settle(stand, begins, stand.provider) == ("AccountWaits", (1, 2))
        stand.pass_until(begins + 2 * DAY + 1)
        stand.read(begins + 2 * DAY, {two: 600})
        assert settle(stand, begins, stand.provider) == ("AccountSettled", 1_000)

    def test_the_owner_too(self, stand: Stand):
        account, device, _ = customer(stand, stand.publish())
        begins = start_of(stand.month(1))
        stand.pass_until(begins + DAY + 1)
        stand.read(begins, {device: 0})
        assert settle(stand, begins, account) == ("AccountWaits", (0, 1))
        stand.read(begins + DAY, {device: 700})
        assert settle(stand, begins, account) == ("AccountSettled", 0)

    def test_for_a_meter_of_his_own_that_he_supplies(self, stand: Stand):
        device = stand.meter(stand.provider)
        stand.buy(stand.provider, stand.lots(stand.publish(), device, PT))
        begins = start_of(stand.month(1))
        stand.pass_until(begins + DAY + 1)
        stand.read(begins, {device: 0})
        assert settle(stand, begins, stand.provider) == ("AccountWaits", (0, 2))
        stand.read(begins + DAY, {device: 700})
        assert settle(stand, begins, stand.provider) == ("AccountSettled", 700)

    def test_under_the_name_that_took_his_place(self, stand: Stand):
        _, device, _ = customer(stand, stand.publish())
        begins, new = start_of(stand.month(1)), stranger()
        stand.as_account(stand.market.authority.address, stand.market.membership, "decideRecovery", stand.provider, new)
        stand.pass_until(begins + DAY + 1)
        stand.read(begins, {device: 0})
        assert settle(stand, begins, new) == ("AccountWaits", (0, 1))
        stand.read(begins + DAY, {device: 700})
        assert settle(stand, begins, new) == ("AccountSettled", 700)

    def test_no_longer_than_patience(self, stand: Stand):
        """What stays silent is held to have taken what it did at the same time of the days before."""
        _, device, _ = customer(stand, stand.publish())
        begins = start_of(stand.month(1))
        silent = begins + 2 * DAY
        stand.pass_until(silent + 1)
        stand.read(begins, {device: 0})
        stand.read(begins + DAY, {device: 1_000})
        stand.read(silent, {device: 2_000})
        stand.pass_until(known_from(stand, silent) - 60)
        assert settle(stand, silent, stand.provider) == ("AccountWaits", (0, 1))
        stand.pass_until(known_from(stand, silent))
        assert settle(stand, silent, stand.provider) == ("AccountSettled", 1_500)
        stand.read(silent + DAY, {device: 1_200})
        assert settle(stand, silent, stand.provider) == ("AccountSettled", 1_200)

    def test_from_month_to_month(self, stand: Stand):
        account, _, number = customer(stand, stand.publish(), 2)
        month = stand.month(2)
        begins, ends = start_of(month), start_of(month + 1)
        stand.begin(month)
        assert settle(stand, begins - DAY, stand.provider) == ("AccountSettled", 0)
        stand.does("cancel", number, sender=account)
        stand.pass_until(ends + DAY + 1)
        assert settle(stand, ends - DAY, stand.provider) == ("AccountWaits", (0, 1))
        assert settle(stand, ends, stand.provider) == ("AccountSettled", 0)
        assert [stand.needed(stand.provider, time) for time in (begins - 1, begins, ends - 1, ends)] == [0, 1, 1, 0]

    def test_for_nothing_that_was_retired(self, stand: Stand):
        account, device, _ = customer(stand, stand.publish())
        month = stand.month(1)
        stand.pass_until(start_of(month) + 10 * DAY)
        stand.as_account(account, stand.market.meters, "retire", device)
        retired = stand.blocks.now
        times = [start_of(month), retired - 1, retired, start_of(month + 1) - 1, start_of(month + 1)]
        assert [stand.needed(stand.provider, time) for time in times] == [1, 1, 0, 0, 0]
        assert [stand.needed(account, time) for time in times] == [1, 1, 0, 0, 0]

    def test_to_the_end_of_the_month_for_what_moved(self, stand: Stand):
        account, device, _ = customer(stand, stand.publish())
        month = stand.month(1)
        stand.begin(month)
        taker = stand.person()
        stand.move(device, account, taker)
        stand.as_account(taker, stand.market.meters, "retire", device)
        retired = stand.blocks.now
        times = [start_of(month), retired - 1, retired, start_of(month + 1)]
        assert [stand.needed(stand.provider, time) for time in times] == [1, 1, 0, 0]


class TestOwnDevices:
    """Who supplies is marked where his own devices are counted."""

    def test_are_counted_beside(self, stand: Stand):
        customer(stand, stand.publish())
        month = stand.month(1)
        stand.begin(month)
        mine: list[int] = []
        expected = {start_of(month) - 1: 0}
        for place in range(11):
            if place % 4 == 3:
                stand.as_account(stand.provider, stand.market.meters, "retire", mine.pop())
            else:
                mine.append(stand.meter(stand.provider))
            expected |= {stand.blocks.now: 1 + len(mine)}
            if place == 6:
                customer(stand, stand.publish(), 2)
            stand.pass_until(stand.blocks.now + 60)
        assert {time: stand.needed(stand.provider, time) for time in expected} == expected
        assert stand.needed(stand.provider, start_of(month + 3)) == 2 + len(mine)

    def test_two_changes_in_one_second(self, stand: Stand):
        customer(stand, stand.publish(), 2)
        devices = [stand.meter(stand.provider) for _ in range(3)]
        before = stand.blocks.now
        stand.pass_until(before + 60)
        meters = stand.market.meters
        stand.blocks.mine([message(meters, "retire", stand.provider, device) for device in devices[:2]])
        assert [stand.needed(stand.provider, time) for time in (before, stand.blocks.now)] == [3, 1]

    def test_of_one_who_supplied_once(self, stand: Stand):
        account, _, number = customer(stand, stand.publish())
        stand.does("cancel", number, sender=account)
        stand.meter(stand.provider)
        assert stand.needed(stand.provider, stand.blocks.now) == 1
        assert stand.needed(stand.provider, start_of(stand.month(1))) == 1


class TestMany:
    """More customers than 16 bits count."""

    def test_read(self, stand: Stand):
        _, device, _ = customer(stand, stand.publish())
        begins = start_of(stand.month(1))
        stand.pass_until(begins + DAY + 1)
        stand.read(begins, {device: 0})
        slot = _in_mapping(
            stand.provider, _in_mapping(stand.zone << 48 | begins, storage_slot("Imbalance", "_deliveries"))
        )
        stand.blocks.set_storage(stand.market.imbalance.address, slot, (65_535 << 80).to_bytes(32))
        stand.read(begins + DAY, {device: 700})
        known = stand.market.imbalance.delivery_of(stand.zone, Carrier.ELECTRICITY, begins, stand.provider)
        assert (known.withdrawn, known.devices, known.settled) == (700, 65_536, False)

    def test_owned(self, stand: Stand):
        account, _, _ = customer(stand, stand.publish())
        slot = _in_mapping(stand.zone << 8, _in_mapping(account, storage_slot("Meters", "_counts")))
        since = stand.blocks.now
        stand.blocks.set_storage(stand.market.meters.address, slot, (since << 23 | 65_535).to_bytes(32))
        stand.pass_until(since + 60)
        stand.meter(account)
        assert [stand.needed(account, time) for time in (since, stand.blocks.now)] == [65_535, 65_536]


def _in_mapping(key: int | str, mapping: int | bytes) -> bytes:
    number = int(key, 16) if isinstance(key, str) else key
    outer = int.from_bytes(mapping) if isinstance(mapping, bytes) else mapping
    return keccak(encode(["uint256", "uint256"], [number, outer]))

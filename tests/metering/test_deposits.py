"""What a consumer places for his meters before they are certified or taken over, and when he gets it back."""

import pytest

from tests.assertions import FAR, check_event, pass_time, refused
from tests.devices import SLOT
from tests.modules import set_of
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier, DeviceStatus, Direction, Security, Status
from wattbook.eip712 import sign_action

NOBODY = "0x" + "00" * 20
AMOUNT = 20_000_000
DAY = 86_400
# A slot, ten days in which readings may come, and one to settle it.
WAIT = SLOT + 11 * DAY


@pytest.fixture
def deposits(market, zone, decide):
    """They are asked of those who take electricity in the zone."""
    decide("Deposits", "setDeposit", zone, int(Carrier.ELECTRICITY), AMOUNT)
    return market.deposits


@pytest.fixture
def rich(market, deposits, deposit):
    """A member with money in the Vault, who chose the module."""

    def run(account, amount=10 * AMOUNT):
        deposit(account, amount)
        market.vault.choose_modules(set_of(market.vault, deposits.address), sender=account)
        return account

    return run


@pytest.fixture
def alice(alice, rich):
    return rich(alice)


@pytest.fixture
def bob(bob, rich):
    return rich(bob)


@pytest.fixture
def meter(devices, alice):
    """A consumer's meter of alice's that is not certified."""
    return devices.register(alice, direction=Direction.WITHDRAWAL)


@pytest.fixture
def certified(devices, deposits, alice, meter):
    deposits.place(meter, sender=alice)
    return devices.certify(meter)


@pytest.fixture
def move(market):
    def run(device, giver, taker):
        market.meters.offer(device, taker.address, sender=giver)
        return market.meters.accept(device, sender=taker)

    return run


@pytest.fixture
def recover(market, people, decide):
    """The authority gives an account's place to another key."""

    def run(account, replacement):
        decide("Membership", "decideRecovery", account.address, replacement.address)
        return replacement

    return run


def free(market, account):
    return market.vault.account_of(account.address).free


class TestAmount:
    def test_is_asked_of_who_withdraws(self, market, deposits, zone, devices, alice, meter):
        plant = devices.register(alice)
        assert deposits.amount_for(zone, Carrier.ELECTRICITY) == AMOUNT
        assert deposits.amount_for(zone, Carrier.HEATING) == 0
        assert deposits.is_secured(plant, alice.address)
        assert not deposits.is_secured(meter, alice.address)

    def test_is_said_by_the_authority(self, market, people, zone, as_authority):
        with refused(reverts.NotAuthority, caller=people.administrator.address):
            market.deposits.set_deposit(zone, Carrier.ELECTRICITY, 1, sender=people.administrator)
        with refused(reverts.CarrierNotOpen, zone=zone, carrier=Carrier.HEATING):
            as_authority("Deposits", "setDeposit", zone, int(Carrier.HEATING), 1)

    def test_is_told(self, market, deposits, zone):
        logs = deposits.raw.events.DepositSet().get_logs(from_block=0)
        assert [dict(log["args"]) for log in logs] == [{"zone": zone, "carrier": 0, "amount": AMOUNT}]

    def test_another_is_for_what_comes(self, market, deposits, zone, decide, devices, alice, certified):
        decide("Deposits", "setDeposit", zone, int(Carrier.ELECTRICITY), AMOUNT + 1)
        assert deposits.placed_for(certified, alice.address) == AMOUNT
        assert deposits.is_secured(certified, alice.address)
        another = devices.register(alice, direction=Direction.WITHDRAWAL)
        check_event(
            deposits.place(another, sender=alice),
            "DepositPlaced",
            device=another,
            account=alice.address,
            amount=AMOUNT + 1,
        )

    def test_none_any_more(self, deposits, zone, decide, devices, alice, meter):
        decide("Deposits", "setDeposit", zone, int(Carrier.ELECTRICITY), 0)
        assert deposits.is_secured(meter, alice.address)
        devices.certify(meter)


class TestPlaced:
    def test_of_free_money(self, market, deposits, alice, meter):
        receipt = deposits.place(meter, sender=alice)
        check_event(receipt, "DepositPlaced", device=meter, account=alice.address, amount=AMOUNT)
        check_event(receipt, "Locked", module=deposits.address, account=alice.address, amount=AMOUNT)
        assert free(market, alice) == 9 * AMOUNT
        assert deposits.security_of(alice.address) == Security(AMOUNT, AMOUNT)
        assert deposits.is_secured(meter, alice.address)

    def test_signed(self, market, deposits, people, alice, meter):
        auth = sign_action(deposits, "PlaceDeposit", alice, {"device": meter}, nonce=1, deadline=FAR)
        receipt = deposits.place_signed(meter, auth, sender=people.relayer)
        check_event(receipt, "DepositPlaced", device=meter, account=alice.address, amount=AMOUNT)
        check_event(receipt, "NonceUsed", signer=alice.address, nonce=1)

    def test_for_each_device(self, deposits, devices, alice, meter):
        another = devices.register(alice, direction=Direction.WITHDRAWAL)
        deposits.place(meter, sender=alice)
        assert not deposits.is_secured(another, alice.address)
        deposits.place(another, sender=alice)
        assert deposits.is_secured(another, alice.address)
        assert deposits.security_of(alice.address) == Security(2 * AMOUNT, 2 * AMOUNT)

    def test_once(self, deposits, alice, meter):
        deposits.place(meter, sender=alice)
        with refused(reverts.DepositKnown, device=meter, account=alice.address):
            deposits.place(meter, sender=alice)

    def test_for_what_needs_one(self, market, deposits, devices, alice):
        plant = devices.register(alice)
        with refused(reverts.NoDepositAsked, device=plant):
            deposits.place(plant, sender=alice)
        with refused(reverts.UnknownDevice, device=99):
            deposits.place(99, sender=alice)
        old = devices.register(alice, direction=Direction.WITHDRAWAL)
        market.meters.retire(old, sender=alice)
        with refused(reverts.UnexpectedDeviceStatus, device=old, status=DeviceStatus.RETIRED):
            deposits.place(old, sender=alice)

    def test_by_who_can(self, market, deposits, people, alice, bob, meter):
        market.vault.withdraw(9 * AMOUNT + 1, sender=alice)
        with refused(reverts.InsufficientFree, account=alice.address, free=AMOUNT - 1, asked=AMOUNT):
            deposits.place(meter, sender=alice)
        market.vault.choose_modules(0, sender=bob)
        with refused(reverts.ModuleNotChosen, account=bob.address, module=deposits.address):
            deposits.place(meter, sender=bob)
        with refused(reverts.NotMember, account=people.stranger.address):
            deposits.place(meter, sender=people.stranger)


class TestAskedFor:
    def test_before_a_device_is_certified(self, market, deposits, devices, alice, meter):
        with refused(reverts.DepositMissing, device=meter, account=alice.address):
            devices.certify(meter)
        deposits.place(meter, sender=alice)
        devices.certify(meter)
        assert market.meters.status_of(meter) == DeviceStatus.CERTIFIED

    def test_not_somebody_elses(self, deposits, devices, alice, bob, meter):
        deposits.place(meter, sender=bob)
        with refused(reverts.DepositMissing, device=meter, account=alice.address):
            devices.certify(meter)

    def test_before_it_is_taken_over(self, market, deposits, alice, bob, certified, move):
        with refused(reverts.DepositMissing, device=certified, account=bob.address):
            move(certified, alice, bob)
        deposits.place(certified, sender=bob)
        check_event(
            move(certified, alice, bob), "DeviceMoved", device=certified, **{"from": alice.address}, to=bob.address
        )

    def test_of_a_suspended_one_too(self, market, people, alice, bob, certified, move):
        market.meters.suspend(certified, "an inquiry", sender=people.operator)
        with refused(reverts.DepositMissing, device=certified, account=bob.address):
            move(certified, alice, bob)

    def test_not_of_one_that_was_never_certified(self, devices, deposits, alice, bob, meter, move):
        move(meter, alice, bob)
        with refused(reverts.DepositMissing, device=meter, account=bob.address):
            devices.certify(meter)

    def test_of_one_contract(self, market, deposits, people, as_authority):
        assert market.meters.deposits() == deposits.address
        with refused(reverts.DepositsAlreadySet, deposits=deposits.address):
            as_authority("Meters", "setDeposits", people.stranger.address)
        with refused(reverts.ZeroAddress):
            as_authority("Meters", "setDeposits", NOBODY)
        with refused(reverts.NotAuthority, caller=people.administrator.address):
            market.meters.set_deposits(people.stranger.address, sender=people.administrator)


class TestTakenBack:
    def test_at_once_by_who_never_had_the_device(self, market, deposits, bob, meter):
        deposits.place(meter, sender=bob)
        receipt = deposits.take_back(meter, sender=bob)
        check_event(receipt, "DepositTakenBack", device=meter, account=bob.address, amount=AMOUNT)
        check_event(receipt, "Released", module=deposits.address, account=bob.address, amount=AMOUNT)
        assert free(market, bob) == 10 * AMOUNT
        assert deposits.security_of(bob.address) == Security(0, 0)
        assert deposits.placed_for(meter, bob.address) == 0

    def test_not_by_who_has_it(self, deposits, alice, certified):
        pass_time(2 * WAIT)
        with refused(reverts.DepositStillNeeded, device=certified, account=alice.address, until=0):
            deposits.take_back(certified, sender=alice)

    def test_when_what_he_used_is_settled(self, market, chain, deposits, alice, bob, certified, move):
        deposits.place(certified, sender=bob)
        move(certified, alice, bob)
        until = chain.now + WAIT
        pass_time(WAIT - 100)
        with refused(reverts.DepositStillNeeded, device=certified, account=alice.address, until=until):
            deposits.take_back(certified, sender=alice)
        pass_time(101)
        deposits.take_back(certified, sender=alice)
        assert free(market, alice) == 10 * AMOUNT

    def test_when_the_device_is_retired(self, market, chain, deposits, alice, certified):
        assert market.meters.retired_at(certified) == 0
        market.meters.retire(certified, sender=alice)
        time = chain.now
        assert market.meters.retired_at(certified) == time
        pass_time(WAIT - 100)
        with refused(reverts.DepositStillNeeded, device=certified, account=alice.address, until=time + WAIT):
            deposits.take_back(certified, sender=alice)
        pass_time(101)
        deposits.take_back(certified, sender=alice)
        assert free(market, alice) == 10 * AMOUNT

    def test_by_who_had_it_between_others(self, market, chain, deposits, alice, bob, certified, move):
        """Bob had it for a day; alice has it again, and her second time counts for her alone."""
        deposits.place(certified, sender=bob)
        move(certified, alice, bob)
        pass_time(DAY)
        move(certified, bob, alice)
        until = chain.now + WAIT
        pass_time(WAIT - DAY)
        with refused(reverts.DepositStillNeeded, device=certified, account=bob.address, until=until):
            deposits.take_back(certified, sender=bob)
        pass_time(DAY + 1)
        deposits.take_back(certified, sender=bob)
        with refused(reverts.DepositStillNeeded, device=certified, account=alice.address, until=0):
            deposits.take_back(certified, sender=alice)

    def test_once(self, deposits, alice, bob, meter):
        deposits.place(meter, sender=bob)
        deposits.take_back(meter, sender=bob)
        with refused(reverts.NoDeposit, device=meter, account=bob.address):
            deposits.take_back(meter, sender=bob)

    def test_signed(self, market, deposits, people, bob, meter):
        deposits.place(meter, sender=bob)
        auth = sign_action(deposits, "TakeBackDeposit", bob, {"device": meter}, nonce=2, deadline=FAR)
        receipt = deposits.take_back_signed(meter, auth, sender=people.relayer)
        check_event(receipt, "DepositTakenBack", device=meter, account=bob.address, amount=AMOUNT)
        check_event(receipt, "NonceUsed", signer=bob.address, nonce=2)

    def test_by_one_who_is_suspended(self, market, deposits, people, bob, meter):
        deposits.place(meter, sender=bob)
        member = market.membership.standing_of(bob.address).member
        market.membership.suspend(member, "an inquiry", sender=people.regulator)
        deposits.take_back(meter, sender=bob)
        assert free(market, bob) == 10 * AMOUNT


class TestTopUp:
    def test_of_what_was_not_drawn(self, deposits, alice, certified):
        with refused(reverts.MoreThanDrawn, account=alice.address, drawn=0, asked=1):
            deposits.top_up(1, sender=alice)


class TestDrawing:
    def test_is_for_settlement(self, market, deposits, people, alice, certified):
        with refused(reverts.NotSettlement, caller=people.operator.address):
            deposits.draw(alice.address, 1, sender=people.operator)
        assert deposits.settlement() == market.imbalance.address


class TestReplacedKey:
    def test_takes_its_deposits_along(self, market, deposits, people, devices, alice, certified, recover):
        spare = recover(alice, people.spare)
        assert deposits.security_of(spare.address) == Security(AMOUNT, AMOUNT)
        assert deposits.security_of(alice.address) == Security(0, 0)
        assert deposits.is_secured(certified, spare.address)
        assert not deposits.is_secured(certified, alice.address)
        devices.certify(certified)
        with refused(reverts.DepositKnown, device=certified, account=spare.address):
            deposits.place(certified, sender=spare)
        market.vault.choose_modules(set_of(market.vault, deposits.address), sender=spare)
        another = devices.register(spare, direction=Direction.WITHDRAWAL)
        deposits.place(another, sender=spare)
        assert deposits.security_of(spare.address) == Security(2 * AMOUNT, 2 * AMOUNT)

    def test_gets_them_back(self, market, deposits, people, alice, certified, recover):
        spare = recover(alice, people.spare)
        with refused(reverts.NoDeposit, device=certified, account=alice.address):
            deposits.take_back(certified, sender=alice)
        market.meters.retire(certified, sender=spare)
        pass_time(WAIT + 1)
        with refused(reverts.NoDeposit, device=certified, account=alice.address):
            deposits.take_back(certified, sender=alice)
        receipt = deposits.take_back(certified, sender=spare)
        check_event(receipt, "DepositTakenBack", device=certified, account=spare.address, amount=AMOUNT)
        assert free(market, spare) == 10 * AMOUNT
        assert market.vault.module_of(deposits.address).locked == 0

    def test_places_nothing_any_more(self, deposits, people, devices, alice, meter, recover):
        recover(alice, people.spare)
        with refused(reverts.NotActive, account=alice.address, status=Status.REPLACED):
            deposits.place(meter, sender=alice)

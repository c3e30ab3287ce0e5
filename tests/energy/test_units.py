"""Units: energy to come that changes hands, and what becomes of it."""

import pytest
from eth_account import Account
from eth_utils.crypto import keccak

from tests.assertions import FAR, check_event, pass_time, refused
from tests.devices import SLOT, draw
from tests.further import joining
from wattbook import Role
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier, Direction, Status, Unit
from wattbook.eip712 import sign_action

CAP = 2500
NOBODY = "0x" + "00" * 20


@pytest.fixture
def device(devices, alice):
    """Alice's plant of 10 kW: 2500 Wh in a quarter of an hour."""
    return devices.certified(alice)


@pytest.fixture
def carol(people, admit):
    admit(people.carol)
    return people.carol


@pytest.fixture
def transfer(units):
    return lambda giver, taker, unit, amount, by=None: units.safe_transfer_from(
        giver.address, taker.address, unit, amount, b"", sender=by or giver
    )


def suspend_member(market, people, account):
    member = market.membership.standing_of(account.address).member
    market.membership.suspend(member, "audit", sender=people.regulator)


class TestId:
    @pytest.mark.parametrize(
        "unit",
        [
            Unit(Carrier.ELECTRICITY, 1, 1, SLOT),
            Unit(Carrier.FLEXIBILITY, 2**16 - 1, 2**32 - 1, 2**40 - 1),
            Unit(Carrier.COOLING, 0, 0, 0),
        ],
    )
    def test_says_all(self, units, unit):
        number = units.unit_id(*unit)
        assert number == unit.carrier << 88 | unit.zone << 72 | unit.device << 40 | unit.slot_start
        assert units.unit_of(number) == unit

    @pytest.mark.parametrize("number", [6 << 88, 1 << 96, 2**256 - 1])
    def test_that_is_none(self, units, number):
        with refused(reverts.UnknownUnit, id=number):
            units.unit_of(number)

    def test_follows_the_standard(self, units):
        for interface in ("d9b67a26", "01ffc9a7", "0e89341c"):
            assert units.supports_interface(bytes.fromhex(interface))
        assert not units.supports_interface(b"\xff" * 4)


class TestIssue:
    def test_draws_on_the_device(self, units, alice, bob, device, start, unit, lock):
        assert lock(alice, device, start(), 500)
        receipt = units.issue(device, start(), bob.address, 1500, sender=alice)
        said = {"device": device, "slotStart": start(), "to": bob.address, "owner": alice.address, "amount": 1500}
        check_event(receipt, "UnitsIssued", **said)
        moved = {"operator": alice.address, "from": NOBODY, "to": bob.address}
        check_event(receipt, "TransferSingle", **moved, id=unit(device, start()), value=1500)
        assert units.balance_of(bob.address, unit(device, start())) == 1500
        assert units.drawn_of(device, start()) == 2000
        assert units.available(alice.address, device, start()) == 500
        assert units.available(bob.address, device, start()) == 1500
        assert not lock(alice, device, start(), 501)

    def test_signed_by_the_owner(self, people, units, alice, bob, device, start, unit):
        values = {"device": device, "slotStart": start(), "to": bob.address, "amount": 7}
        auth = sign_action(units, "IssueUnits", alice, values, nonce=5, deadline=FAR)
        receipt = units.issue_signed(*values.values(), auth, sender=people.relayer)
        check_event(receipt, "NonceUsed", signer=alice.address, nonce=5)
        assert units.balance_of(bob.address, unit(device, start())) == 7

    def test_not_of_anothers_device(self, people, units, bob, device, start):
        for other, number in ((bob, device), (people.stranger, device), (bob, device + 1)):
            with refused(reverts.NotDeviceOwner, device=number, account=other.address):
                units.issue(number, start(), bob.address, 1, sender=other)

    def test_not_of_what_has_nothing_to_sell(self, market, people, units, devices, alice, bob, device, start):
        user = devices.certified(alice, direction=Direction.WITHDRAWAL)
        market.meters.suspend(device, "why", sender=people.regulator)
        for number in (user, device):
            with refused(reverts.NothingToSell, device=number):
                units.issue(number, start(), bob.address, 1, sender=alice)

    def test_not_of_a_pledged_device(self, market, units, alice, bob, carol, device, start):
        """Whose revenue is another's: nobody else is given what he could sell."""
        market.meters.pledge(device, carol.address, carol.address, sender=alice)
        with refused(reverts.DeviceIsPledged, device=device, pledgee=carol.address):
            units.issue(device, start(), bob.address, 1, sender=alice)
        market.meters.release_pledge(device, sender=carol)
        units.issue(device, start(), bob.address, 1, sender=alice)

    def test_not_more_than_is_left(self, units, alice, bob, device, start, lock):
        about = {"device": device, "slot_start": start()}
        with refused(reverts.CapacityExceeded, **about, left=CAP, asked=CAP + 1):
            units.issue(device, start(), bob.address, CAP + 1, sender=alice)
        assert lock(alice, device, start(), CAP)
        with refused(reverts.CapacityExceeded, **about, left=0, asked=1):
            units.issue(device, start(), bob.address, 1, sender=alice)

    def test_not_of_a_slot_that_has_begun_or_is_none(self, market, units, alice, bob, device, zone, start, unit):
        about = {"zone": zone, "carrier": Carrier.ELECTRICITY, "slot_start": start() + 1}
        with refused(reverts.OffGrid, **about):
            units.issue(device, start() + 1, bob.address, 1, sender=alice)
        pass_time(start() - market.chain.now)
        with refused(reverts.UnitExpired, id=unit(device, start())):
            units.issue(device, start(), bob.address, 1, sender=alice)

    def test_not_nothing(self, units, alice, bob, device, start):
        with refused(reverts.ZeroAmount):
            units.issue(device, start(), bob.address, 0, sender=alice)

    def test_to_active_members_only(self, market, people, units, alice, bob, device, start):
        with refused(reverts.NotMember, account=people.stranger.address):
            units.issue(device, start(), people.stranger.address, 1, sender=alice)
        with refused(reverts.SystemAccountPulls, account=market.vault.address):
            units.issue(device, start(), market.vault.address, 1, sender=alice)
        suspend_member(market, people, bob)
        with refused(reverts.NotActive, account=bob.address, status=Status.SUSPENDED):
            units.issue(device, start(), bob.address, 1, sender=alice)
        suspend_member(market, people, alice)
        with refused(reverts.NotActive, account=alice.address, status=Status.SUSPENDED):
            units.issue(device, start(), people.issuer.address, 1, sender=alice)

    def test_not_without_the_right_to_spend(self, market, people, units, devices, alice, bob, start):
        narrow = people.spare
        market.membership.add_account(*joining(market, alice.address, narrow, Role.PRODUCER), sender=alice)
        device = devices.certified(narrow)
        with refused(reverts.SpendNotAllowed, account=narrow.address, to=bob.address):
            units.issue(device, start(), bob.address, 1, sender=narrow)
        units.issue(device, start(), alice.address, 1, sender=narrow)

    def test_to_a_contract_without_calling_it(
        self, market, people, admit, units, alice, device, start, unit, lock, release
    ):
        """A member that is a contract and refuses every call is given units all the same."""
        refusing = contract_that_refuses(market, people)
        admit(refusing)
        units.issue(device, start(), refusing.address, 9, sender=alice)
        assert lock(refusing, device, start(), 9)
        release(refusing, device, start(), 9)
        assert units.balance_of(refusing.address, unit(device, start())) == 9
        with refused(reverts.ERC1155InvalidReceiver, receiver=refusing.address):
            units.issue(device, start(), alice.address, 1, sender=alice)
            units.safe_transfer_from(alice.address, refusing.address, unit(device, start()), 1, b"", sender=alice)


def contract_that_refuses(market, people):
    """A contract whose code is `revert(0, 0)`, with the address of an account."""
    creation = bytes.fromhex("625f5ffd5f526003601df3")
    address = market.chain.sign_creation
    factory = market.chain.web3.eth.contract(abi=[], bytecode=creation)
    signed = address(factory.constructor(), people.relayer)
    market.chain.submit(signed.signed)
    contract = Account.from_key(keccak(text="its address is another"))
    contract._address = signed.address
    return contract


class TestTransfer:
    @pytest.fixture
    def held(self, units, alice, bob, device, start, unit):
        """1000 Wh that bob holds."""
        units.issue(device, start(), bob.address, 1000, sender=alice)
        return unit(device, start())

    def test_between_members(self, units, bob, carol, held, transfer):
        receipt = transfer(bob, carol, held, 400)
        moved = {"operator": bob.address, "from": bob.address, "to": carol.address}
        check_event(receipt, "TransferSingle", **moved, id=held, value=400)
        balances = units.balance_of_batch([bob.address, carol.address], [held, held])
        assert balances == [600, 400]

    def test_signed(self, people, units, bob, carol, held):
        values = {"to": carol.address, "id": held, "amount": 400}
        auth = sign_action(units, "TransferUnits", bob, values, nonce=5, deadline=FAR)
        receipt = units.transfer_signed(*values.values(), auth, sender=people.relayer)
        check_event(receipt, "NonceUsed", signer=bob.address, nonce=5)
        check_event(
            receipt,
            "TransferSingle",
            **{"operator": people.relayer.address, "from": bob.address, "to": carol.address, "id": held, "value": 400},
        )
        assert units.balance_of(carol.address, held) == 400

    def test_by_whom_the_holder_lets(self, people, units, bob, carol, held, transfer):
        with refused(reverts.ERC1155MissingApprovalForAll, operator=people.relayer.address, owner=bob.address):
            transfer(bob, carol, held, 1, by=people.relayer)
        units.set_approval_for_all(people.relayer.address, True, sender=bob)
        transfer(bob, carol, held, 1, by=people.relayer)

    def test_several_at_once(self, units, alice, bob, carol, device, start, unit, held):
        units.issue(device, start(1), bob.address, 5, sender=alice)
        ids = [held, unit(device, start(1))]
        units.safe_batch_transfer_from(bob.address, carol.address, ids, [2, 3], b"", sender=bob)
        assert units.balance_of_batch([carol.address] * 2, ids) == [2, 3]

    def test_not_more_than_there_is(self, bob, carol, held, transfer):
        about = {"sender": bob.address, "balance": 1000, "needed": 1001, "token_id": held}
        with refused(reverts.ERC1155InsufficientBalance, **about):
            transfer(bob, carol, held, 1001)

    def test_members_only(self, market, people, units, bob, carol, held, transfer):
        with refused(reverts.NotMember, account=people.stranger.address):
            transfer(bob, people.stranger, held, 1)
        suspend_member(market, people, carol)
        values = {"to": carol.address, "id": held, "amount": 1}
        auth = sign_action(units, "TransferUnits", bob, values, nonce=5, deadline=FAR)
        for step in (
            lambda: transfer(bob, carol, held, 1),
            lambda: units.transfer_signed(*values.values(), auth, sender=people.relayer),
        ):
            with refused(reverts.NotActive, account=carol.address, status=Status.SUSPENDED):
                step()

    def test_not_to_a_contract_of_the_market(self, market, units, bob, held):
        with refused(reverts.SystemAccountPulls, account=market.vault.address):
            units.safe_transfer_from(bob.address, market.vault.address, held, 1, b"", sender=bob)

    def test_expire_when_the_slot_begins(
        self, market, people, units, alice, bob, carol, device, start, unit, held, transfer
    ):
        units.issue(device, start(1), bob.address, 5, sender=alice)
        later = unit(device, start(1))
        values = {"to": carol.address, "id": held, "amount": 1}
        auth = sign_action(units, "TransferUnits", bob, values, nonce=5, deadline=FAR)
        pass_time(start() - market.chain.now)
        assert units.balance_of_batch([bob.address] * 2, [held, later]) == [0, 5]
        assert units.available(bob.address, device, start()) == 0
        for step in (
            lambda: transfer(bob, carol, held, 1),
            lambda: units.safe_batch_transfer_from(bob.address, carol.address, [later, held], [1, 1], b"", sender=bob),
            lambda: units.transfer_signed(*values.values(), auth, sender=people.relayer),
        ):
            with refused(reverts.UnitExpired, id=held):
                step()
        transfer(bob, carol, later, 5)


class TestLockOfUnits:
    @pytest.fixture
    def held(self, units, alice, bob, device, start, unit):
        """1000 Wh that bob holds."""
        units.issue(device, start(), bob.address, 1000, sender=alice)
        return unit(device, start())

    def test_takes_them_and_gives_them_back(self, units, module, bob, device, zone, start, held, lock, release):
        taken = {"operator": module.address, "from": bob.address, "to": NOBODY, "id": held, "value": 400}
        receipt = units.lock_each(zone, 0, start(), [draw(bob, device, 400)], sender=module)
        assert len(receipt.events) == 1
        check_event(receipt, "TransferSingle", **taken)
        assert units.balance_of(bob.address, held) == 600
        assert units.drawn_of(device, start()) == 1000
        receipt = release(bob, device, start(), 150)
        given = {"operator": module.address, "from": NOBODY, "to": bob.address, "id": held, "value": 150}
        assert len(receipt.events) == 1
        check_event(receipt, "TransferSingle", **given)
        assert units.balance_of(bob.address, held) == 750
        assert units.drawn_of(device, start()) == 1000

    def test_not_more_than_he_holds(self, units, bob, device, start, held, lock):
        assert not lock(bob, device, start(), 1001)
        assert units.balance_of(bob.address, held) == 1000
        assert lock(bob, device, start(), 1000)
        assert not lock(bob, device, start(), 1)
        assert not lock(bob, device, start(1), 1)

    def test_not_of_a_device_that_was_suspended(self, market, people, bob, device, start, held, lock, release):
        assert lock(bob, device, start(), 10)
        market.meters.suspend(device, "why", sender=people.operator)
        assert not lock(bob, device, start(), 1)
        release(bob, device, start(), 10)
        assert market.energy_units.balance_of(bob.address, held) == 1000

    def test_the_owner_uses_up_his_device_first(self, units, alice, bob, device, start, unit, lock, release, transfer):
        """1500 Wh left of the device and 1000 in units that came back to him."""
        units.issue(device, start(), bob.address, 1000, sender=alice)
        transfer(bob, alice, unit(device, start()), 1000)
        assert units.available(alice.address, device, start()) == CAP
        assert not lock(alice, device, start(), CAP + 1)
        assert lock(alice, device, start(), 1700)
        assert units.balance_of(alice.address, unit(device, start())) == 800
        assert units.drawn_of(device, start()) == CAP
        assert lock(alice, device, start(), 800)
        release(alice, device, start(), CAP)
        assert units.drawn_of(device, start()) == 0
        assert units.available(alice.address, device, start()) == CAP


class TestChangesOfTheDevice:
    @pytest.fixture
    def move(self, market):
        def run(device, giver, taker):
            market.meters.offer(device, taker.address, sender=giver)
            return market.meters.accept(device, sender=taker)

        return run

    def test_suspension_keeps_what_is_drawn(self, market, people, units, devices, alice, device, start, lock):
        assert lock(alice, device, start(), 2000)
        assert lock(alice, device, start(4), 5)
        market.meters.suspend(device, "why", sender=people.operator)
        assert units.drawn_of(device, start()) == 2000
        devices.certify(device)
        assert units.available(alice.address, device, start()) == 500
        assert units.available(alice.address, device, start(4)) == CAP - 5

    def test_a_lower_rating_than_was_drawn(self, units, devices, alice, device, start, lock, release):
        assert lock(alice, device, start(), 2000)
        devices.certify(device, 4_000)
        assert units.available(alice.address, device, start()) == 0
        assert not lock(alice, device, start(), 1)
        release(alice, device, start(), 1500)
        assert units.available(alice.address, device, start()) == 500

    def test_a_new_owner_finds_it_as_it_is(self, units, alice, bob, device, start, unit, lock, release, move):
        assert lock(alice, device, start(), 2000)
        assert lock(alice, device, start(4), 5)
        receipt = move(device, alice, bob)
        check_event(receipt, "SourceChanged", device=device, owner=bob.address, capWh=CAP)
        assert units.seller_of(device) == bob.address
        assert not lock(alice, device, start(), 1)
        assert not lock(bob, device, start(), 501)
        assert lock(bob, device, start(), 500)
        assert units.available(bob.address, device, start(4)) == CAP - 5
        # What alice did not sell after all is hers, as units of a device that is no longer hers.
        release(alice, device, start(), 300)
        release(alice, device, start(4), 5)
        assert units.balance_of(alice.address, unit(device, start())) == 300
        assert units.balance_of(alice.address, unit(device, start(4))) == 5
        assert units.drawn_of(device, start()) == CAP
        assert lock(alice, device, start(), 300)

    def test_a_buyer_of_units_who_buys_the_device(self, units, alice, bob, device, start, unit, lock, release, move):
        units.issue(device, start(), bob.address, 1000, sender=alice)
        assert lock(bob, device, start(), 400)
        move(device, alice, bob)
        release(bob, device, start(), 400)
        assert units.drawn_of(device, start()) == 600
        assert units.balance_of(bob.address, unit(device, start())) == 600
        assert units.available(bob.address, device, start()) == CAP


class TestReplacedKey:
    """Alice's key is lost; spare takes its place."""

    @pytest.fixture
    def recover(self, people, alice, decide):
        return lambda: decide("Membership", "decideRecovery", alice.address, people.spare.address)

    @pytest.mark.parametrize("synced", [False, True])
    def test_of_an_owner(self, people, units, alice, bob, device, start, unit, lock, release, recover, synced):
        """Whichever name the business began under, and whether or not anybody has told the contract."""
        assert lock(alice, device, start(), 1000)
        recover()
        if synced:
            receipt = units.sync(device, sender=people.stranger)
            check_event(receipt, "SourceChanged", device=device, owner=people.spare.address, capWh=CAP)
            assert units.seller_of(device) == people.spare.address
        for name in (alice, people.spare):
            assert units.available(name.address, device, start()) == 1500
            assert not lock(name, device, start(), 1501)
            assert lock(name, device, start(), 100)
            release(name, device, start(), 600)
            assert lock(name, device, start(), 500)
        assert units.drawn_of(device, start()) == 1000
        units.issue(device, start(), bob.address, 300, sender=people.spare)
        with refused(reverts.NotActive, account=alice.address, status=Status.REPLACED):
            units.issue(device, start(), bob.address, 300, sender=alice)

    def test_of_a_holder(self, people, units, alice, bob, devices, start, unit, lock, release, recover):
        device = devices.certified(bob)
        first, second = unit(device, start()), unit(device, start(1))
        units.issue(device, start(), alice.address, 100, sender=bob)
        units.issue(device, start(1), alice.address, 50, sender=bob)
        assert lock(alice, device, start(), 40)
        with refused(reverts.NotReplaced, account=alice.address):
            units.recover_units(alice.address, [first], sender=people.stranger)
        recover()
        receipt = units.recover_units(alice.address, [first, second], sender=people.stranger)
        replaced = {"account": alice.address, "replacement": people.spare.address}
        check_event(receipt, "UnitsRecovered", **replaced, ids=[first, second])
        assert units.balance_of_batch([people.spare.address] * 2, [first, second]) == [60, 50]
        release(alice, device, start(), 40)
        assert units.balance_of(people.spare.address, first) == 100
        assert lock(alice, device, start(), 100)
        assert units.balance_of(people.spare.address, first) == 0

"""Slices: what a device made, issued once, to whom it belongs, and handed on."""

import pytest

from tests.assertions import FAR, check_event, pass_time, refused
from tests.certificates.register import NOBODY, VALIDITY, Register
from tests.devices import SLOT
from wattbook import Signed
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier, DeviceStatus, Direction, Origin, Place, Slice, Status
from wattbook.eip712 import sign_action


@pytest.fixture
def plant(register: Register) -> int:
    """Alice's, which made 400, 0, 500 and 100 Wh."""
    device = register.plant()
    register.made(device, 400, 0, 500, 100)
    return device


class TestIssuing:
    def test_in_one_slot(self, register: Register, plant: int):
        since, until = register.slots(0)
        receipt = register.energy.issue(plant, since, until, 400, sender=register.alice)
        expected = Slice(0, plant, since, until, until + VALIDITY, 0, 400)
        id = receipt.event("SliceIssued").args["id"]
        check_event(receipt, "SliceIssued", device=plant, owner=register.alice.address, id=id)
        assert register.energy.slice_of(id) == expected
        assert id == plant << 224 | since << 184 | until << 144 | (until + VALIDITY) << 104 | 400
        moved = {"from": NOBODY, "to": register.alice.address, "id": id, "value": 400}
        check_event(receipt, "TransferSingle", operator=register.alice.address, **moved)
        assert register.held(register.alice, id) == 400
        assert register.totals == {"slices": 400}

    def test_expires_by_its_first_slot(self, register: Register, plant: int):
        id = register.issue(plant, 0, 3, 1_000)
        since, until = register.slots(0, 3)
        assert register.energy.slice_of(id) == Slice(0, plant, since, until, since + SLOT + VALIDITY, 0, 1_000)

    def test_parts_of_a_slot(self, register: Register, plant: int):
        ids = [register.issue(plant, 0, None, 150), register.issue(plant, 0, 2, 350), register.issue(plant, 2, 3, 500)]
        assert [register.energy.slice_of(id)[5:] for id in ids] == [(0, 150), (150, 350), (500, 500)]
        mark = register.energy.mark_of(plant)
        assert (mark.mark, mark.debt, mark.zone, mark.carrier, mark.slot_seconds) == (1_000, 0, register.zone, 0, SLOT)

    def test_is_not_for_the_owner_alone_to_ask(self, register: Register, plant: int):
        """The next owner asks for the one before, or he could never get at what is his."""
        register.hand_over(plant, register.alice, register.bob)
        now = register.slot_now() + 1
        pass_time(2 * SLOT)
        register.made(plant, 70, place=now)
        theirs = register.issue(plant, 0, 3, 1_000, by=register.bob)
        his = register.issue(plant, now, None, 70, by=register.bob)
        assert (register.held(register.alice, theirs), register.held(register.bob, his)) == (1_000, 70)

    def test_by_a_former_owner(self, register: Register, plant: int):
        register.hand_over(plant, register.alice, register.bob)
        id = register.issue(plant, 0, 3, 1_000, by=register.alice)
        assert register.held(register.alice, id) == 1_000

    def test_after_a_key_was_replaced(self, register: Register, plant: int):
        new = register.replace(register.alice)
        id = register.issue(plant, 0, 3, 1_000, by=new)
        assert register.held(new, id) == 1_000

    def test_signed(self, register: Register, plant: int):
        since, until = register.slots(0)
        values = {"device": plant, "since": since, "until": until, "wh": 400}
        auth = sign_action(register.energy, "IssueSlice", register.alice, values, deadline=FAR)
        receipt = register.energy.issue_signed(plant, since, until, 400, auth, sender=register.stranger)
        assert register.held(register.alice, receipt.event("SliceIssued").args["id"]) == 400

    def test_of_a_retired_device(self, register: Register, plant: int):
        """What it made before stays its owner's."""
        register.meters.retire(plant, sender=register.alice)
        assert register.held(register.alice, register.issue(plant, 0, 3, 1_000)) == 1_000

    def test_origin_same_device_and_period_twice(self, register: Register, plant: int):
        """Energy Web Origin certifies one device and period as often as it is asked to."""
        register.issue(plant, 0, None, 400)
        with refused(reverts.MadeInOtherSlots, device=plant, first=400, wh=400):
            register.issue(plant, 0, None, 400)
        register.issue(plant, 2, 3, 600)
        with refused(reverts.NotRecorded, device=plant, left=0, asked=400):
            register.issue(plant, 0, None, 400)
        assert register.totals == {"slices": 1_000}

    def test_origin_batches_always_revert(self, register: Register, plant: int):
        """As there is nothing but the counter to look at, many slots are one call."""
        other = register.plant()
        register.made(other, *[7] * 96)
        register.issue(plant, 0, 3, 1_000)
        register.issue(other, 0, 95, 7 * 96)
        assert register.totals == {"slices": 1_000 + 7 * 96}


class TestRefusals:
    def test_more_than_was_recorded(self, register: Register, plant: int):
        """What is not final is not in the ledger."""
        with refused(reverts.NotRecorded, device=plant, left=1_000, asked=1_001):
            register.issue(plant, 0, 4, 1_001)

    @pytest.mark.parametrize(
        ("first", "last", "wh"), [(1, 3, 1_000), (0, 2, 1_000), (0, 4, 1_000), (1, 2, 400), (0, 1, 400), (2, 0, 400)]
    )
    def test_other_slots(self, register: Register, plant: int, first: int, last: int, wh: int):
        with refused(reverts.MadeInOtherSlots, device=plant, first=0, wh=wh):
            register.issue(plant, first, last, wh)

    @pytest.mark.parametrize("early", [True, False])
    def test_off_the_grid(self, register: Register, plant: int, early: bool):
        since, until = register.slots(0)
        wrong = (since - 1, until) if early else (since, until + 1)
        time = wrong[0] if early else wrong[1]
        with refused(reverts.OffGrid, zone=register.zone, carrier=Carrier.ELECTRICITY, slot_start=time):
            register.energy.issue(plant, *wrong, 400, sender=register.alice)

    def test_nothing(self, register: Register, plant: int):
        with refused(reverts.ZeroAmount):
            register.issue(plant, 0, None, 0)

    def test_zero_slots(self, register: Register, plant: int):
        since, _ = register.slots(0)
        with refused(reverts.MadeInOtherSlots, device=plant, first=0, wh=1):
            register.energy.issue(plant, since, since, 1, sender=register.alice)

    @pytest.mark.parametrize(
        "change", [{"clean": False}, {"stores": True}, {"direction": Direction.WITHDRAWAL}], ids=lambda c: next(iter(c))
    )
    def test_not_clean(self, register: Register, change: dict[str, object]):
        """What a battery discharges is not clean by itself."""
        device = register.plant(**change)
        register.made(device, 400)
        with refused(reverts.NotCertifiable, device=device):
            register.issue(device, 0, None, 400)

    def test_never_certified(self, register: Register):
        device = register.devices.register(register.alice)
        register.made(device, 400)
        with refused(reverts.NotCertifiable, device=device):
            register.issue(device, 0, None, 400)
        register.meters.retire(device, sender=register.alice)
        with refused(reverts.NotCertifiable, device=device):
            register.issue(device, 0, None, 400)

    def test_suspended_device(self, register: Register, plant: int):
        register.meters.suspend(plant, "a bad seal", sender=register.operator)
        with refused(reverts.UnexpectedDeviceStatus, device=plant, status=DeviceStatus.SUSPENDED):
            register.issue(plant, 0, None, 400)
        register.devices.certify(plant)
        register.issue(plant, 0, None, 400)

    def test_somebody_else(self, register: Register, plant: int):
        with refused(reverts.NotDeviceOwner, device=plant, account=register.bob.address):
            register.issue(plant, 0, None, 400, by=register.bob)

    def test_suspended_owner(self, register: Register, plant: int):
        register.suspend(register.alice)
        with refused(reverts.NotActive, account=register.alice.address, status=Status.SUSPENDED):
            register.issue(plant, 0, None, 400)

    def test_changed_hands_within(self, register: Register, plant: int):
        """A slot is his whose the device was at its start."""
        sold_in = register.slot_now()
        register.hand_over(plant, register.alice, register.bob)
        at = register.chain.now
        pass_time(3 * SLOT)
        register.made(plant, 10, 20, place=sold_in)
        register.issue(plant, 0, 3, 1_000)
        with refused(reverts.ChangedHands, device=plant, at=at):
            register.issue(plant, sold_in, sold_in + 1, 30)
        hers = register.issue(plant, sold_in, None, 10, by=register.alice)
        his = register.issue(plant, sold_in + 1, None, 20, by=register.bob)
        assert (register.held(register.alice, hers), register.held(register.bob, his)) == (10, 20)

    def test_forth_and_back_within(self, register: Register, plant: int):
        """What was another's in between is not the first one's, though the device is his again."""
        sold_in = register.slot_now()
        register.hand_over(plant, register.alice, register.bob)
        at = register.chain.now
        pass_time(3 * SLOT)
        register.hand_over(plant, register.bob, register.alice)
        pass_time(2 * SLOT)
        register.made(plant, 10, 20, 30, 40, 50, place=sold_in)
        register.issue(plant, 0, 3, 1_000)
        with refused(reverts.ChangedHands, device=plant, at=at):
            register.issue(plant, sold_in, sold_in + 4, 150)

    def test_too_old(self, register: Register, plant: int):
        register.expired()
        since, until = register.slots(0)
        id = plant << 224 | since << 184 | until << 144 | (until + VALIDITY) << 104 | 400
        with refused(reverts.CertificateExpired, id=id, expires=until + VALIDITY):
            register.issue(plant, 0, None, 400)

    def test_a_forged_signature(self, register: Register, plant: int):
        since, until = register.slots(0)
        values = {"device": plant, "since": since, "until": until, "wh": 400}
        auth = sign_action(register.energy, "IssueSlice", register.bob, values, deadline=FAR)
        forged = Signed(register.alice.address, *auth[1:])
        with refused(reverts.InvalidSignature, signer=register.alice.address):
            register.energy.issue_signed(plant, since, until, 400, forged, sender=register.stranger)


class TestLapsing:
    def test_lets_the_rest_through(self, register: Register, plant: int):
        register.expired(3)
        now = register.slot_now()
        register.made(plant, 60, place=now)
        since, until = register.slots(0, 3)
        receipt = register.energy.lapse(plant, since, until, 1_000, sender=register.stranger)
        id = plant << 224 | since << 184 | until << 144 | (until + VALIDITY) << 104 | 1_000
        check_event(receipt, "SliceLapsed", device=plant, id=id)
        assert register.held(register.alice, register.issue(plant, now, None, 60)) == 60
        assert register.totals == {"slices": 60, "expired": 1_000}

    def test_not_what_is_still_good(self, register: Register, plant: int):
        """The first slots are past their date, the last is not."""
        register.expired()
        since, until = register.slots(0, 3)
        id = plant << 224 | since << 184 | until << 144 | (until + VALIDITY) << 104 | 1_000
        with refused(reverts.NotExpired, id=id, expires=until + VALIDITY):
            register.energy.lapse(plant, since, until, 1_000, sender=register.stranger)


class TestTransfers:
    @pytest.fixture
    def slice(self, register: Register, plant: int) -> int:
        return register.issue(plant, 0, 3, 1_000)

    def test_fea_a_split_that_loses_a_unit(self, register: Register, slice: int):
        """Granular certificates of the FEA lose a unit when they are split: here parts are amounts of one id."""
        for part in (1, 332, 333):
            register.give(register.alice, register.bob, slice, part)
        assert (register.held(register.alice, slice), register.held(register.bob, slice)) == (334, 666)
        assert register.totals == {"slices": 1_000}

    def test_more_than_is_held(self, register: Register, slice: int):
        balance = {"sender": register.alice.address, "balance": 1_000, "needed": 1_001, "token_id": slice}
        with refused(reverts.ERC1155InsufficientBalance, **balance):
            register.give(register.alice, register.bob, slice, 1_001)

    def test_to_strangers(self, register: Register, slice: int):
        with refused(reverts.NotMember, account=register.stranger.address):
            register.give(register.alice, register.stranger, slice, 1)

    def test_to_the_suspended(self, register: Register, slice: int):
        register.suspend(register.bob)
        with refused(reverts.NotActive, account=register.bob.address, status=Status.SUSPENDED):
            register.give(register.alice, register.bob, slice, 1)

    def test_after_expiry(self, register: Register, slice: int):
        register.expired()
        expires = register.energy.slice_of(slice).expires
        with refused(reverts.CertificateExpired, id=slice, expires=expires):
            register.give(register.alice, register.bob, slice, 1)

    def test_signed(self, register: Register, slice: int):
        values = {"to": register.bob.address, "id": slice, "amount": 5}
        auth = sign_action(register.energy, "TransferSlice", register.alice, values, deadline=FAR)
        register.energy.transfer_signed(*values.values(), auth, sender=register.stranger)
        assert register.held(register.bob, slice) == 5
        with refused(reverts.NonceAlreadyUsed, signer=register.alice.address, nonce=auth.nonce):
            register.energy.transfer_signed(*values.values(), auth, sender=register.stranger)

    def test_while_certificates_are_sold_once(self, register: Register, slice: int):
        register.energy.set_max_transfers(1, sender=register.operator)
        with refused(reverts.SlicesStay, max_transfers=1):
            register.give(register.alice, register.bob, slice, 1)
        values = {"to": register.bob.address, "id": slice, "amount": 5}
        auth = sign_action(register.energy, "TransferSlice", register.alice, values, deadline=FAR)
        with refused(reverts.SlicesStay, max_transfers=1):
            register.energy.transfer_signed(*values.values(), auth, sender=register.stranger)

    def test_of_a_lost_key(self, register: Register, slice: int):
        old, new = register.alice, register.replace(register.alice)
        receipt = register.energy.recover_slices(old.address, [slice, slice], sender=register.stranger)
        check_event(receipt, "SlicesRecovered", account=old.address, replacement=new.address, ids=[slice, slice])
        assert (register.held(old, slice), register.held(new, slice)) == (0, 1_000)

    def test_of_a_key_that_is_not_lost(self, register: Register, slice: int):
        with refused(reverts.NotReplaced, account=register.alice.address):
            register.energy.recover_slices(register.alice.address, [slice], sender=register.stranger)


class TestProvenance:
    def test_says_what_was_made_when(self, register: Register, plant: int):
        first, second = register.issue(plant, 0, 2, 450), register.issue(plant, 2, 3, 550)
        told = register.certificates.provenance_of([first, second])
        expected = [(0, 400), (2, 50), (2, 450), (3, 100)]
        assert told == [Origin(plant, register.slot(place), wh) for place, wh in expected]

    def test_sums_to_the_slice(self, register: Register):
        device = register.plant()
        register.made(device, *range(1, 60))
        ids = [register.issue(device, first, last, wh) for first, last, wh in ((0, 10, 60), (10, 58, 1_710))]
        told = register.certificates.provenance_of(ids)
        assert sum(one.wh for one in told) == 60 + 1_710 == sum(range(1, 60))
        assert {one.slot_start for one in told} == {register.slot(place) for place in range(59)}


class TestAuthority:
    def test_names_the_parts_once(self, register: Register):
        with refused(reverts.PartsAlreadySet, certificates=register.certificates.address):
            register.energy.set_parts(register.alice.address, register.bob.address, sender=register.operator)

    def test_names_somebody(self, register: Register):
        energy = type(register.energy)(
            register.chain, register.create("CleanEnergy", register.production.address, register.operator.address)
        )
        for parts in ((NOBODY, register.bob.address), (register.bob.address, NOBODY)):
            with refused(reverts.ZeroAddress):
                energy.set_parts(*parts, sender=register.operator)
        receipt = energy.set_parts(register.alice.address, register.bob.address, sender=register.operator)
        check_event(receipt, "PartsSet", certificates=register.alice.address, batteries=register.bob.address)

    def test_says_how_often_certificates_change_hands(self, register: Register):
        check_event(register.energy.set_max_transfers(3, sender=register.operator), "MaxTransfersSet", maxTransfers=3)
        with refused(reverts.NotAuthority, caller=register.alice.address):
            register.energy.set_max_transfers(0, sender=register.alice)

    def test_parts_only(self, register: Register):
        alice = register.alice
        slice = Slice(0, 0, 0, 0, 0, 0, 0)
        calls = [
            lambda: register.energy.take_whole(alice.address, 1, 0, 0, sender=alice),
            lambda: register.energy.wrap_slices(alice.address, [], [], sender=alice),
            lambda: register.energy.unwrap_slices(alice.address, [1], [1], sender=alice),
            lambda: register.energy.end_whole(Place.RETIRED, sender=alice),
            lambda: register.energy.turn(alice.address, [], [], slice, sender=alice),
        ]
        for call in calls:
            with refused(reverts.NotPart, caller=alice.address):
                call()


def test_says_what_it_is(register: Register):
    assert register.energy.uri(1) == ""
    assert register.energy.supports_interface(bytes.fromhex("d9b67a26"))

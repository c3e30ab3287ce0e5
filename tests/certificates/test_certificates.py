"""Certificates of 1 MWh: made from a counter or of slices, sold, taken apart."""

from typing import Any

import pytest

from tests.assertions import FAR, check_event, refused
from tests.certificates.register import BIG, MWH, NOBODY, VALIDITY, Register, Whole
from tests.devices import SLOT
from wattbook.certificates.whole import slices
from wattbook.contracts import reverts
from wattbook.contracts.structs import Certificate, CertificateStatus, Contents, DeviceStatus, Origin, Status
from wattbook.eip712 import sign_action


def sell(register: Register, whole: Whole, giver: Any, taker: Any, by: Any = None) -> Any:
    return register.certificates.transfer_from(giver.address, taker.address, whole.id, sender=by or giver)


class TestStraightFromTheCounter:
    def test_over_many_slots(self, register: Register):
        device = register.plant()
        register.made(device, 300_000, 0, 300_000, 500_000)
        since, until = register.slots(0, 3)
        receipt = register.certificates.issue(device, since, until, sender=register.alice)
        slice = device << 224 | since << 184 | until << 144 | (since + SLOT + VALIDITY) << 104 | MWH
        id = register.certificates.certificate_id(Contents(1, [slice], [MWH]))
        said = {"id": id, "number": 1, "holder": register.alice.address, "expires": since + SLOT + VALIDITY}
        check_event(receipt, "CertificateMade", **said, ids=[slice], amounts=[MWH])
        check_event(receipt, "Transfer", **{"from": NOBODY, "to": register.alice.address, "tokenId": id})
        expected = Certificate(register.alice.address, since + SLOT + VALIDITY, 0, CertificateStatus.HELD, 0)
        assert register.certificates.certificate_of(id) == expected
        assert register.certificates.owner_of(id) == register.alice.address
        assert register.certificates.balance_of(register.alice.address) == 1
        assert register.totals == {"wholes": MWH}
        assert [one.wh for one in register.certificates.provenance_of([slice])] == [300_000, 300_000, 400_000]

    def test_the_rest_is_carried_on(self, register: Register):
        device = register.plant()
        register.made(device, 700_000, 700_000, 700_000)
        register.certificates.issue(device, *register.slots(0, 1), sender=register.alice)
        with refused(reverts.NotRecorded, device=device, left=100_000 + MWH, asked=MWH + 100_001):
            register.issue(device, 1, 2, MWH + 100_001)
        register.certificates.issue(device, *register.slots(1, 2), sender=register.alice)
        assert register.energy.mark_of(device).mark == 2 * MWH
        assert register.totals == {"wholes": 2 * MWH}

    def test_signed(self, register: Register):
        device = register.plant()
        register.made(device, MWH)
        since, until = register.slots(0)
        values = {"device": device, "since": since, "until": until}
        auth = sign_action(register.certificates, "IssueCertificate", register.alice, values, deadline=FAR)
        register.certificates.issue_signed(device, since, until, auth, sender=register.stranger)
        assert register.certificates.balance_of(register.alice.address) == 1

    def test_of_a_suspended_device(self, register: Register):
        device = register.plant()
        register.made(device, MWH)
        register.meters.suspend(device, "a bad seal", sender=register.operator)
        with refused(reverts.UnexpectedDeviceStatus, device=device, status=DeviceStatus.SUSPENDED):
            register.certificates.issue(device, *register.slots(0), sender=register.alice)

    def test_one_wh_too_few(self, register: Register):
        device = register.plant(rated_w=BIG)
        register.made(device, MWH - 1)
        with refused(reverts.NotRecorded, device=device, left=MWH - 1, asked=MWH):
            register.certificates.issue(device, *register.slots(0), sender=register.alice)


class TestWrapping:
    @pytest.mark.parametrize("held", [[400_000, 500_000, 300_000], [MWH], [1, MWH - 1, 5], [2 * MWH, 3]])
    def test_takes_slices_in_turn(self, register: Register, held: list[int]):
        ids = [register.fresh(wh) for wh in held]
        whole = register.wrap(ids, held)
        expected = slices(list(zip(ids, held, strict=True)))
        assert expected is not None
        assert list(zip(whole.contents.ids, whole.contents.amounts, strict=True)) == expected
        left = sum(held) - MWH
        assert [register.held(register.alice, id) for id in ids] == [
            wh - dict(expected).get(id, 0) for id, wh in zip(ids, held, strict=True)
        ]
        assert register.totals == {"wholes": MWH} | ({"slices": left} if left else {})

    def test_expires_with_its_earliest_slice(self, register: Register):
        device = register.plant()
        register.made(device, 600_000, 400_000)
        first, second = register.issue(device, 0, None, 600_000), register.issue(device, 1, None, 400_000)
        whole = register.wrap([second, first], [400_000, 600_000])
        assert whole.expires == register.energy.slice_of(first).expires == register.slot(1) + VALIDITY

    def test_no_slice_that_is_not_needed(self, register: Register):
        ids = [register.fresh(wh) for wh in (10, MWH, 20)]
        whole = register.wrap(ids, [0, MWH, 20])
        assert whole.contents[1:] == ([ids[1]], [MWH])

    def test_too_few(self, register: Register):
        id = register.fresh(MWH)
        with refused(reverts.TooFewWh, given=MWH - 1, needed=MWH):
            register.wrap([id], [MWH - 1])
        with refused(reverts.TooFewWh, given=0, needed=MWH):
            register.wrap([], [])

    def test_what_is_not_his(self, register: Register):
        id = register.fresh(MWH)
        balance = {"sender": register.bob.address, "balance": 0, "needed": MWH, "token_id": id}
        with refused(reverts.ERC1155InsufficientBalance, **balance):
            register.wrap([id], [MWH], by=register.bob)

    def test_one_slice_twice(self, register: Register):
        id = register.fresh(MWH - 1)
        balance = {"sender": register.alice.address, "balance": 399_999, "needed": 400_000, "token_id": id}
        with refused(reverts.ERC1155InsufficientBalance, **balance):
            register.wrap([id, id], [600_000, 600_000])

    def test_lists_that_differ(self, register: Register):
        with refused(reverts.ERC1155InvalidArrayLength, ids_length=1, values_length=2):
            register.wrap([register.fresh(MWH)], [MWH, 1])

    def test_more_slices_than_could_be_given_back(self, register: Register):
        with refused(reverts.TooManySlices, given=257, most=256):
            register.wrap([1] * 257, [1] * 257)

    def test_of_two_carriers(self, register: Register):
        """A megawatt hour is of one thing; what is not needed may be of another."""
        heat = register.heat(600_000)
        power = register.fresh(600_000)
        with refused(reverts.OtherCarrier, id=heat):
            register.wrap([power, heat], [600_000, 400_000])
        rest = register.fresh(400_000)
        assert register.wrap([heat, power, rest], [0, 600_000, 400_000]).contents.ids == [power, rest]

    def test_an_expired_slice(self, register: Register):
        id = register.fresh(MWH)
        register.expired()
        with refused(reverts.CertificateExpired, id=id, expires=register.energy.slice_of(id).expires):
            register.wrap([id], [MWH])

    def test_signed(self, register: Register):
        ids, amounts = [register.fresh(600_000), register.fresh(500_000)], [600_000, 500_000]
        values = {"ids": ids, "amounts": amounts}
        auth = sign_action(register.certificates, "WrapSlices", register.alice, values, deadline=FAR)
        register.certificates.wrap_signed(ids, amounts, auth, sender=register.stranger)
        assert register.certificates.balance_of(register.alice.address) == 1

    def test_the_same_again_has_another_id(self, register: Register):
        id = register.fresh(2 * MWH)
        one, other = register.wrap([id], [MWH]), register.wrap([id], [MWH])
        assert one.contents[1:] == other.contents[1:]
        assert (one.contents.number, other.contents.number) == (1, 2)
        assert one.id != other.id


class TestUnwrapping:
    def test_gives_the_slices_back(self, register: Register):
        ids = [register.fresh(600_000), register.fresh(400_000)]
        whole = register.wrap(ids, [600_000, 400_000])
        sell(register, whole, register.alice, register.bob)
        receipt = register.certificates.unwrap(whole.contents, sender=register.bob)
        check_event(receipt, "CertificateUnwrapped", id=whole.id, holder=register.bob.address)
        assert [register.held(register.bob, id) for id in ids] == [600_000, 400_000]
        assert register.certificates.certificate_of(whole.id).status == CertificateStatus.UNWRAPPED
        assert register.totals == {"slices": MWH}
        with refused(reverts.ERC721NonexistentToken, token_id=whole.id):
            register.certificates.owner_of(whole.id)

    def test_twice(self, register: Register):
        whole = register.fresh_whole()
        register.certificates.unwrap(whole.contents, sender=register.alice)
        with refused(reverts.ERC721NonexistentToken, token_id=whole.id):
            register.certificates.unwrap(whole.contents, sender=register.alice)

    def test_with_other_contents(self, register: Register):
        whole = register.fresh_whole()
        false = whole.contents._replace(amounts=[2 * MWH])
        with refused(reverts.ERC721NonexistentToken, token_id=register.certificates.certificate_id(false)):
            register.certificates.unwrap(false, sender=register.alice)

    def test_somebody_elses(self, register: Register):
        whole = register.fresh_whole()
        owner = {"sender": register.bob.address, "token_id": whole.id, "owner": register.alice.address}
        with refused(reverts.ERC721IncorrectOwner, **owner):
            register.certificates.unwrap(whole.contents, sender=register.bob)

    def test_an_expired_slice_is_replaced(self, register: Register):
        """The certificate is worth nothing any more, but only one of its slices is why."""
        old = register.fresh(1)
        device = register.plant()
        register.made(device, MWH - 1, place=100)
        good = register.issue(device, 100, None, MWH - 1)
        whole = register.wrap([old, good], [1, MWH - 1])
        assert whole.expires == register.energy.slice_of(old).expires
        with refused(reverts.NotExpired, id=whole.id, expires=whole.expires):
            register.certificates.expire(whole.contents, sender=register.stranger)
        register.expired()
        with refused(reverts.CertificateExpired, id=whole.id, expires=whole.expires):
            sell(register, whole, register.alice, register.bob)
        register.certificates.expire(whole.contents, sender=register.stranger)
        register.energy.expire(register.alice.address, [old], sender=register.stranger)
        register.made(device, 1, place=101)
        another = register.issue(device, 101, None, 1)
        renewed = register.wrap([good, another], [MWH - 1, 1])
        assert renewed.expires == register.energy.slice_of(good).expires
        assert register.totals == {"wholes": MWH, "expired": 1}


class TestSelling:
    def test_as_often_as_one_likes(self, register: Register):
        whole = register.fresh_whole()
        sell(register, whole, register.alice, register.bob)
        sell(register, whole, register.bob, register.carol)
        sell(register, whole, register.carol, register.alice)
        held = register.certificates.certificate_of(whole.id)
        assert (held.holder, held.transfers) == (register.alice.address, 3)
        balances = [register.certificates.balance_of(one.address) for one in (register.alice, register.bob)]
        assert balances == [1, 0]

    def test_once_only(self, register: Register):
        """As China's GEC: what was bought is there to be retired."""
        slice, whole = register.fresh(MWH), register.fresh_whole()
        register.energy.set_max_transfers(1, sender=register.operator)
        sell(register, whole, register.alice, register.bob)
        with refused(reverts.TransferLimitReached, id=whole.id, transfers=1):
            sell(register, whole, register.bob, register.carol)
        with refused(reverts.TransferLimitReached, id=whole.id, transfers=1):
            register.certificates.unwrap(whole.contents, sender=register.bob)
        own = register.wrap([slice], [MWH])
        register.certificates.unwrap(own.contents, sender=register.alice)
        register.certificates.retire(whole.id, register.retirement(), sender=register.bob)
        assert register.totals == {"slices": MWH, "retired": MWH}

    def test_by_approval(self, register: Register):
        one, other = register.fresh_whole(), register.fresh_whole()
        certificates, alice, bob = register.certificates, register.alice, register.bob
        with refused(reverts.ERC721InsufficientApproval, operator=bob.address, token_id=one.id):
            sell(register, one, alice, bob, by=bob)
        with refused(reverts.ERC721InvalidApprover, approver=bob.address):
            certificates.approve(bob.address, one.id, sender=bob)
        certificates.approve(bob.address, one.id, sender=alice)
        assert certificates.get_approved(one.id) == bob.address
        sell(register, one, alice, bob, by=bob)
        assert certificates.get_approved(one.id) == NOBODY
        with refused(reverts.ERC721InvalidOperator, operator=NOBODY):
            certificates.set_approval_for_all(NOBODY, True, sender=alice)
        certificates.set_approval_for_all(bob.address, True, sender=alice)
        assert certificates.is_approved_for_all(alice.address, bob.address)
        certificates.safe_transfer_from(alice.address, bob.address, other.id, sender=bob)
        assert certificates.balance_of(bob.address) == 2

    def test_what_is_not_there(self, register: Register):
        whole = register.fresh_whole()
        owner = {"sender": register.bob.address, "token_id": whole.id, "owner": register.alice.address}
        with refused(reverts.ERC721IncorrectOwner, **owner):
            register.certificates.transfer_from(
                register.bob.address, register.carol.address, whole.id, sender=register.alice
            )
        with refused(reverts.ERC721InvalidReceiver, receiver=NOBODY):
            register.certificates.transfer_from(register.alice.address, NOBODY, whole.id, sender=register.alice)
        with refused(reverts.ERC721InvalidOwner, owner=NOBODY):
            register.certificates.balance_of(NOBODY)

    def test_to_members_only(self, register: Register):
        whole = register.fresh_whole()
        with refused(reverts.NotMember, account=register.stranger.address):
            sell(register, whole, register.alice, register.stranger)
        register.suspend(register.alice)
        with refused(reverts.NotActive, account=register.alice.address, status=Status.SUSPENDED):
            sell(register, whole, register.alice, register.bob)

    def test_signed(self, register: Register):
        whole = register.fresh_whole()
        values = {"to": register.bob.address, "id": whole.id}
        auth = sign_action(register.certificates, "TransferCertificate", register.alice, values, deadline=FAR)
        register.certificates.transfer_signed(register.bob.address, whole.id, auth, sender=register.stranger)
        assert register.certificates.owner_of(whole.id) == register.bob.address

    def test_of_a_lost_key(self, register: Register):
        whole, old = register.fresh_whole(), register.alice
        with refused(reverts.NotReplaced, account=old.address):
            register.certificates.recover_certificates(old.address, [whole.id], sender=register.stranger)
        new = register.replace(old)
        receipt = register.certificates.recover_certificates(old.address, [whole.id], sender=register.stranger)
        moved = {"account": old.address, "replacement": new.address, "ids": [whole.id]}
        check_event(receipt, "CertificatesRecovered", **moved)
        held = register.certificates.certificate_of(whole.id)
        assert (held.holder, held.transfers) == (new.address, 0)

    def test_says_what_it_is(self, register: Register):
        assert register.certificates.supports_interface(bytes.fromhex("80ac58cd"))
        assert register.certificates.supports_interface(bytes.fromhex("01ffc9a7"))
        assert not register.certificates.supports_interface(bytes.fromhex("ffffffff"))


def test_a_whole_and_its_slices_say_where_it_was_made(register: Register):
    """Down to devices and slots, in one call."""
    ids = [register.fresh(300_000), register.fresh(900_000)]
    whole = register.wrap(ids, [300_000, 700_000])
    devices = [register.energy.slice_of(id).device for id in ids]
    told = register.certificates.provenance_of(whole.contents.ids)
    assert told == [Origin(devices[0], register.slot(0), 300_000), Origin(devices[1], register.slot(0), 900_000)]

"""What becomes of a device: new owners, new keys, pledges, payees, its end."""

import pytest

from tests.assertions import FAR, check_event, refused
from tests.devices import said
from tests.further import joining
from wattbook import Role
from wattbook.contracts import reverts
from wattbook.contracts.structs import Curve, DeviceStatus, Key, Purse, Status
from wattbook.eip712 import digest, sign_action

NOBODY = "0x" + "00" * 20


@pytest.fixture
def device(devices, alice):
    return devices.certified(alice)


@pytest.fixture
def carol(people, admit):
    admit(people.carol)
    return people.carol


@pytest.fixture
def narrow(market, people, alice):
    """A further account of alice's without the right to spend."""
    market.membership.add_account(*joining(market, alice.address, people.spare, Role.PRODUCER), sender=alice)
    return people.spare


@pytest.fixture
def signed(market):
    return lambda name, signer, **values: sign_action(market.meters, name, signer, values, nonce=9, deadline=FAR)


@pytest.fixture
def proof_of(market):
    """What a new key signs for the device that it shall be the key of."""

    def make(key, device, deadline=FAR):
        values = {"device": device, **said(key.public), "deadline": deadline}
        return key.sign(digest(market.meters, "DeviceKey", values))

    return make


def suspend_member(market, people, account):
    member = market.membership.standing_of(account.address).member
    market.membership.suspend(member, "audit", sender=people.regulator)


class TestMove:
    def test_offered_and_accepted(self, market, device, alice, bob):
        meters = market.meters
        check_event(meters.offer(device, bob.address, sender=alice), "DeviceOffered", device=device, to=bob.address)
        assert (meters.offered_to(device), meters.owner_of(device)) == (bob.address, alice.address)
        receipt = meters.accept(device, sender=bob)
        check_event(receipt, "DeviceMoved", **{"device": device, "from": alice.address, "to": bob.address})
        assert (meters.offered_to(device), meters.owner_of(device)) == (NOBODY, bob.address)
        assert meters.device_of(device).status == DeviceStatus.CERTIFIED

    def test_by_signatures(self, market, people, device, alice, bob, signed):
        meters = market.meters
        auth = signed("OfferDevice", alice, device=device, to=bob.address)
        receipt = meters.offer_signed(device, bob.address, auth, sender=people.relayer)
        check_event(receipt, "NonceUsed", signer=alice.address, nonce=9)
        receipt = meters.accept_signed(device, signed("AcceptDevice", bob, device=device), sender=people.relayer)
        check_event(receipt, "NonceUsed", signer=bob.address, nonce=9)
        assert meters.owner_of(device) == bob.address

    def test_the_new_owner_is_paid(self, market, device, alice, bob, carol):
        meters = market.meters
        meters.set_payee(device, carol.address, sender=alice)
        meters.offer(device, bob.address, sender=alice)
        meters.accept(device, sender=bob)
        assert meters.payee_of(device) == bob.address

    def test_a_proposed_key_is_dropped(self, market, people, devices, device, alice, bob, proof_of):
        key = devices.key()
        market.meters.propose_key(device, key.public, FAR, proof_of(key, device), sender=alice)
        market.meters.offer(device, bob.address, sender=alice)
        market.meters.accept(device, sender=bob)
        key_hash = market.meters.key_hash_of(key.public)
        with refused(reverts.KeyNotProposed, device=device, key_hash=key_hash):
            market.meters.confirm_key(device, key_hash, sender=people.operator)

    def test_not_offered(self, market, device, alice, bob, carol):
        meters = market.meters
        with refused(reverts.NotOffered, device=device, account=bob.address):
            meters.accept(device, sender=bob)
        meters.offer(device, bob.address, sender=alice)
        with refused(reverts.NotOffered, device=device, account=carol.address):
            meters.accept(device, sender=carol)
        meters.offer(device, NOBODY, sender=alice)
        with refused(reverts.NotOffered, device=device, account=bob.address):
            meters.accept(device, sender=bob)

    def test_only_the_owner_offers(self, market, device, bob):
        with refused(reverts.NotDeviceOwner, device=device, account=bob.address):
            market.meters.offer(device, bob.address, sender=bob)

    def test_not_without_the_right_to_spend(self, market, devices, narrow, bob):
        device = devices.register(narrow)
        with refused(reverts.SpendNotAllowed, account=narrow.address, to=bob.address):
            market.meters.offer(device, bob.address, sender=narrow)

    def test_not_while_suspended(self, market, people, device, alice, bob):
        market.meters.offer(device, bob.address, sender=alice)
        suspend_member(market, people, bob)
        with refused(reverts.NotActive, account=bob.address, status=Status.SUSPENDED):
            market.meters.accept(device, sender=bob)
        suspend_member(market, people, alice)
        with refused(reverts.NotActive, account=alice.address, status=Status.SUSPENDED):
            market.meters.offer(device, bob.address, sender=alice)

    def test_not_to_who_certified_it(self, market, people, device, alice):
        """An operator does not end up with what he vouched for."""
        member = market.membership.standing_of(people.operator.address).member
        market.membership.grant_roles(member, Role.PRODUCER, sender=people.registrar)
        market.meters.offer(device, people.operator.address, sender=alice)
        with refused(reverts.ConflictOfInterest, device=device, owner=member):
            market.meters.accept(device, sender=people.operator)

    def test_of_a_retired_device(self, market, device, alice, bob):
        market.meters.offer(device, bob.address, sender=alice)
        market.meters.retire(device, sender=alice)
        for step in (
            lambda: market.meters.accept(device, sender=bob),
            lambda: market.meters.offer(device, bob.address, sender=alice),
        ):
            with refused(reverts.UnexpectedDeviceStatus, device=device, status=DeviceStatus.RETIRED):
                step()


class TestPledge:
    def test_binds_and_is_released(self, market, device, alice, bob, carol):
        meters = market.meters
        receipt = meters.pledge(device, bob.address, carol.address, sender=alice)
        check_event(receipt, "DevicePledged", device=device, pledgee=bob.address, payee=carol.address)
        assert meters.device_of(device).pledgee == bob.address
        assert meters.payee_of(device) == carol.address
        pledged = {"device": device, "pledgee": bob.address}
        with refused(reverts.DeviceIsPledged, **pledged):
            meters.pledge(device, carol.address, NOBODY, sender=alice)
        with refused(reverts.DeviceIsPledged, **pledged):
            meters.retire(device, sender=alice)

        check_event(meters.release_pledge(device, sender=bob), "PledgeReleased", device=device, pledgee=bob.address)
        assert meters.device_of(device).pledgee == NOBODY
        assert meters.payee_of(device) == alice.address
        meters.retire(device, sender=alice)

    def test_moves_with_consent_only(self, market, device, alice, bob, carol):
        meters = market.meters
        meters.pledge(device, bob.address, bob.address, sender=alice)
        meters.offer(device, carol.address, sender=alice)
        refusal = {"device": device, "account": carol.address}
        with refused(reverts.PledgeeDidNotConsent, **refusal):
            meters.accept(device, sender=carol)
        receipt = meters.consent_to_move(device, carol.address, sender=bob)
        check_event(receipt, "MoveConsented", device=device, to=carol.address)
        meters.consent_to_move(device, NOBODY, sender=bob)
        with refused(reverts.PledgeeDidNotConsent, **refusal):
            meters.accept(device, sender=carol)
        meters.consent_to_move(device, carol.address, sender=bob)
        assert meters.consented_to(device) == carol.address
        meters.accept(device, sender=carol)
        found = meters.device_of(device)
        assert (found.owner, found.pledgee, found.payee) == (carol.address, bob.address, bob.address)
        assert meters.consented_to(device) == NOBODY

    def test_consent_ends_with_the_pledge(self, market, device, alice, bob, carol):
        meters = market.meters
        meters.pledge(device, bob.address, NOBODY, sender=alice)
        meters.consent_to_move(device, carol.address, sender=bob)
        meters.release_pledge(device, sender=bob)
        meters.pledge(device, bob.address, NOBODY, sender=alice)
        meters.offer(device, carol.address, sender=alice)
        with refused(reverts.PledgeeDidNotConsent, device=device, account=carol.address):
            meters.accept(device, sender=carol)

    def test_by_signature(self, market, people, device, alice, bob, signed):
        auth = signed("PledgeDevice", alice, device=device, pledgee=bob.address, payee=NOBODY)
        receipt = market.meters.pledge_signed(device, bob.address, NOBODY, auth, sender=people.relayer)
        check_event(receipt, "NonceUsed", signer=alice.address, nonce=9)
        assert market.meters.device_of(device).pledgee == bob.address

    def test_to_a_contract_of_the_market(self, market, device, alice):
        pool = market.vault.purse_account(Purse.POOL)
        market.meters.pledge(device, pool, pool, sender=alice)
        assert market.meters.payee_of(device) == pool

    @pytest.mark.parametrize("step", ["consent_to_move", "release_pledge"])
    def test_only_the_pledgee(self, market, device, alice, bob, step):
        arguments = (bob.address,) if step == "consent_to_move" else ()
        for who in (alice, bob):
            with refused(reverts.NotPledgee, device=device, caller=who.address):
                getattr(market.meters, step)(device, *arguments, sender=who)
        market.meters.pledge(device, bob.address, NOBODY, sender=alice)
        with refused(reverts.NotPledgee, device=device, caller=alice.address):
            getattr(market.meters, step)(device, *arguments, sender=alice)

    def test_to_nobody(self, market, people, device, alice, bob):
        with refused(reverts.ZeroAddress):
            market.meters.pledge(device, NOBODY, bob.address, sender=alice)
        stranger = people.stranger.address
        for pledgee, payee in ((stranger, bob.address), (bob.address, stranger)):
            with refused(reverts.NotMember, account=stranger):
                market.meters.pledge(device, pledgee, payee, sender=alice)

    def test_by_others(self, market, people, devices, device, alice, bob, narrow):
        with refused(reverts.NotDeviceOwner, device=device, account=bob.address):
            market.meters.pledge(device, bob.address, NOBODY, sender=bob)
        own = devices.register(narrow)
        with refused(reverts.SpendNotAllowed, account=narrow.address, to=bob.address):
            market.meters.pledge(own, bob.address, NOBODY, sender=narrow)
        suspend_member(market, people, alice)
        with refused(reverts.NotActive, account=alice.address, status=Status.SUSPENDED):
            market.meters.pledge(device, bob.address, NOBODY, sender=alice)


class TestPayee:
    def test_of_the_owners_choice(self, market, people, device, alice, bob, signed):
        meters = market.meters
        receipt = meters.set_payee(device, bob.address, sender=alice)
        check_event(receipt, "PayeeSet", device=device, payee=bob.address)
        assert meters.payee_of(device) == bob.address
        auth = signed("SetPayee", alice, device=device, payee=NOBODY)
        meters.set_payee_signed(device, NOBODY, auth, sender=people.relayer)
        assert meters.payee_of(device) == alice.address

    def test_of_a_pledged_device(self, market, device, alice, bob, carol):
        market.meters.pledge(device, bob.address, NOBODY, sender=alice)
        with refused(reverts.NotPledgee, device=device, caller=alice.address):
            market.meters.set_payee(device, alice.address, sender=alice)
        market.meters.set_payee(device, carol.address, sender=bob)
        assert market.meters.payee_of(device) == carol.address

    def test_who_cannot_be_paid(self, market, people, device, alice):
        with refused(reverts.NotMember, account=people.stranger.address):
            market.meters.set_payee(device, people.stranger.address, sender=alice)

    def test_the_vault_has_no_account_with_itself(self, market, device, alice):
        """It is a system account, and a batch in which it were paid would stop there."""
        vault = market.vault.address
        with refused(reverts.NotMember, account=vault):
            market.meters.set_payee(device, vault, sender=alice)
        with refused(reverts.NotMember, account=vault):
            market.meters.pledge(device, alice.address, vault, sender=alice)

    def test_by_others(self, market, devices, device, bob, narrow):
        with refused(reverts.NotDeviceOwner, device=device, account=bob.address):
            market.meters.set_payee(device, bob.address, sender=bob)
        own = devices.register(narrow)
        with refused(reverts.SpendNotAllowed, account=narrow.address, to=bob.address):
            market.meters.set_payee(own, bob.address, sender=narrow)

    def test_by_a_suspended_owner(self, market, people, device, alice, bob):
        suspend_member(market, people, alice)
        market.meters.set_payee(device, bob.address, sender=alice)
        assert market.meters.payee_of(device) == bob.address


class TestKey:
    @pytest.fixture(params=list(Curve), ids=lambda curve: curve.name)
    def key(self, request, devices):
        return devices.key(request.param)

    def test_proposed_and_confirmed(self, market, people, device, alice, key, proof_of):
        meters = market.meters
        old = meters.device_of(device).key
        receipt = meters.propose_key(device, key.public, FAR, proof_of(key, device), sender=alice)
        said_event = receipt.event("KeyProposed").args
        assert (said_event["device"], tuple(said_event["key"].values())) == (device, tuple(key.public))
        assert meters.proposed_key_of(device) == key.public
        assert meters.device_of(device).key == old

        receipt = meters.confirm_key(device, meters.key_hash_of(key.public), sender=people.operator)
        said_event = receipt.event("KeyChanged").args
        assert (said_event["device"], said_event["by"]) == (device, people.operator.address)
        assert tuple(said_event["key"].values()) == tuple(key.public) == tuple(meters.device_of(device).key)
        assert meters.proposed_key_of(device) == Key(Curve.SECP256K1, bytes(32), bytes(32))
        for known in (old, key.public):
            assert meters.device_by_key(meters.key_hash_of(known)) == device

    def test_signed_by_the_owner(self, market, people, device, alice, key, signed, proof_of):
        auth = signed("ProposeKey", alice, device=device, **said(key.public))
        proof = proof_of(key, device)
        receipt = market.meters.propose_key_signed(device, key.public, FAR, proof, auth, sender=people.relayer)
        check_event(receipt, "NonceUsed", signer=alice.address, nonce=9)
        assert market.meters.proposed_key_of(device) == key.public

    def test_a_key_that_was_used(self, market, people, devices, device, alice, proof_of):
        first, second = devices.key(), devices.key()
        taken = devices.register(alice, first)
        with refused(reverts.KeyTaken, device=taken):
            market.meters.propose_key(device, first.public, FAR, proof_of(first, device), sender=alice)
        market.meters.propose_key(device, second.public, FAR, proof_of(second, device), sender=alice)
        later = devices.register(alice, second)
        with refused(reverts.KeyTaken, device=later):
            market.meters.confirm_key(device, market.meters.key_hash_of(second.public), sender=people.operator)

    def test_for_another_device(self, market, devices, device, alice, key, proof_of):
        with refused(reverts.InvalidKeyProof, **key.public._asdict()):
            market.meters.propose_key(device, key.public, FAR, proof_of(key, device + 1), sender=alice)

    def test_too_late(self, market, device, alice, key, proof_of):
        deadline = market.chain.now - 1
        with refused(reverts.SignatureExpired, deadline=deadline):
            market.meters.propose_key(device, key.public, deadline, proof_of(key, device, deadline), sender=alice)

    def test_another_than_was_looked_at(self, market, people, devices, device, alice, proof_of):
        """The owner cannot slip another key in while the operator confirms."""
        seen, slipped = devices.key(), devices.key()
        for key in (seen, slipped):
            market.meters.propose_key(device, key.public, FAR, proof_of(key, device), sender=alice)
        key_hash = market.meters.key_hash_of(seen.public)
        with refused(reverts.KeyNotProposed, device=device, key_hash=key_hash):
            market.meters.confirm_key(device, key_hash, sender=people.operator)

    def test_none_proposed(self, market, people, device):
        empty = market.meters.key_hash_of(Key(Curve.SECP256K1, bytes(32), bytes(32)))
        with refused(reverts.KeyNotProposed, device=device, key_hash=empty):
            market.meters.confirm_key(device, empty, sender=people.operator)

    def test_not_by_others(self, market, people, device, alice, bob, key, proof_of):
        proof = proof_of(key, device)
        with refused(reverts.NotDeviceOwner, device=device, account=bob.address):
            market.meters.propose_key(device, key.public, FAR, proof, sender=bob)
        market.meters.propose_key(device, key.public, FAR, proof, sender=alice)
        with refused(reverts.MissingRole, account=alice.address, any_of=Role.OPERATOR):
            market.meters.confirm_key(device, market.meters.key_hash_of(key.public), sender=alice)
        suspend_member(market, people, alice)
        with refused(reverts.NotActive, account=alice.address, status=Status.SUSPENDED):
            market.meters.propose_key(device, key.public, FAR, proof, sender=alice)

    def test_not_for_ones_own_device(self, market, people, admit, decide, devices, key, proof_of):
        operator = admit(people.alice)
        device = devices.certified(people.alice)
        decide("Membership", "grantRoles", operator, int(Role.OPERATOR))
        market.meters.propose_key(device, key.public, FAR, proof_of(key, device), sender=people.alice)
        with refused(reverts.ConflictOfInterest, device=device, owner=operator):
            market.meters.confirm_key(device, market.meters.key_hash_of(key.public), sender=people.alice)


class TestRetire:
    def test_for_good(self, market, device, alice):
        receipt = market.meters.retire(device, sender=alice)
        check_event(receipt, "DeviceRetired", device=device)
        assert market.meters.device_of(device).status == DeviceStatus.RETIRED
        with refused(reverts.UnexpectedDeviceStatus, device=device, status=DeviceStatus.RETIRED):
            market.meters.retire(device, sender=alice)

    def test_by_a_suspended_owner_and_by_signature(self, market, people, device, alice, signed):
        suspend_member(market, people, alice)
        auth = signed("RetireDevice", alice, device=device)
        receipt = market.meters.retire_signed(device, auth, sender=people.relayer)
        check_event(receipt, "NonceUsed", signer=alice.address, nonce=9)
        assert market.meters.device_of(device).status == DeviceStatus.RETIRED

    def test_not_while_it_is_suspended(self, market, people, device, alice):
        """What it made and should not have stays held up."""
        market.meters.suspend(device, "looks forged", sender=people.operator)
        with refused(reverts.UnexpectedDeviceStatus, device=device, status=DeviceStatus.SUSPENDED):
            market.meters.retire(device, sender=alice)

    def test_not_by_others(self, market, people, device, bob):
        for other in (bob, people.operator):
            with refused(reverts.NotDeviceOwner, device=device, account=other.address):
                market.meters.retire(device, sender=other)


class TestReplacedKey:
    """Alice's key is lost; spare takes its place."""

    @pytest.fixture
    def recover(self, people, alice, decide):
        return lambda: decide("Membership", "decideRecovery", alice.address, people.spare.address)

    def test_the_replacement_is_the_owner(self, market, people, device, alice, bob, recover):
        meters = market.meters
        recover()
        assert meters.owner_of(device) == meters.device_of(device).owner == people.spare.address
        assert meters.payee_of(device) == people.spare.address
        with refused(reverts.NotDeviceOwner, device=device, account=alice.address):
            meters.retire(device, sender=alice)
        meters.offer(device, bob.address, sender=people.spare)
        receipt = meters.accept(device, sender=bob)
        check_event(receipt, "DeviceMoved", **{"device": device, "from": people.spare.address, "to": bob.address})

    def test_so_is_the_replaced_pledgee(self, market, people, devices, alice, bob, recover):
        device = devices.certified(bob)
        market.meters.pledge(device, alice.address, alice.address, sender=bob)
        recover()
        assert market.meters.payee_of(device) == people.spare.address
        with refused(reverts.NotPledgee, device=device, caller=alice.address):
            market.meters.release_pledge(device, sender=alice)
        market.meters.release_pledge(device, sender=people.spare)


class TestMirror:
    def test_is_set_once(self, market, people, as_authority):
        assert market.meters.mirror() == market.energy_units.address
        with refused(reverts.MirrorAlreadySet, mirror=market.energy_units.address):
            as_authority("Meters", "setMirror", people.stranger.address)

    def test_is_somebody(self, as_authority):
        with refused(reverts.ZeroAddress):
            as_authority("Meters", "setMirror", NOBODY)

    def test_is_set_by_the_authority(self, market, people):
        with refused(reverts.NotAuthority, caller=people.administrator.address):
            market.meters.set_mirror(people.stranger.address, sender=people.administrator)

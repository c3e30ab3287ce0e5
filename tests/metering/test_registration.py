"""How devices come into the market: described, with a key that is theirs alone, and certified."""

import json
from pathlib import Path

import pytest
from web3.types import RPCEndpoint

from tests.assertions import FAR, check_event, pass_time, refused
from tests.conftest import decider
from tests.devices import P256_ORDER, QUARTER, SLOT, Devices, P256Key, Secp256k1Key, facts, said
from tests.node import GAS_LIMIT
from wattbook import Market, Role
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier, Curve, DeviceStatus, Direction, Key, Status
from wattbook.deployment import anvil
from wattbook.deployment.anvil import Anvil
from wattbook.deployment.deployer import deploy
from wattbook.deployment.local import known_account
from wattbook.deployment.settings import local_settings
from wattbook.eip712 import sign_action

NOBODY = "0x" + "00" * 20
LAYOUT = Path(__file__).parents[2] / ".build" / "contracts" / "Meters.json"


@pytest.fixture(params=list(Curve), ids=lambda curve: curve.name)
def key(request, devices):
    return devices.key(request.param)


@pytest.fixture
def register(market, devices):
    """Registers with a proof of possession that can be another one."""

    def run(owner, key, *, deadline=FAR, proof=None, **changes):
        description = devices.description(**changes)
        proof = proof or devices.proof(key, owner.address, description, deadline)
        return market.meters.register(description, key.public, deadline, proof, sender=owner)

    return run


class TestRegister:
    def test_with_a_key_of_either_curve(self, market, devices, alice, key, register):
        receipt = register(alice, key, technology=20_000, clean=False, stores=True, modulus=0)
        description = devices.description(technology=20_000, clean=False, stores=True, modulus=0)
        said_event = receipt.event("DeviceRegistered").args
        assert (said_event["device"], said_event["owner"]) == (1, alice.address)
        assert tuple(said_event["description"].values()) == tuple(description)
        assert tuple(said_event["key"].values()) == tuple(key.public)

        meters = market.meters
        device = meters.device_of(1)
        assert (device.owner, device.status) == (alice.address, DeviceStatus.REGISTERED)
        assert (device.description, device.key) == (description, key.public)
        assert (device.availability_bps, device.certifier, device.check_meter) == (0, 0, 0)
        assert (device.payee, device.pledgee) == (NOBODY, NOBODY)
        assert meters.owner_of(1) == meters.payee_of(1) == alice.address
        assert meters.device_by_key(meters.key_hash_of(key.public)) == 1
        assert meters.device_count() == 1

    def test_every_field_is_kept_apart(self, market, devices, alice):
        """The largest value of one field leaves the others as they are."""
        largest = {"technology": 2**24 - 1, "rated_w": 2**32 - 1, "modulus": 2**64 - 1, "site": b"\xff" * 32}
        largest |= {"direction": Direction.WITHDRAWAL, "clean": False, "stores": True}
        for field, value in largest.items():
            device = devices.register(alice, **{field: value})
            assert market.meters.device_of(device).description == devices.description(**{field: value})

    def test_signed_by_the_owner(self, market, people, devices, alice, key):
        description = devices.description()
        values = {**said(description), **said(key.public)}
        auth = sign_action(market.meters, "RegisterDevice", alice, values, nonce=3, deadline=FAR)
        proof = devices.proof(key, alice.address, description)
        receipt = market.meters.register_signed(description, key.public, FAR, proof, auth, sender=people.relayer)
        assert receipt.event("DeviceRegistered").args["owner"] == alice.address
        check_event(receipt, "NonceUsed", signer=alice.address, nonce=3)

    def test_signed_for_another_description(self, market, people, devices, alice, key):
        signed, sent = devices.description(), devices.description(rated_w=20_000)
        values = {**said(signed), **said(key.public)}
        auth = sign_action(market.meters, "RegisterDevice", alice, values, nonce=3, deadline=FAR)
        proof = devices.proof(key, alice.address, sent)
        with refused(reverts.InvalidSignature, signer=alice.address):
            market.meters.register_signed(sent, key.public, FAR, proof, auth, sender=people.relayer)

    @pytest.mark.parametrize("role", [Role.PRODUCER, Role.CONSUMER, Role.GRID, Role.STORAGE, Role.INVESTOR])
    def test_in_any_market_role(self, people, admit, devices, role):
        admit(people.alice, roles=role)
        assert devices.register(people.alice) == 1

    def test_by_an_officer_or_nobody(self, people, devices):
        every_market_role = int(Role.PRODUCER | Role.PROSUMER | Role.CONSUMER | Role.GRID | Role.STORAGE)
        every_market_role |= int(Role.CHARGING | Role.INVESTOR)
        with refused(reverts.MissingRole, account=people.issuer.address, any_of=every_market_role):
            devices.register(people.issuer)
        with refused(reverts.NotMember, account=people.stranger.address):
            devices.register(people.stranger)

    def test_by_a_suspended_member(self, market, people, admit, devices):
        member = admit(people.alice)
        market.membership.suspend(member, "audit", sender=people.regulator)
        with refused(reverts.NotActive, account=people.alice.address, status=Status.SUSPENDED):
            devices.register(people.alice)

    def test_one_key_one_device(self, devices, alice, bob, key):
        assert devices.register(alice, key) == 1
        for again in (alice, bob):
            with refused(reverts.KeyTaken, device=1):
                devices.register(again, key)

    def test_the_key_of_a_retired_device(self, market, devices, alice, key):
        device = devices.register(alice, key)
        market.meters.retire(device, sender=alice)
        with refused(reverts.KeyTaken, device=device):
            devices.register(alice, key)

    def test_the_proof_of_somebody_else(self, devices, alice, bob, key, register):
        """Whoever sees a registration cannot make it his own."""
        proof = devices.proof(key, alice.address, devices.description())
        with refused(reverts.InvalidKeyProof, **key.public._asdict()):
            register(bob, key, proof=proof)

    def test_the_proof_of_another_description(self, devices, alice, key, register):
        proof = devices.proof(key, alice.address, devices.description())
        with refused(reverts.InvalidKeyProof, **key.public._asdict()):
            register(alice, key, proof=proof, rated_w=20_000)

    def test_the_proof_of_another_key(self, devices, alice, key, register):
        other = devices.key(key.public.curve)
        with refused(reverts.InvalidKeyProof, **key.public._asdict()):
            register(alice, key, proof=devices.proof(other, alice.address, devices.description()))

    @pytest.mark.parametrize("proof", [b"\0", bytes(64), bytes(65), b"\1" * 64, b"\1" * 65, b"\1" * 300])
    def test_a_proof_that_is_none(self, alice, key, register, proof):
        with refused(reverts.InvalidKeyProof, **key.public._asdict()):
            register(alice, key, proof=proof)

    def test_a_proof_that_has_lapsed(self, market, alice, key, register):
        deadline = market.chain.now + 10
        pass_time(20)
        with refused(reverts.SignatureExpired, deadline=deadline):
            register(alice, key, deadline=deadline)

    def test_one_spelling_of_a_key_of_an_account(self, market, devices, alice):
        """Anything above the address or in y would be the same key under another hash."""
        key = Secp256k1Key("a meter")
        right = key.public
        for wrong in (right._replace(x=b"\1" + right.x[1:]), right._replace(y=b"\1".rjust(32, b"\0"))):
            key.public = wrong
            with refused(reverts.InvalidKeyProof, **wrong._asdict()):
                devices.register(alice, key)

    def test_the_higher_half_of_a_signature(self, devices, alice, register):
        key = P256Key("a meter")
        proof = devices.proof(key, alice.address, devices.description())
        higher = (P256_ORDER - int.from_bytes(proof[32:])).to_bytes(32)
        with refused(reverts.InvalidKeyProof, **key.public._asdict()):
            register(alice, key, proof=proof[:32] + higher)
        register(alice, key, proof=proof)

    def test_a_point_off_the_curve(self, devices, alice):
        key = P256Key("a meter")
        key.public = Key(Curve.P256, key.public.x, b"\1" * 32)
        with refused(reverts.InvalidKeyProof, **key.public._asdict()):
            devices.register(alice, key)

    def test_what_can_do_nothing(self, devices, alice):
        with refused(reverts.NoRating):
            devices.register(alice, rated_w=0)

    def test_without_a_site(self, devices, alice):
        with refused(reverts.EmptyHash):
            devices.register(alice, site=bytes(32))

    def test_where_the_carrier_is_not_traded(self, devices, alice, zone):
        with refused(reverts.CarrierNotOpen, zone=zone, carrier=Carrier.GAS):
            devices.register(alice, carrier=Carrier.GAS)
        with refused(reverts.CarrierNotOpen, zone=zone + 1, carrier=Carrier.ELECTRICITY):
            devices.register(alice, zone=zone + 1)

    def test_unknown(self, market, devices):
        meters = market.meters
        for device in (0, 1):
            for ask in (meters.device_of, meters.owner_of, meters.payee_of):
                with refused(reverts.UnknownDevice, device=device):
                    ask(device)


def test_no_more_than_orders_can_name(people):
    """A chain on which the count of devices can be set."""
    with Anvil("--accounts", "20") as chain:
        chain.gas_limit = GAS_LIMIT
        market = Market(chain, deploy(chain, known_account("administrator"), local_settings(), None, lambda line: None))
        decide = decider(market, people.administrator, lambda seconds: anvil.pass_time(chain, seconds))
        decide("Zones", "addZone", b"\1" * 32)
        decide("Zones", "openCarrier", 1, Carrier.ELECTRICITY, SLOT, QUARTER, facts(people.grid.address))
        devices = Devices(market, people.operator, 1)
        assert market.meters.max_devices() == 2**21 - 1

        place = next(
            entry
            for entry in json.loads(LAYOUT.read_text())["storageLayout"]["storage"]
            if entry["label"] == "deviceCount"
        )
        word = (2**21 - 2) << 8 * place["offset"]
        params = [market.meters.address, hex(int(place["slot"])), "0x" + word.to_bytes(32).hex()]
        chain.web3.provider.make_request(RPCEndpoint("anvil_setStorageAt"), params)
        assert devices.register(people.grid) == 2**21 - 1
        with refused(reverts.TooManyDevices):
            devices.register(people.grid)


class TestCertify:
    def test_by_an_operator(self, market, people, devices, alice):
        check, device = devices.register(alice), devices.register(alice)
        receipt = market.meters.certify(device, 9_000, check, sender=people.operator)
        owner = market.membership.standing_of(people.operator.address).owner
        expected = {"certifier": owner, "availabilityBps": 9_000, "checkMeter": check}
        check_event(receipt, "DeviceCertified", device=device, by=people.operator.address, **expected)
        found = market.meters.device_of(device)
        assert (found.status, found.availability_bps) == (DeviceStatus.CERTIFIED, 9_000)
        assert (found.certifier, found.check_meter) == (owner, check)

    def test_again(self, market, devices, alice):
        device = devices.certified(alice)
        devices.certify(device, 5_000)
        assert market.meters.device_of(device).availability_bps == 5_000

    def test_not_by_others(self, market, people, devices, alice):
        device = devices.register(alice)
        for other in (alice, people.regulator, people.registrar):
            with refused(reverts.MissingRole, account=other.address, any_of=Role.OPERATOR):
                market.meters.certify(device, 1, 0, sender=other)

    def test_not_ones_own(self, market, people, admit, decide, devices):
        """A second operator with market roles, and a further member of the same beneficial owner."""
        operator, other = admit(people.alice), admit(people.bob)
        decide("Membership", "grantRoles", operator, int(Role.OPERATOR))
        decide("Membership", "changeOwner", operator, other)
        for owner in (people.alice, people.bob):
            device = devices.register(owner)
            with refused(reverts.ConflictOfInterest, device=device, owner=other):
                market.meters.certify(device, 1, 0, sender=people.alice)
            devices.certify(device)

    def test_more_than_the_whole(self, market, people, devices, alice):
        device = devices.register(alice)
        with refused(reverts.BpsTooLarge, bps=10_001):
            market.meters.certify(device, 10_001, 0, sender=people.operator)
        market.meters.certify(device, 10_000, 0, sender=people.operator)

    def test_with_a_check_meter_that_is_none(self, market, people, devices, alice):
        device = devices.register(alice)
        with refused(reverts.ChecksItself, device=device):
            market.meters.certify(device, 1, device, sender=people.operator)
        with refused(reverts.UnknownDevice, device=device + 1):
            market.meters.certify(device, 1, device + 1, sender=people.operator)

    def test_unknown_or_retired(self, market, people, devices, alice):
        with refused(reverts.UnknownDevice, device=1):
            market.meters.certify(1, 1, 0, sender=people.operator)
        device = devices.register(alice)
        market.meters.retire(device, sender=alice)
        with refused(reverts.UnexpectedDeviceStatus, device=device, status=DeviceStatus.RETIRED):
            market.meters.certify(device, 1, 0, sender=people.operator)


class TestSuspend:
    @pytest.mark.parametrize("office", ["operator", "regulator"])
    def test_at_once(self, market, people, devices, alice, office):
        device = devices.certified(alice)
        receipt = market.meters.suspend(device, "the seal is broken", sender=getattr(people, office))
        by = getattr(people, office).address
        check_event(receipt, "DeviceSuspended", device=device, by=by, reason="the seal is broken")
        assert market.meters.device_of(device).status == DeviceStatus.SUSPENDED
        devices.certify(device)
        assert market.meters.device_of(device).status == DeviceStatus.CERTIFIED

    def test_before_it_was_certified(self, market, people, devices, alice):
        device = devices.register(alice)
        market.meters.suspend(device, "no such roof", sender=people.regulator)
        assert market.meters.device_of(device).status == DeviceStatus.SUSPENDED

    def test_twice_or_too_late(self, market, people, devices, alice):
        device = devices.certified(alice)
        suspend = lambda: market.meters.suspend(device, "why", sender=people.operator)  # noqa: E731
        suspend()
        with refused(reverts.UnexpectedDeviceStatus, device=device, status=DeviceStatus.SUSPENDED):
            suspend()
        devices.certify(device)
        market.meters.retire(device, sender=alice)
        with refused(reverts.UnexpectedDeviceStatus, device=device, status=DeviceStatus.RETIRED):
            suspend()

    def test_without_a_reason(self, market, people, devices, alice):
        device = devices.certified(alice)
        with refused(reverts.ReasonMissing):
            market.meters.suspend(device, "", sender=people.operator)

    def test_not_by_others(self, market, devices, alice):
        device = devices.certified(alice)
        with refused(reverts.MissingRole, account=alice.address, any_of=Role.OPERATOR | Role.REGULATOR):
            market.meters.suspend(device, "why", sender=alice)

"""What comes out of batteries is as clean as what went in, less what was lost."""

import random

import pytest

from tests.assertions import check_event, pass_time, refused
from tests.certificates.register import Register
from tests.devices import SLOT
from wattbook.certificates.storage import discharge
from wattbook.contracts import reverts
from wattbook.contracts.structs import Battery, DeviceStatus, Origin, Status

BPS = 8_600


@pytest.fixture
def battery(register: Register) -> tuple[int, int]:
    """Alice's, which took 10,000 Wh in two slots and gave back 8,600 in the two after them."""
    into, out = register.battery(register.alice, BPS)
    register.made(into, 4_000, 6_000)
    register.made(out, 5_000, 3_600, place=2)
    return into, out


def put_through(register: Register, out: int, first: int, last: int, wh: int, *slices: tuple[int, int]) -> int:
    ids, amounts = [id for id, _ in slices], [amount for _, amount in slices]
    receipt = register.batteries.discharge(out, *register.slots(first, last), wh, ids, amounts, sender=register.alice)
    return int(receipt.event("BatteryDischarged").args["id"])


class TestDischarging:
    def test_all_of_it_clean(self, register: Register, battery: tuple[int, int]):
        _, out = battery
        clean = register.fresh(10_000)
        arguments = (out, *register.slots(2, 3), 8_600, [clean], [10_000])
        receipt = register.batteries.discharge(*arguments, sender=register.alice)
        id = receipt.event("BatteryDischarged").args["id"]
        said = {"device": out, "owner": register.alice.address, "id": id, "grey": 0}
        check_event(receipt, "BatteryDischarged", **said, ids=[clean], amounts=[10_000])
        assert (register.held(register.alice, clean), register.held(register.alice, id)) == (0, 8_600)
        assert register.totals == {"slices": 8_600, "lost": 1_400}
        told = register.energy.slice_of(id)
        assert (told.device, told.since, told.until) == (out, *register.slots(2, 3))
        assert (told.first, told.wh, told.expires) == (0, 8_600, register.energy.slice_of(clean).expires)

    def test_says_when_it_came_out(self, register: Register, battery: tuple[int, int]):
        id = put_through(register, battery[1], 2, 3, 8_600, (register.fresh(10_000), 10_000))
        told = [Origin(battery[1], register.slot(2), 5_000), Origin(battery[1], register.slot(3), 3_600)]
        assert register.certificates.provenance_of([id]) == told

    @pytest.mark.parametrize(("clean", "out"), [(6_000, 8_600), (6_000, 3_000), (6_000, 9_999), (1, 5), (0, 9)])
    def test_as_the_engine_says(self, register: Register, clean: int, out: int):
        """The rest is grey."""
        into, device = register.battery(register.alice, BPS)
        register.made(into, 10_000)
        register.made(device, out, place=1)
        expected = discharge(10_000, clean, out, BPS)
        if not expected.clean:
            with refused(reverts.ZeroAmount):
                put_through(register, device, 1, 1, 0)
            return
        id = register.fresh(clean)
        put_through(register, device, 1, 1, expected.clean, (id, clean))
        assert register.held(register.alice, id) == clean - expected.burned
        assert register.batteries.battery_of(device) == Battery(into, BPS, expected.burned)
        if expected.grey:
            # One Wh more there is no slice for.
            with refused(reverts.TooFewWh, given=clean - expected.burned, needed=2):
                put_through(register, device, 1, 1, 1, (id, clean - expected.burned))

    def test_expires_with_the_first_of_what_went_in(self, register: Register, battery: tuple[int, int]):
        plant = register.plant()
        register.made(plant, 1_000, 1_000)
        early, late = register.issue(plant, 0, None, 1_000), register.issue(plant, 1, None, 1_000)
        id = put_through(register, battery[1], 2, 2, 1_000, (late, 600), (early, 600))
        assert register.energy.slice_of(id).expires == register.energy.slice_of(early).expires
        assert (register.held(register.alice, late), register.held(register.alice, early)) == (400, 437)

    def test_can_be_put_through_another(self, register: Register, battery: tuple[int, int]):
        id = put_through(register, battery[1], 2, 2, 1_000, (register.fresh(10_000), 10_000))
        into, out = register.battery(register.alice, 9_000, "another cellar")
        register.made(into, 1_000, place=3)
        register.made(out, 900, place=4)
        put_through(register, out, 4, 4, 900, (id, 1_000))
        assert register.totals == {"slices": 8_837 + 900, "lost": 163 + 100}

    def test_what_came_out_before_stays_grey(self, register: Register, battery: tuple[int, int]):
        _, out = battery
        receipt = register.batteries.discharge(
            out, *register.slots(3), 1_000, [register.fresh(2_000)], [2_000], sender=register.alice
        )
        assert receipt.event("BatteryDischarged").args["grey"] == 5_000
        assert register.batteries.mark_of(out).mark == 6_000
        with refused(reverts.MadeInOtherSlots, device=out, first=6_000, wh=1_000):
            put_through(register, out, 2, 2, 1_000, (register.fresh(2_000), 2_000))


class TestRefusals:
    def test_more_than_came_out(self, register: Register, battery: tuple[int, int]):
        clean = register.fresh(20_000)
        with refused(reverts.NotRecorded, device=battery[1], left=8_600, asked=8_601):
            put_through(register, battery[1], 2, 3, 8_601, (clean, 20_000))
        put_through(register, battery[1], 2, 3, 8_600, (clean, 20_000))
        with refused(reverts.NotRecorded, device=battery[1], left=0, asked=1):
            put_through(register, battery[1], 3, 3, 1, (clean, 10_000))

    def test_more_than_went_in(self, register: Register):
        into, out = register.battery(register.alice, BPS)
        register.made(into, 5_000)
        register.made(out, 8_600, place=1)
        clean = register.fresh(20_000)
        with refused(reverts.NotCharged, device=into, left=5_000, asked=5_002):
            put_through(register, out, 1, 1, 4_301, (clean, 20_000))
        put_through(register, out, 1, 1, 4_300, (clean, 20_000))
        with refused(reverts.NotCharged, device=into, left=0, asked=2):
            put_through(register, out, 1, 1, 1, (clean, 20_000))

    def test_before_it_went_in(self, register: Register):
        into, out = register.battery(register.alice, BPS)
        register.made(out, 1_000)
        register.made(into, 10_000, place=1)
        with refused(reverts.NotCharged, device=into, left=0, asked=1_163):
            put_through(register, out, 0, 0, 1_000, (register.fresh(2_000), 2_000))

    def test_clean_energy_of_tomorrow(self, register: Register, battery: tuple[int, int]):
        plant = register.plant()
        register.made(plant, 2_000, place=10)
        clean = register.issue(plant, 10, None, 2_000)
        with refused(reverts.MadeLater, id=clean):
            put_through(register, battery[1], 2, 2, 1_000, (clean, 2_000))

    def test_of_another_carrier(self, register: Register, battery: tuple[int, int]):
        """Heat does not become electricity."""
        heat = register.heat(2_000)
        with refused(reverts.OtherCarrier, id=heat):
            put_through(register, battery[1], 2, 2, 1_000, (heat, 2_000))

    def test_a_discharge_claimed_as_clean(self, register: Register, battery: tuple[int, int]):
        """Without what went in there is nothing to show for what comes out."""
        _, out = battery
        with refused(reverts.TooFewWh, given=0, needed=1_163):
            put_through(register, out, 2, 2, 1_000)
        with refused(reverts.NotCertifiable, device=out):
            register.issue(out, 2, None, 1_000)

    def test_expired_slices(self, register: Register, battery: tuple[int, int]):
        clean = register.fresh(10_000)
        register.expired()
        with refused(reverts.CertificateExpired, id=clean, expires=register.energy.slice_of(clean).expires):
            put_through(register, battery[1], 2, 2, 1_000, (clean, 2_000))

    def test_lists_that_differ(self, register: Register, battery: tuple[int, int]):
        arguments = (battery[1], *register.slots(2), 10, [register.fresh(100)], [])
        with refused(reverts.ERC1155InvalidArrayLength, ids_length=1, values_length=0):
            register.batteries.discharge(*arguments, sender=register.alice)

    def test_no_battery(self, register: Register):
        _, out = register.storage(register.alice)
        register.made(out, 1_000)
        with refused(reverts.NotBattery, charging=0, device=out):
            put_through(register, out, 0, 0, 1_000, (register.fresh(2_000), 2_000))

    def test_somebody_elses(self, register: Register, battery: tuple[int, int]):
        arguments = (battery[1], *register.slots(2), 10, [register.fresh(100, register.bob)], [100])
        with refused(reverts.NotDeviceOwner, device=battery[1], account=register.bob.address):
            register.batteries.discharge(*arguments, sender=register.bob)

    @pytest.mark.parametrize("register_of", [0, 1])
    def test_suspended_devices(self, register: Register, battery: tuple[int, int], register_of: int):
        device = battery[register_of]
        register.meters.suspend(device, "a bad seal", sender=register.operator)
        with refused(reverts.UnexpectedDeviceStatus, device=device, status=DeviceStatus.SUSPENDED):
            put_through(register, battery[1], 2, 2, 10, (register.fresh(100), 100))

    def test_suspended_owners(self, register: Register, battery: tuple[int, int]):
        clean = register.fresh(100)
        register.suspend(register.alice)
        with refused(reverts.NotActive, account=register.alice.address, status=Status.SUSPENDED):
            put_through(register, battery[1], 2, 2, 10, (clean, 100))

    def test_changed_hands_within(self, register: Register, battery: tuple[int, int]):
        into, out = battery
        sold_in = register.slot_now()
        register.hand_over(out, register.alice, register.bob)
        at = register.chain.now
        pass_time(3 * SLOT)
        register.made(out, 10, 10, place=sold_in)
        clean = register.fresh(100)
        with refused(reverts.ChangedHands, device=out, at=at):
            put_through(register, out, sold_in, sold_in + 1, 20, (clean, 100))
        assert into


class TestCertifying:
    def test_says_so(self, register: Register):
        into, out = register.storage(register.alice)
        receipt = register.batteries.certify_battery(into, out, BPS, sender=register.operator)
        said = {"device": out, "charging": into, "roundTripBps": BPS, "by": register.operator.address}
        check_event(receipt, "BatteryCertified", **said)
        assert register.batteries.battery_of(out) == Battery(into, BPS, 0)
        assert register.batteries.battery_charging(into) == out
        register.batteries.certify_battery(into, out, 9_000, sender=register.operator)
        assert register.batteries.battery_of(out) == Battery(into, 9_000, 0)

    @pytest.mark.parametrize("bps", [0, 10_001])
    def test_a_share_that_is_none(self, register: Register, bps: int):
        with refused(reverts.InvalidRoundTrip, round_trip_bps=bps):
            register.batteries.certify_battery(*register.storage(register.alice), bps, sender=register.operator)

    def test_one_register_for_one_battery(self, register: Register, battery: tuple[int, int]):
        """What went in is accounted for once."""
        into, out = battery
        other_into, other_out = register.storage(register.alice)
        for pair in ((into, other_out), (other_into, out)):
            with refused(reverts.NotBattery, charging=pair[0], device=pair[1]):
                register.batteries.certify_battery(*pair, BPS, sender=register.operator)

    def test_two_registers_of_one_battery(self, register: Register):
        into, out = register.storage(register.alice)
        another_site, _ = register.storage(register.alice, "a barn")
        another_owner, _ = register.storage(register.bob)
        plant = register.plant()
        suspended, _ = register.storage(register.alice)
        register.meters.suspend(suspended, "a bad seal", sender=register.operator)
        for pair in ((another_site, out), (another_owner, out), (into, plant), (out, into), (suspended, out)):
            with refused(reverts.NotBattery, charging=pair[0], device=pair[1]):
                register.batteries.certify_battery(*pair, BPS, sender=register.operator)

    def test_by_an_operator(self, register: Register):
        with refused(reverts.MissingRole, account=register.alice.address, any_of=1 << 19):
            register.batteries.certify_battery(*register.storage(register.alice), BPS, sender=register.alice)

    def test_not_his_own(self, register: Register):
        into, out = register.storage(register.alice)
        registrar_of = register.membership.standing_of(register.operator.address)
        register.decide("Membership", "changeOwner", register.member(register.alice), registrar_of.member)
        with refused(reverts.ConflictOfInterest, device=out, owner=registrar_of.owner):
            register.batteries.certify_battery(into, out, BPS, sender=register.operator)


def test_random_batteries(register: Register):
    """Whatever share comes back, chain and engine agree to the Wh."""
    chance = random.Random(17)
    clean = register.fresh(1_000_000)
    for place in range(6):
        bps = chance.randint(1, 10_000)
        charged, wanted = chance.randint(1, 20_000), chance.randint(1, 20_000)
        into, out = register.battery(register.alice, bps, f"cellar {place}")
        register.made(into, charged)
        register.made(out, wanted, place=1)
        certified = chance.randint(0, charged)
        expected = discharge(charged, certified, wanted, bps)
        before = register.held(register.alice, clean)
        if expected.clean:
            put_through(register, out, 1, 1, expected.clean, (clean, certified))
        assert before - register.held(register.alice, clean) == (expected.burned if expected.clean else 0)

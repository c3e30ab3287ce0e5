"""A plant's statement and what the chain itself knows of it; what becomes of the plant is as the engine says."""

from random import Random

import pytest

from tests.assertions import check_event, refused
from tests.finance_chain.plants import DAY, SERVICER, Counted, Plant, periods_of
from tests.readings.stand import ATTESTERS, Stand
from tests.readings.standing import stand as stand
from tests.readings.standing import standing as standing
from wattbook import Role
from wattbook.contracts import reverts
from wattbook.contracts.structs import Direction, PlantApplication
from wattbook.deployment.local import known_account
from wattbook.finance import admission as engine
from wattbook.finance.admission import Asset
from wattbook.trial.blocks import message
from wattbook.trial.financing import evaluation_of, plant_of

SUBMITTED = 255
REGULATOR = known_account("regulator")


@pytest.fixture
def plant(stand: Stand) -> Plant:
    """With thirteen months of whole readings."""
    made = Plant(stand)
    made.age(13)
    made.count_whole(13)
    return made


@pytest.fixture
def applied(plant: Plant) -> Plant:
    plant.hand_in()
    plant.rest()
    return plant


def found(plant, dscr_bps=15_000):
    return plant.admissions.plant_of(plant.device, SERVICER.address, dscr_bps)


class TestStatements:
    def test_handed_in(self, plant, stand):
        statement = plant.statement()
        receipt = plant.hand_in(statement)
        signers = sorted((one.address for one in ATTESTERS[:2]), key=lambda address: int(address, 16))
        expected = {"statement": tuple(statement), "version": 0, "by": stand.alice.address, "signers": signers}
        event = receipt.event("PlantApplied")
        assert {**event.args, "statement": tuple(event.args["statement"].values())} == expected
        application = plant.admissions.application_of(plant.device)
        assert application == PlantApplication(3_650_000_000, 1_000, plant.last, stand.now, 0)

    def test_rests_ten_days_and_lapses_after_ninety(self, plant, stand):
        admissions = plant.admissions
        assert (admissions.grace(), admissions.rest(), admissions.lapse()) == (12 * DAY, 10 * DAY, 90 * DAY)
        with refused(reverts.NoStatement, device=plant.device):
            admissions.net_of(plant.device)
        plant.hand_in()
        handed_in = stand.now
        plant.wait_until(handed_in + 10 * DAY - 1)
        for ask in (lambda: admissions.net_of(plant.device), lambda: found(plant)):
            with refused(reverts.StatementRests, device=plant.device, until=handed_in + 10 * DAY):
                ask()
        plant.wait_until(handed_in + 10 * DAY)
        assert admissions.net_of(plant.device) == 3_650_000_000
        plant.wait_until(handed_in + 90 * DAY - 1)
        assert admissions.net_of(plant.device) == 3_650_000_000
        plant.wait_until(handed_in + 90 * DAY)
        with refused(reverts.NoStatement, device=plant.device):
            admissions.evaluate(plant.device, SERVICER.address, 0, 1)

    def test_only_by_the_active_owner(self, plant, stand):
        statement = plant.statement()
        signatures = plant.signatures(statement)
        with refused(reverts.NotDeviceOwner, device=plant.device, account=stand.bob.address):
            plant.admissions.hand_in(statement, signatures, sender=stand.bob)
        with refused(reverts.NotMember, account=stand.stranger.address):
            plant.admissions.hand_in(statement, signatures, sender=stand.stranger)

    def test_only_of_a_certified_device_that_delivers(self, plant, stand):
        consumer = stand.registered(direction=Direction.WITHDRAWAL)
        battery = stand.device(stores=True)
        for device in (consumer, battery, stand.registered()):
            statement = plant.statement(device=device, wh=0)
            with refused(reverts.NotPlant, device=device):
                plant.hand_in(statement)
        plant.hand_in()
        plant.rest()
        stand.market.meters.suspend(plant.device, "a reason", sender=REGULATOR)
        with refused(reverts.NotPlant, device=plant.device):
            found(plant)

    def test_only_of_the_last_month(self, plant):
        for until in (plant.last - 1, plant.last + 1):
            with refused(reverts.OtherMonth, until=until, last=plant.last):
                plant.hand_in(plant.statement(until=until))

    def test_once_a_month(self, plant, stand):
        plant.hand_in()
        with refused(reverts.StatementStands, device=plant.device, until=plant.last):
            plant.hand_in()
        plant.age(14)
        plant.count_whole(14)
        plant.hand_in(plant.statement(net=5))
        assert plant.admissions.application_of(plant.device) == PlantApplication(5, 1_000, plant.last, stand.now, 0)

    def test_of_the_energy_that_was_counted(self, plant):
        with refused(reverts.OtherEnergy, device=plant.device, counted=12_000_000, stated=12_000_001):
            plant.hand_in(plant.statement(wh=12_000_001))

    def test_of_a_share_that_can_be(self, plant):
        with refused(reverts.OutOfBounds, value=10_001, most=10_000):
            plant.hand_in(plant.statement(top_bps=10_001))

    def test_by_enough_attesters(self, plant, stand):
        statement = plant.statement()
        with refused(reverts.TooFewSigners, signers=1, threshold=2):
            plant.admissions.hand_in(statement, plant.signatures(statement)[:1], sender=stand.alice)

    def test_every_value_is_signed(self, plant, stand):
        statement = plant.statement()
        signatures = plant.signatures(statement)
        for changes in ({"net": 1}, {"top_bps": 1}, {"data_hash": bytes(32)}):
            with pytest.raises((reverts.NotMember, reverts.SignersOutOfOrder)):
                plant.admissions.hand_in(statement._replace(**changes), signatures, sender=stand.alice)


class TestWithdrawing:
    @pytest.mark.parametrize("office", ["regulator", "operator"])
    def test_by_an_office(self, applied, office):
        account = known_account(office)
        receipt = applied.admissions.withdraw(applied.device, "wrong net", sender=account)
        told = {"device": applied.device, "version": 0, "by": account.address, "reason": "wrong net"}
        check_event(receipt, "StatementWithdrawn", **told)
        assert applied.admissions.application_of(applied.device) == PlantApplication(0, 0, 0, 0, 1)
        with refused(reverts.NoStatement, device=applied.device):
            found(applied)

    def test_by_the_authority(self, applied, stand):
        stand.decide(applied.admissions, "withdraw", applied.device, "wrong net")
        assert applied.admissions.application_of(applied.device).version == 1

    def test_by_nobody_else(self, applied, stand):
        offices = Role.REGULATOR | Role.OPERATOR
        with refused(reverts.MissingRole, account=stand.alice.address, any_of=offices):
            applied.admissions.withdraw(applied.device, "a reason", sender=stand.alice)

    def test_with_a_reason_of_what_there_is(self, plant):
        with refused(reverts.NoStatement, device=plant.device):
            plant.admissions.withdraw(plant.device, "a reason", sender=REGULATOR)
        with refused(reverts.ReasonMissing):
            plant.admissions.withdraw(plant.device, "", sender=REGULATOR)

    def test_what_was_withdrawn_does_not_come_back(self, plant, stand):
        statement = plant.statement()
        signatures = plant.signatures(statement)
        plant.admissions.hand_in(statement, signatures, sender=stand.alice)
        plant.admissions.withdraw(plant.device, "a reason", sender=REGULATOR)
        with pytest.raises((reverts.NotMember, reverts.SignersOutOfOrder)):
            plant.admissions.hand_in(statement, signatures, sender=stand.alice)
        plant.hand_in(version=1)
        assert plant.admissions.application_of(plant.device).version == 1


class TestDisputes:
    def test_keep_a_plant_out_while_they_are_open(self, applied, stand):
        time = applied.dispute()
        assert not found(applied).dispute
        receipt = applied.admissions.object(applied.device, time, 0, sender=stand.stranger)
        told = {"device": applied.device, "time": time, "version": 0, "by": stand.stranger.address}
        check_event(receipt, "DisputePointedAt", **told)
        assert found(applied).dispute
        evaluation, _, advance = applied.admissions.evaluate(applied.device, SERVICER.address, 15_000, 365)
        assert (evaluation.gates.no_dispute, evaluation.admitted, advance) == (False, False, 0)
        stand.resolve(applied.device, time, 0, upheld=False)
        assert not found(applied).dispute

    def test_each_of_several(self, applied, stand):
        """Pointed at while others are; one that is over gives its place to another."""
        times = [applied.dispute(place) for place in (2, 1, 0)]
        for time in times[:2]:
            applied.admissions.object(applied.device, time, 0, sender=stand.stranger)
        stand.resolve(applied.device, times[1], 0, upheld=False)
        assert found(applied).dispute
        applied.admissions.object(applied.device, times[2], 0, sender=stand.stranger)
        stand.resolve(applied.device, times[2], 0, upheld=True)
        assert found(applied).dispute
        stand.resolve(applied.device, times[0], 0, upheld=True)
        assert not found(applied).dispute

    def test_must_be_open_and_new(self, applied, stand):
        time = applied.dispute()
        for wrong in ((time, 1), (time - 300, 0), (time, SUBMITTED)):
            with refused(reverts.NoDispute, device=applied.device, time=wrong[0], version=wrong[1]):
                applied.admissions.object(applied.device, *wrong, sender=stand.stranger)
        applied.admissions.object(applied.device, time, 0, sender=stand.stranger)
        with refused(reverts.NoDispute, device=applied.device, time=time, version=0):
            applied.admissions.object(applied.device, time, 0, sender=stand.stranger)
        stand.resolve(applied.device, time, 0, upheld=True)
        with refused(reverts.NoDispute, device=applied.device, time=time, version=0):
            applied.admissions.object(applied.device, time, 0, sender=stand.stranger)


class TestWhatTheChainKnows:
    def test_of_a_young_plant(self, applied, stand):
        plant = found(applied)
        membership = stand.market.membership
        assert (plant.months, plant.complete_bps, plant.deviation_bps) == (13, 10_000, 2_000)
        assert plant.owner == membership.standing_of(stand.alice.address).owner
        assert plant.servicer == membership.standing_of(SERVICER.address).owner
        assert (plant.pledged, plant.dscr_bps, plant.top_bps) == (False, 15_000, 1_000)

    def test_owner_and_servicer_of_one_owner(self, applied, stand):
        same = applied.admissions.plant_of(applied.device, stand.alice.address, 0)
        assert same.owner == same.servicer
        stand.decide(stand.market.membership, "changeOwner", stand.member(stand.bob), stand.member(stand.alice))
        same = applied.admissions.plant_of(applied.device, stand.bob.address, 0)
        assert same.owner == same.servicer

    def test_a_pledge(self, applied, stand):
        stand.market.meters.pledge(applied.device, stand.bob.address, stand.bob.address, sender=stand.alice)
        assert found(applied).pledged

    def test_a_supplier(self, applied, stand):
        """Who supplies devices is known to the contract of packages alone, in whose name it is told here."""
        meters = stand.market.meters
        marking = message(meters, "markSupplied", meters.suppliers(), applied.device, stand.bob.address)
        stand.request("anvil_setBalance", marking.sender, hex(10**18))
        stand.request("eth_sendTransaction", {"from": marking.sender, "to": marking.to, "data": marking.data})
        stand.request("anvil_setCode", meters.suppliers(), f"0x73{stand.bob.address[2:]}5f5260205ff3")
        with refused(reverts.PlantSupplied, device=applied.device, supplier=stand.bob.address):
            found(applied)

    @pytest.mark.parametrize("months", [0, 11, 12, 24, 36, 38])
    def test_months(self, stand, months):
        plant = Plant(stand)
        plant.age(max(months, 1))
        plant.count_whole(months)
        plant.hand_in()
        plant.rest()
        assert found(plant).months == min(months, plant.admissions.most_months())

    def test_months_before_a_gap_are_none(self, stand):
        plant = Plant(stand)
        plant.age(20)
        plant.count_whole(20)
        plant.with_month(15, measured=0, substituted=0, wh=0)
        plant.hand_in()
        plant.rest()
        assert found(plant).months == 15

    def test_the_month_of_certification_is_none(self, stand):
        plant = Plant(stand)
        plant.age(12)
        plant.count_whole(12)
        plant.count(plant.last - 12, Counted(5, 9))
        plant.hand_in()
        plant.rest()
        assert found(plant).months == 12

    def test_only_what_was_measured_is_complete(self, stand):
        plant = Plant(stand)
        plant.age(12)
        plant.count_whole(12)
        plant.with_month(3, measured=periods_of(plant.last - 3) - 2_103, substituted=2_103)
        plant.hand_in()
        plant.rest()
        expected = sum(map(periods_of, range(plant.last - 11, plant.last + 1)))
        assert found(plant).complete_bps == (expected - 2_103) * 10_000 // expected

    @pytest.mark.parametrize(
        ("before", "after", "bps"),
        [(1_000, 1_000, 0), (1_000, 950, -500), (9, 0, -10_000), (9, 200, 99_999), (0, 5, 2_000), (3, 4, 3_333)],
    )
    def test_how_steady_it_is(self, stand, before, after, bps):
        plant = Plant(stand)
        plant.age(24)
        plant.count_whole(24, before)
        plant.count_whole(12, after)
        plant.hand_in()
        plant.rest()
        assert found(plant).deviation_bps == bps

    def test_of_what_is_made_in_the_months_of_the_statement(self, applied):
        """Not of what was counted since."""
        until = applied.last
        applied.wait_until(applied.stand.now + 60 * DAY)
        applied.count(until + 1, Counted(10**9, 1))
        assert (found(applied).months, found(applied).complete_bps) == (13, 10_000)


class TestEvaluating:
    def test_random_plants(self, stand):
        """Of which the engine is told what was written and signed."""
        random = Random(5)
        grades = set()
        for _ in range(6):
            plant = Plant(stand)
            months = random.choice([11, 12, 25, 36])
            plant.age(months)
            for month in range(plant.last - months + 1, plant.last + 1):
                missing = random.choice([0, 0, 100, 200])
                plant.count(month, Counted(random.randrange(9_000, 11_000), periods_of(month) - missing, missing))
            plant.hand_in(plant.statement(net=random.randrange(10**12), top_bps=random.randrange(4_000)))
            plant.rest()
            dscr, length = random.randrange(9_000, 20_000), random.randrange(1, 4_000)
            asset = self.asset_of(plant, months, dscr)
            evaluation, value, advance = plant.admissions.evaluate(plant.device, SERVICER.address, dscr, length)
            expected = engine.evaluate(asset)
            assert evaluation_of(evaluation) == expected
            application = plant.admissions.application_of(plant.device)
            assert value == application.net * length // 365
            assert advance == (engine.advance(asset, value) if expected.admitted else 0)
            assert found(plant, dscr)._replace(owner=1, servicer=2) == plant_of(asset)
            grades.add(expected.grade)
        assert len(grades) > 1

    def asset_of(self, plant, months, dscr):
        application = plant.admissions.application_of(plant.device)
        looked_at = range(application.until - months + 1, application.until + 1)
        expected, measured = sum(map(periods_of, looked_at)), sum(plant.counted[month].measured for month in looked_at)
        ends = (application.until, application.until - 12)
        last, before = (sum(plant.wh(month) for month in range(end - 11, end + 1)) for end in ends)
        deviation = abs(last - before) * 10_000 // before * (1 if last > before else -1) if months >= 24 else 2_000
        return Asset(
            months=months,
            complete_bps=measured * 10_000 // expected,
            dispute=False,
            owner="alice",
            operator="servicer",
            pledged=False,
            dscr_bps=dscr,
            obligor_top_bps=application.top_bps,
            yield_dev_bps=deviation,
        )

    def test_a_value_beyond_what_a_pool_can_owe(self, plant):
        plant.hand_in(plant.statement(net=2**96 - 1))
        plant.rest()
        _, value, _ = plant.admissions.evaluate(plant.device, SERVICER.address, 0, 365)
        assert value == 2**96 - 1
        with refused(reverts.OutOfBounds, value=(2**96 - 1) * 366 // 365, most=2**96 - 1):
            plant.admissions.evaluate(plant.device, SERVICER.address, 0, 366)

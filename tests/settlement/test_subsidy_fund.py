"""Subsidies on chain: who is paid what for a month, to the uPT, and whose money it was."""

import random
from pathlib import Path

import pytest

from tests.settlement.months import LOSS_BPS, OFFICE, POT, RATE, Months
from wattbook.contracts.structs import ClaimRefusal, Direction, Hold
from wattbook.deployment.local import known_account
from wattbook.months import start_of
from wattbook.settlement import subsidy
from wattbook.settlement.losses import Counted
from wattbook.trial.subsidising import paid_on_chain
from wattbook.vectors import Kind, rewards, run_file

VECTORS = Path(__file__).parents[1] / "vectors" / "points_certificates_subsidy.json"
DAY = 86_400


def test_the_vectors(standing_months: Months):
    def checks(file):
        return rewards.checks_of(file, {"subsidy": lambda case: paid_on_chain(standing_months, case)})

    outcome = run_file(VECTORS, [Kind(rewards.recognises, checks, covers=("subsidy",))])
    assert (outcome.passed, outcome.mismatches) == (4, [])


class TestAsTheEngineSays:
    @pytest.mark.parametrize("seed", range(5))
    def test_random_months(self, months: Months, seed: int):
        """Any plants, some of which are refused, any gifts, paid in parts of any size."""
        luck = random.Random(seed)
        names = [f"plant {place}" for place in range(luck.randint(1, 9))]
        rated = {name: luck.choice([10**6, luck.randint(100, 5_000)]) for name in names}
        for name in names:
            months.plant(name, rated_w=rated[name])
        months.plant("battery", stores=True)
        rate = luck.randint(1, 300)
        gifts = {months.person(): luck.randint(10**6, 2 * 10**8) for _ in range(luck.randint(1, 4))}
        held_before, had = months.locked, {account: months.free(account) for account in gifts}
        months.set(rate, gifts)
        begins, ends = month_of(months)
        most = {name: watts * (ends - begins) // 3_600 for name, watts in rated.items()}
        # A reading is believed up to a tenth above the rating.
        wh = {name: luck.randint(0, min(10**6, most[name] * 108 // 100)) for name in names}
        wh[luck.choice(names)] = luck.randint(0, 50)
        silent = {name for name in names if luck.random() < 0.2}
        months.make(wh, silent=[months.plants[name] for name in silent], more={months.plants["battery"]: 500})
        claims = [subsidy.Claim(name, wh[name], most[name], name not in silent, False) for name in names]
        order = [months.plants[name] for name in names]
        refused = months.claim([*order, months.plants["battery"]])
        assert refused.pop(months.plants["battery"]) is ClaimRefusal.NOT_ELIGIBLE
        pot = subsidy.Pot(sum(gifts.values()), rate, months.fund.tolerance_bps())
        told = {months.plants[claim.device]: claim.refusal for claim in claims if claim.refusal}
        assert {device: spelled(refusal) for device, refusal in refused.items()} == told
        made = sum(amount for name, amount in wh.items() if name not in silent)
        # What the silent made was used too.
        counted = Counted(made + 500, sum(wh.values()) * (10_000 - LOSS_BPS) // 10_000, 0, 0)
        claimed = sum(claim.wh for claim in claims if claim.refusal is None)
        hold = subsidy.hold(pot, counted, LOSS_BPS, claimed, measured=True)
        assert spelled(months.close()) == hold
        while months.programme.cursor < len(claims) - len(refused) + len(gifts):
            months.pay(luck.randint(1, 4))
        amounts = pot.shares([claim.wh for claim in claims if claim.refusal is None])
        accepted = [claim.device for claim in claims if claim.refusal is None]
        assert months.paid() == dict(zip(accepted, amounts, strict=True))
        back = subsidy.returned(list(gifts.values()), sum(amounts))
        for (account, gift), part in zip(gifts.items(), back, strict=True):
            assert months.free(account) == had[account] - gift + part
        assert months.locked == held_before


def month_of(months: Months) -> tuple[int, int]:
    return start_of(months.month), start_of(months.month + 1)


def spelled(value):
    """The engine's word for one of the contract's; None for none."""
    name = value.name.title().replace("_", "")
    return None if name == "None" else name


class TestPaid:
    def test_to_the_payee_who_was_named(self, months: Months):
        months.plant("roof")
        bank = months.person()
        meters = months.market.meters
        months.as_member(months.owners["roof"], meters, "setPayee", months.plants["roof"], bank)
        months.set()
        assert months.play({"roof": 60_000}) is Hold.NONE
        had = months.free(bank), months.free(months.owners["roof"])
        months.pay()
        assert (months.free(bank) - had[0], months.free(months.owners["roof"]) - had[1]) == (60_000 * RATE, 0)

    def test_nothing_is_claimed_and_all_goes_back(self, months: Months):
        giver = months.person()
        held, had = months.locked, months.free(giver)
        months.set(gifts={giver: POT})
        assert (months.locked - held, had - months.free(giver)) == (POT, POT)
        months.pass_month({months.meter: 0, months.feeders[0]: 0, months.feeders[1]: 0})
        assert months.claim([]) == {}
        assert months.close() is Hold.NONE
        months.pay()
        assert (months.locked, months.free(giver)) == (held, had)
        assert (months.programme.claimed_wh, months.programme.paid) == (0, 0)

    def test_a_pot_that_nobody_filled_pays_nothing(self, months: Months):
        months.plant("roof")
        months.set(gifts={})
        assert months.play({"roof": 60_000}) is Hold.NONE
        months.pay()
        assert months.paid() == {"roof": 0}

    def test_a_plant_that_made_nothing(self, months: Months):
        months.plant("roof")
        months.plant("cellar")
        months.set()
        assert months.play({"roof": 60_000, "cellar": 0}) is Hold.NONE
        months.pay()
        assert months.paid() == {"roof": 60_000 * RATE, "cellar": 0}

    def test_a_pot_too_small_is_shared_to_the_last_unit(self, months: Months):
        """Three equal claims on a pot that three do not divide."""
        names = ["first", "second", "third"]
        for name in names:
            months.plant(name)
        months.set(gifts={months.person(): 1_000_000})
        assert months.play(dict.fromkeys(names, 50_000)) is Hold.NONE
        months.pay()
        assert months.paid() == {"first": 333_333, "second": 333_333, "third": 333_334}
        assert months.programme.paid == 1_000_000

    def test_going_on_after_the_end_does_nothing(self, months: Months):
        months.plant("roof")
        months.set()
        months.play({"roof": 60_000})
        months.pay()
        held = months.locked
        assert [log.name for log in months.pay().logs] == ["Adjusted"]
        assert months.locked == held

    def test_who_claims_has_no_say(self, months: Months):
        """Whoever claims, and in whatever sequence, each is paid the same when the pot is large enough."""
        months.plant("roof")
        months.plant("barn")
        months.set()
        months.make({"roof": 60_000, "barn": 80_000})
        months.claim([months.plants["barn"]])
        months.claim([months.plants["roof"]])
        months.close()
        months.pay(1)
        months.pay(1)
        assert months.paid() == {"barn": 80_000 * RATE, "roof": 60_000 * RATE}


class TestRefused:
    """What is no claim does not stop the others."""

    def test_devices_that_make_no_clean_energy_here(self, months: Months):
        months.plant("roof")
        others = {
            "grey": months.device(clean=False),
            "battery": months.device(stores=True),
            "load": months.device(direction=Direction.WITHDRAWAL),
            "power": months.park.new_device(),
            "suspended": months.device(),
        }
        months.set()
        wh = dict.fromkeys((others[name] for name in ("grey", "battery", "load", "suspended")), 0)
        months.make({"roof": 60_000}, more=wh)
        operator = known_account("operator").address
        months.as_member(operator, months.market.meters, "suspend", others["suspended"], "an inquiry")
        nobodys = [0, months.market.meters.device_count() + 1]
        given = [*others.values(), *nobodys]
        assert months.claim([*given, months.plants["roof"]]) == dict.fromkeys(given, ClaimRefusal.NOT_ELIGIBLE)
        assert [claim.device for claim in months.claims] == [months.plants["roof"]]

    def test_the_same_kwh_twice(self, months: Months):
        """In one call, and in the next."""
        roof = months.plant("roof")
        months.set()
        months.make({"roof": 60_000})
        assert months.claim([roof, roof]) == {roof: ClaimRefusal.ALREADY_PAID}
        assert months.claim([roof]) == {roof: ClaimRefusal.ALREADY_PAID}
        months.close()
        months.pay()
        assert (months.paid(), months.programme.paid) == ({"roof": 60_000 * RATE}, 60_000 * RATE)

    def test_not_final_until_the_last_reading_is(self, months: Months):
        roof = months.plant("roof")
        months.set()
        months.make({"roof": 60_000}, silent=[roof])
        assert months.claim([roof]) == {roof: ClaimRefusal.NOT_FINAL}
        _, ends = month_of(months)
        months.read(ends + DAY, {roof: 62_000})
        assert months.claim([roof]) == {}
        days = (ends - month_of(months)[0]) // DAY
        assert [claim.wh for claim in months.claims] == [62_000 * days // (days + 1)]

    def test_more_than_it_can_make(self, months: Months):
        """A register that grows a tenth faster than the rating is still believed; it is not paid for."""
        months.set()
        begins, ends = month_of(months)
        most = 1_000 * (ends - begins) // 3_600
        months.plant("honest", rated_w=1_000)
        months.plant("liar", rated_w=1_000)
        months.make({"honest": most, "liar": most + 1})
        assert months.claim(list(months.plants.values())) == {months.plants["liar"]: ClaimRefusal.OVER_CAPACITY}


class TestHeld:
    @pytest.fixture
    def held(self, months: Months) -> Months:
        """A plant whose register grows without the feeder seeing it, beside two honest ones."""
        for name in ("roof", "barn", "nothing"):
            months.plant(name)
        months.set()
        hold = months.play({"roof": 60_000, "barn": 80_000}, false={"nothing": 20_000})
        assert hold is Hold.CLAIMS
        return months

    def test_falsified_production_is_struck_and_the_others_are_paid(self, held: Months):
        [log] = held.strike("nothing").logs
        assert log.name == "ClaimStruck"
        assert log.args[3:] == (held.plants["nothing"], OFFICE.lower(), "the roof is empty")
        held.pay()
        assert held.paid() == {"roof": 60_000 * RATE, "barn": 80_000 * RATE, "nothing": 0}

    def test_what_nobody_disputes_is_paid_in_the_end(self, held: Months):
        closed = held.park.blocks.now
        assert held.programme.payable_from == closed + 30 * DAY
        held.pay()
        assert held.paid() == {"roof": 60_000 * RATE, "barn": 80_000 * RATE, "nothing": 20_000 * RATE}

    def test_what_is_struck_is_shared_by_the_others(self, months: Months):
        for name in ("roof", "barn", "nothing"):
            months.plant(name)
        months.set(gifts={months.person(): 1_400_000})
        months.play({"roof": 60_000, "barn": 80_000}, false={"nothing": 140_000})
        months.strike("nothing")
        months.strike("nothing", "to be sure")
        months.pay()
        assert months.paid() == {"roof": 600_000, "barn": 800_000, "nothing": 0}

    def test_a_zone_that_lost_too_much(self, months: Months):
        """Somebody takes energy, or the consumer's meter is slow."""
        months.plant("roof")
        months.plant("grey", clean=False)
        months.set()
        months.make({"roof": 60_000, "grey": 60_000}, more={months.meter: 112_000})
        months.claim([months.plants["roof"]])
        assert months.close() is Hold.LOSSES

    def test_a_zone_without_a_feeder(self, months: Months):
        months.plant("roof")
        months.feeders = (months.feeders[0], 0)
        months.set()
        months.make({"roof": 60_000})
        months.claim([months.plants["roof"]])
        assert months.close() is Hold.UNMEASURED

    @pytest.mark.parametrize("side", [0, 1])
    def test_a_zone_whose_feeder_is_not_read_to_the_end(self, months: Months, side: int):
        """What the other meters tell would bear the claims out."""
        months.plant("roof")
        months.set()
        months.make({"roof": 60_000}, silent=[months.feeders[side]])
        months.claim([months.plants["roof"]])
        assert months.close() is Hold.UNMEASURED

    @pytest.mark.parametrize("side", [0, 1])
    def test_a_zone_whose_feeder_is_read_late(self, months: Months, side: int):
        months.plant("roof")
        months.set()
        months.make({"roof": 60_000}, silent=[months.feeders[side]])
        months.claim([months.plants["roof"]])
        months.read(month_of(months)[1] + DAY, {months.feeders[side]: 0})
        assert months.close() is Hold.NONE

    def test_own_consumption_and_what_is_given_to_the_grid_are_seen(self, months: Months):
        months.plant("roof")
        months.set()
        months.make({"roof": 100_000}, more={months.meter: 47_000, months.feeders[0]: 7_000, months.feeders[1]: 57_000})
        months.claim([months.plants["roof"]])
        assert months.close() is Hold.NONE


class TestCorrected:
    def test_what_was_paid_too_much_is_kept_and_goes_back_to_the_next_pot(self, months: Months):
        roof = months.plant("roof")
        months.set()
        months.play({"roof": 60_000})
        months.pay()
        assert months.correct("roof", 45_000) == subsidy.owed_after(60_000 * RATE, 60_000, 45_000) == 750_000
        assert (months.claims[0].wh, months.claims[0].paid, months.fund.owed_by(roof)) == (45_000, 2_250_000, 750_000)
        owner, giver = months.owners["roof"], months.person()
        had, gave = months.free(owner), months.free(giver)
        months.set(gifts={giver: POT})
        assert months.play({"roof": 10_000}) is Hold.NONE
        months.pay()
        assert months.free(owner) == had
        assert (months.fund.owed_by(roof), months.free(giver)) == (250_000, gave)
        assert (months.claims[0].paid, months.programme.paid) == (500_000, 0)

    def test_the_rest_is_paid_when_nothing_is_owed_any_more(self, months: Months):
        roof = months.plant("roof")
        months.set()
        months.play({"roof": 60_000})
        months.pay()
        assert months.correct("roof", 50_000) == 500_000
        assert months.correct("roof", 45_000) == 250_000
        owner, giver = months.owners["roof"], months.person()
        had, gave = months.free(owner), months.free(giver)
        months.set(gifts={giver: POT})
        months.play({"roof": 20_000})
        logs = months.pay().logs
        paid = next(log.args for log in logs if log.name == "ClaimPaid")
        assert paid[3:] == (roof, owner.lower(), 1_000_000, 750_000)
        assert (months.free(owner) - had, months.free(giver) - gave) == (250_000, -250_000)
        assert months.fund.owed_by(roof) == 0

    def test_of_a_later_month_what_was_kept_is_no_gift(self, months: Months):
        """A correction of a payment that was kept is owed as well."""
        roof = months.plant("roof")
        months.set()
        months.play({"roof": 60_000})
        months.pay()
        months.correct("roof", 0)
        months.set()
        months.play({"roof": 10_000})
        months.pay()
        assert months.fund.owed_by(roof) == 3_000_000 - 500_000
        assert months.correct("roof", 0) == 500_000
        assert months.fund.owed_by(roof) == 3_000_000

"""Plants are graded on chain as the engine grades them."""

from random import Random

import pytest

from tests.assertions import refused
from tests.finance_chain.asking import ask_each
from wattbook.contracts import reverts
from wattbook.contracts.structs import Evaluation
from wattbook.finance import admission as engine
from wattbook.finance.admission import Asset
from wattbook.finance.refusals import MOST_UPT, FinanceError
from wattbook.trial.financing import evaluation_of, plant_of

CASES = 1_500
GOOD = Asset(36, 9_990, False, "spv", "op", False, 15_000, 1_000, 200)


def some_asset(random: Random) -> Asset:
    return Asset(
        months=random.choice([0, 11, 12, random.randrange(40), 2**16 - 1]),
        complete_bps=random.choice([0, 9_799, 9_800, 10_000, random.randrange(9_700, 10_001)]),
        dispute=random.random() < 0.15,
        owner="spv",
        operator=random.choice(["op"] * 5 + ["spv"]),
        pledged=random.random() < 0.15,
        dscr_bps=random.choice([0, 11_999, 12_000, random.randrange(20_000), 99_999, MOST_UPT]),
        obligor_top_bps=random.choice([0, 3_999, 4_000, 10_000, random.randrange(5_000)]),
        yield_dev_bps=random.choice([-10_000, -2_000, 0, 2_000, 99_999, random.randrange(-2_500, 2_501)]),
    )


def test_random_plants(market):
    random = Random(12)
    assets = [some_asset(random) for _ in range(CASES)]
    answers = ask_each(market.admissions, "grade", Evaluation, [(plant_of(asset),) for asset in assets])
    met = set()
    for asset, answer in zip(assets, answers, strict=True):
        expected = engine.evaluate(asset)
        assert evaluation_of(answer) == expected, asset
        met.add((expected.grade, expected.admitted))
    assert len(met) == 7  # of the worst grade none is admitted


def test_each_threshold_of_a_grade(market):
    """Scores on either side of each: the payers' part moves by one point."""
    seen = {}
    for asset in (some_asset(Random(seed)) for seed in range(4_000)):
        seen.setdefault(engine.score(asset), asset)
    for score in (49, 50, 64, 65, 79, 80):
        asset = seen[score]
        found = market.admissions.grade(plant_of(asset))
        assert (found.score, found.grade.name) == (score, engine.evaluate(asset).grade)


def test_advances(market):
    random = Random(13)
    cases = [(some_asset(random), random.choice([0, 1, random.randrange(10**13), MOST_UPT])) for _ in range(300)]
    answers = ask_each(market.admissions, "advance", int, [(plant_of(asset), value) for asset, value in cases])
    refusals = 0
    for (asset, value), answer in zip(cases, answers, strict=True):
        found = engine.evaluate(asset)
        try:
            assert answer == engine.advance(asset, value)
        except FinanceError as error:
            assert error.name == type(answer).__name__ == "NotAdmitted"
            shut = sum(1 << place for place, is_open in enumerate(vars(found.gates).values()) if not is_open)
            assert answer.arguments == (shut, found.score)
            refusals += 1
    assert 50 < refusals < 290


def test_what_is_not_admitted_has_no_advance(market):
    plant = plant_of(GOOD)._replace(pledged=True)
    with refused(reverts.NotAdmitted, shut=16, score=90):
        market.admissions.advance(plant, 100)


@pytest.mark.parametrize("name", ["complete_bps", "top_bps"])
def test_shares_are_at_most_the_whole(market, name):
    plant = plant_of(GOOD)
    market.admissions.grade(plant._replace(**{name: 10_000}))
    with refused(reverts.OutOfBounds, value=10_001, most=10_000):
        market.admissions.grade(plant._replace(**{name: 10_001}))


@pytest.mark.parametrize("deviation", [-10_001, 100_000])
def test_a_deviation_that_cannot_be(market, deviation):
    with refused(reverts.ImpossibleDeviation, deviation_bps=deviation):
        market.admissions.grade(plant_of(GOOD)._replace(deviation_bps=deviation))

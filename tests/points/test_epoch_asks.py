"""Points are granted when their epoch is over, in parts, and never more than its budget."""

import random

import pytest

from tests.points.earning import Earning
from tests.settlement.slots import TERMS
from wattbook.contracts import reverts
from wattbook.contracts.structs import Asks
from wattbook.points.reasons import Reason
from wattbook.points.rewards import granted
from wattbook.trial.park import SLOT_SECONDS
from wattbook.trial.points import begin_an_epoch, put_asks

BUDGET = 100_000


@pytest.fixture
def asked(earning: Earning) -> tuple[Earning, int]:
    """An epoch in which a plant asks for 50 points and a shop for 50."""
    begin_an_epoch(earning.park)
    parties = {"plant": (100_000, 0), "shop": (0, 100_000)}
    earning.trade_and_meter(parties, [("plant", "shop", 100_000)])
    earning.rewarding.ripen(earning.slot)
    earning.reward(["plant", "shop"])
    return earning, int(earning.points.current_epoch())


def set_budget(earning: Earning, amount: int) -> None:
    setting = (int(Reason.CLEAN_TRADE), earning.points.current_epoch(), amount)
    earning.decide(earning.points, "setBudget", *setting)


def test_what_is_asked_for_is_kept_in_order(asked):
    earning, epoch = asked
    accounts = earning.rewarding.in_order(map(earning.account, ("plant", "shop")))
    assert [tuple(earning.trades.ask_at(epoch, place)) for place in range(2)] == [(one, 50) for one in accounts]
    assert earning.trades.asks_of(epoch) == Asks(2, 0, 100, 0)
    assert earning.trades.ask_at(epoch, 2)[1] == 0


def test_who_earns_twice_in_an_epoch_asks_in_one_place(earning: Earning):
    """Two slots one after the other, rewarded together."""
    earning.have(["plant", "shop"])
    earning.begin(TERMS)
    slots = [earning.slot, earning.slot + SLOT_SECONDS]
    for earning.slot in slots:
        earning.sell("plant", "shop", 10_000)
    plant, shop = earning.parties["plant"], earning.parties["shop"]
    nothing = {device: 0 for party in (plant, shop) for device in party.registers}
    traded = nothing | {plant.plant: 10_000, shop.meter: 10_000}
    earning.park.blocks.mine([], slots[1] + SLOT_SECONDS + 1)
    times = (slots[0], slots[1], slots[1] + SLOT_SECONDS)
    roots = [earning.read(time, wh) for time, wh in zip(times, (nothing, traded, traded), strict=True)]
    earning.meterings.wait_until_final()
    for root in roots:
        earning.meterings.meter(*root)
    for earning.slot in slots:
        earning.settle_all("plant", "shop")
    earning.rewarding.ripen(slots[1])
    begin_an_epoch(earning.park)
    for earning.slot in slots:
        assert earning.reward(["plant", "shop"]).whole == 10_000
    epoch = earning.points.current_epoch()
    assert earning.trades.asks_of(epoch) == Asks(2, 0, 20, 0)
    asked = dict(earning.trades.ask_at(epoch, place) for place in range(2))
    assert asked == {plant.account: 10, shop.account: 10}


def test_not_while_the_epoch_goes_on(asked):
    earning, epoch = asked
    with pytest.raises(reverts.EpochNotOver) as caught:
        earning.call(earning.trades, "grant", epoch, 10)
    assert (caught.value.epoch, caught.value.current) == (epoch, epoch)


def test_all_get_what_they_asked_for(asked):
    earning, epoch = asked
    earning.next_epoch()
    before = earning.points.issued_in(int(Reason.CLEAN_TRADE), epoch)
    for _ in range(2):
        earning.as_account("plant", earning.trades, "grant", epoch, 1)
    assert (earning.balance("plant"), earning.balance("shop")) == (50, 50)
    assert earning.points.issued_in(int(Reason.CLEAN_TRADE), epoch) == before + 100
    assert earning.trades.asks_of(epoch) == Asks(2, 2, 100, 100)


def test_when_all_have_theirs_nothing_happens(asked):
    earning, epoch = asked
    earning.next_epoch()
    earning.as_account("plant", earning.trades, "grant", epoch, 2)
    mined = earning.as_account("plant", earning.trades, "grant", epoch, 2)
    assert mined.logs == ()
    assert earning.balance("plant") == 50


def test_a_budget_that_is_too_small_is_shared(asked):
    earning, epoch = asked
    set_budget(earning, 61)
    earning.next_epoch()
    earning.as_account("plant", earning.trades, "grant", epoch, 2)
    got = sorted((earning.balance("plant"), earning.balance("shop")))
    assert got == sorted(granted(61, [50, 50])) == [30, 31]
    set_budget(earning, BUDGET)


def test_without_a_budget_nobody_gets_any(asked):
    earning, epoch = asked
    set_budget(earning, 0)
    earning.next_epoch()
    mined = earning.as_account("plant", earning.trades, "grant", epoch, 2)
    assert [log.name for log in mined.logs] == ["PointsGranted"]
    assert earning.balance("plant") == 0
    set_budget(earning, BUDGET)


def test_without_the_port_they_wait(asked):
    earning, epoch = asked
    earning.decide(earning.points, "setPort", int(Reason.CLEAN_TRADE), "0x" + "00" * 20)
    earning.next_epoch()
    with pytest.raises(reverts.NotPortHolder) as caught:
        earning.call(earning.trades, "grant", epoch, 2)
    assert caught.value.arguments == (Reason.CLEAN_TRADE, earning.trades.address)
    earning.decide(earning.points, "setPort", int(Reason.CLEAN_TRADE), earning.trades.address)
    earning.as_account("plant", earning.trades, "grant", epoch, 2)
    assert earning.balance("plant") == 50


@pytest.mark.parametrize("seed", range(4))
def test_as_the_engine_says_in_any_parts(earning: Earning, seed: int):
    luck = random.Random(seed)
    asks = [luck.randint(1, 10_000) for _ in range(luck.randint(1, 30))]
    budget = luck.choice((0, luck.randint(1, sum(asks)), sum(asks), sum(asks) + 1))
    names = [f"member {place}" for place in range(len(asks))]
    earning.have(names)
    begin_an_epoch(earning.park)
    set_budget(earning, budget)
    put_asks(earning.park, earning.points.current_epoch(), [earning.account(name) for name in names], asks)
    epoch = earning.next_epoch()
    while earning.trades.asks_of(epoch).granted < len(asks):
        earning.as_account(names[0], earning.trades, "grant", epoch, luck.randint(1, 10))
    assert [earning.balance(name) for name in names] == granted(budget, asks)
    set_budget(earning, BUDGET)

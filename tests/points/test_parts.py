"""A slot that is shown and rewarded in parts comes to what it comes to at once."""

import random
from itertools import groupby

import pytest
from eth_utils.address import to_checksum_address

from tests.assertions import refused
from tests.points.earning import SENDER, Earning
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier
from wattbook.deployment.local import known_account
from wattbook.points.clean_trades import earned_in, traded_in
from wattbook.trial.blocks import Log

SOMEBODY = known_account("operator").address
METERED = {"plant": (10_000, 0), "roof": (3_000, 500), "shop": (0, 10_000), "home": (0, 1_000)}
TRADES = [("plant", "shop", 8_000), ("roof", "shop", 2_000), ("plant", "home", 1_000)]


@pytest.fixture
def traded(earning: Earning) -> Earning:
    earning.trade_and_meter(METERED, TRADES)
    earning.rewarding.ripen(earning.slot)
    return earning


def one_by_one(earning: Earning) -> list[tuple[list[str], list[int]]]:
    """Accounts by owner, with their plants."""
    names = {earning.account(name): name for name in earning.parties}
    accounts = earning.rewarding.in_order(names)
    owners = [list(group) for _, group in groupby(accounts, earning.rewarding.owner_of)]
    return [(group, earning.plants(*(names[account] for account in group))) for group in owners]


def shown(logs: tuple[Log, ...]) -> tuple[int, int, int, list[tuple[object, ...]]]:
    """A part as {rewardPart} takes it."""
    [args] = [log.args for log in logs if log.name == "PartShown"]
    return args[3], args[4], args[5], args[6]


def completes(logs: tuple[Log, ...]) -> bool:
    return any(log.name == "SlotRewarded" for log in logs)


@pytest.mark.parametrize("seed", range(4))
def test_any_parts_in_any_order(earning: Earning, seed: int):
    luck = random.Random(seed)
    names = [f"member {place}" for place in range(luck.randint(4, 9))]
    earning.have(names)
    for place in range(0, len(names) - 1, 3):
        earning.one_owner(*names[place : place + luck.choice((1, 2))])
    metered = {name: (luck.choice((0, luck.randint(0, 40_000))), luck.randint(0, 9_000)) for name in names}
    trades = [(*luck.sample(names, 2), luck.randint(100, 15_000)) for _ in range(luck.randint(3, 10))]
    earning.trade_and_meter(metered, trades)
    earning.rewarding.ripen(earning.slot)
    groups, parts, told = one_by_one(earning), [], []
    while groups:
        size = luck.randint(1, len(groups))
        some, groups = groups[:size], groups[size:]
        accounts, devices = ([one for part in some for one in part[place]] for place in (0, 1))
        logs = earning.show(3, accounts, devices)
        assert completes(logs) == (not groups)
        parts.append(shown(logs))
    luck.shuffle(parts)
    told = [earning.reward_part(part) for part in parts]
    accounts = earning.accounts(metered, trades)
    assert {owner: wh for one in told for owner, wh in one.wh.items()} == {
        owner: (one.sold, one.bought, one.used) for owner, one in earned_in(accounts).items()
    }
    owners = {earning.owner(name) for name in names}
    assert {owner for owner in owners if earning.trades.has_traded(owner)} == traded_in(accounts)


def test_a_part_earns_once(traded: Earning):
    parts = [shown(traded.show(0, *one)) for one in one_by_one(traded)]
    assert any([traded.reward_part(part).wh for part in parts])
    assert not any([traded.reward_part(part).wh for part in parts])


def test_a_part_that_was_never_shown_does_nothing(traded: Earning):
    assert traded.reward_part((0, 0, 0, [])).wh == {}
    traded.show(0, *one_by_one(traded)[0])
    assert traded.reward_part((0, 0, 0, [])).wh == {}


def test_other_values_than_were_shown(traded: Earning):
    (part, sold, bought, [(owner, account, *wh)]), *_ = [shown(traded.show(0, *one)) for one in one_by_one(traded)]
    party = (owner, to_checksum_address(account), *wh)
    more = (*party[:3], party[3] + 1, *party[4:])
    for wrong in ((sold, bought, [more]), (sold + 1, bought, [party]), (sold, bought, [])):
        with refused(reverts.NotAsShown, part=part):
            arguments = (1, int(Carrier.ELECTRICITY), traded.slot, part, *wrong)
            traded.call(traded.trades, "rewardPart", *arguments)


def test_who_left_somebody_out_begins_again(traded: Earning):
    """Neither his other attempt nor anybody else's counts with it."""
    first, *others = one_by_one(traded)
    for one in others:
        assert not completes(traded.show(0, *one))
    assert not completes(traded.show(1, *first))
    for one in others:
        assert not completes(traded.show(0, *one, by=SOMEBODY))
    assert not traded.trades.is_rewarded(1, Carrier.ELECTRICITY, traded.slot)
    logs = [traded.show(1, *one) for one in others]
    assert [completes(one) for one in logs] == [False, False, True]
    assert traded.trades.is_rewarded(1, Carrier.ELECTRICITY, traded.slot)


def test_an_owner_is_not_shown_in_two_parts(earning: Earning):
    earning.have(["plant", "alias", "shop"])
    earning.one_owner("plant", "alias")
    earning.trade_and_meter({"plant": (10_000, 0), "alias": (0, 0), "shop": (0, 1_000)}, [("plant", "shop", 1_000)])
    earning.rewarding.ripen(earning.slot)
    first, second = earning.rewarding.in_order(map(earning.account, ("plant", "alias")))
    earning.show(0, [first], [])
    with refused(reverts.OwnersOutOfOrder, account=second):
        arguments = (1, int(Carrier.ELECTRICITY), earning.slot, 0, [second], [])
        earning.call(earning.trades, "show", *arguments, sender=SENDER)


def test_a_slot_that_was_rewarded_is_not_shown_nor_the_other_way_round(traded: Earning):
    for one in one_by_one(traded):
        traded.show(0, *one)
    accounts, devices = traded.lists(list(METERED), traded.plants(*METERED))
    with pytest.raises(reverts.SlotRewardedBefore):
        traded.call(traded.trades, "reward", 1, int(Carrier.ELECTRICITY), traded.slot, accounts, devices)
    with pytest.raises(reverts.SlotRewardedBefore):
        traded.call(traded.trades, "show", 1, int(Carrier.ELECTRICITY), traded.slot, 1, accounts, devices)

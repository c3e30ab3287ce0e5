"""Whatever is paid, used, cancelled and assigned in whatever sequence, the contracts do as the engine does.

For each customer: what he brought is in his wallet, in his lots, or with the provider, who got it for what was charged,
for arrears, for debts that were cleared, and for what he keeps when it ends. What he owes is beside that. Who takes a
subscription over brings his own money, and who gives it away keeps his.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import pytest

from tests.depth import depth
from tests.packages_chain.stand import Stand
from wattbook.contracts.structs import Carrier, SubscriptionState
from wattbook.packages.flow import Flow, FlowTerm
from wattbook.packages.lots import is_suspended, may_be_ended
from wattbook.packages.prepaid import Prepaid
from wattbook.packages.steps import Mode, Steps
from wattbook.trial.blocks import message
from wattbook.trial.subscribing import STEPS, start_of

PT = 1_000_000
MONTHS = 6
FEE_BPS = 200
FLOW = Flow(420, {1: 0, 3: 300, 12: 800})
STEPPED = tuple((step.threshold * PT, step.price) for step in STEPS)


@dataclass
class Customer:
    """An account with its meter and subscription, and what the engine makes of it."""

    account: str
    device: int
    version: int
    term: int
    engine: Prepaid
    brought: int
    number: int = 0
    wh: int = 0

    def is_kept(self, months: int) -> bool:
        """Whether a term is over after so many months."""
        return 0 < self.term <= months


@pytest.mark.parametrize("seed", range(depth(2, 12)))
def test_as_the_engine(stand: Stand, seed: int):
    luck = Random(f"packages {seed}")
    customers = _customers(stand, luck, 25)
    _play(stand, luck, customers)


def _customers(stand: Stand, luck: Random, count: int) -> list[Customer]:
    versions = {
        Mode.ALL_UNITS: stand.publish(flow_price=0, annual_price=0, weights=[]),
        Mode.INCREMENTAL: stand.publish(flow_price=0, annual_price=0, weights=[], incremental=True),
    }
    by_flow = stand.publish(steps=[], annual_price=0, weights=[], postpaid=FLOW.postpaid)
    coarse = stand.publish(flow_price=0, annual_price=0, weights=[], wh_per_unit=52)
    customers = []
    for _ in range(count):
        account, device = stand.metered_customer()
        kind = luck.randrange(4)
        term, version, pricing = 0, coarse, Steps(STEPPED, 968, 52)
        if kind == 0:
            term, version = luck.choice([1, 3, 12]), by_flow
            pricing = FlowTerm(FLOW, term)
        elif kind < 3:
            mode = (Mode.ALL_UNITS, Mode.INCREMENTAL)[kind - 1]
            version, pricing = versions[mode], Steps(STEPPED, 968, mode=mode)
        brought = luck.choice([3_000, 2 * PT, 15_000 * PT])
        stand.leave(account, brought)
        customers.append(Customer(account, device, version, term, Prepaid(pricing, brought), brought))
    return customers


def _play(stand: Stand, luck: Random, customers: Sequence[Customer]) -> None:
    earned = stand.free(stand.provider)
    first = stand.month(1)
    buying = []
    for one in customers:
        amount = luck.randint(968, one.engine.wallet)
        one.engine = one.engine.pay(amount)
        kind = stand.flow(one.version, one.device, amount, one.term) if one.term else None
        purchase = kind or stand.lots(one.version, one.device, amount)
        buying.append(message(stand.packages, "buy", one.account, [purchase]))
    for one, mined in zip(customers, stand.blocks.mine(buying), strict=True):
        [one.number] = [int(log.args[0]) for log in mined.logs if log.name == "Bought"]
    ending: list[Customer] = []
    shedding = 0
    for month in range(MONTHS):
        stand.begin(first + month)
        if month == 0:
            stand.read(start_of(first), {one.device: 0 for one in customers})
        running = [one for one in customers if one not in ending]
        _assign(stand, [one for one in running if not one.engine.debt and luck.random() < 0.05])
        _pay(stand, luck, running, month)
        shed = _shed(stand, running)
        leaving = [one for one in running if one not in shed and (month == MONTHS - 1 or luck.random() < 0.1)]
        stand.blocks.mine([message(stand.packages, "cancel", one.account, one.number) for one in leaving])
        leaving += shed
        shedding += len(shed)
        used = {one.device: _some_use(luck, one) for one in customers}
        for one in customers:
            if one not in ending:
                one.wh += used[one.device]
        stand.begin(first + month + 1)
        stand.read(start_of(first + month + 1), used)
        running = [one for one in customers if one not in ending]
        luck.shuffle(running)
        stand.draw(*(one.number for one in running))
        for one in running:
            one.engine, _ = one.engine.draw(one.wh)
            if one.term == month + 1:
                one.engine = replace(one.engine.end_term(), pricing=FlowTerm(FLOW, 1))
        _compare(stand, running)
        for one in leaving:
            stand.does("close", one.number)
            one.engine, _ = one.engine.cancel(FEE_BPS)
        _compare(stand, leaving)
        ending += leaving
        assert stand.free(stand.provider) - earned == sum(one.engine.earned for one in customers)
    assert shedding > 0
    assert stand.packages.admitted_w(stand.provider, stand.zone, Carrier.ELECTRICITY) == 0
    for one in customers:
        assert stand.subscription(one.number).state == SubscriptionState.CLOSED


def _assign(stand: Stand, customers: Sequence[Customer]) -> None:
    """They move out, and others go on with what they leave."""
    for one in customers:
        other, wallet = stand.person(), 2 * PT
        stand.leave(other, wallet)
        stand.move(one.device, one.account, other)
        signed = (stand.signed(who, "AssignPackage", subscription=one.number, to=other) for who in (one.account, other))
        stand.does("assign", one.number, other, *signed)
        assert stand.free(one.account) == one.engine.wallet
        one.brought += wallet - one.engine.wallet
        one.account, one.engine = other, replace(one.engine, wallet=wallet)


def _shed(stand: Stand, customers: Sequence[Customer]) -> list[Customer]:
    """Somebody has supply suspended of who owes, and ends it of who goes on owing."""
    ended = []
    for one in customers:
        now, since = stand.blocks.now, stand.owed_since(one.account) if one.engine.debt else 0
        assert since or not one.engine.debt
        if since and may_be_ended(since, now):
            stand.does("cancel", one.number)
            ended.append(one)
        elif since and is_suspended(since, now):
            stand.does("updateSupply", one.number)
    return ended


def _pay(stand: Stand, luck: Random, customers: Sequence[Customer], month: int) -> None:
    """A part of them pays, if he has enough."""
    paying = []
    for one in customers:
        if luck.random() < 0.6 or one.engine.wallet < one.engine.debt + 968:
            continue
        amount = luck.randint(one.engine.debt + 968, one.engine.wallet)
        one.engine = one.engine.pay(amount)
        paying.append(message(stand.packages, "pay", one.account, one.number, amount))
    stand.blocks.mine(paying)


def _some_use(luck: Random, one: Customer) -> int:
    """Nothing, a part of what is paid for, all of it, or more."""
    units = one.engine.units
    there = units * one.engine.pricing.wh_per_unit
    return luck.choice([0, luck.randint(0, there // 2 + 1), there, there + luck.randint(0, 2_000)]) % 70_000_000


def _compare(stand: Stand, customers: Sequence[Customer]) -> None:
    for one in customers:
        engine = one.engine
        assert sum(money for money, _ in stand.lots_of(one.number)) == engine.left
        assert [money for money, _ in stand.lots_of(one.number)] == [lot.left for lot in engine.lots]
        assert stand.free(one.account) == engine.wallet
        assert stand.debt(one.account) == engine.debt
        assert one.brought == engine.wallet + engine.left + engine.earned

"""Random members issue, sell, wrap, unwrap, retire, export, withdraw and put clean energy through batteries.

After every step, in the register as in a model that knows neither ids nor words:
1. no Wh is lost or made: what was taken from counters is what all places hold together;
2. what slices and certificates are said to be about is what members hold;
3. no device has more issued than it made.
"""

import random
from collections import Counter
from collections.abc import Callable

import pytest

from tests.certificates.register import MWH, Register, Whole, whole
from wattbook.chain import Receipt

STEPS = 60


class Play:
    """A register, and what a plain reckoning of the same steps comes to."""

    def __init__(self, register: Register, seed: int) -> None:
        self.register, self.chance = register, random.Random(seed)
        self.people = [register.alice, register.bob, register.carol]
        self.everybody = list(enumerate(self.people))
        self.owners = {register.plant(owner): owner for owner in self.people}
        self.made = dict.fromkeys(self.owners, 0)
        self.slot = 0
        self.into, self.out = register.battery(register.alice, 8_600)
        self.held: dict[int, Counter[int]] = {}
        self.wholes: dict[int, tuple[Whole, int]] = {}
        self.places: Counter[str] = Counter()

    # ------------------------------------------------------------------------------------------------------ steps

    def make(self) -> None:
        """All devices go on to another slot."""
        for device in self.owners:
            wh = self.chance.choice([0, 1, 999, MWH // 2, MWH])
            self.register.made(device, wh, place=self.slot)
            self.made[device] += wh
        self.register.made(self.into, 10_000, place=self.slot)
        self.register.made(self.out, 8_000, place=self.slot)
        self.slot += 1

    def issue(self) -> None:
        device = self.chance.choice(list(self.owners))
        mark = self.register.energy.mark_of(device)
        left = self.made[device] - mark.mark - mark.debt
        if left <= 0:
            return
        wh = self.chance.choice([1, left, self.chance.randint(1, left)])
        since, until = self._slots(device, mark.mark + mark.debt, wh)
        owner = self.owners[device]
        receipt = self.register.energy.issue(device, since, until, wh, sender=owner)
        id = receipt.event("SliceIssued").args["id"]
        self.held.setdefault(id, Counter())[self.people.index(owner)] += wh
        self.places["slices"] += wh
        self._paid(mark.debt)

    def issue_whole(self) -> None:
        device = self.chance.choice(list(self.owners))
        mark = self.register.energy.mark_of(device)
        if self.made[device] - mark.mark - mark.debt < MWH:
            return
        since, until = self._slots(device, mark.mark + mark.debt, MWH)
        owner = self.owners[device]
        self._keep(self.register.certificates.issue(device, since, until, sender=owner), self.people.index(owner))
        self.places["wholes"] += MWH
        self._paid(mark.debt)

    def sell(self) -> None:
        id, who, wh = self._some_slice()
        if not wh:
            return
        to, part = self.chance.randrange(3), self.chance.randint(1, wh)
        self.register.give(self.people[who], self.people[to], id, part)
        self.held[id][who] -= part
        self.held[id][to] += part

    def sell_whole(self) -> None:
        id = self._some_whole()
        if id is None:
            return
        whole, who = self.wholes[id]
        to = self.chance.randrange(3)
        giver, taker = self.people[who], self.people[to]
        self.register.certificates.transfer_from(giver.address, taker.address, id, sender=giver)
        self.wholes[id] = whole, to

    def wrap(self) -> None:
        who = self.chance.randrange(3)
        mine = [(id, held[who]) for id, held in self.held.items() if held[who]]
        self.chance.shuffle(mine)
        if sum(wh for _, wh in mine) < MWH:
            return
        ids, amounts = [id for id, _ in mine], [wh for _, wh in mine]
        whole = self._keep(self.register.certificates.wrap(ids, amounts, sender=self.people[who]), who)
        for id, wh in zip(whole.contents.ids, whole.contents.amounts, strict=True):
            self.held[id][who] -= wh
        self._moved("slices", "wholes", MWH)

    def unwrap(self) -> None:
        id = self._some_whole()
        if id is None:
            return
        whole, who = self.wholes.pop(id)
        self.register.certificates.unwrap(whole.contents, sender=self.people[who])
        for slice, wh in zip(whole.contents.ids, whole.contents.amounts, strict=True):
            self.held.setdefault(slice, Counter())[who] += wh
        self._moved("wholes", "slices", MWH)

    def retire(self) -> None:
        id, who, wh = self._some_slice()
        if not wh:
            return
        part = self.chance.randint(1, wh)
        self.register.energy.retire(id, part, self.register.retirement(), sender=self.people[who])
        self.held[id][who] -= part
        self._moved("slices", "retired", part)

    def retire_whole(self) -> None:
        id = self._some_whole()
        if id is not None:
            _, who = self.wholes.pop(id)
            self.register.certificates.retire(id, self.register.retirement(), sender=self.people[who])
            self._moved("wholes", "retired", MWH)

    def give_up(self) -> None:
        id, who, wh = self._some_slice()
        if wh:
            self.register.energy.export_slices([id], [wh], "AIB", sender=self.people[who])
            self.held[id][who] -= wh
            self._moved("slices", "exported", wh)

    def withdraw(self) -> None:
        device = self.chance.choice(list(self.owners))
        mark, wh = self.register.energy.mark_of(device), self.chance.randint(1, MWH)
        self.register.withdraw(device, wh, f"evidence {self.chance.random()}")
        self.places["withdrawn"] += min(mark.debt + wh, self.made[device] - mark.mark)

    def discharge(self) -> None:
        mine = [(id, held[0]) for id, held in self.held.items() if held[0]]
        id, wh = self.chance.choice(mine) if mine else (0, 0)
        out = min(wh * 8_600 // 10_000, 5_000)
        since, until = self.register.slots(self.slot - 1)
        mark = self.register.batteries.mark_of(self.out).mark
        if not out or mark + out > 8_000 * self.slot or int(self.register.energy.slice_of(id).until) > until:
            return
        arguments = (self.out, since, until, out, [id], [wh])
        receipt = self.register.batteries.discharge(*arguments, sender=self.register.alice)
        said = receipt.event("BatteryDischarged").args
        burned = -(-out * 10_000 // 8_600)
        assert list(said["amounts"]) == [burned]
        self.held[id][0] -= burned
        self.held.setdefault(said["id"], Counter())[0] += out
        self._moved("slices", "lost", burned - out)

    # ------------------------------------------------------------------------------------------------------ checks

    def check(self) -> None:
        totals = self.register.totals
        assert totals == {place: wh for place, wh in self.places.items() if wh}
        expected = [
            (account.address, id, held[who]) for id, held in self.held.items() for who, account in self.everybody
        ]
        accounts, ids, amounts = zip(*expected, strict=True) if expected else ((), (), ())
        assert tuple(self.register.energy.balance_of_batch(list(accounts), list(ids))) == amounts
        assert totals.get("slices", 0) == sum(amounts)
        assert totals.get("wholes", 0) == len(self.wholes) * MWH
        for device, made in self.made.items():
            assert self.register.energy.mark_of(device).mark <= made

    # ------------------------------------------------------------------------------------------------------ inside

    def _slots(self, device: int, first: int, wh: int) -> tuple[int, int]:
        counted = [self.register.production.counted_until(device, self.register.slot(i)) for i in range(self.slot + 1)]
        begins = next(i for i in range(self.slot) if counted[i + 1] > first)
        ends = next(i for i in range(self.slot) if counted[i + 1] >= first + wh)
        return self.register.slots(begins, ends)

    def _keep(self, receipt: Receipt, who: int) -> Whole:
        made = whole(receipt)
        self.wholes[made.id] = made, who
        return made

    def _some_slice(self) -> tuple[int, int, int]:
        mine = [(id, who, wh) for id, held in self.held.items() for who, wh in held.items() if wh]
        return self.chance.choice(mine) if mine else (0, 0, 0)

    def _some_whole(self) -> int | None:
        return self.chance.choice(list(self.wholes)) if self.wholes else None

    def _moved(self, place: str, to: str, wh: int) -> None:
        self.places[place] -= wh
        self.places[to] += wh

    def _paid(self, debt: int) -> None:
        self.places["withdrawn"] += debt


@pytest.mark.parametrize("seed", range(2))
def test_no_wh_is_lost_or_made(register: Register, seed: int):
    play = Play(register, seed)
    steps: list[Callable[[], None]] = [
        *(play.make, play.issue, play.issue, play.issue_whole, play.sell, play.sell_whole),
        *(play.wrap, play.wrap, play.unwrap, play.retire, play.retire_whole, play.give_up, play.withdraw),
        *(play.discharge, play.discharge),
    ]
    play.make()
    for _ in range(STEPS):
        play.chance.choice(steps)()
        play.check()
    register.expired(play.slot)
    for id in play.held:
        for account in play.people:
            register.energy.expire(account.address, [id], sender=register.stranger)
    for kept, who in play.wholes.values():
        register.certificates.expire(kept.contents, sender=register.stranger)
        ids = list(dict.fromkeys(kept.contents.ids))
        register.energy.expire(play.people[who].address, ids, sender=register.stranger)
    totals = register.totals
    assert "slices" not in totals and "wholes" not in totals
    expired = play.places["slices"] + play.places["wholes"]
    assert totals.get("expired", 0) == expired

"""Random owners, buyers, modules and operators drive EnergyUnits and its rules in plain Python side by side.

After every step:
1. what is drawn of each slot to come is what modules have locked of it and units that are about, in the contract as in
   the model, whichever way time, sales ahead and changes of owner have pushed it through the device's word;
2. what each could still lock is the same in both.
"""

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.devices import SLOT, draw
from tests.invariants.capacity import Capacity, Plant
from tests.invariants.conftest import restore, snapshot
from wattbook import ContractRevert
from wattbook.deployment.anvil import pass_time
from wattbook.deployment.local import FIRST_FREE_ACCOUNT, known_account

MEMBERS = 3
RATINGS = (48, 24)  # of which 12 and 6 Wh can be sold in a slot

who = st.integers(0, MEMBERS - 1)
some_plant = st.integers(0, len(RATINGS) - 1)
# Slots from now: the group that runs, the next ones, far ones, and some that have begun.
ahead = st.one_of(st.integers(1, 4), st.integers(1, 9), st.integers(-2, 24))
amount = st.integers(0, 8)


def test_energy_is_conserved(market, people, admit, decide, devices):
    units, meters, chain = market.energy_units, market.meters, market.chain
    members = [known_account(FIRST_FREE_ACCOUNT + i) for i in range(MEMBERS)]
    modules = [people.module, people.other_module]
    for account in members:
        admit(account)
    for module in modules:
        decide("Vault", "enterModule", module.address)
    numbers = [devices.certified(members[i], rated_w=watts) for i, watts in enumerate(RATINGS)]

    def address(member: int) -> str:
        return members[member].address

    def unit(plant: int, slot: int) -> int:
        return units.unit_id(0, devices.zone, numbers[plant], slot * SLOT)

    class Market(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.snapshot = snapshot(chain)
            plants = [Plant(i, watts // 4, watts // 4) for i, watts in enumerate(RATINGS)]
            self.model = Capacity(plants, 0)
            self.wait(0)

        def teardown(self) -> None:
            restore(chain, self.snapshot)

        def wait(self, slots: int) -> None:
            """To a moment early in a later slot, so that the steps that follow are all taken in it."""
            pass_time(chain, (chain.now // SLOT + 1 + slots) * SLOT + 60 - chain.now)
            self.model.now = chain.now // SLOT

        def both(self, expected: str | None, step: Callable[[], object]) -> None:
            try:
                step()
            except ContractRevert as error:
                assert type(error).__name__ == expected, error
            else:
                assert expected is None, f"went through, expected {expected}"

        @rule(slots=st.one_of(st.integers(0, 2), st.integers(0, 2), st.integers(0, 12)))
        def time_passes(self, slots):
            self.wait(slots)

        @rule(by=st.sampled_from(modules), holder=who, plant=some_plant, place=ahead, wh=amount)
        def lock(self, by, holder, plant, place, wh):
            slot = self.model.now + place
            arguments = (devices.zone, 0, slot * SLOT, [draw(address(holder), numbers[plant], wh)])
            refused = chain.call(units.function("lockEach", *arguments), by.address)
            assert (not refused) == self.model.lock(holder, plant, slot, wh)
            units.lock_each(*arguments, sender=by)

        @precondition(lambda self: any(self.model.locked.values()))
        @rule(by=st.sampled_from(modules), data=st.data())
        def release(self, by, data):
            held = sorted(key for key, wh in self.model.locked.items() if wh)
            holder, plant, slot = data.draw(st.sampled_from(held))
            wh = data.draw(st.integers(0, self.model.locked[holder, plant, slot]))
            self.model.release(holder, plant, slot, wh)
            back = [draw(address(holder), numbers[plant], wh)]
            units.release_each(devices.zone, 0, slot * SLOT, back, sender=by)

        @rule(plant=some_plant, to=who, place=ahead, wh=amount)
        def issue(self, plant, to, place, wh):
            slot = self.model.now + place
            owner = members[self.model.plants[plant].owner]
            self.both(
                self.model.issue(plant, slot, to, wh),
                lambda: units.issue(numbers[plant], slot * SLOT, address(to), wh, sender=owner),
            )

        @precondition(lambda self: any(self.model.units.values()))
        @rule(taker=who, data=st.data(), wh=amount)
        def transfer(self, taker, data, wh):
            held = sorted(key for key, units_held in self.model.units.items() if units_held)
            giver, plant, slot = data.draw(st.sampled_from(held))
            self.both(
                self.model.transfer(giver, taker, plant, slot, wh),
                lambda: units.safe_transfer_from(
                    address(giver), address(taker), unit(plant, slot), wh, b"", sender=members[giver]
                ),
            )

        @rule(plant=some_plant, to=who)
        def move(self, plant, to):
            owner = self.model.plants[plant].owner
            meters.offer(numbers[plant], address(to), sender=members[owner])
            meters.accept(numbers[plant], sender=members[to])
            self.model.plants[plant].owner = to

        @rule(plant=some_plant, availability=st.sampled_from([10_000, 10_000, 5_000]))
        def certify(self, plant, availability):
            devices.certify(numbers[plant], availability)
            self.model.plants[plant].cap = self.model.plants[plant].full * availability // 10_000

        @precondition(lambda self: all(plant.cap for plant in self.model.plants))
        @rule(plant=some_plant)
        def suspend(self, plant):
            meters.suspend(numbers[plant], "why", sender=people.operator)
            self.model.plants[plant].cap = 0

        @invariant()
        def model_and_chain_agree(self):
            model, now = self.model, self.model.now
            assert chain.now // SLOT == now, "the test took longer than a slot"
            for plant, slot in model.to_come():
                drawn = units.drawn_of(numbers[plant], slot * SLOT)
                held = [address(member) for member in range(MEMBERS)]
                about = units.balance_of_batch(held, [unit(plant, slot)] * MEMBERS)
                locked = sum(model.locked[member, plant, slot] for member in range(MEMBERS))
                assert drawn == model.drawn[plant, slot] == locked + sum(about)
                assert about == [model.units[member, plant, slot] for member in range(MEMBERS)]
                for member in range(MEMBERS):
                    could = units.available(address(member), numbers[plant], slot * SLOT)
                    assert could == model.available(member, plant, slot)

    run_state_machine_as_test(Market, settings=settings())

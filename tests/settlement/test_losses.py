"""What a zone lost beyond what it declares: what its network pays for it, in plain Python and on chain."""

import random

import pytest
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from tests.assertions import refused
from tests.modules import set_of
from tests.settlement.days import DAY, GRID, NETWORK, POOL_IN, POOL_OUT, Days
from tests.settlement.months import LOSS_BPS, ZONE
from wattbook.contracts import reverts
from wattbook.contracts.structs import Purse
from wattbook.deployment.local import known_account
from wattbook.settlement.losses import Counted, cost
from wattbook.trial.subsidising import CARRIER

# 97 of 100 kWh arrive.
DECLARED = Counted(100_000, 40_000, 0, 57_000)
MORE = Counted(100_000, 40_000, 0, 56_000)
LESS = Counted(100_000, 40_000, 500, 58_000)
WH = st.integers(0, 10**9)


class TestEngine:
    def test_what_is_declared_is_no_excess(self):
        assert DECLARED.excess(LOSS_BPS) == 0
        assert (MORE.excess(LOSS_BPS), LESS.excess(LOSS_BPS)) == (1_000, -500)

    def test_costs_what_the_grid_asks_and_gains_what_it_pays(self):
        assert cost(1_000, POOL_IN, POOL_OUT) == 600_000
        assert cost(-500, POOL_IN, POOL_OUT) == -150_000

    @pytest.mark.parametrize(
        ("exported", "alarming"), [(55_000, False), (54_999, True), (59_000, False), (59_001, True)]
    )
    def test_alarming_beyond_2_percent_of_what_was_injected(self, exported, alarming):
        assert Counted(100_000, 40_000, 0, exported).is_alarming(LOSS_BPS) is alarming

    @given(WH, WH, WH, WH, st.integers(0, 9_999))
    def test_what_is_lost_is_what_went_in_and_did_not_come_out(self, injected, withdrawn, imported, exported, loss):
        counted = Counted(injected, withdrawn, imported, exported)
        lost = injected + imported - withdrawn - exported
        declared = injected - injected * (10_000 - loss) // 10_000
        assert counted.excess(loss) == lost - declared
        assert 0 <= declared - injected * loss / 10_000 < 1


class TestBorne:
    def test_nothing_when_as_much_is_lost_as_is_declared(self, days: Days):
        days.decide()
        [slot] = days.play(DECLARED)
        days.wait()
        assert days.bear(slot) == []

    def test_the_network_pays_for_more(self, days: Days):
        days.decide()
        [slot] = days.play(MORE)
        days.wait()
        days.fund(Purse.NETWORK, 1_000_000)
        had = days.free(NETWORK), days.free(GRID)
        [log] = days.bear(slot)
        assert (log.name, log.args) == ("LossBorne", (ZONE, CARRIER, slot, 1_000, 600_000))
        assert (days.free(NETWORK) - had[0], days.free(GRID) - had[1]) == (-600_000, 600_000)
        assert days.losses.borne_of(ZONE, CARRIER, slot) == 1_000

    def test_the_network_gets_what_less_is_worth(self, days: Days):
        days.decide()
        [slot] = days.play(LESS)
        days.wait()
        had = days.free(NETWORK), days.free(GRID)
        [log] = days.bear(slot)
        assert log.args[3:] == (-500, -150_000)
        assert (days.free(NETWORK) - had[0], days.free(GRID) - had[1]) == (150_000, -150_000)

    def test_once(self, days: Days):
        days.decide()
        [slot] = days.play(LESS)
        days.wait()
        assert len(days.bear(slot, slot)) == 1
        had = days.free(NETWORK)
        assert days.bear(slot) == []
        assert days.free(NETWORK) == had

    def test_what_comes_late_by_the_difference(self, days: Days):
        """The consumer's meter was silent for a day; its next register tells of both."""
        days.decide()
        days.begin()
        first = days.count(DECLARED, silent=[days.meter])
        days.wait()
        days.fund(Purse.NETWORK, 100_000_000)
        had = days.free(NETWORK)
        alarmed = days.bear(first)
        assert [log.name for log in alarmed] == ["LossBorne", "ZoneAlarm"]
        assert alarmed[0].args[3:] == (40_000, 24_000_000)
        days.count(Counted(100_000, 80_000, 0, 57_000))
        [log] = days.bear(first)
        assert (log.name, log.args[3:]) == ("LossBorne", (0, -24_000_000))
        assert days.free(NETWORK) == had

    @pytest.mark.parametrize("seed", range(3))
    def test_random_days_in_any_parts(self, days: Days, seed: int):
        luck = random.Random(seed)
        days.decide()
        counted = [Counted(*(luck.randint(0, 50_000) for _ in range(4))) for _ in range(6)]
        slots = days.play(*counted)
        days.wait()
        days.fund(Purse.NETWORK, 10**9)
        had = days.free(NETWORK), days.free(GRID)
        told, order = [], list(zip(slots, counted, strict=True))
        luck.shuffle(order)
        rest = [slot for slot, _ in order]
        while rest:
            size = luck.randint(1, 3)
            some, rest = rest[:size], rest[size:]
            told += days.bear(*some)
        expected = [one.excess(LOSS_BPS) for _, one in order]
        assert [log.args[3] for log in told if log.name == "LossBorne"] == [one for one in expected if one]
        alarming = [slot for slot, one in order if one.is_alarming(LOSS_BPS)]
        assert [log.args[2] for log in told if log.name == "ZoneAlarm"] == alarming
        total = sum(cost(one, POOL_IN, POOL_OUT) for one in expected)
        assert (days.free(NETWORK) - had[0], days.free(GRID) - had[1]) == (-total, total)


class TestAlarm:
    @pytest.mark.parametrize(("exported", "alarms"), [(55_000, 0), (54_999, 1)])
    def test_from_the_first_wh_beyond_2_percent(self, days: Days, exported, alarms):
        days.decide()
        counted = Counted(100_000, 40_000, 0, exported)
        [slot] = days.play(counted)
        days.wait()
        days.fund(Purse.NETWORK, 10_000_000)
        told = [log for log in days.bear(slot) if log.name == "ZoneAlarm"]
        assert [log.args for log in told] == [(ZONE, CARRIER, slot, 57_000 - exported, 100_000)] * alarms


class TestPassedOver:
    def test_without_a_feeder_in_both_directions(self, days: Days):
        days.decide(export_feeder=0)
        [first] = days.play(MORE)
        days.decide(feeder=0)
        [second] = days.play(MORE)
        days.wait()
        assert days.bear(first, second) == []

    @pytest.mark.parametrize("side", [0, 1])
    def test_until_the_feeder_is_read(self, days: Days, side: int):
        days.decide()
        days.begin()
        slot = days.count(DECLARED, silent=[days.feeders[side]])
        days.wait()
        [log] = days.bear(slot)
        assert (log.name, log.args) == ("LossWaits", (ZONE, CARRIER, slot))
        days.count(Counted(100_000, 40_000, 0, 57_000 * (1 + side)))
        assert days.bear(slot) == []

    def test_not_what_may_still_come(self, days: Days):
        days.decide()
        [slot] = days.play(MORE)
        known = slot + DAY + days.market.imbalance.patience()
        days.park.blocks.mine([], known - 1)
        call = days.losses.function("bear", ZONE, CARRIER, [slot])
        with refused(reverts.LossNotKnown, slot_start=slot, known_from=known):
            days.market.chain.call(call, known_account("grid").address)


class TestUnpaid:
    def test_what_the_network_has_not_is_its_debt(self, days: Days):
        """A member who keeps the network; what he has is taken first."""
        keeper, vault = days.months.person(), days.market.vault
        days.decide(network=keeper)
        [slot] = days.play(MORE)
        days.wait()
        days.months.as_member(keeper, vault, "withdraw", days.free(keeper) - 1)
        days.bear(slot)
        assert (days.free(keeper), vault.debt_to(keeper, GRID)) == (0, 599_999)
        assert vault.account_of(keeper).in_default

    def test_what_it_never_paid_is_not_given_back(self, days: Days):
        """Most of 24,000,000 uPT was its debt; then the consumer's meter tells that nothing was lost."""
        keeper, vault = days.months.person(), days.market.vault
        days.decide(network=keeper)
        days.begin()
        first = days.count(DECLARED, silent=[days.meter])
        days.wait()
        days.months.as_member(keeper, vault, "withdraw", days.free(keeper) - 1_000)
        days.bear(first)
        assert (days.free(keeper), vault.debt_to(keeper, GRID)) == (0, 23_999_000)
        had = days.free(GRID)
        days.count(Counted(100_000, 80_000, 0, 57_000))
        days.bear(first)
        assert (days.free(keeper), vault.debt_of(keeper), days.free(GRID)) == (1_000, 0, had - 1_000)

    def test_a_replaced_network_pays_from_its_new_account(self, days: Days):
        """The zone's facts still name the old one."""
        keeper, vault = days.months.person(), days.market.vault
        days.decide(network=keeper)
        [slot] = days.play(MORE)
        days.wait()
        new = to_checksum_address(keccak(text=f"the keeper's next key of {slot}")[-20:])
        days.months.as_member(days.market.authority.address, days.market.membership, "decideRecovery", keeper, new)
        days.months.as_member(new, vault, "chooseModules", set_of(vault, days.losses.address))
        had = days.free(new), days.free(GRID)
        days.bear(slot)
        assert (days.free(new) - had[0], days.free(GRID) - had[1]) == (-600_000, 600_000)
        assert vault.debt_to(new, GRID) == 0

    def test_who_did_not_choose_this_owes_it_all(self, days: Days):
        keeper, vault = days.months.person(), days.market.vault
        days.decide(network=keeper)
        [slot] = days.play(MORE)
        days.wait()
        days.months.as_member(keeper, vault, "chooseModules", 0)
        had = days.free(keeper)
        days.bear(slot)
        assert (days.free(keeper), vault.debt_to(keeper, GRID)) == (had, 600_000)

    def test_a_balancing_account_has_what_it_has_to_pay(self, days: Days):
        """Else the slot waits for it, and nothing is borne."""
        keeper, vault = days.months.person(), days.market.vault
        days.decide(balancing=keeper)
        [slot] = days.play(LESS)
        days.wait()
        days.months.as_member(keeper, vault, "withdraw", days.free(keeper))
        call = days.losses.function("bear", ZONE, CARRIER, [slot])
        with refused(reverts.InsufficientFree, account=keeper, free=0, asked=150_000):
            days.market.chain.call(call, known_account("grid").address)

    def test_each_network_pays_for_its_own_slots(self, days: Days):
        first, second = days.months.person(), days.months.person()
        days.decide(network=first)
        slots = days.play(MORE)
        days.decide(network=second)
        slots += days.play(LESS)
        days.wait()
        had = days.free(first), days.free(second)
        days.bear(*slots)
        assert (days.free(first) - had[0], days.free(second) - had[1]) == (-600_000, 150_000)

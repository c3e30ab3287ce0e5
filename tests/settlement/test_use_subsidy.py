"""Subsidies of those who use clean energy, on chain: what of it matches, and who is paid what for that."""

import random
from collections import Counter

import pytest

from tests.settlement.months import Months
from tests.settlement.uses import OFFICE, POT, RATE, Uses
from wattbook.billing.entries import Kind
from wattbook.billing.periods import parse_period
from wattbook.billing.statement import Records
from wattbook.certificates.slices import slice_of, stock
from wattbook.contracts.structs import Carrier, Programme, UseRefusal
from wattbook.months import start_of
from wattbook.settlement import subsidy, use
from wattbook.trial.blocks import message
from wattbook.trial.park import MONEY
from wattbook.trial.subsidising import CARRIER

ZONE = 1
DAY = 86_400


class TestAsTheEngineSays:
    @pytest.mark.parametrize("seed", range(4))
    def test_random_months(self, uses: Uses, seed: int):
        """Any plants and users, slices of one slot and of two, retired in parts and claimed in between."""
        luck = random.Random(seed)
        plants = [uses.device() for _ in range(luck.randint(1, 3))]
        users = [uses.person() for _ in range(luck.randint(1, 3))]
        meters = {uses.meter(user): user for user in users for _ in range(luck.randint(1, 2))}
        rate = luck.randint(1, 300)
        gifts = {uses.person(): luck.choice([10**6, luck.randint(10**6, 10**8)]) for _ in range(luck.randint(1, 3))}
        locked = uses.locked
        uses.set(rate, gifts)
        days = [{one: luck.choice([0, luck.randint(1, 20_000)]) for one in (*plants, *meters)} for _ in range(3)]
        # The first of them is the last day of the month before.
        uses.live(*days, first=-1)
        withdrawn: dict[str, Counter[int]] = {user: Counter() for user in users}
        for place, wh in enumerate(days, -1):
            for one, user in meters.items():
                withdrawn[user][uses.day(place)[0]] += wh[one]
        slices = []
        for plant in plants:
            while left := stock(uses.market, plant):
                slices.append(uses.issue(plant, min(left, luck.randint(1, 15_000))))
        retired: Counter[tuple[str, int]] = Counter()
        free = {slice: slice_of(slice).wh for slice in slices}
        engine = use.Matching(ZONE, int(CARRIER), DAY)
        expected = []
        for _ in range(4):
            for slice in slices:
                if wh := luck.choice([0, luck.randint(0, free[slice])]):
                    user = luck.choice(users)
                    uses.retire(slice, wh, user)
                    retired[user, slice] += wh
                    free[slice] -= wh
            user = luck.choice(users)
            named = luck.choices(slices, k=luck.randint(0, 8)) if slices else []
            given = [told(slice, retired[user, slice]) for slice in named]
            expected = engine.claim(uses.month, user, given, withdrawn[user])
            assert [spelled(one) for one in uses.counts(user, named)] == expected
        claims = engine.claims[uses.month]
        assert {user: wh for user, (wh, _) in uses.dues.items()} == claims
        had = {account: uses.free(account) for account in (*users, *gifts)}
        pot = subsidy.Pot(sum(gifts.values()), rate, 0)
        amounts = dict(zip(claims, pot.shares(list(claims.values())), strict=True))
        back = dict(zip(gifts, subsidy.returned(list(gifts.values()), sum(amounts.values())), strict=True))
        while uses.programme.cursor < len(claims) + len(gifts):
            uses.pay(luck.randint(1, 3))
        assert {user: paid for user, (_, paid) in uses.dues.items()} == amounts
        gains = {account: uses.free(account) - had[account] for account in had}
        assert gains == Counter(amounts) + Counter(back) | dict.fromkeys(had.keys() - amounts.keys() - back.keys(), 0)
        assert uses.locked == locked


def told(slice: int, wh: int) -> use.Retired:
    """What the engine takes for a slice of which so much was retired for a user."""
    its = slice_of(slice)
    return use.Retired(slice, ZONE, its.carrier, its.since, its.until, wh)


def spelled(what: int | UseRefusal) -> int | use.UseRefusal:
    """The engine's word for one of the contract's."""
    return use.UseRefusal(what.name.title().replace("_", "")) if isinstance(what, UseRefusal) else what


class TestPaid:
    def test_for_what_matches(self, uses: Uses):
        """The example of the docs: 8,000 Wh are retired of a day in which 6,000 were used, all 5,000 of another."""
        user, plant = uses.person(), uses.device()
        meter = uses.meter(user)
        giver = uses.person()
        uses.set(gifts={giver: POT})
        assert uses.programme == Programme(RATE, uses.fund.claims_taken(uses.month)[1], 0, 0, 0, POT, 0)
        uses.live({plant: 10_000, meter: 6_000}, {plant: 5_000, meter: 7_000})
        first, second = uses.used(plant, 8_000, user), uses.issue(plant, 2_000)
        third = uses.used(plant, 5_000, user)
        assert uses.counts(user, [first, second, third]) == [6_000, UseRefusal.NOT_RETIRED, 5_000]
        assert (uses.fund.counted_of(user, first), uses.fund.counted_of(user, second)) == (6_000, 0)
        matched = [uses.fund.matched_of(ZONE, CARRIER, uses.day(place)[0], user) for place in range(3)]
        assert matched == [6_000, 5_000, 0]
        assert uses.dues == {user: (11_000, 0)}
        had, gave = uses.free(user), uses.free(giver)
        logs = uses.pay().logs
        assert [log.name for log in logs] == ["UsePaid", "FundingReturned", "Adjusted"]
        assert logs[0].args == (ZONE, CARRIER, uses.month, user.lower(), user.lower(), 550_000, 0)
        assert logs[1].args == (ZONE, CARRIER, uses.month, giver.lower(), POT - 550_000)
        assert (uses.free(user) - had, uses.free(giver) - gave) == (550_000, POT - 550_000)
        assert uses.dues == {user: (11_000, 550_000)}

    def test_a_pot_too_small_is_shared_to_the_last_unit(self, uses: Uses):
        """Three equal claims on a pot that three do not divide, in the order in which they were made."""
        users, plant = [uses.person() for _ in range(3)], uses.device()
        uses.set(gifts={uses.person(): 1_000_000})
        uses.live({plant: 150_000} | {uses.meter(user): 50_000 for user in users})
        for user in users:
            assert uses.counts(user, [uses.used(plant, 50_000, user)]) == [50_000]
        uses.pay()
        assert [uses.dues[user][1] for user in users] == [333_333, 333_333, 333_334]
        assert uses.programme.paid == 1_000_000

    def test_nothing_is_claimed_and_all_goes_back(self, uses: Uses):
        giver = uses.person()
        had, locked = uses.free(giver), uses.locked
        uses.set(gifts={giver: POT})
        assert (uses.free(giver), uses.locked) == (had - POT, locked + POT)
        uses.pay()
        assert (uses.free(giver), uses.locked, uses.dues) == (had, locked, {})

    def test_to_who_may_spend(self, uses: Uses):
        """What a further account without that right used is paid to its member's first."""
        user, plant = uses.person(), uses.device()
        further = uses.narrow(user)
        uses.set()
        uses.live({plant: 1_000, uses.meter(further): 1_000})
        assert uses.counts(further, [uses.used(plant, 1_000, further)]) == [1_000]
        had = uses.free(user)
        [paid, *_] = uses.pay().logs
        assert paid.args[3:] == (further.lower(), user.lower(), 1_000 * RATE, 0)
        assert (uses.free(user) - had, uses.free(further)) == (1_000 * RATE, 0)

    def test_what_is_read_late_is_claimed_again(self, uses: Uses):
        """Of a slice the rest, when the meters of its slot are read further."""
        user, plant = uses.person(), uses.device()
        first, second = uses.meter(user), uses.meter(user)
        uses.set()
        start, end = uses.day(0)
        uses.read_at(start, {plant: 0, first: 0, second: 0})
        uses.read_at(end, {plant: 5_000, first: 2_000})
        slice = uses.used(plant, 5_000, user)
        assert uses.counts(user, [slice, slice]) == [2_000, UseRefusal.NOT_WITHDRAWN]
        # Over three days.
        uses.read_at(uses.day(2)[1], {second: 7_500})
        assert uses.counts(user, [slice, slice]) == [2_500, UseRefusal.NOT_WITHDRAWN]
        assert uses.dues == {user: (4_500, 0)}


class TestStatements:
    def test_what_was_given_and_paid(self, uses: Uses):
        """Of the user, less what is kept; of the giver, less what came back."""
        giver = uses.person()
        user = uses.played(60_000, gifts={giver: POT})
        uses.correct(user, 45_000)
        plant = uses.device()
        meter = uses.meter(user)
        uses.set(gifts={giver: POT})
        uses.live({plant: 20_000, meter: 20_000})
        uses.counts(user, [uses.used(plant, 20_000, user)])
        uses.pay()
        period = parse_period("2027-01..2099-12")
        one, other = Records(uses.market, period).statements([user, giver])
        assert one.sums == {Kind.DEPOSITED: MONEY, Kind.SUBSIDY: 60_000 * RATE + 20_000 * RATE - 750_000}
        assert other.sums == {Kind.DEPOSITED: MONEY, Kind.GIVEN: -one.sums[Kind.SUBSIDY]}
        assert (one.closing, other.closing) == (uses.free(user), uses.free(giver))
        assert {entry.by for entry in (*one.entries, *other.entries)} == {"", "UseSubsidy"}

    def test_of_producers_too(self, months: Months):
        months.plant("roof")
        giver = months.person()
        months.set(gifts={giver: POT})
        months.play({"roof": 60_000})
        months.pay()
        period = parse_period("2027-01..2099-12")
        one, other = Records(months.market, period).statements([months.owners["roof"], giver])
        assert (one.sums[Kind.SUBSIDY], other.sums[Kind.GIVEN]) == (60_000 * RATE, -60_000 * RATE)


class TestOnce:
    """Each retired and each withdrawn Wh counts once."""

    @pytest.fixture
    def day(self, uses: Uses) -> tuple[Uses, int, str, str]:
        """Two users of 6,000 Wh each on a day on which a plant made 20,000."""
        plant, one, other = uses.device(), uses.person(), uses.person()
        uses.set()
        uses.live({plant: 20_000, uses.meter(one): 6_000, uses.meter(other): 6_000})
        return uses, plant, one, other

    def test_in_one_call_and_in_two(self, day):
        uses, plant, one, _ = day
        slice = uses.used(plant, 4_000, one)
        assert uses.counts(one, [slice, slice]) == [4_000, UseRefusal.ALREADY_COUNTED]
        assert uses.counts(one, [slice]) == [UseRefusal.ALREADY_COUNTED]
        assert uses.dues == {one: (4_000, 0)}

    def test_what_is_retired_later_is_counted_then(self, day):
        uses, plant, one, _ = day
        slice = uses.issue(plant, 4_000)
        uses.retire(slice, 1_000, one)
        assert uses.counts(one, [slice]) == [1_000]
        uses.retire(slice, 2_500, one)
        assert uses.counts(one, [slice]) == [2_500]
        assert uses.dues == {one: (3_500, 0)}

    def test_for_two_accounts(self, day):
        """Each has what was retired for it."""
        uses, plant, one, other = day
        slice = uses.issue(plant, 4_000)
        uses.retire(slice, 3_000, one)
        assert uses.counts(other, [slice]) == [UseRefusal.NOT_RETIRED]
        uses.retire(slice, 1_000, other)
        assert (uses.counts(other, [slice]), uses.counts(one, [slice])) == ([1_000], [3_000])
        assert uses.dues == {other: (1_000, 0), one: (3_000, 0)}

    def test_two_slices_beyond_what_was_withdrawn(self, day):
        uses, plant, one, _ = day
        slices = [uses.used(plant, 4_000, one) for _ in range(3)]
        assert uses.counts(one, slices) == [4_000, 2_000, UseRefusal.NOT_WITHDRAWN]
        assert uses.counts(one, slices) == [UseRefusal.ALREADY_COUNTED] + [UseRefusal.NOT_WITHDRAWN] * 2
        assert uses.dues == {one: (6_000, 0)}

    def test_a_correction_sets_nothing_free(self, day):
        uses, plant, one, _ = day
        slice = uses.used(plant, 8_000, one)
        assert uses.counts(one, [slice]) == [6_000]
        uses.pay()
        uses.correct(one, 1_000)
        assert uses.fund.counted_of(one, slice) == 6_000
        assert uses.fund.matched_of(ZONE, CARRIER, uses.day(0)[0], one) == 6_000
        assert uses.dues == {one: (1_000, 50_000)}


class TestRefused:
    """What is not counted does not stop what is."""

    def test_each_for_its_reason(self, uses: Uses):
        user, plant = uses.person(), uses.device()
        meter = uses.meter(user)
        uses.set()
        uses.live(*({plant: 1_000, meter: 900} for _ in range(4)), {plant: 1_000, meter: 0}, first=-2)
        begins = start_of(uses.month)
        before = [uses.used(plant, 1_000, user) for _ in range(2)]
        assert [slice_of(one).until for one in before] == [begins - DAY, begins]
        two_days = uses.used(plant, 2_000, user)
        unused = uses.used(plant, 1_000, user)
        never = [0, 2**256 - 1, two_days + 1]
        slices = [*never, *before, two_days, unused]
        assert uses.counts(user, slices) == [
            *[UseRefusal.NOT_RETIRED] * 3,
            *[UseRefusal.OTHER_MONTH] * 2,
            UseRefusal.SEVERAL_SLOTS,
            UseRefusal.NOT_WITHDRAWN,
        ]
        assert (uses.dues, uses.programme.claimed_wh) == ({}, 0)

    def test_another_carrier(self, uses: Uses):
        """A day's heat and a quarter's electricity."""
        user = uses.person()
        plant = uses.device(carrier=Carrier.ELECTRICITY)
        uses.set()
        start, _ = uses.day(0)
        uses.read_at(start, {plant: 0})
        uses.read_at(start + 900, {plant: 1_000})
        slice = uses.used(plant, 1_000, user)
        assert slice_of(slice).carrier == Carrier.ELECTRICITY
        assert uses.counts(user, [slice]) == [UseRefusal.ELSEWHERE]

    def test_what_is_only_held(self, uses: Uses):
        user, plant = uses.person(), uses.device(owner=uses.person())
        uses.set()
        uses.live({plant: 1_000, uses.meter(user): 1_000})
        slice = uses.issue(plant, 1_000)
        assert uses.counts(user, [slice]) == [UseRefusal.NOT_RETIRED]


class TestReplaced:
    """Whoever takes an account's place goes on with what it did."""

    def test_before_the_claim(self, uses: Uses):
        """Retired for the old name, withdrawn under the old name."""
        old, plant = uses.person(), uses.device()
        uses.set()
        uses.live({plant: 5_000, uses.meter(old): 3_000})
        slice = uses.used(plant, 4_000, old)
        new = uses.replace(old)
        assert uses.counts(old, [slice]) == [3_000]
        assert uses.counts(new, [slice]) == [UseRefusal.NOT_WITHDRAWN]
        assert uses.dues == {new: (3_000, 0)}
        had = uses.free(new)
        uses.pay()
        assert (uses.free(new) - had, uses.dues) == (150_000, {new: (3_000, 150_000)})

    def test_between_two_claims(self, uses: Uses):
        """What was counted under the old name is not counted again, in slices or at the meters; both claims are paid to
        the new one."""
        old, plant = uses.person(), uses.device()
        uses.set()
        uses.live({plant: 9_000, uses.meter(old): 6_000})
        first = uses.issue(plant, 5_000)
        uses.retire(first, 2_000, old)
        assert uses.counts(old, [first]) == [2_000]
        new = uses.replace(old)
        uses.retire(first, 1_000, new)
        second = uses.used(plant, 4_000, new)
        assert uses.counts(new, [first, second]) == [1_000, 3_000]
        assert uses.counts(old, [first, second]) == [UseRefusal.ALREADY_COUNTED, UseRefusal.NOT_WITHDRAWN]
        assert uses.dues == {old: (2_000, 0), new: (4_000, 0)}
        assert uses.fund.counted_of(old, first) == uses.fund.counted_of(new, first) == 3_000
        assert uses.fund.matched_of(ZONE, CARRIER, uses.day(0)[0], old) == 6_000
        had = uses.free(new)
        uses.pay()
        assert uses.free(new) - had == 6_000 * RATE

    def test_after_settling(self, uses: Uses):
        """Settlement puts what was counted under the old name to the new one's."""
        old, plant = uses.person(), uses.device()
        uses.set()
        uses.live({plant: 5_000, uses.meter(old): 5_000})
        slice = uses.used(plant, 5_000, old)
        new = uses.replace(old)
        start, _ = uses.day(0)
        imbalance = uses.market.imbalance
        uses.park.blocks.mine([message(imbalance, "settle", old, ZONE, CARRIER, start, [new])])
        assert imbalance.delivery_of(ZONE, CARRIER, start, old).withdrawn == 0
        assert uses.counts(new, [slice]) == [5_000]

    def test_what_the_old_one_owed_is_kept(self, uses: Uses):
        old = uses.played(10_000)
        uses.correct(old, 4_000)
        assert uses.fund.owed_by(old) == 300_000
        new = uses.replace(old)
        assert uses.fund.owed_by(new) == 300_000
        plant = uses.device()
        uses.set()
        uses.live({plant: 8_000, uses.meter(new): 8_000})
        uses.counts(new, [uses.used(plant, 8_000, new)])
        had = uses.free(new)
        [paid, *_] = uses.pay().logs
        assert paid.args[3:] == (new.lower(), new.lower(), 400_000, 300_000)
        assert (uses.free(new) - had, uses.fund.owed_by(old)) == (100_000, 0)


class TestCorrected:
    def test_is_kept_from_the_next_payments(self, uses: Uses):
        user = uses.played(60_000)
        [log] = uses.correct(user, 45_000).logs
        assert log.args[3:6] == (user.lower(), 45_000, 750_000)
        assert log.args[7] == OFFICE.lower()
        assert subsidy.owed_after(60_000 * RATE, 60_000, 45_000) == 750_000
        assert (uses.dues[user], uses.fund.owed_by(user)) == ((45_000, 2_250_000), 750_000)
        plant, giver = uses.device(), uses.person()
        meter = uses.meter(user)
        uses.set(gifts={giver: POT})
        had, gave = uses.free(user), uses.free(giver)
        uses.live({plant: 10_000, meter: 10_000})
        uses.counts(user, [uses.used(plant, 10_000, user)])
        uses.pay()
        assert (uses.dues[user], uses.fund.owed_by(user)) == ((10_000, 500_000), 250_000)
        assert (uses.free(user) - had, uses.free(giver) - gave, uses.programme.paid) == (0, POT, 0)
        uses.set(gifts={giver: POT})
        uses.live({plant: 10_000, meter: 10_000})
        uses.counts(user, [uses.used(plant, 10_000, user)])
        uses.pay()
        assert (uses.free(user) - had, uses.fund.owed_by(user), uses.programme.paid) == (250_000, 0, 250_000)

    def test_again_to_still_less(self, uses: Uses):
        user = uses.played(60_000)
        uses.correct(user, 30_000)
        uses.correct(user, 0)
        assert (uses.dues[user], uses.fund.owed_by(user)) == ((0, 0), 3_000_000)

"""Units of a tranche: who may hold them, who had how many when, and how an amount is shared among them."""

from random import Random

import pytest

from tests.assertions import FAR, check_event, pass_time, refused
from tests.node import ask, next_block_at
from wattbook import Role
from wattbook.contracts import reverts
from wattbook.contracts.structs import ShareCursor, Status, TrancheKind
from wattbook.deployment.bytecode import storage_slot
from wattbook.eip712 import sign_action, sign_permit
from wattbook.finance.waterfall import shares
from wattbook.market.shares import cumfloor

START = ShareCursor(0, 0)
NOBODY = "0x" + "00" * 20


@pytest.fixture
def investors(invest):
    return invest(3)


@pytest.fixture
def held(begin, people, investors):
    """A senior tranche: 100 units of the first investor, 50 of the second; active."""
    tranche = begin()
    for investor, units in zip(investors, (100, 50), strict=False):
        tranche.mint(investor.address, units, sender=people.module)
    tranche.activate(sender=people.module)
    pass_time(0)
    return tranche


class TestBeginning:
    def test_once(self, clone, people, alice):
        tranche = clone()
        assert tranche.issuer() == NOBODY
        receipt = tranche.begin(7, TrancheKind.MEZZ, alice.address, sender=people.module)
        expected = {"issuer": people.module.address, "pool": 7, "kind": 1, "originator": alice.address}
        check_event(receipt, "TrancheBegun", **expected)
        assert (tranche.issuer(), tranche.pool(), tranche.kind()) == (people.module.address, 7, TrancheKind.MEZZ)
        assert tranche.originator() == alice.address
        with refused(reverts.TrancheKnown, issuer=people.module.address):
            tranche.begin(8, TrancheKind.MEZZ, alice.address, sender=people.stranger)

    def test_the_original_is_nobodys(self, market, people, alice):
        with refused(reverts.TrancheKnown, issuer=market.tranche.address):
            market.tranche.begin(1, TrancheKind.SENIOR, alice.address, sender=people.module)

    @pytest.mark.parametrize("kind", TrancheKind)
    def test_names(self, begin, kind, market):
        tranche = begin(kind)
        assert (tranche.name(), tranche.symbol()) == ("Wattbook Tranche", f"WB{kind.name[0]}7")
        assert tranche.decimals() == market.power_token.decimals() == 6
        assert tranche.membership() == market.membership.address
        assert tranche.most_holders() == 10_000


class TestIssuing:
    def test_units(self, begin, people, investors):
        tranche, first = begin(), investors[0].address
        receipt = tranche.mint(first, 100, sender=people.module)
        check_event(receipt, "Transfer", **{"from": NOBODY, "to": first, "value": 100})
        assert (tranche.balance_of(first), tranche.total_supply()) == (100, 100)
        receipt = tranche.activate(sender=people.module)
        check_event(receipt, "TrancheActivated", units=100)
        assert (tranche.active_since(), tranche.issued()) == (tranche.chain.now, 100)

    def test_only_the_pool(self, begin, people, investors):
        tranche, stranger = begin(), people.stranger
        with refused(reverts.NotIssuer, caller=stranger.address):
            tranche.mint(investors[0].address, 1, sender=stranger)
        with refused(reverts.NotIssuer, caller=stranger.address):
            tranche.activate(sender=stranger)
        tranche.mint(investors[0].address, 1, sender=people.module)
        with refused(reverts.NotIssuer, caller=investors[0].address):
            tranche.burn(investors[0].address, 1, sender=investors[0])

    def test_no_more_when_active(self, held, people, investors):
        with refused(reverts.UnitsIssued):
            held.mint(investors[0].address, 1, sender=people.module)
        with refused(reverts.UnitsIssued):
            held.activate(sender=people.module)

    def test_to_active_investors(self, market, begin, people, investors, bob):
        tranche, first = begin(), investors[0].address
        with refused(reverts.MissingRole, account=bob.address, any_of=Role.INVESTOR):
            tranche.mint(bob.address, 1, sender=people.module)
        with refused(reverts.MissingRole, account=market.vault.address, any_of=Role.INVESTOR):
            tranche.mint(market.vault.address, 1, sender=people.module)
        with refused(reverts.NotMember, account=people.stranger.address):
            tranche.mint(people.stranger.address, 1, sender=people.module)
        market.membership.suspend(market.membership.standing_of(first).member, "a reason", sender=people.regulator)
        with refused(reverts.NotActive, account=first, status=Status.SUSPENDED):
            tranche.mint(first, 1, sender=people.module)

    def test_junior_to_who_had_the_plants_whatever_his_roles(self, market, begin, people, alice, bob):
        senior, junior = begin(), begin(TrancheKind.JUNIOR)
        with refused(reverts.MissingRole, account=alice.address, any_of=Role.INVESTOR):
            senior.mint(alice.address, 1, sender=people.module)
        with refused(reverts.MissingRole, account=bob.address, any_of=Role.INVESTOR):
            junior.mint(bob.address, 1, sender=people.module)
        market.membership.suspend(
            market.membership.standing_of(alice.address).member, "a reason", sender=people.regulator
        )
        junior.mint(alice.address, 5, sender=people.module)
        assert junior.balance_of(alice.address) == 5

    def test_units_are_taken_back(self, held, people, investors):
        first = investors[0].address
        receipt = held.burn(first, 40, sender=people.module)
        check_event(receipt, "Transfer", **{"from": first, "to": NOBODY, "value": 40})
        assert (held.balance_of(first), held.total_supply(), held.issued()) == (60, 110, 150)
        with refused(reverts.ERC20InsufficientBalance, sender=first, balance=60, needed=61):
            held.burn(first, 61, sender=people.module)


class TestMoving:
    def test_not_before_they_are_all_issued(self, begin, people, investors):
        tranche = begin()
        tranche.mint(investors[0].address, 100, sender=people.module)
        with refused(reverts.UnitsStand):
            tranche.transfer(investors[1].address, 1, sender=investors[0])
        with refused(reverts.UnitsStand):
            tranche.units_at(investors[0].address, tranche.chain.now - 1)
        tranche.activate(sender=people.module)
        next_block_at(tranche.active_since() + 1)
        tranche.transfer(investors[1].address, 1, sender=investors[0])
        assert tranche.balance_of(investors[1].address) == 1

    def test_not_in_that_second(self, begin, people, investors):
        tranche = begin()
        tranche.mint(investors[0].address, 100, sender=people.module)
        ask("anvil_setBlockTimestampInterval", 0)
        try:
            tranche.activate(sender=people.module)
            with refused(reverts.UnitsStand):
                tranche.transfer(investors[1].address, 1, sender=investors[0])
            with refused(reverts.NotOver, time=tranche.active_since()):
                tranche.units_at(investors[0].address, 0)
        finally:
            ask("anvil_setBlockTimestampInterval", 1)

    def test_to_active_investors(self, market, held, people, investors, bob):
        first = investors[0]
        with refused(reverts.MissingRole, account=bob.address, any_of=Role.INVESTOR):
            held.transfer(bob.address, 1, sender=first)
        with refused(reverts.NotMember, account=people.stranger.address):
            held.transfer(people.stranger.address, 1, sender=first)
        with refused(reverts.SystemAccountPulls, account=market.vault.address):
            held.transfer(market.vault.address, 1, sender=first)
        member = market.membership.standing_of(first.address).member
        market.membership.suspend(member, "a reason", sender=people.regulator)
        with refused(reverts.NotActive, account=first.address, status=Status.SUSPENDED):
            held.transfer(investors[1].address, 1, sender=first)

    def test_signed(self, held, people, investors, bob):
        first, second = investors[:2]
        auth = sign_action(held, "Transfer", first, {"to": second.address, "amount": 30}, deadline=FAR)
        held.transfer_signed(second.address, 30, auth, sender=people.relayer)
        assert (held.balance_of(first.address), held.balance_of(second.address)) == (70, 80)
        now = held.chain.now
        pass_time(0)
        assert (held.units_at(first.address, now), held.units_at(first.address, now - 1)) == (70, 100)
        auth = sign_action(held, "Transfer", first, {"to": bob.address, "amount": 1}, deadline=FAR)
        with refused(reverts.MissingRole, account=bob.address, any_of=Role.INVESTOR):
            held.transfer_signed(bob.address, 1, auth, sender=people.relayer)

    def test_a_signature_is_for_one_tranche(self, begin, held, people, investors):
        first, second = investors[:2]
        other = begin()
        other.mint(first.address, 100, sender=people.module)
        other.activate(sender=people.module)
        pass_time(0)
        auth = sign_action(held, "Transfer", first, {"to": second.address, "amount": 30}, deadline=FAR)
        with refused(reverts.InvalidSignature, signer=first.address):
            other.transfer_signed(second.address, 30, auth, sender=people.relayer)

    def test_by_permit(self, held, people, investors):
        first, second = investors[:2]
        v, r, s = sign_permit(held, first, spender=second.address, value=20, nonce=0, deadline=FAR)
        held.permit(first.address, second.address, 20, FAR, v, r, s, sender=people.relayer)
        held.transfer_from(first.address, second.address, 20, sender=second)
        assert held.balance_of(second.address) == 70

    def test_a_replaced_account_keeps_its_claims(self, market, held, people, investors, decide):
        first = investors[0].address
        decide("Membership", "decideRecovery", first, people.spare.address)
        before = held.chain.now
        receipt = held.recover_balance(first, sender=people.stranger)
        check_event(receipt, "BalanceRecovered", account=first, replacement=people.spare.address, amount=100)
        pass_time(0)
        assert (held.units_at(first, before), held.units_at(people.spare.address, before)) == (100, 0)
        after = held.chain.now - 1
        assert (held.units_at(first, after), held.units_at(people.spare.address, after)) == (0, 100)
        assert held.holder_at(2) == people.spare.address


class TestHolders:
    def test_in_the_sequence_in_which_they_came(self, held, investors):
        first, second, third = investors
        assert [held.holder_at(place) for place in range(held.holder_count())] == [first.address, second.address]
        held.transfer(third.address, 0, sender=first)
        assert (held.holder_count(), held.place_of(third.address)) == (2, 0)
        held.transfer(third.address, 100, sender=first)
        held.transfer(first.address, 100, sender=third)
        assert [held.place_of(one.address) for one in investors] == [1, 2, 3]
        assert (held.holder_count(), held.holder_at(2)) == (3, third.address)

    def test_not_too_many(self, held, people, investors, invest, decide):
        """The list of them is made as long as it can be."""
        slot = storage_slot("Tranche", "_holders")
        ask("anvil_setStorageAt", held.address, hex(slot), "0x" + (held.most_holders() - 1).to_bytes(32).hex())
        held.transfer(investors[2].address, 1, sender=investors[0])
        assert held.place_of(investors[2].address) == held.most_holders()
        with refused(reverts.TooManyHolders):
            held.transfer(invest(1)[0].address, 1, sender=investors[0])
        held.transfer(investors[1].address, 1, sender=investors[0])
        decide("Membership", "decideRecovery", investors[1].address, people.spare.address)
        held.recover_balance(investors[1].address, sender=people.stranger)
        assert held.place_of(people.spare.address) == held.most_holders() + 1


class TestSharing:
    def test_by_what_was_held_at_the_end_of_a_second(self, held, investors):
        first, second, third = (one.address for one in investors)
        record = held.chain.now
        held.transfer(third, 100, sender=investors[0])
        pass_time(0)
        assert held.shares_of(1_000, record, START, 9) == [[first, second, third], [666, 334, 0], ShareCursor(3, 150)]
        later = held.chain.now - 1
        assert held.shares_of(1_000, later, START, 9) == [[first, second, third], [0, 333, 667], ShareCursor(3, 150)]

    def test_of_before_it_was_active(self, held, investors):
        """As when it became so: a pool may be decided on long after its first period began."""
        assert held.units_at(investors[0].address, 0) == 100
        assert held.shares_of(15, 0, START, 9)[1] == [10, 5]

    def test_not_of_a_second_that_is_not_over(self, held, investors):
        now = held.chain.now + 1  # the block that would be sealed next
        with refused(reverts.NotOver, time=now):
            held.units_at(investors[0].address, now)
        with refused(reverts.NotOver, time=now):
            held.shares_of(1, now, START, 1)

    def test_units_taken_back_since_still_count(self, held, people, investors):
        record = held.chain.now
        held.burn(investors[0].address, 100, sender=people.module)
        pass_time(0)
        assert held.shares_of(1_000, record, START, 9)[1] == [666, 334]

    @pytest.mark.parametrize("seed", range(3))
    def test_random_amounts_in_random_parts(self, begin, people, invest, seed):
        """At three record dates between random transfers, against the engine."""
        random = Random(seed)
        investors = invest(24)
        tranche, units = begin(), {}
        for investor in investors[:18]:
            units[investor.address] = random.choice([1, random.randrange(1, 100), random.randrange(1, 2**80)])
            tranche.mint(investor.address, units[investor.address], sender=people.module)
        tranche.activate(sender=people.module)
        pass_time(0)
        records = []
        for _ in range(3):
            for _ in range(12):
                giver = random.choice([one for one in investors if units.get(one.address)])
                to = random.choice(investors).address
                amount = random.choice([1, random.randrange(1, units[giver.address] + 1), units[giver.address]])
                tranche.transfer(to, amount, sender=giver)
                units[giver.address] -= amount
                units[to] = units.get(to, 0) + amount
            records.append((tranche.chain.now, dict(units)))
        pass_time(0)
        for time, held in records:
            for amount in (0, 1, 2, random.randrange(10**14), 2**97):
                shared, cursor = {}, START
                while cursor.before != tranche.issued():
                    holders, parts, cursor = tranche.shares_of(amount, time, cursor, random.randrange(1, 9))
                    shared |= dict(zip(holders, parts, strict=True))
                expected = shares_of(held, amount)
                assert {one: part for one, part in shared.items() if part} == expected
                assert sum(shared.values()) == amount


def shares_of(held, amount):
    """In the engine, whose amounts have 96 bits."""
    if amount >= 2**96:
        return {one: part for one, part in zip(held, cumfloor(list(held.values()), amount), strict=True) if part}
    return {one: part for one, part in zip(held, shares(list(held.values()), amount), strict=True) if part}

"""Locking and releasing for many accounts in one call: what one refuses does not stop the others."""

import pytest

from tests.assertions import check_event, refused
from tests.modules import set_of
from wattbook import Role, pt
from wattbook.contracts import reverts
from wattbook.contracts.structs import ModuleStatus


@pytest.fixture
def pair(vault, alice, bob, deposit, module):
    """Alice and bob with 10 PT each, both having chosen the module."""
    for one in (alice, bob):
        deposit(one, pt(10))
        vault.choose_modules(set_of(vault, module), sender=one)
    return alice, bob


def move(account, amount: int) -> int:
    """An account in the low 160 bits, an amount with its sign in the 96 above."""
    return int(account.address, 16) | amount % 2**96 << 160


def free(vault, *accounts):
    return [vault.account_of(account.address).free for account in accounts]


def locked(vault, module):
    return vault.module_of(module.address).locked


class TestLockEach:
    def test_locks_of_everybody(self, vault, pair, module):
        moves = [move(pair[0], pt(1)), move(pair[1], pt(2))]
        receipt = vault.lock_each(moves, Role.CONSUMER, sender=module)
        check_event(receipt, "Adjusted", module=module.address, moves=moves)
        assert free(vault, *pair) == [pt(9), pt(8)]
        assert locked(vault, module) == pt(3)

    def test_the_same_account_twice(self, vault, pair, module):
        moves = [move(pair[0], pt(6)), move(pair[0], pt(6)), move(pair[0], pt(4))]
        receipt = vault.lock_each(moves, 0, sender=module)
        check_event(receipt, "Adjusted", module=module.address, moves=[moves[0], 0, moves[2]])
        assert free(vault, pair[0]) == [0]
        assert locked(vault, module) == pt(10)

    def test_leaves_out_who_cannot(self, vault, market, people, pair, module):
        """One short of money, one who did not choose, a stranger, one suspended: bob alone is locked of."""
        alice, bob = pair
        member = market.membership.standing_of(alice.address).member
        market.membership.suspend(member, "audit", sender=people.regulator)
        good = move(bob, pt(3))
        moves = [move(alice, pt(1)), move(bob, pt(11)), move(people.carol, 1), move(people.stranger, 1), good]
        receipt = vault.lock_each(moves, Role.CONSUMER, sender=module)
        check_event(receipt, "Adjusted", module=module.address, moves=[0, 0, 0, 0, good])
        assert free(vault, alice, bob) == [pt(10), pt(7)]
        assert locked(vault, module) == pt(3)

    def test_asks_for_the_role(self, vault, pair, module):
        receipt = vault.lock_each([move(pair[0], 1)], Role.GRID, sender=module)
        check_event(receipt, "Adjusted", module=module.address, moves=[0])

    def test_does_not_release(self, vault, pair, module):
        vault.lock(pair[0].address, pt(5), 0, sender=module)
        with refused(reverts.NotALock, account=pair[0].address, amount=-1):
            vault.lock_each([move(pair[1], 1), move(pair[0], -1)], 0, sender=module)
        assert free(vault, *pair) == [pt(5), pt(10)]

    def test_of_nothing(self, vault, pair, module):
        moves = [move(pair[0], 0), move(pair[1], 1)]
        receipt = vault.lock_each(moves, 0, sender=module)
        check_event(receipt, "Adjusted", module=module.address, moves=moves)
        assert free(vault, *pair) == [pt(10), pt(10) - 1]

    def test_is_new_business(self, vault, people, pair, module):
        vault.pause_module(module.address, sender=people.regulator)
        with refused(reverts.ModuleNotAllowed, module=module.address, status=ModuleStatus.PAUSED):
            vault.lock_each([move(pair[0], 1)], 0, sender=module)


class TestAdjustEach:
    def test_locks_and_releases(self, vault, pair, module):
        alice, bob = pair
        vault.lock(alice.address, pt(5), 0, sender=module)
        moves = [move(alice, -pt(2)), move(bob, pt(4))]
        receipt = vault.adjust_each(moves, sender=module)
        check_event(receipt, "Adjusted", module=module.address, moves=moves)
        assert free(vault, *pair) == [pt(7), pt(6)]
        assert locked(vault, module) == pt(7)

    def test_a_refused_lock_does_not_stop_a_release(self, vault, pair, module):
        alice, bob = pair
        vault.lock(alice.address, pt(5), 0, sender=module)
        moves = [move(bob, pt(11)), move(alice, -pt(5))]
        receipt = vault.adjust_each(moves, sender=module)
        check_event(receipt, "Adjusted", module=module.address, moves=[0, moves[1]])
        assert free(vault, *pair) == [pt(10), pt(10)]
        assert locked(vault, module) == 0

    def test_a_lock_that_is_refused_after_others(self, vault, pair, module):
        alice, bob = pair
        moves = [move(alice, pt(1)), move(bob, pt(11)), move(alice, pt(2)), move(bob, pt(12))]
        receipt = vault.adjust_each(moves, sender=module)
        check_event(receipt, "Adjusted", module=module.address, moves=[moves[0], 0, moves[2], 0])
        assert free(vault, *pair) == [pt(7), pt(10)]

    def test_releases_no_more_than_was_locked(self, vault, pair, module):
        alice, bob = pair
        vault.lock(alice.address, pt(5), 0, sender=module)
        with refused(reverts.InsufficientLocked, module=module.address, locked=pt(5), asked=pt(6)):
            vault.adjust_each([move(alice, -pt(3)), move(bob, -pt(3))], sender=module)
        assert free(vault, *pair) == [pt(5), pt(10)]

    def test_begun_business_goes_on_while_paused_or_suspended(self, vault, market, people, pair, module):
        alice, _ = pair
        vault.pause_module(module.address, sender=people.regulator)
        market.membership.suspend(market.membership.standing_of(alice.address).member, "audit", sender=people.regulator)
        vault.adjust_each([move(alice, pt(1))], sender=module)
        assert free(vault, alice) == [pt(9)]

    def test_a_leaving_module_only_releases(self, vault, pair, module, decide):
        alice, bob = pair
        vault.lock(alice.address, pt(5), 0, sender=module)
        decide("Vault", "retireModule", module.address)
        moves = [move(bob, 1), move(alice, -pt(5))]
        receipt = vault.adjust_each(moves, sender=module)
        check_event(receipt, "Adjusted", module=module.address, moves=[0, moves[1]])

    def test_a_release_to_a_stranger(self, vault, people, pair, module):
        vault.lock(pair[0].address, pt(5), 0, sender=module)
        with refused(reverts.NotMember, account=people.stranger.address):
            vault.adjust_each([move(people.stranger, -1)], sender=module)

    def test_by_no_module(self, vault, people, pair):
        with refused(reverts.ModuleNotAllowed, module=people.stranger.address, status=ModuleStatus.NONE):
            vault.adjust_each([move(pair[0], 1)], sender=people.stranger)


@pytest.mark.parametrize("function, roles", [("lockEach", [0]), ("adjustEach", [])])
def test_what_follows_the_moves_is_not_one(market, vault, pair, module, function, roles):
    """A caller may append what he likes to a call; the first word of it stands where a further move would."""
    alice, bob = pair
    moves = [move(alice, pt(1))]
    data = vault.raw.encode_abi(function, args=[moves, *roles]) + f"{move(bob, pt(2)):064x}"
    call = {"from": module.address, "to": vault.address, "data": data, "gas": market.chain.gas_limit}
    eth = market.chain.web3.eth
    assert eth.wait_for_transaction_receipt(eth.send_transaction(call))["status"] == 1
    assert free(vault, alice, bob) == [pt(9), pt(10)]
    assert locked(vault, module) == pt(1)

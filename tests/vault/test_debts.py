"""Money that modules hand to one another, and what an account should have paid and did not."""

import pytest

from tests.assertions import FAR, check_event, pass_time, refused
from tests.modules import set_of
from tests.vault.test_many import free, locked, move
from wattbook import pt
from wattbook.contracts import reverts
from wattbook.contracts.structs import ModuleStatus, Purse
from wattbook.eip712 import sign_action


@pytest.fixture
def other(people, decide, module):
    decide("Vault", "enterModule", people.other_module.address)
    return people.other_module


@pytest.fixture
def owing(vault, rich, bob, module):
    """Alice, who owes bob 7 PT."""
    vault.record_debt(rich.address, bob.address, pt(7), sender=module)
    return rich


class TestPassOn:
    def test_the_other_module_holds_it(self, vault, rich, module, other):
        vault.lock(rich.address, pt(6), 0, sender=module)
        receipt = vault.pass_on(other.address, pt(4), sender=module)
        check_event(receipt, "PassedOn", module=module.address, to=other.address, amount=pt(4))
        assert (locked(vault, module), locked(vault, other)) == (pt(2), pt(4))
        vault.release(rich.address, pt(4), sender=other)
        assert free(vault, rich) == [pt(8)]

    def test_more_than_is_held(self, vault, rich, module, other):
        vault.lock(rich.address, pt(6), 0, sender=module)
        with refused(reverts.InsufficientLocked, module=module.address, locked=pt(6), asked=pt(6) + 1):
            vault.pass_on(other.address, pt(6) + 1, sender=module)

    def test_to_what_is_no_module(self, vault, people, rich, module):
        vault.lock(rich.address, pt(6), 0, sender=module)
        with refused(reverts.ModuleNotAllowed, module=people.bob.address, status=ModuleStatus.NONE):
            vault.pass_on(people.bob.address, 1, sender=module)

    def test_to_itself_changes_nothing(self, vault, rich, module):
        vault.lock(rich.address, pt(6), 0, sender=module)
        vault.pass_on(module.address, pt(6), sender=module)
        assert locked(vault, module) == pt(6)

    @pytest.mark.parametrize("which", ["from", "to"])
    def test_of_a_module_that_leaves(self, vault, rich, module, other, decide, which):
        """What it holds must be able to go where it belongs, and so must what comes to it late."""
        vault.lock(rich.address, pt(6), 0, sender=module)
        decide("Vault", "retireModule", (module if which == "from" else other).address)
        vault.pass_on(other.address, pt(6), sender=module)
        assert (locked(vault, module), locked(vault, other)) == (0, pt(6))

    def test_by_a_stranger(self, vault, people, module):
        with refused(reverts.ModuleNotAllowed, module=people.stranger.address, status=ModuleStatus.NONE):
            vault.pass_on(module.address, 0, sender=people.stranger)


class TestRecorded:
    def test_is_said_and_known(self, vault, rich, bob, module):
        receipt = vault.record_debt(rich.address, bob.address, pt(7), sender=module)
        check_event(
            receipt, "DebtRecorded", module=module.address, debtor=rich.address, creditor=bob.address, amount=pt(7)
        )
        assert (vault.debt_of(rich.address), vault.debt_to(rich.address, bob.address)) == (pt(7), pt(7))
        assert vault.account_of(rich.address).in_default
        assert not vault.account_of(bob.address).in_default

    def test_several_add_up(self, vault, people, owing, bob, module):
        vault.record_debt(owing.address, bob.address, pt(1), sender=module)
        vault.record_debt(owing.address, people.operator.address, pt(2), sender=module)
        assert vault.debt_to(owing.address, bob.address) == pt(8)
        assert vault.debt_to(owing.address, people.operator.address) == pt(2)
        assert vault.debt_of(owing.address) == pt(10)

    def test_since_when_is_known(self, market, vault, rich, bob, module):
        """Since something was owed first, until all is paid."""

        def since():
            return vault.debt_since(rich.address, bob.address)

        assert since() == 0
        vault.record_debt(rich.address, bob.address, 1, sender=module)
        first = market.chain.now
        pass_time(100)
        vault.record_debt(rich.address, bob.address, 1, sender=module)
        vault.pay_debt(rich.address, bob.address, 1, sender=rich)
        assert since() == first
        vault.pay_debt(rich.address, bob.address, 1, sender=rich)
        assert since() == 0
        vault.record_debt(rich.address, bob.address, 5, sender=module)
        assert since() == market.chain.now > first + 100

    def test_ends_new_business(self, vault, owing, module):
        with refused(reverts.InDefault, account=owing.address, debt=pt(7)):
            vault.lock(owing.address, 1, 0, sender=module)
        receipt = vault.lock_each([move(owing, 1)], 0, sender=module)
        check_event(receipt, "Adjusted", module=module.address, moves=[0])

    def test_does_not_end_what_was_begun(self, vault, owing, module):
        vault.lock_more(owing.address, pt(1), sender=module)
        vault.adjust_each([move(owing, pt(1))], sender=module)
        vault.release(owing.address, pt(2), sender=module)
        vault.withdraw(pt(10), sender=owing)

    def test_choosing_modules_does_not_help(self, vault, owing, module):
        vault.choose_modules(0, sender=owing)
        vault.choose_modules(set_of(vault, module), sender=owing)
        with refused(reverts.InDefault, account=owing.address, debt=pt(7)):
            vault.lock(owing.address, 1, 0, sender=module)

    def test_of_nothing(self, vault, rich, bob, module):
        with refused(reverts.ZeroAmount):
            vault.record_debt(rich.address, bob.address, 0, sender=module)

    def test_of_or_to_a_stranger(self, vault, people, rich, module):
        stranger = people.stranger.address
        for pair in ((stranger, rich.address), (rich.address, stranger)):
            with refused(reverts.NotMember, account=stranger):
                vault.record_debt(*pair, 1, sender=module)

    def test_by_a_stranger(self, vault, people, rich, bob):
        with refused(reverts.ModuleNotAllowed, module=people.stranger.address, status=ModuleStatus.NONE):
            vault.record_debt(rich.address, bob.address, 1, sender=people.stranger)


class TestPaid:
    def test_in_parts(self, vault, owing, bob, module):
        receipt = vault.pay_debt(owing.address, bob.address, pt(3), sender=owing)
        check_event(receipt, "DebtPaid", debtor=owing.address, creditor=bob.address, amount=pt(3))
        assert free(vault, owing, bob) == [pt(7), pt(3)]
        assert vault.account_of(owing.address).in_default
        vault.pay_debt(owing.address, bob.address, pt(4), sender=owing)
        assert not vault.account_of(owing.address).in_default
        assert (vault.debt_of(owing.address), vault.debt_to(owing.address, bob.address)) == (0, 0)
        vault.lock(owing.address, pt(3), 0, sender=module)

    def test_signed(self, vault, people, owing, bob):
        values = {"debtor": owing.address, "creditor": bob.address, "amount": pt(3)}
        auth = sign_action(vault, "PayDebt", owing, values, nonce=5, deadline=FAR)
        receipt = vault.pay_debt_signed(owing.address, bob.address, pt(3), auth, sender=people.stranger)
        check_event(receipt, "DebtPaid", debtor=owing.address, creditor=bob.address, amount=pt(3))
        assert free(vault, owing, bob) == [pt(7), pt(3)]

    def test_signed_by_another(self, vault, people, owing, bob):
        values = {"debtor": owing.address, "creditor": bob.address, "amount": pt(3)}
        auth = sign_action(vault, "PayDebt", people.stranger, values, nonce=5, deadline=FAR)
        with refused(reverts.InvalidSignature, signer=owing.address):
            vault.pay_debt_signed(
                owing.address, bob.address, pt(3), auth._replace(signer=owing.address), sender=people.stranger
            )

    @pytest.mark.parametrize("who", ["bob", "stranger", "module"])
    def test_by_nobody_else(self, vault, people, owing, bob, module, who):
        """Neither by whom it is owed to, nor by the module that recorded it, which the debtor may never have chosen."""
        caller = {"bob": bob, "stranger": people.stranger, "module": module}[who]
        with refused(reverts.NotDebtor, debtor=owing.address, caller=caller.address):
            vault.pay_debt(owing.address, bob.address, pt(7), sender=caller)
        assert free(vault, owing, bob) == [pt(10), 0]

    def test_one_of_two_creditors(self, vault, people, owing, bob, module):
        vault.record_debt(owing.address, people.operator.address, pt(1), sender=module)
        vault.pay_debt(owing.address, bob.address, pt(7), sender=owing)
        with refused(reverts.InDefault, account=owing.address, debt=pt(1)):
            vault.lock(owing.address, 1, 0, sender=module)

    def test_more_than_there_is(self, vault, owing, bob):
        with refused(reverts.DebtTooSmall, debtor=owing.address, creditor=bob.address, debt=pt(7)):
            vault.pay_debt(owing.address, bob.address, pt(7) + 1, sender=owing)
        with refused(reverts.DebtTooSmall, debtor=bob.address, creditor=owing.address, debt=0):
            vault.pay_debt(bob.address, owing.address, 1, sender=bob)

    def test_nothing(self, vault, owing, bob):
        with refused(reverts.ZeroAmount):
            vault.pay_debt(owing.address, bob.address, 0, sender=owing)

    def test_more_than_is_free(self, vault, owing, bob):
        vault.withdraw(pt(4), sender=owing)
        with refused(reverts.InsufficientFree, account=owing.address, free=pt(6), asked=pt(7)):
            vault.pay_debt(owing.address, bob.address, pt(7), sender=owing)

    def test_to_a_purse(self, vault, rich, module):
        fund = vault.purse_account(Purse.COMMON_FUND)
        vault.record_debt(rich.address, fund, pt(1), sender=module)
        vault.pay_debt(rich.address, fund, pt(1), sender=rich)
        assert vault.account_of(fund).free == pt(1)


class TestRepaid:
    """A module pays it out of what the debtor would get."""

    @pytest.fixture
    def due(self, vault, rich, bob, module):
        """Alice, of whose money the module holds 6 PT, and who owes bob 4."""
        vault.lock(rich.address, pt(6), 0, sender=module)
        vault.record_debt(rich.address, bob.address, pt(4), sender=module)
        return rich

    def test_as_far_as_there_is_a_debt(self, vault, due, bob, module):
        receipt = vault.repay(due.address, bob.address, pt(6), sender=module)
        names = {"module": module.address, "debtor": due.address, "creditor": bob.address}
        check_event(receipt, "DebtRepaid", **names, amount=pt(4))
        assert (locked(vault, module), free(vault, due, bob)) == (pt(2), [pt(4), pt(4)])
        assert (vault.debt_of(due.address), vault.debt_to(due.address, bob.address)) == (0, 0)
        assert not vault.account_of(due.address).in_default

    def test_as_far_as_the_debtor_is_due_something(self, vault, due, bob, module):
        vault.repay(due.address, bob.address, pt(1), sender=module)
        assert (locked(vault, module), free(vault, due, bob)) == (pt(5), [pt(4), pt(1)])
        assert (vault.debt_of(due.address), vault.debt_to(due.address, bob.address)) == (pt(3), pt(3))
        assert vault.account_of(due.address).in_default

    def test_no_debt(self, vault, due, people, module):
        """Nor one to somebody else."""
        receipt = vault.repay(due.address, people.operator.address, pt(6), sender=module)
        assert receipt.events == ()
        assert (locked(vault, module), vault.debt_of(due.address)) == (pt(6), pt(4))

    def test_more_than_is_held(self, vault, owing, bob, module):
        with refused(reverts.InsufficientLocked, module=module.address, locked=0, asked=1):
            vault.repay(owing.address, bob.address, 1, sender=module)

    def test_by_a_stranger(self, vault, people, owing, bob):
        with refused(reverts.ModuleNotAllowed, module=people.stranger.address, status=ModuleStatus.NONE):
            vault.repay(owing.address, bob.address, 1, sender=people.stranger)

    def test_of_a_replaced_account(self, vault, people, due, bob, decide, module):
        decide("Membership", "decideRecovery", due.address, people.spare.address)
        vault.repay(due.address, bob.address, pt(6), sender=module)
        assert (vault.debt_of(people.spare.address), vault.account_of(people.spare.address).in_default) == (0, False)


class TestReplaced:
    """Alice's key is lost; spare takes its place, and what she owes."""

    @pytest.fixture
    def replaced(self, people, owing, decide):
        decide("Membership", "decideRecovery", owing.address, people.spare.address)
        return people.spare

    def test_takes_the_debt_over(self, vault, owing, replaced, bob, module):
        assert (vault.debt_of(owing.address), vault.debt_of(replaced.address)) == (0, pt(7))
        assert [vault.account_of(one.address).in_default for one in (owing, replaced)] == [False, True]
        vault.choose_modules(set_of(vault, module), sender=replaced)
        with refused(reverts.InDefault, account=replaced.address, debt=pt(7)):
            vault.lock(replaced.address, 1, 0, sender=module)

    def test_pays_under_either_name(self, vault, owing, replaced, bob, module):
        """What was recorded under the old name stays there; a new record stands under the name that is said."""
        vault.record_debt(replaced.address, bob.address, pt(1), sender=module)
        vault.record_debt(owing.address, bob.address, pt(1), sender=module)
        assert vault.debt_of(replaced.address) == pt(9)
        with refused(reverts.NotDebtor, debtor=owing.address, caller=owing.address):
            vault.pay_debt(owing.address, bob.address, pt(8), sender=owing)
        vault.pay_debt(owing.address, bob.address, pt(8), sender=replaced)
        assert vault.account_of(replaced.address).in_default
        vault.pay_debt(replaced.address, bob.address, pt(1), sender=replaced)
        assert not vault.account_of(replaced.address).in_default
        assert free(vault, replaced, bob) == [pt(1), pt(9)]

    def test_pays_under_the_old_name_with_a_signature(self, vault, people, owing, replaced, bob):
        values = {"debtor": owing.address, "creditor": bob.address, "amount": pt(7)}
        auth = sign_action(vault, "PayDebt", replaced, values, nonce=5, deadline=FAR)
        vault.pay_debt_signed(owing.address, bob.address, pt(7), auth, sender=people.stranger)
        assert (vault.debt_to(owing.address, bob.address), vault.debt_of(replaced.address)) == (0, 0)
        assert free(vault, replaced, bob) == [pt(3), pt(7)]

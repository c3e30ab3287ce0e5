"""Who may stop and change the Vault, and what it says of that."""

import pytest

from tests.assertions import check_event, refused
from tests.modules import set_of
from wattbook import Role, pt
from wattbook.contracts import reverts
from wattbook.contracts.structs import Module, ModuleStatus, Purse

MAY_PAUSE = Role.REGULATOR | Role.OPERATOR


class TestPausing:
    def test_by_a_member_of_another_role(self, vault, rich, module):
        with refused(reverts.MissingRole, account=rich.address, any_of=MAY_PAUSE):
            vault.pause(sender=rich)
        with refused(reverts.MissingRole, account=rich.address, any_of=MAY_PAUSE):
            vault.pause_module(module.address, sender=rich)

    def test_by_nobody(self, vault, people, module):
        with refused(reverts.NotMember, account=people.stranger.address):
            vault.pause(sender=people.stranger)
        with refused(reverts.NotMember, account=people.stranger.address):
            vault.pause_module(module.address, sender=people.stranger)

    def test_by_decision(self, vault, module, decide):
        """The authority is no member, and need not be one."""
        decide("Vault", "pauseModule", module.address)
        assert vault.module_of(module.address).status == ModuleStatus.PAUSED
        decide("Vault", "pause")
        assert vault.deposits_paused()


class TestDecided:
    def test_by_nobody_else(self, vault, people, module):
        for function in (
            lambda: vault.set_purse(Purse.POOL, people.operator.address, 0, sender=people.administrator),
            lambda: vault.enter_module(people.other_module.address, sender=people.administrator),
            lambda: vault.retire_module(module.address, sender=people.administrator),
        ):
            with refused(reverts.NotAuthority, caller=people.administrator.address):
                function()

    def test_a_purse_says_who_keeps_it(self, vault, people, decide):
        decide("Vault", "setPurse", int(Purse.POOL), people.bob.address, 0)
        [said] = vault.raw.events.PurseKeeperSet().get_logs(from_block="latest")
        assert dict(said["args"]) == {"purse": Purse.POOL, "keeper": people.bob.address}
        assert vault.purse_keeper(Purse.POOL) == people.bob.address

    def test_what_is_paused_can_leave(self, vault, people, rich, module, decide):
        vault.lock(rich.address, pt(6), 0, sender=module)
        vault.pause_module(module.address, sender=people.operator)
        decide("Vault", "retireModule", module.address)
        [said] = vault.raw.events.ModuleLeaving().get_logs(from_block="latest")
        assert dict(said["args"]) == {"module": module.address}
        bit = vault.modules().index(module.address)
        assert vault.module_of(module.address) == Module(pt(6), bit, ModuleStatus.LEAVING)
        with refused(reverts.ModuleNotAllowed, module=module.address, status=ModuleStatus.LEAVING):
            vault.lock(rich.address, 1, 0, sender=module)


class TestRepaying:
    def test_by_what_is_no_module(self, vault, people, rich, bob):
        with refused(reverts.ModuleNotAllowed, module=people.stranger.address, status=ModuleStatus.NONE):
            vault.repay(rich.address, bob.address, 0, sender=people.stranger)

    @pytest.mark.parametrize("most", [1, 2])
    def test_the_smallest_debt(self, vault, rich, bob, module, most):
        vault.lock(rich.address, 5, 0, sender=module)
        vault.record_debt(rich.address, bob.address, 1, sender=module)
        receipt = vault.repay(rich.address, bob.address, most, sender=module)
        check_event(receipt, "DebtRepaid", module=module.address, debtor=rich.address, creditor=bob.address, amount=1)
        assert (vault.debt_of(rich.address), vault.account_of(bob.address).free) == (0, 1)
        assert vault.module_of(module.address).locked == 4

    def test_no_debt_says_nothing(self, vault, rich, bob, module):
        vault.lock(rich.address, 5, 0, sender=module)
        repay = vault.function("repay", rich.address, bob.address, 5)
        assert vault.chain.call(repay, module.address) == 0
        assert vault.repay(rich.address, bob.address, 5, sender=module).events == ()
        assert vault.module_of(module.address).locked == 5


class TestSyncing:
    def test_a_replaced_account_once_more(self, vault, people, rich, market, decide, module):
        """What comes to it meanwhile stays where it is, and nothing is said twice."""
        decide("Membership", "decideRecovery", rich.address, people.spare.address)
        assert vault.account_of(people.spare.address).free == pt(10)
        vault.choose_modules(set_of(vault, module), sender=people.spare)
        before = vault.account_of(people.spare.address)
        assert vault.sync(rich.address, sender=people.stranger).events == ()
        assert vault.account_of(people.spare.address) == before
        assert vault.account_of(rich.address).free == 0

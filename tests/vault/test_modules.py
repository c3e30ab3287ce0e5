"""What modules do with locked money, what they cannot do, and how they come and go."""

import pytest
from web3 import Web3

from tests.assertions import check_event, pass_time, refused
from tests.modules import next_bit, set_of
from wattbook import Role, pt
from wattbook.contracts import reverts
from wattbook.contracts.structs import Module, ModuleStatus, Purse, Status


@pytest.fixture
def holding(vault, rich, module):
    """The module, having locked 6 PT of alice's."""
    vault.lock(rich.address, pt(6), Role.CONSUMER, sender=module)
    return module


class TestLock:
    def test_takes_from_the_free_balance(self, vault, rich, module):
        receipt = vault.lock(rich.address, pt(6), Role.CONSUMER, sender=module)
        check_event(receipt, "Locked", module=module.address, account=rich.address, amount=pt(6))
        assert vault.account_of(rich.address).free == pt(4)
        assert vault.module_of(module.address) == Module(pt(6), next_bit(vault) - 1, ModuleStatus.OPEN)

    def test_more_than_is_free(self, vault, rich, module):
        with refused(reverts.InsufficientFree, account=rich.address, free=pt(10), asked=pt(11)):
            vault.lock(rich.address, pt(11), 0, sender=module)

    def test_of_one_who_did_not_choose_the_module(self, vault, bob, deposit, module):
        deposit(bob, pt(1))
        with refused(reverts.ModuleNotChosen, account=bob.address, module=module.address):
            vault.lock(bob.address, 1, 0, sender=module)

    def test_of_one_who_chose_another_module(self, vault, people, rich, decide):
        decide("Vault", "enterModule", people.other_module.address)
        with refused(reverts.ModuleNotChosen, account=rich.address, module=people.other_module.address):
            vault.lock(rich.address, 1, 0, sender=people.other_module)

    def test_of_one_who_changed_his_mind(self, vault, rich, holding):
        vault.choose_modules(0, sender=rich)
        with refused(reverts.ModuleNotChosen, account=rich.address, module=holding.address):
            vault.lock_more(rich.address, 1, sender=holding)
        vault.release(rich.address, pt(6), sender=holding)
        assert vault.account_of(rich.address).free == pt(10)

    def test_without_the_role(self, vault, rich, module):
        with refused(reverts.MissingRole, account=rich.address, any_of=Role.STORAGE):
            vault.lock(rich.address, 1, Role.STORAGE, sender=module)

    def test_of_a_suspended_member(self, market, vault, people, rich, module):
        member = market.membership.standing_of(rich.address).member
        market.membership.suspend(member, "audit", sender=people.regulator)
        with refused(reverts.NotActive, account=rich.address, status=Status.SUSPENDED):
            vault.lock(rich.address, 1, 0, sender=module)

    def test_of_a_lapsed_member(self, market, vault, people, admit, deposit, module):
        until = market.chain.now + 100
        admit(people.bob, certified_until=until)
        deposit(people.bob, pt(1))
        vault.choose_modules(set_of(vault, module), sender=people.bob)
        pass_time(100)
        with refused(reverts.CertificationExpired, account=people.bob.address, certified_until=until):
            vault.lock(people.bob.address, 1, 0, sender=module)
        vault.lock_more(people.bob.address, 1, sender=module)

    def test_of_a_stranger(self, vault, people, module):
        with refused(reverts.NotMember, account=people.stranger.address):
            vault.lock(people.stranger.address, 1, 0, sender=module)

    def test_by_what_is_no_module(self, vault, people, rich):
        for function in (
            lambda: vault.lock(rich.address, 1, 0, sender=people.stranger),
            lambda: vault.lock_more(rich.address, 1, sender=people.stranger),
            lambda: vault.release(rich.address, 1, sender=people.stranger),
            lambda: vault.pay(rich.address, rich.address, 1, sender=people.stranger),
        ):
            with refused(
                reverts.ModuleNotAllowed,
                module=people.stranger.address,
                status=ModuleStatus.NONE,
            ):
                function()

    def test_of_a_purse(self, vault, rich, module, decide, people):
        pool = vault.purse_account(Purse.POOL)
        vault.lock(rich.address, pt(5), 0, sender=module)
        vault.pay(rich.address, pool, pt(5), sender=module)
        with refused(reverts.ModuleNotChosen, account=pool, module=module.address):
            vault.lock(pool, pt(2), 0, sender=module)
        decide("Vault", "setPurse", int(Purse.POOL), people.operator.address, set_of(vault, module))
        vault.lock(pool, pt(2), 0, sender=module)
        assert vault.account_of(pool).free == pt(3)
        with refused(reverts.MissingRole, account=pool, any_of=Role.GRID):
            vault.lock(pool, 1, Role.GRID, sender=module)


class TestLockMore:
    """Business that began before: a suspension must not burn anybody's bond."""

    def test_of_a_suspended_member(self, market, vault, people, rich, holding):
        member = market.membership.standing_of(rich.address).member
        market.membership.suspend(member, "audit", sender=people.regulator)
        receipt = vault.lock_more(rich.address, pt(1), sender=holding)
        check_event(receipt, "Locked", module=holding.address, account=rich.address, amount=pt(1))
        assert vault.module_of(holding.address).locked == pt(7)

    def test_while_paused(self, vault, people, rich, holding):
        vault.pause_module(holding.address, sender=people.operator)
        vault.lock_more(rich.address, pt(1), sender=holding)
        assert vault.module_of(holding.address).locked == pt(7)

    def test_more_than_is_free(self, vault, rich, holding):
        with refused(reverts.InsufficientFree, account=rich.address, free=pt(4), asked=pt(5)):
            vault.lock_more(rich.address, pt(5), sender=holding)


class TestReleaseAndPay:
    def test_release(self, vault, rich, holding):
        receipt = vault.release(rich.address, pt(2), sender=holding)
        check_event(receipt, "Released", module=holding.address, account=rich.address, amount=pt(2))
        assert vault.account_of(rich.address).free == pt(6)
        assert vault.module_of(holding.address).locked == pt(4)

    def test_pay(self, vault, rich, bob, holding):
        receipt = vault.pay(rich.address, bob.address, pt(2), sender=holding)
        check_event(
            receipt,
            "Paid",
            module=holding.address,
            **{"from": rich.address},
            to=bob.address,
            amount=pt(2),
        )
        assert vault.account_of(bob.address).free == pt(2)
        assert vault.account_of(rich.address).free == pt(4)
        assert vault.module_of(holding.address).locked == pt(4)

    def test_more_than_was_locked(self, vault, rich, bob, holding):
        over = {"module": holding.address, "locked": pt(6), "asked": pt(6) + 1}
        with refused(reverts.InsufficientLocked, **over):
            vault.release(rich.address, pt(6) + 1, sender=holding)
        with refused(reverts.InsufficientLocked, **over):
            vault.pay(rich.address, bob.address, pt(6) + 1, sender=holding)

    def test_what_another_module_locked(self, vault, people, rich, holding, decide):
        decide("Vault", "enterModule", people.other_module.address)
        with refused(
            reverts.InsufficientLocked,
            module=people.other_module.address,
            locked=0,
            asked=1,
        ):
            vault.release(rich.address, 1, sender=people.other_module)

    def test_to_a_stranger(self, vault, people, rich, holding):
        with refused(reverts.NotMember, account=people.stranger.address):
            vault.pay(rich.address, people.stranger.address, 1, sender=holding)

    @pytest.mark.parametrize("step", ["suspend", "expel"])
    def test_whatever_became_of_the_payee(self, market, vault, people, rich, bob, holding, step):
        member = market.membership.standing_of(bob.address).member
        getattr(market.membership, step)(member, "why", sender=people.regulator)
        vault.pay(rich.address, bob.address, pt(2), sender=holding)
        assert vault.account_of(bob.address).free == pt(2)


class TestPause:
    def test_stops_new_business_and_deposits(self, vault, people, rich, holding):
        receipt = vault.pause(sender=people.operator)
        check_event(receipt, "DepositsPaused", by=people.operator.address)
        paused = [event.args for event in receipt.events if event.name == "ModulePaused"]
        assert paused == [{"module": each, "by": people.operator.address} for each in vault.modules()]
        assert holding.address in vault.modules()
        assert vault.deposits_paused()
        with refused(reverts.ModuleNotAllowed, module=holding.address, status=ModuleStatus.PAUSED):
            vault.lock(rich.address, 1, 0, sender=holding)
        with refused(reverts.DepositsArePaused):
            vault.deposit(1, sender=rich)

    def test_never_stops_settlement(self, vault, people, rich, bob, holding):
        vault.pause(sender=people.regulator)
        vault.release(rich.address, pt(1), sender=holding)
        vault.pay(rich.address, bob.address, pt(2), sender=holding)
        assert vault.module_of(holding.address).locked == pt(3)

    def test_resumes_by_decision_only(self, vault, people, rich, holding, decide):
        vault.pause(sender=people.regulator)
        for officer in (people.regulator, people.operator, people.administrator):
            with refused(reverts.NotAuthority, caller=officer.address):
                vault.resume_deposits(sender=officer)
            with refused(reverts.NotAuthority, caller=officer.address):
                vault.resume_module(holding.address, sender=officer)
        decide("Vault", "resumeDeposits")
        assert not vault.deposits_paused()
        with refused(reverts.ModuleNotAllowed, module=holding.address, status=ModuleStatus.PAUSED):
            vault.lock(rich.address, 1, 0, sender=holding)
        decide("Vault", "resumeModule", holding.address)
        vault.lock(rich.address, 1, 0, sender=holding)

    def test_resuming_says_so(self, market, vault, people, module, decide):
        vault.pause(sender=people.regulator)
        decide("Vault", "resumeDeposits")
        decide("Vault", "resumeModule", module.address)
        events = vault.raw.events
        assert len(events.DepositsResumed().get_logs(from_block=0)) == 1
        resumed = events.ModuleResumed().get_logs(from_block=0)
        assert [log["args"]["module"] for log in resumed] == [module.address]

    def test_of_one_module(self, vault, people, rich, module, decide):
        decide("Vault", "enterModule", people.other_module.address)
        vault.choose_modules(set_of(vault, module, people.other_module), sender=rich)
        receipt = vault.pause_module(module.address, sender=people.regulator)
        check_event(receipt, "ModulePaused", module=module.address, by=people.regulator.address)
        with refused(reverts.ModuleNotAllowed, module=module.address, status=ModuleStatus.PAUSED):
            vault.lock(rich.address, 1, 0, sender=module)
        vault.lock(rich.address, 1, 0, sender=people.other_module)
        decide("Vault", "resumeModule", module.address)
        vault.lock(rich.address, 1, 0, sender=module)

    def test_of_what_is_not_open(self, vault, people, module):
        vault.pause_module(module.address, sender=people.regulator)
        with refused(reverts.ModuleNotAllowed, module=module.address, status=ModuleStatus.PAUSED):
            vault.pause_module(module.address, sender=people.regulator)

    def test_resuming_what_is_not_paused(self, as_authority, module):
        with refused(reverts.ModuleNotAllowed, module=module.address, status=ModuleStatus.OPEN):
            as_authority("Vault", "resumeModule", module.address)


class TestComingAndGoing:
    def test_entering(self, market, vault, people, decide):
        founding = vault.modules()
        new = [people.module.address, people.other_module.address]
        for module in new:
            decide("Vault", "enterModule", module)
        assert vault.modules() == [*founding, *new]
        assert vault.module_of(new[1]) == Module(0, len(founding) + 1, ModuleStatus.OPEN)
        entered = vault.raw.events.ModuleEntered().get_logs(from_block=0)
        assert [dict(log["args"]) for log in entered] == [
            {"module": module, "bit": bit} for bit, module in enumerate([*founding, *new])
        ]

    def test_entering_twice(self, as_authority, module):
        with refused(reverts.ModuleKnown, module=module.address):
            as_authority("Vault", "enterModule", module.address)

    def test_entering_zero(self, as_authority):
        with refused(reverts.ZeroAddress):
            as_authority("Vault", "enterModule", "0x" + "00" * 20)

    def test_there_is_an_end(self, market, vault, people, as_authority):
        """All in one batch of the authority, as each alone would take its delay."""
        assert vault.max_modules() == 40, "an account has as many bits for them"
        founding = vault.modules()
        most = vault.max_modules() - len(founding)
        addresses = [Web3.to_checksum_address(f"0x{i:040x}") for i in range(1, most + 1)]
        payloads = [bytes.fromhex(vault.raw.encode_abi("enterModule", args=[address])[2:]) for address in addresses]
        targets, values = [vault.address] * most, [0] * most
        rest = (bytes(32), b"\1" * 32)
        delay = market.authority.get_min_delay()
        market.authority.schedule_batch(targets, values, payloads, *rest, delay, sender=people.administrator)
        pass_time(delay)
        market.authority.execute_batch(targets, values, payloads, *rest, sender=people.stranger)
        assert vault.modules() == [*founding, *addresses]
        with refused(reverts.TooManyModules):
            as_authority("Vault", "enterModule", people.module.address)

    def test_leaving_a_module_pays_out_and_never_locks(self, vault, people, rich, bob, holding, decide):
        decide("Vault", "retireModule", holding.address)
        leaving = {"module": holding.address, "status": ModuleStatus.LEAVING}
        with refused(reverts.ModuleNotAllowed, **leaving):
            vault.lock(rich.address, 1, 0, sender=holding)
        with refused(reverts.ModuleNotAllowed, **leaving):
            vault.lock_more(rich.address, 1, sender=holding)
        vault.release(rich.address, pt(4), sender=holding)
        vault.pay(rich.address, bob.address, pt(2), sender=holding)
        assert vault.module_of(holding.address).locked == 0

    def test_a_module_that_left_does_not_come_back(self, module, decide, as_authority):
        decide("Vault", "retireModule", module.address)
        leaving = {"module": module.address, "status": ModuleStatus.LEAVING}
        for function in ("resumeModule", "retireModule"):
            with refused(reverts.ModuleNotAllowed, **leaving):
                as_authority("Vault", function, module.address)
        with refused(reverts.ModuleKnown, module=module.address):
            as_authority("Vault", "enterModule", module.address)


class TestPurses:
    @pytest.fixture
    def funded(self, vault, rich, holding):
        """The platform's purse with 6 PT."""
        platform = vault.purse_account(Purse.PLATFORM)
        vault.pay(rich.address, platform, pt(6), sender=holding)
        return platform

    def test_the_keeper_spends(self, vault, people, funded, bob):
        receipt = vault.spend(Purse.PLATFORM, bob.address, pt(2), b"\1" * 32, sender=people.operator)
        check_event(
            receipt,
            "Spent",
            purse=Purse.PLATFORM,
            to=bob.address,
            amount=pt(2),
            spendReference=b"\1" * 32,
        )
        assert vault.account_of(bob.address).free == pt(2)
        assert vault.account_of(funded).free == pt(4)

    def test_another_keeper_does_not(self, vault, people, funded, bob):
        with refused(reverts.NotPurseKeeper, purse=Purse.PLATFORM, caller=people.grid.address):
            vault.spend(Purse.PLATFORM, bob.address, 1, bytes(32), sender=people.grid)

    def test_more_than_there_is(self, vault, people, funded, bob):
        with refused(reverts.InsufficientFree, account=funded, free=pt(6), asked=pt(7)):
            vault.spend(Purse.PLATFORM, bob.address, pt(7), bytes(32), sender=people.operator)

    def test_nothing(self, vault, people, funded, bob):
        with refused(reverts.ZeroAmount):
            vault.spend(Purse.PLATFORM, bob.address, 0, bytes(32), sender=people.operator)

    def test_to_a_stranger(self, vault, people, funded):
        with refused(reverts.NotMember, account=people.stranger.address):
            vault.spend(
                Purse.PLATFORM,
                people.stranger.address,
                1,
                bytes(32),
                sender=people.operator,
            )

    def test_a_suspended_keeper_does_not(self, market, vault, people, funded, bob):
        member = market.membership.standing_of(people.operator.address).member
        market.membership.suspend(member, "key stolen", sender=people.regulator)
        with refused(reverts.NotActive, account=people.operator.address, status=Status.SUSPENDED):
            vault.spend(Purse.PLATFORM, bob.address, 1, bytes(32), sender=people.operator)

    def test_the_common_fund_is_spent_by_decision(self, vault, rich, bob, holding, decide):
        fund = vault.purse_account(Purse.COMMON_FUND)
        vault.pay(rich.address, fund, pt(6), sender=holding)
        decide("Vault", "spend", int(Purse.COMMON_FUND), bob.address, pt(1), bytes(32))
        assert vault.account_of(bob.address).free == pt(1)

    def test_the_keeper_is_changed_by_decision(self, vault, people, funded, holding, bob, admit, decide):
        admit(people.carol)
        decide("Vault", "setPurse", int(Purse.PLATFORM), people.carol.address, set_of(vault, holding))
        assert vault.purse_keeper(Purse.PLATFORM) == people.carol.address
        assert vault.account_of(funded).modules == set_of(vault, holding)
        with refused(reverts.NotPurseKeeper, purse=Purse.PLATFORM, caller=people.operator.address):
            vault.spend(Purse.PLATFORM, bob.address, 1, bytes(32), sender=people.operator)
        vault.spend(Purse.PLATFORM, bob.address, 1, bytes(32), sender=people.carol)

    def test_modules_that_do_not_exist(self, vault, as_authority, people, module):
        unknown = 1 << next_bit(vault)
        with refused(reverts.UnknownModules, modules=unknown):
            as_authority("Vault", "setPurse", int(Purse.PLATFORM), people.operator.address, unknown)

    def test_each_purse_has_an_account_of_its_own(self, vault):
        accounts = {vault.purse_account(purse) for purse in Purse}
        assert len(accounts) == len(Purse)

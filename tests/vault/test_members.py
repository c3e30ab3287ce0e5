"""What a member does with the Vault: deposit, withdraw, choose modules."""

import pytest

from tests.assertions import FAR, check_event, pass_time, refused
from tests.further import joining
from tests.modules import next_bit, set_of
from wattbook import Role, pt
from wattbook.contracts import reverts
from wattbook.contracts.structs import Account, Purse, Status
from wattbook.eip712 import sign_action, sign_permit


@pytest.fixture
def approved(market, vault, alice, mint):
    """Alice, who has minted and approved 10 PT."""
    mint(alice, pt(10))
    market.power_token.approve(vault.address, pt(10), sender=alice)
    return alice


@pytest.fixture
def narrow(market, people, alice):
    """A further account of alice's, which may buy and must not spend."""
    market.membership.add_account(*joining(market, alice.address, people.spare, Role.CONSUMER), sender=alice)
    return people.spare


class TestDeposit:
    def test_moves_tokens_into_the_account(self, market, vault, approved):
        receipt = vault.deposit(pt(4), sender=approved)
        check_event(
            receipt,
            "Deposited",
            account=approved.address,
            payer=approved.address,
            amount=pt(4),
        )
        assert vault.account_of(approved.address).free == pt(4)
        assert market.power_token.balance_of(vault.address) == pt(4)
        assert market.power_token.balance_of(approved.address) == pt(6)

    def test_into_a_purse(self, vault, approved):
        grid = vault.purse_account(Purse.GRID)
        receipt = vault.fund_purse(Purse.GRID, pt(4), sender=approved)
        check_event(receipt, "Deposited", account=grid, payer=approved.address, amount=pt(4))
        assert vault.account_of(grid).free == pt(4)
        assert vault.account_of(approved.address).free == 0

    def test_into_a_purse_by_a_stranger(self, vault, people):
        with refused(reverts.NotMember, account=people.stranger.address):
            vault.fund_purse(Purse.GRID, 1, sender=people.stranger)

    def test_into_a_purse_by_an_account_that_may_not_spend(self, vault, people, alice, narrow):
        with refused(reverts.SpendNotAllowed, account=narrow.address, to=vault.purse_account(Purse.GRID)):
            vault.fund_purse(Purse.GRID, pt(1), sender=narrow)

    def test_signed(self, vault, people, approved):
        auth = sign_action(vault, "Deposit", approved, {"amount": pt(4)}, nonce=1, deadline=FAR)
        receipt = vault.deposit_signed(pt(4), auth, sender=people.relayer)
        check_event(
            receipt,
            "Deposited",
            account=approved.address,
            payer=approved.address,
            amount=pt(4),
        )
        check_event(receipt, "NonceUsed", signer=approved.address, nonce=1)

    def test_nothing(self, vault, approved):
        with refused(reverts.ZeroAmount):
            vault.deposit(0, sender=approved)

    def test_more_than_was_approved(self, vault, approved, mint):
        mint(approved, pt(10))
        with refused(
            reverts.ERC20InsufficientAllowance,
            spender=vault.address,
            allowance=pt(10),
            needed=pt(10) + 1,
        ):
            vault.deposit(pt(10) + 1, sender=approved)

    def test_more_than_one_has(self, market, vault, approved):
        market.power_token.approve(vault.address, pt(11), sender=approved)
        with refused(
            reverts.ERC20InsufficientBalance,
            sender=approved.address,
            balance=pt(10),
            needed=pt(11),
        ):
            vault.deposit(pt(11), sender=approved)
        assert vault.account_of(approved.address).free == 0

    def test_by_a_stranger(self, vault, people):
        with refused(reverts.NotMember, account=people.stranger.address):
            vault.deposit(1, sender=people.stranger)

    def test_by_a_suspended_member(self, market, vault, people, approved):
        """What he began before may need a top-up, and a top-up starts nothing new."""
        member = market.membership.standing_of(approved.address).member
        market.membership.suspend(member, "audit", sender=people.regulator)
        vault.deposit(pt(1), sender=approved)
        assert vault.account_of(approved.address).free == pt(1)


class TestDepositWithPermit:
    @pytest.fixture
    def permit(self, market, vault, alice, mint):
        mint(alice, pt(10))
        return sign_permit(market.power_token, alice, vault.address, pt(4), nonce=0, deadline=FAR)

    def test_needs_no_approval(self, vault, alice, permit):
        receipt = vault.deposit_with_permit(pt(4), FAR, *permit, sender=alice)
        check_event(receipt, "Deposited", account=alice.address, payer=alice.address, amount=pt(4))
        assert vault.account_of(alice.address).free == pt(4)

    def test_that_somebody_sent_first(self, market, vault, people, alice, permit):
        market.power_token.permit(alice.address, vault.address, pt(4), FAR, *permit, sender=people.stranger)
        vault.deposit_with_permit(pt(4), FAR, *permit, sender=alice)
        assert vault.account_of(alice.address).free == pt(4)

    def test_for_another_amount(self, vault, alice, permit):
        with refused(
            reverts.ERC20InsufficientAllowance,
            spender=vault.address,
            allowance=0,
            needed=pt(5),
        ):
            vault.deposit_with_permit(pt(5), FAR, *permit, sender=alice)

    def test_of_somebody_else(self, vault, alice, bob, mint, permit):
        mint(bob, pt(10))
        with refused(
            reverts.ERC20InsufficientAllowance,
            spender=vault.address,
            allowance=0,
            needed=pt(4),
        ):
            vault.deposit_with_permit(pt(4), FAR, *permit, sender=bob)


class TestWithdraw:
    @pytest.fixture
    def rich(self, alice, deposit):
        deposit(alice, pt(10))
        return alice

    def test_moves_tokens_out(self, market, vault, rich):
        receipt = vault.withdraw(pt(3), sender=rich)
        check_event(receipt, "Withdrawn", account=rich.address, to=rich.address, amount=pt(3))
        assert vault.account_of(rich.address).free == pt(7)
        assert market.power_token.balance_of(rich.address) == pt(3)
        assert market.power_token.balance_of(vault.address) == pt(7)

    def test_signed(self, vault, people, rich):
        auth = sign_action(vault, "Withdraw", rich, {"amount": pt(3)}, nonce=2, deadline=FAR)
        receipt = vault.withdraw_signed(pt(3), auth, sender=people.relayer)
        check_event(receipt, "Withdrawn", account=rich.address, to=rich.address, amount=pt(3))

    def test_signed_by_another(self, vault, people, rich):
        auth = sign_action(vault, "Withdraw", people.stranger, {"amount": pt(3)}, nonce=2, deadline=FAR)
        with refused(reverts.InvalidSignature, signer=rich.address):
            vault.withdraw_signed(pt(3), auth._replace(signer=rich.address), sender=people.relayer)

    def test_too_much(self, vault, rich):
        with refused(reverts.InsufficientFree, account=rich.address, free=pt(10), asked=pt(11)):
            vault.withdraw(pt(11), sender=rich)

    def test_what_is_locked(self, vault, rich, module):
        vault.choose_modules(set_of(vault, module), sender=rich)
        vault.lock(rich.address, pt(9), 0, sender=module)
        with refused(reverts.InsufficientFree, account=rich.address, free=pt(1), asked=pt(2)):
            vault.withdraw(pt(2), sender=rich)

    def test_nothing(self, vault, rich):
        with refused(reverts.ZeroAmount):
            vault.withdraw(0, sender=rich)

    def test_by_a_stranger(self, vault, people):
        with refused(reverts.NotMember, account=people.stranger.address):
            vault.withdraw(1, sender=people.stranger)

    @pytest.mark.parametrize("step", ["suspend", "expel"])
    def test_whatever_became_of_the_member(self, market, vault, people, rich, step):
        member = market.membership.standing_of(rich.address).member
        getattr(market.membership, step)(member, "why", sender=people.regulator)
        vault.withdraw(pt(10), sender=rich)
        assert market.power_token.balance_of(rich.address) == pt(10)

    def test_after_the_certification_lapsed(self, market, vault, people, admit, deposit):
        admit(people.bob, certified_until=market.chain.now + 100)
        deposit(people.bob, pt(1))
        pass_time(100)
        vault.withdraw(pt(1), sender=people.bob)
        assert market.power_token.balance_of(people.bob.address) == pt(1)

    def test_while_everything_is_paused(self, vault, people, rich, module):
        vault.pause(sender=people.regulator)
        vault.withdraw(pt(10), sender=rich)
        assert vault.account_of(rich.address).free == 0


class TestChooseModules:
    def test_sets_the_bits(self, vault, alice, module):
        chosen = set_of(vault, module)
        receipt = vault.choose_modules(chosen, sender=alice)
        check_event(receipt, "ModulesChosen", account=alice.address, modules=chosen)
        assert vault.account_of(alice.address).modules == chosen

    def test_signed(self, vault, people, alice, module):
        chosen = set_of(vault, module)
        auth = sign_action(vault, "ChooseModules", alice, {"chosen": chosen}, nonce=5, deadline=FAR)
        receipt = vault.choose_modules_signed(chosen, auth, sender=people.relayer)
        check_event(receipt, "ModulesChosen", account=alice.address, modules=chosen)
        check_event(receipt, "NonceUsed", signer=alice.address, nonce=5)

    @pytest.mark.parametrize("unknown", ["the next", "all and the next", "the last"])
    def test_modules_that_do_not_exist(self, vault, alice, module, unknown):
        bit = next_bit(vault)
        chosen = {"the next": 1 << bit, "all and the next": (2 << bit) - 1, "the last": 1 << 47}[unknown]
        with refused(reverts.UnknownModules, modules=chosen):
            vault.choose_modules(chosen, sender=alice)

    def test_by_a_stranger(self, vault, people):
        with refused(reverts.NotMember, account=people.stranger.address):
            vault.choose_modules(0, sender=people.stranger)


class TestSync:
    def test_a_purse_is_an_account_of_the_system(self, market, vault, people):
        """The auction may lock from the pool's, settlement from that, the grid's and the common fund's, Losses from the
        grid's and the network's, Bills from the common fund's."""
        settlement, losses = market.imbalance.address, market.losses.address
        choices = dict.fromkeys(Purse, 0) | {
            Purse.POOL: set_of(vault, market.auction.address, settlement),
            Purse.GRID: set_of(vault, settlement, losses),
            Purse.NETWORK: set_of(vault, losses),
            Purse.COMMON_FUND: set_of(vault, settlement, market.bills.address),
        }
        for purse, chosen in choices.items():
            account = vault.purse_account(purse)
            vault.sync(account, sender=people.stranger)
            assert vault.account_of(account) == Account(0, chosen, False, Role.SPEND, 0, Status.SYSTEM)

    def test_nobody_is_not_touched(self, vault, people):
        vault.sync(people.stranger.address, sender=people.stranger)
        assert vault.account_of(people.stranger.address) == Account(0, 0, False, 0, 0, Status.NONE)

    def test_the_vault_gets_no_account_with_itself(self, vault, people):
        vault.sync(vault.address, sender=people.stranger)
        assert vault.account_of(vault.address).status == Status.NONE

    def test_changes_nothing_that_is_in_step(self, vault, people, alice, deposit, module):
        deposit(alice, pt(3))
        vault.choose_modules(set_of(vault, module), sender=alice)
        before = vault.account_of(alice.address)
        vault.sync(alice.address, sender=people.stranger)
        assert vault.account_of(alice.address) == before

    def test_members_admitted_before_the_mirror_was_set_are_there(self, vault, people):
        assert vault.account_of(people.registrar.address).status == Status.ACTIVE

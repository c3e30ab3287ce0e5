"""Several accounts of one member, with narrower rights."""

import pytest

from tests.assertions import FAR, check_event, pass_time, refused
from tests.modules import set_of
from wattbook import Role, pt
from wattbook.contracts import reverts
from wattbook.contracts.structs import Purse, Status
from wattbook.deployment.local import known_account
from wattbook.eip712 import sign, sign_action

CONSUMER_ONLY = Role.CONSUMER


@pytest.fixture
def member(admit, people):
    return admit(people.alice)


@pytest.fixture
def acceptance(market):
    """The new account's signature that it will act for a member."""

    def make(account, member, rights, deadline=FAR, signer=None):
        values = {
            "account": account.address,
            "member": member,
            "rights": int(rights),
            "deadline": deadline,
        }
        return sign(market.membership, "AcceptAccount", signer or account, values)

    return make


@pytest.fixture
def add(market, people, member, acceptance):
    """Adds an account to alice's membership."""

    def run(account, rights=CONSUMER_ONLY):
        return market.membership.add_account(
            account.address,
            rights,
            FAR,
            acceptance(account, member, rights),
            sender=people.alice,
        )

    return run


class TestAdd:
    def test_has_the_part_of_the_roles_that_it_was_given(self, market, people, member, add):
        receipt = add(people.bob)
        check_event(
            receipt,
            "AccountAdded",
            member=member,
            account=people.bob.address,
            rights=CONSUMER_ONLY,
        )
        membership = market.membership
        assert membership.member_of(member).accounts == [
            people.alice.address,
            people.bob.address,
        ]
        assert membership.is_active(people.bob.address, Role.CONSUMER)
        assert not membership.is_active(people.bob.address, Role.PRODUCER)
        assert membership.require_active(people.bob.address, 0) == member

    def test_rights_beyond_the_members_roles_give_nothing(self, market, people, add):
        add(people.bob, Role.CONSUMER | Role.STORAGE)
        assert not market.membership.is_active(people.bob.address, Role.STORAGE)

    def test_roles_granted_later_count_within_the_rights(self, market, people, member, add):
        add(people.bob, Role.CONSUMER | Role.STORAGE)
        market.membership.grant_roles(member, Role.STORAGE, sender=people.registrar)
        assert market.membership.is_active(people.bob.address, Role.STORAGE)

    def test_suspension_reaches_every_account(self, market, people, member, add):
        add(people.bob)
        market.membership.suspend(member, "audit", sender=people.regulator)
        assert market.membership.standing_of(people.bob.address).status == Status.SUSPENDED

    def test_signed_by_the_first_account(self, market, people, member, acceptance):
        rights = Role.CONSUMER | Role.SPEND
        accepted = acceptance(people.bob, member, rights)
        values = {"account": people.bob.address, "rights": int(rights)}
        auth = sign_action(market.membership, "AddAccount", people.alice, values, nonce=4, deadline=FAR)
        receipt = market.membership.add_account_signed(
            people.bob.address, rights, FAR, accepted, auth, sender=people.relayer
        )
        check_event(receipt, "AccountAdded", member=member, account=people.bob.address, rights=rights)
        check_event(receipt, "NonceUsed", signer=people.alice.address, nonce=4)

    def test_without_the_accounts_consent(self, market, people, member, acceptance):
        forged = acceptance(people.bob, member, CONSUMER_ONLY, signer=people.alice)
        with refused(reverts.InvalidSignature, signer=people.bob.address):
            market.membership.add_account(people.bob.address, CONSUMER_ONLY, FAR, forged, sender=people.alice)

    def test_with_consent_to_less(self, market, people, member, acceptance):
        accepted = acceptance(people.bob, member, CONSUMER_ONLY)
        with refused(reverts.InvalidSignature, signer=people.bob.address):
            market.membership.add_account(
                people.bob.address,
                CONSUMER_ONLY | Role.PRODUCER,
                FAR,
                accepted,
                sender=people.alice,
            )

    def test_with_consent_that_has_lapsed(self, market, people, member, acceptance):
        deadline = market.chain.now + 10
        accepted = acceptance(people.bob, member, CONSUMER_ONLY, deadline)
        pass_time(20)
        with refused(reverts.SignatureExpired, deadline=deadline):
            market.membership.add_account(people.bob.address, CONSUMER_ONLY, deadline, accepted, sender=people.alice)

    def test_by_an_account_that_is_not_the_first(self, market, people, member, add, acceptance):
        add(people.bob)
        accepted = acceptance(people.carol, member, CONSUMER_ONLY)
        with refused(reverts.NotFirstAccount, account=people.bob.address):
            market.membership.add_account(people.carol.address, CONSUMER_ONLY, FAR, accepted, sender=people.bob)

    def test_of_another_member(self, admit, people, add):
        other = admit(people.bob)
        with refused(reverts.AccountTaken, account=people.bob.address, member=other):
            add(people.bob)

    @pytest.mark.parametrize("rights", [0, Role.SPEND, 1 << 8])
    def test_with_rights_that_mean_nothing(self, people, add, rights):
        with refused(reverts.InvalidRoles, roles=int(rights) & ~int(Role.SPEND)):
            add(people.bob, rights)

    def test_by_a_suspended_member(self, market, people, member, add):
        market.membership.suspend(member, "audit", sender=people.regulator)
        with refused(reverts.NotActive, account=people.alice.address, status=Status.SUSPENDED):
            add(people.bob)

    def test_not_more_than_eight(self, market, member, add):
        most = market.membership.max_accounts()
        for place in range(most - 1):
            add(known_account(30 + place))
        with refused(reverts.TooManyAccounts, member=member):
            add(known_account(30 + most))

    def test_not_more_than_can_be_settled_at_once(self, market, people, member, add):
        """Those that were retired are names of the first."""
        most = market.membership.max_names()
        for place in range(most - 1):
            add(known_account(100 + place))
            market.membership.retire_account(known_account(100 + place).address, sender=people.alice)
        with refused(reverts.TooManyNames, member=member):
            add(people.bob)
        [names, counts] = market.membership.names_of([people.alice.address])
        assert (len(names), counts) == (most, [most])


class TestRetire:
    def test_stops_acting(self, market, people, member, add):
        add(people.bob)
        add(people.carol)
        receipt = market.membership.retire_account(people.bob.address, sender=people.alice)
        check_event(receipt, "AccountRetired", member=member, account=people.bob.address)
        membership = market.membership
        assert membership.member_of(member).accounts == [people.alice.address, people.carol.address]
        assert membership.current_of(people.bob.address) == people.alice.address
        with refused(reverts.NotActive, account=people.bob.address, status=Status.REPLACED):
            membership.require_active(people.bob.address, 0)

    def test_reinstating_the_member_does_not_bring_it_back(self, market, people, member, add):
        add(people.bob)
        market.membership.retire_account(people.bob.address, sender=people.alice)
        market.membership.suspend(member, "audit", sender=people.regulator)
        market.membership.reinstate(member, "over", sender=people.regulator)
        assert market.membership.standing_of(people.bob.address).status == Status.REPLACED

    def test_its_money_goes_to_the_first_account(self, market, people, add, mint, deposit, module):
        vault, token = market.vault, market.power_token
        add(people.bob, Role.CONSUMER)
        deposit(people.bob, pt(5))
        mint(people.bob, pt(3))
        vault.choose_modules(set_of(vault, module), sender=people.bob)
        vault.lock(people.bob.address, pt(2), 0, sender=module)
        receipt = market.membership.retire_account(people.bob.address, sender=people.alice)
        check_event(
            receipt,
            "AccountReplaced",
            account=people.bob.address,
            replacement=people.alice.address,
            free=pt(3),
        )
        vault.release(people.bob.address, pt(2), sender=module)
        token.recover_balance(people.bob.address, sender=people.stranger)
        assert vault.account_of(people.alice.address).free == pt(5)
        assert vault.account_of(people.alice.address).modules == 0
        assert token.balance_of(people.alice.address) == pt(3)

    def test_ends_a_recovery_of_it(self, market, people, member, add):
        add(people.bob)
        market.membership.propose_recovery(
            people.bob.address, people.spare.address, b"\1" * 32, sender=people.registrar
        )
        receipt = market.membership.retire_account(people.bob.address, sender=people.alice)
        check_event(receipt, "RecoveryStopped", account=people.bob.address, by=people.alice.address)
        zero = "0x" + "00" * 20
        assert market.membership.recovery_of(people.bob.address).replacement == zero

    def test_signed(self, market, people, member, add):
        add(people.bob)
        auth = sign_action(
            market.membership,
            "RetireAccount",
            people.alice,
            {"account": people.bob.address},
            deadline=FAR,
        )
        receipt = market.membership.retire_account_signed(people.bob.address, auth, sender=people.relayer)
        check_event(receipt, "AccountRetired", member=member, account=people.bob.address)

    def test_twice(self, market, people, add):
        add(people.bob)
        market.membership.retire_account(people.bob.address, sender=people.alice)
        with refused(reverts.NotActive, account=people.bob.address, status=Status.REPLACED):
            market.membership.retire_account(people.bob.address, sender=people.alice)

    def test_the_first_one_stays(self, market, people, member):
        with refused(reverts.FirstAccountStays, account=people.alice.address):
            market.membership.retire_account(people.alice.address, sender=people.alice)

    def test_somebody_elses(self, market, people, member, admit):
        admit(people.bob)
        with refused(reverts.NotOwnAccount, account=people.bob.address):
            market.membership.retire_account(people.bob.address, sender=people.alice)

    def test_of_strangers_by_strangers(self, market, people):
        with refused(reverts.NotOwnAccount, account=people.bob.address):
            market.membership.retire_account(people.bob.address, sender=people.stranger)

    def test_by_an_account_that_is_not_the_first(self, market, people, add):
        add(people.bob)
        add(people.carol)
        with refused(reverts.NotFirstAccount, account=people.bob.address):
            market.membership.retire_account(people.carol.address, sender=people.bob)


class TestWithoutTheRightToSpend:
    """A key on a gateway or a trading bot: it trades, and money it has goes home only."""

    @pytest.fixture
    def bot(self, people, add, deposit, mint):
        add(people.bob, Role.CONSUMER)
        deposit(people.bob, pt(5))
        mint(people.bob, pt(3))
        return people.bob

    def test_withdraws_to_the_first_account(self, market, people, bot):
        receipt = market.vault.withdraw(pt(5), sender=bot)
        check_event(
            receipt,
            "Withdrawn",
            account=bot.address,
            to=people.alice.address,
            amount=pt(5),
        )
        assert market.power_token.balance_of(people.alice.address) == pt(5)

    def test_sends_tokens_to_the_first_account_only(self, market, people, bot, admit):
        admit(people.carol)
        with refused(reverts.SpendNotAllowed, account=bot.address, to=people.carol.address):
            market.power_token.transfer(people.carol.address, 1, sender=bot)
        market.power_token.transfer(people.alice.address, pt(3), sender=bot)
        assert market.power_token.balance_of(people.alice.address) == pt(3)

    def test_cannot_send_through_an_allowance(self, market, people, bot, admit):
        admit(people.carol)
        market.power_token.approve(people.carol.address, pt(3), sender=bot)
        with refused(reverts.SpendNotAllowed, account=bot.address, to=people.carol.address):
            market.power_token.transfer_from(bot.address, people.carol.address, 1, sender=people.carol)

    def test_cannot_redeem(self, market, people, bot):
        issuer = market.membership.standing_of(people.issuer.address).member
        with refused(reverts.SpendNotAllowed, account=bot.address, to=bot.address):
            market.power_token.redeem(issuer, 1, b"\1" * 32, sender=bot)

    def test_cannot_fund_a_purse(self, market, people, bot):
        market.power_token.approve(market.vault.address, pt(3), sender=bot)
        purse = market.vault.purse_account(Purse.GRID)
        with refused(reverts.SpendNotAllowed, account=bot.address, to=purse):
            market.vault.fund_purse(Purse.GRID, 1, sender=bot)

    def test_cannot_use_up_points(self, market, people, bot):
        with refused(reverts.SpendNotAllowed, account=bot.address, to=bot.address):
            market.power_points.use(bot.address, 1, b"\1" * 32, sender=bot)


def test_an_account_of_the_system_has_no_accounts(market, people):
    """It is active, but it is no member."""
    purse = market.vault.purse_account(Purse.GRID)
    call = market.membership.function("addAccount", people.bob.address, 1, FAR, b"")
    with refused(reverts.NotMember, account=purse):
        market.chain.call(call, purse)

"""A lost key is replaced by registrar and regulator together, and everything follows."""

import pytest

from tests.assertions import FAR, check_event, pass_time, refused
from tests.modules import set_of
from wattbook import Role, pt
from wattbook.contracts import reverts
from wattbook.contracts.structs import Recovery, Status
from wattbook.eip712 import sign_action

EVIDENCE = b"\5" * 32
DELAY = 60


@pytest.fixture
def member(admit, people):
    return admit(people.alice)


@pytest.fixture
def propose(market, people, member):
    def run(account=people.alice, replacement=people.spare):
        return market.membership.propose_recovery(
            account.address, replacement.address, EVIDENCE, sender=people.registrar
        )

    return run


@pytest.fixture
def approve(market, people):
    def run(account=people.alice, replacement=people.spare):
        return market.membership.approve_recovery(account.address, replacement.address, sender=people.regulator)

    return run


@pytest.fixture
def recover(market, people, propose, approve):
    """All steps of a recovery, the delay included."""

    def run(account=people.alice, replacement=people.spare):
        propose(account, replacement)
        approve(account, replacement)
        pass_time(DELAY)
        return market.membership.complete_recovery(account.address, sender=people.stranger)

    return run


class TestSteps:
    def test_proposal(self, market, people, propose):
        receipt = propose()
        check_event(
            receipt,
            "RecoveryProposed",
            account=people.alice.address,
            replacement=people.spare.address,
            evidence=EVIDENCE,
        )
        owner = market.membership.standing_of(people.registrar.address).owner
        assert market.membership.recovery_of(people.alice.address) == Recovery(people.spare.address, owner, 0)

    def test_approval_starts_the_delay(self, market, people, propose, approve):
        propose()
        receipt = approve()
        ready = market.chain.now + DELAY
        check_event(
            receipt,
            "RecoveryApproved",
            account=people.alice.address,
            replacement=people.spare.address,
            readyAt=ready,
        )
        with refused(reverts.RecoveryNotReady, account=people.alice.address, ready_at=ready):
            market.membership.complete_recovery(people.alice.address, sender=people.stranger)

    def test_completion_hands_the_place_over(self, market, people, member, recover):
        before = market.membership.standing_of(people.alice.address)
        receipt = recover()
        check_event(
            receipt,
            "RecoveryCompleted",
            member=member,
            account=people.alice.address,
            replacement=people.spare.address,
        )
        membership = market.membership
        assert membership.standing_of(people.spare.address) == before._replace(predecessors=1)
        assert membership.member_of(member).accounts == [people.spare.address]
        assert membership.standing_of(people.alice.address) == before._replace(
            roles=0, rights=0, status=Status.REPLACED
        )
        assert membership.current_of(people.alice.address) == people.spare.address
        with refused(reverts.NotActive, account=people.alice.address, status=Status.REPLACED):
            membership.require_active(people.alice.address, 0)

    def test_without_approval(self, market, people, propose):
        propose()
        pass_time(10 * DELAY)
        with refused(reverts.RecoveryNotReady, account=people.alice.address, ready_at=0):
            market.membership.complete_recovery(people.alice.address, sender=people.stranger)

    def test_of_a_replaced_account_again(self, market, people, recover, propose):
        recover()
        with refused(reverts.NotActive, account=people.alice.address, status=Status.REPLACED):
            propose(people.alice, people.carol)

    def test_a_second_loss_leads_to_the_newest_account(self, market, people, recover):
        recover(people.alice, people.spare)
        recover(people.spare, people.carol)
        for account in (people.alice, people.spare, people.carol):
            assert market.membership.current_of(account.address) == people.carol.address

    def test_of_nobody(self, market, people):
        with refused(reverts.NotMember, account=people.stranger.address):
            market.membership.propose_recovery(
                people.stranger.address, people.spare.address, EVIDENCE, sender=people.registrar
            )
        with refused(reverts.NotMember, account=people.stranger.address):
            market.membership.current_of(people.stranger.address)

    def test_to_an_account_that_is_taken(self, people, admit, propose):
        other = admit(people.bob)
        with refused(reverts.AccountTaken, account=people.bob.address, member=other):
            propose(people.alice, people.bob)

    def test_to_an_account_that_was_taken_meanwhile(self, market, people, admit, propose, approve):
        propose()
        approve()
        pass_time(DELAY)
        other = admit(people.spare)
        with refused(reverts.AccountTaken, account=people.spare.address, member=other):
            market.membership.complete_recovery(people.alice.address, sender=people.stranger)

    def test_twice_at_a_time(self, market, people, propose, approve):
        propose()
        with refused(reverts.RecoveryPending, account=people.alice.address):
            propose(people.alice, people.carol)
        approve()
        with refused(reverts.RecoveryPending, account=people.alice.address):
            approve()

    def test_approval_of_another_replacement(self, people, propose, approve):
        propose()
        with refused(
            reverts.NoRecovery,
            account=people.alice.address,
            replacement=people.carol.address,
        ):
            approve(people.alice, people.carol)

    def test_completion_of_nothing(self, market, people, member):
        with refused(reverts.NoRecovery, account=people.alice.address, replacement="0x" + "00" * 20):
            market.membership.complete_recovery(people.alice.address, sender=people.stranger)

    def test_one_person_in_both_offices_is_not_enough(self, market, people, propose, decide):
        registrar = market.membership.standing_of(people.registrar.address)
        decide("Membership", "grantRoles", registrar.member, int(Role.REGULATOR))
        propose()
        with refused(reverts.RecoveryNeedsTwoPeople, owner=registrar.owner):
            market.membership.approve_recovery(people.alice.address, people.spare.address, sender=people.registrar)

    def test_of_an_office_holder(self, people, propose):
        with refused(reverts.OfficeNotGrantable, roles=Role.ISSUER):
            propose(people.issuer)

    def test_of_one_who_was_given_an_office_meanwhile(self, market, people, member, propose, approve, decide):
        propose()
        approve()
        pass_time(DELAY)
        decide("Membership", "grantRoles", member, int(Role.ISSUER))
        with refused(reverts.OfficeNotGrantable, roles=Role.CONSUMER | Role.PRODUCER | Role.ISSUER):
            market.membership.complete_recovery(people.alice.address, sender=people.stranger)


class TestDecided:
    """What registrar and regulator cannot or should not do alone, the authority decides."""

    def test_an_office_moves_behind_the_delay(self, market, people, decide):
        decide("Membership", "decideRecovery", people.issuer.address, people.spare.address)
        assert market.membership.is_active(people.spare.address, Role.ISSUER)
        assert not market.membership.is_active(people.issuer.address, 0)

    def test_a_thief_who_objects_is_overruled(self, market, people, propose, decide):
        propose()
        market.membership.object_to_recovery(sender=people.alice)
        propose()
        decide("Membership", "decideRecovery", people.alice.address, people.spare.address)
        stopped = market.membership.raw.events.RecoveryStopped().get_logs(from_block=0)
        by = [log["args"]["by"] for log in stopped]
        assert by == [people.alice.address, market.authority.address]
        assert market.membership.current_of(people.alice.address) == people.spare.address
        assert market.membership.recovery_of(people.alice.address).registrar_owner == 0

    def test_by_nobody_else(self, market, people, member):
        with refused(reverts.NotAuthority, caller=people.regulator.address):
            market.membership.decide_recovery(people.alice.address, people.spare.address, sender=people.regulator)


class TestObjection:
    def test_by_the_old_key(self, market, people, propose, approve):
        propose()
        approve()
        receipt = market.membership.object_to_recovery(sender=people.alice)
        check_event(receipt, "RecoveryStopped", account=people.alice.address, by=people.alice.address)
        pass_time(DELAY)
        with refused(reverts.NoRecovery, account=people.alice.address, replacement="0x" + "00" * 20):
            market.membership.complete_recovery(people.alice.address, sender=people.stranger)

    def test_signed_by_the_old_key(self, market, people, propose):
        propose()
        auth = sign_action(market.membership, "ObjectToRecovery", people.alice, {}, deadline=FAR)
        receipt = market.membership.object_to_recovery_signed(auth, sender=people.relayer)
        check_event(receipt, "RecoveryStopped", account=people.alice.address, by=people.alice.address)

    @pytest.mark.parametrize("officer", ["registrar", "regulator"])
    def test_called_off(self, market, people, propose, officer):
        propose()
        by = getattr(people, officer)
        receipt = market.membership.cancel_recovery(people.alice.address, sender=by)
        check_event(receipt, "RecoveryStopped", account=people.alice.address, by=by.address)

    def test_to_nothing(self, market, people, member):
        with refused(reverts.NoRecovery, account=people.alice.address, replacement="0x" + "00" * 20):
            market.membership.object_to_recovery(sender=people.alice)


class TestMoneyFollows:
    def test_vault_balance_but_no_consent(self, market, people, recover, deposit, module):
        deposit(people.alice, pt(7))
        market.vault.choose_modules(set_of(market.vault, module), sender=people.alice)
        receipt = recover()
        check_event(
            receipt,
            "AccountReplaced",
            account=people.alice.address,
            replacement=people.spare.address,
            free=pt(7),
        )
        old = market.vault.account_of(people.alice.address)
        new = market.vault.account_of(people.spare.address)
        assert (old.free, old.modules, old.status) == (0, 0, Status.REPLACED)
        assert (new.free, new.modules, new.status) == (pt(7), 0, Status.ACTIVE)

    def test_what_is_owed_to_the_old_account(self, market, people, recover, deposit, module):
        vault = market.vault
        deposit(people.alice, pt(9))
        vault.choose_modules(set_of(vault, module), sender=people.alice)
        vault.lock(people.alice.address, pt(9), 0, sender=module)
        recover()
        vault.release(people.alice.address, pt(5), sender=module)
        vault.pay(people.bob.address, people.alice.address, pt(3), sender=module)
        assert vault.account_of(people.spare.address).free == pt(8)

    def test_business_that_the_old_account_began(self, market, people, recover, deposit, module):
        vault = market.vault
        deposit(people.alice, pt(9))
        vault.choose_modules(set_of(vault, module), sender=people.alice)
        recover()
        with refused(reverts.ModuleNotChosen, account=people.spare.address, module=module.address):
            vault.lock_more(people.alice.address, pt(4), sender=module)
        vault.choose_modules(set_of(vault, module), sender=people.spare)
        receipt = vault.lock_more(people.alice.address, pt(4), sender=module)
        check_event(
            receipt,
            "Locked",
            module=module.address,
            account=people.spare.address,
            amount=pt(4),
        )
        with refused(reverts.NotActive, account=people.alice.address, status=Status.REPLACED):
            vault.lock(people.alice.address, 1, 0, sender=module)

    def test_the_old_key_gets_nothing_out(self, market, people, recover, deposit, mint):
        deposit(people.alice, pt(7))
        mint(people.alice, pt(2))
        recover()
        replaced = {"account": people.alice.address, "status": Status.REPLACED}
        with refused(reverts.NotActive, **replaced):
            market.vault.withdraw(1, sender=people.alice)
        with refused(reverts.NotActive, **replaced):
            market.power_token.transfer(people.spare.address, 1, sender=people.alice)
        issuer = market.membership.standing_of(people.issuer.address).member
        with refused(reverts.NotActive, **replaced):
            market.power_token.redeem(issuer, 1, b"\1" * 32, sender=people.alice)
        with refused(reverts.NotActive, **replaced):
            market.power_points.use(people.alice.address, 1, b"\1" * 32, sender=people.alice)
        market.power_token.approve(market.vault.address, pt(2), sender=people.alice)
        with refused(reverts.NotActive, **replaced):
            market.vault.deposit(1, sender=people.alice)

    @pytest.mark.parametrize("token", ["power_token", "power_points"])
    def test_tokens(self, market, people, recover, mint, decide, token):
        contract = getattr(market, token)
        if token == "power_token":
            mint(people.alice, 2)
        else:
            decide("PowerPoints", "setPort", 1, people.module.address)
            decide("PowerPoints", "setBudget", 1, contract.current_epoch(), 10)
            contract.issue(
                1,
                b"\1" * 32,
                contract.current_epoch(),
                [people.alice.address],
                [2],
                sender=people.module,
            )
        with refused(reverts.NotReplaced, account=people.alice.address):
            contract.recover_balance(people.alice.address, sender=people.stranger)
        recover()
        receipt = contract.recover_balance(people.alice.address, sender=people.stranger)
        check_event(
            receipt,
            "BalanceRecovered",
            account=people.alice.address,
            replacement=people.spare.address,
            amount=2,
        )
        assert contract.balance_of(people.alice.address) == 0
        assert contract.balance_of(people.spare.address) == 2


def test_names_are_all_whose_place_it_took(market, people, recover):
    """One after the other; who was replaced has none of its own."""
    alice, spare, bob = (one.address for one in (people.alice, people.spare, people.bob))
    everybody = [alice, spare, bob, people.stranger.address, people.operator.address]

    def names():
        found, counts = market.membership.names_of(everybody)
        return [[found.pop(0) for _ in range(count)] for count in counts]

    operator = people.operator.address
    assert names() == [[alice], [], [], [], [operator]]
    recover()
    assert names() == [[], [spare, alice], [], [], [operator]]
    recover(people.spare, people.bob)
    assert names() == [[], [], [bob, alice, spare], [], [operator]]

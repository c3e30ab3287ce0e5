"""Suspension, reinstatement, expulsion."""

import pytest

from tests.assertions import check_event, refused
from tests.modules import set_of
from wattbook import Role, pt
from wattbook.contracts import reverts
from wattbook.contracts.structs import Status


@pytest.fixture
def member(admit, people):
    return admit(people.alice)


def test_suspension_stops_and_reinstatement_restores(market, people, member):
    membership = market.membership
    receipt = membership.suspend(member, "audit", sender=people.regulator)
    check_event(receipt, "MemberSuspended", member=member, by=people.regulator.address, reason="audit")
    with refused(reverts.NotActive, account=people.alice.address, status=Status.SUSPENDED):
        membership.require_active(people.alice.address, 0)

    receipt = membership.reinstate(member, "audit over", sender=people.regulator)
    check_event(
        receipt,
        "MemberReinstated",
        member=member,
        by=people.regulator.address,
        reason="audit over",
    )
    assert membership.require_active(people.alice.address, Role.CONSUMER) == member


def test_expulsion_is_not_for_a_regulator_to_take_back(market, people, member):
    membership = market.membership
    receipt = membership.expel(member, "fraud", sender=people.regulator)
    check_event(receipt, "MemberExpelled", member=member, by=people.regulator.address, reason="fraud")
    assert membership.standing_of(people.alice.address).status == Status.EXPELLED
    for step in (membership.reinstate, membership.suspend, membership.expel):
        with refused(reverts.UnexpectedStatus, member=member, status=Status.EXPELLED):
            step(member, "second thoughts", sender=people.regulator)
    with refused(reverts.UnexpectedStatus, member=member, status=Status.EXPELLED):
        membership.grant_roles(member, Role.CONSUMER, sender=people.registrar)


def test_the_authority_can_take_an_expulsion_back(market, people, member, decide):
    market.membership.expel(member, "mistaken for another", sender=people.regulator)
    decide("Membership", "reinstate", member, "the other was meant")
    assert market.membership.is_active(people.alice.address, Role.CONSUMER)


def test_a_suspended_member_can_be_expelled(market, people, member):
    market.membership.suspend(member, "audit", sender=people.regulator)
    market.membership.expel(member, "fraud", sender=people.regulator)
    assert market.membership.member_of(member).status == Status.EXPELLED


def test_steps_from_the_wrong_state(market, people, member):
    membership = market.membership
    with refused(reverts.UnexpectedStatus, member=member, status=Status.ACTIVE):
        membership.reinstate(member, "why not", sender=people.regulator)
    membership.suspend(member, "audit", sender=people.regulator)
    with refused(reverts.UnexpectedStatus, member=member, status=Status.SUSPENDED):
        membership.suspend(member, "audit", sender=people.regulator)


@pytest.mark.parametrize("step", ["suspend", "reinstate", "expel"])
def test_a_reason_is_needed(market, people, member, step):
    with refused(reverts.ReasonMissing):
        getattr(market.membership, step)(member, "", sender=people.regulator)


@pytest.mark.parametrize("step", ["suspend", "reinstate", "expel"])
def test_nobody_is_nobody(market, people, step):
    with refused(reverts.UnknownMember, member=1234):
        getattr(market.membership, step)(1234, "why", sender=people.regulator)


def test_the_authority_can_suspend(market, people, member, decide):
    decide("Membership", "suspend", member, "by decision")
    assert market.membership.member_of(member).status == Status.SUSPENDED


def test_a_suspended_officer_has_no_power(market, people, application):
    registrar = market.membership.standing_of(people.registrar.address).member
    market.membership.suspend(registrar, "bribes", sender=people.regulator)
    with refused(reverts.NotActive, account=people.registrar.address, status=Status.SUSPENDED):
        market.membership.admit(application(people.alice), sender=people.registrar)


def test_standings_reach_the_vault_at_once(market, people, member, module, deposit):
    """An order asks the Vault only, so the Vault must know in the same transaction."""
    vault = market.vault
    deposit(people.alice, pt(10))
    vault.choose_modules(set_of(vault, module), sender=people.alice)
    vault.lock(people.alice.address, 1, Role.CONSUMER, sender=module)
    market.membership.suspend(member, "audit", sender=people.regulator)
    with refused(reverts.NotActive, account=people.alice.address, status=Status.SUSPENDED):
        vault.lock(people.alice.address, 1, Role.CONSUMER, sender=module)
    market.membership.reinstate(member, "audit over", sender=people.regulator)
    market.membership.withdraw_roles(member, Role.CONSUMER, "moved away", sender=people.regulator)
    with refused(reverts.MissingRole, account=people.alice.address, any_of=Role.CONSUMER):
        vault.lock(people.alice.address, 1, Role.CONSUMER, sender=module)


class TestRegulatorsAmongThemselves:
    @pytest.fixture
    def second(self, people, admit, decide):
        """Alice, a second regulator; returns her member id."""
        member = admit(people.alice)
        decide("Membership", "grantRoles", member, int(Role.REGULATOR))
        return member

    @pytest.fixture
    def first(self, market, people):
        return market.membership.standing_of(people.regulator.address).member

    def test_who_suspends_the_other_goes_with_him(self, market, people, first, second):
        receipt = market.membership.suspend(first, "obstruction", sender=people.alice)
        said = [event.args for event in receipt.events if event.name == "MemberSuspended"]
        assert said == [
            {"member": member, "by": people.alice.address, "reason": "obstruction"} for member in (first, second)
        ]
        for account in (people.regulator, people.alice):
            assert market.membership.standing_of(account.address).status == Status.SUSPENDED

    def test_then_the_authority_decides(self, market, people, first, second, decide):
        market.membership.suspend(first, "obstruction", sender=people.alice)
        decide("Membership", "reinstate", second, "she was right")
        assert market.membership.is_active(people.alice.address, Role.REGULATOR)

    def test_nothing_more_than_suspension(self, market, people, first, second):
        membership = market.membership
        for step in (
            lambda: membership.expel(first, "why", sender=people.alice),
            lambda: membership.reinstate(first, "why", sender=people.alice),
            lambda: membership.withdraw_roles(first, Role.REGULATOR, "why", sender=people.alice),
        ):
            with refused(reverts.NotAuthority, caller=people.alice.address):
                step()

    def test_one_can_step_down(self, market, people, first):
        market.membership.suspend(first, "on leave", sender=people.regulator)
        assert market.membership.member_of(first).status == Status.SUSPENDED

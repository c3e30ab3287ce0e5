"""Suspension, reinstatement, expulsion."""

import pytest

from tests.assertions import check_event, refused
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
    vault.choose_modules(1, sender=people.alice)
    vault.lock(people.alice.address, 1, Role.CONSUMER, sender=module)
    market.membership.suspend(member, "audit", sender=people.regulator)
    with refused(reverts.NotActive, account=people.alice.address, status=Status.SUSPENDED):
        vault.lock(people.alice.address, 1, Role.CONSUMER, sender=module)
    market.membership.reinstate(member, "audit over", sender=people.regulator)
    market.membership.withdraw_roles(member, Role.CONSUMER, "moved away", sender=people.regulator)
    with refused(reverts.MissingRole, account=people.alice.address, any_of=Role.CONSUMER):
        vault.lock(people.alice.address, 1, Role.CONSUMER, sender=module)

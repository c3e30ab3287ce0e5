"""The timelock: founded once, slow to add, cancelled by regulators who are in good standing."""

import pytest

from tests.assertions import check_event, pass_time, refused
from wattbook import Role
from wattbook.contracts import reverts
from wattbook.contracts.authority import Authority
from wattbook.contracts.structs import Status
from wattbook.deployment.bytecode import creation_code
from wattbook.deployment.decisions import propose
from wattbook.deployment.plan import PROPOSER_ROLE, Call

NONE = bytes(32)


@pytest.fixture
def unfounded(market, people):
    """An authority of carol's that has no constitution yet."""
    factory = market.chain.web3.eth.contract(abi=market.authority.raw.abi, bytecode=creation_code("Authority"))
    creation = market.chain.sign_creation(factory.constructor(people.carol.address), people.carol)
    return Authority(market.chain, market.chain.submit(creation.signed).contract_address)


@pytest.fixture
def set_delay(unfounded):
    """The shortest constitution: it sets the delay."""
    payload = bytes.fromhex(unfounded.raw.encode_abi("updateDelay", args=[60])[2:])
    return [unfounded.address], [0], [payload], NONE, NONE


class TestFounding:
    def test_one_batch_without_delay(self, unfounded, set_delay, people):
        unfounded.schedule_batch(*set_delay, 0, sender=people.carol)
        assert unfounded.constitution() == unfounded.hash_operation_batch(*set_delay)
        unfounded.execute_batch(*set_delay, sender=people.carol)
        assert unfounded.get_min_delay() == 60

    def test_the_founder_leaves_nothing_behind(self, unfounded, set_delay, people):
        """Else he could schedule a way back for himself and take it years later."""
        grant = bytes.fromhex(unfounded.raw.encode_abi("grantRole", args=[PROPOSER_ROLE, people.carol.address])[2:])
        unfounded.schedule_batch(*set_delay, 0, sender=people.carol)
        with refused(reverts.NotFounded):
            unfounded.schedule_batch([unfounded.address], [0], [grant], NONE, NONE, 0, sender=people.carol)
        with refused(reverts.NotFounded):
            unfounded.schedule(unfounded.address, 0, grant, NONE, NONE, 0, sender=people.carol)

    def test_a_delay_of_zero_later_on_closes_nothing(self, unfounded, people):
        payload = bytes.fromhex(unfounded.raw.encode_abi("updateDelay", args=[0])[2:])
        batch = ([unfounded.address], [0], [payload], NONE, NONE)
        unfounded.schedule_batch(*batch, 0, sender=people.carol)
        unfounded.execute_batch(*batch, sender=people.carol)
        unfounded.schedule(unfounded.address, 0, payload, NONE, NONE, 0, sender=people.carol)
        unfounded.schedule_batch(*batch[:4], b"\1" * 32, 0, sender=people.carol)

    def test_nothing_single_comes_first(self, unfounded, people):
        with refused(reverts.NotFounded):
            unfounded.schedule(unfounded.address, 0, b"", NONE, NONE, 0, sender=people.carol)

    def test_nobody_can_cancel_before_there_are_regulators(self, unfounded, set_delay, people):
        unfounded.schedule_batch(*set_delay, 0, sender=people.carol)
        with refused(
            reverts.AccessControlUnauthorizedAccount,
            account=people.carol.address,
            needed_role=unfounded.canceller_role(),
        ):
            unfounded.cancel(unfounded.constitution(), sender=people.carol)

    def test_membership_is_set_by_itself_and_once(self, market, people, decide):
        with refused(reverts.MembershipNotSettable, caller=people.administrator.address):
            market.authority.set_membership(market.vault.address, sender=people.administrator)
        with pytest.raises(reverts.MembershipNotSettable):
            decide("Authority", "setMembership", market.vault.address)
        assert market.authority.membership() == market.membership.address


class TestCancelling:
    @pytest.fixture
    def operation(self, market, people):
        return propose(market, Call("Vault", "resumeDeposits", ()), sender=people.administrator)

    def test_by_a_regulator(self, market, people, operation):
        receipt = market.authority.cancel(operation, sender=people.regulator)
        check_event(receipt, "Cancelled", id=operation)
        assert not market.authority.is_operation(operation)

    def test_not_by_who_proposed_it(self, market, people, operation):
        with refused(
            reverts.AccessControlUnauthorizedAccount,
            account=people.administrator.address,
            needed_role=market.authority.canceller_role(),
        ):
            market.authority.cancel(operation, sender=people.administrator)

    def test_a_suspended_regulator_has_no_veto(self, market, people, operation, admit, decide):
        second = admit(people.alice)
        decide("Membership", "grantRoles", second, int(Role.REGULATOR))
        first = market.membership.standing_of(people.regulator.address).member
        market.membership.suspend(first, "obstruction", sender=people.alice)
        assert market.membership.standing_of(people.regulator.address).status == Status.SUSPENDED
        with refused(
            reverts.AccessControlUnauthorizedAccount,
            account=people.regulator.address,
            needed_role=market.authority.canceller_role(),
        ):
            market.authority.cancel(operation, sender=people.regulator)


def test_nothing_is_sooner_than_the_delay(market, people):
    call = Call("Vault", "resumeDeposits", ())
    payload = bytes.fromhex(market.vault.raw.encode_abi(call.function)[2:])
    rest = (market.vault.address, 0, payload, NONE, NONE)
    with refused(reverts.TimelockInsufficientDelay, delay=59, min_delay=60):
        market.authority.schedule(*rest, 59, sender=people.administrator)
    market.authority.schedule(*rest, 60, sender=people.administrator)
    pass_time(30)
    with pytest.raises(reverts.TimelockUnexpectedOperationState):
        market.authority.execute(*rest, sender=people.stranger)
    pass_time(30)
    market.authority.execute(*rest, sender=people.stranger)

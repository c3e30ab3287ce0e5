"""PP: issued through a port per reason, once per source, within an epoch's budget; used up with a reference."""

import pytest

from tests.assertions import check_event, pass_time, refused
from wattbook.contracts import reverts

# Which none of the contracts issues for.
REASON = 7
SOURCE = b"\3" * 32
BILL = b"\4" * 32
EPOCH = 2_592_000


@pytest.fixture
def points(market):
    return market.power_points


@pytest.fixture
def epoch(points):
    return points.current_epoch()


@pytest.fixture
def port(people, decide, epoch):
    """An account with the port for REASON and a budget of 100 points from this epoch on."""
    decide("PowerPoints", "setPort", REASON, people.module.address)
    decide("PowerPoints", "setBudget", REASON, epoch, 100)
    return people.module


def test_it_is_a_token_of_whole_points(points):
    assert (points.function("symbol").call(), points.decimals()) == ("PP", 0)


def test_epochs_count_from_the_beginning_of_unix_time(market, points):
    assert points.epoch_length() == EPOCH
    assert points.current_epoch() == market.chain.now // EPOCH


class TestIssue:
    def test_rewards_several_accounts_for_one_source(self, points, alice, bob, port, epoch):
        receipt = points.issue(REASON, SOURCE, epoch, [alice.address, bob.address], [50, 30], sender=port)
        check_event(
            receipt,
            "Issued",
            reason=REASON,
            source=SOURCE,
            epoch=epoch,
            accounts=[alice.address, bob.address],
            amounts=[50, 30],
        )
        assert (points.balance_of(alice.address), points.balance_of(bob.address)) == (50, 30)
        assert points.issued_in(REASON, epoch) == points.total_supply() == 80
        assert points.is_source_used(REASON, SOURCE)

    def test_source_twice(self, points, alice, port, epoch):
        points.issue(REASON, SOURCE, epoch, [alice.address], [1], sender=port)
        with refused(reverts.SourceUsed, reason=REASON, source=SOURCE):
            points.issue(REASON, SOURCE, epoch, [alice.address], [1], sender=port)

    def test_one_source_may_count_for_two_reasons(self, points, people, alice, port, epoch, decide):
        decide("PowerPoints", "setPort", 4, people.other_module.address)
        decide("PowerPoints", "setBudget", 4, epoch, 10)
        points.issue(REASON, SOURCE, epoch, [alice.address], [1], sender=port)
        points.issue(4, SOURCE, epoch, [alice.address], [2], sender=people.other_module)
        assert points.balance_of(alice.address) == 3

    def test_the_whole_budget_and_no_more(self, points, alice, port, epoch):
        points.issue(REASON, SOURCE, epoch, [alice.address], [99], sender=port)
        with refused(reverts.BudgetExceeded, reason=REASON, epoch=epoch, left=1, asked=2):
            points.issue(REASON, BILL, epoch, [alice.address], [2], sender=port)
        points.issue(REASON, BILL, epoch, [alice.address], [1], sender=port)
        assert points.total_supply() == 100

    def test_without_budget(self, points, people, alice, decide, epoch):
        decide("PowerPoints", "setPort", 9, people.module.address)
        with refused(reverts.BudgetExceeded, reason=9, epoch=epoch, left=0, asked=1):
            points.issue(9, SOURCE, epoch, [alice.address], [1], sender=people.module)

    def test_for_an_epoch_that_is_over(self, points, alice, port, epoch):
        pass_time(EPOCH)
        points.issue(REASON, SOURCE, epoch, [alice.address], [100], sender=port)
        points.issue(REASON, BILL, epoch + 1, [alice.address], [100], sender=port)
        assert points.issued_in(REASON, epoch) == points.issued_in(REASON, epoch + 1) == 100

    def test_for_an_epoch_that_has_not_begun(self, points, alice, port, epoch):
        with refused(reverts.EpochNotOpen, epoch=epoch + 1, current=epoch):
            points.issue(REASON, SOURCE, epoch + 1, [alice.address], [1], sender=port)

    def test_without_the_port(self, points, alice, port, epoch):
        with refused(reverts.NotPortHolder, reason=REASON, caller=alice.address):
            points.issue(REASON, SOURCE, epoch, [alice.address], [1], sender=alice)

    def test_through_the_port_of_another_reason(self, points, alice, port, epoch):
        with refused(reverts.NotPortHolder, reason=REASON + 1, caller=port.address):
            points.issue(REASON + 1, SOURCE, epoch, [alice.address], [1], sender=port)

    def test_after_the_port_was_taken_away(self, points, alice, port, epoch, decide):
        decide("PowerPoints", "setPort", REASON, "0x" + "00" * 20)
        with refused(reverts.NotPortHolder, reason=REASON, caller=port.address):
            points.issue(REASON, SOURCE, epoch, [alice.address], [1], sender=port)

    def test_without_source(self, points, alice, port, epoch):
        with refused(reverts.EmptyReference):
            points.issue(REASON, bytes(32), epoch, [alice.address], [1], sender=port)

    @pytest.mark.parametrize(("accounts", "amounts"), [(1, 2), (2, 1), (0, 0)])
    def test_lists_that_do_not_match(self, points, alice, port, epoch, accounts, amounts):
        with refused(reverts.ListsDiffer, accounts=accounts, amounts=amounts):
            points.issue(REASON, SOURCE, epoch, [alice.address] * accounts, [1] * amounts, sender=port)

    def test_to_a_stranger(self, points, people, port, epoch):
        with refused(reverts.NotMember, account=people.stranger.address):
            points.issue(REASON, SOURCE, epoch, [people.stranger.address], [1], sender=port)

    def test_to_a_suspended_member(self, market, points, people, alice, port, epoch):
        member = market.membership.standing_of(alice.address).member
        market.membership.suspend(member, "audit", sender=people.regulator)
        points.issue(REASON, SOURCE, epoch, [alice.address], [1], sender=port)
        assert points.balance_of(alice.address) == 1


class TestBudget:
    def test_holds_from_its_epoch_on(self, points, port, epoch, decide):
        decide("PowerPoints", "setBudget", REASON, epoch + 1, 7)
        assert [points.budget_of(REASON, epoch + i) for i in range(-1, 4)] == [0, 100, 7, 7, 7]

    def test_lowered_below_what_was_issued(self, points, alice, port, epoch, decide):
        points.issue(REASON, SOURCE, epoch, [alice.address], [60], sender=port)
        decide("PowerPoints", "setBudget", REASON, epoch, 50)
        with refused(reverts.BudgetExceeded, reason=REASON, epoch=epoch, left=0, asked=1):
            points.issue(REASON, BILL, epoch, [alice.address], [1], sender=port)

    @pytest.mark.parametrize("distance", [-1, 2])
    def test_of_any_but_this_epoch_and_the_next(self, port, as_authority, epoch, distance):
        """One set far ahead could never be changed before."""
        with refused(reverts.EpochNotOpen, epoch=epoch + distance, current=epoch):
            as_authority("PowerPoints", "setBudget", REASON, epoch + distance, 5)

    def test_the_first_may_be_of_an_epoch_that_is_over(self, points, epoch, decide):
        """Whoever founds a market does not know when."""
        decide("PowerPoints", "setBudget", REASON, 0, 5)
        assert points.budget_of(REASON, 0) == points.budget_of(REASON, epoch) == 5

    def test_before_a_later_one(self, as_authority, epoch, decide):
        decide("PowerPoints", "setBudget", REASON, epoch + 1, 7)
        with refused(reverts.BudgetOutOfOrder, reason=REASON, from_epoch=epoch, latest=epoch + 1):
            as_authority("PowerPoints", "setBudget", REASON, epoch, 5)

    def test_only_by_the_authority(self, points, people, epoch):
        with refused(reverts.NotAuthority, caller=people.administrator.address):
            points.set_budget(REASON, epoch, 5, sender=people.administrator)
        with refused(reverts.NotAuthority, caller=people.administrator.address):
            points.set_port(REASON, people.module.address, sender=people.administrator)

    def test_events(self, market, points, epoch, decide, people):
        begun = market.chain.web3.eth.block_number + 1
        decide("PowerPoints", "setPort", REASON, people.module.address)
        decide("PowerPoints", "setBudget", REASON, epoch, 5)
        raw = points.raw.events
        assert [dict(log["args"]) for log in raw.PortSet().get_logs(from_block=begun)] == [
            {"reason": REASON, "issuer": people.module.address}
        ]
        assert [dict(log["args"]) for log in raw.BudgetSet().get_logs(from_block=begun)] == [
            {"reason": REASON, "fromEpoch": epoch, "amount": 5}
        ]


class TestUse:
    @pytest.fixture
    def holder(self, points, alice, port, epoch):
        points.issue(REASON, SOURCE, epoch, [alice.address], [40], sender=port)
        return alice

    def test_own_points(self, points, holder):
        receipt = points.use(holder.address, 15, BILL, sender=holder)
        check_event(
            receipt,
            "Used",
            account=holder.address,
            by=holder.address,
            amount=15,
            useReference=BILL,
        )
        assert points.balance_of(holder.address) == points.total_supply() == 25

    def test_under_an_allowance(self, points, people, holder):
        points.approve(people.module.address, 20, sender=holder)
        points.use(holder.address, 15, BILL, sender=people.module)
        assert points.allowance(holder.address, people.module.address) == 5
        with refused(
            reverts.ERC20InsufficientAllowance,
            spender=people.module.address,
            allowance=5,
            needed=6,
        ):
            points.use(holder.address, 6, BILL, sender=people.module)

    def test_more_than_there_are(self, points, holder):
        with refused(reverts.ERC20InsufficientBalance, sender=holder.address, balance=40, needed=41):
            points.use(holder.address, 41, BILL, sender=holder)

    def test_none(self, points, holder):
        with refused(reverts.ZeroAmount):
            points.use(holder.address, 0, BILL, sender=holder)

    def test_without_reference(self, points, holder):
        with refused(reverts.EmptyReference):
            points.use(holder.address, 1, bytes(32), sender=holder)

    def test_are_transferable_between_members_only(self, points, people, holder, bob):
        points.transfer(bob.address, 10, sender=holder)
        assert points.balance_of(bob.address) == 10
        with refused(reverts.NotMember, account=people.stranger.address):
            points.transfer(people.stranger.address, 1, sender=holder)

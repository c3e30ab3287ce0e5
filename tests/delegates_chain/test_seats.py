"""Seats change one a block and a few an epoch, by whom the contracts say."""

import pytest

from tests.assertions import refused
from tests.delegates_chain.stand import NOBODY, Stand
from wattbook.contracts import reverts
from wattbook.contracts.structs import Work
from wattbook.deployment.local import known_account
from wattbook.points.reasons import Reason
from wattbook.trial.blocks import Log, message


def lower(*accounts: str) -> tuple[str, ...]:
    return tuple(account.lower() for account in accounts)


@pytest.fixture
def founders(stand: Stand) -> list[str]:
    """The four of the first block."""
    return list(stand.electing.market.validator_set.get_validators())


@pytest.fixture
def opened(stand: Stand) -> list[str]:
    """Five who were elected into the seats of the four."""
    stand.stand(5)
    stand.electing.open()
    return stand.nodes[:5]


class TestAnEpoch:
    def test_is_opened_once(self, stand: Stand, founders: list[str]) -> None:
        stand.stand(9)
        stand.electing.decide(stand.elections, "setSeats", 5)
        stand.electing.next_epoch()
        epoch = stand.electing.epoch
        opened = (epoch, 5, lower(*stand.nodes[:5]), lower(*stand.nodes[5:]))
        assert stand.told(stand.delegates, "openEpoch", stand.anybody) == (Log("EpochOpened", opened),)
        assert (stand.delegates.opened_epoch(), stand.delegates.seats_elected()) == (epoch, 5)
        with refused(reverts.EpochIsOpen, epoch=epoch):
            stand.send(stand.delegates, "openEpoch", stand.anybody)

    def test_without_four_leaves_all_as_it_is(self, stand: Stand, founders: list[str]) -> None:
        stand.stand(3)
        stand.electing.open()
        assert stand.delegates.target() == founders
        assert stand.told(stand.delegates, "changeSeat", stand.anybody) == ()

    def test_that_is_not_opened_changes_no_seat(self, stand: Stand, opened: list[str]) -> None:
        stand.electing.next_epoch()
        with refused(reverts.EpochNotOpened, epoch=stand.electing.epoch):
            stand.send(stand.delegates, "changeSeat", stand.anybody)


class TestASeat:
    def test_goes_to_who_was_elected(self, stand: Stand, founders: list[str], opened: list[str]) -> None:
        before = stand.delegates.changes()
        assert stand.told(stand.delegates, "changeSeat", stand.anybody) == (
            Log("SeatChanged", (*lower(founders[3], opened[0]), 4)),
        )
        assert stand.delegates.changes() == before + 1
        for account, was, is_now in ((founders[3], True, False), (opened[0], False, True), (founders[0], True, True)):
            assert stand.delegates.was_seated(account, before) is was
            assert stand.delegates.was_seated(account, before + 1) is is_now
        assert stand.told(stand.delegates, "changeSeat", stand.anybody) == ()

    def test_does_not_go_to_who_stands_no_longer(self, stand: Stand, founders: list[str], opened: list[str]) -> None:
        """Expelled, resigned, or without a stake since the election: the next one has it."""
        regulator = known_account("regulator").address
        stand.send(stand.electing.market.membership, "expel", regulator, stand.member(opened[0]), "a thief")
        stand.send(stand.elections, "resign", opened[1], opened[1])
        stand.send(stand.delegates, "condemn", stand.watch, opened[2], True)
        stand.send(stand.delegates, "changeSeat", stand.anybody)
        assert stand.electing.market.validator_set.get_validators() == [*founders[:3], opened[3]]

    def test_of_a_removed_one_goes_to_none_of_them_either(self, stand: Stand, founders: list[str]) -> None:
        """Too few stand now for another election; those who waited are still known."""
        stand.stand(5)
        stand.electing.decide(stand.elections, "setSeats", 4)
        stand.electing.open()
        for one in (stand.nodes[0], stand.nodes[1], stand.nodes[4]):
            stand.send(stand.elections, "resign", one, one)
        stand.electing.open()
        stand.electing.open()
        stand.send(stand.elections, "returnStake", stand.anybody, stand.nodes[4])
        for place in (0, 1, 2):
            stand.send(stand.delegates, "condemn", stand.watch, founders[place], False)
        for _ in range(4):
            stand.send(stand.delegates, "changeSeat", stand.anybody)
            stand.electing.open()
        assert stand.delegates.standby() == stand.nodes[4:5]
        seated = [one for one in stand.nodes if stand.delegates.is_seated(one)]
        assert seated == stand.nodes[2:4] and stand.delegates.seat_count() == 4

    def test_holds_the_stake_of_who_has_it(self, stand: Stand, founders: list[str], opened: list[str]) -> None:
        """However long ago he resigned: what he does is still to come to light."""
        node = opened[0]
        stand.send(stand.delegates, "changeSeat", stand.anybody)
        stand.send(stand.elections, "resign", node, node)
        for _ in range(3):
            stand.electing.next_epoch()
        assert stand.delegates.is_seated(node)
        with refused(reverts.StakeIsHeld, candidate=node):
            stand.send(stand.elections, "returnStake", stand.anybody, node)

    def test_changes_once_a_block(self, stand: Stand, founders: list[str], opened: list[str]) -> None:
        """Though a removal and an election are due."""
        stand.send(stand.delegates, "condemn", stand.watch, founders[0], False)
        change = message(stand.delegates, "changeSeat", stand.anybody)
        validators, number = stand.electing.market.validator_set, stand.electing.market.chain.web3.eth.block_number
        # Of the second, which is refused, it is asked afterwards why.
        with refused(reverts.OneABlock, block_number=number + 1):
            stand.electing.blocks.mine([change, change])
        assert validators.changed_in() == number + 1
        assert len(set(founders) - set(validators.get_validators())) == 1
        assert len(stand.told(stand.delegates, "changeSeat", stand.anybody)) == 1

    def test_of_four_is_kept_until_another_can_have_it(self, stand: Stand, founders: list[str]) -> None:
        said = stand.told(stand.delegates, "condemn", stand.watch, founders[1], False)
        assert said == (Log("Condemned", (*lower(founders[1]), False)),)
        stand.electing.open()
        assert stand.told(stand.delegates, "changeSeat", stand.anybody) == ()
        assert stand.delegates.leaving() == [founders[1]] and stand.delegates.is_leaving(founders[1])
        stand.stand(4)
        stand.electing.open()
        logs = stand.told(stand.delegates, "changeSeat", stand.anybody)
        assert logs == (Log("SeatChanged", (*lower(founders[1], stand.nodes[0]), 4)),)
        assert stand.delegates.leaving() == []

    def test_who_may_change_it(self, stand: Stand, founders: list[str]) -> None:
        for sender in (stand.stranger, stand.authority, founders[0]):
            with refused(reverts.NotWatch, caller=sender):
                stand.send(stand.delegates, "condemn", sender, founders[0], False)
        with refused(reverts.WatchAlreadySet, watch=stand.watch):
            stand.electing.decide(stand.delegates, "setWatch", stand.stranger)
        for function, argument in (("setWatch", stand.stranger), ("readmit", founders[0])):
            with refused(reverts.NotAuthority, caller=stand.stranger):
                stand.send(stand.delegates, function, stand.stranger, argument)

    def test_readmission(self, stand: Stand, founders: list[str]) -> None:
        node = stand.nodes[0]
        with refused(reverts.NotAbnormal, account=node):
            stand.electing.decide(stand.delegates, "readmit", node)
        stand.send(stand.delegates, "condemn", stand.watch, node, False)
        stand.stand(5)
        stand.electing.open()
        assert stand.delegates.target() == stand.nodes[1:5]
        assert stand.electing.decide(stand.delegates, "readmit", node).logs == (Log("Readmitted", lower(node)),)
        stand.electing.open()
        assert stand.delegates.target() == stand.nodes[:5]
        stand.send(stand.delegates, "condemn", stand.watch, founders[0], False)
        with refused(reverts.NotAbnormal, account=founders[0]):
            stand.electing.decide(stand.delegates, "readmit", founders[0])


class TestBlocks:
    @pytest.fixture
    def epoch(self, stand: Stand) -> int:
        stand.stand(4)
        points, reason = stand.electing.market.power_points, int(Reason.BOOKKEEPING)
        stand.vote(stand.voters[0], stand.nodes[0], 3)
        stand.vote(stand.voters[1], stand.nodes[0], 1)
        stand.electing.open()
        stand.electing.decide(points, "setBudget", reason, stand.electing.epoch, 10**6)
        stand.send(stand.delegates, "changeSeat", stand.anybody)
        return stand.electing.epoch

    def test_count_once_and_for_delegates(self, stand: Stand, founders: list[str], epoch: int) -> None:
        node, poke = stand.nodes[0], message(stand.delegates, "poke", stand.anybody)
        stand.electing.made_by(node)
        first, second = stand.electing.blocks.mine([poke, poke])
        assert (first.logs, second.logs) == ((Log("BlockCounted", (epoch, *lower(node))),), ())
        for proposer in (stand.stranger, founders[3], NOBODY):
            stand.electing.made_by(proposer)
            assert stand.electing.blocks.mine([poke])[0].logs == ()
        counted = stand.delegates.blocks_of(epoch)
        number = stand.electing.market.chain.web3.eth.block_number - 3
        assert (counted.counted, counted.first, counted.last, counted.rewarded) == (1, number, number, False)
        assert stand.delegates.work_of(epoch, node) == Work(0, 1)
        stand.electing.propose([founders[0]] * 3)
        assert stand.delegates.work_of(epoch, node) == Work(1, 1)
        assert stand.delegates.work_of(epoch, founders[1]) == Work(1, 0)
        assert stand.delegates.work_of(epoch, founders[3]) == stand.delegates.work_of(epoch - 1, node) == Work(0, 0)
        assert stand.delegates.proposers_of(epoch) == [node, founders[0]]

    def test_before_he_came_and_after_he_went_are_not_his_turn(self, stand: Stand, founders: list[str]) -> None:
        stand.stand(4)
        stand.electing.open()
        epoch, [node, *_], last = stand.electing.epoch, stand.nodes, founders[3]
        stand.electing.propose([founders[0]] * 8)
        stand.send(stand.delegates, "changeSeat", stand.anybody)
        found = [stand.delegates.work_of(epoch, one) for one in (node, last, founders[0])]
        assert found == [Work(0, 0), Work(2, 0), Work(2, 8)]
        stand.electing.propose([founders[0]] * 4)
        found = [stand.delegates.work_of(epoch, one) for one in (node, last, founders[0])]
        assert found == [Work(1, 0), Work(2, 0), Work(3, 12)]

    def test_earn_points(self, stand: Stand, founders: list[str], epoch: int) -> None:
        """Of who is no member they stay in the budget; of who has no voters the voters' part does."""
        node, [voter, other, _] = stand.nodes[0], stand.voters
        stand.electing.propose([node, founders[0], node])
        points = stand.electing.market.power_points
        with refused(reverts.EpochGoesOn, epoch=epoch, current=epoch):
            stand.electing.reward(epoch)
        stand.electing.next_epoch()
        with refused(reverts.NothingEarned, epoch=epoch):
            stand.send(stand.delegates, "rewardVoter", stand.anybody, epoch, 0)
        logs = stand.told(stand.delegates, "reward", stand.anybody, epoch)
        assert logs[0] == Log("EpochRewarded", (epoch, lower(node, founders[0]), (400, 200)))
        assert [log.args for log in logs if log.name == "Transfer"] == [(*lower(NOBODY, node), 280)]
        assert points.issued_in(int(Reason.BOOKKEEPING), epoch) == 280
        assert stand.delegates.voters_part_of(epoch, node) == 120
        assert stand.delegates.voters_part_of(epoch, founders[0]) == 0
        with refused(reverts.EpochIsRewarded, epoch=epoch):
            stand.electing.reward(epoch)
        said = stand.told(stand.delegates, "rewardVoter", stand.anybody, epoch, 0)
        assert said[0] == Log("VoterRewarded", (epoch, 0, *lower(voter), 90))
        stand.send(stand.delegates, "rewardVoter", stand.anybody, epoch, 1)
        assert [points.balance_of(one) for one in (node, voter, other)] == [280, 90, 30]
        with refused(reverts.NothingEarned, epoch=epoch):
            stand.send(stand.delegates, "rewardVoter", stand.anybody, epoch, 2)

    def test_of_no_epoch(self, stand: Stand, epoch: int) -> None:
        stand.electing.next_epoch()
        with refused(reverts.NothingEarned, epoch=epoch):
            stand.electing.reward(epoch)

    def test_without_the_port(self, stand: Stand, epoch: int) -> None:
        reason = int(Reason.BOOKKEEPING)
        stand.electing.propose([stand.nodes[0]])
        stand.electing.decide(stand.electing.market.power_points, "setPort", reason, known_account("grid").address)
        stand.electing.next_epoch()
        with refused(reverts.NotPortHolder, reason=reason, caller=stand.delegates.address):
            stand.electing.reward(epoch)

"""Who stands, who votes, and what is counted."""

from pathlib import Path

import pytest
from coincurve import PrivateKey

from tests.assertions import FAR, refused
from tests.delegates_chain.stand import NOBODY, Stand
from tests.watch_chain.bench import two_seals
from wattbook.contracts import reverts
from wattbook.contracts.structs import Application, Ballot, CertificateStatus, Poll, Status, Tally
from wattbook.deployment.local import known_account
from wattbook.eip712 import sign_action
from wattbook.roles import MARKET_ROLES
from wattbook.trial.blocks import Log
from wattbook.trial.electing import elected_on_chain, rewarded_on_chain
from wattbook.vectors.check import Check, read
from wattbook.vectors.governance import checks_of

FOR_GOOD = 2**32 - 1
DAY = 86_400
FILE = Path(__file__).parents[1] / "vectors" / "governance.json"


def prove(stand: Stand, node: str) -> None:
    """That it sealed two blocks."""
    key = PrivateKey(bytes(stand.electing.park.keys[node].key))
    stand.send(stand.electing.market.watch, "proveEquivocation", stand.anybody, *two_seals(key))


@pytest.mark.parametrize("name", ["elections", "rewards"])
def test_the_vectors(stand: Stand, name: str) -> None:
    electing = stand.electing
    runs = {
        "elections": lambda case: elected_on_chain(electing, case),
        "rewards": lambda case: rewarded_on_chain(electing, case),
    }
    file = read(FILE)
    found = list(checks_of(file, {name: runs[name]}))
    assert len(found) == len(file.data[name])
    assert [check for check in found if not isinstance(check, Check) or not check.agrees] == []


class TestStanding:
    def test_is_told(self, stand: Stand) -> None:
        node, stake = stand.nodes[0], stand.stakes[stand.nodes[0]]
        expires = min(stand.certificates.certificate_of(id).expires for id in stake)
        registered = stand.elections.candidacy_of(node).registered
        assert registered == 0
        logs = stand.told(stand.elections, "register", node, node, stake)
        known = stand.elections.candidacy_of(node)
        assert logs == (
            Log("CertificatesLocked", (node.lower(), tuple(stake), FOR_GOOD)),
            Log("CandidateRegistered", (node.lower(), stand.owner(node), known.registered, expires, tuple(stake))),
        )
        assert (known.owner, known.staked_until, known.resigned_in) == (stand.owner(node), expires, 0)
        assert stand.elections.candidates()[known.place - 1] == node
        assert stand.elections.candidate_of(stand.owner(node)) == node
        assert stand.elections.stake_of(node) == stake

    def test_once_for_an_owner(self, stand: Stand) -> None:
        [node, other, *_] = stand.nodes
        membership, registrar = stand.electing.market.membership, known_account("registrar").address
        stand.send(membership, "changeOwner", registrar, stand.member(other), stand.member(node))
        stand.stand(1)
        with refused(reverts.OwnerStands, owner=stand.owner(node), candidate=node):
            stand.send(stand.elections, "register", other, other, stand.stakes[other])

    def test_for_another_account_of_the_member(self, stand: Stand) -> None:
        node, stake = stand.nodes[0], stand.stakes[stand.nodes[0]]
        for account in (stand.nodes[1], stand.electing.market.vault.address):
            with refused(reverts.OtherMember, account=account):
                stand.send(stand.elections, "register", node, account, stake)
        with refused(reverts.NotMember, account=NOBODY):
            stand.send(stand.elections, "register", node, NOBODY, stake)
        regulator = known_account("regulator").address
        stand.send(stand.electing.market.membership, "suspend", regulator, stand.member(node), "an inquiry")
        with refused(reverts.NotActive, account=node, status=2):
            stand.send(stand.elections, "register", node, node, stake)

    def test_with_so_many_certificates(self, stand: Stand) -> None:
        node = stand.nodes[0]
        for count in (0, 4, 6):
            with refused(reverts.WrongStake, given=count, needed=5):
                stand.send(stand.elections, "register", node, node, (stand.stakes[node] + stand.held[node])[:count])
        others = stand.stakes[stand.nodes[1]]
        with refused(reverts.ERC721IncorrectOwner, sender=node, token_id=others[0], owner=stand.nodes[1]):
            stand.send(stand.elections, "register", node, node, others)

    def test_with_a_new_stake(self, stand: Stand) -> None:
        node = stand.nodes[0]
        stand.stand(1)
        before = stand.elections.candidacy_of(node)
        stake = stand.held[node]
        logs = stand.told(stand.elections, "register", node, node, stake)
        old = tuple(stand.stakes[node])
        assert logs[:2] == (Log("CertificatesReleased", (old,)), Log("StakeReturned", (node.lower(), old)))
        known = stand.elections.candidacy_of(node)
        assert (known.registered, known.place) == (before.registered, before.place)
        assert stand.elections.stake_of(node) == stake
        stand.send(stand.certificates, "transferFrom", node, node, stand.voters[0], old[0])

    def test_no_longer_when_the_stake_expires_before_the_next_epoch_ends(self, stand: Stand) -> None:
        stand.stand(1)
        [node, other, *_], seconds = stand.nodes, stand.electing.seconds
        last = stand.elections.candidacy_of(node).staked_until // seconds - 2
        stand.electing.blocks.mine([], last * seconds)
        stand.stand_anew(other)
        assert tuple(stand.elections.order_of(last)) == ([node, other], 2)
        assert stand.electing.next_epoch() == last + 1
        assert tuple(stand.elections.order_of(last)) == ([other], 1)
        assert [stand.elections.stands(one) for one in (node, other)] == [False, True]

    def test_with_a_stake_that_lasts_for_two_more_epochs(self, stand: Stand) -> None:
        node, seconds = stand.nodes[0], stand.electing.seconds
        until = min(stand.certificates.certificate_of(id).expires for id in stand.stakes[node])
        last = until // seconds - 3
        stand.electing.blocks.mine([], (last + 1) * seconds)
        with refused(reverts.StakeTooShort, until=until, least=(last + 4) * seconds):
            stand.stand(1)

    def test_until_then_with_a_stake_that_lasts_as_long(self, stand: Stand) -> None:
        node, seconds = stand.nodes[0], stand.electing.seconds
        until = min(stand.certificates.certificate_of(id).expires for id in stand.stakes[node])
        last = until // seconds - 3
        stand.electing.blocks.mine([], last * seconds)
        stand.stand(1)
        assert stand.elections.stands(node)

    def test_with_a_new_stake_that_expires_no_sooner(self, stand: Stand) -> None:
        node, c = stand.nodes[0], stand.certificates
        stand.electing.stand([node], {node: stand.held[node]})
        before = stand.elections.candidacy_of(node).staked_until
        until = min(c.certificate_of(id).expires for id in stand.stakes[node])
        assert until < before
        with refused(reverts.StakeTooShort, until=until, least=before):
            stand.send(stand.elections, "register", node, node, stand.stakes[node])

    def test_with_no_new_stake_when_accused_or_condemned(self, stand: Stand) -> None:
        node = stand.nodes[0]
        stand.stand(1)
        prove(stand, node)
        assert stand.delegates.is_accused(node)
        with refused(reverts.StakeIsHeld, candidate=node):
            stand.send(stand.elections, "register", node, node, stand.held[node])
        stand.electing.blocks.mine([], stand.electing.blocks.now + DAY)
        assert not stand.delegates.is_accused(node)
        with stand.undone():
            stand.send(stand.elections, "register", node, node, stand.held[node])
        stand.send(stand.delegates, "condemn", stand.watch, node, False)
        with refused(reverts.StakeIsHeld, candidate=node):
            stand.send(stand.elections, "register", node, node, stand.held[node])

    def test_no_longer_as_another_owners(self, stand: Stand) -> None:
        """Whose second candidate he would be."""
        stand.stand(2)
        [node, other, *_] = stand.nodes
        membership, registrar = stand.electing.market.membership, known_account("registrar").address
        stand.send(membership, "changeOwner", registrar, stand.member(node), stand.member(other))
        assert tuple(stand.elections.order_of(stand.electing.epoch)) == ([other], 1)

    def test_no_longer_when_suspended(self, stand: Stand) -> None:
        stand.stand(2)
        regulator = known_account("regulator").address
        member = stand.member(stand.nodes[0])
        stand.send(stand.electing.market.membership, "suspend", regulator, member, "an inquiry")
        assert tuple(stand.elections.order_of(stand.electing.epoch)) == ([stand.nodes[1]], 1)

    def test_ends(self, stand: Stand) -> None:
        stand.stand(3)
        [node, second, third, *_] = stand.nodes
        with refused(reverts.OtherMember, account=node):
            stand.send(stand.elections, "resign", stand.stranger, node)
        with refused(reverts.NoCandidate, account=stand.stranger):
            stand.send(stand.elections, "resign", stand.stranger, stand.stranger)
        with refused(reverts.StakeIsHeld, candidate=node):
            stand.send(stand.elections, "returnStake", node, node)
        epoch = stand.electing.epoch
        assert stand.told(stand.elections, "resign", node, node) == (Log("CandidateResigned", (node.lower(), epoch)),)
        assert stand.elections.candidates() == [third, second]
        assert [stand.elections.candidacy_of(one).place for one in (node, second, third)] == [0, 2, 1]
        with refused(reverts.OwnerStands, owner=stand.owner(node), candidate=node):
            stand.send(stand.elections, "register", node, node, stand.held[node])
        stand.electing.next_epoch()
        with refused(reverts.StakeIsHeld, candidate=node):
            stand.send(stand.elections, "returnStake", stand.anybody, node)
        stand.electing.next_epoch()
        stake = tuple(stand.stakes[node])
        assert stand.told(stand.elections, "returnStake", stand.anybody, node) == (
            Log("CertificatesReleased", (stake,)),
            Log("StakeReturned", (node.lower(), stake)),
        )
        stand.send(stand.elections, "register", node, node, list(stake))
        assert stand.elections.candidacy_of(node).registered > stand.elections.candidacy_of(third).registered

    def test_does_not_end_by_a_lost_key(self, stand: Stand) -> None:
        stand.stand(1)
        node, new, epoch = stand.nodes[0], "0x" + "4f" * 20, stand.electing.epoch
        stand.electing.decide(stand.electing.market.membership, "decideRecovery", node, new)
        with refused(reverts.NotActive, account=node, status=Status.REPLACED):
            stand.send(stand.elections, "resign", node, node)
        assert stand.told(stand.elections, "resign", new, node) == (Log("CandidateResigned", (node.lower(), epoch)),)

    def test_a_condemned_one_has_his_stake_back_an_epoch_after_that(self, stand: Stand) -> None:
        """For his seat he needs the council; what is not slashed is his."""
        stand.stand(1)
        node = stand.nodes[0]
        stand.send(stand.elections, "resign", node, node)
        stand.electing.next_epoch()
        stand.send(stand.delegates, "condemn", stand.watch, node, False)
        stand.electing.next_epoch()
        with refused(reverts.StakeIsHeld, candidate=node):
            stand.send(stand.elections, "returnStake", stand.anybody, node)
        stand.electing.next_epoch()
        stand.send(stand.elections, "returnStake", stand.anybody, node)
        assert stand.delegates.is_abnormal(node)

    def test_an_accused_one_has_no_stake_back(self, stand: Stand) -> None:
        stand.stand(1)
        node = stand.nodes[0]
        stand.send(stand.elections, "resign", node, node)
        stand.electing.next_epoch()
        stand.electing.blocks.mine([], (stand.electing.epoch + 1) * stand.electing.seconds - DAY // 2)
        prove(stand, node)
        stand.electing.next_epoch()
        with refused(reverts.StakeIsHeld, candidate=node):
            stand.send(stand.elections, "returnStake", stand.anybody, node)
        with stand.undone():
            stand.electing.blocks.mine([], stand.electing.blocks.now + DAY // 2)
            stand.send(stand.elections, "returnStake", stand.anybody, node)
        # He has no seat, and counts all the same: all four must be for it.
        assert stand.electing.market.watch.suspicion_of(node).needed == 4
        for one in stand.electing.market.validator_set.get_validators():
            stand.send(stand.electing.market.watch, "vote", one, node, True)
        found = {stand.certificates.certificate_of(id).status for id in stand.stakes[node]}
        assert found == {CertificateStatus.SLASHED}

    def test_of_the_unfit_ends_by_anybody(self, stand: Stand) -> None:
        """Whose stake has expired or was lost, who is not active, or another owner's. It is held as after resigning."""
        stand.stand(4)
        [node, second, third, fourth, *_] = stand.nodes
        with refused(reverts.NoCandidate, account=stand.stranger):
            stand.send(stand.elections, "strike", stand.anybody, stand.stranger)
        membership, registrar = stand.electing.market.membership, known_account("registrar").address
        for spoil in (
            lambda: stand.send(stand.delegates, "condemn", stand.watch, node, True),
            lambda: stand.send(
                membership, "suspend", known_account("regulator").address, stand.member(node), "an inquiry"
            ),
            lambda: stand.send(membership, "changeOwner", registrar, stand.member(node), stand.member(second)),
            lambda: stand.electing.blocks.mine([], stand.elections.candidacy_of(node).staked_until),
        ):
            with stand.undone():
                with refused(reverts.StillFit, candidate=node):
                    stand.send(stand.elections, "strike", stand.anybody, node)
                spoil()
                epoch = stand.electing.epoch
                with refused(reverts.NotFit, candidate=node):
                    stand.send(stand.elections, "vote", stand.voters[0], epoch, node, stand.held[stand.voters[0]][:1])
                said = stand.told(stand.elections, "strike", stand.anybody, node)
                assert said == (Log("CandidateResigned", (node.lower(), epoch)),)
                assert stand.elections.candidates() == [fourth, second, third]
                with refused(reverts.StakeIsHeld, candidate=node):
                    stand.send(stand.elections, "returnStake", stand.anybody, node)
                stand.electing.next_epoch()
                stand.electing.next_epoch()
                stand.send(stand.elections, "returnStake", stand.anybody, node)
                assert stand.elections.candidate_of(stand.elections.candidacy_of(node).owner) == NOBODY

    def test_for_sixty_four(self, stand: Stand) -> None:
        park = stand.electing.park
        first = len(park.traders)
        park.have_traders(first + 65)
        people = park.traders[first:]
        del park.traders[first:]
        stakes = stand.electing.certificates(dict.fromkeys(people, 5))
        stand.electing.stand(people[:64], stakes)
        with refused(reverts.TooManyCandidates, most=64):
            stand.electing.stand(people[64:], stakes)
        with stand.undone():
            stand.electing.blocks.mine([], stand.elections.candidacy_of(people[63]).staked_until)
            for one in people[:64]:
                stand.send(stand.elections, "strike", stand.anybody, one)
            stand.stand_anew(people[64])
            assert stand.elections.candidates() == [people[64]]
        stand.electing.open()
        assert stand.delegates.target() == people[:7] and stand.delegates.standby() == people[7:64]


class TestVoting:
    def test_is_told(self, stand: Stand) -> None:
        stand.stand(2)
        [voter, other, _], [node, *_] = stand.voters, stand.nodes
        epoch, ids = stand.electing.epoch, stand.held[voter][:3]
        until = (epoch + 1) * stand.electing.seconds
        assert stand.told(stand.elections, "vote", voter, epoch, node, ids) == (
            Log("CertificatesLocked", (voter.lower(), tuple(ids), until)),
            Log("VoteCast", (epoch, voter.lower(), node.lower(), 0, tuple(ids))),
        )
        stand.vote(other, node, 2)
        number = stand.elections.candidacy_of(node).number
        assert stand.elections.ballot_at(epoch, 0) == Ballot(voter, number, 3, 0)
        assert stand.elections.ballot_at(epoch, 1) == Ballot(other, number, 2, 3)
        assert stand.elections.poll_of(epoch) == Poll(2, 0, 5_000_000)
        assert stand.elections.tally_of(epoch, node) == Tally(5, 0)
        assert stand.elections.has_voted(epoch, stand.owner(voter))
        assert not stand.elections.has_voted(epoch, stand.owner(stand.voters[2]))

    def test_signed(self, stand: Stand) -> None:
        stand.stand(1)
        key = stand.electing.park.keys[stand.voters[0]]
        epoch, ids = stand.electing.epoch, stand.held[key.address][:2]
        values = {"epoch": epoch, "candidate": stand.nodes[0], "ids": ids}
        auth = sign_action(stand.elections, "CastVote", key, values, nonce=7, deadline=FAR)
        logs = stand.told(stand.elections, "voteSigned", stand.anybody, epoch, stand.nodes[0], ids, auth)
        assert logs[0] == Log("NonceUsed", (key.address.lower(), 7))
        assert logs[2] == Log("VoteCast", (epoch, key.address.lower(), stand.nodes[0].lower(), 0, tuple(ids)))
        with refused(reverts.NonceAlreadyUsed, signer=key.address, nonce=7):
            stand.send(stand.elections, "voteSigned", stand.anybody, epoch, stand.nodes[0], ids, auth)
        other = sign_action(stand.elections, "CastVote", key, values, nonce=8, deadline=FAR)
        with refused(reverts.InvalidSignature, signer=key.address):
            stand.send(stand.elections, "voteSigned", stand.anybody, epoch, stand.nodes[0], ids[:1], other)

    def test_once_for_an_owner(self, stand: Stand) -> None:
        stand.stand(2)
        [voter, other, _], epoch = stand.voters, stand.electing.epoch
        membership, registrar = stand.electing.market.membership, known_account("registrar").address
        stand.send(membership, "changeOwner", registrar, stand.member(other), stand.member(voter))
        stand.vote(voter, stand.nodes[0], 1)
        for again in (voter, other):
            with refused(reverts.OwnerVotedBefore, owner=stand.owner(voter), epoch=epoch):
                stand.send(stand.elections, "vote", again, epoch, stand.nodes[1], stand.held[again][1:2])
        stand.electing.next_epoch()
        stand.vote(other, stand.nodes[1], 1)

    def test_once_for_a_member(self, stand: Stand) -> None:
        """Whatever owner is his when he votes again."""
        stand.stand(2)
        [voter, other, _], epoch = stand.voters, stand.electing.epoch
        membership, registrar = stand.electing.market.membership, known_account("registrar").address
        stand.vote(voter, stand.nodes[0], 1)
        stand.send(membership, "changeOwner", registrar, stand.member(voter), stand.member(other))
        with refused(reverts.OwnerVotedBefore, owner=stand.owner(other), epoch=epoch):
            stand.send(stand.elections, "vote", voter, epoch, stand.nodes[1], stand.held[voter][1:2])
        stand.vote(other, stand.nodes[1], 1)

    def test_after_the_epoch(self, stand: Stand) -> None:
        stand.stand(1)
        voter, epoch = stand.voters[0], stand.electing.epoch
        for other in (epoch - 1, epoch + 1):
            with refused(reverts.OtherEpoch, epoch=other, current=epoch):
                stand.send(stand.elections, "vote", voter, other, stand.nodes[0], stand.held[voter])
        stand.electing.blocks.mine([], (epoch + 1) * stand.electing.seconds - 1)
        with stand.undone():
            stand.send(stand.elections, "vote", voter, epoch, stand.nodes[0], stand.held[voter])
        stand.electing.next_epoch()
        with refused(reverts.OtherEpoch, epoch=epoch, current=epoch + 1):
            stand.send(stand.elections, "vote", voter, epoch, stand.nodes[0], stand.held[voter])

    def test_only_with_what_can_be_locked(self, stand: Stand) -> None:
        stand.stand(1)
        [voter, other, _], epoch = stand.voters, stand.electing.epoch
        id = stand.held[voter][0]
        cast = (stand.elections, "vote", voter, epoch, stand.nodes[0])
        with refused(reverts.NoWeight):
            stand.send(*cast, [])
        with refused(reverts.ERC721IncorrectOwner, sender=voter, token_id=stand.held[other][0], owner=other):
            stand.send(*cast, stand.held[other][:1])
        with refused(reverts.CertificateLocked, id=id, until=(epoch + 1) * stand.electing.seconds):
            stand.send(*cast, [id, id])
        with stand.undone():
            stand.send(stand.certificates, "retire", voter, id, (voter, 1, 2, "a bakery"))
            with refused(reverts.ERC721NonexistentToken, token_id=id):
                stand.send(*cast, [id])
        expires = stand.certificates.certificate_of(id).expires
        stand.electing.blocks.mine([], expires)
        stand.stand_anew(stand.nodes[1])
        with refused(reverts.CertificateExpired, id=id, expires=expires):
            stand.send(stand.elections, "vote", voter, stand.electing.epoch, stand.nodes[1], [id])

    def test_by_members_for_candidates(self, stand: Stand) -> None:
        stand.stand(1)
        voter, epoch = stand.voters[0], stand.electing.epoch
        with refused(reverts.NoCandidate, account=stand.nodes[1]):
            stand.send(stand.elections, "vote", voter, epoch, stand.nodes[1], stand.held[voter])
        vault = stand.electing.market.vault.address
        with refused(reverts.NotMember, account=vault):
            stand.send(stand.elections, "vote", vault, epoch, stand.nodes[0], stand.held[voter])
        application = Application(
            "0x" + "77" * 20, MARKET_ROLES, 0, stand.electing.blocks.now + 9, b"\1" * 32, b"\1" * 32
        )
        stand.send(stand.electing.market.membership, "admit", known_account("registrar").address, application)
        stand.electing.blocks.mine([], application.certified_until)
        with refused(
            reverts.CertificationExpired, account=application.account, certified_until=application.certified_until
        ):
            stand.send(stand.elections, "vote", application.account, epoch, stand.nodes[0], stand.held[voter])


class TestCounting:
    def test_a_fifth_of_all_is_the_most(self, stand: Stand) -> None:
        """In pieces, and no vote twice."""
        stand.stand(3)
        epoch, [first, second, third] = stand.electing.epoch, stand.voters
        with refused(reverts.EpochGoesOn, epoch=epoch, current=epoch):
            stand.send(stand.elections, "countVotes", stand.anybody, epoch, 1)
        stand.vote(first, stand.nodes[0], 7)
        stand.vote(second, stand.nodes[0], 1)
        stand.vote(third, stand.nodes[1], 3)
        stand.electing.next_epoch()
        with refused(reverts.NotCounted, epoch=epoch, left=3):
            stand.send(stand.delegates, "openEpoch", stand.anybody)
        said = [
            stand.told(stand.elections, "countVotes", stand.anybody, epoch, 2),
            stand.told(stand.elections, "countVotes", stand.anybody, epoch, 2),
            stand.told(stand.elections, "countVotes", stand.anybody, epoch, 2),
        ]
        assert said == [(Log("VotesCounted", (epoch, 0, 2)),), (Log("VotesCounted", (epoch, 2, 1)),), ()]
        assert stand.elections.poll_of(epoch) == Poll(3, 3, 11_000_000)
        scores = [stand.elections.tally_of(epoch, node).score for node in stand.nodes[:3]]
        assert scores == [3_200_000, 2_200_000, 0]


class TestWiring:
    def test_how_many_are_elected(self, stand: Stand) -> None:
        for seats in (0, 3, 22):
            with refused(reverts.WrongSeats, seats=seats):
                stand.electing.decide(stand.elections, "setSeats", seats)
        with refused(reverts.NotAuthority, caller=stand.stranger):
            stand.send(stand.elections, "setSeats", stand.stranger, 5)
        assert stand.electing.decide(stand.elections, "setSeats", 21).logs == (Log("SeatsSet", (21,)),)
        assert stand.elections.seats() == 21

    def test_its_delegates_are_named_once(self, stand: Stand) -> None:
        with refused(reverts.DelegatesAlreadySet, delegates=stand.delegates.address):
            stand.electing.decide(stand.elections, "setDelegates", stand.stranger)
        with refused(reverts.NotDelegates, caller=stand.watch):
            stand.send(stand.elections, "slash", stand.watch, stand.nodes[0])

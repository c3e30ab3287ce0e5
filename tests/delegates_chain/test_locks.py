"""Certificates that stand for a vote or a candidacy."""

import pytest

from tests.assertions import refused
from tests.delegates_chain.stand import NOBODY, Stand
from wattbook.contracts import reverts
from wattbook.contracts.structs import CertificateStatus, Retirement
from wattbook.trial.blocks import Log

FOR_GOOD = 2**32 - 1


@pytest.fixture
def voter(stand: Stand) -> str:
    """Who has locked the first of his certificates for a vote."""
    stand.stand(1)
    stand.vote(stand.voters[0], stand.nodes[0], 1)
    return stand.voters[0]


def end_of_epoch(stand: Stand) -> int:
    return (stand.electing.epoch + 1) * stand.electing.seconds


class TestALockedOne:
    def test_is_not_handed_on_retired_exported_or_taken_apart(self, stand: Stand, voter: str) -> None:
        id, until, to = stand.held[voter][0], end_of_epoch(stand), stand.voters[1]
        assert stand.certificates.certificate_of(id).locked_until == until
        retirement = Retirement(to, 1, 2, "a bakery")
        for function, arguments in (
            ("transferFrom", (voter, to, id)),
            ("retire", (id, retirement)),
            ("exportCertificate", (id, "another register")),
            ("unwrap", (stand.contents(id),)),
        ):
            with refused(reverts.CertificateLocked, id=id, until=until):
                stand.send(stand.certificates, function, voter, *arguments)
            if function != "unwrap":
                with stand.undone():
                    stand.electing.blocks.mine([], until)
                    stand.send(stand.certificates, function, voter, *arguments)
        stand.electing.blocks.mine([], until)
        stand.send(stand.certificates, "unwrap", voter, stand.contents(id))

    def test_has_no_second_lock(self, stand: Stand, voter: str) -> None:
        id, until = stand.held[voter][0], end_of_epoch(stand)
        ids = [id, *stand.held[voter][1:5]]
        with refused(reverts.CertificateLocked, id=id, until=until):
            stand.send(stand.elections, "register", voter, voter, ids)
        twice = [stand.held[voter][1]] * 5
        with refused(reverts.CertificateLocked, id=twice[0], until=FOR_GOOD):
            stand.send(stand.elections, "register", voter, voter, twice)

    def test_is_not_taken_apart_when_it_expires(self, stand: Stand) -> None:
        """What is at stake is lost all the same."""
        stand.stand(1)
        node = stand.nodes[0]
        id = stand.stakes[node][0]
        known = stand.certificates.certificate_of(id)
        assert known.locked_until == FOR_GOOD
        contents = stand.contents(id)
        stand.electing.blocks.mine([], known.expires)
        with refused(reverts.CertificateLocked, id=id, until=FOR_GOOD):
            stand.send(stand.certificates, "expire", stand.anybody, contents)
        stand.send(stand.delegates, "condemn", stand.watch, node, True)
        assert stand.certificates.certificate_of(id).status == CertificateStatus.SLASHED

    def test_does_not_vote_again_in_another(self, stand: Stand) -> None:
        """It expires in the epoch in which it voted; what of its energy has not would be wrapped anew."""
        stand.stand(1)
        voter, id = stand.voters[0], stand.held[stand.voters[0]][0]
        contents, expires = stand.contents(id), stand.certificates.certificate_of(id).expires
        stand.electing.blocks.mine([], expires - 1_000)
        until = end_of_epoch(stand)
        assert expires < until
        stand.stand_anew(stand.nodes[1])
        stand.vote(voter, stand.nodes[1], 1)
        stand.electing.blocks.mine([], expires)
        with refused(reverts.CertificateLocked, id=id, until=until):
            stand.send(stand.certificates, "expire", stand.anybody, contents)
        stand.electing.blocks.mine([], until)
        stand.send(stand.certificates, "expire", stand.anybody, contents)
        assert stand.certificates.certificate_of(id).status == CertificateStatus.UNWRAPPED

    def test_follows_its_holder_to_another_key(self, stand: Stand, voter: str) -> None:
        id, until, new = stand.held[voter][0], end_of_epoch(stand), "0x" + "4e" * 20
        stand.electing.decide(stand.electing.market.membership, "decideRecovery", voter, new)
        stand.send(stand.certificates, "recoverCertificates", stand.anybody, voter, [id])
        with refused(reverts.CertificateLocked, id=id, until=until):
            stand.send(stand.certificates, "transferFrom", new, new, stand.voters[1], id)


class TestWhoLocks:
    def test_nobody_but_elections(self, stand: Stand) -> None:
        voter = stand.voters[0]
        for function, arguments in (
            ("lock", (voter, stand.held[voter][:1], FOR_GOOD)),
            ("release", (stand.held[voter][:1],)),
            ("slash", (stand.held[voter][:1],)),
        ):
            for sender in (voter, stand.authority, stand.delegates.address):
                with refused(reverts.NotElections, caller=sender):
                    stand.send(stand.certificates, function, sender, *arguments)

    def test_they_are_named_once_by_the_authority(self, stand: Stand) -> None:
        with refused(reverts.NotAuthority, caller=stand.stranger):
            stand.send(stand.certificates, "setElections", stand.stranger, stand.stranger)
        with refused(reverts.ElectionsAlreadySet, elections=stand.elections.address):
            stand.electing.decide(stand.certificates, "setElections", stand.stranger)

    def test_a_slashed_one_is_nobodys(self, stand: Stand) -> None:
        stand.stand(1)
        [node, *_] = stand.nodes
        before = stand.electing.market.clean_energy.totals()
        balance = stand.certificates.balance_of(node)
        logs = stand.told(stand.delegates, "condemn", stand.watch, node, True)
        ended = [log for id in stand.stakes[node] for log in _ended(id, node)]
        assert logs == (*ended, Log("Condemned", (node.lower(), True)))
        for id in stand.stakes[node]:
            known = stand.certificates.certificate_of(id)
            assert (known.holder, known.status) == (node, CertificateStatus.SLASHED)
            with refused(reverts.ERC721NonexistentToken, token_id=id):
                stand.certificates.owner_of(id)
        after = stand.electing.market.clean_energy.totals()
        assert after == before._replace(wholes=before.wholes - 5_000_000, expired=before.expired + 5_000_000)
        assert stand.certificates.balance_of(node) == balance - 5
        # There is no more of it to be slashed, nor to be given back.
        assert stand.told(stand.delegates, "condemn", stand.watch, node, True) == (
            Log("Condemned", (node.lower(), False)),
        )
        assert stand.elections.stake_of(node) == []


def _ended(id: int, holder: str) -> tuple[Log, Log]:
    transfer = Log("Transfer", (holder.lower(), NOBODY, id))
    return transfer, Log("CertificateSlashed", (id, holder.lower()))

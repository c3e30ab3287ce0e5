"""Who accuses whom of what, who votes on it, and what follows."""

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.assertions import check_event, pass_time, refused
from tests.watch_chain.bench import ACCOUNTS, DAY, KEYS, VALIDATORS, Bench, sealed, two_seals
from wattbook.contracts import reverts
from wattbook.contracts.structs import Evidence, NoProof, Verdict
from wattbook.governance.committee import LEAST_TURNS
from wattbook.governance.headers import header

A, B, C, D, E, F, G, STRANGER, ANOTHER = ACCOUNTS
PAPERS = b"\x77" * 32


def proof(accused, evidence: Evidence, what: bytes) -> bytes:
    return keccak(encode(["address", "uint8", "bytes32"], [accused.address, int(evidence), what]))


class TestAccusing:
    def test_of_a_false_attestation(self, bench: Bench) -> None:
        receipt = bench.attest(A, C)
        known = proof(C, Evidence.ATTESTATION, PAPERS)
        told = {"evidence": Evidence.ATTESTATION, "proof": known, "change": 0, "needed": 5}
        check_event(receipt, "Suspected", number=1, accused=C.address, by=A.address, **told)
        kept = bench.watch.suspicion_of(C.address)
        assert tuple(kept) == (1, bench.market.chain.now, 0, 5, 0, Evidence.ATTESTATION, False)
        assert bench.watch.is_used(known) and bench.watch.suspicion_count() == 1
        assert bench.watch.verdict_of(C.address) == Verdict.OPEN
        assert bench.watch.verdict_of(A.address) == Verdict.NONE

    def test_with_evidence(self, bench: Bench) -> None:
        with refused(reverts.NoEvidence, proof=bytes(32)):
            bench.attest(A, C, bytes(32))

    @pytest.mark.parametrize(("by", "accused", "who"), [(STRANGER, C, STRANGER), (A, STRANGER, STRANGER)])
    def test_between_delegates(self, bench: Bench, by, accused, who) -> None:
        with refused(reverts.NoDelegate, account=who.address):
            bench.attest(by, accused)
        with refused(reverts.NoDelegate, account=who.address):
            bench.watch.suspect_missed(accused.address, bench.delegates.current_epoch(), sender=by)

    def test_another(self, bench: Bench) -> None:
        with refused(reverts.OwnCase, account=A.address):
            bench.attest(A, A)
        with refused(reverts.OwnCase, account=A.address):
            bench.watch.suspect_missed(A.address, bench.delegates.current_epoch(), sender=A)

    def test_not_by_or_of_the_condemned(self, bench: Bench) -> None:
        bench.attest(A, C)
        bench.vote(C, yes=(A, B, D, E, F))
        for by, accused in ((C, A), (A, C)):
            with refused(reverts.NoDelegate, account=C.address):
                bench.attest(by, accused)

    def test_not_while_there_is_a_vote(self, bench: Bench) -> None:
        bench.attest(A, C)
        with refused(reverts.UnderVote, accused=C.address):
            bench.attest(B, C, b"\x78" * 32)
        # On another there may be one.
        bench.attest(C, B)

    def test_the_same_evidence_once(self, bench: Bench) -> None:
        bench.attest(A, C)
        pass_time(DAY)
        with refused(reverts.NoEvidence, proof=proof(C, Evidence.ATTESTATION, PAPERS)):
            bench.attest(B, C)
        bench.attest(B, C, b"\x78" * 32)
        # Against somebody else it may serve: nobody uses up what others have against another.
        bench.attest(B, D)


class TestMissedBlocks:
    def test_half_of_them(self, bench: Bench) -> None:
        """Of seventy blocks ten were C's turn, and it proposed five."""
        bench.count_blocks([C] * 5 + [A] * 65)
        epoch = bench.delegates.current_epoch()
        assert tuple(bench.delegates.work_of(epoch, C.address)) == (10, 5)
        receipt = bench.watch.suspect_missed(C.address, epoch, sender=A)
        check_event(receipt, "MissedBlocks", number=1, epoch=epoch, expected=10, proposed=5)
        known = proof(C, Evidence.MISSED, keccak(encode(["uint32", "uint256"], [epoch, 10])))
        told = {"evidence": Evidence.MISSED, "proof": known, "change": 0, "needed": 5}
        check_event(receipt, "Suspected", number=1, accused=C.address, by=A.address, **told)
        with refused(reverts.NoEvidence, proof=known):
            bench.watch.suspect_missed(C.address, epoch, sender=B)

    def test_again_of_more_turns(self, bench: Bench) -> None:
        """Who is accused by a friend while it has missed little is not safe for the rest of the epoch."""
        bench.count_blocks([A] * 70)
        epoch = bench.delegates.current_epoch()
        bench.watch.suspect_missed(C.address, epoch, sender=A)
        pass_time(DAY)
        bench.count_blocks([A] * 7)
        assert bench.delegates.current_epoch() == epoch
        receipt = bench.watch.suspect_missed(C.address, epoch, sender=B)
        check_event(receipt, "MissedBlocks", number=2, epoch=epoch, expected=11, proposed=0)

    def test_of_too_few_turns(self, bench: Bench) -> None:
        bench.count_blocks([A] * 69)
        epoch = bench.delegates.current_epoch()
        assert bench.watch.least_turns() == LEAST_TURNS == 10
        with refused(reverts.NotMissed, expected=9, proposed=0):
            bench.watch.suspect_missed(C.address, epoch, sender=A)

    def test_fewer(self, bench: Bench) -> None:
        bench.count_blocks([C] * 6 + [A] * 64)
        epoch = bench.delegates.current_epoch()
        with refused(reverts.NotMissed, expected=10, proposed=6):
            bench.watch.suspect_missed(C.address, epoch, sender=A)
        with refused(reverts.NotMissed, expected=10, proposed=64):
            bench.watch.suspect_missed(A.address, epoch, sender=B)
        bench.watch.suspect_missed(B.address, epoch, sender=A)

    def test_nothing_expected(self, bench: Bench) -> None:
        """Blocks that nobody counted are nobody's turn."""
        with refused(reverts.NotMissed, expected=0, proposed=0):
            bench.watch.suspect_missed(C.address, bench.delegates.current_epoch(), sender=A)

    def test_of_the_epoch_before(self, bench: Bench) -> None:
        bench.count_blocks([A] * 70)
        epoch = bench.delegates.current_epoch()
        bench.next_epoch()
        bench.watch.suspect_missed(C.address, epoch, sender=A)
        bench.next_epoch()
        for other in (epoch, epoch + 3):
            with refused(reverts.EpochPassed, epoch=other, current=epoch + 2):
                bench.watch.suspect_missed(D.address, other, sender=A)


class TestProvedEquivocation:
    def test_is_shown_by_anyone_and_told_whole(self, bench: Bench) -> None:
        first, second = two_seals(KEYS[2])
        receipt = bench.watch.prove_equivocation(first, second, sender=STRANGER)
        one, other = (header(each.header) for each in (first, second))
        event = receipt.event("EquivocationProved").args
        assert event["number"] == 1
        assert tuple(map(tuple, (event["first"].values(), event["second"].values()))) == (tuple(first), tuple(second))
        for told, of in ((event["one"], one), (event["other"], other)):
            assert tuple(told.values()) == (7, 0, of.parent, of.sealed_hash)
        what = keccak(encode(["uint64", "uint64", "bytes32"], [7, 0, one.parent]))
        known = proof(C, Evidence.EQUIVOCATED, what)
        suspected = {"evidence": Evidence.EQUIVOCATED, "proof": known, "change": 0, "needed": 5}
        check_event(receipt, "Suspected", number=1, accused=C.address, by=STRANGER.address, **suspected)

    def test_once_a_place(self, bench: Bench) -> None:
        """However many blocks it sealed there, in whatever sequence they are shown."""
        bench.prove(2)
        pass_time(DAY)
        what = keccak(encode(["uint64", "uint64", "bytes32"], [7, 0, b"\x11" * 32]))
        known = proof(C, Evidence.EQUIVOCATED, what)
        one, other = two_seals(KEYS[2])
        third = sealed(KEYS[2], state=b"\3" * 32)
        for pair in ((one, other), (other, one), (one, third), (third, other)):
            with refused(reverts.NoEvidence, proof=known):
                bench.watch.prove_equivocation(*pair, sender=STRANGER)
        bench.prove(2, number=8)

    def test_of_one_who_has_neither_seat_nor_stake(self, bench: Bench) -> None:
        with refused(reverts.NoDelegate, account=STRANGER.address):
            bench.prove(VALIDATORS)

    def test_what_is_no_proof_opens_nothing(self, bench: Bench) -> None:
        one, _ = two_seals(KEYS[2])
        with refused(reverts.NoEquivocation, reason=NoProof.SAME_BLOCK):
            bench.watch.prove_equivocation(one, one, sender=STRANGER)
        assert bench.watch.suspicion_count() == 0

    def test_no_vote_for_less_stands_in_its_way(self, bench: Bench) -> None:
        bench.attest(A, C)
        bench.vote(C, yes=(A, B, D, E))
        bench.prove(2)
        assert (bench.watch.suspicion_of(C.address).yes, bench.watch.suspicion_count()) == (0, 2)
        # Who voted before votes anew.
        bench.vote(C, yes=(A, B, D, E))
        assert bench.watch.verdict_of(C.address) == Verdict.OPEN
        with refused(reverts.UnderVote, accused=C.address):
            bench.prove(2, number=8)
        receipt = bench.watch.vote(C.address, True, sender=F)
        check_event(receipt, "FoundAbnormal", number=2, accused=C.address)
        check_event(receipt, "Condemned", account=C.address, slashed=False)

    def test_after_it_was_condemned_for_less(self, bench: Bench) -> None:
        bench.attest(A, C)
        bench.vote(C, yes=(A, B, D, E, F))
        bench.prove(2)
        bench.vote(C, yes=(A, B, D, E))
        receipt = bench.watch.vote(C.address, True, sender=F)
        check_event(receipt, "Condemned", account=C.address, slashed=False)
        assert bench.delegates.leaving() == [C.address]


class TestVoting:
    def test_the_fifth_of_seven_condemns(self, bench: Bench) -> None:
        bench.attest(A, C)
        bench.vote(C, yes=(A, B, D, E))
        assert not bench.delegates.is_abnormal(C.address)
        receipt = bench.watch.vote(C.address, True, sender=F)
        check_event(receipt, "SuspicionVoted", number=1, voter=F.address, yes=True)
        check_event(receipt, "FoundAbnormal", number=1, accused=C.address)
        check_event(receipt, "Condemned", account=C.address, slashed=False)
        assert bench.watch.verdict_of(C.address) == Verdict.ABNORMAL
        assert bench.delegates.is_abnormal(C.address) and bench.delegates.is_leaving(C.address)
        with refused(reverts.NoVote, accused=C.address):
            bench.watch.vote(C.address, True, sender=G)

    def test_those_against_do_not_count(self, bench: Bench) -> None:
        bench.attest(A, C)
        receipt = bench.watch.vote(C.address, False, sender=A)
        check_event(receipt, "SuspicionVoted", number=1, voter=A.address, yes=False)
        bench.vote(C, yes=(B, D, E, F), no=(G,))
        assert bench.watch.suspicion_of(C.address).yes == 4
        pass_time(DAY)
        assert bench.watch.verdict_of(C.address) == Verdict.NORMAL

    def test_for_a_day(self, bench: Bench) -> None:
        bench.attest(A, C)
        since = bench.market.chain.now
        pass_time(since + DAY - bench.market.chain.now - 3)
        bench.watch.vote(C.address, True, sender=A)
        assert bench.market.chain.now == since + DAY - 1
        with refused(reverts.NoVote, accused=C.address):
            bench.watch.vote(C.address, True, sender=B)

    def test_not_on_one_who_is_not_suspected(self, bench: Bench) -> None:
        with refused(reverts.NoVote, accused=C.address):
            bench.watch.vote(C.address, True, sender=A)

    def test_not_by_the_accused_nor_by_others(self, bench: Bench) -> None:
        bench.attest(A, C)
        with refused(reverts.OwnCase, account=C.address):
            bench.watch.vote(C.address, False, sender=C)
        with refused(reverts.NoDelegate, account=STRANGER.address):
            bench.watch.vote(C.address, True, sender=STRANGER)

    @pytest.mark.parametrize("again", [True, False])
    def test_once(self, bench: Bench, again: bool) -> None:
        bench.attest(A, C)
        bench.vote(C, yes=(A,))
        assert bench.watch.has_voted(1, A.address) and not bench.watch.has_voted(1, B.address)
        with refused(reverts.VotedTwice, number=1, voter=A.address):
            bench.watch.vote(C.address, again, sender=A)

    def test_by_those_who_had_seats_when_it_was_raised(self, bench: Bench) -> None:
        """Who lost his seat since votes; so does who is to lose it."""
        bench.attest(A, C)
        bench.vote(C, yes=(A, B, D, E, F))
        bench.attest(A, D)
        bench.delegates.change_seat(sender=STRANGER)
        assert not bench.delegates.is_seated(C.address)
        bench.vote(D, no=(C,))
        pass_time(DAY)
        # Of six there are five to condemn, of whom C is none.
        bench.attest(A, D, b"\x78" * 32)
        assert bench.watch.suspicion_of(D.address).needed == 5
        with refused(reverts.NoDelegate, account=C.address):
            bench.watch.vote(D.address, True, sender=C)

    def test_not_against_who_has_left_without_a_stake(self, bench: Bench) -> None:
        bench.attest(A, C)
        bench.vote(C, yes=(A, B, D, E, F))
        bench.delegates.change_seat(sender=STRANGER)
        with refused(reverts.NoDelegate, account=C.address):
            bench.prove(2)


def test_where_the_watch_stands(bench: Bench) -> None:
    assert bench.watch.delegates() == bench.delegates.address
    assert bench.delegates.watch() == bench.watch.address
    assert bench.watch.vote_seconds() == DAY

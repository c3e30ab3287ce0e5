"""Doubts about one reading, which hold up that one only: who pays, and what becomes of it."""

import pytest

from tests.assertions import check_event, refused
from tests.readings.stand import ATTESTERS, BOND, EVIDENCE, MONEY, leaf
from wattbook.contracts import reverts
from wattbook.contracts.structs import DisputeState, ModuleStatus, Purse, Status
from wattbook.deployment.local import known_account
from wattbook.metering.told import ReadingRefusal

NOT_FINAL, NONE = ReadingRefusal.NOT_FINAL, ReadingRefusal.NONE
SUBMITTED = 255


@pytest.fixture
def other(stand, device):
    return stand.device()


@pytest.fixture
def posted(stand, device, other):
    """Both devices' second readings; of each the first is used."""
    begun = stand.post(0, leaf(device, 0, 1), leaf(other, 0, 1))
    stand.wait()
    stand.use(begun)
    return stand.post(1, leaf(device, 100, 2), leaf(other, 200, 2))


@pytest.fixture
def dispute(stand, posted, device):
    return lambda: stand.readings.dispute(*posted.named(device), sender=stand.bob)


class TestDispute:
    def test_says_so_and_locks_the_bond(self, stand, device, posted, dispute):
        assert stand.readings.bond() == BOND
        receipt = dispute()
        told = {"device": device, "time": posted.root.time, "version": 0, "disputer": stand.bob.address}
        check_event(receipt, "ReadingDisputed", **told)
        check_event(receipt, "Locked", module=stand.readings.address, account=stand.bob.address, amount=BOND)
        assert len(receipt.events) == 2
        assert (stand.free(stand.bob), stand.locked) == (MONEY - BOND, BOND)
        found = stand.readings.dispute_of(device, posted.root.time, 0)
        assert found == (0, DisputeState.OPEN, 0, stand.now, stand.bob.address)

    def test_holds_up_that_reading_only(self, stand, device, other, posted, dispute):
        dispute()
        stand.wait()
        assert [interval.refusal for interval in stand.use(posted)] == [NOT_FINAL, NONE]

    def test_of_what_the_root_does_not_cover(self, stand, device, other, posted):
        root, _, known, place, proof = posted.named(device)
        for wrong in ((device, bytes(32), place, proof), (other, known, place, proof), (device, known, 1, proof)):
            with refused(reverts.NotInRoot, device=wrong[0], place=wrong[2]):
                stand.readings.dispute(root, *wrong, sender=stand.bob)
        unknown = {"zone": 2, "time": root.time, "version": 0}
        with refused(reverts.UnknownRoot, **unknown):
            stand.readings.dispute(root._replace(zone=2), device, known, place, proof, sender=stand.bob)

    def test_until_it_is_final(self, stand, device, posted, dispute):
        """To the second."""
        final = stand.now + stand.readings.window()
        before = stand.snapshot()
        stand.at(final)
        with refused(reverts.AlreadyFinal, device=device, time=posted.root.time):
            dispute()
        stand.restore(before)
        stand.at(final - 1)
        dispute()

    def test_of_a_version_that_another_took_the_place_of(self, stand, device, posted, dispute):
        later = stand.post(1, leaf(device, 300, 2), version=1)
        with refused(reverts.Superseded, device=device, time=posted.root.time, version=0):
            dispute()
        stand.readings.dispute(*later.named(device), sender=stand.bob)

    def test_twice(self, stand, device, posted, dispute):
        dispute()
        again = {"device": device, "time": posted.root.time}
        for upheld in (None, False):
            if upheld is not None:
                stand.resolve(device, posted.root.time, 0, upheld)
            for doubter in (stand.bob, stand.alice):
                with refused(reverts.AlreadyDisputed, **again):
                    stand.readings.dispute(*posted.named(device), sender=doubter)

    def test_by_whom(self, stand, device, posted):
        vault, stranger, bob = stand.market.vault, stand.stranger, stand.bob
        leaf_ = posted.named(device)
        with refused(reverts.NotMember, account=stranger.address):
            stand.readings.dispute(*leaf_, sender=stranger)
        about = {"account": known_account("grid").address, "module": stand.readings.address}
        with refused(reverts.ModuleNotChosen, **about):
            stand.readings.dispute(*leaf_, sender=known_account("grid"))
        vault.withdraw(MONEY - BOND + 1, sender=bob)
        with refused(reverts.InsufficientFree, account=bob.address, free=BOND - 1, asked=BOND):
            stand.readings.dispute(*leaf_, sender=bob)
        stand.market.membership.suspend(stand.member(stand.alice), "why", sender=known_account("regulator"))
        with refused(reverts.NotActive, account=stand.alice.address, status=Status.SUSPENDED):
            stand.readings.dispute(*leaf_, sender=stand.alice)

    def test_when_the_market_is_paused(self, stand, posted, dispute):
        stand.market.vault.pause_module(stand.readings.address, sender=known_account("operator"))
        with refused(reverts.ModuleNotAllowed, module=stand.readings.address, status=ModuleStatus.PAUSED):
            dispute()


class TestResolve:
    def test_upheld_returns_the_bond_and_voids_the_reading(self, stand, device, posted, dispute):
        """And heals by the next register."""
        dispute()
        receipt = stand.resolve(device, posted.root.time, 0, upheld=True)
        told = {"device": device, "time": posted.root.time, "version": 0, "upheld": True, "evidence": EVIDENCE}
        check_event(receipt, "DisputeResolved", **told)
        check_event(receipt, "Released", module=stand.readings.address, account=stand.bob.address, amount=BOND)
        assert len(receipt.events) == 2
        assert (stand.free(stand.bob), stand.locked) == (MONEY, 0)
        assert stand.readings.dispute_of(device, posted.root.time, 0).state == DisputeState.UPHELD
        stand.wait()
        assert stand.use(posted, device)[0].refusal == NOT_FINAL
        healed = stand.told(2, device, 150, 3)
        assert (healed.wh, healed.periods) == (150, 2)

    def test_rejected_pays_the_bond_to_the_common_fund(self, stand, device, posted, dispute):
        dispute()
        before = stand.purse(Purse.COMMON_FUND)
        receipt = stand.resolve(device, posted.root.time, 0, upheld=False)
        told = {"device": device, "time": posted.root.time, "version": 0, "upheld": False, "evidence": EVIDENCE}
        check_event(receipt, "DisputeResolved", **told)
        assert stand.purse(Purse.COMMON_FUND) - before == BOND
        assert (stand.free(stand.bob), stand.locked) == (MONEY - BOND, 0)
        stand.wait()
        assert stand.use(posted, device)[0].wh == 100

    def test_not_in_the_window_makes_it_final_sooner(self, stand, device, posted, dispute):
        dispute()
        stand.resolve(device, posted.root.time, 0, upheld=False)
        assert stand.use(posted, device)[0].refusal == NOT_FINAL

    def test_by_enough_attesters(self, stand, device, posted, dispute):
        dispute()
        verdict = {"device": device, "time": posted.root.time, "version": 0, "upheld": True, "evidence": EVIDENCE}
        one = stand.attested("Verdict", verdict, by=ATTESTERS[:1])
        with refused(reverts.TooFewSigners, signers=1, threshold=2):
            stand.readings.resolve(*verdict.values(), one, sender=stand.bob)
        signatures = stand.attested("Verdict", verdict)
        for changed in ({"upheld": False}, {"evidence": bytes(32)}):
            for given in (signatures, signatures[::-1]):
                with pytest.raises((reverts.NotMember, reverts.SignersOutOfOrder)):
                    stand.readings.resolve(*(verdict | changed).values(), given, sender=stand.bob)

    def test_what_is_not_disputed(self, stand, device, other, posted, dispute):
        time = posted.root.time
        dispute()
        for wrong in ((other, time, 0), (device, time + 1, 0), (device, time, 1), (device, time, SUBMITTED)):
            with refused(reverts.NotDisputed, device=wrong[0], time=wrong[1]):
                stand.resolve(*wrong, upheld=True)
            with refused(reverts.NotDisputed, device=wrong[0], time=wrong[1]):
                stand.readings.lapse(*wrong, sender=stand.bob)
        stand.resolve(device, time, 0, upheld=True)
        for _ in range(2):
            with refused(reverts.NotDisputed, device=device, time=time):
                stand.resolve(device, time, 0, upheld=False)

    def test_goes_on_when_the_market_is_paused_or_the_module_leaves(self, stand, device, other, posted, dispute):
        dispute()
        stand.readings.dispute(*posted.named(other), sender=stand.bob)
        stand.market.vault.pause_module(stand.readings.address, sender=known_account("operator"))
        stand.resolve(device, posted.root.time, 0, upheld=True)
        stand.decide(stand.market.vault, "retireModule", stand.readings.address)
        stand.resolve(other, posted.root.time, 0, upheld=False)
        assert stand.locked == 0

    def test_when_the_disputer_is_expelled(self, stand, device, posted, dispute):
        dispute()
        stand.market.membership.expel(stand.member(stand.bob), "why", sender=known_account("regulator"))
        stand.resolve(device, posted.root.time, 0, upheld=True)
        assert stand.free(stand.bob) == MONEY


class TestLapse:
    def test_to_the_second(self, stand, device, posted, dispute):
        dispute()
        lapses_at = stand.now + stand.readings.lapses_after()
        assert stand.readings.lapses_after() == 10 * 86_400
        stand.at(lapses_at - 1)
        with refused(reverts.TooEarly, lapses_at=lapses_at):
            stand.readings.lapse(device, posted.root.time, 0, sender=stand.stranger)
        stand.at(lapses_at)
        receipt = stand.readings.lapse(device, posted.root.time, 0, sender=stand.stranger)
        check_event(receipt, "DisputeLapsed", device=device, time=posted.root.time, version=0)
        check_event(receipt, "Released", module=stand.readings.address, account=stand.bob.address, amount=BOND)
        assert len(receipt.events) == 2
        assert (stand.free(stand.bob), stand.locked) == (MONEY, 0)
        assert stand.use(posted, device)[0].wh == 100

    def test_a_verdict_may_still_come_before(self, stand, device, posted, dispute):
        dispute()
        stand.at(stand.now + stand.readings.lapses_after() + 1000)
        stand.resolve(device, posted.root.time, 0, upheld=True)
        with refused(reverts.NotDisputed, device=device, time=posted.root.time):
            stand.readings.lapse(device, posted.root.time, 0, sender=stand.stranger)


class TestCorrection:
    """After the window a version can name only what is in dispute."""

    @pytest.fixture
    def corrected(self, stand, device, posted, dispute):
        dispute()
        stand.wait()
        return stand.post(1, leaf(device, 90, 2), version=1)

    def test_of_what_is_in_dispute_only(self, stand, device, other, corrected):
        for leaves in ((leaf(other, 1, 2),), (leaf(device, 1, 2), leaf(other, 1, 2))):
            with refused(reverts.AlreadyFinal, device=other, time=corrected.root.time):
                stand.post(1, *leaves, version=2)

    def test_waits_for_its_own_window_and_for_the_verdict(self, stand, device, posted, corrected):
        stand.wait()
        assert stand.use(corrected)[0].refusal == NOT_FINAL
        stand.resolve(device, posted.root.time, 0, upheld=True)
        assert stand.use(posted, device)[0].refusal == NOT_FINAL
        assert stand.use(corrected)[0].wh == 90

    @pytest.mark.parametrize("end", ["upheld", "rejected", "lapsed"])
    def test_is_in_force_however_it_ends(self, stand, device, posted, corrected, end):
        if end == "lapsed":
            stand.at(stand.now + stand.readings.lapses_after())
            stand.readings.lapse(device, posted.root.time, 0, sender=stand.stranger)
        else:
            stand.resolve(device, posted.root.time, 0, end == "upheld")
            stand.wait()
        assert stand.use(posted, device)[0].refusal == NOT_FINAL
        assert stand.use(corrected)[0].wh == 90

    def test_can_be_disputed_in_turn(self, stand, device, posted, corrected):
        """And once it was found wrong too, there is no reading."""
        again = {"device": device, "time": posted.root.time}
        with refused(reverts.AlreadyDisputed, **again):
            stand.readings.dispute(*corrected.named(device), sender=stand.alice)
        stand.resolve(device, posted.root.time, 0, upheld=True)
        stand.readings.dispute(*corrected.named(device), sender=stand.alice)
        found = stand.readings.dispute_of(device, posted.root.time, 0)
        assert (found.version, found.disputed_version, found.disputer) == (1, 1, stand.alice.address)
        stand.wait()
        stand.resolve(device, posted.root.time, 1, upheld=True)
        assert [stand.use(one, device)[0].refusal for one in (posted, corrected)] == [NOT_FINAL] * 2
        assert stand.told(2, device, 150, 3).periods == 2
        assert (stand.free(stand.alice), stand.free(stand.bob)) == (MONEY, MONEY)

    def test_is_no_more_possible_after_the_verdict(self, stand, device, posted, dispute):
        dispute()
        stand.wait()
        stand.resolve(device, posted.root.time, 0, upheld=True)
        with refused(reverts.AlreadyFinal, device=device, time=posted.root.time):
            stand.post(1, leaf(device, 90, 2), version=1)


class TestBesideWhatMetersSubmit:
    """Of one time there may be a reading in a root and one that the meter submitted: each has doubts of its own."""

    @pytest.fixture
    def key(self, stand):
        return stand.key()

    @pytest.fixture
    def device(self, stand, key):
        return stand.device(key)

    @pytest.fixture
    def submitted(self, stand, device, key):
        """Long after the root's is final."""
        stand_reading = stand.reading(device, 1, 500, 2)

        def run():
            stand.submit(stand_reading, key)
            return stand_reading

        return run

    @pytest.fixture
    def doubt(self, stand, device):
        return lambda: stand.readings.dispute_submitted(device, stand.time(1), sender=stand.alice)

    def test_what_is_final_stays_final(self, stand, device, posted, submitted, doubt):
        stand.wait()
        submitted()
        doubt()
        with refused(reverts.AlreadyFinal, device=device, time=posted.root.time):
            stand.post(1, leaf(device, 90, 2), version=1)
        assert stand.use(posted, device)[0].wh == 100

    def test_neither_keeps_the_other_from_being_doubted(self, stand, device, posted, submitted, doubt, dispute):
        submitted()
        doubt()
        dispute()
        assert stand.locked == 2 * BOND
        found = [stand.readings.dispute_of(device, posted.root.time, version) for version in (0, SUBMITTED)]
        assert [one.disputer for one in found] == [stand.bob.address, stand.alice.address]
        stand.resolve(device, posted.root.time, 0, upheld=False)
        stand.resolve(device, posted.root.time, SUBMITTED, upheld=True)
        assert (stand.free(stand.bob), stand.free(stand.alice)) == (MONEY - BOND, MONEY)

    def test_a_void_one_stays_void_when_the_other_is_doubted(self, stand, device, posted, submitted, doubt, dispute):
        """In either order."""
        dispute()
        stand.resolve(device, posted.root.time, 0, upheld=True)
        reading = submitted()
        doubt()
        stand.resolve(device, posted.root.time, SUBMITTED, upheld=False)
        stand.wait()
        assert stand.use(posted, device)[0].refusal == NOT_FINAL
        assert stand.use_submitted(reading)[0].wh == 500

    def test_a_void_submitted_one_stays_void(self, stand, device, posted, submitted, doubt, dispute):
        reading = submitted()
        doubt()
        stand.resolve(device, posted.root.time, SUBMITTED, upheld=True)
        dispute()
        stand.resolve(device, posted.root.time, 0, upheld=False)
        stand.wait()
        assert stand.use_submitted(reading)[0].refusal == NOT_FINAL
        assert stand.use(posted, device)[0].wh == 100

    def test_neither_can_be_skipped_for_the_others_sake(self, stand, device, posted, submitted, doubt, dispute):
        """A meter's false reading that is void hides no true one of the attesters, nor theirs the meter's."""
        submitted()
        doubt()
        dispute()
        third = stand.post(2, leaf(device, 150, 3))
        before = stand.snapshot()
        for upheld, rejected in ((SUBMITTED, 0), (0, SUBMITTED)):
            stand.resolve(device, posted.root.time, upheld, upheld=True)
            stand.resolve(device, posted.root.time, rejected, upheld=False)
            stand.wait()
            assert stand.use(third)[0].refusal == ReadingRefusal.SKIPPED
            stand.restore(before)
            before = stand.snapshot()
        for version in (0, SUBMITTED):
            stand.resolve(device, posted.root.time, version, upheld=True)
        stand.wait()
        assert stand.use(third)[0].periods == 2

"""Roots that attesters vouch for: who counts, how often, and for what."""

from itertools import combinations

import pytest
from eth_account import Account
from eth_utils.crypto import keccak

from tests.assertions import FAR, check_event, refused
from tests.readings.stand import ATTESTERS, ZONE, leaf
from wattbook import Role
from wattbook.contracts import reverts
from wattbook.contracts.structs import ShortSignature, Status
from wattbook.deployment.local import known_account
from wattbook.eip712 import short_form, sign, typed_data
from wattbook.metering.roots import in_order, sign_root

SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
EVERYTHING = 2**256 - 1


@pytest.fixture
def posted(stand):
    """A root of two leaves that is not posted yet."""
    return stand.covering(0, leaf(3, 100, 1), leaf(8, 200, 1))


@pytest.fixture
def post(stand):
    def run(root, devices, signatures):
        return stand.readings.post(root, devices, signatures, sender=stand.stranger)

    return run


def by_address(accounts):
    return sorted(accounts, key=lambda account: int(account.address, 16))


def said(root):
    values = root._asdict()
    return {"dataHash" if name == "data_hash" else name: value for name, value in values.items()}


class TestPost:
    def test_says_all_of_it(self, stand, post, posted):
        root = posted.root
        receipt = post(root, [], stand.vouched(root))
        signers = [account.address for account in by_address(ATTESTERS[:2])]
        told = {"zone": ZONE, "time": root.time, "root": said(root), "devices": [], "signers": signers}
        check_event(receipt, "RootPosted", **told)
        assert len(receipt.events) == 1
        assert stand.readings.posted_at(ZONE, root.time, 0) == stand.now
        assert stand.readings.posted_at(ZONE, root.time, 1) == 0
        assert stand.readings.posted_at(ZONE + 1, root.time, 0) == 0

    @pytest.mark.parametrize("by", [*combinations(ATTESTERS, 2), ATTESTERS], ids=len)
    def test_by_any_two_or_all_three(self, stand, post, posted, by):
        receipt = post(posted.root, [], stand.vouched(posted.root, by=by))
        assert receipt.event("RootPosted").args["signers"] == [account.address for account in by_address(by)]

    def test_by_too_few(self, stand, post, posted):
        for count in (0, 1):
            with refused(reverts.TooFewSigners, signers=count, threshold=2):
                post(posted.root, [], stand.vouched(posted.root, by=ATTESTERS[:count]))

    def test_by_more_than_one_call_takes(self, stand, post, posted):
        signature = stand.vouched(posted.root)[0]
        with refused(reverts.TooFewSigners, signers=32, threshold=33):
            post(posted.root, [], [signature] * 33)

    def test_by_one_attester_twice(self, stand, post, posted):
        [signature] = stand.vouched(posted.root, by=ATTESTERS[:1])
        with refused(reverts.SignersOutOfOrder, signer=ATTESTERS[0].address):
            post(posted.root, [], [signature, signature])

    def test_out_of_order(self, stand, post, posted):
        first, second = stand.vouched(posted.root)
        lower = by_address(ATTESTERS[:2])[0].address
        with refused(reverts.SignersOutOfOrder, signer=lower):
            post(posted.root, [], [second, first])

    def test_by_two_accounts_of_one_owner(self, stand, post, posted):
        """Attesters 1 and 3 turn out to be the same body; 2 is needed."""
        one, two, three = ATTESTERS
        owner = stand.market.membership.standing_of(one.address).owner
        stand.decide(stand.market.membership, "changeOwner", stand.member(three), owner)
        second = by_address((one, three))[1].address
        for by in ((one, three), ATTESTERS):
            with refused(reverts.SignersOfOneOwner, signer=second, owner=owner):
                post(posted.root, [], stand.vouched(posted.root, by=by))
        post(posted.root, [], stand.vouched(posted.root, by=(two, three)))

    def test_by_one_who_is_suspended(self, stand, post, posted):
        membership, suspended = stand.market.membership, ATTESTERS[0]
        signatures = stand.vouched(posted.root)
        membership.suspend(stand.member(suspended), "an inquiry", sender=known_account("regulator"))
        with refused(reverts.NotActive, account=suspended.address, status=Status.SUSPENDED):
            post(posted.root, [], signatures)
        membership.reinstate(stand.member(suspended), "it is over", sender=known_account("regulator"))
        post(posted.root, [], signatures)

    def test_by_one_without_the_office(self, stand, post, posted):
        for other in (known_account("operator"), stand.alice):
            with refused(reverts.MissingRole, account=other.address, any_of=int(Role.ATTESTER)):
                post(posted.root, [], stand.vouched(posted.root, by=(ATTESTERS[0], other)))
        with refused(reverts.NotMember, account=stand.stranger.address):
            post(posted.root, [], stand.vouched(posted.root, by=(ATTESTERS[0], stand.stranger)))

    def test_by_one_who_lost_the_office(self, stand, post, posted):
        lost = ATTESTERS[1]
        stand.decide(stand.market.membership, "withdrawRoles", stand.member(lost), int(Role.ATTESTER), "a reason")
        with refused(reverts.MissingRole, account=lost.address, any_of=int(Role.ATTESTER)):
            post(posted.root, [], stand.vouched(posted.root))

    @pytest.mark.parametrize("field", ["zone", "time", "version", "root", "size", "data_hash"])
    def test_another_than_was_signed(self, stand, post, posted, field):
        """Every value counts: of another digest the signer is nobody."""
        stand.post(0, leaf(1, 1, 1))
        root = posted.root._replace(time=stand.time(1))
        other = {"zone": 2, "time": stand.time(2), "version": 1, "root": bytes(32), "size": 3, "data_hash": bytes(32)}
        changed = root._replace(**{field: other[field]})
        if field == "version":
            root, changed = (one._replace(time=stand.time(0), size=1) for one in (root, changed))
            stranger_to(post, changed, [3], stand.vouched(root, [3]))
        else:
            stranger_to(post, changed, [], stand.vouched(root))

    def test_for_other_devices_than_were_signed(self, stand, post):
        stand.post(0, leaf(3, 1, 1))
        root = stand.covering(0, leaf(3, 2, 1), version=1).root
        stranger_to(post, root, [4], stand.vouched(root, [3]))

    @pytest.mark.parametrize("field", ["chainId", "verifyingContract", "name", "version"])
    def test_for_another_domain(self, stand, post, posted, field):
        root = posted.root
        other = {"chainId": 1, "verifyingContract": stand.market.vault.address, "name": "Wattbook", "version": "2"}
        document = typed_data(stand.readings, "Root", {**said(root), "devices": []})
        document["domain"][field] = other[field]
        by = ATTESTERS[:2]
        signed = [(one.address, bytes(Account.sign_typed_data(one.key, full_message=document).signature)) for one in by]
        stranger_to(post, root, [], in_order(signed))

    def test_under_another_name(self, stand, post, posted):
        """A verdict is no root, whatever its fields are."""
        verdict = {"device": 1, "time": posted.root.time, "version": 0, "upheld": True, "evidence": posted.root.root}
        stranger_to(post, posted.root, [], stand.attested("Verdict", verdict))

    def test_with_the_higher_half_of_a_signature(self, stand, post, posted):
        """The short form has room for some of those s that are too high."""
        r, _ = stand.vouched(posted.root)[0]
        s = SECP256K1_ORDER // 2 + 1
        with refused(reverts.ECDSAInvalidSignatureS, s=s.to_bytes(32)):
            post(posted.root, [], [ShortSignature(r, s.to_bytes(32))] * 2)

    def test_with_what_is_no_signature(self, post, posted):
        with refused(reverts.ECDSAInvalidSignature):
            post(posted.root, [], [ShortSignature(bytes(32), bytes(32))] * 2)

    def test_twice(self, stand, post, posted):
        signatures = stand.vouched(posted.root)
        post(posted.root, [], signatures)
        again = {"zone": ZONE, "time": posted.root.time, "version": 0}
        with refused(reverts.RootKnown, **again):
            post(posted.root, [], signatures)
        other = stand.covering(0, leaf(3, 101, 1)).root
        with refused(reverts.RootKnown, **again):
            post(other, [], stand.vouched(other))

    def test_of_a_time_to_come(self, stand, post, posted):
        """To the second."""
        root = posted.root._replace(time=stand.now + 100)
        signatures = stand.vouched(root)
        stand.at(root.time - 1)
        with refused(reverts.InTheFuture, time=root.time):
            post(root, [], signatures)
        stand.at(root.time)
        post(root, [], signatures)

    def test_of_nothing(self, stand, post, posted):
        for root, devices in ((posted.root._replace(size=0), []), (posted.root, [3]), (posted.root, [3, 8])):
            with refused(reverts.InvalidRoot):
                post(root, devices, stand.vouched(root, devices))

    def test_of_any_size(self, stand, post, posted):
        root = posted.root._replace(size=2**32 - 1, data_hash=EVERYTHING.to_bytes(32), root=EVERYTHING.to_bytes(32))
        assert post(root, [], stand.vouched(root)).event("RootPosted").args["root"] == said(root)


class TestVersions:
    def test_take_the_place_of_those_they_name(self, stand, post):
        stand.post(0, leaf(3, 1, 1), leaf(4, 1, 1), leaf(5, 1, 1))
        corrected = stand.covering(0, leaf(3, 2, 1), leaf(5, 2, 1), version=1)
        receipt = post(corrected.root, [3, 5], stand.vouched(corrected.root, [3, 5]))
        assert receipt.event("RootPosted").args["devices"] == [3, 5]
        versions = [stand.readings.dispute_of(device, corrected.root.time, 0).version for device in (3, 4, 5)]
        assert versions == [1, 0, 1]
        stand.post(0, leaf(5, 3, 1), version=2)
        assert stand.readings.dispute_of(5, corrected.root.time, 0).version == 2

    def test_need_the_one_before(self, stand):
        for version in (1, 2, 254):
            about = {"zone": ZONE, "time": stand.time(0), "version": version - 1}
            with refused(reverts.UnknownRoot, **about):
                stand.post(0, leaf(3, 1, 1), version=version)
        stand.post(0, leaf(3, 1, 1))
        stand.post(0, leaf(3, 1, 1), version=1)
        for version in (3, 254):
            with refused(reverts.UnknownRoot, **about | {"version": version - 1}):
                stand.post(0, leaf(3, 1, 1), version=version)
        with refused(reverts.UnknownRoot, zone=2, time=stand.time(0), version=0):
            stand.post(0, leaf(3, 1, 1), version=1, zone=2)

    def test_never_that_of_what_meters_submit(self, stand):
        with refused(reverts.InvalidRoot):
            stand.post(0, leaf(3, 1, 1), version=stand.readings.submitted())

    @pytest.mark.parametrize("devices", [[], [3], [3, 5, 8], [5, 3], [3, 3]])
    def test_name_as_many_as_they_have_by_rising_number(self, stand, post, devices):
        stand.post(0, leaf(3, 1, 1), leaf(5, 1, 1))
        root = stand.covering(0, leaf(3, 2, 1), leaf(5, 2, 1), version=1).root
        with refused(reverts.InvalidRoot):
            post(root, devices, stand.vouched(root, devices))

    def test_of_nothing(self, stand, post):
        root = stand.post(0, leaf(3, 1, 1)).root._replace(version=1, size=0)
        with refused(reverts.InvalidRoot):
            post(root, [], stand.vouched(root))

    def test_until_the_first_is_final(self, stand, post):
        """To the second; that a second version came later gives a third no more time."""
        stand.post(0, leaf(3, 1, 1))
        final = stand.now + stand.readings.window()
        root = stand.covering(0, leaf(3, 2, 1), version=1).root
        before = stand.snapshot()
        stand.at(final)
        with refused(reverts.AlreadyFinal, device=3, time=root.time):
            post(root, [3], stand.vouched(root, [3]))
        stand.restore(before)
        stand.at(final - 1)
        post(root, [3], stand.vouched(root, [3]))
        stand.at(final)
        with refused(reverts.AlreadyFinal, device=3, time=root.time):
            stand.post(0, leaf(3, 3, 1), version=2)


class TestThreshold:
    def test_is_the_authoritys(self, stand, post, posted):
        readings = stand.readings
        for caller in (stand.alice, known_account("administrator"), *ATTESTERS):
            with refused(reverts.NotAuthority, caller=caller.address):
                readings.set_threshold(1, sender=caller)
        check_event(stand.decide(readings, "setThreshold", 3), "ThresholdSet", threshold=3)
        assert readings.threshold() == 3
        with refused(reverts.TooFewSigners, signers=2, threshold=3):
            post(posted.root, [], stand.vouched(posted.root))
        post(posted.root, [], stand.vouched(posted.root, by=ATTESTERS))

    def test_from_one_to_as_many_as_one_call_takes(self, stand):
        readings = stand.readings
        most = readings.max_signers()
        assert most == 32
        for wrong in (0, most + 1, 255):
            with refused(reverts.InvalidThreshold, threshold=wrong):
                stand.decide(readings, "setThreshold", wrong)
        for right in (1, most):
            stand.decide(readings, "setThreshold", right)
            assert readings.threshold() == right

    def test_of_as_many_as_one_call_takes_can_be_met(self, stand, post, posted):
        readings, membership, others = stand.readings, stand.market.membership, []
        stand.decide(readings, "setThreshold", 32)
        for place in range(29):
            account = Account.from_key(keccak(text=f"attester {place}"))
            papers = keccak(text=account.address)
            stand.decide(membership, "admit", (account.address, int(Role.ATTESTER), 0, FAR, papers, papers))
            others.append(account)
        by = (*ATTESTERS, *others)
        with refused(reverts.TooFewSigners, signers=31, threshold=32):
            post(posted.root, [], stand.vouched(posted.root, by=by[1:]))
        assert len(post(posted.root, [], stand.vouched(posted.root, by=by)).event("RootPosted").args["signers"]) == 32


class TestSettlement:
    def test_is_named_once_by_the_authority(self, stand):
        readings = stand.readings
        assert readings.settlement() == stand.settlement.address
        with refused(reverts.NotAuthority, caller=stand.alice.address):
            readings.set_settlement(stand.alice.address, sender=stand.alice)
        with refused(reverts.SettlementAlreadySet, settlement=stand.settlement.address):
            stand.decide(readings, "setSettlement", stand.alice.address)

    def test_says_who_it_is(self, standing):
        """Which the stand has heard already."""
        raw = standing.readings.raw
        [log] = raw.events.SettlementSet().get_logs(from_block=0)
        assert dict(log["args"]) == {"settlement": standing.settlement.address}


def test_signatures_of_two_kinds_of_wallet_are_one(stand, posted):
    """Of 65 bytes, and in the short form that is posted."""
    signature = sign_root(stand.readings, posted.root, [], ATTESTERS[0])
    values = {**said(posted.root), "devices": []}
    assert signature == sign(stand.readings, "Root", ATTESTERS[0], values)
    assert ShortSignature(*short_form(signature)) == stand.vouched(posted.root, by=ATTESTERS[:1])[0]


def stranger_to(post, root, devices, signatures):
    """The signatures are somebody's, but nobody's that is known; which order they come in is chance."""
    with pytest.raises((reverts.NotMember, reverts.SignersOutOfOrder)):
        post(root, devices, signatures)
    with pytest.raises((reverts.NotMember, reverts.SignersOutOfOrder)):
        post(root, devices, signatures[::-1])

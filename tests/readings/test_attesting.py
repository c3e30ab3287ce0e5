"""Roots that attesters vouch for: who counts, how often, and for what."""

from itertools import combinations, count

import pytest
from eth_account import Account
from eth_utils.crypto import keccak

from tests.assertions import FAR, check_event, refused
from tests.further import joining
from tests.readings.stand import ATTESTERS, ZONE, leaf
from wattbook import Role
from wattbook.abi import interface
from wattbook.contracts import reverts
from wattbook.contracts.readings import Readings
from wattbook.contracts.structs import Exchange, ShortSignature, Status
from wattbook.deployment.bytecode import creation_code
from wattbook.deployment.local import known_account
from wattbook.eip712 import short_form, sign, typed_data
from wattbook.metering.roots import in_order, sign_root

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
        check_event(receipt, "RootPosted", **said(root), devices=[], signers=signers)
        assert len(receipt.events) == 1
        assert stand.readings.posted_at(ZONE, root.time, 0) == stand.now
        assert stand.readings.posted_at(ZONE, root.time, 1) == 0
        assert stand.readings.posted_at(ZONE + 1, root.time, 0) == 0

    @pytest.mark.parametrize("by", [*combinations(ATTESTERS, 2), ATTESTERS], ids=len)
    def test_by_any_two_or_all_three(self, stand, post, posted, by):
        receipt = post(posted.root, [], stand.vouched(posted.root, by=by))
        assert receipt.event("RootPosted").args["signers"] == [account.address for account in by_address(by)]

    def test_by_too_few(self, stand, post, posted):
        for number in (0, 1):
            with refused(reverts.TooFewSigners, signers=number, threshold=2):
                post(posted.root, [], stand.vouched(posted.root, by=ATTESTERS[:number]))

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

    def test_with_what_is_no_signature(self, stand, post, posted):
        """It is that of the zero address."""
        nothing, nobody = ShortSignature(bytes(32), bytes(32)), "0x" + "00" * 20
        one, two = stand.vouched(posted.root)
        with refused(reverts.NotMember, account=nobody):
            post(posted.root, [], [nothing, one, two])
        for signatures in ([nothing, nothing], [one, nothing, two], [one, two, nothing]):
            with refused(reverts.SignersOutOfOrder, signer=nobody):
                post(posted.root, [], signatures)

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
        args = post(root, [], stand.vouched(root)).event("RootPosted").args
        assert {name: args[name] for name in said(root)} == said(root)


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


class TestRemembered:
    """Who signed together before is not looked up again, and yet counts no more from the moment that he is none."""

    @pytest.fixture
    def again(self, stand, post):
        """Posts the roots of one time after the other, by the same signers."""
        places = count()

        def run(by=ATTESTERS[:2]):
            root = stand.covering(next(places), leaf(3, 100, 1)).root
            return post(root, [], stand.vouched(root, by=by))

        run()
        run()
        return run

    def test_saves_looking_up_and_writing_down(self, again):
        first = again(ATTESTERS)
        second = again(ATTESTERS)
        assert second.gas_used < first.gas_used - 30_000
        assert second.event("RootPosted").args["signers"] == first.event("RootPosted").args["signers"]

    def test_by_every_set_of_signers_by_itself(self, again):
        """That each was found to be an attester beside another says nothing of the two together."""
        known = again().gas_used
        for by in (ATTESTERS[1:], (ATTESTERS[0], ATTESTERS[2])):
            assert again(by).gas_used > known + 25_000

    def test_until_one_is_suspended(self, stand, again):
        membership, regulator = stand.market.membership, known_account("regulator")
        receipt = membership.suspend(stand.member(ATTESTERS[0]), "an inquiry", sender=regulator)
        check_event(receipt, "SignersForgotten", generation=1)
        with refused(reverts.NotActive, account=ATTESTERS[0].address, status=Status.SUSPENDED):
            again()
        check_event(
            membership.reinstate(stand.member(ATTESTERS[0]), "over", sender=regulator), "SignersForgotten", generation=2
        )
        again()

    def test_until_one_is_expelled(self, stand, again):
        stand.market.membership.expel(stand.member(ATTESTERS[1]), "a fraud", sender=known_account("regulator"))
        with refused(reverts.NotActive, account=ATTESTERS[1].address, status=Status.EXPELLED):
            again()

    def test_until_one_loses_the_office(self, stand, again):
        membership, lost = stand.market.membership, ATTESTERS[1]
        membership.withdraw_roles(stand.member(lost), Role.ATTESTER, "an inquiry", sender=known_account("regulator"))
        with refused(reverts.MissingRole, account=lost.address, any_of=int(Role.ATTESTER)):
            again()

    def test_until_two_have_one_owner(self, stand, again):
        one, two = by_address(ATTESTERS[:2])
        owner = stand.market.membership.standing_of(one.address).owner
        stand.decide(stand.market.membership, "changeOwner", stand.member(two), owner)
        with refused(reverts.SignersOfOneOwner, signer=two.address, owner=owner):
            again()

    def test_until_a_key_is_replaced(self, stand, again):
        lost = ATTESTERS[0]
        receipt = stand.decide(stand.market.membership, "decideRecovery", lost.address, stand.stranger.address)
        check_event(receipt, "SignersForgotten", generation=1)
        with refused(reverts.NotActive, account=lost.address, status=Status.REPLACED):
            again()
        again((stand.stranger, ATTESTERS[1]))

    def test_until_one_gives_the_account_up(self, stand, again):
        """The account beside an attester's first is one too, if it was given the right."""
        membership, first, second = stand.market.membership, ATTESTERS[2], stand.stranger
        membership.add_account(*joining(stand.market, first.address, second, Role.ATTESTER), sender=first)
        by = (ATTESTERS[0], second)
        again(by)
        again(by)
        membership.retire_account(second.address, sender=first)
        with refused(reverts.NotActive, account=second.address, status=Status.REPLACED):
            again(by)

    def test_until_the_first_certificate_ends(self, stand, again):
        """To the second, though nobody tells."""
        membership, one = stand.market.membership, ATTESTERS[0]
        until = stand.now + 1_000
        stand.decide(membership, "renew", stand.member(one), until, keccak(text="papers"))
        again()
        stand.at(until - 1)
        again()
        stand.at(until)
        with refused(reverts.CertificationExpired, account=one.address, certified_until=until):
            again()

    def test_whatever_becomes_of_others(self, stand, again):
        known = again().gas_used
        member = stand.member(stand.alice)
        receipt = stand.market.membership.suspend(member, "an inquiry", sender=known_account("regulator"))
        assert not [event for event in receipt.events if event.name == "SignersForgotten"]
        assert abs(again().gas_used - known) < 100

    def test_for_verdicts_too(self, stand, again):
        """They are remembered for what they are, not for what they signed."""
        exchange = {"device": 3, "time": stand.time(0), "closing": 5, "opening": 0, "evidence": b"\1" * 32}
        gas = [
            stand.readings.exchange(
                Exchange(*{**exchange, "device": device}.values()),
                stand.attested("Exchange", {**exchange, "device": device}, by),
                sender=stand.stranger,
            ).gas_used
            for device, by in ((3, ATTESTERS[1:]), (4, ATTESTERS[1:]), (5, ATTESTERS[:2]))
        ]
        assert gas[0] > gas[1] + 25_000
        assert abs(gas[1] - gas[2]) < 100

    def test_not_by_readings_that_nobody_tells(self, stand):
        """A second Readings asks every time, as Membership tells the first one only."""
        market = stand.market
        wired = [market.deployment.address(name) for name in ("Vault", "Meters", "Authority")]
        factory = stand.chain.web3.eth.contract(abi=interface("Readings").abi, bytecode=creation_code("Readings"))
        creation = stand.chain.sign_creation(factory.constructor(*wired, 900), stand.stranger)
        stand.chain.submit(creation.signed)
        second = Readings(stand.chain, creation.address)
        stand.decide(second, "setThreshold", 2)
        gas = []
        for place in range(2):
            root = stand.covering(place, leaf(3, 100, 1)).root
            signatures = in_order((one.address, sign_root(second, root, [], one)) for one in ATTESTERS[:2])
            gas.append(second.post(root, [], signatures, sender=stand.stranger).gas_used)
        assert abs(gas[0] - gas[1]) < 100

    def test_forgetting_is_memberships_to_say(self, stand):
        for caller in (stand.stranger, known_account("regulator"), ATTESTERS[0]):
            with refused(reverts.NotMembership, caller=caller.address):
                stand.readings.forget_signers(sender=caller)


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
        assert dict(log["args"]) == {"settlement": standing.market.imbalance.address}


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

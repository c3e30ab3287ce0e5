"""How clean energy ends: retired, expired, exported, withdrawn."""

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.assertions import FAR, check_event, refused
from tests.certificates.register import MWH, NOBODY, Register
from wattbook.contracts import reverts
from wattbook.contracts.structs import CertificateStatus, Retirement, Status, Withdrawal
from wattbook.eip712 import sign_action
from wattbook.trial.metering import ATTESTERS


class TestRetiringSlices:
    def test_for_somebody(self, register: Register):
        id = register.fresh(1_000)
        retirement = register.retirement(register.carol)
        receipt = register.energy.retire(id, 400, retirement, sender=register.alice)
        claim = encode(["string", "uint40", "uint40"], [retirement.purpose, retirement.since, retirement.until])
        said = {"claimIssuer": register.alice.address, "claimSubject": register.carol.address}
        topic = register.energy.slice_of(id).device
        check_event(receipt, "ClaimSingle", **said, topic=topic, id=id, value=400, claimData=claim)
        check_event(
            receipt,
            "TransferSingle",
            **{"operator": register.alice.address, "from": register.alice.address, "to": NOBODY},
            id=id,
            value=400,
        )
        assert register.energy.claimed_balance_of(register.carol.address, id) == 400
        assert register.totals == {"slices": 600, "retired": 400}

    def test_is_final(self, register: Register):
        id = register.fresh(1_000)
        register.energy.retire(id, 1_000, register.retirement(), sender=register.alice)
        balance = {"sender": register.alice.address, "balance": 0, "needed": 1, "token_id": id}
        with refused(reverts.ERC1155InsufficientBalance, **balance):
            register.energy.retire(id, 1, register.retirement(), sender=register.alice)
        balance |= {"sender": register.bob.address}
        with refused(reverts.ERC1155InsufficientBalance, **balance):
            register.give(register.bob, register.alice, id, 1)

    def test_as_erc_1888_does(self, register: Register):
        id = register.fresh(1_000)
        alice, bob = register.alice, register.bob
        since, until = register.slots(0)
        claim = encode(["string", "uint40", "uint40"], ["a bakery", since, until])
        arguments = (alice.address, register.carol.address, id, 300, b"anything", claim)
        with refused(reverts.ERC1155MissingApprovalForAll, operator=bob.address, owner=alice.address):
            register.energy.safe_transfer_and_claim_from(*arguments, sender=bob)
        register.energy.set_approval_for_all(bob.address, True, sender=alice)
        receipt = register.energy.safe_transfer_and_claim_from(*arguments, sender=bob)
        assert receipt.event("ClaimSingle").args["claimData"] == claim
        register.energy.safe_transfer_and_claim_from(*arguments, sender=alice)
        accounts = [register.carol.address, bob.address]
        assert register.energy.claimed_balance_of_batch(accounts, [id, id]) == [600, 0]
        with refused(reverts.ERC1155InvalidArrayLength, ids_length=1, values_length=2):
            register.energy.claimed_balance_of_batch(accounts, [id])

    @pytest.mark.parametrize(
        "change", [{"beneficiary": NOBODY}, {"since": 2, "until": 1}], ids=["for nobody", "ends before it begins"]
    )
    def test_for_nothing(self, register: Register, change: dict[str, object]):
        id = register.fresh(1_000)
        with refused(reverts.InvalidRetirement):
            register.energy.retire(id, 1, register.retirement(**change), sender=register.alice)
        whole = register.fresh_whole()
        with refused(reverts.InvalidRetirement):
            register.certificates.retire(whole.id, register.retirement(**change), sender=register.alice)

    def test_nothing(self, register: Register):
        with refused(reverts.ZeroAmount):
            register.energy.retire(register.fresh(1), 0, register.retirement(), sender=register.alice)

    def test_too_late(self, register: Register):
        id = register.fresh(1_000)
        register.expired()
        with refused(reverts.CertificateExpired, id=id, expires=register.energy.slice_of(id).expires):
            register.energy.retire(id, 1, register.retirement(), sender=register.alice)

    def test_without_the_right_to_spend(self, register: Register):
        id, phone = register.fresh(1_000), register.narrow(register.bob)
        whole = register.fresh_whole()
        register.give(register.alice, phone, id, 1_000)
        register.certificates.transfer_from(register.alice.address, phone.address, whole.id, sender=register.alice)
        with refused(reverts.SpendNotAllowed, account=phone.address, to=NOBODY):
            register.energy.retire(id, 1, register.retirement(), sender=phone)
        with refused(reverts.SpendNotAllowed, account=phone.address, to=NOBODY):
            register.certificates.retire(whole.id, register.retirement(), sender=phone)
        with refused(reverts.SpendNotAllowed, account=phone.address, to=NOBODY):
            register.energy.export_slices([id], [1], "AIB", sender=phone)
        with refused(reverts.SpendNotAllowed, account=phone.address, to=NOBODY):
            register.certificates.export_certificate(whole.id, "AIB", sender=phone)

    def test_by_a_lost_key(self, register: Register):
        id = register.fresh(1_000)
        register.replace(register.alice)
        with refused(reverts.NotActive, account=register.alice.address, status=Status.REPLACED):
            register.energy.retire(id, 1, register.retirement(), sender=register.alice)

    def test_while_suspended(self, register: Register):
        """What is his he can use up."""
        id = register.fresh(1_000)
        register.suspend(register.alice)
        register.energy.retire(id, 1_000, register.retirement(), sender=register.alice)
        assert register.totals == {"retired": 1_000}

    def test_signed(self, register: Register):
        id, retirement = register.fresh(1_000), register.retirement()
        values = {"id": id, "wh": 10, **retirement._asdict()}
        auth = sign_action(register.energy, "RetireSlice", register.alice, values, deadline=FAR)
        register.energy.retire_signed(id, 10, retirement, auth, sender=register.stranger)
        assert register.energy.claimed_balance_of(register.bob.address, id) == 10
        other = Retirement(register.carol.address, *retirement[1:])
        with refused(reverts.InvalidSignature, signer=register.alice.address):
            register.energy.retire_signed(id, 10, other, auth, sender=register.stranger)


class TestRetiringCertificates:
    def test_for_somebody(self, register: Register):
        whole, retirement = register.fresh_whole(), register.retirement(register.carol)
        receipt = register.certificates.retire(whole.id, retirement, sender=register.alice)
        said = {"since": retirement.since, "until": retirement.until, "purpose": retirement.purpose}
        people = {"holder": register.alice.address, "beneficiary": register.carol.address}
        check_event(receipt, "CertificateRetired", id=whole.id, **people, **said)
        kept = register.certificates.certificate_of(whole.id)
        assert (kept.holder, kept.status) == (register.carol.address, CertificateStatus.RETIRED)
        claimed = [
            register.certificates.claimed_balance_of(one.address, whole.id) for one in (register.carol, register.bob)
        ]
        assert claimed == [MWH, 0]
        assert register.certificates.balance_of(register.alice.address) == 0
        assert register.totals == {"retired": MWH}

    def test_is_final(self, register: Register):
        whole = register.fresh_whole()
        register.certificates.retire(whole.id, register.retirement(), sender=register.alice)
        calls = [
            lambda: register.certificates.retire(whole.id, register.retirement(), sender=register.alice),
            lambda: register.certificates.unwrap(whole.contents, sender=register.alice),
            lambda: register.certificates.expire(whole.contents, sender=register.alice),
            lambda: register.certificates.export_certificate(whole.id, "AIB", sender=register.alice),
            lambda: register.certificates.approve(register.bob.address, whole.id, sender=register.alice),
        ]
        for call in calls:
            with refused(reverts.ERC721NonexistentToken, token_id=whole.id):
                call()

    def test_signed(self, register: Register):
        whole, retirement = register.fresh_whole(), register.retirement()
        values = {"id": whole.id, **retirement._asdict()}
        auth = sign_action(register.certificates, "RetireCertificate", register.alice, values, deadline=FAR)
        register.certificates.retire_signed(whole.id, retirement, auth, sender=register.stranger)
        assert register.certificates.claimed_balance_of(register.bob.address, whole.id) == MWH

    def test_somebody_elses(self, register: Register):
        whole = register.fresh_whole()
        owner = {"sender": register.bob.address, "token_id": whole.id, "owner": register.alice.address}
        with refused(reverts.ERC721IncorrectOwner, **owner):
            register.certificates.retire(whole.id, register.retirement(), sender=register.bob)


class TestExpiring:
    def test_anyone_sweeps(self, register: Register):
        ids = [register.fresh(1_000), register.fresh(7)]
        register.give(register.alice, register.bob, ids[0], 300)
        register.expired()
        receipt = register.energy.expire(register.alice.address, [*ids, ids[0]], sender=register.stranger)
        said = {"holder": register.alice.address, "ids": [*ids, ids[0]], "amounts": [700, 7, 0]}
        check_event(receipt, "SlicesExpired", **said)
        assert register.totals == {"slices": 300, "expired": 707}

    def test_not_before(self, register: Register):
        id = register.fresh(1_000)
        with refused(reverts.NotExpired, id=id, expires=register.energy.slice_of(id).expires):
            register.energy.expire(register.alice.address, [id], sender=register.stranger)


class TestExporting:
    def test_slices(self, register: Register):
        ids = [register.fresh(1_000), register.fresh(7)]
        receipt = register.energy.export_slices(ids, [400, 7], "AIB 4711", sender=register.alice)
        said = {"holder": register.alice.address, "ids": ids, "amounts": [400, 7], "destination": "AIB 4711"}
        check_event(receipt, "SlicesExported", **said)
        assert register.totals == {"slices": 600, "exported": 407}

    def test_certificates(self, register: Register):
        whole = register.fresh_whole()
        receipt = register.certificates.export_certificate(whole.id, "AIB 4711", sender=register.alice)
        said = {"id": whole.id, "holder": register.alice.address, "destination": "AIB 4711"}
        check_event(receipt, "CertificateExported", **said)
        assert register.certificates.certificate_of(whole.id).status == CertificateStatus.EXPORTED
        assert register.totals == {"exported": MWH}

    def test_what_is_good_only(self, register: Register):
        id, whole = register.fresh(1_000), register.fresh_whole()
        register.expired()
        with refused(reverts.CertificateExpired, id=id, expires=register.energy.slice_of(id).expires):
            register.energy.export_slices([id], [1], "AIB", sender=register.alice)
        with refused(reverts.CertificateExpired, id=whole.id, expires=whole.expires):
            register.certificates.export_certificate(whole.id, "AIB", sender=register.alice)


class TestWithdrawing:
    def test_from_the_stock(self, register: Register):
        device = register.plant()
        register.made(device, 1_000, 1_000)
        receipt = register.withdraw(device, 300)
        evidence = keccak(text="a check meter")
        check_event(receipt, "WithdrawalOrdered", device=device, wh=300, evidence=evidence)
        check_event(receipt, "StockWithdrawn", device=device, first=0, wh=300, debt=0)
        id = register.issue(device, 0, 1, 1_700)
        assert register.energy.slice_of(id).first == 300
        assert register.totals == {"slices": 1_700, "withdrawn": 300}

    def test_what_was_sold_stays_good(self, register: Register):
        """What the stock does not give, the next Wh pay before any is issued."""
        device = register.plant()
        register.made(device, 1_000)
        id = register.issue(device, 0, None, 900)
        register.give(register.alice, register.bob, id, 900)
        receipt = register.withdraw(device, 500)
        check_event(receipt, "StockWithdrawn", device=device, first=900, wh=100, debt=400)
        assert register.held(register.bob, id) == 900
        register.made(device, 150, 1_000, place=1)
        with refused(reverts.NotRecorded, device=device, left=750, asked=1_000):
            register.issue(device, 2, None, 1_000)
        receipt = register.energy.issue(device, *register.slots(2), 750, sender=register.alice)
        check_event(receipt, "StockWithdrawn", device=device, first=1_000, wh=400, debt=0)
        assert register.totals == {"slices": 900 + 750, "withdrawn": 500}

    def test_of_a_device_that_makes_nothing(self, register: Register):
        device = register.plant()
        receipt = register.withdraw(device, 500)
        assert [event.name for event in receipt.events] == ["WithdrawalOrdered"]
        assert register.energy.mark_of(device).debt == 500
        register.made(device, 200)
        with refused(reverts.NotRecorded, device=device, left=0, asked=1):
            register.issue(device, 0, None, 1)
        assert register.totals == {}

    def test_once(self, register: Register):
        device = register.plant()
        register.withdraw(device, 500)
        with refused(reverts.WithdrawalKnown, device=device, evidence=keccak(text="a check meter")):
            register.withdraw(device, 500)
        register.withdraw(device, 500, "another check")

    def test_enough_must_sign(self, register: Register):
        device = register.plant()
        withdrawal = Withdrawal(device, 500, keccak(text="a check meter"))
        least = register.market.readings.threshold()
        signatures = register.vouched(withdrawal, ATTESTERS[: least - 1])
        with refused(reverts.TooFewSigners, signers=least - 1, threshold=least):
            register.energy.withdraw(withdrawal, signatures, sender=register.stranger)

    def test_just_this(self, register: Register):
        """Signatures of another withdrawal are those of nobody."""
        device = register.plant()
        withdrawal = Withdrawal(device, 500, keccak(text="a check meter"))
        signatures = register.vouched(withdrawal)
        with pytest.raises((reverts.NotMember, reverts.SignersOutOfOrder)):
            register.energy.withdraw(withdrawal._replace(wh=501), signatures, sender=register.stranger)

    def test_something(self, register: Register):
        with refused(reverts.ZeroAmount):
            register.withdraw(register.plant(), 0)

    def test_of_what_gets_certificates(self, register: Register):
        device = register.plant(clean=False)
        with refused(reverts.NotCertifiable, device=device):
            register.withdraw(device, 500)

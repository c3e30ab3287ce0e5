"""Admission, certification, roles, owners."""

import pytest

from tests.assertions import FAR, check_event, pass_time, refused
from wattbook import Role
from wattbook.contracts import reverts
from wattbook.contracts.structs import Member, Standing, Status
from wattbook.eip712 import sign_application

ALL_RIGHTS = 0x801F007F
ZERO = "0x" + "00" * 20


def event_form(application):
    """An application as events carry it."""
    return {
        "account": application.account,
        "roles": application.roles,
        "owner": application.owner,
        "certifiedUntil": application.certified_until,
        "credential": application.credential,
        "nullifier": application.nullifier,
    }


class TestAdmit:
    def test_records_the_member_and_his_standing(self, market, people, application):
        applied = application(people.alice, roles=Role.CONSUMER)
        receipt = market.membership.admit(applied, sender=people.registrar)

        member = market.membership.member_count()
        check_event(
            receipt,
            "MemberAdmitted",
            member=member,
            account=people.alice.address,
            registrar=people.registrar.address,
            application=event_form(applied),
        )
        assert market.membership.member_of(member) == Member(
            roles=Role.CONSUMER,
            certified_until=FAR,
            status=Status.ACTIVE,
            owner=member,
            credential=applied.credential,
            nullifier=applied.nullifier,
            accounts=[people.alice.address],
        )
        assert market.membership.standing_of(people.alice.address) == Standing(
            roles=Role.CONSUMER | Role.SPEND,
            certified_until=FAR,
            status=Status.ACTIVE,
            member=member,
            owner=member,
            rights=ALL_RIGHTS,
            predecessors=0,
        )
        assert market.membership.member_by_nullifier(applied.nullifier) == member

    def test_members_of_one_owner_share_his_id(self, market, people, admit):
        first = admit(people.alice)
        second = admit(people.bob, owner=first)
        third = admit(people.carol, owner=second)
        owners = [market.membership.member_of(member).owner for member in (first, second, third)]
        assert owners == [first, first, first]

    def test_unknown_owner(self, market, people, application):
        with refused(reverts.UnknownMember, member=999):
            market.membership.admit(application(people.alice, owner=999), sender=people.registrar)

    def test_person_twice(self, market, people, application, admit):
        member = admit(people.alice)
        nullifier = application(people.alice).nullifier
        again = application(people.bob, nullifier=nullifier)
        with refused(reverts.NullifierTaken, nullifier=nullifier, member=member):
            market.membership.admit(again, sender=people.registrar)

    def test_expelled_person_again(self, market, people, application, admit):
        member = admit(people.alice)
        market.membership.expel(member, "fraud", sender=people.regulator)
        nullifier = application(people.alice).nullifier
        with refused(reverts.NullifierTaken, nullifier=nullifier, member=member):
            market.membership.admit(application(people.bob, nullifier=nullifier), sender=people.registrar)

    def test_account_twice(self, market, people, application, admit):
        member = admit(people.alice)
        again = application(people.alice, nullifier=b"\1" * 32)
        with refused(reverts.AccountTaken, account=people.alice.address, member=member):
            market.membership.admit(again, sender=people.registrar)

    def test_account_of_the_system(self, market, people, application):
        with refused(reverts.AccountTaken, account=market.vault.address, member=0):
            market.membership.admit(application(people.alice, account=market.vault.address), sender=people.registrar)

    def test_zero_account(self, market, people, application):
        with refused(reverts.ZeroAddress):
            market.membership.admit(application(people.alice, account=ZERO), sender=people.registrar)

    @pytest.mark.parametrize("field", ["credential", "nullifier"])
    def test_empty_hash(self, market, people, application, field):
        with refused(reverts.EmptyHash):
            market.membership.admit(application(people.alice, **{field: bytes(32)}), sender=people.registrar)

    @pytest.mark.parametrize("roles", [0, 1 << 7, Role.SPEND, Role.CONSUMER | 1 << 30])
    def test_invalid_roles(self, market, people, application, roles):
        with refused(reverts.InvalidRoles, roles=int(roles)):
            market.membership.admit(application(people.alice, roles=roles), sender=people.registrar)

    def test_certification_that_has_lapsed(self, market, people, application):
        now = market.chain.now
        with refused(reverts.CertificationInPast, certified_until=now):
            market.membership.admit(application(people.alice, certified_until=now), sender=people.registrar)

    def test_office_by_a_registrar(self, market, people, application):
        roles = Role.CONSUMER | Role.ISSUER
        with refused(reverts.OfficeNotGrantable, roles=roles):
            market.membership.admit(application(people.alice, roles=roles), sender=people.registrar)

    def test_office_by_the_authority(self, market, people, application, decide):
        decide("Membership", "admit", tuple(application(people.alice, roles=int(Role.ISSUER))))
        assert market.membership.is_active(people.alice.address, Role.ISSUER)

    def test_by_a_stranger(self, market, people, application):
        with refused(reverts.NotMember, account=people.stranger.address):
            market.membership.admit(application(people.alice), sender=people.stranger)

    def test_by_another_office(self, market, people, application):
        account = people.regulator.address
        with refused(reverts.MissingRole, account=account, any_of=Role.REGISTRAR):
            market.membership.admit(application(people.alice), sender=people.regulator)


class TestAdmitSigned:
    @pytest.fixture
    def deadline(self, market):
        return market.chain.now + 600

    @pytest.fixture
    def signed(self, market, people, application, deadline):
        """An application with both signatures, as arguments of admitSigned; parts can be given."""

        def make(applicant=people.alice, registrar=people.registrar, **fields):
            applied = application(people.alice, **fields)
            signatures = sign_application(
                market.membership,
                applied,
                applicant=applicant,
                registrar=registrar,
                deadline=deadline,
            )
            return applied, deadline, signatures[0], people.registrar.address, signatures[1]

        return make

    def test_admits_on_both_signatures(self, market, people, signed):
        arguments = signed()
        receipt = market.membership.admit_signed(*arguments, sender=people.relayer)
        check_event(
            receipt,
            "MemberAdmitted",
            member=market.membership.member_count(),
            account=people.alice.address,
            registrar=people.registrar.address,
            application=event_form(arguments[0]),
        )

    def test_applicant_did_not_sign(self, market, people, signed):
        with refused(reverts.InvalidSignature, signer=people.alice.address):
            market.membership.admit_signed(*signed(applicant=people.bob), sender=people.relayer)

    def test_registrar_did_not_sign(self, market, people, signed):
        with refused(reverts.InvalidSignature, signer=people.registrar.address):
            market.membership.admit_signed(*signed(registrar=people.bob), sender=people.relayer)

    def test_countersigned_by_one_who_is_no_registrar(self, market, people, signed):
        applied, deadline, first, _, second = signed(registrar=people.regulator)
        with refused(reverts.MissingRole, account=people.regulator.address, any_of=Role.REGISTRAR):
            market.membership.admit_signed(
                applied, deadline, first, people.regulator.address, second, sender=people.relayer
            )

    def test_anything_changed_after_signing(self, market, people, signed):
        applied, *rest = signed()
        changed = applied._replace(roles=applied.roles | Role.GRID)
        with refused(reverts.InvalidSignature, signer=people.alice.address):
            market.membership.admit_signed(changed, *rest, sender=people.relayer)

    def test_offices_cannot_be_applied_for(self, market, people, signed):
        with refused(reverts.OfficeNotGrantable, roles=Role.REGULATOR):
            market.membership.admit_signed(*signed(roles=Role.REGULATOR), sender=people.relayer)

    def test_late(self, market, people, signed, deadline):
        arguments = signed()
        pass_time(601)
        with refused(reverts.SignatureExpired, deadline=deadline):
            market.membership.admit_signed(*arguments, sender=people.relayer)

    def test_twice(self, market, people, signed):
        arguments = signed()
        market.membership.admit_signed(*arguments, sender=people.relayer)
        member = market.membership.member_count()
        with refused(reverts.AccountTaken, account=people.alice.address, member=member):
            market.membership.admit_signed(*arguments, sender=people.relayer)


class TestCertification:
    def test_lapses_by_itself(self, market, people, admit):
        until = market.chain.now + 100
        admit(people.alice, certified_until=until)
        assert market.membership.is_active(people.alice.address, Role.CONSUMER)
        pass_time(101)
        assert not market.membership.is_active(people.alice.address, Role.CONSUMER)
        with refused(reverts.CertificationExpired, account=people.alice.address, certified_until=until):
            market.membership.require_active(people.alice.address, Role.CONSUMER)

    def test_renewal_makes_active_again(self, market, people, admit):
        member = admit(people.alice, certified_until=market.chain.now + 100)
        pass_time(101)
        receipt = market.membership.renew(member, FAR, b"\7" * 32, sender=people.registrar)
        check_event(receipt, "MemberRenewed", member=member, certifiedUntil=FAR, credential=b"\7" * 32)
        assert market.membership.is_active(people.alice.address, Role.CONSUMER)
        assert market.membership.member_of(member).credential == b"\7" * 32

    def test_renewal_into_the_past(self, market, people, admit):
        member = admit(people.alice)
        with refused(reverts.CertificationInPast, certified_until=1):
            market.membership.renew(member, 1, b"\7" * 32, sender=people.registrar)

    def test_renewal_that_shortens(self, market, people, admit):
        member = admit(people.alice)
        with refused(reverts.CertificationShortened, certified_until=FAR - 1, current=FAR):
            market.membership.renew(member, FAR - 1, b"\7" * 32, sender=people.registrar)

    def test_the_authority_can_shorten(self, market, people, admit, decide):
        member = admit(people.alice)
        decide("Membership", "renew", member, FAR - 1, b"\7" * 32)
        assert market.membership.member_of(member).certified_until == FAR - 1

    def test_office_holders_are_renewed_by_the_authority_only(self, market, people, decide):
        regulator = market.membership.standing_of(people.regulator.address)
        until = regulator.certified_until + 1
        with refused(reverts.OfficeNotGrantable, roles=Role.REGULATOR):
            market.membership.renew(regulator.member, until, b"\7" * 32, sender=people.registrar)
        decide("Membership", "renew", regulator.member, until, b"\7" * 32)
        assert market.membership.member_of(regulator.member).certified_until == until

    def test_renewal_without_credential(self, market, people, admit):
        with refused(reverts.EmptyHash):
            market.membership.renew(admit(people.alice), FAR, bytes(32), sender=people.registrar)

    def test_renewal_of_an_expelled_member(self, market, people, admit):
        member = admit(people.alice)
        market.membership.expel(member, "fraud", sender=people.regulator)
        with refused(reverts.UnexpectedStatus, member=member, status=Status.EXPELLED):
            market.membership.renew(member, FAR, b"\7" * 32, sender=people.registrar)

    def test_renewal_of_nobody(self, market, people):
        with refused(reverts.UnknownMember, member=77):
            market.membership.renew(77, FAR, b"\7" * 32, sender=people.registrar)

    def test_renewal_leaves_a_suspension_in_force(self, market, people, admit):
        member = admit(people.alice)
        market.membership.suspend(member, "audit", sender=people.regulator)
        market.membership.renew(member, FAR + 1, b"\7" * 32, sender=people.registrar)
        assert market.membership.standing_of(people.alice.address).status == Status.SUSPENDED


class TestRoles:
    def test_registrar_grants_market_roles(self, market, people, admit):
        member = admit(people.alice, roles=Role.CONSUMER)
        receipt = market.membership.grant_roles(member, Role.STORAGE | Role.CHARGING, sender=people.registrar)
        check_event(receipt, "RolesGranted", member=member, roles=Role.STORAGE | Role.CHARGING)
        assert market.membership.member_of(member).roles == Role.CONSUMER | Role.STORAGE | Role.CHARGING
        assert market.membership.is_active(people.alice.address, Role.CHARGING)

    def test_registrar_grants_no_office(self, market, people, admit):
        member = admit(people.alice)
        with refused(reverts.OfficeNotGrantable, roles=Role.ATTESTER):
            market.membership.grant_roles(member, Role.ATTESTER, sender=people.registrar)

    def test_authority_grants_an_office(self, market, people, admit, decide):
        member = admit(people.alice)
        decide("Membership", "grantRoles", member, int(Role.ATTESTER))
        assert market.membership.is_active(people.alice.address, Role.ATTESTER)

    def test_regulator_withdraws_at_once(self, market, people):
        attester = market.membership.standing_of(people.attester.address).member
        receipt = market.membership.withdraw_roles(attester, Role.ATTESTER, "key leaked", sender=people.regulator)
        check_event(receipt, "RolesWithdrawn", member=attester, roles=Role.ATTESTER, reason="key leaked")
        with refused(reverts.MissingRole, account=people.attester.address, any_of=Role.ATTESTER):
            market.membership.require_active(people.attester.address, Role.ATTESTER)
        assert market.membership.is_active(people.attester.address, 0)

    def test_withdrawal_of_unknown_roles(self, market, people, admit):
        with refused(reverts.InvalidRoles, roles=1 << 9):
            market.membership.withdraw_roles(admit(people.alice), 1 << 9, "why", sender=people.regulator)

    def test_withdrawal_without_reason(self, market, people, admit):
        with refused(reverts.ReasonMissing):
            market.membership.withdraw_roles(admit(people.alice), Role.CONSUMER, "", sender=people.regulator)

    def test_any_of_several_is_enough(self, market, people, admit):
        admit(people.alice, roles=Role.STORAGE)
        assert market.membership.is_active(people.alice.address, Role.STORAGE | Role.GRID)
        assert not market.membership.is_active(people.alice.address, Role.PRODUCER | Role.GRID)


class TestOwner:
    def test_follows_another_member(self, market, people, admit):
        first, second = admit(people.alice), admit(people.bob)
        receipt = market.membership.change_owner(second, first, sender=people.registrar)
        check_event(receipt, "OwnerChanged", member=second, owner=first)
        assert market.membership.standing_of(people.bob.address).owner == first

    def test_can_be_his_own_again(self, market, people, admit):
        first, second = admit(people.alice), admit(people.bob)
        market.membership.change_owner(second, first, sender=people.registrar)
        market.membership.change_owner(second, second, sender=people.registrar)
        assert market.membership.standing_of(people.bob.address).owner == second

    def test_of_an_office_holder_by_the_authority_only(self, market, people, admit, decide):
        member = admit(people.alice)
        registrar = market.membership.standing_of(people.registrar.address).member
        with refused(reverts.OfficeNotGrantable, roles=Role.REGISTRAR):
            market.membership.change_owner(registrar, member, sender=people.registrar)
        decide("Membership", "changeOwner", registrar, member)
        assert market.membership.member_of(registrar).owner == member

    @pytest.mark.parametrize("known_first", [True, False])
    def test_of_nobody(self, market, people, admit, known_first):
        member = admit(people.alice)
        pair = (member, 500) if known_first else (500, member)
        with refused(reverts.UnknownMember, member=500):
            market.membership.change_owner(*pair, sender=people.registrar)

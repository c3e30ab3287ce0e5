"""PT: minted against receipts, redeemed with references, moved between active members only."""

import pytest

from tests.assertions import FAR, check_event, pass_time, refused
from wattbook import Role, pt
from wattbook.contracts import reverts
from wattbook.contracts.structs import Status
from wattbook.eip712 import sign_action, sign_permit

RECEIPT = b"\1" * 32
PAYMENT = b"\2" * 32


@pytest.fixture
def token(market):
    return market.power_token


@pytest.fixture
def issuer_id(market, people):
    return market.membership.standing_of(people.issuer.address).member


def test_it_is_a_token_of_six_decimals(token):
    raw = token.raw.functions
    assert (raw.name().call(), raw.symbol().call(), token.decimals()) == (
        "Wattbook Power Token",
        "PT",
        6,
    )


class TestMint:
    def test_adds_to_supply_and_reserve(self, token, people, alice, issuer_id):
        receipt = token.mint(alice.address, pt(5), RECEIPT, sender=people.issuer)
        check_event(receipt, "Minted", issuer=issuer_id, to=alice.address, amount=pt(5), receipt=RECEIPT)
        transfer = receipt.event("Transfer").args
        assert (int(transfer["from"], 16), transfer["to"], transfer["value"]) == (
            0,
            alice.address,
            pt(5),
        )
        assert token.balance_of(alice.address) == pt(5)
        assert token.total_supply() == token.reserve_of(issuer_id) == pt(5)
        assert token.receipt_of(issuer_id, RECEIPT) == pt(5)

    def test_receipt_twice(self, token, people, alice, bob, issuer_id):
        token.mint(alice.address, pt(5), RECEIPT, sender=people.issuer)
        with refused(reverts.ReceiptUsed, issuer=issuer_id, receipt=RECEIPT):
            token.mint(bob.address, 1, RECEIPT, sender=people.issuer)
        assert token.total_supply() == pt(5)

    def test_two_issuers_may_have_receipts_of_one_number(self, token, people, alice, admit, market, decide, issuer_id):
        second = admit(people.carol)
        decide("Membership", "grantRoles", second, int(Role.ISSUER))
        token.mint(alice.address, 5, RECEIPT, sender=people.issuer)
        token.mint(alice.address, 7, RECEIPT, sender=people.carol)
        assert (token.reserve_of(issuer_id), token.reserve_of(second)) == (5, 7)
        assert token.total_supply() == 12

    def test_by_one_who_is_no_issuer(self, token, people, alice):
        with refused(reverts.MissingRole, account=alice.address, any_of=Role.ISSUER):
            token.mint(alice.address, 1, RECEIPT, sender=alice)
        with refused(reverts.NotMember, account=people.stranger.address):
            token.mint(alice.address, 1, RECEIPT, sender=people.stranger)

    def test_by_a_suspended_issuer(self, market, token, people, alice, issuer_id):
        market.membership.suspend(issuer_id, "audit", sender=people.regulator)
        with refused(reverts.NotActive, account=people.issuer.address, status=Status.SUSPENDED):
            token.mint(alice.address, 1, RECEIPT, sender=people.issuer)

    def test_to_one_who_is_no_member(self, token, people):
        with refused(reverts.NotMember, account=people.stranger.address):
            token.mint(people.stranger.address, 1, RECEIPT, sender=people.issuer)

    def test_to_a_contract_of_the_market(self, market, token, people):
        with refused(reverts.SystemAccountPulls, account=market.vault.address):
            token.mint(market.vault.address, 1, RECEIPT, sender=people.issuer)

    def test_nothing(self, token, people, alice):
        with refused(reverts.ZeroAmount):
            token.mint(alice.address, 0, RECEIPT, sender=people.issuer)

    def test_without_receipt(self, token, people, alice):
        with refused(reverts.EmptyReference):
            token.mint(alice.address, 1, bytes(32), sender=people.issuer)

    def test_as_much_as_the_vault_can_account_for(self, token, people, alice):
        token.mint(alice.address, 2**128 - 1, RECEIPT, sender=people.issuer)
        with refused(reverts.SupplyTooLarge, supply=2**128):
            token.mint(alice.address, 1, PAYMENT, sender=people.issuer)


class TestRedeem:
    def test_takes_from_supply_and_reserve(self, token, alice, mint, issuer_id):
        mint(alice, pt(5))
        receipt = token.redeem(issuer_id, pt(2), PAYMENT, sender=alice)
        check_event(
            receipt,
            "Redeemed",
            issuer=issuer_id,
            account=alice.address,
            amount=pt(2),
            paymentReference=PAYMENT,
        )
        assert token.balance_of(alice.address) == pt(3)
        assert token.total_supply() == token.reserve_of(issuer_id) == pt(3)

    def test_signed(self, token, people, alice, mint, issuer_id):
        mint(alice, pt(5))
        values = {"issuer": issuer_id, "amount": pt(5), "paymentReference": PAYMENT}
        auth = sign_action(token, "Redeem", alice, values, deadline=FAR)
        receipt = token.redeem_signed(issuer_id, pt(5), PAYMENT, auth, sender=people.relayer)
        assert receipt.event("Redeemed").args["account"] == alice.address
        assert token.total_supply() == 0

    def test_of_an_issuer_who_holds_less(self, token, alice, mint):
        mint(alice, pt(5))
        with refused(reverts.ReserveTooSmall, issuer=99, reserve=0, asked=1):
            token.redeem(99, 1, PAYMENT, sender=alice)

    def test_more_than_one_has(self, token, alice, bob, mint, issuer_id):
        mint(alice, 5)
        mint(bob, 1)
        with refused(reverts.ERC20InsufficientBalance, sender=bob.address, balance=1, needed=2):
            token.redeem(issuer_id, 2, PAYMENT, sender=bob)

    def test_nothing(self, token, alice, issuer_id):
        with refused(reverts.ZeroAmount):
            token.redeem(issuer_id, 0, PAYMENT, sender=alice)

    def test_without_reference(self, token, alice, issuer_id):
        with refused(reverts.EmptyReference):
            token.redeem(issuer_id, 1, bytes(32), sender=alice)

    @pytest.mark.parametrize("step", ["suspend", "expel"])
    def test_whatever_became_of_the_holder(self, market, token, people, alice, mint, issuer_id, step):
        mint(alice, pt(5))
        member = market.membership.standing_of(alice.address).member
        getattr(market.membership, step)(member, "why", sender=people.regulator)
        token.redeem(issuer_id, pt(5), PAYMENT, sender=alice)
        assert token.balance_of(alice.address) == 0

    def test_by_a_stranger(self, token, people, issuer_id):
        with refused(reverts.NotMember, account=people.stranger.address):
            token.redeem(issuer_id, 1, PAYMENT, sender=people.stranger)


class TestTransfer:
    def test_between_active_members(self, token, alice, bob, mint):
        mint(alice, pt(5))
        receipt = token.transfer(bob.address, pt(2), sender=alice)
        assert receipt.event("Transfer").args == {
            "from": alice.address,
            "to": bob.address,
            "value": pt(2),
        }
        assert (token.balance_of(alice.address), token.balance_of(bob.address)) == (pt(3), pt(2))

    def test_signed(self, token, people, alice, bob, mint):
        mint(alice, pt(5))
        values = {"to": bob.address, "amount": pt(2)}
        auth = sign_action(token, "Transfer", alice, values, nonce=9, deadline=FAR)
        receipt = token.transfer_signed(bob.address, pt(2), auth, sender=people.relayer)
        check_event(receipt, "NonceUsed", signer=alice.address, nonce=9)
        assert token.balance_of(bob.address) == pt(2)

    def test_signed_obeys_the_same_rules(self, market, token, people, alice, mint):
        mint(alice, 5)

        def send(to):
            auth = sign_action(token, "Transfer", alice, {"to": to, "amount": 1}, deadline=FAR)
            token.transfer_signed(to, 1, auth, sender=people.relayer)

        with refused(reverts.NotMember, account=people.stranger.address):
            send(people.stranger.address)
        with refused(reverts.NotMember, account="0x" + "00" * 20):
            send("0x" + "00" * 20)
        with refused(reverts.SystemAccountPulls, account=market.vault.address):
            send(market.vault.address)

    def test_to_a_stranger(self, token, people, alice, mint):
        mint(alice, 5)
        with refused(reverts.NotMember, account=people.stranger.address):
            token.transfer(people.stranger.address, 1, sender=alice)

    def test_to_zero(self, token, alice, mint):
        mint(alice, 5)
        with refused(reverts.ERC20InvalidReceiver, receiver="0x" + "00" * 20):
            token.transfer("0x" + "00" * 20, 1, sender=alice)

    def test_straight_to_the_vault(self, market, token, alice, mint):
        mint(alice, 5)
        with refused(reverts.SystemAccountPulls, account=market.vault.address):
            token.transfer(market.vault.address, 1, sender=alice)

    def test_to_the_vault_through_a_third_party(self, market, token, alice, bob, mint):
        mint(alice, 5)
        token.approve(bob.address, 5, sender=alice)
        with refused(reverts.SystemAccountPulls, account=market.vault.address):
            token.transfer_from(alice.address, market.vault.address, 1, sender=bob)

    @pytest.mark.parametrize("suspended", ["sender", "receiver"])
    def test_with_a_suspended_member(self, market, token, people, alice, bob, mint, suspended):
        mint(alice, 5)
        account = alice if suspended == "sender" else bob
        member = market.membership.standing_of(account.address).member
        market.membership.suspend(member, "audit", sender=people.regulator)
        with refused(reverts.NotActive, account=account.address, status=Status.SUSPENDED):
            token.transfer(bob.address, 1, sender=alice)

    def test_with_an_expired_member(self, market, token, people, alice, admit, mint):
        mint(alice, 5)
        until = market.chain.now + 50
        admit(people.bob, certified_until=until)
        pass_time(50)
        with refused(reverts.CertificationExpired, account=people.bob.address, certified_until=until):
            token.transfer(people.bob.address, 1, sender=alice)

    def test_under_an_allowance(self, token, people, alice, bob, mint):
        mint(alice, 5)
        token.approve(people.stranger.address, 3, sender=alice)
        token.transfer_from(alice.address, bob.address, 2, sender=people.stranger)
        with refused(
            reverts.ERC20InsufficientAllowance,
            spender=people.stranger.address,
            allowance=1,
            needed=2,
        ):
            token.transfer_from(alice.address, bob.address, 2, sender=people.stranger)


class TestPermit:
    def test_gives_an_allowance(self, token, people, alice, bob):
        permit = sign_permit(token, alice, bob.address, 7, nonce=0, deadline=FAR)
        token.permit(alice.address, bob.address, 7, FAR, *permit, sender=people.relayer)
        assert token.allowance(alice.address, bob.address) == 7
        assert token.nonces(alice.address) == 1

    def test_late(self, token, people, alice, bob):
        deadline = 1_000
        permit = sign_permit(token, alice, bob.address, 7, nonce=0, deadline=deadline)
        with refused(reverts.ERC2612ExpiredSignature, deadline=deadline):
            token.permit(alice.address, bob.address, 7, deadline, *permit, sender=people.relayer)

    def test_by_somebody_else(self, token, people, alice, bob):
        permit = sign_permit(token, alice, bob.address, 7, nonce=5, deadline=FAR)
        with pytest.raises(reverts.ERC2612InvalidSigner) as caught:
            token.permit(alice.address, bob.address, 7, FAR, *permit, sender=people.relayer)
        assert caught.value.owner == alice.address

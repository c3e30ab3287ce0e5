"""The base of signed actions, shown on the Vault's withdrawal and a token's transfer."""

import pytest
from eth_account.messages import encode_typed_data
from web3 import Web3

from tests.assertions import FAR, check_event, refused
from tests.node import next_block_at
from wattbook import Signed, pt
from wattbook.contracts import reverts
from wattbook.eip712 import sign_action, typed_data


@pytest.fixture
def rich(alice, deposit):
    deposit(alice, pt(100))
    return alice


def withdrawal(market, signer, amount=1_000_000, *, nonce=0, deadline=FAR):
    values = {"amount": amount}
    return sign_action(market.vault, "Withdraw", signer, values, nonce=nonce, deadline=deadline)


def test_nonces_in_any_order(market, people, rich):
    for nonce in (2**256 - 1, 7, 0, 255, 256):
        receipt = market.vault.withdraw_signed(pt(1), withdrawal(market, rich, nonce=nonce), sender=people.relayer)
        check_event(receipt, "NonceUsed", signer=rich.address, nonce=nonce)
        assert market.vault.is_nonce_used(rich.address, nonce)
    assert not market.vault.is_nonce_used(rich.address, 1)
    assert market.power_token.balance_of(rich.address) == pt(5)


def test_nonce_twice(market, people, rich):
    auth = withdrawal(market, rich)
    market.vault.withdraw_signed(pt(1), auth, sender=people.relayer)
    with refused(reverts.NonceAlreadyUsed, signer=rich.address, nonce=0):
        market.vault.withdraw_signed(pt(1), auth, sender=people.relayer)


def test_one_persons_nonce_is_not_anothers(market, people, rich, bob, deposit):
    deposit(bob, pt(1))
    market.vault.withdraw_signed(pt(1), withdrawal(market, rich), sender=people.relayer)
    market.vault.withdraw_signed(pt(1), withdrawal(market, bob), sender=people.relayer)
    assert market.power_token.balance_of(bob.address) == pt(1)


def test_withdrawn_before_it_was_sent(market, people, rich):
    auth = withdrawal(market, rich, nonce=3)
    receipt = market.vault.cancel_nonce(3, sender=rich)
    check_event(receipt, "NonceUsed", signer=rich.address, nonce=3)
    with refused(reverts.NonceAlreadyUsed, signer=rich.address, nonce=3):
        market.vault.withdraw_signed(pt(1), auth, sender=people.relayer)
    with refused(reverts.NonceAlreadyUsed, signer=rich.address, nonce=3):
        market.vault.cancel_nonce(3, sender=rich)


@pytest.mark.parametrize("late", [0, 1])
def test_deadline_is_the_last_second(market, people, rich, late):
    deadline = market.chain.now + 100
    auth = withdrawal(market, rich, deadline=deadline)
    next_block_at(deadline + late)
    if late:
        with refused(reverts.SignatureExpired, deadline=deadline):
            market.vault.withdraw_signed(pt(1), auth, sender=people.relayer)
    else:
        market.vault.withdraw_signed(pt(1), auth, sender=people.relayer)
    assert market.chain.now == deadline + late


def test_amount_changed(market, people, rich):
    with refused(reverts.InvalidSignature, signer=rich.address):
        market.vault.withdraw_signed(pt(2), withdrawal(market, rich), sender=people.relayer)


def test_signed_by_somebody_else(market, people, rich, bob):
    forged = withdrawal(market, bob)._replace(signer=rich.address)
    with refused(reverts.InvalidSignature, signer=rich.address):
        market.vault.withdraw_signed(pt(1), forged, sender=people.relayer)


def test_not_a_signature(market, people, rich):
    with refused(reverts.InvalidSignature, signer=rich.address):
        market.vault.withdraw_signed(pt(1), Signed(rich.address, 0, FAR, b"nonsense"), sender=people.relayer)


@pytest.mark.parametrize(
    ("field", "value"),
    [("chainId", 1), ("verifyingContract", "0x" + "11" * 20), ("version", "2"), ("name", "Vault")],
)
def test_signed_for_another_domain(market, people, rich, field, value):
    values = {"signer": rich.address, "amount": pt(1), "nonce": 0, "deadline": FAR}
    document = typed_data(market.vault, "Withdraw", values)
    document["domain"][field] = value
    signature = bytes(rich.sign_message(encode_typed_data(full_message=document)).signature)
    with refused(reverts.InvalidSignature, signer=rich.address):
        market.vault.withdraw_signed(pt(1), Signed(rich.address, 0, FAR, signature), sender=people.relayer)


def test_what_fails_uses_up_nothing(market, people, rich):
    auth = withdrawal(market, rich, pt(500))
    with refused(reverts.InsufficientFree, account=rich.address, free=pt(100), asked=pt(500)):
        market.vault.withdraw_signed(pt(500), auth, sender=people.relayer)
    assert not market.vault.is_nonce_used(rich.address, 0)


def test_a_signature_for_one_token_is_none_for_the_other(market, people, alice, bob, mint):
    mint(alice, 5)
    values = {"to": bob.address, "amount": 5}
    auth = sign_action(market.power_points, "Transfer", alice, values, nonce=0, deadline=FAR)
    with refused(reverts.InvalidSignature, signer=alice.address):
        market.power_token.transfer_signed(bob.address, 5, auth, sender=people.relayer)


def test_zero_signer(market, people):
    zero = Web3.to_checksum_address("0x" + "00" * 20)
    with refused(reverts.InvalidSignature, signer=zero):
        market.vault.withdraw_signed(pt(1), Signed(zero, 0, FAR, bytes(65)), sender=people.relayer)

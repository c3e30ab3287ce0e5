"""The messages that Python signs are those that the contracts verify."""

import re

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from tests.assertions import FAR
from wattbook import abi
from wattbook.contracts import reverts
from wattbook.eip712 import (
    MESSAGES,
    Message,
    sign,
    sign_action,
    sign_permit,
    struct_hash,
    typed_data,
)

# The constant in OpenZeppelin's ERC20Permit, which has no getter.
PERMIT = "6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c9"

GETTERS = [
    (name, entry["name"])
    for name in abi.contract_names()
    for entry in abi.interface(name).abi
    if entry["type"] == "function" and entry["name"].endswith("_TYPEHASH")
]
TAKEN = [(contract, message.name) for message in MESSAGES.values() for contract in message.contracts]
DOMAINS = ["Membership", "PowerToken", "PowerPoints", "Vault", "Meters", "EnergyUnits", "Auction", "DirectSale"]
DOMAINS += ["Readings", "RegistrationBonus", "Bills", "Deposits", "CleanEnergy", "GreenCertificates"]
DOMAINS += ["EnergyPackages", "Tenders", "Supplies", "Tranche", "AssetPools", "Council", "Elections"]


@pytest.fixture
def client(market):
    tokens = (market.power_token, market.power_points)
    registries = (market.membership, market.meters, market.energy_units)
    clients = (*registries, *tokens, market.vault, market.auction, market.direct_sale, market.readings)
    clients += (market.registration_bonus, market.subsidy_fund, market.use_subsidy, market.bills, market.deposits)
    clients += (market.clean_energy, market.green_certificates, market.energy_packages, market.supply_reports)
    clients += (market.tenders, market.supplies, market.tranche, market.admissions, market.asset_pools)
    clients += (market.council, market.elections)
    return {contract.NAME: contract for contract in clients}


def constant(message):
    """The name of a message's constant in Solidity: AddAccount is ADD_ACCOUNT_TYPEHASH."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", message).upper() + "_TYPEHASH"


def test_there_is_something_to_compare():
    assert len(GETTERS) >= 12


@pytest.mark.parametrize(("contract", "getter"), GETTERS)
def test_every_typehash_of_a_contract_has_its_message(client, contract, getter):
    of_this_name = [message for message in MESSAGES.values() if constant(message.name) == getter]
    assert len(of_this_name) == 1
    assert contract in (*of_this_name[0].contracts, of_this_name[0].taken_by)
    assert client[contract].function(getter).call() == of_this_name[0].typehash


@pytest.mark.parametrize(("contract", "message"), TAKEN)
def test_every_message_has_its_contract(contract, message):
    if message == "Permit":
        assert MESSAGES["Permit"].typehash.hex() == PERMIT
    else:
        assert (MESSAGES[message].taken_by or contract, constant(message)) in GETTERS


@pytest.mark.parametrize("contract", DOMAINS)
def test_domains_are_those_of_the_contracts(client, chain, contract):
    raw = client[contract].raw
    fields, name, version, chain_id, verifying, salt, extensions = raw.functions.eip712Domain().call()
    assert (fields, salt, extensions) == (b"\x0f", bytes(32), [])
    message = next(message.name for message in MESSAGES.values() if contract in message.contracts)
    empty = {"address": "0x" + "00" * 20, "bytes32": bytes(32), "uint32[]": [], "uint256[]": [], "string": ""}
    empty["Purchase[]"] = []
    values = {field: empty.get(kind, 0) for field, kind in MESSAGES[message].fields}
    document = typed_data(client[contract], message, values)
    assert document["domain"] == {
        "name": name,
        "version": version,
        "chainId": chain_id,
        "verifyingContract": verifying,
    }
    assert chain_id == chain.chain_id
    if "DOMAIN_SEPARATOR" in raw.functions:
        separator = raw.functions.DOMAIN_SEPARATOR().call()
        assert encode_typed_data(full_message=document).header == separator


def test_typehash_of_a_struct_is_the_hash_of_its_text():
    message = Message("Deposit", ("Vault",), (("signer", "address"), ("amount", "uint128")))
    assert message.typehash == keccak(text="Deposit(address signer,uint128 amount)")


def test_a_signature_is_its_signers(client, people):
    values = {"signer": people.alice.address, "amount": 7, "nonce": 1, "deadline": FAR}
    signature = sign(client["Vault"], "Deposit", people.alice, values)
    document = encode_typed_data(full_message=typed_data(client["Vault"], "Deposit", values))
    assert Account.recover_message(document, signature=signature) == people.alice.address
    assert struct_hash(client["Vault"], "Deposit", values) == document.body
    assert len(signature) == 65


def test_nonces_are_drawn_anew_unless_given(client, people):
    def nonce(**given):
        vault, amount = client["Vault"], {"amount": 1}
        return sign_action(vault, "Deposit", people.alice, amount, deadline=FAR, **given).nonce

    assert nonce() != nonce()
    assert nonce(nonce=0) == 0


def test_a_message_for_another_contract_is_refused(client, people):
    with pytest.raises(ValueError, match=r"^Vault takes no Redeem$"):
        sign_action(client["Vault"], "Redeem", people.alice, {}, deadline=FAR)


def test_missing_and_unknown_fields_are_refused(client, people):
    with pytest.raises(ValueError, match=r"^Deposit has the fields \['amount', .*, not \['amuont'"):
        sign_action(client["Vault"], "Deposit", people.alice, {"amuont": 1}, deadline=FAR)


def test_a_contract_refuses_what_was_signed_for_another(market, people, alice, bob, mint):
    """Transfers of both tokens have the same fields; the domain keeps them apart."""
    mint(alice, 10)
    values = {"to": bob.address, "amount": 10}
    auth = sign_action(market.power_points, "Transfer", alice, values, nonce=1, deadline=FAR)
    with pytest.raises(reverts.InvalidSignature):
        market.power_token.transfer_signed(bob.address, 10, auth, sender=people.relayer)
    auth = sign_action(market.power_token, "Transfer", alice, values, nonce=1, deadline=FAR)
    market.power_token.transfer_signed(bob.address, 10, auth, sender=people.relayer)
    assert market.power_token.balance_of(bob.address) == 10


def test_a_permit_gives_the_allowance(market, people, alice):
    token, spender = market.power_token, people.stranger.address
    v, r, s = sign_permit(token, alice, spender, 12, nonce=0, deadline=FAR)
    token.permit(alice.address, spender, 12, FAR, v, r, s, sender=people.relayer)
    assert token.allowance(alice.address, spender) == 12

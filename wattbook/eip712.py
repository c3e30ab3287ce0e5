"""Every message that people sign, written once.

`MESSAGES` names each EIP-712 struct, the contract that takes it and its fields. `typed_data` builds what a wallet
shows; `sign` signs it with a local key; `sign_action` makes what the contracts' `...Signed` functions take.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from wattbook.contracts.base import Contract
from wattbook.contracts.structs import Application, Signed

Fields = tuple[tuple[str, str], ...]

_DOMAIN: Fields = (
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
)

_DOMAIN_NAMES = {
    "Membership": "Wattbook Membership",
    "PowerToken": "Wattbook Power Token",
    "PowerPoints": "Wattbook Power Points",
    "Vault": "Wattbook Vault",
    "Meters": "Wattbook Meters",
    "EnergyUnits": "Wattbook Energy Units",
    "Auction": "Wattbook Auction",
    "DirectSale": "Wattbook Direct Sale",
    "Readings": "Wattbook Readings",
    "RegistrationBonus": "Wattbook Registration Bonus",
    "Bills": "Wattbook Bills",
    "Deposits": "Wattbook Deposits",
    "Tenders": "Wattbook Tenders",
    "Supplies": "Wattbook Supplies",
    "CleanEnergy": "Wattbook Clean Energy",
    "GreenCertificates": "Wattbook Green Certificates",
    "EnergyPackages": "Wattbook Energy Packages",
    "Tranche": "Wattbook Tranche",
    "AssetPools": "Wattbook Asset Pools",
    "Council": "Wattbook Council",
    "Elections": "Wattbook Elections",
}


@dataclass(frozen=True)
class Message:
    """One EIP-712 struct. An action carries signer, nonce and deadline besides its own fields.

    `contracts` are those under whose domain it is signed; `taken_by` is who acts on it, when that is another; `part` is
    the struct that it has a list of, when it has one.
    """

    name: str
    contracts: tuple[str, ...]
    fields: Fields
    taken_by: str = ""
    part: str = ""

    @property
    def encoded_type(self) -> str:
        whole = _encoded(self.name, self.fields)
        return whole + _encoded(self.part, PARTS[self.part]) if self.part else whole

    @property
    def typehash(self) -> bytes:
        return keccak(text=self.encoded_type)


def _encoded(name: str, fields: Fields) -> str:
    return f"{name}({','.join(f'{kind} {field}' for field, kind in fields)})"


def _action(name: str, contracts: str | tuple[str, ...], *fields: tuple[str, str], part: str = "") -> Message:
    contracts = (contracts,) if isinstance(contracts, str) else contracts
    whole = (("signer", "address"), *fields, ("nonce", "uint256"), ("deadline", "uint256"))
    return Message(name, contracts, whole, part=part)


# Structs that a message has a list of.
PARTS: dict[str, Fields] = {
    "Purchase": (
        ("version", "uint32"),
        ("kind", "uint8"),
        ("first", "uint16"),
        ("term", "uint8"),
        ("device", "uint32"),
        ("area", "uint32"),
        ("amount", "uint96"),
    ),
}


_TOKENS = ("PowerToken", "PowerPoints", "Tranche")
_RETIREMENT: Fields = (
    ("beneficiary", "address"),
    ("since", "uint40"),
    ("until", "uint40"),
    ("purpose", "string"),
)
_SLOTS: Fields = (("device", "uint32"), ("since", "uint40"), ("until", "uint40"))
_KEY: Fields = (("curve", "uint8"), ("x", "bytes32"), ("y", "bytes32"))
_DEVICE: Fields = (
    ("zone", "uint16"),
    ("carrier", "uint8"),
    ("direction", "uint8"),
    ("technology", "uint24"),
    ("clean", "bool"),
    ("stores", "bool"),
    ("ratedW", "uint32"),
    ("modulus", "uint64"),
    ("site", "bytes32"),
    *_KEY,
)

MESSAGES = {
    message.name: message
    for message in (
        Message(
            "Application",
            ("Membership",),
            (
                ("account", "address"),
                ("roles", "uint32"),
                ("owner", "uint32"),
                ("certifiedUntil", "uint40"),
                ("credential", "bytes32"),
                ("nullifier", "bytes32"),
                ("deadline", "uint256"),
            ),
        ),
        Message(
            "Countersignature",
            ("Membership",),
            (("registrar", "address"), ("application", "bytes32"), ("deadline", "uint256")),
        ),
        Message(
            "AcceptAccount",
            ("Membership",),
            (
                ("account", "address"),
                ("member", "uint32"),
                ("rights", "uint32"),
                ("deadline", "uint256"),
            ),
        ),
        Message(
            "Permit",
            _TOKENS,
            (
                ("owner", "address"),
                ("spender", "address"),
                ("value", "uint256"),
                ("nonce", "uint256"),
                ("deadline", "uint256"),
            ),
        ),
        _action("AddAccount", "Membership", ("account", "address"), ("rights", "uint32")),
        _action("RetireAccount", "Membership", ("account", "address")),
        _action("ObjectToRecovery", "Membership"),
        _action("Transfer", _TOKENS, ("to", "address"), ("amount", "uint256")),
        _action(
            "Redeem",
            "PowerToken",
            ("issuer", "uint32"),
            ("amount", "uint256"),
            ("paymentReference", "bytes32"),
        ),
        Message(
            "Commit",
            ("Auction",),
            (
                ("trader", "address"),
                ("book", "bytes32"),
                ("sizeClass", "uint8"),
                ("number", "uint8"),
                ("seal", "bytes32"),
            ),
        ),
        Message(
            "Sale",
            ("DirectSale",),
            (
                ("seller", "address"),
                ("buyer", "address"),
                ("carrier", "uint8"),
                ("zone", "uint16"),
                ("device", "uint32"),
                ("slotStart", "uint40"),
                ("wh", "uint40"),
                ("price", "uint16"),
                ("salt", "uint256"),
                ("deadline", "uint256"),
            ),
        ),
        Message(
            "Root",
            ("Readings",),
            (
                ("zone", "uint16"),
                ("time", "uint40"),
                ("version", "uint8"),
                ("root", "bytes32"),
                ("size", "uint32"),
                ("dataHash", "bytes32"),
                ("devices", "uint32[]"),
            ),
        ),
        Message(
            "Reading",
            ("Readings",),
            (
                ("device", "uint32"),
                ("carrier", "uint8"),
                ("direction", "uint8"),
                ("time", "uint40"),
                ("register", "uint64"),
                ("sequence", "uint32"),
                ("quality", "uint8"),
                ("previous", "bytes32"),
            ),
        ),
        Message(
            "Verdict",
            ("Readings",),
            (
                ("device", "uint32"),
                ("time", "uint40"),
                ("version", "uint8"),
                ("upheld", "bool"),
                ("evidence", "bytes32"),
            ),
        ),
        Message(
            "Exchange",
            ("Readings",),
            (
                ("device", "uint32"),
                ("time", "uint40"),
                ("closing", "uint64"),
                ("opening", "uint64"),
                ("evidence", "bytes32"),
            ),
        ),
        Message(
            "Correction",
            ("Readings",),
            (
                ("fund", "address"),
                ("device", "uint32"),
                ("month", "uint16"),
                ("wh", "uint64"),
                ("evidence", "bytes32"),
            ),
            taken_by="SubsidyFund",
        ),
        Message(
            "UseCorrection",
            ("Readings",),
            (
                ("fund", "address"),
                ("account", "address"),
                ("zone", "uint16"),
                ("carrier", "uint8"),
                ("month", "uint16"),
                ("wh", "uint64"),
                ("evidence", "bytes32"),
            ),
            taken_by="UseSubsidy",
        ),
        _action(
            "Quote",
            "Tenders",
            ("tender", "uint32"),
            ("hash", "bytes32"),
            ("point", "uint256"),
            ("masked", "bytes32"),
            ("challenge", "uint256"),
            ("response", "uint256"),
        ),
        _action("WithdrawQuote", "Tenders", ("tender", "uint32"), ("quote", "uint16")),
        _action("Fund", "Supplies", ("supply", "uint32")),
        Message(
            "Availability",
            ("Readings",),
            (("supplies", "address"), ("supply", "uint32"), ("wh", "uint56")),
            taken_by="Supplies",
        ),
        Message(
            "ForceMajeure",
            ("Readings",),
            (("supplies", "address"), ("supply", "uint32"), ("evidence", "bytes32")),
            taken_by="Supplies",
        ),
        _action("RedeemPoints", "Bills", ("month", "uint16"), ("number", "uint64"), ("points", "uint128")),
        Message(
            "BillsRoot",
            ("Readings",),
            (
                ("bills", "address"),
                ("month", "uint16"),
                ("version", "uint32"),
                ("root", "bytes32"),
                ("size", "uint32"),
            ),
            taken_by="Bills",
        ),
        Message(
            "PlantStatement",
            ("Readings",),
            (
                ("admissions", "address"),
                ("device", "uint32"),
                ("until", "uint16"),
                ("version", "uint32"),
                ("wh", "uint64"),
                ("net", "uint96"),
                ("topBps", "uint16"),
                ("dataHash", "bytes32"),
            ),
            taken_by="Admissions",
        ),
        _action("Deposit", "Vault", ("amount", "uint128")),
        _action("Withdraw", "Vault", ("amount", "uint128")),
        _action("PayDebt", "Vault", ("debtor", "address"), ("creditor", "address"), ("amount", "uint128")),
        _action("ChooseModules", "Vault", ("chosen", "uint48")),
        Message("DeviceRegistration", ("Meters",), (("owner", "address"), *_DEVICE, ("deadline", "uint256"))),
        Message("DeviceKey", ("Meters",), (("device", "uint32"), *_KEY, ("deadline", "uint256"))),
        _action("RegisterDevice", "Meters", *_DEVICE),
        _action("OfferDevice", "Meters", ("device", "uint32"), ("to", "address")),
        _action("AcceptDevice", "Meters", ("device", "uint32")),
        _action("ProposeKey", "Meters", ("device", "uint32"), *_KEY),
        _action("SetPayee", "Meters", ("device", "uint32"), ("payee", "address")),
        _action("PledgeDevice", "Meters", ("device", "uint32"), ("pledgee", "address"), ("payee", "address")),
        _action("ClaimBonus", "RegistrationBonus", ("device", "uint32")),
        _action("GiveUpBonus", "RegistrationBonus", ("device", "uint32")),
        _action("PlaceDeposit", "Deposits", ("device", "uint32")),
        _action("TopUpDeposit", "Deposits", ("amount", "uint128")),
        _action("TakeBackDeposit", "Deposits", ("device", "uint32")),
        _action("RetireDevice", "Meters", ("device", "uint32")),
        _action(
            "IssueUnits",
            "EnergyUnits",
            ("device", "uint32"),
            ("slotStart", "uint40"),
            ("to", "address"),
            ("amount", "uint40"),
        ),
        _action("TransferUnits", "EnergyUnits", ("to", "address"), ("id", "uint256"), ("amount", "uint256")),
        _action("IssueSlice", "CleanEnergy", *_SLOTS, ("wh", "uint40")),
        _action("TransferSlice", "CleanEnergy", ("to", "address"), ("id", "uint256"), ("amount", "uint256")),
        _action("RetireSlice", "CleanEnergy", ("id", "uint256"), ("wh", "uint256"), *_RETIREMENT),
        Message(
            "Withdrawal",
            ("Readings",),
            (("register", "address"), ("device", "uint32"), ("wh", "uint64"), ("evidence", "bytes32")),
            taken_by="CleanEnergy",
        ),
        _action("IssueCertificate", "GreenCertificates", *_SLOTS),
        _action("TransferCertificate", "GreenCertificates", ("to", "address"), ("id", "uint256")),
        _action("WrapSlices", "GreenCertificates", ("ids", "uint256[]"), ("amounts", "uint256[]")),
        _action("RetireCertificate", "GreenCertificates", ("id", "uint256"), *_RETIREMENT),
        _action("BuyPackages", "EnergyPackages", ("purchases", "Purchase[]"), part="Purchase"),
        _action("PayPackage", "EnergyPackages", ("subscription", "uint256"), ("amount", "uint96")),
        _action("CancelPackage", "EnergyPackages", ("subscription", "uint256")),
        _action("Subscribe", "AssetPools", ("pool", "uint32"), ("kind", "uint8"), ("amount", "uint96")),
        _action("AssignPackage", "EnergyPackages", ("subscription", "uint256"), ("to", "address")),
        _action("CastVote", "Elections", ("epoch", "uint32"), ("candidate", "address"), ("ids", "uint256[]")),
        _action("CouncilVote", "Council", ("proposal", "uint32"), ("yes", "bool")),
        Message(
            "Supply",
            ("Readings",),
            (
                ("reports", "address"),
                ("provider", "address"),
                ("zone", "uint16"),
                ("carrier", "uint8"),
                ("since", "uint40"),
                ("until", "uint40"),
                ("suppliedDays", "uint16"),
            ),
            taken_by="SupplyReports",
        ),
    )
}


def typed_data(contract: Contract, name: str, values: dict[str, Any]) -> dict[str, Any]:
    """The EIP-712 document of a message, as `eth_signTypedData_v4` takes it."""
    message = MESSAGES[name]
    if contract.NAME not in message.contracts:
        raise ValueError(f"{contract.NAME} takes no {name}")
    if (given := set(values)) != (expected := {field for field, _ in message.fields}):
        raise ValueError(f"{name} has the fields {sorted(expected)}, not {sorted(given)}")
    parts = {message.part: _listed(PARTS[message.part])} if message.part else {}
    return {
        "types": {"EIP712Domain": _listed(_DOMAIN), name: _listed(message.fields), **parts},
        "primaryType": name,
        "domain": {
            "name": _DOMAIN_NAMES[contract.NAME],
            "version": "1",
            "chainId": contract.chain.chain_id,
            "verifyingContract": contract.address,
        },
        "message": values,
    }


def struct_hash(contract: Contract, name: str, values: dict[str, Any]) -> bytes:
    """The hash of a message without its domain."""
    return encode_typed_data(full_message=typed_data(contract, name, values)).body


def digest(contract: Contract, name: str, values: dict[str, Any]) -> bytes:
    """What is signed, by whatever key: 32 bytes."""
    document = encode_typed_data(full_message=typed_data(contract, name, values))
    return keccak(b"\x19" + document.version + document.header + document.body)


def sign(contract: Contract, name: str, signer: LocalAccount, values: dict[str, Any]) -> bytes:
    """The signature of a message for `contract`, 65 bytes."""
    document = encode_typed_data(full_message=typed_data(contract, name, values))
    return bytes(signer.sign_message(document).signature)


def short_form(signature: bytes) -> tuple[bytes, bytes]:
    """A signature of 65 bytes as the two words of ERC-2098."""
    r, s, v = signature[:32], int.from_bytes(signature[32:64]), signature[64]
    return r, (s | (v - 27) << 255).to_bytes(32)


def sign_action(
    contract: Contract,
    name: str,
    signer: LocalAccount,
    values: dict[str, Any],
    *,
    deadline: int,
    nonce: int | None = None,
) -> Signed:
    """An action signed by `signer` for anybody to send; the nonce is drawn at random unless one is given."""
    nonce = secrets.randbits(256) if nonce is None else nonce
    whole = {"signer": signer.address, **values, "nonce": nonce, "deadline": deadline}
    return Signed(signer.address, nonce, deadline, sign(contract, name, signer, whole))


def sign_application(
    membership: Contract,
    application: Application,
    *,
    applicant: LocalAccount,
    registrar: LocalAccount,
    deadline: int,
) -> tuple[bytes, bytes]:
    """The applicant's signature of an application and the registrar's countersignature."""
    values = {
        "account": application.account,
        "roles": application.roles,
        "owner": application.owner,
        "certifiedUntil": application.certified_until,
        "credential": application.credential,
        "nullifier": application.nullifier,
        "deadline": deadline,
    }
    countersigned = {
        "registrar": registrar.address,
        "application": struct_hash(membership, "Application", values),
        "deadline": deadline,
    }
    return (
        sign(membership, "Application", applicant, values),
        sign(membership, "Countersignature", registrar, countersigned),
    )


def sign_permit(
    token: Contract, owner: LocalAccount, spender: str, value: int, *, nonce: int, deadline: int
) -> tuple[int, bytes, bytes]:
    """An ERC-2612 permit as `(v, r, s)`."""
    values = {
        "owner": owner.address,
        "spender": spender,
        "value": value,
        "nonce": nonce,
        "deadline": deadline,
    }
    signature = sign(token, "Permit", owner, values)
    return signature[64], signature[:32], signature[32:64]


def _listed(fields: Fields) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in fields]

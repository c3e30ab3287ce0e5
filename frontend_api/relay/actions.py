"""What can be signed and sent for somebody: each action's message, and the call that it becomes."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from eth_utils.crypto import keccak
from hexbytes import HexBytes

from frontend_api.relay.fields import OPENING, FieldError, signature_bytes, taken
from wattbook.bridge.outbox.records import Call
from wattbook.connection import Market
from wattbook.contracts.base import Contract
from wattbook.eip712 import MESSAGES, Fields, Message, digest, short_form

_SIGNATURE_BYTES = 65
_MOST_OPENINGS = 16
_AUTH = ("signer", "nonce", "deadline")
_KEY = ("curve", "x", "y")
_BOX = ("point", "masked", "challenge", "response")
_RETIREMENT = ("beneficiary", "since", "until", "purpose")
_DESCRIPTION = ("zone", "carrier", "direction", "technology", "clean", "stores", "ratedW", "modulus", "site")
_APPLICATION = ("account", "roles", "owner", "certifiedUntil", "credential", "nullifier")
_SALE = ("seller", "buyer", "carrier", "zone", "device", "slotStart", "wh", "price", "salt", "deadline")

Values = Mapping[str, Any]
# A contract's arguments, from the message's values, what comes beside them, and the signature.
Arguments = Callable[[Values, Values, bytes], list[Any]]


class Whose(StrEnum):
    """For whom an action is sent: active members begin new business; who is suspended or expelled still reveals, takes
    back, and is paid. Applications are sent for registrars."""

    ACTIVE = "active members"
    ANY_MEMBER = "members"
    REGISTRAR = "registrars"


@dataclass(frozen=True)
class Action:
    """A message that becomes a call of a contract.

    - function: the contract's
    - arguments: what it takes
    - whose: for whom it is sent
    - signers: the fields one of which must be the account that asks
    - more: fields that come beside the message's own
    - signed: whether there is a signature of the whole
    """

    message: Message
    function: str
    arguments: Arguments
    whose: Whose = Whose.ACTIVE
    signers: tuple[str, ...] = ("signer",)
    more: Fields = ()
    signed: bool = True

    @property
    def name(self) -> str:
        return self.message.name

    @property
    def is_message(self) -> bool:
        """Whether there is anything to sign."""
        return self.name in MESSAGES

    def contract(self, market: Market, name: str | None) -> Contract:
        """The contract that takes it; of two that do, the one that is named, else the first."""
        contracts = self.message.contracts
        name = contracts[0] if name is None else name
        if name not in contracts:
            raise FieldError(f"contract must be one of {', '.join(contracts)}")
        return contract_named(market, name)


@dataclass(frozen=True)
class Request:
    """An action that somebody asks to be sent. `digest` tells it from all others."""

    action: Action
    digest: bytes
    call: Call
    values: dict[str, Any]


def request_of(market: Market, name: str, contract_name: str | None, values: Values, signature: str | None) -> Request:
    """What was signed, as the call that it becomes; a FieldError when it cannot be any. `values` are the message's
    fields and those that come beside it."""
    action = action_of(name)
    contract = action.contract(market, contract_name)
    beside_names = {field for field, _ in action.more}
    beside = taken(action.more, {field: value for field, value in values.items() if field in beside_names})
    found = taken(action.message.fields, {field: one for field, one in values.items() if field not in beside_names})
    if action.signed != (signature is not None):
        raise FieldError("the signature is missing" if action.signed else f"{name} is not signed as a whole")
    signed = signature_bytes("signature", signature) if action.signed else b""
    if not action.is_message and not 0 < len(found["openings"]) <= _MOST_OPENINGS:
        raise FieldError(f"openings are 1 to {_MOST_OPENINGS}")
    data = HexBytes(contract.raw.encode_abi(action.function, action.arguments(found, beside, signed)))
    call = Call(contract.address, bytes(data))
    unique = digest(contract, name, found) if action.is_message else keccak(call.to.encode() + call.data)
    return Request(action, unique, call, found)


def action_of(name: str) -> Action:
    if name not in ACTIONS:
        raise FieldError(f"there is no action {name[:40]!r}; there are {', '.join(ACTIONS)}")
    return ACTIONS[name]


def contract_named(market: Market, name: str) -> Contract:
    """The client of one of the contracts that take what is signed."""
    found: Contract = getattr(market, _ATTRIBUTES[name])
    return found


def new_nonce() -> int:
    """Drawn at random: actions do not wait for one another."""
    return secrets.randbits(256)


def _auth(values: Values, signature: bytes) -> tuple[Any, ...]:
    return (*_struct(values, _AUTH), signature)


def _struct(values: Values, names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(values[name] for name in names)


def _tuples(value: Any) -> Any:
    """Structs as contracts take them: their fields in sequence."""
    if isinstance(value, list):
        return [_tuples(one) for one in value]
    return tuple(value.values()) if isinstance(value, dict) else value


def _plain(name: str, function: str, whose: Whose = Whose.ACTIVE) -> Action:
    """The contract takes the fields in their sequence."""
    names = [field for field, _ in MESSAGES[name].fields if field not in _AUTH]
    return _made(name, function, lambda values, _: [_tuples(values[field]) for field in names], whose=whose)


def _made(
    name: str,
    function: str,
    own: Callable[[Values, Values], list[Any]],
    *,
    whose: Whose = Whose.ACTIVE,
    more: Fields = (),
) -> Action:
    """The contract takes what is made of the fields, and then who signed it."""
    arguments: Arguments = lambda values, beside, signature: [*own(values, beside), _auth(values, signature)]  # noqa: E731
    return Action(MESSAGES[name], function, arguments, whose, more=more)


def _permit(values: Values, _: Values, signature: bytes) -> list[Any]:
    if len(signature) != _SIGNATURE_BYTES:
        raise FieldError(f"the signature of a permit has {_SIGNATURE_BYTES} bytes")
    parts = (signature[64], signature[:32], signature[32:64])
    return [*_struct(values, ("owner", "spender", "value", "deadline")), *parts]


def _commit(values: Values, _: Values, signature: bytes) -> list[Any]:
    if len(signature) != _SIGNATURE_BYTES or signature[64] not in (27, 28):
        raise FieldError(f"the signature of a commitment has {_SIGNATURE_BYTES} bytes, the last 27 or 28")
    order = _struct(values, ("trader", "sizeClass", "number", "seal"))
    return [values["book"], [(order, *short_form(signature))]]


def _reveal(values: Values, _: Values, __: bytes) -> list[Any]:
    return [values["book"], _tuples(values["openings"])]


def _sale(values: Values, more: Values, _: bytes) -> list[Any]:
    return [_struct(values, _SALE), more["sellerSignature"], more["buyerSignature"]]


def _assignment(values: Values, more: Values, signature: bytes) -> list[Any]:
    taker = (values["to"], more["takerNonce"], more["takerDeadline"], more["takerSignature"])
    return [values["subscription"], values["to"], _auth(values, signature), taker]


def _application(values: Values, more: Values, signature: bytes) -> list[Any]:
    registrar = (more["registrar"], more["registrarSignature"])
    return [_struct(values, _APPLICATION), values["deadline"], signature, *registrar]


def _bill(values: Values, more: Values) -> list[Any]:
    bill = (values["number"], more["billAccount"], more["billAmount"], more["billStatement"])
    return [values["month"], bill, more["place"], more["proof"], values["points"]]


_REVEAL = "Reveal"
_BY_KEY: Fields = (("keyDeadline", "uint256"), ("keySignature", "bytes"))
_BY_BOTH: Fields = (("sellerSignature", "bytes"), ("buyerSignature", "bytes"))
_BY_TAKER: Fields = (("takerNonce", "uint256"), ("takerDeadline", "uint256"), ("takerSignature", "bytes"))
_BY_REGISTRAR: Fields = (("registrar", "address"), ("registrarSignature", "bytes"))
_BY_NEWCOMER: Fields = (("acceptanceDeadline", "uint256"), ("acceptance", "bytes"))
_OF_BILL: Fields = (
    ("billAccount", "address"),
    ("billAmount", "uint128"),
    ("billStatement", "bytes32"),
    ("place", "uint32"),
    ("proof", "bytes32[]"),
)
_OPENINGS = Message(_REVEAL, ("Auction",), (("book", "bytes32"), ("openings", f"{OPENING}[]")))

ACTIONS: dict[str, Action] = {
    action.name: action
    for action in (
        Action(MESSAGES["Commit"], "commitFor", _commit, signers=("trader",)),
        Action(_OPENINGS, "reveal", _reveal, Whose.ANY_MEMBER, (), signed=False),
        Action(MESSAGES["Sale"], "sell", _sale, signers=("seller", "buyer"), more=_BY_BOTH, signed=False),
        Action(MESSAGES["Permit"], "permit", _permit, signers=("owner",)),
        Action(MESSAGES["AssignPackage"], "assign", _assignment, more=_BY_TAKER),
        Action(MESSAGES["Application"], "admitSigned", _application, Whose.REGISTRAR, (), more=_BY_REGISTRAR),
        _plain("Transfer", "transferSigned"),
        _plain("Redeem", "redeemSigned"),
        _plain("RetireAccount", "retireAccountSigned", Whose.ANY_MEMBER),
        _plain("ObjectToRecovery", "objectToRecoverySigned", Whose.ANY_MEMBER),
        _plain("WithdrawQuote", "withdrawQuoteSigned", Whose.ANY_MEMBER),
        _plain("Fund", "fundSigned", Whose.ANY_MEMBER),
        _plain("Deposit", "depositSigned"),
        _plain("Withdraw", "withdrawSigned", Whose.ANY_MEMBER),
        _plain("PayDebt", "payDebtSigned", Whose.ANY_MEMBER),
        _plain("ChooseModules", "chooseModulesSigned"),
        _plain("OfferDevice", "offerSigned"),
        _plain("AcceptDevice", "acceptSigned"),
        _plain("SetPayee", "setPayeeSigned"),
        _plain("PledgeDevice", "pledgeSigned"),
        _plain("RetireDevice", "retireSigned", Whose.ANY_MEMBER),
        _plain("ClaimBonus", "claimSigned"),
        _plain("GiveUpBonus", "giveUpSigned", Whose.ANY_MEMBER),
        _plain("PlaceDeposit", "placeSigned"),
        _plain("TopUpDeposit", "topUpSigned", Whose.ANY_MEMBER),
        _plain("TakeBackDeposit", "takeBackSigned", Whose.ANY_MEMBER),
        _plain("IssueUnits", "issueSigned"),
        _plain("TransferUnits", "transferSigned"),
        _plain("IssueSlice", "issueSigned"),
        _plain("TransferSlice", "transferSigned"),
        _plain("IssueCertificate", "issueSigned"),
        _plain("TransferCertificate", "transferSigned"),
        _plain("WrapSlices", "wrapSigned"),
        _plain("BuyPackages", "buySigned"),
        _plain("PayPackage", "paySigned", Whose.ANY_MEMBER),
        _plain("CancelPackage", "cancelSigned", Whose.ANY_MEMBER),
        _plain("Subscribe", "subscribeSigned"),
        _plain("CastVote", "voteSigned"),
        _plain("CouncilVote", "voteSigned"),
        _made("Quote", "quoteSigned", lambda values, _: [values["tender"], values["hash"], _struct(values, _BOX)]),
        _made(
            "RetireSlice", "retireSigned", lambda values, _: [values["id"], values["wh"], _struct(values, _RETIREMENT)]
        ),
        _made("RetireCertificate", "retireSigned", lambda values, _: [values["id"], _struct(values, _RETIREMENT)]),
        _made("RedeemPoints", "redeemSigned", _bill, whose=Whose.ANY_MEMBER, more=_OF_BILL),
        _made(
            "RegisterDevice",
            "registerSigned",
            lambda values, more: [_struct(values, _DESCRIPTION), _struct(values, _KEY), *more.values()],
            more=_BY_KEY,
        ),
        _made(
            "ProposeKey",
            "proposeKeySigned",
            lambda values, more: [values["device"], _struct(values, _KEY), *more.values()],
            more=_BY_KEY,
        ),
        _made(
            "AddAccount",
            "addAccountSigned",
            lambda values, more: [values["account"], values["rights"], *more.values()],
            more=_BY_NEWCOMER,
        ),
    )
}

# Where a market has each contract.
_ATTRIBUTES = {
    "Membership": "membership",
    "PowerToken": "power_token",
    "PowerPoints": "power_points",
    "Vault": "vault",
    "Meters": "meters",
    "EnergyUnits": "energy_units",
    "Auction": "auction",
    "DirectSale": "direct_sale",
    "RegistrationBonus": "registration_bonus",
    "Bills": "bills",
    "Deposits": "deposits",
    "Tenders": "tenders",
    "Supplies": "supplies",
    "CleanEnergy": "clean_energy",
    "GreenCertificates": "green_certificates",
    "EnergyPackages": "energy_packages",
    "AssetPools": "asset_pools",
    "Elections": "elections",
    "Council": "council",
}

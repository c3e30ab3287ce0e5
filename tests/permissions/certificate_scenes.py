"""The scenes of certificates: what owners issue, holders hand on and retire, and what parts of the register do."""

from collections.abc import Callable
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.assertions import FAR
from tests.permissions.balloting import BALLOTS, contract_of_ballots
from tests.permissions.certifying import HELD, MWH
from tests.permissions.world import Caller, World
from wattbook import Signed
from wattbook.contracts.base import Contract
from wattbook.contracts.structs import Place, Slice
from wattbook.deployment.local import known_account
from wattbook.eip712 import sign
from wattbook.metering.roots import in_order

Arguments = tuple[Any, ...]
Scene = Callable[[World, Caller], Arguments]

NEW_ADDRESS = "0x" + "77" * 20
NONCE = 7
EVIDENCE = keccak(text="evidence")
REGISTER = "another register"


def register_of(world: World, name: str, function: str) -> Contract:
    """What the authority decides is decided where nothing was."""
    if name in ("Elections", "Delegates"):
        return contract_of_ballots(world, name, function)
    if function == "setElections":
        return world.balloting.bare_certificates
    if function in ("setParts", "setMaxTransfers"):
        return world.certifying.unnamed
    contracts: dict[str, Contract] = {
        "CleanEnergy": world.certifying.energy,
        "GreenCertificates": world.certifying.certificates,
        "Batteries": world.certifying.batteries,
    }
    return contracts[name]


def _signed(contract: Contract, name: str, signer: Caller, **values: Any) -> Signed:
    assert signer.key
    whole = {"signer": signer.address, **values, "nonce": NONCE, "deadline": FAR}
    return Signed(signer.address, NONCE, FAR, sign(contract, name, signer.key, whole))


def _issue(world: World, caller: Caller) -> Arguments:
    return world.device_of(caller), *world.certifying.slots, 10


def _issue_signed(world: World, signer: Caller) -> Arguments:
    arguments = _issue(world, signer)
    values = dict(zip(("device", "since", "until", "wh"), arguments, strict=True))
    return *arguments, _signed(world.certifying.energy, "IssueSlice", signer, **values)


def _issue_whole(world: World, caller: Caller) -> Arguments:
    return world.device_of(caller), *world.certifying.slots


def _issue_whole_signed(world: World, signer: Caller) -> Arguments:
    arguments = _issue_whole(world, signer)
    values = dict(zip(("device", "since", "until"), arguments, strict=True))
    return *arguments, _signed(world.certifying.certificates, "IssueCertificate", signer, **values)


def _retirement(world: World) -> dict[str, Any]:
    return dict(zip(("beneficiary", "since", "until", "purpose"), world.certifying.retirement, strict=True))


def _retire_signed(world: World, signer: Caller) -> Arguments:
    its = world.certifying
    auth = _signed(its.energy, "RetireSlice", signer, id=its.slice, wh=1, **_retirement(world))
    return its.slice, 1, its.retirement, auth


def _retire_whole_signed(world: World, signer: Caller) -> Arguments:
    its = world.certifying
    id = its.certificate_of(signer.address)
    auth = _signed(its.certificates, "RetireCertificate", signer, id=id, **_retirement(world))
    return id, its.retirement, auth


def _transfer_signed(world: World, signer: Caller) -> Arguments:
    values = {"to": world.member.address, "id": world.certifying.slice, "amount": 1}
    return *values.values(), _signed(world.certifying.energy, "TransferSlice", signer, **values)


def _transfer_whole_signed(world: World, signer: Caller) -> Arguments:
    values = {"to": world.member.address, "id": world.certifying.certificate_of(signer.address)}
    return *values.values(), _signed(world.certifying.certificates, "TransferCertificate", signer, **values)


def _wrap_signed(world: World, signer: Caller) -> Arguments:
    values = {"ids": [world.certifying.slice], "amounts": [MWH]}
    return *values.values(), _signed(world.certifying.certificates, "WrapSlices", signer, **values)


def _slices(to: Callable[[World, Caller], str], many: bool = False) -> Scene:
    def arguments(world: World, who: Caller) -> Arguments:
        its = world.certifying
        amounts = ([its.slice], [1]) if many else (its.slice, 1)
        return its.holder(who.address), to(world, who), *amounts, b""

    return arguments


def _whole(to: Callable[[World, Caller], str]) -> Scene:
    def arguments(world: World, who: Caller) -> Arguments:
        its = world.certifying
        return its.holder(who.address), to(world, who), its.certificate_of(who.address)

    return arguments


def _claim(world: World, who: Caller) -> Arguments:
    its = world.certifying
    data = encode(["string", "uint40", "uint40"], ["a bakery", *its.slots])
    return its.holder(who.address), world.member.address, its.slice, 1, b"", data


def _withdraw(world: World, attester: Caller) -> Arguments:
    assert attester.key
    its = world.certifying
    withdrawal = {"device": its.device, "wh": 10, "evidence": EVIDENCE}
    values = {"register": its.energy.address, **withdrawal}
    keys = (attester.key, known_account("attester2"))
    signatures = in_order((key.address, sign(world.market.readings, "Withdrawal", key, values)) for key in keys)
    return tuple(withdrawal.values()), signatures


def _discharge(world: World, owner: Caller) -> Arguments:
    its = world.certifying
    return its.battery_of(owner.address), *its.slots, 10, [its.slice], [10]


def _turn(world: World, _: Caller) -> Arguments:
    its = world.certifying
    return its.subject, [its.slice], [10], tuple(Slice(0, 1, *its.slots, 0, 0, 10))


def _member(world: World, _: Caller) -> str:
    return world.member.address


def _first(world: World, who: Caller) -> str:
    return world.first_of(who)


_CLEAN_ENERGY: dict[tuple[str, str], Scene] = {
    ("cancelNonce", ""): lambda *_: (NONCE,),
    ("endWhole", ""): lambda *_: (Place.RETIRED,),
    ("expire", ""): lambda world, _: (world.certifying.subject, []),
    ("exportSlices", ""): lambda world, _: ([world.certifying.slice], [1], REGISTER),
    ("issue", ""): _issue,
    ("issueSigned", ""): _issue_signed,
    ("lapse", ""): lambda world, _: (
        world.certifying.old,
        world.certifying.long_ago,
        world.certifying.long_ago + 900,
        100,
    ),
    ("recoverSlices", ""): lambda world, _: (world.replaced.address, [world.certifying.slice]),
    ("retire", ""): lambda world, _: (world.certifying.slice, 1, world.certifying.retirement),
    ("retireSigned", ""): _retire_signed,
    ("safeBatchTransferFrom", ""): _slices(_member, many=True),
    ("safeTransferAndClaimFrom", ""): _claim,
    ("safeTransferFrom", ""): _slices(_member),
    ("safeTransferFrom", "to his first account"): _slices(_first),
    ("setApprovalForAll", ""): lambda *_: (NEW_ADDRESS, True),
    ("setMaxTransfers", ""): lambda *_: (1,),
    ("setParts", ""): lambda *_: (NEW_ADDRESS, NEW_ADDRESS),
    ("takeWhole", ""): lambda world, _: (world.certifying.subject, world.certifying.device, *world.certifying.slots),
    ("transferSigned", ""): _transfer_signed,
    ("turn", ""): _turn,
    ("unwrapSlices", ""): lambda world, _: (world.certifying.subject, [world.certifying.slice], [MWH]),
    ("withdraw", ""): _withdraw,
    ("wrapSlices", ""): lambda world, _: (world.certifying.subject, [world.certifying.slice], [HELD]),
}

_GREEN_CERTIFICATES: dict[tuple[str, str], Scene] = {
    ("approve", ""): lambda world, who: (NEW_ADDRESS, world.certifying.certificate_of(who.address)),
    ("cancelNonce", ""): lambda *_: (NONCE,),
    ("expire", ""): lambda world, _: (tuple(world.certifying.expiring),),
    ("exportCertificate", ""): lambda world, who: (world.certifying.certificate_of(who.address), REGISTER),
    ("issue", ""): _issue_whole,
    ("issueSigned", ""): _issue_whole_signed,
    ("recoverCertificates", ""): lambda world, _: (
        world.replaced.address,
        [world.certifying.certificate_of(world.replaced.address)],
    ),
    ("retire", ""): lambda world, who: (
        world.certifying.certificate_of(who.address),
        world.certifying.retirement,
    ),
    ("retireSigned", ""): _retire_whole_signed,
    ("safeTransferFrom", ""): _whole(_member),
    ("setApprovalForAll", ""): lambda *_: (NEW_ADDRESS, True),
    ("transferFrom", ""): _whole(_member),
    ("transferFrom", "to his first account"): _whole(_first),
    ("transferSigned", ""): _transfer_whole_signed,
    ("unwrap", ""): lambda world, who: (tuple(world.certifying.contents_of(who.address)),),
    ("wrap", ""): lambda world, _: ([world.certifying.slice], [MWH]),
    ("wrapSigned", ""): _wrap_signed,
}

_BATTERIES: dict[tuple[str, str], Scene] = {
    ("certifyBattery", ""): lambda world, _: (*world.certifying.storage, 9_000),
    ("discharge", ""): _discharge,
}

CERTIFICATES: dict[tuple[str, str, str], Scene] = {
    **BALLOTS,
    **{("CleanEnergy", *key): scene for key, scene in _CLEAN_ENERGY.items()},
    **{("GreenCertificates", *key): scene for key, scene in _GREEN_CERTIFICATES.items()},
    **{("Batteries", *key): scene for key, scene in _BATTERIES.items()},
}

"""Every state-changing function against every kind of caller: allowed exactly where docs/permissions.md says."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import undone
from tests.permissions.documented import Right, rights, vocabulary
from tests.permissions.scenes import SCENES, contract_of, with_another_key
from tests.permissions.world import Caller, World
from wattbook import ContractRevert, Market, abi
from wattbook.chain import named
from wattbook.contracts import reverts
from wattbook.contracts.structs import Refusal

# What a refusal may be called; anything else means that the call failed by accident.
REFUSALS = (
    reverts.AccessControlUnauthorizedAccount,
    reverts.CertificationExpired,
    reverts.ERC1155InsufficientBalance,
    reverts.ERC1155MissingApprovalForAll,
    reverts.ERC20InsufficientAllowance,
    reverts.ERC721IncorrectOwner,
    reverts.ERC721InsufficientApproval,
    reverts.ERC721InvalidApprover,
    reverts.MembershipNotSettable,
    reverts.ForeignReading,
    reverts.MissingRole,
    reverts.ModuleNotAllowed,
    reverts.NarrowAccount,
    reverts.NoDelegate,
    # Of system accounts, which choose none here.
    reverts.ModuleNotChosen,
    reverts.NoRecovery,
    reverts.NotActive,
    reverts.NotAuction,
    reverts.NotAuthority,
    reverts.NotClaimant,
    reverts.NotClearing,
    reverts.NotCustomer,
    reverts.NotDebtor,
    reverts.NotDelegates,
    reverts.NotDeviceOwner,
    reverts.NotElections,
    reverts.NotFeeder,
    reverts.NotFirstAccount,
    reverts.NotFounder,
    reverts.NotIssuer,
    reverts.NotMember,
    reverts.NotMembership,
    reverts.NotMeters,
    reverts.NotOffered,
    reverts.NotOwnAccount,
    reverts.NotPackages,
    reverts.NoUnitsToVote,
    reverts.NotHolder,
    reverts.NothingHeld,
    reverts.NotPart,
    reverts.NotPools,
    reverts.NotPledgee,
    reverts.NotPortHolder,
    reverts.NotProvider,
    reverts.NotPurseKeeper,
    reverts.NotServicer,
    reverts.NotSettlement,
    reverts.NotQuoter,
    reverts.NotTenderOwner,
    reverts.NotTenders,
    reverts.NothingToFund,
    reverts.NotSuppliers,
    # Of those who have no bill.
    reverts.NotYourBill,
    reverts.NotWatch,
    reverts.OtherMember,
    # Of those who placed none.
    reverts.NoDeposit,
    reverts.OfficeNotGrantable,
    reverts.SpendNotAllowed,
    reverts.SystemAccountPulls,
    reverts.TimelockUnauthorizedCaller,
    reverts.UnexpectedStatus,
    # Of those who have no device of their own.
    reverts.EnergyNotFree,
    reverts.UnitsNotFree,
    reverts.UnitsUnavailable,
)
FORGERY = (reverts.InvalidSignature, reverts.ERC2612InvalidSigner, reverts.ForeignReading)
# Of these the signature alone says who signed: a forger's own name, which is no member's.
RECOVERED = {("Readings", "exchange"), ("Readings", "post"), ("Readings", "resolve")}
RECOVERED |= {("Supplies", "attestAvailability"), ("Supplies", "attestForceMajeure")}
RECOVERED |= {("Bills", "post"), ("CleanEnergy", "withdraw"), ("SupplyReports", "report")}

ROWS = rights()
SIGNED_ROWS = [right for right in ROWS if right.signed]


@pytest.fixture(scope="module")
def world(founded: Market) -> Iterator[World]:
    with undone():
        yield World(founded.chain)


def test_the_table_has_every_function_once_and_no_other() -> None:
    changing = {
        (name, entry.get("name", "receive"))
        for name in abi.contract_names()
        for entry in abi.interface(name).abi
        if entry["type"] in ("function", "receive", "fallback")
        and entry["stateMutability"] in ("nonpayable", "payable")
    }
    usual = [(right.contract, right.function) for right in ROWS if not right.case]
    assert set(usual) == changing
    assert len(set(usual)) == len(usual), "a function has two rows"
    assert {(right.contract, right.function) for right in ROWS} == changing


def test_no_function_is_overloaded() -> None:
    """A name stands for one function, in the table and here, but for a twin that ERC-721 demands."""
    for name in abi.contract_names():
        functions = [entry for entry in abi.interface(name).abi if entry["type"] == "function"]
        twin = "safeTransferFrom(address,address,uint256,bytes)"
        names = [entry["name"] for entry in functions if abi.signature(entry) != twin]
        assert len(set(names)) == len(names)


def test_the_table_and_the_scenes_name_the_same_cases() -> None:
    cases = [right.scene for right in ROWS]
    assert len(set(cases)) == len(cases), "a case has two rows"
    assert set(cases) == set(SCENES)


def test_the_table_keeps_to_the_vocabulary(world: World) -> None:
    used = frozenset().union(*(right.terms for right in ROWS))
    exemplified = frozenset().union(*(caller.terms for caller in world.callers.values()))
    assert used == vocabulary()
    assert used == exemplified | {"anyone", "nobody"}


@pytest.mark.parametrize("right", ROWS, ids=str)
def test_callers(world: World, right: Right) -> None:
    """Whoever may call succeeds; whoever may not is refused for want of the right."""
    signer = _someone_of(world, right) if right.signed else None
    wrong = []
    for caller in world.callers.values():
        if caller.address == _vault(world) and (right.contract == "Vault" or right.case == "to the Vault"):
            continue  # the Vault never calls itself, nor sends to itself
        allowed = right.signed or _holds(caller, right)
        wrong += _wrongly(world, right, signer or caller, caller, allowed)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("right", SIGNED_ROWS, ids=str)
def test_signers(world: World, right: Right) -> None:
    """Whoever sends it, the right is the signer's."""
    wrong = []
    for signer in world.callers.values():
        if signer.key:
            sender = world.callers["stranger"]
            wrong += _wrongly(world, right, signer, sender, _holds(signer, right))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("right", SIGNED_ROWS, ids=str)
def test_forgers(world: World, right: Right) -> None:
    """Nobody signs for another: not even the other himself can send it."""
    signer = _someone_of(world, right)
    refusal = _refusal(world, right, with_another_key(signer), signer)
    signs_itself = (right.contract, right.function) in RECOVERED
    forgery = (reverts.NotMember,) if signs_itself else FORGERY
    known = _refused_order(refusal, Refusal.BAD_SIGNATURE) or type(refusal) in forgery
    assert known, f"{right}: {refusal or 'succeeded'}"


def _wrongly(world: World, right: Right, who: Caller, sender: Caller, allowed: bool) -> list[str]:
    refusal = _refusal(world, right, who, sender)
    if allowed:
        return [] if refusal is None else [f"{who} is refused: {refusal}"]
    if refusal is None:
        return [f"{who} is let in"]
    known = _refused_order(refusal, Refusal.BOND_SHORT) or isinstance(refusal, REFUSALS)
    return [] if known else [f"{who} is refused by accident: {refusal}"]


def _refused_order(refusal: ContractRevert | None, reason: Refusal) -> bool:
    """Of a batch of relayed orders, where one does not stop the others; there is money for every bond here."""
    return isinstance(refusal, reverts.NothingTaken) and refusal.refusal == reason


def _refusal(world: World, right: Right, who: Caller, sender: Caller) -> ContractRevert | None:
    arguments = SCENES[right.scene](world, who)
    try:
        if right.function == "receive":
            _send_ether(world, sender)
        else:
            contract = contract_of(world, right.contract, right.function)
            function = contract.function(right.function, *arguments)
            # An authority that obeys itself is asked by itself, whichever it is.
            itself = right.contract == "Authority" and "authority" in sender.terms
            world.chain.call(function, contract.address if itself else sender.address)
    except ContractRevert as refusal:
        return refusal
    return None


def _send_ether(world: World, sender: Caller) -> None:
    transaction: Any = {"from": sender.address, "to": world.market.authority.address, "value": 1}
    # Contracts have none.
    rich: Any = {sender.address: {"balance": hex(1)}}
    named(lambda: world.chain.web3.eth.call(transaction, "latest", rich))


def _holds(caller: Caller, right: Right) -> bool:
    return "anyone" in right.terms or bool(caller.terms & right.terms)


def _someone_of(world: World, right: Right) -> Caller:
    return next(c for c in world.callers.values() if c.key and _holds(c, right))


def _vault(world: World) -> str:
    return world.market.vault.address

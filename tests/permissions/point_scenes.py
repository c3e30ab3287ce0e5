"""The scenes of points, and of those who say who earns them."""

from collections.abc import Callable
from typing import Any

from eth_utils.crypto import keccak

from tests.assertions import FAR
from tests.permissions.world import REASON, Caller, World
from wattbook import Signed
from wattbook.contracts.registration_bonus import RegistrationBonus
from wattbook.contracts.structs import Carrier
from wattbook.deployment.local import known_account
from wattbook.eip712 import sign
from wattbook.metering.roots import in_order, sign_root

Arguments = tuple[Any, ...]
Scene = Callable[[World, Caller], Arguments]

NONCE = 7
REFERENCE = keccak(text="a reference")
SOURCE = keccak(text="a source")
ANOTHER = "0x" + "77" * 20


def _use(world: World, caller: Caller) -> Arguments:
    account = caller.address if world.has_points(caller) else world.subject.address
    return account, 1, REFERENCE


def _issue(world: World, _: Caller) -> Arguments:
    epoch = world.market.power_points.current_epoch()
    return REASON, SOURCE, epoch, [world.member.address], [1]


def _set_budget(world: World, _: Caller) -> Arguments:
    return REASON, world.market.power_points.current_epoch(), 1


def _checked_root(world: World, _: Caller) -> Arguments:
    """A root with the signatures of two attesters, whoever shows them."""
    root, readings = world.metering.final, world.market.readings
    attesters = [known_account(name) for name in ("attester1", "attester2")]
    signatures = in_order((one.address, sign_root(readings, root, [], one)) for one in attesters)
    return tuple(root), int(Carrier.ELECTRICITY), signatures


def _claim_signed(world: World, signer: Caller) -> Arguments:
    device = world.device_of(signer)
    return device, _signed(world.another_bonus, "ClaimBonus", signer, device)


def _give_up_signed(world: World, signer: Caller) -> Arguments:
    device = world.claimed_for(signer)
    return device, _signed(world.market.registration_bonus, "GiveUpBonus", signer, device)


def _signed(bonus: RegistrationBonus, name: str, signer: Caller, device: int) -> Signed:
    assert signer.key
    values = {"signer": signer.address, "device": device, "nonce": NONCE, "deadline": FAR}
    return Signed(signer.address, NONCE, FAR, sign(bonus, name, signer.key, values))


POINTS: dict[tuple[str, str, str], Scene] = {
    ("CleanTrades", "grant", ""): lambda *_: (0, 0),
    ("CleanTrades", "reward", ""): lambda *_: (1, int(Carrier.ELECTRICITY), 0, [], []),
    ("CleanTrades", "rewardPart", ""): lambda *_: (1, int(Carrier.ELECTRICITY), 0, 0, 0, 0, []),
    ("CleanTrades", "show", ""): lambda *_: (1, int(Carrier.ELECTRICITY), 0, 0, [], []),
    ("Computation", "grant", ""): lambda *_: (0, 0),
    ("Computation", "reward", ""): _checked_root,
    ("PowerPoints", "issue", ""): _issue,
    ("PowerPoints", "setBudget", ""): _set_budget,
    ("PowerPoints", "setPort", ""): lambda *_: (REASON, ANOTHER),
    ("PowerPoints", "use", ""): _use,
    ("RegistrationBonus", "cancelNonce", ""): lambda *_: (NONCE,),
    ("RegistrationBonus", "claim", ""): lambda world, who: (world.device_of(who),),
    ("RegistrationBonus", "claimSigned", ""): _claim_signed,
    ("RegistrationBonus", "giveUp", ""): lambda world, who: (world.claimed_for(who),),
    ("RegistrationBonus", "giveUp", "of a retired device"): lambda world, _: (world.retired_device,),
    ("RegistrationBonus", "giveUpSigned", ""): _give_up_signed,
    ("RegistrationBonus", "grant", ""): lambda *_: (0, 0),
    ("RegistrationBonus", "vest", ""): lambda *_: ([], []),
}

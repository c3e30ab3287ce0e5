"""The scenes of Readings: what attesters vouch for, what a meter signs, what a member doubts."""

from collections.abc import Callable
from typing import Any

from eth_utils.crypto import keccak

from tests.permissions.world import Caller, World
from wattbook.contracts.structs import ShortSignature
from wattbook.deployment.local import known_account
from wattbook.eip712 import sign
from wattbook.metering.roots import in_order

Arguments = tuple[Any, ...]
Scene = Callable[[World, Caller], Arguments]

ANOTHER = "0x" + "77" * 20
EVIDENCE = keccak(text="evidence")


def _post(world: World, attester: Caller) -> Arguments:
    root = world.metering.unposted
    values = {"zone": root.zone, "time": root.time, "version": 0, "root": root.root, "size": root.size}
    values |= {"dataHash": root.data_hash, "devices": []}
    return tuple(root), [], attested(world, attester, "Root", values)


def attested(world: World, attester: Caller, name: str, values: dict[str, Any]) -> list[ShortSignature]:
    """Signatures of the attester and of another one."""
    assert attester.key
    keys = (attester.key, known_account("attester2"))
    return in_order((key.address, sign(world.market.readings, name, key, values)) for key in keys)


def _exchange(world: World, attester: Caller) -> Arguments:
    exchange = world.metering.exchange
    return tuple(exchange), attested(world, attester, "Exchange", exchange._asdict())


def _resolve(world: World, attester: Caller) -> Arguments:
    device, time = world.metering.disputed
    verdict = {"device": device, "time": time, "version": 0, "upheld": True, "evidence": EVIDENCE}
    return *verdict.values(), attested(world, attester, "Verdict", verdict)


def _submit(world: World, signer: Caller) -> Arguments:
    reading = world.metering.unsubmitted
    return tuple(reading), world.metering.signature(reading, signer.key)


READINGS: dict[tuple[str, str], Scene] = {
    ("dispute", ""): lambda world, _: world.metering.undisputed,
    ("disputeSubmitted", ""): lambda world, _: world.metering.submitted,
    ("exchange", ""): _exchange,
    ("forgetSigners", ""): lambda *_: (),
    ("lapse", ""): lambda world, _: (*world.metering.lapsing, 0),
    ("post", ""): _post,
    ("resolve", ""): _resolve,
    ("setSettlement", ""): lambda *_: (ANOTHER,),
    ("setThreshold", ""): lambda *_: (1,),
    ("submit", ""): _submit,
    ("use", ""): lambda world, _: (tuple(world.metering.final), []),
    ("useSubmitted", ""): lambda *_: (1, 0, []),
}

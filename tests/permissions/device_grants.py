"""What the deployment grants to those whom Meters asks and tells, once and for all."""

from collections.abc import Callable
from typing import Any

from tests.assertions import pass_time, refused
from wattbook import ContractRevert, Market
from wattbook.contracts import reverts
from wattbook.deployment.decisions import carry_out, propose
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import Call
from wattbook.deployment.settings import local_settings

STRANGER = known_account(18)


def fails(market: Market, call: Call, error: type[ContractRevert], **arguments: Any) -> None:
    """Not even a decision does this."""
    propose(market, call, sender=known_account("administrator"))
    pass_time(local_settings().authority_delay)
    with refused(error, **arguments):
        carry_out(market, call, sender=STRANGER)


def _set_mirror(grants: Any, mirror: str) -> None:
    """What operators decide about a device is known at once to whom its energy is sold through, and only there."""
    assert mirror == "EnergyUnits"
    market = grants.market
    assert market.meters.mirror() == market.energy_units.address
    another = Call("Meters", "setMirror", (STRANGER.address,))
    fails(market, another, reverts.MirrorAlreadySet, mirror=market.energy_units.address)


def _set_deposits(grants: Any, deposits: str) -> None:
    """What a device that withdraws needs is asked of this contract, and will never be of another."""
    market, address = grants.market, grants.market.deposits.address
    assert (deposits, market.meters.deposits()) == ("Deposits", address)
    fails(market, Call("Meters", "setDeposits", (STRANGER.address,)), reverts.DepositsAlreadySet, deposits=address)


def _set_suppliers(grants: Any, suppliers: str) -> None:
    """Who takes what a device counts is asked of this contract, which alone marks devices, and never of another."""
    market, address = grants.market, grants.market.supplied_devices.address
    assert (suppliers, market.meters.suppliers()) == ("SuppliedDevices", address)
    another = Call("Meters", "setSuppliers", (STRANGER.address,))
    fails(market, another, reverts.SuppliersAlreadySet, suppliers=address)
    grants.only([address], reverts.NotSuppliers, market.meters, "markSupplied", 1, STRANGER.address)


DEVICE_PROOFS: dict[tuple[str, str], Callable[..., None]] = {
    ("Meters", "setMirror"): _set_mirror,
    ("Meters", "setDeposits"): _set_deposits,
    ("Meters", "setSuppliers"): _set_suppliers,
}

"""Pools of plants, run through the contracts and read back in the words of the engine."""

from itertools import count
from typing import Any

from eth_utils.crypto import keccak
from web3 import Web3

from wattbook.contracts import structs
from wattbook.contracts.structs import (
    Plant,
    PoolOutcome,
    PoolRates,
    PoolState,
    ShareCursor,
    TrancheKind,
    WaterfallPeriod,
)
from wattbook.contracts.tranche import Tranche
from wattbook.deployment.local import known_account
from wattbook.finance import waterfall
from wattbook.finance.admission import Asset, Evaluation, Gates
from wattbook.finance.waterfall import FLOWS, Outcome, Period, State
from wattbook.roles import Role
from wattbook.trial.blocks import message
from wattbook.trial.park import Park
from wattbook.vectors import finance

Result = dict[str, Any]

_SENIOR_FIRST = (*FLOWS[:4], FLOWS[5], FLOWS[4], *FLOWS[6:])
# What runs at the address of a clone: EIP-1167.
CLONE = "0x363d3d373d3d3d363d73{}5af43d82803e903d91602b57fd5bf3"


def parts_of(state: State) -> tuple[PoolState, PoolRates]:
    """A pool's state and terms, as contracts take them."""
    left = (state.senior, state.mezz, state.trigger, state.senior_arrears, state.mezz_arrears, state.reserve)
    shares = (state.senior_bps, state.mezz_bps, state.tax_bps, state.servicer_bps)
    return PoolState(*left), PoolRates(state.target, state.servicer_cap, *shares, state.trustee)


def period_of(period: Period) -> WaterfallPeriod:
    """A period, as contracts take it."""
    return WaterfallPeriod(period.collections, period.days, period.final, *period.scheduled)


def outcome_of(made: PoolOutcome, before: State, *, late: bool = False) -> Outcome:
    """What a period paid, in the sequence in which it was paid."""
    state = State(
        senior=made.state.senior,
        mezz=made.state.mezz,
        senior_arrears=made.state.senior_arrears,
        mezz_arrears=made.state.mezz_arrears,
        reserve=made.state.reserve,
        trigger=made.state.trigger,
        **{name: getattr(before, name) for name in ("target", "senior_bps", "mezz_bps", "tax_bps", "servicer_bps")},
        servicer_cap=before.servicer_cap,
        trustee=before.trustee,
    )
    paid = {name: (made.due[place], made.paid[place]) for place, name in enumerate(FLOWS)}
    order = _SENIOR_FIRST if late or state.trigger else FLOWS
    flows = [waterfall.Flow(name, *paid[name]) for name in order if paid[name][0] or name == "junior"]
    return Outcome(tuple(flows), state, made.dscr_bps)


def plant_of(asset: Asset) -> Plant:
    """A plant, as contracts take it; its people get numbers."""
    return Plant(
        months=asset.months,
        complete_bps=asset.complete_bps,
        dispute=asset.dispute,
        owner=1,
        servicer=1 if asset.owner == asset.operator else 2,
        pledged=asset.pledged,
        dscr_bps=asset.dscr_bps,
        top_bps=asset.obligor_top_bps,
        deviation_bps=asset.yield_dev_bps,
    )


def evaluation_of(made: structs.Evaluation) -> Evaluation:
    """What becomes of a plant, from what the contract says of it."""
    return Evaluation(Gates(*made.gates), made.score, made.grade.name, made.admitted, made.advance_bps)


class Financing:
    """Asks the contracts of a park's market."""

    def __init__(self, park: Park) -> None:
        self.park, self.market = park, park.market
        self._clones = count(1)

    def period(self, case: Result) -> Result:
        """A period of the waterfall."""
        before = finance.state_of(case["state"])
        scheduled = (case["scheduled"][0], case["scheduled"][1])
        period = Period(case["collections"], case["days"], scheduled, case["final"])
        made = self.market.waterfall.run(*parts_of(before), period_of(period))
        return finance.shown(outcome_of(made, before))

    def holders(self, case: Result) -> Result:
        """Holders of a tranche, each an investor who got so many units; their shares are asked for one by one."""
        tranche = self.tranche(case["balances"])
        cursor, paid = ShareCursor(0, 0), []
        for _ in case["balances"]:
            _, shares, cursor = tranche.shares_of(case["pay"], self.park.blocks.now - 1, cursor, 1)
            paid += shares
        return {"paid": paid}

    def admission(self, case: Result) -> Result:
        """An admission."""
        found = self.market.admissions.grade(plant_of(finance.asset_of(case["asset"])))
        return finance.evaluated(evaluation_of(found))

    def _clone(self) -> str:
        """A clone as its pool's contract makes them."""
        address = Web3.to_checksum_address(keccak(text=f"clone {next(self._clones)}")[:20])
        original = self.market.deployment.address("Tranche")
        self.park.blocks.set_code(address, CLONE.format(original[2:].lower()))
        return address

    def tranche(self, balances: list[int]) -> Tranche:
        """A new tranche of which traders hold so many units each, active since the second before."""
        park, membership = self.park, self.market.membership
        park.have_traders(len(balances))
        holders, issuer = park.traders[: len(balances)], known_account("grid").address
        tranche = Tranche(self.market.chain, self._clone())
        members = [membership.standing_of(holder).member for holder in holders]
        registrar = known_account("registrar").address
        park.blocks.mine([message(membership, "grantRoles", registrar, one, Role.INVESTOR) for one in members])
        park.blocks.mine([message(tranche, "begin", issuer, 1, TrancheKind.SENIOR, holders[0])])
        for holder, units in zip(holders, balances, strict=True):
            park.blocks.mine([message(tranche, "mint", issuer, holder, units)])
        park.blocks.mine([message(tranche, "activate", issuer)])
        park.blocks.mine([], park.blocks.now + 1)
        return tranche

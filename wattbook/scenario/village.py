"""A market on a fresh chain with a scenario's members and devices, brought to where its first slot can be traded."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak

from wattbook.chain import Chain
from wattbook.contracts.structs import Carrier, Direction, Facts, Limits, Purse, Terms
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import purse_account
from wattbook.market.uniform import MIDPOINT_BPS
from wattbook.months import month_at, start_of
from wattbook.scenario.model import Purpose, Scenario, Subsidy, Trading
from wattbook.scenario.profiles import DAY, Device, Storage
from wattbook.scenario.strategies import Member
from wattbook.trial.blocks import OPTIONS, Message, Mined, message
from wattbook.trial.park import MONEY, AccountKey, MeterKey, Park, trader
from wattbook.trial.rounds import Register

ZONE = 1
# The authority's notice of a week, and time to deploy.
_AHEAD = 14 * DAY
# Calls in a block. Of each block the node reckons the root of all that is stored, which takes longer than the calls.
_BLOCK = 50
_MOST_GRID_WH = 10**9
_MOST_RATED_W = 2**32 - 1
# Who fills the pots, and doubts what meters say.
CITY = trader(-1)

_TIME = "--timestamp"


@dataclass
class Meter:
    """The registers of a device: what it injects, and what it withdraws."""

    device: Device
    member: Member
    account: str
    injection: Register | None = None
    withdrawal: Register | None = None

    @property
    def registers(self) -> list[Register]:
        return [one for one in (self.injection, self.withdrawal) if one]


def options(scenario: Scenario) -> tuple[str, ...]:
    """What a node is started with, so that its clock begins before the scenario's first month. It keeps a few old
    states: months are billed when they are over."""
    place = OPTIONS.index(_TIME) + 1
    return (*OPTIONS[:place], str(_begins(scenario)), *OPTIONS[place + 1 :])


class Village:
    """Who and what there is."""

    def __init__(
        self,
        chain: Chain,
        scenario: Scenario,
        say: Callable[[str], None] = lambda line: None,
        new_key: Callable[[str], MeterKey] = AccountKey,
    ) -> None:
        self.scenario = scenario
        say("deploying")
        self.park = Park(chain, slot_seconds=scenario.slot_seconds, new_key=new_key)
        self.market, self.blocks = self.park.market, self.park.blocks
        self.authority = self.market.authority.address
        self.relayer = known_account("grid").address
        schedule = self.market.rulebook.schedule()
        self.clears_before = schedule.clear_seconds
        self.reveals_before = schedule.reveal_seconds + schedule.clear_seconds
        say("admitting members")
        self.park.have_traders(len(scenario.members))
        self.accounts = {one.name: account for one, account in zip(scenario.members, self.park.traders, strict=False)}
        self._leave_each_his_money()
        for trading in scenario.tradings:
            if trading.carrier != Carrier.ELECTRICITY:
                self.park.open_carrier(trading.carrier, scenario.slot_seconds)
        say("certifying meters")
        self.meters = {meter.device.name: meter for meter in self._meters()}
        self.feeders = {trading.carrier: self._feeder(trading.carrier) for trading in scenario.tradings}
        self.months = range(month_at(scenario.start), month_at(scenario.end - 1) + 1)
        self._promise()
        self._decide()
        # From here on it is what the scenario costs.
        self.blocks.spent.clear()
        self.blocks.called.clear()

    def terms(self) -> Terms:
        """By what rule all its books are cleared."""
        return Terms(self.market.deployment.address("Uniform"), MIDPOINT_BPS, 0, 0, 0, False, False, True)

    def mine(self, messages: Sequence[Message], time: int | None = None) -> list[Mined]:
        """In as many blocks as they need; the clock does not go back."""
        at = None if time is None else max(time, self.blocks.now)
        first, *more = [messages[start : start + _BLOCK] for start in range(0, len(messages), _BLOCK)] or [[]]
        return [mined for part in [self.blocks.mine(first, at), *map(self.blocks.mine, more)] for mined in part]

    def parties(self, carrier: Carrier) -> list[str]:
        """Whose accounts are settled: who has a meter, and the pool. By rising address."""
        its = {meter.account for meter in self.meters.values() if meter.device.carrier == carrier}
        return in_order([*its, purse_account(Purse.POOL)])

    def registers(self) -> list[Register]:
        """All that are read, by rising device."""
        found = [one for meter in self.meters.values() for one in meter.registers]
        found += [one for pair in self.feeders.values() for one in pair]
        return sorted(found, key=lambda one: one.device)

    # ---------------------------------------------------------------------------------------------- how it is set up

    def _leave_each_his_money(self) -> None:
        given = [(self.accounts[name], MONEY - money) for name, money in self.scenario.money.items()]
        self.mine([message(self.market.vault, "withdraw", who, amount) for who, amount in given if amount])

    def _meters(self) -> Iterator[Meter]:
        pairs = [(member, device) for member in self.scenario.members for device in member.devices]
        wanted = [(*pair, direction) for pair in pairs for direction in _directions(pair[1])]
        described = [
            (self.accounts[member.name], _described(device, direction)) for member, device, direction in wanted
        ]
        numbers = dict(zip([(one[1].name, one[2]) for one in wanted], self.park.new_devices(described), strict=True))

        def register(device: Device, direction: Direction) -> Register | None:
            number = numbers.get((device.name, direction))
            return Register(number) if number else None

        for member, device in pairs:
            both = (register(device, direction) for direction in (Direction.INJECTION, Direction.WITHDRAWAL))
            yield Meter(device, member, self.accounts[member.name], *both)

    def _feeder(self, carrier: Carrier) -> tuple[Register, Register]:
        """What counts what comes into the zone, and what goes out."""
        both = [
            (self.relayer, {"carrier": carrier, "direction": one, "clean": False})
            for one in (Direction.INJECTION, Direction.WITHDRAWAL)
        ]
        into, out = self.park.new_devices(both)
        return Register(into), Register(out)

    def _promise(self) -> None:
        """Programmes are set and pots filled before their months begin."""
        for subsidy in self.scenario.subsidies:
            fund = self.fund(subsidy)
            for month in self.months:
                where = (ZONE, subsidy.carrier, month)
                self.mine(
                    [
                        message(fund, "setProgramme", self.authority, *where, subsidy.rate),
                        message(fund, "fund", CITY, *where, subsidy.pot),
                    ]
                )

    def fund(self, subsidy: Subsidy) -> Any:
        """The contract that keeps a programme."""
        return self.market.subsidy_fund if subsidy.purpose is Purpose.MAKING else self.market.use_subsidy

    def _decide(self) -> None:
        """What holds from the first slot on, and of the month in which it lies."""
        since = start_of(self.months[0])
        decided = []
        for trading in self.scenario.tradings:
            facts = self._facts(trading)
            limits = Limits(trading.intake_wh, _MOST_GRID_WH)
            decided += [
                message(self.market.zones, "setFacts", self.authority, ZONE, trading.carrier, since, facts),
                message(self.market.pool, "setLimits", self.authority, ZONE, trading.carrier, limits),
            ]
        self.mine(decided)

    def _facts(self, trading: Trading) -> Facts:
        into, out = self.feeders[trading.carrier]
        return Facts(
            loss_bps=trading.loss_bps,
            band_bps=trading.band_bps,
            penalty_bps=trading.penalty_bps,
            pool_in=trading.pool_in,
            pool_out=trading.pool_out,
            network_bps=trading.network_bps,
            platform_bps=trading.platform_bps,
            fund_bps=trading.fund_bps,
            wheeling=0,
            feeder=into.device,
            export_feeder=out.device,
            balancing=purse_account(Purse.GRID),
            network=purse_account(Purse.NETWORK),
        )


def in_order(accounts: Sequence[str]) -> list[str]:
    """By rising address, as settlement takes them."""
    return sorted(accounts, key=lambda one: int(one, 16))


def _begins(scenario: Scenario) -> int:
    return start_of(month_at(scenario.start)) - _AHEAD


def _directions(device: Device) -> list[Direction]:
    both = ((Direction.INJECTION, device.injects), (Direction.WITHDRAWAL, device.withdraws))
    return [direction for direction, has in both if has]


def _described(device: Device, direction: Direction) -> dict[str, Any]:
    injects = direction == Direction.INJECTION
    return {
        "carrier": device.carrier,
        "direction": direction,
        "clean": device.clean and injects,
        "stores": isinstance(device.what, Storage) and injects,
        "rated_w": device.rated_w if injects and device.rated_w else _MOST_RATED_W,
        "site": keccak(text=device.name),
    }

"""Founds a park on a chain that has nothing yet.

Who founds it may do what only a local chain allows: the authority's delays are passed over, members' first steps need
no signatures of theirs, and blocks come as fast as they can. The node that allows it ends with the founding.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from eth_utils.crypto import keccak

from wattbook.chain import Chain
from wattbook.connection import Market
from wattbook.contracts.structs import (
    Application,
    Carrier,
    Description,
    Facts,
    Limits,
    Purse,
    Terms,
)
from wattbook.deployment.deployer import deploy
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import MODULES, purse_account
from wattbook.eip712 import digest
from wattbook.market.uniform import MIDPOINT_BPS
from wattbook.months import month_at
from wattbook.park.packages import selling
from wattbook.park.people import (
    MeterKeys,
    Register,
    direction_of,
    member_account,
    registers_of,
    relay_account,
    write_registers,
)
from wattbook.park.settings import (
    PACE,
    SLOT_SECONDS,
    ZONE,
    ZONE_NUMBER,
    Folder,
    ParkSettings,
    market_settings,
)
from wattbook.roles import Role
from wattbook.scenario.model import Scenario, Trading
from wattbook.scenario.profiles import Charging, Device, Load
from wattbook.trial.blocks import Blocks, Message, message

_FAR = 4_000_000_000
_ALL_MODULES = (1 << len(MODULES)) - 1
_ROLES = Role.PROSUMER | Role.STORAGE
_FEE_BPS = 20
_PURSE = 10**14
_AT_ONCE = 200
# Above what a load takes on average.
_PEAK = 12
_DAY_HOURS = 24
_GRID_WH_OF_ONE = 100_000
# mPT per kWh, and uPT in each pot.
_SUBSIDY, _POT = 40, 10**10
_TERM, _CUSTOMERS = 12, 40
_TECHNOLOGY = {Carrier.ELECTRICITY: 10_100}

# What is done, how much of it, of how much.
Progress = Callable[[str, int, int], None]


class Founding:
    """The steps, one after the other."""

    def __init__(
        self, chain: Chain, folder: Folder, settings: ParkSettings, scenario: Scenario, progress: Progress
    ) -> None:
        self._folder, self._settings, self._scenario = folder, settings, scenario
        self._progress = progress
        created = iter(range(1, 1_000))
        deployment = deploy(
            chain,
            known_account("administrator"),
            market_settings(),
            folder.deployment,
            lambda line: progress("contracts", next(created), 0),
        )
        self.market = Market(chain, deployment)
        self._blocks = Blocks(chain)

    def found(self) -> None:
        self._open_zone()
        self._fund_purses()
        self._admit()
        registers = registers_of(self._scenario, self._settings.broker)
        self._register(registers)
        self._promise()
        self._sell_packages()
        write_registers(self._folder.registers, registers)

    # -------------------------------------------------------------------------------------------------------- steps

    def _open_zone(self) -> None:
        market, authority = self.market, self.market.authority.address
        steps = [message(market.zones, "addZone", authority, ZONE)]
        terms = Terms(market.deployment.address("Uniform"), MIDPOINT_BPS, _FEE_BPS, 0, _FEE_BPS, False, False, True)
        for trading in self._scenario.tradings:
            grid = (SLOT_SECONDS, SLOT_SECONDS, facts_of(trading))
            steps.append(message(market.zones, "openCarrier", authority, ZONE_NUMBER, trading.carrier, *grid))
            steps.append(message(market.rulebook, "setTerms", authority, trading.carrier, ZONE, 0, terms))
            supplied = _GRID_WH_OF_ONE * len(self._scenario.members) if trading.intake_wh else 0
            limits = Limits(trading.intake_wh, supplied)
            steps.append(message(market.pool, "setLimits", authority, ZONE_NUMBER, trading.carrier, limits))
        self._all("zone", [[step] for step in steps])

    def _fund_purses(self) -> None:
        """A member pays in what pool and grid trade with."""
        market, payer = self.market, relay_account("purses").address
        funds = [message(market.vault, "fundPurse", payer, purse, _PURSE) for purse in (Purse.POOL, Purse.GRID)]
        joining = self._joining(payer, "purses", 3 * _PURSE, deposit=_PURSE // 2)
        approve = message(market.power_token, "approve", payer, market.vault.address, 2 * _PURSE)
        self._all("purses", [[step] for step in (*joining, approve, *funds)])

    def _admit(self) -> None:
        steps: list[list[Message]] = []
        members = list(enumerate(self._scenario.members))
        for start in range(0, len(members), _AT_ONCE):
            each = [
                self._joining(str(member_account(place).address), member.name, self._scenario.money[member.name] * 2)
                for place, member in members[start : start + _AT_ONCE]
            ]
            steps += [list(step) for step in zip(*each, strict=True)]
        self._all("members", steps)

    def _register(self, registers: Sequence[Register]) -> None:
        steps = []
        operator = known_account("operator").address
        devices = {device.name: device for member in self._scenario.members for device in member.devices}
        for start in range(0, len(registers), _AT_ONCE):
            part = registers[start : start + _AT_ONCE]
            steps.append([self._registration(one, devices[one.name]) for one in part])
            steps.append([message(self.market.meters, "certify", operator, one.number, 10_000, 0) for one in part])
        self._all("devices", steps)

    def _promise(self) -> None:
        """Subsidies of the month that runs, for what is made cleanly and for who uses it; pots are filled before it."""
        market, authority, payer = self.market, self.market.authority.address, relay_account("purses").address
        month = month_at(int(time.time()))
        steps = []
        for fund in (market.subsidy_fund, market.use_subsidy):
            programme = (ZONE_NUMBER, Carrier.ELECTRICITY, month)
            steps.append([message(fund, "setProgramme", authority, *programme, _SUBSIDY)])
            steps.append([message(fund, "fund", payer, *programme, _POT)])
        self._all("subsidies", steps)

    def _sell_packages(self) -> None:
        """Hot water by the square metre, which is not traded in slots: one member supplies others for a year."""
        accounts = [str(member_account(place).address) for place in range(len(self._scenario.members))]
        facts, month = facts_of(self._scenario.tradings[0]), month_at(self._blocks.now)
        self._all("packages", selling(self.market, SLOT_SECONDS, facts, accounts[: _CUSTOMERS + 1], month, _TERM))

    # -------------------------------------------------------------------------------------------------------- inside

    def _all(self, what: str, steps: Sequence[Sequence[Message]]) -> None:
        for done, step in enumerate(steps):
            self._progress(what, done, len(steps))
            self._blocks.mine(step)
        self._progress(what, len(steps), len(steps))

    def _joining(self, account: str, name: str, money: int, deposit: int | None = None) -> list[Message]:
        """Half of the money goes into the Vault, if it is not said how much."""
        market, papers = self.market, keccak(text=f"papers of {name}")
        registrar, issuer = known_account("registrar").address, known_account("issuer").address
        into = money // 2 if deposit is None else deposit
        application = Application(account, _ROLES, 0, _FAR, papers, keccak(text=f"identity of {name}"))
        steps = [
            message(market.membership, "admit", registrar, application),
            message(market.power_token, "mint", issuer, account, money, keccak(text=f"money of {name}")),
            message(market.vault, "chooseModules", account, _ALL_MODULES),
        ]
        if into:
            steps.append(message(market.power_token, "approve", account, market.vault.address, into))
            steps.append(message(market.vault, "deposit", account, into))
        return steps

    def _registration(self, register: Register, device: Device) -> Message:
        owner = str(member_account(register.member).address)
        keys = MeterKeys(self._settings.seed, register.number)
        described = Description(
            zone=ZONE_NUMBER,
            carrier=device.carrier,
            direction=direction_of(register),
            technology=_TECHNOLOGY.get(device.carrier, 20_100),
            clean=device.clean and register.injects,
            stores=device.injects and device.withdraws,
            rated_w=rated_w(device) * PACE,
            modulus=0,
            site=keccak(text=f"site of {owner}"),
        )
        said = {"ratedW" if name == "rated_w" else name: value for name, value in described._asdict().items()}
        values: dict[str, Any] = {"owner": owner, **said, **keys.public._asdict(), "deadline": _FAR}
        signature = keys.sign(digest(self.market.meters, "DeviceRegistration", values))
        return message(self.market.meters, "register", owner, described, keys.public, _FAR, signature)


def rated_w(device: Device) -> int:
    """What a device injects or takes at most, by its own clock."""
    match device.what:
        case Load(_, day_wh):
            return max(1, day_wh * _PEAK // _DAY_HOURS)
        case Charging(_, rated):
            return rated
    return device.rated_w


def facts_of(trading: Trading) -> Facts:
    """A carrier's facts; the grid balances the zone."""
    shares = (trading.network_bps, trading.platform_bps, trading.fund_bps)
    return Facts(
        trading.loss_bps,
        trading.band_bps,
        trading.penalty_bps,
        trading.pool_in,
        trading.pool_out,
        *shares,
        wheeling=0,
        feeder=0,
        export_feeder=0,
        balancing=purse_account(Purse.GRID),
        network=purse_account(Purse.NETWORK),
    )

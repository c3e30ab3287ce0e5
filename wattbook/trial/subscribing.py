"""Subscriptions to energy packages: tariffs published, packages bought, months metered and drawn by the contracts."""

from collections.abc import Mapping, Sequence
from typing import Any

from eth_utils.crypto import keccak

from wattbook.contracts.reverts import UnknownZone
from wattbook.contracts.structs import (
    Area,
    Carrier,
    Direction,
    Discounts,
    Facts,
    Kind,
    Metered,
    Purchase,
    Purse,
    Step,
    Subscription,
    Tariff,
    TariffTerms,
)
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import purse_account
from wattbook.metering.roots import in_order, proven, root_of, sign_root
from wattbook.metering.tree import Leaf, Tree
from wattbook.months import month_at, start_of
from wattbook.packages.subscribed import ChainLot
from wattbook.trial.blocks import Log, Message, Mined, message
from wattbook.trial.metering import ATTESTERS
from wattbook.trial.park import Park
from wattbook.trial.subsidising import DAY

ZONE = b"packages".ljust(32, b"\0")
# Of 10,000 a year, by month: cold from May to October, heat from November to March.
COLD = (0, 0, 0, 0, 500, 2_000, 2_750, 2_750, 1_500, 500, 0, 0)
HEAT = (2_500, 2_500, 1_250, 0, 0, 0, 0, 0, 0, 0, 1_250, 2_500)
EVEN = (833,) * 8 + (834,) * 4
STEPS = (Step(0, 880), Step(1_000, 860), Step(10_000, 830), Step(50_000, 800), Step(200_000, 780))
DISCOUNTS = Discounts(400, 1_000, 300, 800, 100, 200, 300)
_CARRIERS = (Carrier.ELECTRICITY, Carrier.COOLING, Carrier.HEATING, Carrier.HOT_WATER)


class Subscribing:
    """A zone with days for slots, so that one reading can tell of a month, and a provider, the first of the traders."""

    def __init__(self, park: Park) -> None:
        self.park, self.market, self.blocks = park, park.market, park.blocks
        self.packages, self.tariffs = park.market.energy_packages, park.market.tariffs
        self.zone = self._open_zone()
        self._people = len(park.traders)
        self._registers: dict[int, int] = {}
        self._readings: dict[int, int] = {}
        self.provider = self.person()

    # ----------------------------------------------------------------------------------------------- before anything

    def person(self) -> str:
        """One more member, with money and all modules chosen."""
        self._people += 1
        self.park.have_traders(self._people)
        return self.park.traders[self._people - 1]

    def meter(self, owner: str, carrier: Carrier = Carrier.ELECTRICITY, rated_w: int = 100_000, **changes: Any) -> int:
        """One more certified device that takes energy."""
        described = {"zone": self.zone, "direction": Direction.WITHDRAWAL, "clean": False, **changes}
        number = self.park.new_device(owner=owner, carrier=carrier, rated_w=rated_w, **described)
        self._registers[number] = self._readings[number] = 0
        return number

    def tariff(self, carrier: Carrier = Carrier.ELECTRICITY, **changes: Any) -> Tariff:
        """A tariff that sells in every way; `changes` are fields of it, of its terms or of its discounts."""
        terms = TariffTerms(
            provider=self.provider,
            zone=self.zone,
            carrier=carrier,
            incremental=False,
            wh_per_unit=1,
            postpaid=968,
            flow_price=420,
            annual_price=40_000,
            cancel_fee_bps=200,
            cooling_off=DAY,
            load_per_m2=96,
            capacity_w=10**12,
        )
        usual = Tariff(terms, DISCOUNTS, list(STEPS), list(EVEN))
        for name, value in changes.items():
            if name in Tariff._fields:
                usual = usual._replace(**{name: value})
            elif name in TariffTerms._fields:
                usual = usual._replace(terms=usual.terms._replace(**{name: value}))
            else:
                usual = usual._replace(discounts=usual.discounts._replace(**{name: value}))
        return usual

    def publish(self, carrier: Carrier = Carrier.ELECTRICITY, **changes: Any) -> int:
        """Has the authority publish it."""
        authority = self.market.authority.address
        [mined] = self.blocks.mine([message(self.tariffs, "publish", authority, self.tariff(carrier, **changes))])
        return int(found(mined, "TariffPublished").args[0])

    # -------------------------------------------------------------------------------------------------------- buying

    def month(self, ahead: int = 0) -> int:
        """The month that runs, or one to come."""
        return month_at(self.blocks.now) + ahead

    def lots(self, version: int, device: int, amount: int, ahead: int = 1) -> Purchase:
        return Purchase(version, Kind.LOTS, self.month(ahead), 0, device, 0, amount)

    def flow(self, version: int, device: int, amount: int, term: int = 12, ahead: int = 1) -> Purchase:
        return Purchase(version, Kind.FLOW, self.month(ahead), term, device, 0, amount)

    def area(self, version: int, area: int, term: int = 12, ahead: int = 0, device: int = 0) -> Purchase:
        return Purchase(version, Kind.AREA, self.month(ahead), term, device, area, 0)

    def buy(self, account: str, *purchases: Purchase) -> list[int]:
        """Buys them at once; the numbers of the subscriptions."""
        mined = self.does("buy", list(purchases), sender=account)
        return [int(log.args[0]) for log in mined.logs if log.name == "Bought"]

    # ---------------------------------------------------------------------------------------------------- the months

    def pass_until(self, time: int) -> None:
        if self.blocks.now < time:
            self.blocks.mine([], time)

    def begin(self, month: int) -> None:
        """The first seconds of a month."""
        self.pass_until(start_of(month) + 1)

    def read(self, time: int, wh: Mapping[int, int]) -> None:
        """Adds to registers, and has that counted when it is final."""
        leaves = []
        for device in sorted(wh):
            self._registers[device] += wh[device]
            self._readings[device] += 1
            source = keccak(text=f"{device} {time}")
            leaves.append(Leaf(device, self._registers[device], self._readings[device], 0, 0, source, source))
        tree = Tree([(leaf.device, leaf.content_hash) for leaf in leaves])
        root = root_of(self.zone, time, 0, tree)
        readings, relayer = self.market.readings, known_account("grid").address
        attesters = [known_account(name) for name in ATTESTERS]
        signed = in_order((one.address, sign_root(readings, root, [], one)) for one in attesters)
        self.blocks.mine([message(readings, "post", relayer, root, [], signed)])
        self.pass_until(self.blocks.now + int(readings.window()) + 1)
        given = [proven(tree, leaf) for leaf in leaves]
        self.blocks.mine([message(self.market.imbalance, "meter", relayer, root, given)])

    def pass_month(self, month: int, wh: Mapping[int, int]) -> None:
        """Has devices take this much in a month, which is over and read afterwards."""
        new = [device for device in wh if self._readings[device] == 0]
        if new:
            self.begin(month)
            self.read(start_of(month), dict.fromkeys(new, 0))
        self.begin(month + 1)
        self.read(start_of(month + 1), wh)

    # --------------------------------------------------------------------------------------------------------- acting

    def does(self, function: str, *arguments: Any, sender: str | None = None) -> Mined:
        """A call of the packages' contract, by somebody unless said otherwise."""
        [mined] = self.blocks.mine([self.says(function, *arguments, sender=sender)])
        return mined

    def says(self, function: str, *arguments: Any, sender: str | None = None) -> Message:
        return message(self.packages, function, sender or known_account("grid").address, *arguments)

    def draw(self, *subscriptions: int) -> Mined:
        return self.does("draw", list(subscriptions))

    # --------------------------------------------------------------------------------------------------------- asking

    def subscription(self, number: int) -> Subscription:
        return self.packages.subscription_of(number)

    def metered(self, number: int) -> Metered:
        return self.packages.metered_of(number)

    def area_of(self, number: int) -> Area:
        return self.packages.area_of(number)

    def lots_of(self, number: int) -> list[tuple[int, int]]:
        """uPT that are left and the price of each lot that is not used up."""
        lots, _ = self.packages.lots_of(number)
        return [(lot.left, lot.price) for lot in map(ChainLot.unpacked, lots)]

    def bonus_of(self, number: int) -> tuple[int, int]:
        _, bonus = self.packages.lots_of(number)
        lot = ChainLot.unpacked(bonus)
        return lot.left, lot.price

    def free(self, account: str) -> int:
        return int(self.market.vault.account_of(account).free)

    @property
    def locked(self) -> int:
        return int(self.market.vault.module_of(self.packages.address).locked)

    def debt(self, account: str) -> int:
        return int(self.market.vault.debt_to(account, self.provider))

    def owed_since(self, account: str) -> int:
        return int(self.packages.owed_since(account, self.provider))

    def leave(self, account: str, left: int) -> None:
        """Has an account withdraw all but this."""
        self.blocks.mine([message(self.market.vault, "withdraw", account, self.free(account) - left)])

    def _open_zone(self) -> int:
        zones, authority = self.market.zones, self.market.authority.address
        try:
            return zones.number_of(ZONE)
        except UnknownZone:
            self.blocks.mine([message(zones, "addZone", authority, ZONE)])
        number = zones.number_of(ZONE)
        grid = purse_account(Purse.GRID)
        facts = Facts(0, 0, 0, 300, 600, 0, 0, 0, 0, 0, 0, grid, grid)
        opening = [message(zones, "openCarrier", authority, number, one, DAY, DAY, facts) for one in _CARRIERS]
        self.blocks.mine(opening)
        return number


def found(mined: Mined, name: str) -> Log:
    """The one event of this name."""
    [log] = [log for log in mined.logs if log.name == name]
    return log


def events(mined: Mined, names: Sequence[str]) -> list[Log]:
    """Those of these names, in their sequence."""
    return [log for log in mined.logs if log.name in names]

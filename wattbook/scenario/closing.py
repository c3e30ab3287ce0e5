"""What comes when all slots of a scenario are settled: certificates, subsidies and bills, when their time has come."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from wattbook.billing.bills import Bill, NoBills, bills_of, sign_bills
from wattbook.billing.periods import month_period
from wattbook.certificates.slices import next_slots, stock
from wattbook.certificates.whole import WHOLE_WH
from wattbook.contracts.structs import Carrier, Hold
from wattbook.metering.roots import in_order
from wattbook.months import month_at, start_of
from wattbook.scenario.model import Purpose, Subsidy
from wattbook.scenario.runner import Happened
from wattbook.scenario.village import ZONE, Meter, Village
from wattbook.settlement.subsidy import Pot
from wattbook.trial.blocks import Message, Mined, message
from wattbook.trial.rounds import attesters

_AT_ONCE = 50
_ALL = 2**32 - 1

# What is to happen, and from when on it can.
Step = tuple[int, Callable[[], None]]


@dataclass
class Paid:
    """A month of a programme: Wh claimed and uPT paid by account, and what went back to who had filled the pot."""

    subsidy: Subsidy
    month: int
    wh: dict[str, int]
    paid: dict[str, int]
    returned: int
    held: bool
    refused: int
    unlike_the_engine: int


@dataclass
class Closed:
    """What came after the slots. Certificates are in Wh, by device; `wholes` are those of 1 MWh, among `issued`."""

    issued: Counter[str] = field(default_factory=Counter)
    retired: Counter[str] = field(default_factory=Counter)
    slices: list[tuple[int, str]] = field(default_factory=list)
    wholes: Counter[str] = field(default_factory=Counter)
    subsidies: list[Paid] = field(default_factory=list)
    bills: dict[int, list[Bill]] = field(default_factory=dict)


class Closing:
    """Brings a village that was run to its end."""

    def __init__(self, village: Village, happened: Happened) -> None:
        self.village, self.happened, self.closed = village, happened, Closed()
        self._clean = [one for one in village.meters.values() if one.device.clean and one.injection]
        self._named: defaultdict[tuple[Carrier, int, str], list[int]] = defaultdict(list)
        self._refused: Counter[tuple[Purpose, Carrier, int]] = Counter()

    def run(self, wholes: bool = False, more: Iterable[Step] = ()) -> Closed:
        """All of it, in the order in which it can happen, and `more` that is to happen at times of its own. With
        `wholes` who made a MWh gets certificates of 1 MWh, and others nothing of what that plant made."""
        if wholes:
            self._certify()
        self._retire()
        self._issue()
        for time, step in sorted([*self._steps(), *more], key=lambda one: one[0]):
            self.village.mine([], time)
            step()
        return self.closed

    def _steps(self) -> Iterator[Step]:
        now = self.village.blocks.now
        # What is traded for the first slots of a month is paid in the month before.
        for month in range(self.village.months[0] - 1, month_at(now) + 1):
            yield max(start_of(month + 1) + 1, now), partial(self._bill, month)
        for subsidy in self.village.scenario.subsidies:
            for month in self.village.months:
                opens, closes = self.village.fund(subsidy).claims_taken(month)
                yield opens, partial(self._claim, subsidy, month)
                yield closes, partial(self._pay, subsidy, month)

    # -------------------------------------------------------------------------------------------------- certificates

    def _certify(self) -> None:
        market = self.village.market
        for meter in self._clean:
            while stock(market, _number(meter)) >= WHOLE_WH:
                since, until = next_slots(market, _number(meter), WHOLE_WH)
                issue = message(market.green_certificates, "issue", meter.account, _number(meter), since, until)
                self.village.mine([issue])
                self.closed.wholes[meter.device.name] += WHOLE_WH
        self.closed.issued.update(self.closed.wholes)

    def _retire(self) -> None:
        """Where use is subsidised, what plants made in a slot is retired for those who used most in it."""
        for subsidy in self.village.scenario.subsidies:
            if subsidy.purpose is Purpose.USING:
                for start in self.village.scenario.starts:
                    self._retire_of(subsidy.carrier, start)

    def _retire_of(self, carrier: Carrier, start: int) -> None:
        village, until = self.village, start + self.village.scenario.slot_seconds
        production = village.market.production
        its = [
            one for one in self._clean if one.device.carrier == carrier and one.device.name not in self.closed.wholes
        ]
        made = [(one, production.counted_in(_number(one), start)) for one in its]
        issued = self._issued([(meter, start, until, wh) for meter, wh in made if wh])
        users = self._users(carrier, start)
        retired = []
        for id, meter, wh in issued:
            left = wh
            while left and users:
                needs, user = users[0]
                part = min(left, needs)
                users[0] = (needs - part, user)
                if part == needs:
                    users.pop(0)
                left -= part
                retirement = (user, start, until, "used when it was made")
                retired.append(message(village.market.clean_energy, "retire", meter.account, id, part, retirement))
                self._named[carrier, month_at(until - 1), user].append(id)
                self.closed.retired[meter.device.name] += part
        village.mine(retired)

    def _users(self, carrier: Carrier, start: int) -> list[tuple[int, str]]:
        """Who took how much in a slot, most first."""
        imbalance = self.village.market.imbalance
        parties = self.village.parties(carrier)
        took = [(imbalance.delivery_of(ZONE, carrier, start, one).withdrawn, one) for one in parties]
        return sorted(((wh, who) for wh, who in took if wh), key=lambda one: (-one[0], one[1]))

    def _issue(self) -> None:
        """What is left of all that was made cleanly stays with who made it."""
        market = self.village.market
        left = [(one, stock(market, _number(one))) for one in self._clean]
        self._issued([(one, *next_slots(market, _number(one), wh), wh) for one, wh in left if wh])

    def _issued(self, wanted: list[tuple[Meter, int, int, int]]) -> list[tuple[int, Meter, int]]:
        clean = self.village.market.clean_energy
        issues = [message(clean, "issue", one.account, _number(one), *its) for one, *its in wanted]
        mined = self.village.mine(issues) if issues else []
        ids = [int(log.args[2]) for one in mined for log in one.logs if log.name == "SliceIssued"]
        for id, (meter, *_, wh) in zip(ids, wanted, strict=True):
            self.closed.issued[meter.device.name] += wh
            self.closed.slices.append((id, meter.account))
        return [(id, meter, wh) for id, (meter, *_, wh) in zip(ids, wanted, strict=True)]

    # ----------------------------------------------------------------------------------------------------- subsidies

    def _claim(self, subsidy: Subsidy, month: int) -> None:
        for mined in self.village.mine(self._claims(subsidy, month)):
            refused = sum(log.name in ("ClaimRefused", "UseRefused") for log in mined.logs)
            self._refused[subsidy.purpose, subsidy.carrier, month] += refused

    def _claims(self, subsidy: Subsidy, month: int) -> list[Message]:
        if subsidy.purpose is Purpose.MAKING:
            numbers = [_number(one) for one in self._clean if one.device.carrier == subsidy.carrier]
            return [
                self._call(subsidy, month, "claim", numbers[first : first + _AT_ONCE])
                for first in range(0, len(numbers), _AT_ONCE)
            ]
        return [
            self._call(subsidy, month, "claim", user, ids[first : first + _AT_ONCE])
            for (carrier, at, user), ids in self._named.items()
            if (carrier, at) == (subsidy.carrier, month)
            for first in range(0, len(ids), _AT_ONCE)
        ]

    def _pay(self, subsidy: Subsidy, month: int) -> None:
        """A zone that is held is paid a month later: nobody strikes a claim here."""
        village, fund, held = self.village, self.village.fund(subsidy), False
        if subsidy.purpose is Purpose.MAKING:
            [closed] = village.mine([self._call(subsidy, month, "close")])
            held = Hold(closed.logs[-1].args[-1]) is not Hold.NONE
            village.mine([], fund.programme_of(ZONE, subsidy.carrier, month).payable_from)
        [mined] = village.mine([self._call(subsidy, month, "pay", _ALL)])
        claims = fund.claims_of(ZONE, subsidy.carrier, month)
        owners = {_number(one): one.account for one in self._clean}
        wh: Counter[str] = Counter()
        paid: Counter[str] = Counter()
        for claim in claims:
            account = owners[claim.device] if subsidy.purpose is Purpose.MAKING else claim.account
            wh[account] += claim.wh
            paid[account] += claim.paid
        shares = Pot(subsidy.pot, subsidy.rate, 0).shares([claim.wh for claim in claims])
        unlike = sum(share != claim.paid for share, claim in zip(shares, claims, strict=True))
        refused = self._refused[subsidy.purpose, subsidy.carrier, month]
        returned = _returned(mined)
        self.closed.subsidies.append(Paid(subsidy, month, dict(wh), dict(paid), returned, held, refused, unlike))

    def _call(self, subsidy: Subsidy, month: int, function: str, *arguments: object) -> Message:
        fund = self.village.fund(subsidy)
        return message(fund, function, self.village.relayer, ZONE, subsidy.carrier, month, *arguments)

    # --------------------------------------------------------------------------------------------------------- bills

    def _bill(self, month: int) -> None:
        """Attesters sign the root over a month's bills, if anybody paid for energy in it."""
        market = self.village.market
        try:
            bills = bills_of(market, month_period(month))
        except NoBills:
            return
        signed = in_order((one.address, sign_bills(market, bills, one)) for one in attesters())
        tree = bills.tree
        self.village.mine([message(market.bills, "post", self.village.relayer, month, tree.root, tree.size, signed)])
        self.closed.bills[month] = bills.bills


def _number(meter: Meter) -> int:
    assert meter.injection
    return meter.injection.device


def _returned(mined: Mined) -> int:
    return sum(log.args[-1] for log in mined.logs if log.name == "FundingReturned")

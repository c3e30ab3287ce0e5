"""Days of a park, through the contracts from the sale to the settled position, and whether all of it adds up.

Members with plants and meters sell and buy ahead; what is made and used differs; some of it gets lost on the way, some
readings never come, some come wrong, are doubted and corrected. What is drawn is drawn from a seed.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count, product

from wattbook.certificates.slices import next_slots, slice_of, stock
from wattbook.contracts.structs import Carrier, Direction, Facts, Purse, Sale
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import MODULES, purse_account
from wattbook.eip712 import sign
from wattbook.holdings import free_of
from wattbook.points.reasons import Reason
from wattbook.settlement.imbalance import Metered, Settled, Terms, settle
from wattbook.settlement.statements import unpacked
from wattbook.trial.blocks import Message, Mined, message
from wattbook.trial.park import FAR, SLOT_SECONDS, Park
from wattbook.trial.points import Rewarding, begin_an_epoch
from wattbook.trial.rounds import Register, Rounds
from wattbook.trial.using import Using

_ZONE = 1
_CARRIERS = (Carrier.ELECTRICITY, Carrier.HEATING)
_TERMS = Terms(pool_in=300, pool_out=600, loss_bps=300, band_bps=300, penalty_bps=1_000)
_MOST_WH = 5_000
# Of a thousand readings.
_MISSING, _WRONG = 20, 5
_WHOLE = 10_000
# More and less than the members of a park use cleanly in a month.
_POT = 2_000_000
_AT_ONCE = 50
# Calls in a block. Of each block the node reckons the root of all that is stored, which takes it longer than the calls.
_BLOCK = 50


@dataclass
class Member:
    """In one carrier."""

    account: str
    plant: Register
    meter: Register


@dataclass
class Line:
    """One thing that must be equal to another, to the unit."""

    what: str
    left: int
    right: int

    @property
    def holds(self) -> bool:
        return self.left == self.right


@dataclass
class Report:
    """What happened, what it cost, and what must add up."""

    slots: int = 0
    trades: int = 0
    readings: int = 0
    missing: int = 0
    corrected: int = 0
    positions: int = 0
    gas: int = 0
    lines: list[Line] = field(default_factory=list)


class Days:
    """One zone in which electricity and heat are traded in quarters of an hour."""

    def __init__(self, park: Park, members: int, seed: int = 0) -> None:
        self.park = park
        self.report = Report()
        self._imbalance, self._relayer = park.market.imbalance, known_account("grid").address
        self._lost = 0
        self._positions: dict[tuple[Carrier, int], dict[str, list[int]]] = {}
        self._cash: Counter[tuple[Carrier, int, str]] = Counter()
        self._luck = random.Random(seed)
        self._using = Using(park, _CARRIERS, random.Random(seed))
        self._salts = count()
        self._open_heating()
        park.have_traders(members)
        self.members = {carrier: [self._member(account, carrier) for account in park.traders] for carrier in _CARRIERS}
        self.rounds = Rounds(park)
        self._feeders = {carrier: self._member(known_account("grid").address, carrier) for carrier in _CARRIERS}

    def run(self, slots: int, progress: Callable[[int], None] = lambda slot: None) -> Report:
        """So many slots, from the beginning of a month on for which facts can still be decided."""
        self._using.promise(_POT)
        before, held = self.money(), self.tokens()
        starts = self.begin(slots)
        for place, start in enumerate(starts):
            self.live(start)
            progress(place)
        self.wait_until_final()
        self.meter(len(self.rounds.queue))
        self.settle(starts, self.park.traders)
        self._add_up(before, held)
        self._certify()
        self._subsidise()
        self._reward(starts)
        return self.report

    def begin(self, slots: int) -> list[int]:
        """Goes to the first slot, and gives the starts of all."""
        self._start()
        self._end = self._first + slots * SLOT_SECONDS
        self._mine(self._trades(self._first))
        self._mine([*self._read(self._first), *self._trades(self._first + SLOT_SECONDS)], self._first + 1)
        return list(range(self._first, self._end, SLOT_SECONDS))

    def live(self, start: int) -> None:
        """Lets a slot pass, and reads what it brought; then the slot after the next one is traded."""
        end = start + SLOT_SECONDS
        for carrier in _CARRIERS:
            self._flow(carrier)
        readings = self._read(end, _MISSING if end < self._end else 0, _WRONG)
        self._mine([*readings, *self._trades(end + SLOT_SECONDS)], end + 1)
        self.report.slots += 1

    def trading(self, carrier: Carrier) -> list[Member]:
        """Who sells and buys ahead."""
        return self.members[carrier]

    # ------------------------------------------------------------------------------------------------- who there is

    def _open_heating(self) -> None:
        market = self.park.market
        opening = (_ZONE, Carrier.HEATING, SLOT_SECONDS, SLOT_SECONDS, self._facts(0, 0))
        self.park.blocks.mine([message(market.zones, "openCarrier", market.authority.address, *opening)])

    def _member(self, account: str, carrier: Carrier) -> Member:
        plant, meter = (
            Register(self.park.new_device(owner=account, direction=direction, carrier=carrier))
            for direction in (Direction.INJECTION, Direction.WITHDRAWAL)
        )
        return Member(account, plant, meter)

    def _facts(self, feeder: int, export_feeder: int) -> Facts:
        return Facts(
            loss_bps=_TERMS.loss_bps,
            band_bps=_TERMS.band_bps,
            penalty_bps=_TERMS.penalty_bps,
            pool_in=_TERMS.pool_in,
            pool_out=_TERMS.pool_out,
            network_bps=1_800,
            platform_bps=100,
            fund_bps=900,
            wheeling=0,
            feeder=feeder,
            export_feeder=export_feeder,
            balancing=purse_account(Purse.GRID),
            network=purse_account(Purse.NETWORK),
        )

    def _start(self) -> None:
        """Goes to where facts that are decided now begin to hold."""
        market, blocks = self.park.market, self.park.blocks
        self._first = (blocks.now + market.zones.notice()) // SLOT_SECONDS * SLOT_SECONDS + 2 * SLOT_SECONDS
        for carrier, gate in self._feeders.items():
            facts = self._facts(gate.plant.device, gate.meter.device)
            setting = (_ZONE, carrier, self._first, facts)
            blocks.mine([message(market.zones, "setFacts", market.authority.address, *setting)])

    # ---------------------------------------------------------------------------------------------------- one slot

    def _trades(self, start: int) -> list[Message]:
        if start >= self._end:
            return []
        return [sale for carrier in _CARRIERS for sale in self._sales(carrier, start)]

    def _mine(self, messages: list[Message], time: int | None = None) -> list[Mined]:
        mined = self.park.blocks.mine(messages, time)
        self.report.gas += sum(one.gas for one in mined)
        return mined

    def _mine_all(self, messages: list[Message]) -> list[Mined]:
        """In as many blocks as they need."""
        blocks = [messages[first : first + _BLOCK] for first in range(0, len(messages), _BLOCK)]
        return [mined for block in blocks for mined in self._mine(block)]

    def _sales(self, carrier: Carrier, start: int) -> list[Message]:
        """Pairs of members, drawn anew."""
        luck, park = self._luck, self.park
        members = self.trading(carrier)[:]
        luck.shuffle(members)
        direct = park.market.direct_sale
        sales = []
        for seller, buyer in zip(members[::2], members[1::2], strict=False):
            if luck.random() < 0.3:
                continue
            wh, price = luck.randint(100, _MOST_WH), luck.randint(300, 600)
            terms = (carrier, _ZONE, seller.plant.device, start, wh, price, next(self._salts), FAR)
            sale = Sale(seller.account, buyer.account, *terms)
            said = {{"slot_start": "slotStart"}.get(name, name): value for name, value in sale._asdict().items()}
            said["carrier"] = int(carrier)
            traded = self._positions.setdefault((carrier, start), {})
            traded.setdefault(seller.account, [0, 0])[0] += wh
            traded.setdefault(buyer.account, [0, 0])[1] += wh
            signatures = [sign(direct, "Sale", park.keys[one.account], said) for one in (seller, buyer)]
            sales.append(message(direct, "sell", self._relayer, sale, *signatures))
        self.report.trades += len(sales)
        return sales

    def _flow(self, carrier: Carrier) -> None:
        """What members make and use, what gets lost of it, and what the grid gives or takes for it all to come out."""
        luck, made, used = self._luck, 0, 0
        for member in self.members[carrier]:
            one, other = (luck.choice([0, luck.randint(0, _MOST_WH)]) for _ in range(2))
            member.plant.shows += one
            member.meter.shows += other
            made, used = made + one, used + other
        lost = made * (_TERMS.loss_bps + luck.randint(-50, 50)) // _WHOLE
        short = used + lost - made
        gate = self._feeders[carrier]
        gate.plant.shows += max(short, 0)
        gate.meter.shows += max(-short, 0)
        self._lost += lost

    # ------------------------------------------------------------------------------------------------ what is metered

    def _read(self, time: int, missing: int = 0, wrong: int = 0) -> list[Message]:
        """The root over all registers, but for some that are not heard of. What is wrong in it is doubted at once, and
        put right."""
        luck, heard, lies = self._luck, [], {}
        for register in self._registers():
            if luck.randrange(1_000) < missing:
                self.report.missing += 1
                continue
            heard.append(register)
            if luck.randrange(1_000) < wrong:
                lies[register.device] = 1
        self.report.readings += len(heard)
        self.report.corrected += len(lies)
        return self.rounds.read(time, heard, lies, self.trading(_CARRIERS[0])[0].account)

    def wait_until_final(self) -> None:
        blocks = self.park.blocks
        blocks.mine([], blocks.now + self.park.market.readings.window() + 1)

    def _registers(self) -> list[Register]:
        members = [one for carrier in _CARRIERS for one in (*self.members[carrier], self._feeders[carrier])]
        return sorted((each for one in members for each in (one.plant, one.meter)), key=lambda each: each.device)

    # ----------------------------------------------------------------------------------------------- what is settled

    def meter(self, count: int) -> None:
        """Has the next readings counted, in the order in which they were posted."""
        self._mine_all(self.rounds.count(count))

    def settle(self, starts: Sequence[int], accounts: Sequence[str]) -> None:
        """Settles accounts in slots, as far as they are metered."""
        listed = sorted(accounts, key=lambda one: int(one, 16))
        parts = [listed[first : first + _AT_ONCE] for first in range(0, len(listed), _AT_ONCE)]
        called = [(carrier, start, part) for start in starts for carrier in _CARRIERS for part in parts]
        mined = self._mine_all([message(self._imbalance, "settle", self._relayer, _ZONE, *one) for one in called])
        for (carrier, start, _), one in zip(called, mined, strict=True):
            for log in one.logs:
                if log.name == "AccountSettled":
                    self._cash[carrier, start, log.args[1].lower()] += unpacked(log.args[2]).cash
        self.report.positions += len(starts) * len(listed) * len(_CARRIERS)

    # ---------------------------------------------------------------------------------------------------- what adds up

    def money(self) -> dict[str, int]:
        """What everybody has free, by account."""
        accounts = [*self.park.traders, *(purse_account(purse) for purse in Purse)]
        return free_of(self.park.market.vault, accounts)

    def _add_up(self, before: dict[str, int], held: int) -> None:
        vault, market = self.park.market.vault, self.park.market
        after = self.money()
        gains = {account: after[account] - before[account] for account in before}
        # Of pots filled before nothing is paid yet.
        modules = [name for name in MODULES if name != "UseSubsidy"]
        locked = sum(vault.module_of(market.deployment.address(name)).locked for name in modules)
        self._hold("tokens in the Vault = those that were there", self.tokens(), held)
        self._hold("what all gained or lost together = nothing", sum(gains.values()), 0)
        self._hold("what settlement and trades still hold = nothing", locked, 0)
        expected = [self._expected(carrier, start) for carrier, start in self._positions]
        self._hold("what the grid gets", gains[purse_account(Purse.GRID)], -sum(one.grid_cash for one in expected))
        self._add_up_energy()
        self._hold("positions settled otherwise than the engine says", len(self.unlike_the_engine()), 0)

    def unlike_the_engine(self) -> list[tuple[Carrier, int, str]]:
        """Positions that all in all were paid something else than the engine reckons."""
        reckoned = {
            (carrier, start, account.lower()): one.cash
            for carrier, start in self._positions
            for account, one in self._expected(carrier, start).parties.items()
        }
        return [key for key, cash in reckoned.items() if self._cash[key] != cash]

    def _add_up_energy(self) -> None:
        market, slots = self.park.market, sorted({start for _, start in self._positions})
        balances = [self._imbalance.balance_of(_ZONE, carrier, start) for carrier in _CARRIERS for start in slots]
        sums = [sum(one[place] for one in balances) for place in range(4)]
        injected, withdrawn, imported, exported = sums
        self._hold(
            "Wh injected + imported = withdrawn + exported + lost",
            injected + imported,
            withdrawn + exported + self._lost,
        )
        plants = [member.plant for carrier in _CARRIERS for member in self.members[carrier]]
        self._hold("Wh injected = what the plants' registers show", injected, sum(one.shows for one in plants))
        recorded = sum(market.production.total_of(one.device) for one in plants)
        self._hold(
            "Wh in the ledger of production = what is clean in the slots", recorded, sum(one.clean for one in balances)
        )
        self._hold("Wh in the ledger of production = Wh injected", recorded, injected)

    def _certify(self) -> None:
        """All clean energy is certified; of each slice a part goes to somebody else, and one is retired."""
        market, luck, traders = self.park.market, self._luck, self.park.traders
        clean, before = market.clean_energy, market.clean_energy.totals()
        members = [one for carrier in _CARRIERS for one in self.members[carrier]]
        self._using.retire({one.plant.device: one.account for one in members[::3]}, traders)
        issues, owners = [], []
        for member in members:
            if wh := stock(market, member.plant.device):
                slots = next_slots(market, member.plant.device, wh)
                issues.append(message(clean, "issue", member.account, member.plant.device, *slots, wh))
                owners.append(member.account)
        logs = [log for mined in self._mine_all(issues) for log in mined.logs if log.name == "SliceIssued"]
        uses = []
        ids = [int(log.args[2]) for log in logs]
        for id, owner in zip(ids, owners, strict=True):
            its = slice_of(id)
            given, used, to = luck.randint(1, its.wh), luck.randint(0, its.wh), luck.choice(traders)
            uses.append(message(clean, "safeTransferFrom", owner, owner, to, id, given, b""))
            holder = to if used <= given else owner
            if 0 < used <= (its.wh if to == owner else given if holder == to else its.wh - given):
                uses.append(message(clean, "retire", holder, id, used, (holder, its.since, its.until, "own use")))
        self._mine_all(uses)
        after = clean.totals()
        sums = {name: getattr(after, name) - getattr(before, name) for name in after._fields}
        certified = sums.pop("taken")
        recorded = sum(market.production.total_of(one.plant.device) for one in members)
        held = sum(sum(clean.balance_of_batch(traders, [id] * len(traders))) for id in ids)
        self._hold("Wh certified = final clean Wh", certified, recorded)
        self._hold("Wh held in slices = what the contract says is held", held, sums["slices"])
        self._hold(
            "Wh certified = held, retired, expired, withdrawn, lost in batteries, exported",
            certified,
            sum(sums.values()),
        )

    def _subsidise(self) -> None:
        """What was retired of single slots is claimed for those who used as much in them, twice."""
        using = self._using
        gains = using.pay_out(self.park.traders)
        matched, reckoned = using.reckoned()
        self._hold("Wh of use that are subsidised = what the engine matches", using.matched, matched)
        self._hold("uPT given for use = paid and given back", using.given, using.paid + using.back)
        self._hold("uPT given for use = what accounts gained", using.given, sum(gains.values()))
        unlike = [account for account in gains if gains[account] != reckoned.get(account, 0)]
        self._hold("accounts subsidised otherwise than the engine says", len(unlike), 0)

    def _reward(self, slots: list[int]) -> None:
        """Clean trades are shown when nothing can change them any more, and granted when the epoch is over."""
        market, rewarding = self.park.market, Rewarding(self.park)
        points, trades = market.power_points, market.clean_trades
        begin_an_epoch(self.park)
        rewarding.ripen(slots[-1])
        epoch, before = points.current_epoch(), points.total_supply()
        accounts = rewarding.in_order(self.park.traders)
        rewards = []
        for carrier, start in product(_CARRIERS, slots):
            made = sorted(one.plant.device for one in self.members[carrier] if _in_slot(one.plant, start))
            rewards.append(message(trades, "reward", self._relayer, _ZONE, carrier, start, accounts, made))
        told = [log for mined in self._mine_all(rewards) for log in mined.logs]
        asked = sum(log.args[2] for log in told if log.name == "PointsAsked")
        begin_an_epoch(self.park)
        last = points.current_epoch()
        for number in range(epoch, last):
            self._mine([message(trades, "grant", self._relayer, number, 10 * len(accounts))])
        budget = sum(points.budget_of(int(Reason.CLEAN_TRADE), number) for number in range(epoch, last))
        granted = points.total_supply() - before
        self._hold("points granted = points asked for, or the budget", granted, min(asked, budget))
        self._hold("points granted = points of members", granted, sum(points.balance_of(one) for one in accounts))

    def _expected(self, carrier: Carrier, start: int) -> Settled:
        """A slot as the engine settles it."""
        traded = self._positions[carrier, start]
        parties = {
            one.account: Metered(
                _in_slot(one.plant, start), _in_slot(one.meter, start), *traded.get(one.account, (0, 0))
            )
            for one in self.members[carrier]
        }
        return settle(parties, _TERMS)

    def tokens(self) -> int:
        return int(self.park.market.power_token.balance_of(self.park.market.vault.address))

    def _hold(self, what: str, left: int, right: int) -> None:
        self.report.lines.append(Line(what, left, right))


def _in_slot(register: Register, start: int) -> int:
    return register.in_slot(start, SLOT_SECONDS)

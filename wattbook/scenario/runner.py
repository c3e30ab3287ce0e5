"""The slots of a scenario, one after the other, on a clock that is set: traded, delivered, read, settled by the day."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from eth_utils.crypto import keccak

from wattbook.contracts.structs import Carrier, Exchange, OrderId
from wattbook.deployment.local import known_account
from wattbook.eip712 import sign
from wattbook.metering.roots import in_order as signatures_in_order
from wattbook.scenario.model import Fault, Trouble
from wattbook.scenario.profiles import DAY, WHOLE, draw
from wattbook.scenario.strategies import Bid, Flow, Habit, Member, Outlook, behave, quotes
from wattbook.scenario.trading import Cleared, Quoted, Trading, locks
from wattbook.scenario.village import CITY, ZONE, Meter, Village
from wattbook.settlement.imbalance import Metered
from wattbook.settlement.statements import Statement, unpacked
from wattbook.trial.blocks import Message, message
from wattbook.trial.rounds import Register, Rounds, attesters
from wattbook.units import UPT_PER_PT

_AT_ONCE = 50
# Who had less than this at the beginning is asked before each book what he still has.
_PLENTY = 10_000 * UPT_PER_PT
_LOSS_SPREAD_BPS = 50


@dataclass
class Settlement:
    """How an account was settled in a slot: what was metered and traded, as it was told last, and all cash for it."""

    metered: Metered
    cash: int = 0


@dataclass
class Happened:
    """What happened in all slots. `flows` are by device and slot, `settled` by carrier, slot and account."""

    books: list[Cleared] = field(default_factory=list)
    flows: dict[tuple[str, int], Flow] = field(default_factory=dict)
    lost: Counter[Carrier] = field(default_factory=Counter)
    readings: int = 0
    unheard: int = 0
    corrected: int = 0
    waited: int = 0
    settled: dict[tuple[Carrier, int, str], Settlement] = field(default_factory=dict)


class Runner:
    """Runs a village. `happened` fills up slot by slot."""

    def __init__(self, village: Village, rounds: Rounds | None = None) -> None:
        self.village, self.scenario = village, village.scenario
        self.happened = Happened()
        self.rounds = rounds or Rounds(village.park)
        self._held: dict[str, int] = {}
        self._paid: defaultdict[Carrier, list[int]] = defaultdict(list)
        self._due: dict[tuple[Carrier, int], list[str]] = {}
        self._withheld: list[tuple[int, bytes, list[OrderId]]] = []
        self._flowed: defaultdict[int, Counter[int]] = defaultdict(Counter)
        self._read_until = self.scenario.start - self.scenario.slot_seconds
        self._listed = defaultdict(list)
        for one in self.scenario.orders:
            self._listed[one.member, one.carrier, one.start].append(Bid(one.sell, one.wh, one.price, one.device))

    def run(self, progress: Callable[[int, int], None] = lambda done, all: None) -> Happened:
        """All slots, until everything that can be settled is."""
        scenario = self.scenario
        for number, start in enumerate(scenario.starts):
            self._slot(start)
            progress(number + 1, scenario.slots)
        self._read_ahead(scenario.end)
        self.village.mine([], scenario.end + 1)
        self._meddle(scenario.end)
        self._read_all()
        self.rounds.arrive()
        self._pass(self.village.market.readings.window() + 1)
        self._settle()
        if self._due:
            self._pass(self.village.market.imbalance.patience())
            self._settle()
        if self._withheld:
            self._pass(DAY)
            self._slash()
        return self.happened

    # ------------------------------------------------------------------------------------------------------ one slot

    def _slot(self, start: int) -> None:
        self._read_ahead(start - self.scenario.slot_seconds)
        self._meddle(start)
        books = [
            Trading(self.village, trading.carrier, start, quoted)
            for trading in self.scenario.tradings
            if (quoted := self._quoted(trading.carrier, start))
        ]
        for book in books:
            book.commit()
        if (start - self.scenario.start) % DAY == 0:
            self._settle()
            self._slash()
        withholding = self._members(Trouble.UNREVEALED, start)
        self.village.mine([], start - self.village.reveals_before)
        for book in books:
            if kept := book.reveal(withholding):
                self._withheld.append((start, book.key, kept))
        self.village.mine([], start - self.village.clears_before)
        cleared = {book.cleared.carrier: book.clear() for book in books}
        self._read_all()
        self.happened.books += cleared.values()
        for trading in self.scenario.tradings:
            self._flow(trading.carrier, start, cleared.get(trading.carrier))
            self._due[trading.carrier, start] = self.village.parties(trading.carrier)

    def _meddle(self, start: int) -> None:
        """What befalls members before a slot is traded."""
        village = self.village
        membership, vault = village.market.membership, village.market.vault
        regulator = known_account("regulator").address
        for fault in self.scenario.faults:
            if fault.trouble is Trouble.BROKE and fault.since == start:
                account = village.accounts[fault.member]
                beyond = vault.account_of(account).free - fault.leaves
                if beyond > 0:
                    village.mine([message(vault, "withdraw", account, beyond)])
            if fault.trouble is Trouble.SUSPENDED and start in (fault.since, fault.until):
                member = membership.standing_of(village.accounts[fault.member]).member
                does = "suspend" if start == fault.since else "reinstate"
                village.mine([message(membership, does, regulator, member, "as the scenario has it")])

    def _quoted(self, carrier: Carrier, start: int) -> list[Quoted]:
        outlook = self._outlook(carrier, start)
        suspended = self._members(Trouble.SUSPENDED, start)
        found = []
        for member in self.scenario.members:
            if member.name in suspended:
                continue
            bids = self._bids(member, outlook)
            found += [Quoted(member.name, bid) for bid in self._affordable(member, bids, outlook)]
        return found

    def _bids(self, member: Member, outlook: Outlook) -> list[Bid]:
        if member.habit is Habit.LISTED:
            return self._listed[member.name, outlook.carrier, outlook.start]
        return quotes(member, outlook, self._held) if member.habit is Habit.TRADE else []

    def _affordable(self, member: Member, bids: Sequence[Bid], outlook: Outlook) -> list[Bid]:
        """As many as the member has money for, in their sequence."""
        broke = any(fault.trouble is Trouble.BROKE and fault.member == member.name for fault in self.scenario.faults)
        if not bids or (not broke and self.scenario.money[member.name] >= _PLENTY):
            return list(bids)
        free, found = self.village.market.vault.account_of(self.village.accounts[member.name]).free, []
        for bid in bids:
            needed = locks(bid, outlook.prices)
            if needed <= free:
                found.append(bid)
                free -= needed
        return found

    def _outlook(self, carrier: Carrier, start: int) -> Outlook:
        scenario = self.scenario
        a_day = DAY // scenario.slot_seconds
        prices = scenario.trading(carrier).prices
        return Outlook(scenario.place, carrier, start, scenario.slot_seconds, prices, self._paid[carrier][-a_day:])

    def _flow(self, carrier: Carrier, start: int, cleared: Cleared | None) -> None:
        """What devices make and use, what gets lost, and what comes in or goes out for it all to come out."""
        outlook = self._outlook(carrier, start)
        end = start + self.scenario.slot_seconds
        made = used = 0
        for meter in self.village.meters.values():
            if meter.device.carrier != carrier:
                continue
            whose = (meter.member.name, meter.device.name)
            traded = (cleared.sold[whose], cleared.bought[whose]) if cleared else (0, 0)
            flow = behave(meter.device, outlook, self._held.get(meter.device.name, 0), *traded)
            self._held[meter.device.name] = flow.held
            self.happened.flows[meter.device.name, start] = flow
            for register, wh in ((meter.injection, flow.injected), (meter.withdrawal, flow.withdrawn)):
                if register:
                    self._flowed[end][register.device] += wh
            made, used = made + flow.injected, used + flow.withdrawn
        lost = self._loss(carrier, start, made)
        self.happened.lost[carrier] += lost
        into, out = self.village.feeders[carrier]
        self._flowed[end][into.device] += max(0, used + lost - made)
        self._flowed[end][out.device] += max(0, made - used - lost)
        if cleared and cleared.price is not None:
            self._paid[carrier].append(cleared.price)

    def _loss(self, carrier: Carrier, start: int, made: int) -> int:
        """About as much as is declared."""
        seed, declared = self.scenario.place.seed, self.scenario.trading(carrier).loss_bps
        off = draw(seed, "loss", carrier.name, start) % (2 * _LOSS_SPREAD_BPS + 1) - _LOSS_SPREAD_BPS
        return made * max(0, declared + off) // WHOLE if declared else 0

    # ------------------------------------------------------------------------------------------------ what is metered

    def _read_all(self) -> None:
        """All times of reading that have come."""
        while self._read_until + self.scenario.slot_seconds < self.village.blocks.now:
            self._read_until += self.scenario.slot_seconds
            self._read(self._read_until)

    def _read_ahead(self, time: int) -> None:
        """Up to a time, each before it has come on the chain, if readings are on their way for a while."""
        while self.rounds.ahead and self._read_until + self.scenario.slot_seconds <= time:
            self._read_until += self.scenario.slot_seconds
            self.village.mine([], self._read_until - self.rounds.ahead)
            self._read(self._read_until)

    def _read(self, time: int) -> None:
        counted = self._flowed.pop(time, Counter())
        meters = {one.device: meter for meter in self.village.meters.values() for one in meter.registers}
        heard, lies, exchanged = [], {}, []
        for register in self.village.registers():
            register.shows += counted[register.device]
            meter = meters.get(register.device)
            if self.scenario.is_unheard(meter.device if meter else None, time):
                self.happened.unheard += 1
            elif self._befalls(Trouble.REPLACED, meter, time):
                exchanged.append(self._replace(register, time))
            else:
                heard.append(register)
                if lie := self._befalls(Trouble.LIE, meter, time):
                    lies[register.device] = lie.wh
        self.happened.readings += len(heard)
        self.happened.corrected += len(lies)
        self.village.mine([*exchanged, *self.rounds.read(time, heard, lies, CITY)])

    def _befalls(self, trouble: Trouble, meter: Meter | None, time: int) -> Fault | None:
        for fault in self.scenario.faults:
            if meter and fault.trouble is trouble and fault.since == time and fault.device == meter.device.name:
                return fault
        return None

    def _replace(self, register: Register, time: int) -> Message:
        """A new meter begins at nothing; attesters say at what the old one ended."""
        readings = self.village.market.readings
        said = Exchange(register.device, time, register.shows, 0, keccak(text=f"{register.device} replaced at {time}"))
        signed = [(one.address, sign(readings, "Exchange", one, said._asdict())) for one in attesters()]
        register.replace()
        return message(readings, "exchange", self.village.relayer, said, signatures_in_order(signed))

    # ----------------------------------------------------------------------------------------------- what is settled

    def _settle(self) -> None:
        """Has counted what is final, and settles whose meters are read."""
        village, imbalance = self.village, self.village.market.imbalance
        village.mine(self.rounds.count(len(self.rounds.queue)))
        length = self.scenario.slot_seconds
        over = [key for key in self._due if key[1] + length <= self._read_until]
        parts = [
            (key, self._due[key][first : first + _AT_ONCE])
            for key in over
            for first in range(0, len(self._due[key]), _AT_ONCE)
        ]
        calls = [
            message(imbalance, "settle", village.relayer, ZONE, carrier, start, part)
            for (carrier, start), part in parts
        ]
        waiting: defaultdict[tuple[Carrier, int], list[str]] = defaultdict(list)
        for (key, part), mined in zip(parts, village.mine(calls), strict=True):
            known = {account.lower(): account for account in part}
            for log in mined.logs:
                if log.name == "AccountSettled":
                    self._tell((*key, known[log.args[1].lower()]), unpacked(log.args[2]))
                if log.name == "AccountWaits":
                    waiting[key].append(known[log.args[1].lower()])
        for key in over:
            del self._due[key]
        self._due |= waiting
        self.happened.waited += sum(map(len, waiting.values()))

    def _tell(self, key: tuple[Carrier, int, str], said: Statement) -> None:
        metered = Metered(said.injected, said.withdrawn, said.sold, said.bought)
        before = self.happened.settled.get(key)
        self.happened.settled[key] = Settlement(metered, said.cash + (before.cash if before else 0))

    def _slash(self) -> None:
        """Whoever did not reveal loses his bond a day later."""
        auction, blocks = self.village.market.auction, self.village.blocks
        ripe = [one for one in self._withheld if one[0] + DAY <= blocks.now]
        self._withheld = [one for one in self._withheld if one not in ripe]
        self.village.mine([message(auction, "slash", CITY, key, orders) for _, key, orders in ripe])

    def _members(self, trouble: Trouble, start: int) -> set[str]:
        """Whom something befalls in a slot."""
        return {
            fault.member
            for fault in self.scenario.faults
            if fault.trouble is trouble and (fault.since <= start < fault.until or fault.since == fault.until == start)
        }

    def _pass(self, seconds: int) -> None:
        self.village.mine([], self.village.blocks.now + seconds)

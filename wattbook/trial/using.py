"""Members of a park who retire clean energy for what they used, and are subsidised for that."""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from eth_utils.crypto import keccak

from wattbook.certificates.slices import next_slots, slice_of, stock
from wattbook.contracts.structs import Carrier, Slice
from wattbook.deployment.local import known_account
from wattbook.holdings import free_of
from wattbook.months import month_at, start_of
from wattbook.settlement.subsidy import Pot, returned
from wattbook.settlement.use import Matching, Retired
from wattbook.trial.blocks import Message, message
from wattbook.trial.park import SLOT_SECONDS, Park

_ZONE = 1
_RATE = 50
_SLOTS_EACH = 8


class Using:
    """Programmes of some carriers for two months to come, and what is retired and claimed in them."""

    def __init__(self, park: Park, carriers: Sequence[Carrier], luck: random.Random) -> None:
        self.park, self.fund = park, park.market.use_subsidy
        self._carriers, self._luck, self._giver = carriers, luck, known_account("grid").address
        self._matchings = {carrier: Matching(_ZONE, carrier, SLOT_SECONDS) for carrier in carriers}
        self._retired: Counter[tuple[str, int]] = Counter()
        self._named: defaultdict[tuple[Carrier, int, str], list[int]] = defaultdict(list)
        self.matched, self.paid, self.given, self.back = 0, 0, 0, 0

    def promise(self, pot: int) -> None:
        """Fills pots for two months, and waits until facts that are decided hold from the beginning of the first."""
        market, blocks = self.park.market, self.park.blocks
        notice = market.zones.notice()
        first = month_at(blocks.now + notice) + 1
        self.months = (first, first + 1)
        self.given = pot * len(self._carriers) * len(self.months)
        token, vault, giver = market.power_token, market.vault, self._giver
        issuer, authority = known_account("issuer").address, market.authority.address
        steps = [
            message(token, "mint", issuer, giver, self.given, keccak(text=f"pots of {first}")),
            message(token, "approve", giver, vault.address, self.given),
            message(vault, "deposit", giver, self.given),
            message(vault, "chooseModules", giver, 1 << vault.module_of(self.fund.address).bit),
        ]
        for carrier in self._carriers:
            for month in self.months:
                steps.append(message(self.fund, "setProgramme", authority, _ZONE, carrier, month, _RATE))
                steps.append(message(self.fund, "fund", giver, _ZONE, carrier, month, pot))
        for step in steps:
            blocks.mine([step])
        self._pot = pot
        blocks.mine([], start_of(first) - notice)

    def retire(self, owners: Mapping[int, str], users: Sequence[str]) -> None:
        """Slices of devices' next slots, each for somebody's use, or for that of two."""
        luck, retired = self._luck, []
        for _ in range(_SLOTS_EACH):
            for id, owner in self._issue_next(owners):
                wh = slice_of(id).wh
                first = luck.randint(1, wh)
                retired += [self._retire(owner, id, part, luck.choice(users)) for part in (first, wh - first) if part]
        self.park.blocks.mine(retired)

    def _issue_next(self, owners: Mapping[int, str]) -> list[tuple[int, str]]:
        """What each device that has something in stock made in its next slot."""
        market = self.park.market
        issues, whose = [], []
        for device, owner in owners.items():
            if not stock(market, device):
                continue
            start, end = next_slots(market, device, 1)
            wh = market.production.counted_in(device, start)
            issues.append(message(market.clean_energy, "issue", owner, device, start, end, wh))
            whose.append(owner)
        logs = [log for mined in self.park.blocks.mine(issues) for log in mined.logs if log.name == "SliceIssued"]
        return [(int(log.args[2]), owner) for log, owner in zip(logs, whose, strict=True)]

    def pay_out(self, users: Sequence[str]) -> dict[str, int]:
        """Has all of it claimed and paid; what each user gained."""
        vault = self.park.market.vault
        had = free_of(vault, (*users, self._giver))
        for month in self.months:
            opens, closes = self.fund.claims_taken(month)
            self._wait_until(opens)
            claims = [
                self._call("claim", carrier, month, user, ids)
                for (carrier, at, user), ids in self._named.items()
                if at == month
            ]
            # The second time for nothing.
            for mined in self.park.blocks.mine(claims * 2):
                self.matched += sum(log.args[-1] for log in mined.logs if log.name == "UseClaimed")
            self._wait_until(closes)
            for carrier in self._carriers:
                [mined] = self.park.blocks.mine([self._call("pay", carrier, month, 2**32)])
                logs = mined.logs
                self.paid += sum(log.args[-2] for log in logs if log.name == "UsePaid")
                self.back += sum(log.args[-1] for log in logs if log.name == "FundingReturned")
        return {user: free - had[user] for user, free in free_of(vault, had).items()}

    def reckoned(self) -> tuple[int, dict[str, int]]:
        """The same by the engine: Wh that match, and uPT by account."""
        imbalance, gains = self.park.market.imbalance, Counter[str]()
        for carrier, month, user in self._named:
            slices = [slice_of(id) for id in self._named[carrier, month, user]]
            withdrawn = {
                one.since: int(imbalance.delivery_of(_ZONE, carrier, one.since, user).withdrawn) for one in slices
            }
            given = [
                self._told(id, one, user) for id, one in zip(self._named[carrier, month, user], slices, strict=True)
            ]
            self._matchings[carrier].claim(month, user, given, withdrawn)
        matched = 0
        for carrier in self._carriers:
            for month in self.months:
                claims = self._matchings[carrier].claims[month]
                shares = Pot(self._pot, _RATE, 0).shares(list(claims.values()))
                gains.update(dict(zip(claims, shares, strict=True)))
                gains[self._giver] += sum(returned([self._pot], sum(shares)))
                matched += sum(claims.values())
        return matched, dict(gains)

    def _told(self, id: int, its: Slice, user: str) -> Retired:
        return Retired(id, _ZONE, its.carrier, its.since, its.until, self._retired[user, id])

    def _retire(self, owner: str, id: int, wh: int, user: str) -> Message:
        its, clean = slice_of(id), self.park.market.clean_energy
        retirement = (user, its.since, its.until, "own use")
        self._retired[user, id] += wh
        ids = self._named[Carrier(its.carrier), month_at(its.until - 1), user]
        if id not in ids:
            ids.append(id)
        return message(clean, "retire", owner, id, wh, retirement)

    def _call(self, function: str, carrier: Carrier, month: int, *arguments: object) -> Message:
        return message(self.fund, function, self._giver, _ZONE, carrier, month, *arguments)

    def _wait_until(self, time: int) -> None:
        if self.park.blocks.now < time:
            self.park.blocks.mine([], time)

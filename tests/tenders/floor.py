"""What tests ask of tenders on a chain of their own."""

from collections.abc import Mapping
from typing import Any

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from wattbook.contracts.structs import Box, Carrier, Purse
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import purse_account
from wattbook.market.words import Book
from wattbook.tender import boxes
from wattbook.tender.room import sent
from wattbook.trial.blocks import Mined, message
from wattbook.trial.park import SLOT_SECONDS, ZONE
from wattbook.trial.tendering import OWNER, Tendering

STRANGER = known_account("grid").address
BOND = 2_000_000
"""Of 100 kWh."""
WH = 100_000
PRICE = 520
DAY = 86_400


class Floor(Tendering):
    def as_(self, sender: str, function: str, *values: Any, at: int | None = None, contract: Any = None) -> Mined:
        """A call by a member, by name, or by an address, at a time."""
        account = self.account(sender) if sender in self.settling.parties else sender
        [mined] = self.park.blocks.mine([message(contract or self.tenders, function, account, *values)], at)
        return mined

    def decide(self, contract: Any, function: str, *values: Any) -> Mined:
        return self.as_(self.market.authority.address, function, *values, contract=contract)

    def money(self, *names: str) -> dict[str, int]:
        return {name: self.free(name) for name in names} | {"fund": self.fund}

    @property
    def fund(self) -> int:
        return int(self.market.vault.account_of(purse_account(Purse.COMMON_FUND)).free)

    def gained(self, before: Mapping[str, int]) -> dict[str, int]:
        """What is more or less than it was; what is the same is left out."""
        after = self.money(*(name for name in before if name != "fund"))
        return {name: after[name] - before[name] for name in before if after[name] != before[name]}

    def locked(self, contract: Any) -> int:
        return int(self.market.vault.module_of(contract.address).locked)

    def sealed(self, name: str, wh: int = WH, price: int = PRICE) -> tuple[bytes, Box]:
        """A quote's hash and box."""
        box, hashed, _ = boxes.seal(self.room, self.account(name), self.key.public, wh, price)
        return hashed, sent(box)

    def supplied(self, *users: str, wh: int = WH, price: int = PRICE, slots: int = 1, **terms: Any) -> list[int]:
        """A tender of which each user was awarded an even part; the numbers of the supplies."""
        if terms.get("full_escrow"):
            # Users have a day to set the price aside.
            self.settling.slot += 2 * DAY
            start = self.settling.slot
            terms |= {"quote_end": start - DAY - 30, "decide_end": start - DAY}
        self.publish(wh, slots=slots, **terms)
        part = wh // len(users)
        mined = self.award({self.quote(user, part, price): part for user in users})
        return [log.args[0] for log in mined.logs if log.name == "SupplyBegun"]

    def said(self, mined: Mined, name: str) -> list[tuple[Any, ...]]:
        return [log.args for log in mined.logs if log.name == name]

    @property
    def owner(self) -> str:
        return self.account(OWNER)

    @property
    def plant(self) -> int:
        return self.settling.parties[OWNER].plant

    def book_of(self) -> bytes:
        """The name of the slot."""
        return Book(Carrier.ELECTRICITY, ZONE, 1, self.settling.slot).key

    def replaced(self, name: str) -> str:
        """Another account in a member's place, whose key was lost."""
        new = to_checksum_address("0x" + f"{0xABCDEF00 + self.park.blocks.now:040x}")
        self.decide(self.market.membership, "decideRecovery", self.account(name), new)
        return new

    def go_on(self, injected: int, withdrawn: int) -> None:
        """The slot after one that was delivered in."""
        end, meter = self.settling.slot + SLOT_SECONDS, self.settling.parties["ann"].meter
        self.wait(end + 1)
        every = {device: 0 for party in self.settling.parties.values() for device in party.registers}
        root, tree, leaves = self.settling.read(end, every | {self.plant: injected, meter: withdrawn})
        self.settling.meterings.wait_until_final()
        self.settling.meterings.meter(root, tree, leaves)

    def bring(self, name: str, amount: int) -> None:
        """New money for a member."""
        account, issuer = self.account(name), known_account("issuer").address
        receipt, token = keccak(text=f"receipt {self.park.blocks.now}"), self.market.power_token
        self.as_(issuer, "mint", account, amount, receipt, contract=token)
        self.as_(name, "approve", self.market.vault.address, amount, contract=token)
        self.as_(name, "deposit", amount, contract=self.market.vault)

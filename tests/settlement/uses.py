"""What tests ask of a zone in which the use of clean energy is subsidised by the month."""

from collections.abc import Mapping, Sequence
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from tests.assertions import refused
from tests.further import joining
from wattbook.certificates.slices import next_slots
from wattbook.contracts.structs import Direction, ShortSignature, UseClaim, UseRefusal
from wattbook.deployment.local import known_account
from wattbook.eip712 import sign
from wattbook.metering.roots import in_order
from wattbook.months import start_of
from wattbook.trial.blocks import Mined, message
from wattbook.trial.metering import ATTESTERS
from wattbook.trial.park import Park
from wattbook.trial.subsidising import CARRIER, DAY, Subsidising

ZONE = 1
RATE = 50
POT = 100_000_000
EVIDENCE = keccak(text="what was found")
OFFICE = known_account("regulator").address


class Uses(Subsidising):
    """Plants of one member, and meters of others who retire what those make."""

    def __init__(self, park: Park) -> None:
        super().__init__(park)
        self.fund = park.market.use_subsidy
        park.have_traders(1)
        self._people = 0

    def person(self) -> str:
        """One more member."""
        self._people += 1
        self.park.have_traders(self._people + 1)
        return self.park.traders[self._people]

    @property
    def maker(self) -> str:
        """Whose plants are."""
        return self.park.traders[0]

    def meter(self, owner: str) -> int:
        return self.device(owner=owner, direction=Direction.WITHDRAWAL)

    def set(self, rate: int = RATE, gifts: Mapping[str, int] | None = None) -> None:
        self.begin(rate, {self.maker: POT} if gifts is None else gifts, feeders=(0, 0))

    # --------------------------------------------------------------------------------------------------- the month

    def day(self, place: int) -> tuple[int, int]:
        """Start and end of a slot; that of place 0 is the month's first."""
        start = start_of(self.month) + place * DAY
        return start, start + DAY

    def live(self, *days: Mapping[int, int], first: int = 0) -> None:
        """Lets days pass in which devices make or take this much."""
        devices = sorted({device for wh in days for device in wh})
        self.read_at(self.day(first)[0], dict.fromkeys(devices, 0))
        for place, wh in enumerate(days, first):
            self.read_at(self.day(place)[1], dict.fromkeys(devices, 0) | wh)

    def read_at(self, time: int, wh: Mapping[int, int]) -> None:
        if self.park.blocks.now <= time:
            self.park.blocks.mine([], time + 1)
        self.read(time, wh)

    # -------------------------------------------------------------------------------------------------- its slices

    def issue(self, device: int, wh: int) -> int:
        """A slice of the next Wh of a device."""
        clean = self.market.clean_energy
        slots = next_slots(self.market, device, wh)
        owner = self.market.meters.owner_of(device)
        [mined] = self.park.blocks.mine([message(clean, "issue", owner, device, *slots, wh)])
        return int(next(log.args[2] for log in mined.logs if log.name == "SliceIssued"))

    def retire(self, slice: int, wh: int, user: str, holder: str | None = None) -> None:
        clean = self.market.clean_energy
        retirement = (user, 0, 0, "own use")
        self.park.blocks.mine([message(clean, "retire", holder or self.maker, slice, wh, retirement)])

    def used(self, device: int, wh: int, user: str) -> int:
        """A slice of so much, all of it retired for a user."""
        found = self.issue(device, wh)
        self.retire(found, wh, user)
        return found

    # ------------------------------------------------------------------------------------------------- afterwards

    def counts(self, user: str, slices: Sequence[int]) -> list[int | UseRefusal]:
        """Claims at the first moment: Wh of each slice that match, or why none do."""
        opens, _ = self.fund.claims_taken(self.month)
        if self.park.blocks.now < opens:
            self.park.blocks.mine([], opens)
        found: list[int | UseRefusal] = []
        for log, slice in zip(self.does("claim", user, slices).logs, slices, strict=True):
            *_, id, what = log.args
            assert id == slice
            found.append(what if log.name == "UseClaimed" else UseRefusal(what))
        return found

    @property
    def dues(self) -> dict[str, tuple[int, int]]:
        """Wh and uPT of each account in this programme."""
        claims: list[UseClaim] = self.fund.claims_of(ZONE, CARRIER, self.month)
        return {claim.account: (claim.wh, claim.paid) for claim in claims}

    def pay(self, limit: int = 2**32) -> Mined:
        _, closes = self.fund.claims_taken(self.month)
        if self.park.blocks.now < closes:
            self.park.blocks.mine([], closes)
        return self.does("pay", limit)

    def played(self, wh: int, gifts: Mapping[str, int] | None = None) -> str:
        """A new member who used so much and was paid for it."""
        user, plant = self.person(), self.device()
        self.set(gifts=gifts)
        self.live({plant: wh, self.meter(user): wh})
        assert self.counts(user, [self.used(plant, wh, user)]) == [wh]
        self.pay()
        return user

    # ------------------------------------------------------------------------------------------------------- money

    def free(self, account: str) -> int:
        return int(self.market.vault.account_of(account).free)

    @property
    def locked(self) -> int:
        return int(self.market.vault.module_of(self.fund.address).locked)

    # --------------------------------------------------------------------------------------------------- accounts

    def narrow(self, account: str) -> str:
        """A further account of a member, without the right to spend."""
        further, membership = self._fresh(), self.market.membership
        self.park.blocks.mine([message(membership, "addAccount", account, *joining(self.market, account, further))])
        return further.address

    def replace(self, account: str) -> str:
        """Another account takes an account's place."""
        new = self._fresh().address
        membership, authority = self.market.membership, self.market.authority.address
        self.park.blocks.mine([message(membership, "decideRecovery", authority, account, new)])
        return new

    def _fresh(self) -> LocalAccount:
        self._people += 1
        account: LocalAccount = Account.from_key(keccak(text=f"fresh {self._people}"))
        return account

    # ----------------------------------------------------------------------------------------------------- offices

    def correction(self, account: str, wh: int) -> tuple[str, int, bytes, list[ShortSignature]]:
        """What `correct` takes beside the programme, attested."""
        values = {"fund": self.fund.address, "account": account, "zone": ZONE, "carrier": int(CARRIER)}
        values |= {"month": self.month, "wh": wh, "evidence": EVIDENCE}
        keys = [known_account(one) for one in ATTESTERS]
        signed = in_order((key.address, sign(self.market.readings, "UseCorrection", key, values)) for key in keys)
        return account, wh, EVIDENCE, signed

    def correct(self, account: str, wh: int) -> Mined:
        return self.does("correct", *self.correction(account, wh), sender=OFFICE)

    # ---------------------------------------------------------------------------------------------------- refusals

    def fails(self, error: Any, function: str, *arguments: Any, sender: str | None = None, **args: object) -> None:
        """A call about this month is refused with this error."""
        call = self.fund.function(function, ZONE, CARRIER, self.month, *arguments)
        with refused(error, **args):
            self.market.chain.call(call, sender or known_account("grid").address)

    def as_member(self, account: str, contract: Any, function: str, *arguments: Any) -> None:
        self.park.blocks.mine([message(contract, function, account, *arguments)])

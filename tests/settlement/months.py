"""What tests ask of a zone whose clean energy is subsidised by the month."""

from collections.abc import Mapping
from typing import Any

from eth_utils.crypto import keccak

from tests.assertions import refused
from wattbook.contracts.structs import Direction, Hold, ShortSignature
from wattbook.deployment.local import known_account
from wattbook.eip712 import sign
from wattbook.metering.roots import in_order
from wattbook.trial.blocks import message
from wattbook.trial.metering import ATTESTERS
from wattbook.trial.park import Park
from wattbook.trial.subsidising import CARRIER, Subsidising

ZONE = 1
LOSS_BPS = 300
RATE = 50
POT = 100_000_000
EVIDENCE = keccak(text="what was found")
OFFICE = known_account("regulator").address


class Months(Subsidising):
    """Plants of members each of whom has one, a consumer's meter, and the zone's feeder in both directions."""

    def __init__(self, park: Park) -> None:
        super().__init__(park)
        self.plants: dict[str, int] = {}
        self.owners: dict[str, str] = {}
        self._people = 0

    def forget(self) -> None:
        """Begins with new devices: those that were silent for long are not believed."""
        self.plants.clear()
        self.meter = self.device(direction=Direction.WITHDRAWAL)
        self.feeders = (self.device(clean=False), self.device(direction=Direction.WITHDRAWAL, clean=False))

    def person(self) -> str:
        """One more member."""
        self._people += 1
        self.park.have_traders(self._people + 1)
        return self.park.traders[self._people]

    def plant(self, name: str, **description: Any) -> int:
        owner = self.owners[name] = self.person()
        self.plants[name] = self.device(owner=owner, **description)
        return self.plants[name]

    def set(self, rate: int = RATE, gifts: Mapping[str, int] | None = None) -> None:
        """Sets and fills a programme; the feeders and the loss are the zone's."""
        self.begin(
            rate, {self.park.traders[0]: POT} if gifts is None else gifts, feeders=self.feeders, loss_bps=LOSS_BPS
        )

    def make(self, wh: Mapping[str, int], false: Mapping[str, int] | None = None, **changes: Any) -> None:
        """Lets the month pass; what is made arrives at the consumer's meter. Nobody sees what is falsely counted."""
        arriving = sum(wh.values()) * (10_000 - LOSS_BPS) // 10_000
        counted = {self.plants[name]: amount for name, amount in {**wh, **(false or {})}.items()}
        given = {self.meter: arriving} | {feeder: 0 for feeder in self.feeders if feeder}
        self.pass_month(counted | given | changes.pop("more", {}), **changes)

    def play(self, wh: Mapping[str, int], false: Mapping[str, int] | None = None) -> Hold:
        """A month up to where it is paid or held."""
        self.make(wh, false)
        assert self.claim(list(self.plants.values())) == {}
        return self.close()

    # ------------------------------------------------------------------------------------------------------- money

    def free(self, account: str) -> int:
        return int(self.market.vault.account_of(account).free)

    @property
    def locked(self) -> int:
        return int(self.market.vault.module_of(self.fund.address).locked)

    def paid(self) -> dict[str, int]:
        """What each plant has got in this programme, by name."""
        names = {device: name for name, device in self.plants.items()}
        return {names[claim.device]: claim.paid for claim in self.claims}

    # ----------------------------------------------------------------------------------------------------- offices

    def strike(self, name: str, reason: str = "the roof is empty") -> Any:
        return self.does("strike", self.place(name), reason, sender=OFFICE)

    def place(self, name: str) -> int:
        return [claim.device for claim in self.claims].index(self.plants[name])

    def correction(self, name: str, wh: int) -> tuple[int, int, bytes, list[ShortSignature]]:
        """What `correct` takes beside the programme, attested."""
        values = {"fund": self.fund.address, "device": self.plants[name], "month": self.month}
        values |= {"wh": wh, "evidence": EVIDENCE}
        keys = [known_account(one) for one in ATTESTERS]
        signed = in_order((key.address, sign(self.market.readings, "Correction", key, values)) for key in keys)
        return self.place(name), wh, EVIDENCE, signed

    def correct(self, name: str, wh: int) -> int:
        """uPT that the plant owes for it."""
        [log] = self.does("correct", *self.correction(name, wh), sender=OFFICE).logs
        return int(log.args[5])

    # ---------------------------------------------------------------------------------------------------- refusals

    def fails(self, error: Any, function: str, *arguments: Any, sender: str | None = None, **args: object) -> None:
        """A call about this month is refused with this error."""
        call = self.fund.function(function, ZONE, CARRIER, self.month, *arguments)
        with refused(error, **args):
            self.market.chain.call(call, sender or known_account("grid").address)

    def as_member(self, account: str, contract: Any, function: str, *arguments: Any) -> None:
        self.park.blocks.mine([message(contract, function, account, *arguments)])

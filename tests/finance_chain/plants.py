"""A plant on the stand, whose monthly counters are written as if its readings had been used."""

from dataclasses import dataclass, replace
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.devices import QUARTER
from tests.readings.stand import Stand, leaf
from wattbook.contracts.admissions import Admissions
from wattbook.contracts.structs import PlantStatement
from wattbook.deployment.bytecode import storage_slot
from wattbook.deployment.local import known_account
from wattbook.months import month_at, start_of

DAY = 86_400
SERVICER = known_account("grid")


@dataclass(frozen=True)
class Counted:
    """A month as Series has it."""

    wh: int
    measured: int
    substituted: int = 0


def periods_of(month: int) -> int:
    return (start_of(month + 1) - start_of(month)) // QUARTER


class Plant:
    """A certified device of alice's, and what was counted of it."""

    def __init__(self, stand: Stand) -> None:
        self.stand, self.device = stand, stand.device()
        self.admissions: Admissions = stand.market.admissions
        self.counted: dict[int, Counted] = {}

    @property
    def last(self) -> int:
        """The last month that ended twelve days ago."""
        return month_at(self.stand.now - self.admissions.grace()) - 1

    def age(self, months: int) -> None:
        """Waits until so many whole months since its certification are final."""
        first = month_at(self.stand.market.meters.certified_from(self.device)) + 1
        self.wait_until(start_of(first + months) + self.admissions.grace() + 1)

    def wait_until(self, time: int) -> None:
        self.stand.at(time)
        self.stand.request("evm_mine")

    def count(self, month: int, counted: Counted) -> None:
        """Writes a month's counters."""
        word = counted.wh << 152 | counted.measured << 208 | counted.substituted << 232
        outer = keccak(encode(["uint256", "uint256"], [self.device, storage_slot("Readings", "_months")]))
        slot = keccak(encode(["uint256", "bytes32"], [month, outer]))
        self.stand.request(
            "anvil_setStorageAt", self.stand.readings.address, "0x" + slot.hex(), "0x" + word.to_bytes(32).hex()
        )
        self.counted[month] = counted
        assert tuple(self.stand.readings.month_of(self.device, month)) == (*vars(counted).values(),)

    def count_whole(self, months: int, wh: int = 1_000_000) -> None:
        """Writes so many whole months back from the last one."""
        for month in range(self.last - months + 1, self.last + 1):
            self.count(month, Counted(wh, periods_of(month)))

    def wh(self, month: int) -> int:
        return self.counted[month].wh if month in self.counted else 0

    def statement(self, **changes: Any) -> PlantStatement:
        months = range(self.last - 11, self.last + 1)
        usual = PlantStatement(
            device=self.device,
            until=self.last,
            wh=sum(map(self.wh, months)),
            net=3_650_000_000,
            top_bps=1_000,
            data_hash=keccak(text="bills"),
        )
        return usual._replace(**changes)

    def signatures(self, statement: PlantStatement, version: int = 0) -> Any:
        values = {
            "admissions": self.admissions.address,
            "device": statement.device,
            "until": statement.until,
            "version": version,
            "wh": statement.wh,
            "net": statement.net,
            "topBps": statement.top_bps,
            "dataHash": statement.data_hash,
        }
        return self.stand.attested("PlantStatement", values)

    def hand_in(self, statement: PlantStatement | None = None, version: int = 0) -> Any:
        statement = statement or self.statement()
        return self.admissions.hand_in(statement, self.signatures(statement, version), sender=self.stand.alice)

    def rest(self) -> None:
        self.wait_until(self.stand.now + self.admissions.rest())

    def dispute(self, place: int = 0) -> int:
        """Opens a dispute about a reading of now, of which the time is returned."""
        at = (self.stand.now - self.stand.start) // QUARTER - place
        posted = self.stand.post(at, leaf(self.device, 100 - place, 100 - place))
        self.stand.readings.dispute(*posted.named(self.device), sender=self.stand.bob)
        return int(posted.root.time)

    def with_month(self, back: int, **changes: int) -> None:
        """Rewrites the month so many before the last."""
        month = self.last - back
        self.count(month, replace(self.counted[month], **changes))

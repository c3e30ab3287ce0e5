"""Months of a zone whose clean energy is subsidised, metered and paid by the contracts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from wattbook.contracts.reverts import CarrierNotOpen
from wattbook.contracts.structs import Carrier, ClaimRefusal, Direction, Facts, Hold, Programme, Purse, SubsidyClaim
from wattbook.deployment.local import known_account
from wattbook.deployment.plan import purse_account
from wattbook.errors import ChainError
from wattbook.metering.tree import Leaf
from wattbook.months import month_at, start_of
from wattbook.trial.blocks import Message, Mined, message
from wattbook.trial.metering import Meterings
from wattbook.trial.park import Park

_ZONE = 1
CARRIER = Carrier.HEATING
# A month is as many slots as it has days, and one reading can tell of them all.
DAY = 86_400
_HOUR = 3_600
_STORAGE_SLOTS = 32


class Subsidising:
    """Sets and fills a programme for a month to come, lets it pass, and has it claimed and paid."""

    def __init__(self, park: Park) -> None:
        self.park, self.market = park, park.market
        self.fund, self.meterings = park.market.subsidy_fund, Meterings(park)
        self.month = 0
        self._registers: dict[int, int] = {}
        self._readings: dict[int, int] = {}
        self._open()

    def device(self, *, rated_w: int = 10**9, direction: Direction = Direction.INJECTION, **changes: Any) -> int:
        """One more certified device, a clean plant unless said otherwise."""
        described = {"rated_w": rated_w, "direction": direction, "carrier": CARRIER} | changes
        number = self.park.new_device(**described)
        self._registers[number] = self._readings[number] = 0
        return number

    # ------------------------------------------------------------------------------------------------- before a month

    def begin(self, rate: int, gifts: Mapping[str, int], *, feeders: tuple[int, int], loss_bps: int = 0) -> None:
        """Says what a month to come pays that was not set yet, and fills its pot, by account."""
        notice = int(self.market.zones.notice())
        since = (self.park.blocks.now + notice) // DAY * DAY + DAY
        self.month = max(self.month, month_at(since)) + 1
        grid, network = purse_account(Purse.GRID), purse_account(Purse.NETWORK)
        facts = Facts(loss_bps, 0, 0, 300, 600, 0, 0, 0, 0, *feeders, grid, network)
        authority = self.market.authority.address
        steps = [
            message(self.market.zones, "setFacts", authority, _ZONE, CARRIER, since, facts),
            self.says("setProgramme", authority, rate),
            *(self.says("fund", account, amount) for account, amount in gifts.items()),
        ]
        self.park.blocks.mine(steps)

    # ------------------------------------------------------------------------------------------------------ the month

    def pass_month(self, wh: Mapping[int, int], silent: Iterable[int] = ()) -> None:
        """Has devices make or take this much; those that are silent are not read at the end."""
        begins, ends = start_of(self.month), start_of(self.month + 1)
        self.park.blocks.mine([], begins + 1)
        self.read(begins, dict.fromkeys(wh, 0))
        self.park.blocks.mine([], ends + 1)
        self.read(ends, {device: amount for device, amount in wh.items() if device not in set(silent)})

    def read(self, time: int, wh: Mapping[int, int]) -> None:
        """Adds to registers, and has that counted when it is final."""
        leaves = []
        for device in sorted(wh):
            self._registers[device] += wh[device]
            self._readings[device] += 1
            source = keccak(text=f"{device} {time}")
            leaves.append(Leaf(device, self._registers[device], self._readings[device], 0, 0, source, source))
        root, tree, _ = self.meterings.post(time, leaves)
        self.meterings.wait_until_final()
        self.meterings.meter(root, tree, leaves)

    # ----------------------------------------------------------------------------------------------------- afterwards

    def claim(self, devices: Sequence[int]) -> dict[int, ClaimRefusal]:
        """Claims at the first moment; by device why it was refused."""
        opens, _ = self.fund.claims_taken(self.month)
        if self.park.blocks.now < opens:
            self.park.blocks.mine([], opens)
        mined = self.does("claim", devices)
        refused = [log.args for log in mined.logs if log.name == "ClaimRefused"]
        return {device: ClaimRefusal(refusal) for _, _, _, device, refusal in refused}

    def close(self) -> Hold:
        """Ends the claims; why the zone is held."""
        _, closes = self.fund.claims_taken(self.month)
        self.park.blocks.mine([], closes)
        [log] = self.does("close").logs
        return Hold(log.args[-1])

    def pay(self, limit: int = 2**32) -> Mined:
        """Pays when that is possible."""
        payable = self.programme.payable_from
        if self.park.blocks.now < payable:
            self.park.blocks.mine([], payable)
        return self.does("pay", limit)

    def does(self, function: str, *arguments: Any, sender: str | None = None) -> Mined:
        [mined] = self.park.blocks.mine([self.says(function, sender or known_account("grid").address, *arguments)])
        return mined

    def says(self, function: str, sender: str, *arguments: Any) -> Message:
        return message(self.fund, function, sender, _ZONE, CARRIER, self.month, *arguments)

    @property
    def programme(self) -> Programme:
        return self.fund.programme_of(_ZONE, CARRIER, self.month)

    @property
    def claims(self) -> list[SubsidyClaim]:
        return self.fund.claims_of(_ZONE, CARRIER, self.month)

    def mark_claimed(self, device: int) -> None:
        """As if the month had been claimed before, which no other programme can."""
        web3, address = self.market.chain.web3, self.fund.address
        for slot in range(_STORAGE_SLOTS):
            outer = keccak(encode(["uint32", "uint256"], [device, slot]))
            place = keccak(encode(["uint256"], [self.month >> 8]) + outer)
            before = bytes(web3.eth.get_storage_at(web3.to_checksum_address(address), int.from_bytes(place)))
            bits = int.from_bytes(before) | 1 << (self.month & 0xFF)
            self.park.blocks.set_storage(address, place, bits.to_bytes(32))
            if self.fund.is_claimed(device, self.month):
                return
            self.park.blocks.set_storage(address, place, before)
        raise ChainError(f"{address} does not keep what was claimed")

    def _open(self) -> None:
        """The carrier is traded there from the first time on that somebody asks."""
        zones, authority = self.market.zones, self.market.authority.address
        grid = purse_account(Purse.GRID)
        facts = Facts(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, grid, grid)
        try:
            zones.slot_seconds(_ZONE, CARRIER)
        except CarrierNotOpen:
            self.park.blocks.mine([message(zones, "openCarrier", authority, _ZONE, CARRIER, DAY, DAY, facts)])


def paid_on_chain(subsidising: Subsidising, case: dict[str, Any]) -> dict[str, Any]:
    """What the contracts make of a case's month. What the feeder saw beyond the claims another plant has made."""
    claims = {claim["device"]: claim for claim in case["claims"]}
    meter = subsidising.device(direction=Direction.WITHDRAWAL)
    feeders = (subsidising.device(clean=False), subsidising.device(direction=Direction.WITHDRAWAL))
    rest = subsidising.device(clean=False)
    gifts = {subsidising.park.traders[0]: case["budget"]}
    subsidising.begin(case["rateMptPerKwh"], gifts, feeders=feeders)
    seconds = start_of(subsidising.month + 1) - start_of(subsidising.month)
    plants = {
        name: subsidising.device(rated_w=claim["capacityWh"] * _HOUR // seconds) for name, claim in claims.items()
    }
    wh = {plants[name]: claim["wh"] for name, claim in claims.items()}
    silent = {plants[name] for name, claim in claims.items() if not claim["final"]}
    made = sum(amount for device, amount in wh.items() if device not in silent)
    wh |= {rest: max(0, case["feederWh"] - made), meter: case["feederWh"], **dict.fromkeys(feeders, 0)}
    subsidising.pass_month(wh, silent)
    for name, claim in claims.items():
        if claim["alreadyPaid"]:
            subsidising.mark_claimed(plants[name])
    names = {device: name for name, device in plants.items()}
    refused = {names[device]: refusal for device, refusal in subsidising.claim(list(names)).items()}
    hold = subsidising.close()
    if hold is Hold.NONE:
        subsidising.pay()
    paid = {names[claim.device]: claim.paid for claim in subsidising.claims}
    return {
        "held": hold is not Hold.NONE,
        "refused": {name: _spelled(refusal) for name, refusal in refused.items()},
        "pay": paid,
        "spent": subsidising.programme.paid,
    }


def _spelled(refusal: ClaimRefusal) -> str:
    return refusal.name.title().replace("_", "")

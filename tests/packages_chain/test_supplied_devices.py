"""Whatever begins, ends, goes on and is retired in whatever sequence, devices are supplied as a list in Python says."""

from dataclasses import dataclass, field
from random import Random

import pytest

from tests.depth import depth
from tests.packages_chain.stand import Stand
from wattbook.contracts import reverts
from wattbook.contracts.structs import Carrier
from wattbook.months import month_at
from wattbook.trial.blocks import message
from wattbook.trial.subscribing import DAY, start_of

OPEN = 65_535
NOBODY = "0x" + "00" * 20
CARRIERS = (Carrier.ELECTRICITY, Carrier.COOLING)
STEPS = depth(150, 300)
LONGEST_GAP = 96 * DAY


@dataclass
class Supply:
    """For whom a device counts from a second on, until a month begins."""

    number: int
    provider: str
    since: int
    until: int

    @property
    def began(self) -> bool:
        return month_at(self.since) < self.until

    def covers(self, time: int) -> bool:
        return self.since <= time and month_at(time) < self.until


@dataclass
class Device:
    number: int
    owner: str
    carrier: Carrier
    read: int = 0
    retired: int = 0
    supplies: list[Supply] = field(default_factory=list)

    def supplier(self, time: int) -> str:
        found = [one.provider for one in self.supplies if one.covers(time)]
        assert len(found) <= 1, "two at a time"
        return found[0] if found else NOBODY

    def silent_from(self, supply: Supply) -> int:
        return max(self.read, supply.since) + 30 * DAY

    def is_read(self, time: int) -> bool:
        return self.retired == 0 or time < self.retired


class Play:
    """What the packages' contract might say, said in its place to the contract, and to lists."""

    def __init__(self, stand: Stand, luck: Random) -> None:
        self.stand, self.luck = stand, luck
        self.providers = [stand.person() for _ in range(3)]
        self.devices = [self.device(carrier) for carrier in CARRIERS for _ in range(6)]
        # Of no subscription that there is.
        self.number = luck.randint(10**9, 10**11)

    def device(self, carrier: Carrier) -> Device:
        owner, number = self.stand.metered_customer(carrier)
        return Device(number, owner, carrier)

    @property
    def month(self) -> int:
        return self.stand.month()

    def says(self, function: str, *arguments: object) -> None:
        supplied, packages = self.stand.market.supplied_devices, self.stand.packages.address
        self.stand.blocks.mine([message(supplied, function, packages, *arguments)])

    def begin(self, device: Device) -> None:
        while device.supplies and not device.supplies[-1].began:
            device.supplies.pop()
        earliest = device.supplies[-1].until if device.supplies else 0
        first = max(self.month, earliest) + self.luck.randint(0, 12)
        if earliest == OPEN or device.retired:
            return
        until = self.luck.choice([OPEN, first + self.luck.choice([1, 3, 12])])
        self.number += 1
        provider = self.luck.choice(self.providers)
        if device.supplies and self.stand.blocks.now >= device.silent_from(device.supplies[0]):
            arguments = device.number, provider, first, until, self.number
            silent = {"device": device.number, "read": device.read}
            self.refuses(reverts.DeviceSilent, "begin", *arguments, sender=self.stand.packages.address, **silent)
            self.read(device)
            return
        self.says("begin", device.number, provider, first, until, self.number)
        since = max(self.stand.blocks.now, start_of(first))
        device.supplies.append(Supply(self.number, provider, since, until))

    def end(self, device: Device) -> None:
        """As it is cancelled: with this month, or before it began."""
        if not device.supplies:
            return
        supply = self.luck.choice(device.supplies)
        until = max(month_at(supply.since), self.month + 1)
        self.says("end", device.number, supply.number, until)
        supply.until = min(supply.until, until)

    def go_on(self, device: Device) -> None:
        """What is retired does not; nor what is over, or has something after it that began or will."""
        if not device.supplies:
            return
        supply = self.luck.choice(device.supplies)
        until = self.luck.choice([OPEN, max(supply.until, month_at(supply.since) + 3)])
        self.says("goOn", device.number, supply.number, until)
        if device.retired:
            return
        while device.supplies[-1] is not supply and not device.supplies[-1].began:
            device.supplies.pop()
        if device.supplies[-1] is supply and self.month < supply.until:
            supply.until = until

    def retire(self, device: Device) -> None:
        if device.retired or self.luck.random() < 0.7:
            return
        self.stand.as_account(device.owner, self.stand.market.meters, "retire", device.number)
        device.retired = self.stand.blocks.now
        self.end_all(device)
        self.devices.append(self.device(device.carrier))

    def end_silent(self, device: Device) -> None:
        """With this month, and before it began what comes later."""
        now = self.stand.blocks.now
        supply = next((one for one in device.supplies if one.covers(now)), None)
        since = device.silent_from(supply) if supply else 0
        if not supply or now < since:
            self.refuses(reverts.NotSilent, "endSilent", device.number, device=device.number, from_=since)
            return
        self.stand.blocks.mine(
            [message(self.stand.market.supplied_devices, "endSilent", self.providers[0], device.number)]
        )
        self.end_all(device)

    def end_all(self, device: Device) -> None:
        for supply in device.supplies:
            supply.until = min(supply.until, max(month_at(supply.since), self.month + 1))

    def refuses(self, error: type, function: str, *arguments: object, **expected: object) -> None:
        self.stand.fails_at(self.stand.market.supplied_devices, error, function, *arguments, **expected)

    def read(self, device: Device) -> None:
        if device.retired:
            return
        # Of a day there is one root.
        self.stand.pass_until(self.stand.blocks.now + DAY)
        time = self.stand.blocks.now // DAY * DAY
        self.stand.read(time, {device.number: 0})
        if device.read == 0 or time - device.read <= LONGEST_GAP:
            device.read = time
        assert self.stand.market.readings.last_of(device.number)[0] == device.read

    def pass_time(self, _: Device) -> None:
        self.stand.pass_until(self.stand.blocks.now + self.luck.randint(1, 40 * DAY))


@pytest.mark.parametrize("seed", range(depth(1, 6)))
def test_as_the_list(stand: Stand, seed: int):
    luck = Random(f"supplied {seed}")
    play = Play(stand, luck)
    began = stand.blocks.now
    steps = [play.begin] * 5 + [play.end] * 2 + [play.go_on, play.retire, play.read, play.end_silent, play.pass_time]
    for _ in range(STEPS):
        luck.choice(steps)(luck.choice(play.devices))
    every = play.devices
    retired = [device.retired for device in every if device.retired]
    assert retired
    times = [luck.randint(began - 40 * DAY, start_of(play.month + 30)) for _ in range(60)]
    borders = [start_of(month_at(began) + place) for place in range(0, 36, 5)]
    times += [border + second for border in borders for second in (-1, 0)]
    times += [one.since + second for device in every for one in device.supplies[-1:] for second in (-1, 0)]
    times += [time + second for time in retired for second in (-1, 0)]
    supplied = stand.market.supplied_devices
    for time in times:
        device = luck.choice(every)
        assert stand.supplier(device.number, time) == device.supplier(time)
        for provider in play.providers:
            for carrier in CARRIERS:
                expected = [one for one in every if one.carrier == carrier and one.supplier(time) == provider]
                count = sum(one.is_read(time) for one in expected)
                assert supplied.supplied_at(provider, stand.zone, carrier, time) == count
        assert supplied.supplied_at(play.providers[0], stand.zone + 1, CARRIERS[0], time) == 0

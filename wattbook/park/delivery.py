"""What a park's meters say on a clock that is set: signed, brought to real bridges, counted once they posted it."""

import time as machine
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

import httpx
from paho.mqtt.client import Client

from wattbook.bridge.outbox.outbox import Outbox
from wattbook.contracts.structs import Direction
from wattbook.metering.readings import Reading
from wattbook.metering.roots import proven
from wattbook.park.meters import connected, posted, published, record_of
from wattbook.park.people import Register as Listed
from wattbook.park.settings import BRIDGES, ZONE_NUMBER, Folder
from wattbook.park.settler import posted as posted_of
from wattbook.park.supervisor import ParkError
from wattbook.scenario.village import Village
from wattbook.trial.blocks import Message
from wattbook.trial.rounds import Register, Rounds

_USED_AT_ONCE = 50
_PATIENCE, _POLL = 180, 0.02
# While bridges are waited for: less than to where the next book is opened, which is 140 seconds later at the least.
_MOST_PASSING = 90


class Delivery(Rounds):
    """Readings as two bridges take, attest and post them. Each is brought a little before its time has come on the
    chain, by whose clock the bridges go: so both know it when its root is due."""

    ahead = 240

    def __init__(self, village: Village, folder: Folder, listed: Sequence[Listed], stack: ExitStack) -> None:
        super().__init__(village.park)
        self._village, settings = village, folder.settings()
        self._grace = settings.grace
        self._by_broker = {one.number for one in listed if one.mqtt}
        self._broker = stack.enter_context(_broker(settings.ports["broker"])) if settings.broker else None
        self._clients = [
            stack.enter_context(
                httpx.Client(
                    base_url=f"http://127.0.0.1:{settings.ports[name]}",
                    headers={"Authorization": f"Bearer {settings.seed}"},
                    timeout=30,
                    trust_env=False,
                )
            )
            for name in BRIDGES
        ]
        self._outboxes = [Outbox(str(folder.path / f"{name}.db")) for name in BRIDGES]
        for outbox in self._outboxes:
            stack.callback(outbox.close)
        self._described = {one.number: village.market.meters.device_of(one.number).description for one in listed}
        self._last: dict[int, bytes] = {}
        self.times: list[int] = []
        # How many went which way, signed on which curve.
        self.sent: Counter[str] = Counter()

    def read(self, time: int, registers: Iterable[Register], lies: Mapping[int, int], doubter: str) -> list[Message]:
        """Has meters sign what they show, and bridges take it. What they say is never wrong here."""
        read = list(registers)
        if self.times:
            self._until(lambda: self._is_posted(self.times[-1]), "post a root", passing=True)
        records = [(0, one.device, self._signed(one, time)) for one in read]
        by_broker = [one for one in records if one[1] in self._by_broker]
        by_http = [one for one in records if one[1] not in self._by_broker]
        if broker := self._broker:
            self._until(lambda: published(broker, by_broker), "hear of the broker", False)
        if not all(posted(client, by_http) for client in self._clients):
            raise ParkError("a bridge does not take what meters say")
        devices = [one.device for one in read]
        self._until(lambda: all(_has(outbox, time, devices) for outbox in self._outboxes), "take readings", False)
        self.times.append(time)
        self.sent.update({"MQTT": len(by_broker), "HTTP": len(by_http)})
        return []

    def arrive(self) -> None:
        """Waits for the last root, though readings may be missing, and has all counted from what bridges keep."""
        last = self.times[-1]
        self._village.mine([], last + self._grace + 1)
        self._until(lambda: self._is_posted(last), "post a root", passing=True)
        for time in self.times:
            root, tree, leaves = posted_of(self._market, self._outboxes, time)
            for start in range(0, len(leaves), _USED_AT_ONCE):
                self.queue.append((root, [proven(tree, leaf) for leaf in leaves[start : start + _USED_AT_ONCE]]))

    def _signed(self, register: Register, time: int) -> bytes:
        its, device = self._described[register.device], register.device
        register.sequence += 1
        register.read[time] = register.total
        before = self._last.get(device, bytes(32))
        direction = Direction(its.direction)
        reading = Reading(device, its.carrier, direction, time, register.shows, register.sequence, 0, before)
        digest = reading.digest(self._market.chain.chain_id, self._market.readings.address)
        self._last[device] = digest
        key = self._village.park.meter_keys[device]
        self.sent[key.public.curve.name] += 1
        return record_of(self._market, reading, key.sign(digest))

    def _is_posted(self, time: int) -> bool:
        return self._market.readings.posted_at(ZONE_NUMBER, time, 0) != 0

    def _until(self, is_done: Callable[[], bool], what: str, passing: bool) -> None:
        """Waits for the bridges. With `passing` the chain's clock goes on meanwhile, as fast as the machine's: what
        they send comes into blocks, and what they tried in vain is tried again."""
        began, since = machine.monotonic(), self._village.blocks.now
        while not is_done():
            waited = int(machine.monotonic() - began)
            if waited > _PATIENCE:
                raise ParkError(f"the bridges do not {what}")
            if passing:
                self._village.mine([], since + min(waited, _MOST_PASSING))
            machine.sleep(_POLL)


def _has(outbox: Outbox, time: int, devices: Sequence[int]) -> bool:
    found = outbox.readings.at_or_before(devices, time)
    return all(device in found and found[device].time == time for device in devices)


@contextmanager
def _broker(port: int) -> Iterator[Client]:
    client = connected(port)
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()

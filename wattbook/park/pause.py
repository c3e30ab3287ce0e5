"""Bridges a pause that is longer than readings may be apart: attesters vouch for registers that stood still."""

import time

from wattbook.connection import Market
from wattbook.contracts.structs import Exchange
from wattbook.deployment.local import known_account
from wattbook.eip712 import sign
from wattbook.metering.roots import in_order
from wattbook.park.chain import Call, Relay, call
from wattbook.park.meters import MetersFile
from wattbook.park.people import relay_account
from wattbook.park.settings import BRIDGES, SLOT_SECONDS, Folder
from wattbook.park.supervisor import ParkError

# As many slots as readings may be apart, and some for those that are still to come.
_BRIDGED_BY_ITSELF = 80
_GAS = 400_000
_AT_ONCE = 100
_WITHIN = 60
_POLL = 0.2


def bridge(market: Market, folder: Folder, since: int) -> None:
    """What `Readings.exchange` asks for, where the next reading comes too long after the last one."""
    file = MetersFile(folder.meters)
    if since - file.read_until <= _BRIDGED_BY_ITSELF * SLOT_SECONDS or not file.read_until:
        return
    relay = Relay(market, relay_account("settler"))
    now = market.chain.now
    calls = [_exchange(market, number, one.wh, now) for number, one in file.counters().items()]
    deadline = time.monotonic() + _WITHIN
    for start in range(0, len(calls), _AT_ONCE):
        relay.send(calls[start : start + _AT_ONCE])
        while relay.under_way:
            if not all(one.succeeded for one in relay.follow()) or time.monotonic() > deadline:
                raise ParkError("the pause cannot be bridged: the chain does not take what attesters signed of it")
            time.sleep(_POLL)


def _exchange(market: Market, device: int, register: int, now: int) -> Call:
    stood = Exchange(device, now, register, register, bytes(31) + b"\1")
    attesters = [known_account(f"attester{place}") for place in range(1, len(BRIDGES) + 1)]
    signed = in_order((one.address, sign(market.readings, "Exchange", one, stood._asdict())) for one in attesters)
    return call(f"exchange {device}", market.readings, "exchange", _GAS, stood, signed)

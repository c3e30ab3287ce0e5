"""Whose a record is: which device of the market a meter's register is, and what the market knows of that."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Event

from eth_utils.address import to_checksum_address
from structlog import get_logger

from wattbook.bridge.config import MeterSettings
from wattbook.connection import Market
from wattbook.contracts import reverts
from wattbook.contracts.revert import ContractRevert
from wattbook.contracts.structs import Carrier, Curve, DeviceStatus, Direction, Key
from wattbook.errors import ChainError
from wattbook.metering.keys import MeterAddress, MeterKeyError, Signer, key_of_bytes

REGISTERS = {Direction.WITHDRAWAL: "1.8.0", Direction.INJECTION: "2.8.0"}
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Registered:
    """A device, and what its records look like.

    - device: its number on the chain
    - meter, register: what its records call it
    - source: where they come from; None for any source
    - key: what it signs with; None when it has none that can be used
    - rated_w: the most that it can do
    - modulus: where its register starts anew, 0 when it never does
    - period: seconds of its zone's grid
    """

    device: int
    meter: str
    register: str
    source: str | None
    key: Signer | None
    rated_w: int
    modulus: int
    period: int
    status: DeviceStatus
    zone: int
    carrier: Carrier
    direction: Direction


class Directory:
    """All devices that the bridge takes readings of. Replaced as a whole, so that threads may look at any time."""

    def __init__(self, devices: Iterable[Registered] = ()) -> None:
        self._by_device: dict[int, Registered] = {}
        self._by_meter: dict[str, tuple[Registered, ...]] = {}
        self.replace(devices)

    def replace(self, devices: Iterable[Registered]) -> None:
        by_device = {one.device: one for one in devices}
        by_meter: dict[str, list[Registered]] = defaultdict(list)
        for one in by_device.values():
            by_meter[one.meter].append(one)
        self._by_meter = {meter: tuple(found) for meter, found in by_meter.items()}
        self._by_device = by_device

    def devices(self) -> Sequence[Registered]:
        return list(self._by_device.values())

    def device(self, number: int) -> Registered | None:
        return self._by_device.get(number)

    def of_meter(self, meter: str) -> tuple[Registered, ...]:
        """The devices that a meter's registers are, whatever source they belong to."""
        return self._by_meter.get(meter, ())


class OnChain:
    """What the chain knows of the meters in the bridge's file."""

    def __init__(self, market: Market, meters: Sequence[MeterSettings]) -> None:
        self._market = market
        self._meters = meters

    def devices(self) -> list[Registered]:
        """All of them as they are now; those that the chain does not know are left out."""
        periods: dict[tuple[int, Carrier], int] = {}
        found = []
        for meter in self._meters:
            try:
                device = self._market.meters.device_of(meter.device)
            except reverts.UnknownDevice:
                _log.warning("device unknown", device=meter.device)
                continue
            its = device.description
            place = its.zone, its.carrier
            if place not in periods:
                periods[place] = self._market.zones.reading_period(*place)
            found.append(
                Registered(
                    device=meter.device,
                    meter=meter.meter,
                    register=meter.register or REGISTERS[its.direction],
                    source=meter.source,
                    key=meter.key or _signer(device.key),
                    rated_w=its.rated_w,
                    modulus=its.modulus,
                    period=periods[place],
                    status=device.status,
                    zone=its.zone,
                    carrier=its.carrier,
                    direction=its.direction,
                )
            )
        return found


def keep_fresh(directory: Directory, chain: OnChain, stop: Event, every: int = 300) -> None:
    """Looks for changes on the chain now and then; while the node is gone, what was known goes on to count."""
    while not stop.wait(every):
        try:
            directory.replace(chain.devices())
        except (ChainError, ContractRevert) as error:
            _log.warning("devices not refreshed", error=str(error))


def _signer(key: Key) -> Signer | None:
    if key.curve == Curve.SECP256K1:
        return MeterAddress(str(to_checksum_address(key.x[-20:])))
    try:
        return key_of_bytes(key.x + key.y)
    except MeterKeyError:
        return None

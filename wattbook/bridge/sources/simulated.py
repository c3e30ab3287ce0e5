"""Meters that are none: each with a key of its own, half on secp256k1 and half on P-256, that sign our own format."""

import json
import random
import time
from collections.abc import Iterator
from threading import Event

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from eth_account import Account
from eth_utils.crypto import keccak

from wattbook.bridge.sources.settings import SimulatedSettings
from wattbook.bridge.sources.source import Arrival, Source, Take
from wattbook.bridge.verify.directory import Registered
from wattbook.contracts.structs import Carrier, DeviceStatus, Direction
from wattbook.metering.keys import Curve, MeterAddress, MeterKey, Signer, low_s
from wattbook.metering.readings import Reading

RATED_W = 10_000
# Wh in each hour of a day, of a house with a full share of everything: little at night, much in the evening.
_DAY = (250, 200, 180, 180, 200, 350, 700, 900, 700, 500, 450, 500, 650, 550, 450, 450, 600, 1_000, 1_400, 1_500)
_WH = (*_DAY, 1_300, 1_000, 600, 350)
_PER_DAY = sum(_WH)
# What secrets of P-256 are below.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_HOUR = 3_600
_BATCH = 500


class SimulatedMeter:
    """A meter whose register follows from the time alone."""

    def __init__(self, seed: int, device: int) -> None:
        self.device = device
        secret = keccak(text=f"wattbook simulated meter {seed} {device}")
        self._percent = random.Random(f"{seed} {device}").randrange(20, 150)
        self._account = Account.from_key(secret) if device % 2 else None
        self._private = ec.derive_private_key(int.from_bytes(secret) % _ORDER, ec.SECP256R1())
        self._last = bytes(32)

    @property
    def key(self) -> Signer:
        """What a chain knows of it."""
        if self._account:
            return MeterAddress(self._account.address)
        numbers = self._private.public_key().public_numbers()
        return MeterKey(Curve.SECP256R1, numbers.x, numbers.y)

    def register_at(self, moment: int) -> int:
        """Wh that it has taken since 1970, at a time."""
        days, seconds = divmod(moment, 24 * _HOUR)
        hour, rest = divmod(seconds, _HOUR)
        wh = days * _PER_DAY + sum(_WH[:hour]) + _WH[hour] * rest // _HOUR
        return wh * self._percent // 100

    def reading(self, moment: int, sequence: int, chain_id: int, contract: str) -> bytes:
        """Its record at a time."""
        reading = Reading(
            device=self.device,
            carrier=Carrier.ELECTRICITY,
            direction=Direction.WITHDRAWAL,
            time=moment,
            register=self.register_at(moment),
            sequence=sequence,
            quality=0,
            previous=self._last,
        )
        digest = reading.digest(chain_id, contract)
        fields = {
            "meter": self.device,
            "carrier": reading.carrier,
            "direction": reading.direction,
            "t": moment,
            "register": reading.register,
            "seq": sequence,
            "quality": 0,
            "prevHash": f"0x{reading.previous.hex()}",
            "chainId": chain_id,
            "contract": contract,
            "signature": f"0x{self._sign(digest).hex()}",
        }
        self._last = digest
        return json.dumps(fields).encode()

    def registered(self) -> Registered:
        """It as the chain would have it, where there is none."""
        return Registered(
            device=self.device,
            meter=str(self.device),
            register="1.8.0",
            source=None,
            key=self.key,
            rated_w=RATED_W,
            modulus=0,
            period=900,
            status=DeviceStatus.CERTIFIED,
            zone=1,
            carrier=Carrier.ELECTRICITY,
            direction=Direction.WITHDRAWAL,
        )

    def _sign(self, digest: bytes) -> bytes:
        if self._account:
            return bytes(self._account.unsafe_sign_hash(digest).signature)
        signature = self._private.sign(digest, ec.ECDSA(Prehashed(SHA256()), deterministic_signing=True))
        r, s = low_s(Curve.SECP256R1, signature)
        return r.to_bytes(32) + s.to_bytes(32)


def meters_of(settings: SimulatedSettings) -> list[SimulatedMeter]:
    return [SimulatedMeter(settings.seed, settings.first_device + number) for number in range(settings.count)]


class Simulated(Source):
    """All its meters read at each full period; the sequence number counts the periods since 1970."""

    def __init__(self, settings: SimulatedSettings, chain_id: int, contract: str) -> None:
        super().__init__(settings.name)
        self._period = settings.period
        self._market = chain_id, contract
        self.meters = meters_of(settings)

    def records(self, moment: int) -> Iterator[bytes]:
        """What all meters say at a time on their grid."""
        sequence = moment // self._period
        for meter in self.meters:
            yield meter.reading(moment, sequence, *self._market)

    def run(self, take: Take, stop: Event) -> None:
        while not stop.is_set():
            moment = int(time.time()) // self._period * self._period
            arrivals = [Arrival(self.name, record, int(time.time())) for record in self.records(moment)]
            for start in range(0, len(arrivals), _BATCH):
                if self.insist(take, arrivals[start : start + _BATCH], stop) is None:
                    return
            while time.time() < moment + self._period and not stop.wait(0.2):
                pass

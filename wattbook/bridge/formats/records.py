"""What a meter's record says, and what becomes of it when it is checked."""

from dataclasses import dataclass, replace
from enum import StrEnum

from eth_utils.crypto import keccak

from wattbook.errors import WattbookError
from wattbook.metering.keys import Curve, Signer

OWN_KEY = "the key is the record's own; whether it is the meter's, only a registry can tell"
NO_KEY = "there is no key to check it with; give the meter's with --key"
NOT_SIGNED = "the signature is not of this key over these bytes"
_SHOWN = 40


class RecordError(WattbookError):
    """A record is not what its format asks for, or says what cannot be."""


class Trust(StrEnum):
    """What stands behind a reading. It tells the kind of proof that a format has, not how good the meter is.

    - A: the device signed it, and anyone can check
    - B: the device is known to us alone, by a shared secret or its connection
    - C: a checksum, against accidents and nothing else
    - D: imported, on the word of whoever imports
    """

    A = "A"
    B = "B"
    C = "C"
    D = "D"


@dataclass(frozen=True)
class Sample:
    """What a register stood at.

    - meter: the identification that the record has, or nothing
    - register: its OBIS code: 1.8.0 counts what was taken from the zone, 2.8.0 what was given to it
    - time: Unix seconds; None when neither the record nor its receipt tells
    - wh: whole Wh, rounded down
    - sequence: the record's number, in formats that have one
    - series: which of its meter's numberings that is (OCMF has two, T and F)
    - synchronised: False when the record says that its clock was not
    """

    meter: str
    register: str
    time: int | None
    wh: int
    sequence: int | None = None
    synchronised: bool = True
    series: str = ""


@dataclass(frozen=True)
class Verdict:
    """What became of one record.

    - format: None when it is of none that is known
    - valid: it is what its meter made, and its readings can be
    - reason: why it is not, or nothing
    - trust: what its format can prove
    - raw: its bytes, exactly
    - signature: whether the signature is right; None when there is none, or it was not checked
    - key: what the signature was checked with
    - note: what else one should know
    """

    format: str | None
    valid: bool
    reason: str
    trust: Trust | None
    raw: bytes
    readings: tuple[Sample, ...] = ()
    signature: bool | None = None
    key: Signer | None = None
    note: str = ""

    @property
    def curve(self) -> Curve | None:
        return self.key.curve if self.key else None

    @property
    def id(self) -> bytes:
        """Names these bytes. Not the reading: the same one can be signed in many ways."""
        return keccak(self.raw)

    def noting(self, note: str) -> "Verdict":
        """The same, with one more note."""
        return replace(self, note="; ".join(filter(None, (self.note, note))))


def refused(format: str | None, trust: Trust | None, raw: bytes, reason: object) -> Verdict:
    """The verdict on a record that cannot even be read."""
    return Verdict(format, False, str(reason), trust, raw)


def shown(value: object) -> str:
    """A value from outside, short enough for a reason."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."

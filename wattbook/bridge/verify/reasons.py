"""Why something is not taken: short codes that can be counted and asked for."""

from enum import StrEnum

from wattbook.bridge.formats.records import Verdict
from wattbook.bridge.outbox.readings import CONFLICT as _CONFLICT
from wattbook.errors import WattbookError


class Reason(StrEnum):
    """Closed: metrics and queries may rely on it."""

    # What it is.
    UNKNOWN_FORMAT = "unknown-format"
    MALFORMED = "malformed"
    TRUNCATED = "truncated"
    TOO_LARGE = "too-large"
    DOCUMENT_TYPE = "document-type"
    CHECKSUM = "checksum"
    NO_ENERGY = "no-energy"
    METER_ERROR = "meter-error"
    # Whose it is.
    UNKNOWN_METER = "unknown-meter"
    UNKNOWN_REGISTER = "unknown-register"
    OTHER_SOURCE = "other-source"
    OTHER_METER = "other-meter"
    NOT_CERTIFIED = "not-certified"
    NO_KEY = "no-key"
    FORGED = "forged"
    FOREIGN_KEY = "foreign-key"
    FOREIGN_MARKET = "foreign-market"
    # Whether it can be.
    IMPOSSIBLE_TIME = "impossible-time"
    CLOCK_AHEAD = "clock-ahead"
    TOO_OLD = "too-old"
    LATE = "late"
    BACKWARD = "backward"
    TOO_MUCH = "too-much"
    REPLAYED = "replayed"
    CONFLICT = _CONFLICT
    FLOOD = "flood"
    # Our own fault: a record made the program stumble.
    FAULT = "fault"


class Unfit(WattbookError):
    """A record, or a reading, is not taken."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


# Formats say in a sentence what is wrong; the first of these that is in it tells what kind of wrong that is.
_PHRASES = (
    ("document type", Reason.DOCUMENT_TYPE),
    ("are not read", Reason.TOO_LARGE),
    ("is not read", Reason.TOO_LARGE),
    ("is longer than", Reason.TOO_LARGE),
    ("nested more than", Reason.TOO_LARGE),
    ("ends before", Reason.TRUNCATED),
    ("checksum is", Reason.CHECKSUM),
    ("lost its checksum", Reason.CHECKSUM),
    ("goes backward", Reason.BACKWARD),
    ("its time is", Reason.IMPOSSIBLE_TIME),
    ("the meter reports", Reason.METER_ERROR),
    ("the meter's status", Reason.METER_ERROR),
)


def reason_of(verdict: Verdict) -> Reason:
    """Why a verdict is not valid."""
    if verdict.signature is False:
        return Reason.FORGED
    for phrase, reason in _PHRASES:
        if phrase in verdict.reason:
            return reason
    return Reason.MALFORMED if verdict.format else Reason.UNKNOWN_FORMAT

"""The message by which an account signs in, as EIP-4361 writes it, to the letter."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from eth_utils.address import is_checksum_address

from wattbook.errors import WattbookError

_LONGEST = 4_096
_WANTS = " wants you to sign in with your Ethereum account:"
_PCT = "%[0-9A-Fa-f]{2}"
_PCHAR = rf"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|{_PCT})"
_HOST = rf"(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|{_PCT})+)"
_AUTHORITY = rf"{_HOST}(?::[0-9]+)?"
_URI = (
    rf"[A-Za-z][A-Za-z0-9+\-.]*:(?://{_AUTHORITY}(?:/{_PCHAR}*)*|/?(?:{_PCHAR}+(?:/{_PCHAR}*)*)?)"
    rf"(?:\?(?:{_PCHAR}|[/?])*)?(?:#(?:{_PCHAR}|[/?])*)?"
)
_TIME = r"(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?([Zz]|[+\-]\d{2}:\d{2})"
# Reserved and unreserved characters of RFC 3986, and the space.
_STATEMENT = r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;= ]+"

_MESSAGE = re.compile(
    rf"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+\-.]*)://)?(?P<domain>{_AUTHORITY}){re.escape(_WANTS)}\n"
    r"(?P<address>0x[0-9A-Fa-f]{40})\n"
    r"\n"
    rf"(?:(?P<statement>{_STATEMENT})\n)?"
    r"\n"
    rf"URI: (?P<uri>{_URI})\n"
    r"Version: (?P<version>1)\n"
    r"Chain ID: (?P<chain>0|[1-9][0-9]{0,77})\n"
    r"Nonce: (?P<nonce>[A-Za-z0-9]{8,64})\n"
    r"Issued At: (?P<issued>[^\n]{20,40})"
    r"(?:\nExpiration Time: (?P<expires>[^\n]{20,40}))?"
    r"(?:\nNot Before: (?P<begins>[^\n]{20,40}))?"
    rf"(?:\nRequest ID: (?P<request>{_PCHAR}*))?"
    rf"(?:\nResources:(?P<resources>(?:\n- {_URI})*))?",
    re.ASCII,
)
_TIME_FORM = re.compile(_TIME, re.ASCII)


class MessageError(WattbookError):
    """A message is none by which one can sign in."""


@dataclass(frozen=True, slots=True)
class SignInMessage:
    """What a message says. Times are Unix seconds; `begins` is the first second in which it holds, `expires` the first
    in which it does not any more."""

    scheme: str | None
    domain: str
    address: str
    statement: str | None
    uri: str
    chain_id: int
    nonce: str
    issued: int
    expires: int | None
    begins: int | None


def parse_message(text: str) -> SignInMessage:
    """Reads a message; whatever is not exactly of the form is refused."""
    found = _MESSAGE.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise MessageError("the message is not of the form that EIP-4361 gives")
    part = found.groupdict()
    if not is_checksum_address(part["address"]):
        raise MessageError(f"{part['address']} is not written as EIP-55 asks for; its letters do not fit")
    return SignInMessage(
        scheme=part["scheme"],
        domain=part["domain"],
        address=part["address"],
        statement=part["statement"],
        uri=part["uri"],
        chain_id=int(part["chain"]),
        nonce=part["nonce"],
        issued=_time(part["issued"]),
        expires=None if part["expires"] is None else _time(part["expires"]),
        begins=None if part["begins"] is None else _time(part["begins"]),
    )


def _time(text: str) -> int:
    """A time as RFC 3339 writes it; a part of a second is left out."""
    found = _TIME_FORM.fullmatch(text)
    if found is None:
        raise MessageError(f"{text!r} is no time as RFC 3339 writes it")
    *numbers, zone = found.groups()
    try:
        return int(datetime(*map(int, numbers), tzinfo=_zone(zone)).timestamp())  # type: ignore[misc,arg-type]
    except (ValueError, OverflowError):
        raise MessageError(f"there is no time {text!r}") from None


def _zone(text: str) -> timezone:
    if text in "Zz":
        return UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 23 or minutes > 59:
        raise ValueError(text)
    distance = timedelta(hours=hours, minutes=minutes)
    return timezone(-distance if text[0] == "-" else distance)

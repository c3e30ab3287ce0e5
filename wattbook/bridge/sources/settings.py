"""What each kind of source has to be told, in the table `[[sources]]` of the bridge's file."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wattbook.strict_toml import Table

_PORT = (1, 65_535)
_NAME = re.compile("[a-z0-9-]{1,32}")
_LONGEST_PERIOD = 86_400
_PLACE = "+"
_FRAMINGS = ("8N1", "7E1")


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, as files."""

    chain: Path
    key: Path


@dataclass(frozen=True)
class ClientTls:
    """Whose certificates count, and which is our own, if any."""

    ca: Path
    own: Certificate | None


@dataclass(frozen=True)
class MqttSettings:
    """A broker, and the topics on it; `+` in them is the meter."""

    name: str
    host: str
    port: int
    topic: str
    client_id: str
    username: str | None
    password_environment: str | None
    tls: ClientTls | None
    authenticated: bool


@dataclass(frozen=True)
class P1TcpSettings:
    """A P1 port behind TCP, of which a telegram every so many seconds is taken."""

    name: str
    host: str
    port: int
    every: int


@dataclass(frozen=True)
class P1SerialSettings:
    """A P1 port at a serial line."""

    name: str
    device: str
    baud: int
    framing: str
    every: int


@dataclass(frozen=True)
class InboxSettings:
    """A folder into which files are put."""

    name: str
    folder: Path


@dataclass(frozen=True)
class HttpSettings:
    """Records by HTTP, from whoever has the token."""

    name: str
    token_environment: str


@dataclass(frozen=True)
class SunSpecSettings:
    """A device that speaks SunSpec over Modbus TCP."""

    name: str
    host: str
    port: int
    unit: int
    period: int


@dataclass(frozen=True)
class ChargePoint:
    """A charging station by the name in its URL, and the variable with its password."""

    id: str
    password_environment: str


@dataclass(frozen=True)
class OcppSettings:
    """Where charging stations connect to."""

    name: str
    host: str
    port: int
    tls: Certificate | None
    charge_points: tuple[ChargePoint, ...]


@dataclass(frozen=True)
class SimulatedSettings:
    """Meters that are none; they are the devices `first_device` and the next."""

    name: str
    first_device: int
    count: int
    period: int
    seed: int


SourceSettings = (
    MqttSettings
    | P1TcpSettings
    | P1SerialSettings
    | InboxSettings
    | HttpSettings
    | SunSpecSettings
    | OcppSettings
    | SimulatedSettings
)


def read_source(table: Table) -> SourceSettings:
    """A source's settings."""
    name = table.text("name")
    if not _NAME.fullmatch(name):
        raise table.error(f"name is {name!r}; it is small letters, digits and hyphens, at most 32")
    kind = table.text("kind", one_of=tuple(_KINDS))
    settings = _KINDS[kind](name, table)
    table.done()
    return settings


def _mqtt(name: str, table: Table) -> MqttSettings:
    for field in ("password", "token"):
        table.refuse(field, "does not stand in the file; name a variable with password_environment")
    tls = _client_tls(table.table("tls")) if table.has("tls") else None
    topic = table.text("topic")
    levels = topic.split("/")
    if levels.count(_PLACE) != 1 or any("#" in level or (_PLACE in level and level != _PLACE) for level in levels):
        raise table.error(f"topic is {topic!r}; it needs one level + for the meter, and no #")
    # Without this word a reading that nobody signed is worth no more than one over any other line.
    authenticated = table.has("trust") and table.text("trust", one_of=("B", "C")) == "B"
    username = table.text("username") if table.has("username") else None
    password = table.variable("password_environment") if table.has("password_environment") else None
    if (username is None) != (password is None):
        raise table.error("username and password_environment stand together")
    if authenticated and (tls is None or (username is None and tls.own is None)):
        raise table.error("trust B needs tls, and a password or a certificate by which the broker tells clients apart")
    return MqttSettings(
        name=name,
        host=table.text("host"),
        port=table.number("port", *_PORT) if table.has("port") else 8883 if tls else 1883,
        topic=topic,
        client_id=table.text("client_id"),
        username=username,
        password_environment=password,
        tls=tls,
        authenticated=authenticated,
    )


def _p1(name: str, table: Table) -> P1TcpSettings | P1SerialSettings:
    every = table.number("every", 0, _LONGEST_PERIOD) if table.has("every") else 10
    if table.has("device"):
        return P1SerialSettings(
            name=name,
            device=table.text("device"),
            baud=table.number("baud", 300, 1_000_000) if table.has("baud") else 115_200,
            framing=table.text("framing", one_of=_FRAMINGS) if table.has("framing") else _FRAMINGS[0],
            every=every,
        )
    if not table.has("host"):
        raise table.error("a P1 port is behind a host and port, or at a device")
    return P1TcpSettings(name, table.text("host"), table.number("port", *_PORT), every)


def _inbox(name: str, table: Table) -> InboxSettings:
    return InboxSettings(name, table.path("folder"))


def _http(name: str, table: Table) -> HttpSettings:
    table.refuse("token", "does not stand in the file; name a variable with token_environment")
    return HttpSettings(name, table.variable("token_environment"))


def _sunspec(name: str, table: Table) -> SunSpecSettings:
    return SunSpecSettings(
        name=name,
        host=table.text("host"),
        port=table.number("port", *_PORT) if table.has("port") else 502,
        unit=table.number("unit", 0, 247) if table.has("unit") else 1,
        period=table.number("period", 1, _LONGEST_PERIOD) if table.has("period") else 60,
    )


def _ocpp(name: str, table: Table) -> OcppSettings:
    points = []
    for point in table.tables("charge_points"):
        point.refuse("password", "does not stand in the file; name a variable with password_environment")
        points.append(ChargePoint(point.text("id"), point.variable("password_environment")))
        point.done()
    if not points:
        raise table.error("charge_points is missing: at least one is let in")
    if len({point.id for point in points}) < len(points):
        raise table.error("two charge_points have the same id")
    tls = _server_tls(table.table("tls")) if table.has("tls") else None
    host = table.text("host") if table.has("host") else "127.0.0.1"
    return OcppSettings(name, host, table.number("port", *_PORT), tls, tuple(points))


def _simulated(name: str, table: Table) -> SimulatedSettings:
    return SimulatedSettings(
        name=name,
        first_device=table.number("first_device", 1, 2**21 - 1),
        count=table.number("count", 1, 100_000),
        period=table.number("period", 1, _LONGEST_PERIOD),
        seed=table.number("seed", 0, 2**63 - 1),
    )


def _client_tls(table: Table) -> ClientTls:
    ca = table.path("ca")
    own = _certificate(table) if table.has("certificate") or table.has("key") else None
    table.done()
    return ClientTls(ca, own)


def _server_tls(table: Table) -> Certificate:
    own = _certificate(table)
    table.done()
    return own


def _certificate(table: Table) -> Certificate:
    return Certificate(table.path("certificate"), table.path("key"))


_KINDS: dict[str, Callable[[str, Table], SourceSettings]] = {
    "mqtt": _mqtt,
    "p1": _p1,
    "inbox": _inbox,
    "http": _http,
    "sunspec": _sunspec,
    "ocpp": _ocpp,
    "simulated": _simulated,
}

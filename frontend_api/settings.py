"""What the API and the pages need to know: one TOML file, flags over it, and no secret in it (docs/api.md).

database = "index.db"                       # or postgresql://user@host/name and password_environment
rpc = "http://127.0.0.1:8545"
deployment = "deployments/1337.json"        # when it is not where deployments are looked for
secret = "api.secret"                       # is made when it is not there

[http]
host = "127.0.0.1"
port = 8080
origin = "https://market.example"           # what people see in the browser; sign-ins are bound to it
allow_origins = ["https://partner.example"] # whose pages may ask, without cookies
proxies = ["127.0.0.1"]                     # whose X-Forwarded-For is believed

[limits]
requests_per_second = 20                    # of one client, over time; 0 for no limit
burst = 100
streams = 12000
streams_of_one = 100                        # of one client at a time; 0 for no limit
body_bytes = 65536

[bridge]                                    # to ask for readings' values; the key is the operator's
url = "https://bridge.example"
environment = "OPERATOR_KEY"                # or keystore = "operator.json"

[relay]                                     # sends what members signed; the key needs no role
environment = "RELAY_KEY"                   # or keystore = "relay.json"

[webhooks]
plain_http = false                          # whether also http:// is called
private_networks = false                    # whether addresses inside the own network are

[pages]
time_zone = "Europe/Madrid"                 # by which clock they show times; UTC if it is not said
"""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from wattbook.errors import SettingsError
from wattbook.strict_toml import Table

_ORIGIN = re.compile(r"(https?)://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?")
_RPC = re.compile(r"(https?|wss?)://[^\s@]+")
_URL = re.compile(r"https?://[^\s@]+")
_SECRET_BYTES = 32
_MOST = 10**6
_LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")


@dataclass(frozen=True)
class Limits:
    """How much is taken and given. A client may ask `burst` times at once, and over time `requests_per_second`."""

    requests_per_second: int = 20
    burst: int = 100
    streams: int = 12_000
    streams_of_one: int = 100
    body_bytes: int = 65_536


@dataclass(frozen=True)
class KeyPlace:
    """Where a key is: in a keystore or in a variable, one of the two."""

    keystore: Path | None
    environment: str | None


@dataclass(frozen=True)
class BridgeAccess:
    """The operator's bridge, and the key by which it is asked."""

    url: str
    key: KeyPlace


@dataclass(frozen=True)
class WebhookPolicy:
    """Which addresses may be called; by itself only https:// outside the own network."""

    plain_http: bool = False
    private_networks: bool = False


@dataclass(frozen=True)
class Settings:
    """All of it. `database` is a file or a PostgreSQL URL without a password."""

    database: str = "index.db"
    password_environment: str | None = None
    rpc: str = "http://127.0.0.1:8545"
    deployment: Path | None = None
    secret_file: Path = Path("api.secret")
    host: str = "127.0.0.1"
    port: int = 8080
    origin: str = "http://127.0.0.1:8080"
    allow_origins: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    bridge: BridgeAccess | None = None
    relay: KeyPlace | None = None
    webhooks: WebhookPolicy = field(default_factory=WebhookPolicy)
    time_zone: str = "UTC"

    @property
    def secure(self) -> bool:
        """Whether browsers come by https, so that cookies go only there."""
        return self.origin.startswith("https://")

    @property
    def domain(self) -> str:
        """Host and port as a browser shows them: what a sign-in is bound to."""
        return self.origin.split("://", 1)[1]

    def where(self, environment: Mapping[str, str]) -> str:
        """What a Database is opened with."""
        if self.password_environment is None:
            return self.database
        password = environment.get(self.password_environment, "")
        if not password:
            raise SettingsError(f"the environment variable {self.password_environment} is not set")
        return make_url(self.database).set(password=password).render_as_string(hide_password=False)

    def secret(self) -> bytes:
        """By which cursors and cookies are signed; the file is made, for nobody else to read, when there is none."""
        try:
            found = self.secret_file.read_bytes()
        except FileNotFoundError:
            found = _new_secret(self.secret_file)
        except OSError as error:
            raise SettingsError(f"{self.secret_file} cannot be read: {error.strerror}") from None
        if len(found.strip()) < _SECRET_BYTES:
            raise SettingsError(f"{self.secret_file} holds no secret of at least {_SECRET_BYTES} bytes; delete it")
        return found.strip()


def read_settings(path: Path | None, **flags: Any) -> Settings:
    """The settings in a file, or those that hold without one, and over them the flags that are not None."""
    found = _of_table(Table.of_file(path)) if path else Settings()
    given = {name: value for name, value in flags.items() if value is not None}
    listens_elsewhere = not path and given.keys() & {"host", "port"} and "origin" not in given
    found = replace(found, **given)
    if listens_elsewhere:
        found = replace(found, origin=_origin_of(found.host, found.port))
    return found


def _of_table(table: Table) -> Settings:
    usual = Settings()
    database, password = _database(table)
    http = _part(table, "http")
    host = http.text("host") if http.has("host") else usual.host
    port = http.number("port", 0, 65_535) if http.has("port") else usual.port
    origin = _origin(http, http.text("origin")) if http.has("origin") else _origin_of(host, port)
    allowed = http.texts("allow_origins") if http.has("allow_origins") else ()
    proxies = http.texts("proxies") if http.has("proxies") else ()
    http.done()
    found = Settings(
        database=database,
        password_environment=password,
        rpc=_matching(table, "rpc", _RPC, "address of a node") if table.has("rpc") else usual.rpc,
        deployment=table.path("deployment") if table.has("deployment") else None,
        secret_file=table.path("secret") if table.has("secret") else usual.secret_file,
        host=host,
        port=port,
        origin=origin,
        allow_origins=tuple(_origin(http, one) for one in allowed),
        proxies=proxies,
        limits=_limits(_part(table, "limits")),
        bridge=_bridge(table.table("bridge")) if table.has("bridge") else None,
        relay=_relay(table.table("relay")) if table.has("relay") else None,
        webhooks=_webhooks(_part(table, "webhooks")),
        time_zone=_time_zone(_part(table, "pages")),
    )
    table.done()
    return found


def _part(table: Table, name: str) -> Table:
    """A table that may be missing."""
    return table.table(name) if table.has(name) else Table(f"{table.where}: {name}", Path(), {})


def _database(table: Table) -> tuple[str, str | None]:
    if not table.has("database"):
        table.refuse("password_environment", "is for a database at a URL")
        return Settings().database, None
    url = table.text("database")
    password = table.variable("password_environment") if table.has("password_environment") else None
    if "://" not in url:
        if password is not None:
            raise table.error("a file has no password")
        return os.path.join(os.path.dirname(os.path.abspath(table.where)), url), None
    try:
        made = make_url(url)
    except (ArgumentError, ValueError):
        raise table.error("database is no URL of a database") from None
    if not made.drivername.startswith("postgresql"):
        raise table.error("database is neither a file nor at postgresql://...")
    if made.password is not None:
        raise table.error("database has a password in it; name a variable with password_environment instead")
    return url, password


def _limits(table: Table) -> Limits:
    usual = Limits()

    def number(name: str, least: int, default: int) -> int:
        return table.number(name, least, _MOST) if table.has(name) else default

    found = Limits(
        requests_per_second=number("requests_per_second", 0, usual.requests_per_second),
        burst=number("burst", 1, usual.burst),
        streams=number("streams", 0, usual.streams),
        streams_of_one=number("streams_of_one", 0, usual.streams_of_one),
        body_bytes=number("body_bytes", 1_024, usual.body_bytes),
    )
    table.done()
    return found


def _bridge(table: Table) -> BridgeAccess:
    url = _matching(table, "url", _URL, "URL that begins with http:// or https://").rstrip("/")
    return BridgeAccess(url, _relay(table))


def _relay(table: Table) -> KeyPlace:
    why = "does not stand in the file, where backups and eyes find it; name a keystore, or a variable with environment"
    for name in ("key", "private_key"):
        table.refuse(name, why)
    keystore = table.path("keystore") if table.has("keystore") else None
    environment = table.variable("environment") if table.has("environment") else None
    if (keystore is None) == (environment is None):
        raise table.error("the key is in a keystore or in the environment: name one of the two")
    table.done()
    return KeyPlace(keystore, environment)


def _webhooks(table: Table) -> WebhookPolicy:
    found = WebhookPolicy(
        plain_http=table.has("plain_http") and table.flag("plain_http"),
        private_networks=table.has("private_networks") and table.flag("private_networks"),
    )
    table.done()
    return found


def _time_zone(table: Table) -> str:
    found = table.text("time_zone") if table.has("time_zone") else Settings().time_zone
    if found not in available_timezones():
        raise table.error(f"time_zone is {found!r}, no time zone like Europe/Madrid")
    table.done()
    return found


def _matching(table: Table, name: str, pattern: re.Pattern[str], what: str) -> str:
    value = table.text(name)
    if not pattern.fullmatch(value):
        raise table.error(f"{name} is {value!r}, no {what}, with no password in it")
    return value


def _origin(table: Table, value: str) -> str:
    found = _ORIGIN.fullmatch(value)
    if not found:
        raise table.error(f"{value!r} is no origin, like https://market.example, in small letters")
    if found[1] == "http" and found[2] not in _LOOPBACK:
        raise table.error(f"{value} sends what people do in clear; only https:// goes beyond this machine")
    return value


def _origin_of(host: str, port: int) -> str:
    """Without a word on it people are on this machine."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else shown}:{port}"


def _new_secret(path: Path) -> bytes:
    found = secrets.token_hex(_SECRET_BYTES).encode()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(found)
    return found

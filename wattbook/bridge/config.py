"""The bridge's file: one TOML with all that it needs to know, and no secret (docs/metering/bring_your_meter.md)."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from web3 import Web3

from wattbook.bridge.clock import CHAIN, MACHINE
from wattbook.bridge.formats.quantities import obis
from wattbook.bridge.formats.records import RecordError
from wattbook.bridge.sources.settings import SourceSettings, read_source
from wattbook.database.postgres import SCHEMES
from wattbook.errors import SettingsError
from wattbook.metering.keys import Curve, MeterKeyError, Signer, parse_key
from wattbook.strict_toml import Table

_ON_CHAIN = (Curve.SECP256K1, Curve.SECP256R1)
MOST_DEVICES = 2**21 - 1
_DAY = 86_400


@dataclass(frozen=True)
class ChainSettings:
    """The node, the file with the deployment when it is not found by itself, and by which clock the bridge goes."""

    rpc: str
    deployment: Path | None
    clock: str


@dataclass(frozen=True)
class OutboxSettings:
    """A file or a PostgreSQL URL, and the variable with the server's password."""

    url: str
    password_environment: str | None

    def where(self, environment: Mapping[str, str]) -> str:
        """What an Outbox is opened with."""
        if self.password_environment is None:
            return self.url
        password = secret(environment, self.password_environment)
        return make_url(self.url).set(password=password).render_as_string(hide_password=False)


@dataclass(frozen=True)
class AttesterSettings:
    """Where the attester's key is: in a keystore or in a variable, one of the two."""

    keystore: Path | None
    environment: str | None


@dataclass(frozen=True)
class PostingSettings:
    """How long late readings are waited for, and on what terms roots are sent."""

    grace_seconds: int
    confirmations: int
    bump_seconds: int
    max_fee_gwei: int


@dataclass(frozen=True)
class Peer:
    """Another attester's bridge."""

    name: str
    address: str
    url: str


@dataclass(frozen=True)
class HttpServiceSettings:
    """Where the bridge itself is reached."""

    host: str
    port: int


@dataclass(frozen=True)
class MeterSettings:
    """Which register of which meter a device is.

    - device: its number on the chain
    - meter: what its records call it
    - register: OBIS; None when the chain tells by the direction
    - source: where its records come from; None for any source
    - key: only on a curve that the chain does not have
    """

    device: int
    meter: str
    register: str | None
    source: str | None
    key: Signer | None


@dataclass(frozen=True)
class BridgeConfig:
    """All of it."""

    chain: ChainSettings
    outbox: OutboxSettings
    attester: AttesterSettings
    posting: PostingSettings
    peers: tuple[Peer, ...]
    http: HttpServiceSettings
    sources: tuple[SourceSettings, ...]
    meters: tuple[MeterSettings, ...]


def read_config(path: Path) -> BridgeConfig:
    """The settings in a file."""
    table = Table.of_file(path)
    config = BridgeConfig(
        chain=_chain(table.table("chain")),
        outbox=_outbox(table, path),
        attester=_attester(table.table("attester")),
        posting=_posting(table),
        peers=tuple(_peer(peer) for peer in table.tables("peers")),
        http=_http(table.table("http")),
        sources=tuple(read_source(source) for source in table.tables("sources")),
        meters=tuple(_meter(meter) for meter in table.tables("meters")),
    )
    table.done()
    _check_once(table, "sources", "name", [source.name for source in config.sources])
    _check_once(table, "peers", "address", [peer.address for peer in config.peers])
    _check_once(table, "meters", "device", [str(meter.device) for meter in config.meters])
    known = {source.name for source in config.sources}
    for meter in config.meters:
        if meter.source is not None and meter.source not in known:
            raise table.error(f"meters {meter.device}: there is no source {meter.source!r}")
    return config


def secret(environment: Mapping[str, str], name: str) -> str:
    """What a variable holds that a file names."""
    value = environment.get(name, "")
    if not value:
        raise SettingsError(f"the environment variable {name} is not set")
    return value


def _chain(table: Table) -> ChainSettings:
    chain = ChainSettings(
        rpc=_url(table, "rpc"),
        deployment=table.path("deployment") if table.has("deployment") else None,
        clock=table.text("clock", one_of=(MACHINE, CHAIN)) if table.has("clock") else MACHINE,
    )
    table.done()
    return chain


def _outbox(table: Table, path: Path) -> OutboxSettings:
    beside = str(path.resolve().with_suffix(".db"))
    if not table.has("outbox"):
        return OutboxSettings(beside, None)
    outbox = table.table("outbox")
    outbox.refuse("password", "does not stand in the file; name a variable with password_environment")
    if not outbox.has("url"):
        outbox.done()
        return OutboxSettings(beside, None)
    url = outbox.text("url")
    password = outbox.variable("password_environment") if outbox.has("password_environment") else None
    outbox.done()
    if "://" not in url:
        if password is not None:
            raise outbox.error("a file has no password")
        return OutboxSettings(os.path.join(path.resolve().parent, url), None)
    if not url.startswith(SCHEMES):
        raise outbox.error(f"url is neither a file nor at {SCHEMES[0]}...")
    try:
        written = make_url(url).password
    except ArgumentError:
        raise outbox.error("url is no URL of a PostgreSQL database") from None
    if written is not None:
        raise outbox.error("url has a password in it; name a variable with password_environment instead")
    return OutboxSettings(url, password)


def _attester(table: Table) -> AttesterSettings:
    why = "does not stand in the file, where backups and eyes find it; name a keystore, or a variable with environment"
    for name in ("key", "private_key"):
        table.refuse(name, why)
    keystore = table.path("keystore") if table.has("keystore") else None
    environment = table.variable("environment") if table.has("environment") else None
    if (keystore is None) == (environment is None):
        raise table.error("the attester's key is in a keystore or in the environment: name one of the two")
    table.done()
    return AttesterSettings(keystore, environment)


def _posting(table: Table) -> PostingSettings:
    posting = table.table("posting") if table.has("posting") else Table("", Path(), {})

    def number(name: str, default: int, most: int, least: int = 1) -> int:
        return posting.number(name, least, most) if posting.has(name) else default

    found = PostingSettings(
        grace_seconds=number("grace_seconds", 60, _DAY, least=0),
        confirmations=number("confirmations", 12, 10_000),
        bump_seconds=number("bump_seconds", 60, _DAY),
        max_fee_gwei=number("max_fee_gwei", 200, 10**9),
    )
    posting.done()
    return found


def _peer(table: Table) -> Peer:
    peer = Peer(table.text("name"), _address(table), _url(table, "url"))
    table.done()
    return peer


def _http(table: Table) -> HttpServiceSettings:
    host = table.text("host") if table.has("host") else "127.0.0.1"
    found = HttpServiceSettings(host, table.number("port", 1, 65_535))
    table.done()
    return found


def _meter(table: Table) -> MeterSettings:
    device = table.number("device", 1, MOST_DEVICES)
    found = MeterSettings(
        device=device,
        # Our own records name the device by its number.
        meter=table.text("meter") if table.has("meter") else str(device),
        register=_register(table) if table.has("register") else None,
        source=table.text("source") if table.has("source") else None,
        key=_key(table) if table.has("key") else None,
    )
    table.done()
    return found


def _register(table: Table) -> str:
    try:
        return obis(table.text("register"))
    except RecordError as error:
        raise table.error(f"register: {error}") from None


def _key(table: Table) -> Signer:
    try:
        key = parse_key(table.text("key"))
    except MeterKeyError as error:
        raise table.error(str(error)) from None
    if key.curve in _ON_CHAIN:
        raise table.error(f"a key on {key.curve} is registered on the chain, and taken from there")
    return key


def _address(table: Table) -> str:
    value = table.text("address")
    if re.fullmatch("0x[0-9a-fA-F]{40}", value) and int(value, 16):
        checked = Web3.to_checksum_address(value)
        # Capitals are a checksum: who writes them wants typing errors found.
        if value in (checked, value.lower()):
            return checked
    raise table.error(f"address is {value!r}, no address")


def _url(table: Table, name: str) -> str:
    value = table.text(name)
    if not re.fullmatch(r"https?://[^\s@]+", value):
        raise table.error(f"{name} is {value!r}, no URL that begins with http:// or https://, and no password in it")
    return value


def _check_once(table: Table, what: str, field: str, values: list[str]) -> None:
    if double := next((value for value in values if values.count(value) > 1), None):
        raise table.error(f"two {what} have the {field} {double}")

"""A central system for charging stations, OCPP 1.6 and 2.0.1 over websockets, that lets everybody charge.

It is there for the signed meter values: a message that carries some is answered when they are committed, and a station
that gets no answer says it again.
"""

import asyncio
import base64
import binascii
import hmac
import os
import ssl
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import count
from threading import Event
from typing import Any
from urllib.parse import unquote, urlsplit

from ocpp.routing import on  # type: ignore[import-untyped]
from ocpp.v16 import ChargePoint as ChargePoint16  # type: ignore[import-untyped]
from ocpp.v16 import call_result as result16
from ocpp.v201 import ChargePoint as ChargePoint201  # type: ignore[import-untyped]
from ocpp.v201 import call_result as result201
from structlog import get_logger
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from wattbook.bridge.config import secret
from wattbook.bridge.formats import exact_json, ocpp_values
from wattbook.bridge.formats.records import RecordError
from wattbook.bridge.sources.settings import Certificate, OcppSettings
from wattbook.bridge.sources.source import Arrival, Source, Take
from wattbook.errors import SettingsError

_MOST_BYTES = 1 << 20
_HEARTBEAT = 300
_LOOK = 0.2
_ACCEPTED = {"status": "Accepted"}
_VERSIONS = ("ocpp2.0.1", "ocpp1.6")
# Stations tell transactions apart by these, also across our restarts.
_transactions = count(int(time.time()))
_log = get_logger(__name__)


class Ocpp(Source):
    """Stations connect to `ws://host:port/<charge point>`, with their password by HTTP basic authentication."""

    def __init__(self, settings: OcppSettings, environment: Mapping[str, str] = os.environ) -> None:
        super().__init__(settings.name)
        self._settings = settings
        self._passwords = {
            point.id: secret(environment, point.password_environment).encode() for point in settings.charge_points
        }
        self._context = _context(settings.tls) if settings.tls else None

    def run(self, take: Take, stop: Event) -> None:
        asyncio.run(self._serve(take, stop))

    async def _serve(self, take: Take, stop: Event) -> None:
        async def station(connection: ServerConnection) -> None:
            await self._converse(connection, take, stop)

        while not stop.is_set():
            try:
                server = await serve(
                    station,
                    self._settings.host,
                    self._settings.port,
                    ssl=self._context,
                    subprotocols=_VERSIONS,  # type: ignore[arg-type]
                    process_request=self._let_in,
                    max_size=_MOST_BYTES,
                )
            except OSError as error:
                self.trouble = f"{self._settings.host}:{self._settings.port}: {error.strerror}"
                await asyncio.sleep(1)
                continue
            async with server:
                self.trouble = ""
                while not stop.is_set():
                    await asyncio.sleep(_LOOK)

    def _let_in(self, connection: ServerConnection, request: Request) -> Response | None:
        """None for a station that is known, with the right password."""
        name = _name(request.path)
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        try:
            user, _, password = base64.b64decode(given, validate=True).partition(b":")
        except (binascii.Error, ValueError):
            user = password = b""
        expected = self._passwords.get(name)
        if (
            scheme.lower() != "basic"
            or expected is None
            or user != name.encode()
            or not hmac.compare_digest(password, expected)
        ):
            response = connection.respond(HTTPStatus.UNAUTHORIZED, "the password is missing or wrong\n")
            response.headers["WWW-Authenticate"] = 'Basic realm="charge points"'
            return response
        return None

    async def _converse(self, connection: ServerConnection, take: Take, stop: Event) -> None:
        name = _name(connection.request.path) if connection.request else ""
        point = (_Station16 if connection.subprotocol == "ocpp1.6" else _Station201)(name, connection)
        try:
            async for message in connection:
                if not await self._is_taken(message, take, stop):
                    return
                await point.route_message(message)
        except ConnectionClosed:
            pass
        # What a station says that no one thought of ends its own connection only.
        except Exception as error:
            _log.warning("ocpp", source=self.name, station=name, error=f"{type(error).__name__}: {error}")

    async def _is_taken(self, message: str | bytes, take: Take, stop: Event) -> bool:
        """Whether all signed values in a message are committed; False when that cannot be, or it is no message."""
        raw = message.encode() if isinstance(message, str) else message
        try:
            carries = next(ocpp_values.carried(exact_json.loads(raw.decode())), None) is not None
            is_message = True
        except (RecordError, UnicodeDecodeError):
            carries, is_message = True, False
        if carries:
            arrivals = [Arrival(self.name, raw, int(time.time()))]
            if await asyncio.to_thread(self.insist, take, arrivals, stop) is None:
                return False
        return is_message


class _Station16(ChargePoint16):  # type: ignore[misc]
    """What a station of 1.6 is answered."""

    @on("BootNotification")  # type: ignore[untyped-decorator]
    def boot(self, **_: Any) -> Any:
        return result16.BootNotification(current_time=_now(), interval=_HEARTBEAT, status="Accepted")

    @on("Heartbeat")  # type: ignore[untyped-decorator]
    def heartbeat(self, **_: Any) -> Any:
        return result16.Heartbeat(current_time=_now())

    @on("StatusNotification")  # type: ignore[untyped-decorator]
    def status(self, **_: Any) -> Any:
        return result16.StatusNotification()

    @on("Authorize")  # type: ignore[untyped-decorator]
    def authorize(self, **_: Any) -> Any:
        return result16.Authorize(id_tag_info=_ACCEPTED)

    @on("StartTransaction")  # type: ignore[untyped-decorator]
    def begin(self, **_: Any) -> Any:
        return result16.StartTransaction(transaction_id=next(_transactions), id_tag_info=_ACCEPTED)

    @on("StopTransaction")  # type: ignore[untyped-decorator]
    def end(self, **_: Any) -> Any:
        return result16.StopTransaction()

    @on("MeterValues")  # type: ignore[untyped-decorator]
    def values(self, **_: Any) -> Any:
        return result16.MeterValues()

    @on("DataTransfer")  # type: ignore[untyped-decorator]
    def transfer(self, **_: Any) -> Any:
        return result16.DataTransfer(status="UnknownVendorId")


class _Station201(ChargePoint201):  # type: ignore[misc]
    """What a station of 2.0.1 is answered."""

    @on("BootNotification")  # type: ignore[untyped-decorator]
    def boot(self, **_: Any) -> Any:
        return result201.BootNotification(current_time=_now(), interval=_HEARTBEAT, status="Accepted")

    @on("Heartbeat")  # type: ignore[untyped-decorator]
    def heartbeat(self, **_: Any) -> Any:
        return result201.Heartbeat(current_time=_now())

    @on("StatusNotification")  # type: ignore[untyped-decorator]
    def status(self, **_: Any) -> Any:
        return result201.StatusNotification()

    @on("Authorize")  # type: ignore[untyped-decorator]
    def authorize(self, **_: Any) -> Any:
        return result201.Authorize(id_token_info=_ACCEPTED)

    @on("TransactionEvent")  # type: ignore[untyped-decorator]
    def transaction(self, **_: Any) -> Any:
        return result201.TransactionEvent()

    @on("MeterValues")  # type: ignore[untyped-decorator]
    def values(self, **_: Any) -> Any:
        return result201.MeterValues()

    @on("NotifyEvent")  # type: ignore[untyped-decorator]
    def event(self, **_: Any) -> Any:
        return result201.NotifyEvent()

    @on("NotifyReport")  # type: ignore[untyped-decorator]
    def report(self, **_: Any) -> Any:
        return result201.NotifyReport()

    @on("SecurityEventNotification")  # type: ignore[untyped-decorator]
    def security(self, **_: Any) -> Any:
        return result201.SecurityEventNotification()

    @on("DataTransfer")  # type: ignore[untyped-decorator]
    def transfer(self, **_: Any) -> Any:
        return result201.DataTransfer(status="UnknownVendorId")


def _name(path: str) -> str:
    return unquote(urlsplit(path).path.rstrip("/").rpartition("/")[2])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _context(own: Certificate) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(own.chain, own.key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"the certificate {own.chain} cannot be used: {error}") from None
    return context

"""Records from an MQTT broker, each acknowledged to it only when the outbox has committed it."""

import os
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from structlog import get_logger

from wattbook.bridge.config import secret
from wattbook.bridge.sources.settings import ClientTls, MqttSettings
from wattbook.bridge.sources.source import Arrival, Source, Take
from wattbook.errors import SettingsError

# How many messages are taken at once, and how long is waited for more of them.
_BATCH = 500
_GATHER_NS = 50_000_000
# As many as are on their way without being acknowledged; no more are in memory.
_UNACKNOWLEDGED = 1_000
_MOST_BYTES = 1 << 20
_WEEK = 7 * 86_400
_KEEPALIVE = 30
_QOS = 1
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Message:
    """A message of a connection; over another one it comes anew."""

    connection: int
    mid: int
    qos: int
    arrival: Arrival


class Mqtt(Source):
    """A session at a broker that outlives this process: what is published meanwhile waits there."""

    def __init__(self, settings: MqttSettings, environment: Mapping[str, str] = os.environ) -> None:
        super().__init__(settings.name)
        self._settings = settings
        self._place = settings.topic.split("/").index("+")
        self._arrived: SimpleQueue[_Message] = SimpleQueue()
        self._connection = 0
        self._client = self._new_client(environment)
        self.trouble = "not connected yet"

    def run(self, take: Take, stop: Event) -> None:
        # Never so many that a broker which is up is taken for one that is down.
        self._client.reconnect_delay_set(1, 10)
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        session.SessionExpiryInterval = _WEEK
        session.ReceiveMaximum = _UNACKNOWLEDGED
        session.MaximumPacketSize = _MOST_BYTES
        self.trouble = "not connected yet"
        self._client.connect_async(
            self._settings.host, self._settings.port, _KEEPALIVE, clean_start=False, properties=session
        )
        self._client.loop_start()
        try:
            while not stop.is_set():
                if batch := self._next_batch():
                    if self.insist(take, [message.arrival for message in batch], stop) is None:
                        return
                    self._acknowledge(batch)
        finally:
            self._client.disconnect()
            self._client.loop_stop()

    def _next_batch(self) -> list[_Message]:
        try:
            batch = [self._arrived.get(timeout=0.2)]
        except Empty:
            return []
        end = time.monotonic_ns() + _GATHER_NS
        while len(batch) < _BATCH and (left := end - time.monotonic_ns()) > 0:
            try:
                batch.append(self._arrived.get(timeout=left / 10**9))
            except Empty:
                break
        return [message for message in batch if message.connection == self._connection]

    def _acknowledge(self, batch: list[_Message]) -> None:
        for message in batch:
            if message.connection == self._connection:
                self._client.ack(message.mid, message.qos)

    # ------------------------------------------------------------------------------------- called by paho's thread

    def _on_connect(
        self, _: Client, __: Any, flags: ConnectFlags, code: ReasonCode, properties: Properties | None
    ) -> None:
        if code.is_failure:
            self._say(f"the broker refuses the connection: {code}")
            return
        self._connection += 1
        self._client.subscribe(self._settings.topic, _QOS)

    def _on_subscribe(
        self, _: Client, __: Any, mid: int, codes: list[ReasonCode], properties: Properties | None
    ) -> None:
        refused = [code for code in codes if code.is_failure]
        self._say(f"the broker refuses the topic {self._settings.topic}: {refused[0]}" if refused else "")

    def _on_disconnect(
        self, _: Client, __: Any, flags: DisconnectFlags, code: ReasonCode, properties: Properties | None
    ) -> None:
        self._connection += 1
        if not self.trouble:
            self._say(f"the connection to the broker is lost: {code}")

    def _on_connect_fail(self, _: Client, __: Any) -> None:
        self._say(f"no broker answers at {self._settings.host}:{self._settings.port}, or not as TLS asks for")

    def _on_message(self, _: Client, __: Any, message: MQTTMessage) -> None:
        meter = message.topic.split("/")[self._place]
        arrival = Arrival(self.name, bytes(message.payload), int(time.time()), meter, self._settings.authenticated)
        self._arrived.put(_Message(self._connection, message.mid, message.qos, arrival))

    # ----------------------------------------------------------------------------------------------------- the rest

    def _say(self, trouble: str) -> None:
        if trouble != self.trouble:
            _log.info("mqtt", source=self.name, trouble=trouble or "none")
        self.trouble = trouble

    def _new_client(self, environment: Mapping[str, str]) -> Client:
        settings = self._settings
        client = Client(
            CallbackAPIVersion.VERSION2, settings.client_id, protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True
        )
        if settings.username is not None and settings.password_environment is not None:
            client.username_pw_set(settings.username, secret(environment, settings.password_environment))
        if settings.tls is not None:
            client.tls_set_context(_context(settings.tls))
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_connect_fail = self._on_connect_fail
        client.on_message = self._on_message
        return client


def _context(tls: ClientTls) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(tls.ca))
        if tls.own is not None:
            context.load_cert_chain(tls.own.chain, tls.own.key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"the certificates at {tls.ca} cannot be used: {error}") from None
    return context

"""What goes on beside answering: the relay sends, webhooks are called."""

import os
from threading import Event

import structlog
from eth_account.signers.local import LocalAccount
from fastapi import FastAPI

from frontend_api.bridge import BridgeReader
from frontend_api.relay.relay import Relay
from frontend_api.settings import KeyPlace, Settings
from frontend_api.webhooks.caller import Caller
from wattbook.bridge.config import AttesterSettings
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.service import attester
from wattbook.errors import WattbookError

_AGAIN = 10
_log = structlog.get_logger(__name__)


def relay(app: FastAPI, stop: Event) -> None:
    """Sends what members signed, if there is a key for it."""
    settings: Settings = app.state.settings
    if settings.relay is None:
        return
    while not stop.is_set():
        try:
            outbox = Outbox(outbox_of(settings))
            found = Relay(app.state.node, app.state.database, outbox, key_at(settings.relay))
        except WattbookError as error:
            _log.error("relay", error=str(error))
            stop.wait(_AGAIN)
            continue
        app.state.relay = found
        found.run(stop)
        outbox.close()


def webhooks(app: FastAPI, stop: Event) -> None:
    """Brings events to those who asked for them."""
    Caller(app.state.database, app.state.settings.webhooks).run(stop)


def bridge(app: FastAPI, stop: Event) -> None:
    """Lets the operator's bridge be asked, if it is set up."""
    settings: Settings = app.state.settings
    if settings.bridge is None:
        return
    try:
        app.state.bridge = BridgeReader(settings.bridge.url, app.state.node.market, key_at(settings.bridge.key))
    except WattbookError as error:
        _log.error("bridge", error=str(error))


def outbox_of(settings: Settings) -> str:
    """Where the relay's transactions are: beside the index in a server, in a file of its own beside a file."""
    where = settings.where(os.environ)
    return where if "://" in where else f"{where}.relay"


def key_at(place: KeyPlace) -> LocalAccount:
    return attester(AttesterSettings(place.keystore, place.environment), os.environ)

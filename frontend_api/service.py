"""The front end as one process: it follows the chain in a thread, and serves what is indexed."""

import importlib
import resource
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Event, Thread

import structlog
import uvicorn
from fastapi import FastAPI
from sqlalchemy import select, update

from frontend_api.api.app import PARTS, build
from frontend_api.api.node import Node
from frontend_api.database.database import Database, DatabaseError
from frontend_api.database.tables import progress
from frontend_api.index.following import Follower
from frontend_api.settings import Settings
from wattbook.connection import Market
from wattbook.errors import ChainError, DeploymentError, WattbookError

# Seconds until a node that did not answer is asked again, and between two looks at whether all goes on.
_AGAIN, _LOOK = 5, 0.5
# Seconds in which answers under way are finished.
_GRACE = 5
# Connections that wait to be accepted.
_WAITING = 2_048
# Files beside those of streams.
_OTHER_FILES = 1_000
# The follower decodes for long stretches without waiting for anything, and Python lets it have the interpreter for 5 ms
# a time while requests wait; a request needs the interpreter some ten times.
_SWITCH_SECONDS = 0.0005

_log = structlog.get_logger(__name__)

Worker = Callable[[FastAPI, Event], None]


class ServiceError(WattbookError):
    """The front end cannot serve."""


class Service:
    """Listens from the moment it is made; port 0 takes a free one. `run` serves until it is stopped."""

    def __init__(self, settings: Settings, environment: Mapping[str, str], *, follow: bool = True) -> None:
        self._settings = settings
        self._follow = follow
        self._failed: WattbookError | None = None
        self._socket = _listen(settings.host, settings.port)
        try:
            self.port: int = self._socket.getsockname()[1]
            self.database = Database(settings.where(environment))
            self.node = Node(settings.rpc, settings.deployment)
            self.app = build(settings, self.database, self.node)
        except BaseException:
            self._socket.close()
            raise
        self._server = _Server(self.app, settings)

    def run(self, stop: Event) -> None:
        """Goes on until `stop` is set, whatever the node does meanwhile."""
        sys.setswitchinterval(_SWITCH_SECONDS)
        _allow_files(self._settings.limits.streams + _OTHER_FILES)
        threads = [
            Thread(target=_keep_at, args=(work, self.app, stop), name=work.__name__, daemon=True) for work in _workers()
        ]
        if self._follow:
            threads.append(Thread(target=self._follow_chain, args=(stop,), name="follower", daemon=True))
        serving = Thread(target=self._server.run, args=([self._socket],), name="http", daemon=True)
        for thread in (serving, *threads):
            thread.start()
        try:
            while not stop.wait(_LOOK):
                if not serving.is_alive():
                    raise ServiceError("the HTTP server stopped by itself; the log says why")
        finally:
            stop.set()
            self._server.should_exit = True
            serving.join(2 * _GRACE)
            for thread in threads:
                thread.join(_GRACE)
            with suppress(OSError):
                self._socket.close()
            self.database.close()
        if self._failed is not None:
            raise self._failed

    def _follow_chain(self, stop: Event) -> None:
        """The follower goes on by itself whatever happens; only the first word of the node is waited for here."""
        while not stop.is_set():
            try:
                market = self.node.market()
                _require_ours(self.database, market)
                Follower(market, self.database).run(stop)
                continue
            except (ServiceError, DeploymentError) as error:
                self._failed = error
                stop.set()
            except (ChainError, DatabaseError) as error:
                self._note(str(error))
            except Exception as error:
                self._note(f"{type(error).__name__}: {error}")
                _log.exception("follower")
            stop.wait(_AGAIN)

    def _note(self, trouble: str) -> None:
        """Writes down why the index stands still, for /health and the pages."""
        _log.warning("node", trouble=trouble)
        with suppress(DatabaseError), self.database.writing() as connection:
            connection.execute(update(progress).where(progress.c.trouble.is_(None)).values(trouble=trouble))


class _Server(uvicorn.Server):
    """Lets go of streams when it ends, as nothing else would end them."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        self._app = app
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_GRACE,
                proxy_headers=bool(settings.proxies),
                forwarded_allow_ips=list(settings.proxies),
            )
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.streams.close()
        await super().shutdown(sockets)


def _require_ours(database: Database, market: Market) -> None:
    with database.reading() as connection:
        found = connection.execute(select(progress)).first()
    authority = market.deployment.address("Authority").lower()
    if found and (found.genesis, found.market) != (market.chain.genesis, authority):
        raise ServiceError(
            f"{database.name} is the index of another market: of {found.market} on chain {found.chain_id}, and this is"
            f" {authority} on chain {market.chain.chain_id}"
        )


def _keep_at(work: Worker, app: FastAPI, stop: Event) -> None:
    """Does a work until it is done; what nobody expected is written down, and it begins anew."""
    while not stop.is_set():
        try:
            work(app, stop)
            return
        except Exception:
            _log.exception(work.__name__)
            stop.wait(_AGAIN)


def _workers() -> list[Worker]:
    """What the parts do beside answering, each in a thread of its own until the event is set."""
    return [work for name in PARTS for work in getattr(importlib.import_module(name), "WORKERS", ())]


def _listen(host: str, port: int) -> socket.socket:
    """As a socket of TCP by name: only then answers are sent without waiting for more to send with them."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_WAITING)
    except OSError as error:
        listening.close()
        raise ServiceError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
    return listening


def _allow_files(number: int) -> None:
    """Each stream is an open file, of which a process is not given many by itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

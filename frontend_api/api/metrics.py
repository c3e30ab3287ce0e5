"""The front end in numbers, as Prometheus asks for them."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from frontend_api.api.streams import Streams
from frontend_api.database.database import Database, DatabaseError
from frontend_api.database.tables import progress, relayed, webhooks

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
# What no route answered: an unknown address, or one that a gate before the routes refused.
_NO_ROUTE = "none"


class Metrics:
    """Counts requests; all else is read when it is asked for."""

    def __init__(self, database: Database, streams: Streams, clock: Callable[[], float] = time.time) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "wattbook_http_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "wattbook_http_seconds", "How long answers took.", ("route",), registry=self.registry, buckets=_SECONDS
        )
        self.registry.register(_Index(database, streams, clock))

    def text(self) -> bytes:
        return generate_latest(self.registry)

    def count(self, method: str, route: str, status: int, seconds: float | None) -> None:
        self._requests.labels(method, route, str(status)).inc()
        if seconds is not None:
            self._seconds.labels(route).observe(seconds)


class Counting:
    """Tells the metrics of every request; plain ASGI."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status, streamed = time.perf_counter(), 500, False

        async def noting(message: Message) -> None:
            nonlocal status, streamed
            if message["type"] == "http.response.start":
                status = message["status"]
                streamed = (b"content-type", b"text/event-stream") in message["headers"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            seconds = None if streamed else time.perf_counter() - begun
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.count(method, _route_of(scope), status, seconds)


_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def _route_of(scope: Scope) -> str:
    """The route's pattern: a label for each address would never end."""
    return str(getattr(scope.get("route"), "path", _NO_ROUTE))


class _Index(Collector):
    """How far the index is, what streams and queues hold."""

    def __init__(self, database: Database, streams: Streams, clock: Callable[[], float]) -> None:
        self._database = database
        self._streams = streams
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("wattbook_streams", "Open streams.", self._streams.open)
        yield CounterMetricFamily("wattbook_stream_events", "Events sent to streams.", self._streams.sent)
        yield CounterMetricFamily("wattbook_streams_lost", "Streams too slow to be kept.", self._streams.lost)
        try:
            with self._database.reading() as connection:
                found = connection.execute(select(progress)).first()
                queue = connection.execute(select(relayed.c.state, func.count()).group_by(relayed.c.state)).all()
                hooks = connection.execute(
                    select(webhooks.c.stopped, webhooks.c.failures > 0, func.count()).group_by(
                        webhooks.c.stopped, webhooks.c.failures > 0
                    )
                ).all()
        except DatabaseError:
            yield GaugeMetricFamily("wattbook_database_up", "Whether the database answers.", 0)
            return
        yield GaugeMetricFamily("wattbook_database_up", "Whether the database answers.", 1)
        if found:
            yield from self._progress(found)
        waiting = GaugeMetricFamily("wattbook_relayed", "Transactions sent for members.", labels=("state",))
        for state, number in queue:
            waiting.add_metric((state,), number)
        yield waiting
        called = GaugeMetricFamily("wattbook_webhooks", "Webhooks.", labels=("state",))
        sums = {"working": 0, "failing": 0, "stopped": 0}
        for stopped, failing, number in hooks:
            sums["stopped" if stopped else "failing" if failing else "working"] += number
        for state, number in sums.items():
            called.add_metric((state,), number)
        yield called

    def _progress(self, found: Any) -> Iterator[Metric]:
        yield GaugeMetricFamily("wattbook_index_block", "The newest block in the index.", found.indexed)
        if found.head is not None:
            yield GaugeMetricFamily("wattbook_node_block", "The node's newest block, as last heard.", found.head)
            lag = max(0, found.head - found.indexed)
            yield GaugeMetricFamily("wattbook_index_lag_blocks", "Blocks that are not in the index yet.", lag)
        if found.indexed_time is not None:
            lag = max(0, int(self._clock()) - found.indexed_time)
            yield GaugeMetricFamily("wattbook_index_lag_seconds", "Age of the newest block in the index.", lag)
        yield GaugeMetricFamily("wattbook_node_up", "Whether the node answered last.", not found.trouble)
        yield CounterMetricFamily("wattbook_reorganisations", "Reorganisations.", found.reorganisations)
        yield GaugeMetricFamily("wattbook_deepest_reorganisation", "Blocks of the deepest.", found.deepest)

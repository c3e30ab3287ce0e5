"""The bridge in numbers, as Prometheus asks for them."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from wattbook.bridge.attesting.posting import Posting
from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.outbox.records import BatchState
from wattbook.bridge.sender.sender import Alarm, Sender
from wattbook.bridge.sources.source import Source
from wattbook.bridge.verify.counts import Counts


class BridgeMetrics(Collector):
    """Everything is read when it is asked for, so that no figure can be forgotten to be kept."""

    def __init__(
        self,
        counts: Counts,
        outbox: Outbox,
        sources: Sequence[Source],
        posting: Posting,
        sender: Callable[[], Sender | None],
    ) -> None:
        self._counts = counts
        self._outbox = outbox
        self._sources = sources
        self._posting = posting
        self._sender = sender
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def text(self) -> bytes:
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        yield from self._intake()
        yield from self._attesting()
        yield from self._sending()

    def _intake(self) -> Iterator[Metric]:
        taken = CounterMetricFamily("wattbook_readings", "New readings.", labels=("source", "trust"))
        for (source, trust), number in list(self._counts.taken.items()):
            taken.add_metric((source, trust.value), number)
        yield taken
        repeated = CounterMetricFamily("wattbook_readings_repeated", "Readings that were known.", labels=("source",))
        for source, number in list(self._counts.repeated.items()):
            repeated.add_metric((source,), number)
        yield repeated
        refused = CounterMetricFamily("wattbook_refused", "What was not taken.", labels=("source", "reason"))
        for (source, reason), number in list(self._counts.refused.items()):
            refused.add_metric((source, reason.value), number)
        yield refused
        noted = CounterMetricFamily("wattbook_notes", "What was taken and is remarkable.", labels=("source", "note"))
        for (source, note), number in list(self._counts.notes.items()):
            noted.add_metric((source, note), number)
        yield noted
        drift = GaugeMetricFamily(
            "wattbook_clock_drift_seconds", "By how much a device's clock is ahead.", labels=("device",)
        )
        for device, seconds in list(self._counts.drift.items()):
            drift.add_metric((str(device),), seconds)
        yield drift
        up = GaugeMetricFamily("wattbook_source_up", "Whether something can come from a source.", labels=("source",))
        for one in self._sources:
            up.add_metric((one.name,), not (one.trouble or one.held_up))
        yield up

    def _attesting(self) -> Iterator[Metric]:
        signing = GaugeMetricFamily("wattbook_batches", "Batches that are not on the chain yet.", labels=("state",))
        for state in (BatchState.SIGNING, BatchState.QUEUED):
            signing.add_metric((state.value,), len(self._outbox.batches.in_state(state)))
        yield signing
        unreachable = CounterMetricFamily(
            "wattbook_peer_unreachable", "Questions that another attester did not answer.", labels=("peer",)
        )
        for peer, number in list(self._posting.unreachable.items()):
            unreachable.add_metric((peer,), number)
        yield unreachable
        disagrees = CounterMetricFamily(
            "wattbook_disagreements", "What other attesters said against our readings.", labels=("attester",)
        )
        said: Counter[str] = Counter()
        for one in self._outbox.batches.disagreements():
            said[one.attester] += one.times
        for attester, number in said.items():
            disagrees.add_metric((attester,), number)
        yield disagrees

    def _sending(self) -> Iterator[Metric]:
        transactions = GaugeMetricFamily("wattbook_transactions", "Transactions in the outbox.", labels=("state",))
        for state, number in self._outbox.transactions.counts().items():
            transactions.add_metric((state.value,), number)
        yield transactions
        alarm = GaugeMetricFamily("wattbook_sender_alarm", "What an operator has to look at.", labels=("alarm",))
        sender = self._sender()
        for kind in Alarm:
            alarm.add_metric((kind.value,), sender is not None and kind in sender.alarms)
        yield alarm

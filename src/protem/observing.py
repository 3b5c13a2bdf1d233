"""What can be watched of a process: its metrics, and what it writes down of itself while it leads."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Protocol

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy.exc import SQLAlchemyError

from protem.db.store import Store
from protem.db.wakeups import Wakeups
from protem.notifications.metrics import Outbox
from protem.reconciler.heartbeat import COUNT_EVERY, EVERY, Heart
from protem.reconciler.job_log import JobLog
from protem.reconciler.runner import Runner
from protem.reconciler.stock import Stock, gauge
from protem.recording import Proof
from protem.schedule import Schedule

Leading = Callable[[Callable[[], object]], object]


class Collector(Protocol):
    """What prometheus_client asks at each scrape."""

    def collect(self) -> Iterable[Metric]: ...


class Careful:
    """Collects what the database knows, and when it cannot be reached, says so instead of failing."""

    def __init__(self, *collectors: Collector) -> None:
        self._collectors = collectors

    def collect(self) -> Iterator[Metric]:
        reachable = True
        for collector in self._collectors:
            try:
                found = list(collector.collect())
            except SQLAlchemyError:
                reachable = False
                break
            yield from found
        yield gauge("protem_database_reachable", "Whether the database answers this process.", reachable)


class Hearing:
    """Tells whether this process hears at once what others commit."""

    def __init__(self, wakeups: Wakeups) -> None:
        self._wakeups = wakeups

    def collect(self) -> Iterator[Metric]:
        ear = self._wakeups
        yield gauge("protem_wakeups_listening", "Whether wake-ups of others arrive at once.", ear.listening)
        yield CounterMetricFamily("protem_wakeups_heard", "Wake-ups by other processes.", value=ear.heard)
        yield CounterMetricFamily(
            "protem_wakeups_interruptions", "How often the listening broke off.", value=ear.interruptions
        )


def register(metrics: CollectorRegistry, store: Store, *, events_file: Path | None) -> None:
    """Have every scrape tell what the store holds, which any process can."""
    metrics.register(Careful(Stock(store), Proof(store), Outbox(store, events_file)))
    metrics.register(Hearing(store.wakeups))


def begin(schedule: Schedule, runner: Runner, *, while_leading: Leading) -> None:
    """Take a place in the schedule, and listen to what becomes of its jobs."""
    jobs = JobLog(runner.clock, schedule.intervals)
    schedule.on_run(jobs.finished)
    heart = Heart(runner, jobs)
    schedule.every(EVERY, partial(while_leading, heart.beat), name="heartbeat")
    schedule.every(COUNT_EVERY, partial(while_leading, heart.count), name="census")

"""What the reconciler can be watched by; docs/operations.md explains each line."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from protem.broker import locks
from protem.db.models import Assignment, Grant, Lock
from protem.db.store import Store
from protem.domain.lifecycle import LIVE_GRANT_STATES, GrantState
from protem.reconciler.claims import Work

_LAGS = (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600)


class Metrics:
    """Counters and histograms that live in the process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._calls = Counter(
            "protem_aws_calls", "Calls to AWS.", ("operation", "outcome"), registry=registry
        )
        self._seconds = Histogram(
            "protem_aws_call_seconds", "How long calls to AWS took.", ("operation",), registry=registry
        )
        self._lag = Histogram(
            "protem_ending_lag_seconds",
            "From the end of a grant to the moment its first delete call was ready to leave.",
            buckets=_LAGS,
            registry=registry,
        )
        self._failures = Counter(
            "protem_job_failures", "Scheduled jobs that raised.", ("job",), registry=registry
        )

    def called(self, operation: str, outcome: str, seconds: float) -> None:
        """Count one attempt of a call to AWS."""
        self._calls.labels(operation, outcome).inc()
        self._seconds.labels(operation).observe(seconds)

    def claimed(self, work: Work) -> None:
        """Note how late an ending is."""
        if work.late is not None:
            self._lag.observe(max(work.late.total_seconds(), 0.0))

    def failed(self, job: str) -> None:
        """Count a scheduled job that raised."""
        self._failures.labels(job).inc()


class Stock:
    """What the store holds, counted at each scrape: any process that reaches the store can tell."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterator[Metric]:
        with self._store.reading() as session:
            now = self._store.now(session)
            yield _grants(session)
            yield from _overdue(session, now)
            yield from _assignments(session, now)
            yield _locks(session, now)


def _grants(session: Session) -> Metric:
    family = GaugeMetricFamily("protem_grants", "Grants by state.", labels=["state"])
    counts = dict.fromkeys(GrantState, 0)
    for state, count in session.execute(select(Grant.state, func.count()).group_by(Grant.state)):
        counts[state] = count
    for state, count in counts.items():
        family.add_metric([state.value], count)
    return family


def _overdue(session: Session, now: datetime) -> Iterator[Metric]:
    over_at = func.coalesce(Grant.revoked_at, Grant.ends_at, type_=Grant.ends_at.type)
    query = select(func.count(), func.min(over_at)).where(
        Grant.state.in_([*LIVE_GRANT_STATES]), or_(Grant.ends_at <= now, Grant.revoked_at.is_not(None))
    )
    count, oldest = session.execute(query).one()
    age = (now - oldest).total_seconds() if count else 0.0
    yield GaugeMetricFamily("protem_overdue_endings", "Grants that are over and not yet ended.", value=count)
    yield GaugeMetricFamily("protem_oldest_overdue_seconds", "Age of the oldest of them.", value=age)


def _assignments(session: Session, now: datetime) -> Iterator[Metric]:
    for name, help_text, condition in (
        ("protem_due_assignments", "Assignments that want attention now.", Assignment.next_attempt_at <= now),
        ("protem_stuck_assignments", "Assignments whose ending fails.", Assignment.stuck_since.is_not(None)),
        (
            "protem_blocked_assignments",
            "Assignments that AWS cannot remove for a reason outside Protem.",
            Assignment.blocked_reason.is_not(None),
        ),
        (
            "protem_operations_in_progress",
            "Changes that AWS has accepted and not finished.",
            Assignment.operation_kind.is_not(None),
        ),
    ):
        count = session.scalars(select(func.count()).select_from(Assignment).where(condition)).one()
        yield GaugeMetricFamily(name, help_text, value=count)


def _locks(session: Session, now: datetime) -> Metric:
    held = session.scalars(select(func.count()).select_from(Lock).where(locks.holds_at(now))).one()
    return GaugeMetricFamily("protem_locks", "Locks that hold now.", value=held)

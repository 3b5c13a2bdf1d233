"""What the store holds, counted at each scrape along indexes: any process that reaches it can tell."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from protem.broker import backlog, locks
from protem.db.models import CatalogueSync, Heartbeat, Lease, Lock
from protem.db.store import Store
from protem.domain.lifecycle import GrantState
from protem.reconciler import lease
from protem.reconciler.heartbeat import PAUSES

NEVER = float("inf")


class Stock:
    """What is owed, what keeps it from being done, and how the one that leads said it does."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterator[Metric]:
        with self._store.reading() as session:
            now = self._store.now(session)
            beat = session.get(Heartbeat, lease.NAME)
            yield _grants(session, beat)
            yield from _endings(session, now)
            yield from _work(session, now)
            yield _locks(session, now)
            yield from _leader(session, beat, now)
            yield from _jobs(beat, now)
            yield _catalogue(session, now)


def gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=value)


def labelled(name: str, meaning: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _grants(session: Session, beat: Heartbeat | None) -> Metric:
    past: dict[str, int] = (beat.facts if beat else {}).get("past", {})
    live = {state.value: count for state, count in backlog.live(session).items()}
    known = {state.value: (live | past)[state] for state in GrantState if state in live or state in past}
    return labelled(
        "protem_grants", "Grants by state; those that are over, some minutes ago.", "state", known
    )


def _endings(session: Session, now: datetime) -> Iterator[Metric]:
    overdue, oldest = backlog.overdue(session, now=now), backlog.oldest_failing(session)
    yield gauge("protem_overdue_endings", "Grants that are over and not yet ended.", overdue.count)
    yield gauge(
        "protem_oldest_overdue_seconds", "Age of the oldest of them.", overdue.age(now).total_seconds()
    )
    for name, meaning, blocked in (
        ("protem_stuck_assignments", "Assignments whose ending fails.", False),
        (
            "protem_blocked_assignments",
            "Assignments that AWS cannot remove, for a reason of its own.",
            True,
        ),
    ):
        counts = backlog.failing(session, blocked=blocked)
        yield labelled(name, meaning, "cause", {cause.value: count for cause, count in counts.items()})
    yield gauge(
        "protem_oldest_stuck_seconds", "For how long an ending has been failing, at most.", _age(oldest, now)
    )


def _work(session: Session, now: datetime) -> Iterator[Metric]:
    queue = {kind.value: count for kind, count in backlog.queue(session, now=now).items()}
    yield labelled("protem_due_assignments", "Assignments that want attention now.", "kind", queue)
    operations = {act.value: count for act, count in backlog.operations(session).items()}
    meaning = "Changes that AWS has accepted and not finished."
    yield labelled("protem_operations_in_progress", meaning, "kind", operations)
    paused = len(backlog.paused(session, now=now))
    yield gauge("protem_paused_accounts", "Accounts where nothing begins, since endings fail there.", paused)


def _locks(session: Session, now: datetime) -> Metric:
    held = session.scalars(select(func.count()).select_from(Lock).where(locks.holds_at(now))).one()
    return gauge("protem_locks", "Locks that hold now.", held)


def _leader(session: Session, beat: Heartbeat | None, now: datetime) -> Iterator[Metric]:
    row = session.get(Lease, lease.NAME)
    held = row is not None and bool(row.holder) and row.expires_at > now
    own = beat if beat and row and beat.fence == row.fence else None
    yield gauge("protem_lease_held", "Whether some process holds the lease now.", held)
    yield gauge("protem_lease_fence", "Rises with every change of the leader.", row.fence if row else 0)
    elected = _since(own.elected_at if own else None, now)
    yield gauge("protem_lease_age_seconds", "Time since the leader was elected.", elected)
    beaten = _since(beat.beat_at if beat else None, now)
    ticked = _since(beat.ticked_at if beat else None, now)
    yield gauge("protem_heartbeat_age_seconds", "Time since a leader last said how it does.", beaten)
    yield gauge("protem_leader_idle_seconds", "Time since a leader last looked for work.", ticked)
    paused = beat.facts.get("paused", ()) if beat else ()
    reasons = {reason: float(reason in paused) for reason in PAUSES}
    yield labelled("protem_beginnings_paused", "Whether nothing new begins anywhere.", "reason", reasons)


def _jobs(beat: Heartbeat | None, now: datetime) -> Iterator[Metric]:
    jobs: dict[str, Any] = (beat.facts if beat else {}).get("jobs", {})
    ages = {name: _since(_instant(job["succeeded_at"]), now) for name, job in jobs.items()}
    yield labelled("protem_job_age_seconds", "Time since a job last succeeded.", "job", ages)
    intervals = {name: job["interval_seconds"] for name, job in jobs.items()}
    yield labelled("protem_job_interval_seconds", "How often a job runs by itself.", "job", intervals)
    failing = {name: float(job["error"] is not None) for name, job in jobs.items()}
    yield labelled("protem_job_failing", "Whether a job failed when it last ran.", "job", failing)


def _catalogue(session: Session, now: datetime) -> Metric:
    ages = {part.part: _since(part.completed_at, now) for part in session.scalars(select(CatalogueSync))}
    return labelled(
        "protem_catalogue_age_seconds", "Time since a part of AWS was last read whole.", "part", ages
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _since(instant: datetime | None, now: datetime) -> float:
    """Return the seconds since then; for ever if it has never been."""
    return NEVER if instant is None else _age(instant, now)


def _age(instant: datetime | None, now: datetime) -> float:
    return 0.0 if instant is None else max((now - instant).total_seconds(), 0.0)

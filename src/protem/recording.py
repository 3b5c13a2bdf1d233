"""The work behind the record: sealing what was written, and signing how far that has come."""

import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import func, select

from protem.broker.record import checkpoints, retention, sealing
from protem.broker.record.signing import SigningKey
from protem.db.models import Chain, Checkpoint, UnsealedEvent
from protem.db.store import RECORD, Store
from protem.schedule import Schedule

_JOB = "sealing"
_LATEST = timedelta(seconds=1)
"""What other processes commit is sealed so much later, at most."""
_STRAYS = timedelta(minutes=5)
_OUTAGE = timedelta(days=7)
"""For how long nobody may have looked, and what was taken out of the queue is still found."""
_SELDOM = timedelta(hours=1)
_SOON = timedelta(milliseconds=100)
"""Long enough to seal what belongs together at once, and not to be in the way of who wrote it."""

Leading = Callable[[Callable[[], object]], object]


class Recording:
    """The sealer and the signer of one process; ``going_on`` turns false when it is about to stop."""

    def __init__(
        self,
        store: Store,
        *,
        key: SigningKey | None,
        metrics: CollectorRegistry,
        going_on: Callable[[], bool],
    ) -> None:
        self._store = store
        self._key = key
        self._going_on = going_on
        self._written = threading.Event()
        self._gathered_at: datetime | None = None
        self._vanished = Counter(
            "protem_audit_vanished", "Events that were gone before they were sealed.", registry=metrics
        )
        self._unqueued = Counter(
            "protem_audit_unqueued", "Events that had been taken out of the queue.", registry=metrics
        )

    def begin(
        self,
        schedule: Schedule,
        *,
        while_leading: Leading,
        checkpoints_every: timedelta,
        kept_for: timedelta | None,
    ) -> None:
        """Take a place in the schedule; None keeps the record for ever."""
        schedule.every(_LATEST, partial(while_leading, self.seal), name=_JOB)
        schedule.every(_STRAYS, partial(while_leading, self.gather), name="stray_events")
        if self._key is not None:
            schedule.every(checkpoints_every, partial(while_leading, self.sign), name="checkpoints")
        if kept_for is not None:
            job = partial(self.let_go, older_than=kept_for)
            schedule.every(_SELDOM, partial(while_leading, job), name="retention")
        self._store.on_commit(partial(self._heard, schedule))

    def seal(self) -> None:
        """Seal until nothing waits; others write in between."""
        self._written.clear()
        sealed = sealing.LIMIT
        while sealed == sealing.LIMIT and self._going_on():
            with self._store.writing() as session:
                sealed = sealing.seal(session, vanished=self._count)

    def gather(self) -> None:
        """Queue what somebody has taken out of the queue before it was sealed."""
        with self._store.writing() as session:
            now = self._store.now(session)
            since = (self._gathered_at or now - _OUTAGE) - 2 * _STRAYS
            found = sealing.find_strays(session, since=since)
        self._unqueued.inc(found)
        self._gathered_at = now

    def sign(self) -> None:
        """Sign a checkpoint of all that has happened so far, if anything has since the last."""
        if self._key is not None:
            with self._store.writing() as session:
                chain = checkpoints.end(session)
                checkpoints.sign(session, self._key, chain, now=self._store.now(session))

    def let_go(self, *, older_than: timedelta) -> None:
        """Drop what is older, a stretch at a time, and delete what was dropped, by this run or one before."""
        dropped = True
        while dropped and self._going_on():
            self._purge()
            with self._store.writing() as session:
                now = self._store.now(session)
                dropped = retention.drop(session, older_than=older_than, now=now) is not None

    def _purge(self) -> None:
        purged = retention.BATCH
        while purged and self._going_on():
            with self._store.writing() as session:
                purged = retention.purge(session)

    def _heard(self, schedule: Schedule, topics: frozenset[str]) -> None:
        # One commit of many wakes the sealer, so that those who write pay nothing for it.
        if RECORD in topics and not self._written.is_set():
            self._written.set()
            schedule.soon(_JOB, after=_SOON)

    def _count(self, _: uuid.UUID) -> None:
        self._vanished.inc()


class Proof:
    """How far the chain has come, read at each scrape: any process that reaches the store can tell."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterator[Metric]:
        with self._store.reading() as session:
            unsealed = session.scalars(select(func.count()).select_from(UnsealedEvent)).one()
            sequence = session.scalars(select(Chain.sequence)).one()
            newest = select(Checkpoint).order_by(Checkpoint.sequence.desc()).limit(1)
            age = _age(session.scalars(newest).one_or_none(), sequence, self._store.now(session))
        for name, help_text, value in (
            ("protem_audit_unsealed", "Events that wait for their seal.", unsealed),
            ("protem_audit_sealed_sequence", "The last number given.", sequence),
            ("protem_audit_checkpoint_age_seconds", "Age of the last checkpoint, 0 if it covers all.", age),
        ):
            yield GaugeMetricFamily(name, help_text, value=value)


def _age(newest: Checkpoint | None, sequence: int, now: datetime) -> float:
    if newest is None:
        return float("inf") if sequence else 0.0
    return (now - newest.signed_at).total_seconds() if newest.sequence < sequence else 0.0

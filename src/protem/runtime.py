"""The composition root: the one place where the parts of a process are put together."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Self

from prometheus_client import CollectorRegistry
from sqlalchemy import select

from protem import identifying, jobs, observing, retaining
from protem.broker import activation, entitlements
from protem.broker.record.signing import SigningKey
from protem.clock import Clock, SystemClock
from protem.db import exclusive, migrate
from protem.db.models import CatalogueSync
from protem.db.store import ASSIGNMENTS, RULES, Store
from protem.identity_center.aws import Connection, connect, sessions
from protem.identity_center.budget import CallBudget
from protem.jobs import Jobs
from protem.notifying import Notifying
from protem.reconciler import catalogue, standing
from protem.reconciler.keeper import Keeper
from protem.reconciler.lease import Lease
from protem.reconciler.metrics import Metrics
from protem.reconciler.pulse import Pulse
from protem.reconciler.runner import Runner
from protem.reconciler.steps import Guard
from protem.recording import Recording
from protem.schedule import Schedule
from protem.settings import Settings

_THREADS_OF_THE_API = 16

Mount = Callable[[Any], None]
"""Puts something in place of AWS; the sandbox has one."""


@dataclass
class Reconciling:
    """The half of a process that talks to AWS."""

    runner: Runner
    connection: Connection
    budget: CallBudget
    pool: ThreadPoolExecutor
    schedule: Schedule
    notifying: Notifying
    keeper: Keeper
    _catalogued: bool = False

    def start(self) -> None:
        self.schedule.start()
        self.keeper.start()

    def stop(self) -> None:
        """Let calls that are out come home, and hand the lease over."""
        self.budget.close()
        self.schedule.stop()
        self.pool.shutdown(wait=True)
        self.keeper.stop()
        self.notifying.stop()

    def while_leading(self, job: Callable[[], object]) -> bool:
        return self.keeper.while_leading(job)

    def read_catalogue(self, instance_arn: str | None) -> None:
        """Synchronise the catalogue; the first one says where to look for standing access."""
        store, clock = self.runner.store, self.runner.clock
        catalogue.synchronise(
            self.connection.directory,
            store=store,
            clock=clock,
            budget=self.budget,
            instance_arn=instance_arn,
        )
        self.schedule.soon("eligibility")
        if not self._catalogued:
            self._catalogued = True
            self.schedule.soon("standing_access")

    def look_for_standing_access(self) -> None:
        standing.synchronise(
            self.connection.directory,
            self.connection.assignments,
            store=self.runner.store,
            clock=self.runner.clock,
            budget=self.budget,
        )


class Runtime:
    """One process of Protem; ``reconciling`` is None where only the API is served."""

    def __init__(self, settings: Settings, *, clock: Clock, store: Store) -> None:
        self.settings = settings
        self.clock = clock
        self.store = store
        self.admission = identifying.admission(settings)
        self.identity_provider = identifying.provider(settings, clock=clock)
        self.metrics = CollectorRegistry(auto_describe=False)
        observing.register(self.metrics, store, events_file=settings.events_file)
        key_file = settings.audit_key_file
        self.signing_key = SigningKey.load(key_file) if key_file else None
        self.reconciling: Reconciling | None = None
        self._alone: exclusive.Claim | None = None
        self._stopped = threading.Event()

    @classmethod
    def build(
        cls,
        settings: Settings,
        *,
        reconciler: bool = True,
        clock: Clock | None = None,
        mount: Mount | None = None,
    ) -> Self:
        """Return a process that is ready to start.

        Raises ``SchemaOutdatedError`` when `protem migrate` is due, ``InUseError`` when another
        process serves the same SQLite file, ``EntitlementsInvalid`` and ``KeyUnusable`` for unusable files.
        """
        clock = clock or SystemClock()
        url = settings.database_url.get_secret_value()
        store = Store(url, clock=clock, pool_size=_THREADS_OF_THE_API + settings.call_threads)
        runtime = cls(settings, clock=clock, store=store)
        try:
            runtime._prepare()
            if reconciler:
                runtime.reconciling = runtime._reconciling(mount)
        except BaseException:
            runtime.close()
            raise
        return runtime

    def start(self) -> None:
        self.store.wakeups.start()
        if self.reconciling is not None:
            self.reconciling.start()

    def stop(self) -> None:
        """End all work of this process, and give back what it holds."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        try:
            if self.reconciling is not None:
                self.reconciling.stop()
        finally:
            self.close()

    def close(self) -> None:
        """Give back connections and files."""
        self.store.close()
        if self._alone is not None:
            self._alone.release()

    def health(self) -> Mapping[str, object] | None:
        """Return facts about the reconciler and the catalogue; None where no reconciler runs here."""
        if self.reconciling is None:
            return None
        progress = self.reconciling.runner.progress
        with self.store.reading() as session:
            parts = session.scalars(select(CatalogueSync).order_by(CatalogueSync.part)).all()
        return {
            "leading": progress.leading,
            "ticked_at": _iso(progress.ticked_at),
            "synchronised": {
                part.part: {"completed_at": _iso(part.completed_at), "error": part.error} for part in parts
            },
        }

    def _prepare(self) -> None:
        if self.store.is_sqlite:
            self._alone = exclusive.claim(self.store.engine.url)
        migrate.require_current(self.store.engine)
        if self.settings.entitlements_file is not None:
            with self.store.writing() as session:
                entitlements.apply_file(
                    session,
                    self.settings.entitlements_file,
                    strict=self.settings.entitlements_strict,
                    now=self.store.now(session),
                )

    def _reconciling(self, mount: Mount | None) -> Reconciling:
        settings, store, clock = self.settings, self.store, self.clock
        metrics = Metrics(self.metrics)
        budget = CallBudget(clock=clock, rate=settings.call_rate)
        lease = Lease(store=store, clock=clock, duration=settings.lease_duration, exclusive=store.is_sqlite)
        session = sessions.answered_by(mount) if mount else sessions.ambient()
        connection = connect(
            session,
            budget=budget,
            guard=Guard(held=lease.held, clock=clock),
            clock=clock,
            observe=metrics.called,
            pool_size=settings.call_threads + 4,
            allow_sandbox=settings.allow_sandbox,
        )
        pool = ThreadPoolExecutor(settings.call_threads, thread_name_prefix="aws")
        runner = Runner(
            store=store,
            assignments=connection.assignments,
            budget=budget,
            lease=lease,
            dispatch=pool.submit,
            clock=clock,
            watch=settings.watch_interval,
            why_not=activation.why_not,
            threads=settings.call_threads,
        )
        schedule = Schedule(runner.tick, interval=settings.tick_interval, failed=metrics.failed)
        runner.done = schedule.wake
        store.on_commit(partial(_react, schedule))
        store.on_report(metrics.noted)
        self.metrics.register(Pulse(runner, budget))
        notifying = Notifying(store, settings, clock=clock, metrics=self.metrics, going_on=self._going_on)
        keeper = Keeper(lease, elected=schedule.wake)
        store.on_commit(keeper.heard)
        made = Reconciling(runner, connection, budget, pool, schedule, notifying, keeper)
        self._jobs(made)
        return made

    def _jobs(self, made: Reconciling) -> None:
        settings = self.settings
        ours = Jobs(self.store, settings.idempotency_retention, self._going_on)
        wanted: dict[str, tuple[timedelta, Callable[[], object]]] = {
            "catalogue": (
                settings.catalogue_interval,
                partial(made.read_catalogue, settings.identity_center_instance),
            ),
            "standing_access": (settings.standing_access_interval, made.look_for_standing_access),
            "expiry": (jobs.EXPIRY, ours.expire),
            "locks": (jobs.LOCKS, ours.enforce_locks),
            "eligibility": (jobs.ELIGIBILITY, ours.end_lost),
            "housekeeping": (jobs.HOUSEKEEPING, ours.tidy),
        }
        for name, (interval, job) in wanted.items():
            # Standing access is looked for when the first catalogue says where.
            at_once = name != "standing_access"
            made.schedule.every(interval, partial(made.while_leading, job), name=name, at_once=at_once)
        recording = Recording(self.store, key=self.signing_key, metrics=self.metrics, going_on=self._going_on)
        recording.begin(
            made.schedule,
            while_leading=made.while_leading,
            checkpoints_every=settings.checkpoint_interval,
            kept_for=settings.audit_retention,
        )
        made.notifying.begin(made.schedule, while_leading=made.while_leading)
        leading = made.runner.lease.held
        retaining.begin(
            made.schedule,
            self.store,
            settings,
            while_leading=made.while_leading,
            going_on=lambda: self._going_on() and leading(),
        )
        observing.begin(made.schedule, made.runner, while_leading=made.while_leading)

    def _going_on(self) -> bool:
        return not self._stopped.is_set()


def _react(schedule: Schedule, topics: frozenset[str]) -> None:
    """Look at once at what a commit has changed, whichever process made it."""
    if ASSIGNMENTS in topics:
        schedule.wake()
    if RULES in topics:
        schedule.soon("locks")
        schedule.soon("eligibility")


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()

"""The work by which events leave: deliveries to webhooks, the file of events, reminders."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from ipaddress import ip_network
from typing import NamedTuple

from prometheus_client import CollectorRegistry

from protem.broker import deliveries
from protem.clock import Clock
from protem.db.store import OUTBOX, SEALED, Store
from protem.notifications import fanout
from protem.notifications.events_file import Sink
from protem.notifications.metrics import Sent
from protem.notifications.reminding import Reminding
from protem.notifications.sender import Sender
from protem.notifications.transport import Transport
from protem.schedule import Schedule
from protem.settings import Settings

_THREADS = 8
_LEASE_BEYOND_TIMEOUT = timedelta(seconds=30)
_LOOK = timedelta(seconds=1)
"""How often is looked for what other processes have committed, and for what is due again."""
_REMIND = timedelta(seconds=15)
_PURGE = timedelta(minutes=10)
RETENTION = timedelta(days=30)
"""How long the log of a delivery is kept that nothing more is done about."""

Job = Callable[[], object]


class Regular(NamedTuple):
    """A job, how often it runs, and the topics that make it run at once."""

    interval: timedelta
    job: Job
    topics: frozenset[str] = frozenset()


class Notifying:
    """What one process does so that events leave; ``going_on`` turns false when it is about to stop."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        *,
        clock: Clock,
        metrics: CollectorRegistry,
        going_on: Callable[[], bool],
    ) -> None:
        self._store, self._settings, self._going_on = store, settings, going_on
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="webhooks")
        self._transport = Transport(
            timeout=settings.webhook_timeout,
            allowed=tuple(map(ip_network, settings.webhook_networks)),
            threads=_THREADS,
        )
        self._sender = Sender(
            store=store,
            post=self._transport.post,
            dispatch=self._pool.submit,
            clock=clock,
            lease=settings.webhook_timeout + _LEASE_BEYOND_TIMEOUT,
            threads=_THREADS,
            counted=Sent(metrics).counted,
        )
        file = settings.events_file
        self._sink = Sink(store, file.absolute(), clock, going_on) if file else None

    def begin(self, schedule: Schedule, *, while_leading: Callable[[Job], object]) -> None:
        """Take a place in the schedule."""
        jobs = self._jobs()
        for name, (interval, job, _) in jobs.items():
            schedule.every(interval, partial(while_leading, job), name=name)
        self._sender.done = partial(schedule.soon, "deliveries")
        self._store.on_commit(partial(_react, schedule, jobs))

    def stop(self) -> None:
        """Let what is being sent come home."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._transport.close()

    def fan_out(self) -> None:
        """Make deliveries of all that has been sealed; others write in between."""
        with self._store.reading() as session:
            behind = fanout.behind(session)
        for webhook_id in behind:
            looked_at = fanout.BATCH
            while looked_at == fanout.BATCH and self._going_on():
                with self._store.writing() as session:
                    looked_at = fanout.fan_out(
                        session,
                        webhook_id,
                        lifetime=self._settings.delivery_lifetime,
                        now=self._store.now(session),
                    )

    def purge(self) -> None:
        """Forget the log of what was settled long ago, a portion at a time."""
        gone = 1
        while gone and self._going_on():
            with self._store.writing() as session:
                gone = deliveries.purge(session, before=self._store.now(session) - RETENTION)

    def _jobs(self) -> dict[str, Regular]:
        jobs = {
            "fan_out": Regular(_LOOK, self.fan_out, frozenset({SEALED})),
            "deliveries": Regular(_LOOK, self._sender.send_due, frozenset({OUTBOX})),
            "delivery_log": Regular(_PURGE, self.purge),
        }
        if self._settings.reminder_after:
            reminding = Reminding(self._store, self._settings.reminder_after, self._going_on)
            jobs["reminders"] = Regular(_REMIND, reminding.remind)
        if self._sink is not None:
            jobs["events_file"] = Regular(_LOOK, self._sink.write, frozenset({SEALED}))
        return jobs


def _react(schedule: Schedule, jobs: dict[str, Regular], topics: frozenset[str]) -> None:
    for name, regular in jobs.items():
        if not regular.topics.isdisjoint(topics):
            schedule.soon(name)

"""Write down how this process does while it leads, so that others can tell when it no longer does."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from protem import __version__
from protem.broker import backlog
from protem.db.models import Heartbeat
from protem.db.queries.changes import rows_changed
from protem.db.queries.inserts import insert_unless_there
from protem.identity_center.budget import Priority
from protem.reconciler import lease
from protem.reconciler.job_log import JobLog
from protem.reconciler.runner import MOST_CLOCK_OFFSET, Runner

EVERY = timedelta(seconds=2)
CLOCK = "clock"
PAUSES = (CLOCK,)
"""Why nothing new may begin anywhere."""
COUNT_EVERY = timedelta(minutes=10)
"""How often all of history is read, to count the grants that are over."""


class Heart:
    """Beats for as long as this process leads; the beat of a leader that was deposed changes nothing."""

    def __init__(self, runner: Runner, jobs: JobLog) -> None:
        self._runner, self._jobs = runner, jobs
        self._past: dict[str, int] | None = None
        self._fence: int | None = None
        self._elected_at: datetime | None = None
        self._earlier: dict[str, Any] = {}

    def beat(self) -> None:
        """Write one row."""
        store = self._runner.store
        with store.writing() as session:
            self._write(session, store.now(session))

    def count(self) -> None:
        """Count the grants that are over, once for everybody who wants to know."""
        with self._runner.store.reading() as session:
            self._past = {state.value: count for state, count in backlog.past(session).items()}

    def _write(self, session: Session, now: datetime) -> None:
        fence = self._runner.lease.fence
        if fence != self._fence:
            self._begin(session, fence, now)
        values = {
            "holder": self._runner.lease.holder,
            "fence": fence,
            "elected_at": self._elected_at or now,
            "beat_at": now,
            "ticked_at": self._runner.progress.ticked_at,
            "facts": self._facts(now),
        }
        ours = update(Heartbeat).where(Heartbeat.name == lease.NAME, Heartbeat.fence <= fence)
        if not rows_changed(session, ours.values(values)):
            insert_unless_there(session, Heartbeat, {"name": lease.NAME, **values})

    def _begin(self, session: Session, fence: int, now: datetime) -> None:
        """Take over what the leader of before has said of the jobs."""
        found = session.get(Heartbeat, lease.NAME)
        self._earlier = found.facts if found else {}
        self._fence, self._elected_at = fence, now

    def _facts(self, now: datetime) -> dict[str, Any]:
        progress, budget = self._runner.progress, self._runner.budget
        past = self._earlier.get("past") if self._past is None else self._past
        facts = {
            "version": __version__,
            "clock_offset_seconds": progress.clock_offset.total_seconds(),
            "paused": _paused(progress.clock_offset),
            "poisoned": progress.poisoned,
            "unrecorded": progress.unrecorded,
            "budget": {
                "rate": budget.rate,
                "full_rate": budget.full_rate,
                "waiting": {_named(priority): count for priority, count in budget.queue().items()},
            },
            "jobs": self._jobs.facts(now=now, earlier=self._earlier.get("jobs", {})),
        }
        return facts if past is None else facts | {"past": past}


def _paused(offset: timedelta) -> list[str]:
    return [CLOCK] if abs(offset) > MOST_CLOCK_OFFSET else []


def _named(priority: Priority) -> str:
    return priority.name.lower()

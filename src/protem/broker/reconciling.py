"""How the reconciler is doing, told by the database: also while no reconciler lives."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker import backlog
from protem.broker.backlog import Kind, Overdue, Paused
from protem.broker.callers import Caller
from protem.db.models import Act, Assignment, CatalogueSync, Grant, Heartbeat, Lease
from protem.domain.authority import Verb
from protem.domain.causes import Cause

NAME = "reconciler"
"""Of the lease, and of the heartbeat of whoever holds it."""


@dataclass(frozen=True, slots=True)
class Failing:
    """Endings that fail: how many, from what, and the first of them."""

    by_cause: Mapping[Cause, int]
    first: Sequence[Assignment]

    @property
    def count(self) -> int:
        return sum(self.by_cause.values())


@dataclass(frozen=True, slots=True)
class Report:
    """All there is to know at one instant; ``heartbeat`` is as old as it says."""

    now: datetime
    lease: Lease | None
    heartbeat: Heartbeat | None
    queue: Mapping[Kind, int]
    operations: Mapping[Act, int]
    overdue: Overdue
    first_overdue: Sequence[tuple[Grant, Assignment]]
    stuck: Failing
    blocked: Failing
    paused: Sequence[Paused]
    catalogue: Sequence[CatalogueSync]

    @property
    def led(self) -> bool:
        """Whether some process holds the lease now."""
        return self.lease is not None and self.lease.expires_at > self.now and bool(self.lease.holder)


_LATE = timedelta(seconds=30)
"""An ending that is overdue for longer, and a leader that is silent for longer, are complained about."""


def complaints(found: Report) -> list[str]:
    """Say what is wrong, a sentence each; nothing if all is well."""
    return [*_about_leader(found), *_about_endings(found), *_about_jobs(found)]


def _about_leader(found: Report) -> Iterator[str]:
    beat = found.heartbeat
    if not found.led:
        yield "no process reconciles: nothing begins and nothing ends until one does"
    elif beat is None or found.lease is None or beat.fence != found.lease.fence:
        yield "the process that reconciles has not said yet how it is doing"
    elif beat.ticked_at is None or found.now - beat.ticked_at > _LATE:
        since = "never" if beat.ticked_at is None else f"not since {beat.ticked_at:%Y-%m-%d %H:%M:%SZ}"
        yield f"the process that reconciles holds the lease, but has {since} looked for work"
    if beat is not None and "clock" in beat.facts.get("paused", ()):
        yield "nothing new begins, since our clock and AWS's are too far apart"


def _about_endings(found: Report) -> Iterator[str]:
    if found.overdue.age(found.now) > _LATE:
        yield _counted(found.overdue.count, "grant is", "grants are", "over and not yet ended")
    if count := found.stuck.count:
        yield _counted(count, "ending fails, and is", "endings fail, and are", "tried again")
    if count := found.blocked.count:
        yield _counted(count, "ending is", "endings are", "blocked for a reason outside Protem")


def _counted(count: int, one: str, many: str, rest: str) -> str:
    return f"{count} {one if count == 1 else many} {rest}"


def _about_jobs(found: Report) -> Iterator[str]:
    jobs = found.heartbeat.facts.get("jobs", {}) if found.heartbeat else {}
    for name, job in sorted(jobs.items()):
        if job["error"]:
            yield f"the job {name} failed when it last ran: {job['error']}"


def report(session: Session, caller: Caller, *, first: int, now: datetime) -> Report:
    """Return how the reconciler is doing, with the ``first`` of each kind of trouble; changes nothing."""
    caller.require(Verb.RECONCILER_READ)
    return Report(
        now=now,
        lease=session.get(Lease, NAME),
        heartbeat=session.get(Heartbeat, NAME),
        queue=backlog.queue(session, now=now),
        operations=backlog.operations(session),
        overdue=backlog.overdue(session, now=now),
        first_overdue=_overdue(session, first, now),
        stuck=_failing(session, first, blocked=False),
        blocked=_failing(session, first, blocked=True),
        paused=backlog.paused(session, now=now),
        catalogue=session.scalars(select(CatalogueSync).order_by(CatalogueSync.part)).all(),
    )


def _overdue(session: Session, first: int, now: datetime) -> list[tuple[Grant, Assignment]]:
    found = (
        select(Grant, Assignment)
        .join(Assignment, Assignment.id == Grant.assignment_id)
        .where(backlog.is_overdue(now))
        .order_by(backlog.over_at(), Grant.id)
        .limit(first)
    )
    return [(grant, row) for grant, row in session.execute(found)]


def _failing(session: Session, first: int, *, blocked: bool) -> Failing:
    return Failing(
        backlog.failing(session, blocked=blocked),
        backlog.first_failing(session, blocked=blocked, limit=first),
    )

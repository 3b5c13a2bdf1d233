"""How the reconciler is doing."""

import uuid
from collections.abc import Iterator
from typing import Any

from pydantic import Field

from protem.api.schemas.assignments import Assignment
from protem.api.schemas.fields import GrantStateText, Instant, Output
from protem.broker import reconciling
from protem.db import models


class Leader(Output):
    """Who reconciles; what it said of itself is as old as `beat_at`."""

    holder: str
    fence: int = Field(description="Rises with every change of the leader.")
    leading: bool = Field(description="Whether its lease holds now.")
    lease_expires_at: Instant
    elected_at: Instant | None
    beat_at: Instant | None = Field(description="When it last said how it is doing.")
    ticked_at: Instant | None = Field(description="When it last looked for work.")
    version: str | None


class Budget(Output):
    """How many calls a second AWS gets."""

    rate: float
    full_rate: float = Field(description="What it would be if AWS had not throttled.")
    waiting: dict[str, int] = Field(description="How many calls wait for their turn, by priority.")


class Overdue(Output):
    """A grant that is over and not yet ended."""

    grant_id: uuid.UUID
    state: GrantStateText
    over_at: Instant
    assignment: Assignment


class OverdueGrants(Output):
    count: int
    oldest_at: Instant | None = Field(description="When access by the oldest of them was over.")
    oldest_seconds: float
    first: list[Overdue]


class Failing(Output):
    """Endings that fail; each has `advice`."""

    count: int
    by_cause: dict[str, int] = Field(description="How many fail from what; expect further causes.")
    first: list[Assignment]


class PausedAccount(Output):
    """An account in which nothing new begins, since endings fail there."""

    account_id: str
    since: Instant
    endings: int


class Job(Output):
    name: str
    interval_seconds: float
    succeeded_at: Instant | None
    failed_at: Instant | None
    failures: int = Field(description="How often it has failed since the leader started.")
    error: str | None = Field(description="What the last failure was; null once it has succeeded again.")


class Part(Output):
    """A part of what AWS is read for: the catalogue, and standing access."""

    part: str
    completed_at: Instant | None
    error: str | None


class Reconciler(Output):
    as_of: Instant
    healthy: bool = Field(description="Whether somebody leads, looks for work, and no ending is overdue.")
    complaints: list[str] = Field(description="What is wrong, a sentence each.")
    leader: Leader | None
    queue: dict[str, int] = Field(description="Assignments that want attention now, by what for.")
    operations: dict[str, int] = Field(description="Changes that AWS has accepted and not finished.")
    overdue: OverdueGrants
    stuck: Failing
    blocked: Failing = Field(description="Those that AWS cannot bring about for a reason outside Protem.")
    paused: list[str] = Field(
        description="Why nothing new begins anywhere; empty if it does. So far `clock`; expect others."
    )
    paused_accounts: list[PausedAccount]
    clock_offset_seconds: float | None = Field(description="AWS's clock minus ours.")
    budget: Budget | None
    unrecorded: int | None = Field(description="Answers of AWS that could not be written down.")
    poisoned: int | None = Field(description="Rows that were put aside because of an error.")
    jobs: list[Job]
    catalogue: list[Part]


def present(found: reconciling.Report) -> Reconciler:
    """Present a report; what only a leader knows is null until one has said it."""
    facts = found.heartbeat.facts if found.heartbeat else {}
    complaints = reconciling.complaints(found)
    return Reconciler(
        as_of=found.now,
        healthy=not complaints,
        complaints=complaints,
        leader=_leader(found),
        queue={kind.value: count for kind, count in found.queue.items()},
        operations={act.value: count for act, count in found.operations.items()},
        overdue=_overdue(found),
        stuck=_failing(found.stuck),
        blocked=_failing(found.blocked),
        paused=list(facts.get("paused", ())),
        paused_accounts=[
            PausedAccount(account_id=one.account_id, since=one.since, endings=one.endings)
            for one in found.paused
        ],
        clock_offset_seconds=facts.get("clock_offset_seconds"),
        budget=Budget(**facts["budget"]) if "budget" in facts else None,
        unrecorded=facts.get("unrecorded"),
        poisoned=facts.get("poisoned"),
        jobs=list(_jobs(facts)),
        catalogue=[
            Part(part=one.part, completed_at=one.completed_at, error=one.error) for one in found.catalogue
        ],
    )


def _leader(found: reconciling.Report) -> Leader | None:
    lease, beat = found.lease, found.heartbeat
    if lease is None or not lease.holder:
        return None
    own = beat if beat is not None and beat.fence == lease.fence else None
    return Leader(
        holder=lease.holder,
        fence=lease.fence,
        leading=found.led,
        lease_expires_at=lease.expires_at,
        elected_at=own and own.elected_at,
        beat_at=own and own.beat_at,
        ticked_at=own and own.ticked_at,
        version=own and own.facts.get("version"),
    )


def _overdue(found: reconciling.Report) -> OverdueGrants:
    return OverdueGrants(
        count=found.overdue.count,
        oldest_at=found.overdue.oldest_at,
        oldest_seconds=found.overdue.age(found.now).total_seconds(),
        first=[_overdue_grant(grant, row) for grant, row in found.first_overdue],
    )


def _overdue_grant(grant: models.Grant, row: models.Assignment) -> Overdue:
    return Overdue(
        grant_id=grant.id,
        state=grant.state,
        over_at=grant.revoked_at or grant.ends_at,
        assignment=Assignment.of(row),
    )


def _failing(found: reconciling.Failing) -> Failing:
    return Failing(
        count=found.count,
        by_cause={cause.value: count for cause, count in found.by_cause.items() if count},
        first=[Assignment.of(row) for row in found.first],
    )


def _jobs(facts: dict[str, Any]) -> Iterator[Job]:
    for name, job in sorted(facts.get("jobs", {}).items()):
        yield Job(name=name, **job)

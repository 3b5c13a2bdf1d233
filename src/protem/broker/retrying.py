"""Trying again now, where the reconciler would have waited."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker import audit
from protem.broker.callers import Caller
from protem.broker.wakes import wake
from protem.db.models import Assignment
from protem.domain.authority import Verb
from protem.domain.errors import NotFound, NothingToRetry
from protem.domain.events import EventType


def retry(session: Session, caller: Caller, assignment_id: uuid.UUID, *, now: datetime) -> Assignment:
    """Have the reconciler try again now what failed last; what it then does is for its rules to say.

    Nothing is forgotten by it: what was tried, how often, and what AWS said. Raises ``NothingToRetry``.
    """
    caller.require(Verb.ASSIGNMENTS_RETRY)
    locked = select(Assignment).where(Assignment.id == assignment_id).with_for_update()
    row = session.scalars(locked).one_or_none()
    if row is None:
        raise NotFound("there is no such assignment")
    if reason := _why_not(row):
        raise NothingToRetry(reason, facts={"next_attempt_at": _told(row.next_attempt_at)})
    facts = {
        "attempts": row.attempts,
        "next_attempt_at": _told(row.next_attempt_at),
        "code": row.last_error_code,
        "cause": row.last_error_cause,
    }
    told = {name: fact for name, fact in facts.items() if fact is not None}
    audit.record(session, EventType.ASSIGNMENT_RETRIED, row, now=now, caller=caller, facts=told)
    wake(session, assignment_id, at=now)
    session.refresh(row)
    return row


def _why_not(row: Assignment) -> str | None:
    if row.force_closed_at is not None:
        return "this has been force-closed: it is tried again should AWS list it once more"
    if row.next_attempt_at is None:
        return "nothing is to be done about this assignment"
    if row.attempts == 0 and row.stuck_since is None and row.blocked_reason is None:
        return "nothing about this assignment has failed: it is looked at when it is due"
    return None


def _told(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()

"""Say that an ending fails, or is blocked, with what to do: once, and again for each day that it lasts."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from protem.broker import audit
from protem.db.models import Act, Assignment
from protem.domain.advice import advise, cause_of, known
from protem.domain.causes import Cause
from protem.domain.events import EventType

LOUD_AFTER = 6
"""Errors in a row after which an ending counts as stuck, and says so."""
_LOUD_WITHIN = timedelta(minutes=5)
"""For so long an ending may fail, however seldom it is tried, before it says so."""
_AGAIN = timedelta(days=1)
_AT_ONCE = frozenset({Cause.UNFINISHED})
"""What took ten minutes to become an error."""


def note(row: Assignment, act: Act, code: str, message: str) -> None:
    """Write an error down, with what it comes from."""
    row.attempts += 1
    row.last_error_code, row.last_error = code, message[:2000]
    row.last_error_cause = cause_of(act.value, code, message)


def tell(session: Session, row: Assignment, *, now: datetime, newly_blocked: bool = False) -> None:
    """Leave an event about an ending whose latest try failed, if it is time for one."""
    if not newly_blocked and not (_loud(row, now) and _due(row, now)):
        return
    blocked = row.blocked_reason is not None
    event = EventType.ASSIGNMENT_BLOCKED if blocked else EventType.ASSIGNMENT_STUCK
    row.reported_at = now
    audit.record(session, event, row, now=now, facts=_facts(row))


def _loud(row: Assignment, now: datetime) -> bool:
    return (
        row.attempts >= LOUD_AFTER
        or row.last_error_cause in _AT_ONCE
        or now - (row.stuck_since or now) >= _LOUD_WITHIN
    )


def _due(row: Assignment, now: datetime) -> bool:
    """Whether nobody has been told since it got stuck, or not for a day."""
    told, since = row.reported_at, row.stuck_since or now
    return told is None or told < since or now - told >= _AGAIN


def _facts(row: Assignment) -> dict[str, Any]:
    code, reason = row.last_error_code or "", row.last_error or ""
    cause = known(row.last_error_cause, code=code, reason=reason)
    return {
        "code": code,
        "reason": reason,
        "attempts": row.attempts,
        "stuck_since": (row.stuck_since or row.created_at).isoformat(),
        "cause": cause.value,
        "advice": advise(cause, code=code, reason=reason),
    }

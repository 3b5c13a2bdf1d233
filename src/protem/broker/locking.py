"""Making locks, and taking them back: the red buttons."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from protem.broker import audit, enforcing, locks, subjects, texts
from protem.broker.callers import Caller
from protem.db.models import Lock, new_id
from protem.db.queries.changes import rows_changed
from protem.db.store import RULES, announce
from protem.domain import durations
from protem.domain.authority import Verb
from protem.domain.errors import LockOver
from protem.domain.events import EventType
from protem.domain.locks import LockKind

LONGEST = timedelta(days=366)


def create(
    session: Session,
    caller: Caller,
    *,
    kind: LockKind,
    subject: str | None,
    reason: str,
    duration: timedelta | None,
    now: datetime,
) -> Lock:
    """Stop one thing, or everything, and begin to end the access that the lock is on.

    ``subject`` is a name or id, and None for everything; no ``duration`` means until it is lifted.
    Raises what naming raises. Where the lock is on more grants than one transaction ends, the rest
    follow at once.
    """
    caller.require(Verb.LOCKS_CREATE)
    because = _reason(reason)
    expires_at = None if duration is None else now + _checked(duration)
    meant = subjects.find(session, kind, subject)
    lock = Lock(
        id=new_id(),
        kind=kind,
        subject=meant.id,
        subject_name=meant.name,
        reason=because,
        created_at=now,
        created_by=caller.on_record,
        expires_at=expires_at,
    )
    session.add(lock)
    session.flush()
    _record(session, EventType.LOCK_CREATED, lock, now=now, caller=caller)
    enforcing.end_locked(session, now=now)
    announce(session, RULES)
    return lock


def lift(session: Session, caller: Caller, lock_id: uuid.UUID, *, now: datetime) -> Lock:
    """Take a lock back; what it ended stays ended. Raises ``LockOver`` if it no longer holds."""
    caller.require(Verb.LOCKS_LIFT)
    caller.require_second(Verb.LOCKS_LIFT)
    lock = locks.found(session, lock_id)
    still_on = update(Lock).where(Lock.id == lock.id, locks.holds_at(now))
    won = rows_changed(session, still_on.values(lifted_at=now, lifted_by=caller.on_record))
    session.refresh(lock)
    if not won:
        raise _over(lock, now)
    _record(session, EventType.LOCK_LIFTED, lock, now=now, caller=caller)
    return lock


def refuse_over(lock: Lock, now: datetime) -> None:
    """Raise ``LockOver`` if a lock no longer holds."""
    if lock.lifted_at is not None or locks.expired(lock, now):
        raise _over(lock, now)


def expire_due(session: Session, *, now: datetime) -> int:
    """Put on record, once for each, that the time of locks is over; return of how many."""
    due = (
        select(Lock)
        .where(Lock.lifted_at.is_(None), Lock.expires_at <= now)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    over = session.scalars(due).all()
    for lock in over:
        # Nobody lifted it: from here on its end is in the past, and it is not looked at again.
        lock.lifted_at, lock.lifted_by = lock.expires_at, _NOBODY
        _record(session, EventType.LOCK_EXPIRED, lock, now=now)
    return len(over)


_NOBODY = "protem"


def _reason(text: str) -> str:
    reason = texts.prose(text, field="reason", maximum=texts.COMMENT_LENGTH)
    if not any(character.isprintable() and not character.isspace() for character in reason):
        raise texts.refused("reason", "say why; whoever is kept from something is told")
    return reason


def _checked(duration: timedelta) -> timedelta:
    if not timedelta() < duration <= LONGEST or duration % timedelta(seconds=1):
        longest = durations.text(LONGEST)
        message = f"a lock holds for whole seconds, {longest} at most; without a duration, until it is lifted"
        raise texts.refused("duration", message)
    return duration


def _over(lock: Lock, now: datetime) -> LockOver:
    if locks.expired(lock, now) and lock.expires_at:
        facts = {"expires_at": lock.expires_at.isoformat()}
        return LockOver("the time of this lock is over; it holds no longer", facts=facts)
    lifted_at = lock.lifted_at.isoformat() if lock.lifted_at else None
    message = f"{lock.lifted_by} has lifted this lock before"
    return LockOver(message, facts={"lifted_by": lock.lifted_by, "lifted_at": lifted_at})


def _record(
    session: Session, event: EventType, lock: Lock, *, now: datetime, caller: Caller | None = None
) -> None:
    facts: dict[str, Any] = {
        "lock_id": str(lock.id),
        "kind": lock.kind.value,
        "subject": lock.subject,
        "subject_name": lock.subject_name,
        "reason": lock.reason,
        "expires_at": lock.expires_at.isoformat() if lock.expires_at else None,
    }
    whose = lock.subject if lock.kind is LockKind.PRINCIPAL else None
    audit.record(session, event, now=now, caller=caller, facts=facts, principal_id=whose)

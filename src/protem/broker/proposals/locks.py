"""Lifting a lock, when two have to want it."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from protem.broker import locking, locks
from protem.broker.callers import Caller
from protem.broker.proposals.proposing import propose
from protem.broker.proposals.terms import Arguments
from protem.db.models import Change, Lock
from protem.domain.authority import Verb


def propose_lifting(
    session: Session, caller: Caller, lock_id: uuid.UUID, *, lifetime: timedelta, now: datetime
) -> Change:
    """Propose to take a lock back. Raises ``LockOver`` if it no longer holds."""
    caller.require(Verb.LOCKS_LIFT)
    lock = locks.found(session, lock_id)
    locking.refuse_over(lock, now)
    return propose(
        session,
        caller,
        Verb.LOCKS_LIFT,
        subject=str(lock.id),
        summary=f"lift the lock on {_what(lock)}, which {lock.created_by} made: {lock.reason}",
        payload={"lock_id": str(lock.id)},
        lifetime=lifetime,
        now=now,
    )


def lift(session: Session, caller: Caller, arguments: Arguments, *, now: datetime) -> None:
    """Carry it out."""
    locking.lift(session, caller, uuid.UUID(arguments["lock_id"]), now=now)


def _what(lock: Lock) -> str:
    kind = lock.kind.value.replace("_", " ")
    return f"{kind} {lock.subject_name}" if lock.subject else kind

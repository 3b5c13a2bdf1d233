"""What locks end: whatever access they are on, whenever it came about.

It asks what is live now, not what happened: an approval that was under way when a lock was made
escapes the first look, and not the next.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import Session

from protem.broker import ending, locks
from protem.broker.activation import lockable
from protem.db.models import Grant, Request
from protem.db.queries.grants import LIVE
from protem.domain import names
from protem.domain.lifecycle import EndReason, RequestState
from protem.domain.locks import Lock, LockKind, first_stopping

BATCH = 50
"""Grants that one transaction ends at most: others write in between."""


def end_locked(session: Session, *, now: datetime, limit: int = BATCH) -> int:
    """End live grants that a lock is on, scheduled ones too; return how many, ``limit`` at most."""
    holding = locks.holding(session, now)
    if not holding:
        return 0
    found = session.execute(owed(now).where(_on_any(session, holding, now)).limit(limit))
    ended = 0
    for grant, request in found.all():
        targets = [target for target in request.targets if target.position == grant.position]
        lock = first_stopping(holding, lockable(request, targets), now=now)
        ended += lock is not None and _end(session, grant, lock, now)
    return ended


def withdraw_orphans(session: Session, *, now: datetime) -> int:
    """Close questions whether a grant may last longer that is over; return how many.

    They are closed when the grant ends, unless somebody was answering them at that moment.
    """
    asking = (
        select(Request.extends_grant_id, Grant)
        .join(Grant, Grant.id == Request.extends_grant_id)
        .where(Request.state == RequestState.PENDING, Request.expires_at > now)
    )
    over = [grant for _, grant in session.execute(asking) if grant.owing.over(now)]
    for grant in over:
        because = grant.end_reason or grant.revoke_reason
        ending.withdraw_extension(session, grant.id, because=because or "over", now=now)
    return len(over)


def owed(now: datetime) -> Select[Grant, Request]:
    """Select grants that nobody has told to end, with their requests, in the order of ending."""
    return (
        select(Grant, Request)
        .join(Request, Request.id == Grant.request_id)
        .where(
            LIVE,
            Grant.revoked_at.is_(None),
            Grant.failure_code.is_(None),
            Grant.ends_at > now,
        )
        .order_by(*ending.BY_ASSIGNMENT)
    )


def _end(session: Session, grant: Grant, lock: Lock, now: datetime) -> bool:
    facts, by = {"lock_id": lock.id}, f"lock:{lock.id}"
    return ending.end(
        session, grant, by=by, reason=EndReason.LOCKED, comment=lock.reason, now=now, facts=facts
    )


def _on_any(session: Session, holding: Sequence[Lock], now: datetime) -> ColumnElement[bool]:
    # Subjects in lists, however many locks there are: SQLite refuses conditions a thousand deep.
    subjects = {kind: {lock.subject for lock in holding if lock.kind is kind} for kind in LockKind}
    if subjects[LockKind.EVERYTHING]:
        return true()
    people = subjects[LockKind.PRINCIPAL]
    return or_(
        Grant.principal_id.in_(people),
        Request.requester_id.in_(people),
        Grant.account_id.in_(subjects[LockKind.ACCOUNT]),
        Grant.permission_set_arn.in_(subjects[LockKind.PERMISSION_SET]),
        Request.entitlement.in_(_spellings(session, subjects[LockKind.ENTITLEMENT], now)),
    )


def _spellings(session: Session, locked: Collection[str], now: datetime) -> list[str]:
    """Return how the entitlements of these names are written where access is live under them."""
    if not locked:
        return []
    wanted = {names.key(name) for name in locked}
    written = session.scalars(owed(now).with_only_columns(Request.entitlement).order_by(None).distinct())
    return [found for found in written if names.key(found) in wanted]

"""Emergency stops: which there are, and what they keep from being asked for, approved and begun."""

import uuid
from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, not_, or_, select
from sqlalchemy.orm import Session

from protem.broker import foresight, pages
from protem.broker.callers import Caller
from protem.broker.pages import FIRST, Page, Paging
from protem.db import models
from protem.domain import locks
from protem.domain.authority import Verb
from protem.domain.errors import Locked, NotFound
from protem.domain.locks import Lock, LockKind


def list_(
    session: Session, caller: Caller, *, holding: bool | None = None, now: datetime, paging: Paging = FIRST
) -> Page[models.Lock]:
    """Return the locks, the newest first; ``holding`` narrows to those that hold now, or that do not."""
    caller.require(Verb.LOCKS_LIST)
    on = holds_at(now)
    wanted = select(models.Lock).where(*([] if holding is None else [on if holding else not_(on)]))
    return pages.cut(session, wanted, paging, of="locks", by=(models.Lock.id,), descending=True)


def read(session: Session, caller: Caller, lock_id: uuid.UUID) -> models.Lock:
    """Return a lock, also one that holds no longer."""
    caller.require(Verb.LOCKS_READ)
    return found(session, lock_id)


def found(session: Session, lock_id: uuid.UUID) -> models.Lock:
    """Return the row of a lock; raises ``NotFound``."""
    row = session.get(models.Lock, lock_id, populate_existing=True)
    if row is None:
        raise NotFound("there is no such lock")
    return row


def expired(row: models.Lock, now: datetime) -> bool:
    """Tell whether the time of a lock was over before anybody lifted it."""
    return row.expires_at is not None and row.expires_at <= (row.lifted_at or now)


def holds_at(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return the condition for locks that hold at ``now``."""
    row = models.Lock
    return and_(row.lifted_at.is_(None), or_(row.expires_at.is_(None), row.expires_at > now))


def holding(session: Session, now: datetime) -> tuple[Lock, ...]:
    """Return the locks that hold at this moment."""
    known = foresight.of(session)
    if known is not None:
        return known.locks
    return tuple(row.rule for row in session.scalars(_HOLDING, {"now": now}))


_HOLDING = (
    select(models.Lock)
    .where(holds_at(bindparam("now", type_=models.Lock.expires_at.type)))
    .order_by(models.Lock.id)
)


def on_person(session: Session, person_id: str, now: datetime) -> bool:
    """Tell whether a lock on this very person holds."""
    row = models.Lock
    theirs = select(row.id).where(holds_at(now), row.kind == LockKind.PRINCIPAL, row.subject == person_id)
    return session.scalars(theirs).first() is not None


def refusal(session: Session, what: locks.Locked, *, now: datetime) -> Locked | None:
    """Return why nothing of this may be asked for, approved or begun now, or None where no lock is on it."""
    lock = locks.first_stopping(holding(session, now), what, now=now)
    if lock is None:
        return None
    until = f" until {lock.expires_at:%Y-%m-%d %H:%M:%S} UTC" if lock.expires_at else ""
    facts = {
        "lock_id": lock.id,
        "kind": lock.kind.value,
        "reason": lock.reason,
        "expires_at": lock.expires_at.isoformat() if lock.expires_at else None,
    }
    return Locked(f"locked{until}: {lock.reason}", facts=facts)

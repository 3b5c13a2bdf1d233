"""Emergency stops: what they keep from being asked for, approved and begun."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from protem.db import models
from protem.domain import locks
from protem.domain.errors import Locked
from protem.domain.locks import Lock


def holding(session: Session, now: datetime) -> tuple[Lock, ...]:
    """Return the locks that hold at this moment."""
    row = models.Lock
    live = select(row).where(row.lifted_at.is_(None), or_(row.expires_at.is_(None), row.expires_at > now))
    return tuple(found.rule for found in session.scalars(live.order_by(row.id)))


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

"""Requests that nobody answered in time."""

import uuid
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from protem.broker import audit
from protem.broker.filters import equal
from protem.db.models import Request
from protem.db.store import ANSWERS, announce
from protem.domain.events import EventType
from protem.domain.lifecycle import RequestState


def expire_due(
    session: Session, *, now: datetime, limit: int = 500, extending: uuid.UUID | None = None
) -> int:
    """Close the requests whose time for an answer is over, the oldest first; return how many.

    ``extending`` narrows to those that are to make this grant last longer. Requests that another
    transaction is deciding about at this moment are left for the next time.
    """
    due = (
        select(Request.id)
        .where(
            Request.state == RequestState.PENDING,
            Request.expires_at <= now,
            *equal(Request.extends_grant_id, extending),
        )
        .order_by(Request.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    lapsed = session.scalars(due).all()
    if not lapsed:
        return 0
    lapse = (
        update(Request)
        .where(Request.id.in_(lapsed), Request.state == RequestState.PENDING)
        .values(state=RequestState.EXPIRED, answered_at=now)
        .returning(Request)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    expired = session.scalars(lapse).all()
    for request in expired:
        audit.record(session, EventType.REQUEST_EXPIRED, request, now=now)
    announce(session, ANSWERS)
    return len(expired)

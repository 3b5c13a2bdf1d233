"""Moving the end of a grant: once for each approval, and never the end of one that is over."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from protem.broker import audit
from protem.broker.callers import Caller
from protem.broker.wakes import wake
from protem.db.models import Grant
from protem.db.queries.changes import rows_changed
from protem.domain.errors import GrantOver
from protem.domain.events import EventType
from protem.domain.lifecycle import LIVE_GRANT_STATES, GrantState

_EXTENSIBLE = LIVE_GRANT_STATES - {GrantState.DEACTIVATING}


def lengthen(
    session: Session,
    caller: Caller,
    grant_id: uuid.UUID,
    *,
    request_id: uuid.UUID,
    duration: timedelta,
    now: datetime,
) -> Grant:
    """Let a grant last longer, as ``request_id`` has asked and people have agreed.

    Raises ``GrantOver``, with the present state, if it is over, revoked, or about to end.
    """
    grant = session.get_one(Grant, grant_id)
    wake(session, grant.assignment_id, at=now)
    session.refresh(grant)
    before = grant.ends_at
    if not _moved(session, grant, before + duration, now):
        session.refresh(grant)
        raise over(grant)
    session.refresh(grant)
    facts = {
        "extension_request_id": str(request_id),
        "ends_at_before": before.isoformat(),
        "ends_at": grant.ends_at.isoformat(),
        "extensions": grant.extensions,
    }
    audit.record(session, EventType.GRANT_EXTENDED, grant, now=now, caller=caller, facts=facts)
    return grant


def extensible(grant: Grant, now: datetime) -> bool:
    """Tell whether the end of this grant could be moved at this moment."""
    return not grant.owing.over(now) and grant.state in _EXTENSIBLE


def over(grant: Grant) -> GrantOver:
    """Return the refusal to move an end that is settled, with the state that the grant is in."""
    return GrantOver("the grant is over, or has been revoked", facts={"state": grant.state.value})


def _moved(session: Session, grant: Grant, ends_at: datetime, now: datetime) -> bool:
    owed = update(Grant).where(
        Grant.id == grant.id,
        Grant.revoked_at.is_(None),
        Grant.failure_code.is_(None),
        Grant.state.in_(_EXTENSIBLE),
        Grant.ends_at > now,
        Grant.ends_at == grant.ends_at,
    )
    longer = {"ends_at": ends_at, "extensions": Grant.extensions + 1}
    return rows_changed(session, owed.values(longer)) == 1

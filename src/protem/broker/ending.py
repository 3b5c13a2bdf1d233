"""The one way in which people, locks and rules end access before its time."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from protem.broker import audit
from protem.broker.callers import Caller
from protem.broker.wakes import wake
from protem.db.models import Grant, Request
from protem.db.queries.changes import rows_changed
from protem.db.store import ANSWERS, announce
from protem.domain.events import EventType
from protem.domain.lifecycle import LIVE_GRANT_STATES, EndReason, RequestState


def end(
    session: Session,
    grant: Grant,
    *,
    by: str,
    reason: EndReason,
    comment: str,
    now: datetime,
    caller: Caller | None = None,
    facts: Mapping[str, Any] | None = None,
) -> bool:
    """Owe this access no longer, from now on; False, and nothing done, where it was over already.

    No caller means that Protem does it by itself; ``facts`` go into the event besides. Whoever ends
    several grants in one transaction takes them in the order of ``BY_ASSIGNMENT``.
    """
    wake(session, grant.assignment_id, at=now)
    owed = update(Grant).where(
        Grant.id == grant.id,
        Grant.revoked_at.is_(None),
        Grant.failure_code.is_(None),
        Grant.state.in_(LIVE_GRANT_STATES),
        Grant.ends_at > now,
    )
    spec = {"revoked_at": now, "revoked_by": by, "revoke_comment": comment, "revoke_reason": reason}
    won = rows_changed(session, owed.values(spec)) == 1
    session.refresh(grant)
    if won:
        told = {"reason": reason.value, "comment": comment, **(facts or {})}
        audit.record(session, EventType.GRANT_REVOKED, grant, now=now, caller=caller, facts=told)
        withdraw_extension(session, grant.id, because=reason.value, now=now, caller=caller)
        announce(session, ANSWERS)
    return won


BY_ASSIGNMENT = (Grant.account_id, Grant.permission_set_arn, Grant.principal_id, Grant.id)
"""The order in which an approval takes the assignments of its targets, too."""


def withdraw_extension(
    session: Session, grant_id: uuid.UUID, *, because: str, now: datetime, caller: Caller | None = None
) -> None:
    """Close the question whether a grant may last longer, since it is over.

    Somebody who is answering it at this moment is not waited for: they are told that the grant is over.
    """
    waiting = (
        select(Request.id)
        .where(Request.extends_grant_id == grant_id, Request.state == RequestState.PENDING)
        .where(Request.expires_at > now)
        .with_for_update(skip_locked=True)
    )
    asked = session.scalars(waiting).one_or_none()
    if asked is None:
        return
    close = (
        update(Request)
        .where(Request.id == asked, Request.state == RequestState.PENDING)
        .values(state=RequestState.WITHDRAWN, answered_at=now)
        .returning(Request)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    facts = {"because": because, "grant_id": str(grant_id)}
    for request in session.scalars(close).all():
        audit.record(session, EventType.REQUEST_WITHDRAWN, request, now=now, caller=caller, facts=facts)
        announce(session, ANSWERS)

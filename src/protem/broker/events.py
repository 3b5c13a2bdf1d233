"""The record, read."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker import pages
from protem.broker.callers import Caller
from protem.broker.filters import equal, holder
from protem.broker.pages import FIRST, Page, Paging
from protem.db.models import AuditEvent
from protem.domain.authority import Verb
from protem.domain.events import EventType


def list_(
    session: Session,
    caller: Caller,
    *,
    type_: EventType | None = None,
    request_id: uuid.UUID | None = None,
    grant_id: uuid.UUID | None = None,
    principal: str | None = None,
    account: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    oldest_first: bool = False,
    paging: Paging = FIRST,
) -> Page[AuditEvent]:
    """Return what happened in ``[since, until)``, in the order in which it was written down.

    ``principal`` is the user whom it happened to, by name or id; ``account`` is an id.
    """
    caller.require(Verb.AUDIT_EVENTS_LIST)
    conditions = [
        *equal(AuditEvent.type, type_),
        *equal(AuditEvent.request_id, request_id),
        *equal(AuditEvent.grant_id, grant_id),
        *holder(session, AuditEvent.principal_id, principal),
        *equal(AuditEvent.account_id, account),
        *([] if since is None else [AuditEvent.occurred_at >= since]),
        *([] if until is None else [AuditEvent.occurred_at < until]),
    ]
    found = select(AuditEvent).where(*conditions)
    order = "audit-events-oldest-first" if oldest_first else "audit-events"
    return pages.cut(session, found, paging, of=order, by=(AuditEvent.id,), descending=not oldest_first)

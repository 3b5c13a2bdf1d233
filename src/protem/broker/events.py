"""The record, read."""

from datetime import datetime

from sqlalchemy.orm import Session

from protem.broker import event_walks, pages
from protem.broker.callers import Caller
from protem.broker.event_filters import Wanted, narrowings
from protem.broker.event_walks import KINDS, Stretch
from protem.broker.pages import FIRST, Page, Paging
from protem.db.models import AuditEvent
from protem.domain.authority import Verb

EVERYTHING = Wanted()


def list_(
    session: Session,
    caller: Caller,
    wanted: Wanted = EVERYTHING,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    oldest_first: bool = False,
    paging: Paging = FIRST,
) -> Page[AuditEvent]:
    """Return what happened in ``[since, until)``, in the order of time.

    A page may hold fewer than were asked for, or none, and still not be the last: ``next_cursor`` tells.
    """
    caller.require(Verb.AUDIT_EVENTS_LIST)
    order = "audit-events-oldest-first" if oldest_first else "audit-events"
    after = pages.position(paging, of=order, kinds=KINDS)
    stretch = Stretch(since, until, after=after, backwards=not oldest_first)
    found, onwards = event_walks.page(session, narrowings(session, wanted), stretch, limit=paging.limit)
    return Page(tuple(found), None if onwards is None else pages.cursor(onwards, of=order))

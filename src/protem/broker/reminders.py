"""Reminding approvers of what nobody answers, and reviewers of what nobody looks at, ever more seldom."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from protem.broker import able, answerable, audit, policy, questions
from protem.db.models import Request, Review
from protem.db.queries.changes import rows_changed
from protem.domain import durations
from protem.domain.events import EventType
from protem.domain.lifecycle import RequestState

BATCH = 200
_MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Reminder:
    """What is to be said about a request or a review, unless somebody else says it first."""

    about: type[Request] | type[Review]
    id: uuid.UUID
    request: Request
    due_at: datetime
    count: int
    event: EventType
    facts: dict[str, Any]
    expires_at: datetime | None


def plan(session: Session, *, after: timedelta, limit: int = BATCH) -> int:
    """Write down when what waits is first spoken of, where that has not been done; return of how many."""
    requests = select(Request.id, Request.created_at).where(
        Request.state == RequestState.PENDING, Request.remind_at.is_(None), Request.reminders == 0
    )
    reviews = select(Review.id, Review.opened_at).where(
        Review.closed_at.is_(None), Review.remind_at.is_(None), Review.reminders == 0
    )
    planned = 0
    for table, rows in ((Request, requests), (Review, reviews)):
        for id_, since in session.execute(rows.limit(limit)).all():
            fresh = update(table).where(table.id == id_, table.remind_at.is_(None))
            planned += rows_changed(session, fresh.values(remind_at=since + after))
    return planned


def due(session: Session, *, now: datetime, limit: int = BATCH) -> Sequence[Request | Review]:
    """Return what is to be spoken of now, the longest due first."""
    requests = select(Request).where(
        Request.state == RequestState.PENDING, Request.remind_at <= now, Request.expires_at > now
    )
    reviews = select(Review).where(Review.closed_at.is_(None), Review.remind_at <= now)
    return [
        *session.scalars(requests.order_by(Request.remind_at).limit(limit)),
        *session.scalars(reviews.order_by(Review.remind_at).limit(limit)),
    ]


def work_out(session: Session, about: Request | Review, *, now: datetime) -> Reminder:
    """Return what is to be said; it takes many questions to the database, and changes nothing."""
    if isinstance(about, Request):
        return _of_request(session, about, now)
    return _of_review(session, about, now)


def say(session: Session, reminder: Reminder, *, after: timedelta, now: datetime) -> bool:
    """Put a reminder on record, once for each time it is due however many try; the next takes twice as long.

    Nothing is said of what was answered, or spoken of, meanwhile.
    """
    table, wait = reminder.about, after * (1 << min(reminder.count, _MOST_DOUBLINGS))
    lapses = reminder.expires_at is not None and now + wait >= reminder.expires_at
    still_due = update(table).where(table.id == reminder.id, table.remind_at == reminder.due_at)
    if table is Request:
        still_due = still_due.where(Request.state == RequestState.PENDING, Request.expires_at > now)
    else:
        still_due = still_due.where(Review.closed_at.is_(None))
    values = {"reminders": reminder.count, "remind_at": None if lapses else now + wait}
    if not rows_changed(session, still_due.values(values)):
        return False
    audit.record(session, reminder.event, reminder.request, now=now, facts=reminder.facts)
    return True


def put_off(session: Session, about: Request | Review, *, until: datetime) -> None:
    """Leave something alone for a while."""
    table = type(about)
    rows_changed(session, update(table).where(table.id == about.id).values(remind_at=until))


def _of_request(session: Session, request: Request, now: datetime) -> Reminder:
    found = answerable.waiting(session, request, now=now)
    facts: dict[str, Any] = {
        "count": request.reminders + 1,
        "waited": durations.text(now - request.created_at),
        "expires_at": request.expires_at.isoformat(),
        "entitlement": request.entitlement,
        "requester_id": request.requester_id,
        "targets": questions.described(request),
        "steps": list(found.steps),
    }
    event = EventType.REQUEST_REMINDED
    if found.reason is not None:
        event, facts = EventType.REQUEST_UNANSWERABLE, facts | {"reason": found.reason}
    return Reminder(
        about=Request,
        id=request.id,
        request=request,
        due_at=request.remind_at or now,
        count=request.reminders + 1,
        event=event,
        facts=facts,
        expires_at=request.expires_at,
    )


def _of_review(session: Session, review: Review, now: datetime) -> Reminder:
    request = session.get_one(Request, review.request_id)
    facts: dict[str, Any] = {
        "review_id": str(review.id),
        "count": review.reminders + 1,
        "waited": durations.text(now - review.opened_at),
        "notify": {"users": [], "groups": []},
        "people": [],
    }
    if (entitlement := questions.deciding(session, request)) is not None:
        notify = entitlement.notify
        facts["notify"] = {"users": list(notify.users), "groups": list(notify.groups)}
        facts["people"] = _reviewers(session, request)
    return Reminder(
        about=Review,
        id=review.id,
        request=request,
        due_at=review.remind_at or now,
        count=review.reminders + 1,
        event=EventType.REVIEW_REMINDED,
        facts=facts,
        expires_at=None,
    )


def _reviewers(session: Session, request: Request) -> list[str]:
    """Return who may close the review: named then, named still, and not somebody whom it is about."""
    then, now = questions.deciding(session, request), policy.current(session).named(request.entitlement)
    named = able.people(session, then.notify) if then else {}
    still = named if now is None else able.people(session, now.notify)
    interested = {request.requester_id, request.beneficiary_id}
    people = [name for id_, name in named.items() if id_ in still and id_ not in interested]
    return people[: answerable.MOST_PEOPLE]

"""Broken glass: access that nobody had to approve, and that somebody looks at afterwards."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from protem.broker import able, audit, pages, policy, texts, visibility
from protem.broker.callers import Caller
from protem.broker.filters import holder
from protem.broker.pages import FIRST, Page, Paging
from protem.db.models import Grant, Request, Review, new_id
from protem.db.queries.changes import rows_changed
from protem.db.store import ANSWERS, announce
from protem.db.violations import violated
from protem.domain.authority import Relation, Verb, may
from protem.domain.entitlements import Entitlement
from protem.domain.errors import Forbidden, NotFound, OwnRequest, RelayRefused, ReviewClosed, ReviewOpen
from protem.domain.events import EventType

_OPEN = Review.closed_at.is_(None)


@dataclass(frozen=True, slots=True)
class Closing:
    """A review that somebody is about to close, and what they found."""

    review: Review
    request: Request
    comment: str
    by_office: bool
    """Whether they may as an admin, and not because the entitlement tells them."""


def open_(
    session: Session, caller: Caller, request: Request, entitlement: Entitlement, *, now: datetime
) -> None:
    """Have somebody look at access that was given at once, and put on record whom to tell.

    Making it last longer before anybody has looked needs no second review. Raises ``ReviewOpen``.
    """
    if request.extends_grant_id is not None and _waits(session, request.extends_grant_id):
        return
    review = Review(id=new_id(), request_id=request.id, principal_id=request.beneficiary_id, opened_at=now)
    session.add(review)
    try:
        session.flush()
    except IntegrityError as error:
        if violated(error) != "uq_reviews_open":
            raise
        raise ReviewOpen("glass was broken before, and nobody has reviewed that yet") from None
    facts = _told(session, request, entitlement) | {"review_id": str(review.id)}
    audit.record(session, EventType.REVIEW_OPENED, request, now=now, caller=caller, facts=facts)


def list_(
    session: Session,
    caller: Caller,
    *,
    still_open: bool | None = None,
    principal: str | None = None,
    paging: Paging = FIRST,
) -> Page[Review]:
    """Return the reviews that ``caller`` may see, the newest first.

    ``principal`` is the name or id of whoever broke the glass, or for whom it was broken.
    """
    caller.require(Verb.REVIEWS_LIST)
    conditions = [
        visibility.visible_requests(caller, Verb.REVIEWS_READ),
        *([] if still_open is None else [_OPEN if still_open else ~_OPEN]),
        *holder(session, Review.principal_id, principal),
    ]
    seen = select(Review).join(Request, Request.id == Review.request_id).where(*conditions)
    return pages.cut(session, seen, paging, of="reviews", by=(Review.id,), descending=True)


def read(session: Session, caller: Caller, review_id: uuid.UUID) -> Review:
    """Return a review."""
    review, request = _visible(session, caller, review_id)
    caller.require(Verb.REVIEWS_READ, *visibility.relations_to(session, caller, request))
    return review


def of_requests(session: Session, request_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Review]:
    """Return the reviews of requests that the caller has been shown, by the ids of the requests."""
    wanted = select(Review).where(Review.request_id.in_(list(request_ids)))
    return {review.request_id: review for review in session.scalars(wanted)}


def close(session: Session, caller: Caller, review_id: uuid.UUID, *, comment: str, now: datetime) -> Review:
    """Put on record that somebody has looked, and what they found; others may break glass again.

    Raises ``ReviewClosed``, with who was faster.
    """
    closing = closable(session, caller, review_id, comment=comment)
    if closing.by_office:
        caller.require_second(Verb.REVIEWS_CLOSE)
    review = closing.review
    _close(session, review, by=caller.on_record, comment=closing.comment, now=now)
    facts = {"review_id": str(review.id), "comment": closing.comment}
    audit.record(session, EventType.REVIEW_CLOSED, closing.request, now=now, caller=caller, facts=facts)
    announce(session, ANSWERS)
    return review


def closable(session: Session, caller: Caller, review_id: uuid.UUID, *, comment: str) -> Closing:
    """Return what ``caller`` would close; raises all that closing it would, as far as is known now."""
    review, request = _visible(session, caller, review_id)
    named = _require_reviewer(session, caller, request)
    found = texts.prose(comment, field="comment", maximum=texts.COMMENT_LENGTH)
    if not any(character.isprintable() and not character.isspace() for character in found):
        raise texts.refused("comment", "say what you found; it stays on record")
    if review.closed_at is not None:
        raise _closed(review)
    return Closing(review, request, found, by_office=not named)


def actions(session: Session, caller: Caller, review: Review) -> tuple[str, ...]:
    """Return what ``caller`` may do about the review now, by the names of the commands."""
    if review.closed_at is not None or caller.acts_as:
        return ()
    request = session.get_one(Request, review.request_id)
    relations = visibility.relations_to(session, caller, request)
    allowed = may(Verb.REVIEWS_CLOSE, caller.relations) or _is_named(session, caller, request, relations)
    within = caller.in_scope(Verb.REVIEWS_CLOSE) and not _own(caller, request)
    return ("close",) if allowed and within else ()


def _told(session: Session, request: Request, entitlement: Entitlement) -> dict[str, Any]:
    notify = entitlement.notify
    return {
        "reason": request.justification,
        "ticket": request.ticket,
        "notify": {"users": list(notify.users), "groups": list(notify.groups)},
        "people": list(able.people(session, notify).values()),
    }


def _waits(session: Session, grant_id: uuid.UUID) -> bool:
    """Whether a review is open of the glass that was broken for this grant."""
    grant = session.get_one(Grant, grant_id)
    about = or_(Request.id == grant.request_id, Request.extends_grant_id == grant_id)
    waiting = select(Review.id).join(Request, Request.id == Review.request_id)
    return session.scalars(waiting.where(about, Review.closed_at.is_(None))).first() is not None


def _visible(session: Session, caller: Caller, review_id: uuid.UUID) -> tuple[Review, Request]:
    found = session.get(Review, review_id, populate_existing=True)
    asked = session.get(Request, found.request_id) if found else None
    relations = visibility.relations_to(session, caller, asked) if asked else frozenset()
    if found is None or asked is None or not may(Verb.REVIEWS_READ, caller.relations | relations):
        raise NotFound("there is no such review, or it is not yours to see")
    return found, asked


def _own(caller: Caller, request: Request) -> bool:
    return caller.person is not None and caller.person.id in {request.requester_id, request.beneficiary_id}


def _is_named(session: Session, caller: Caller, request: Request, relations: frozenset[Relation]) -> bool:
    """Whether the entitlement told this person then, and tells them still where it is still there."""
    if Relation.REVIEWER not in relations or caller.person is None:
        return False
    rule = policy.current(session).named(request.entitlement)
    return rule is None or rule.notify.include(caller.person)


def _require_reviewer(session: Session, caller: Caller, request: Request) -> bool:
    """Raise a refusal unless ``caller`` may close the review; return whether the entitlement tells them."""
    caller.require_scope(Verb.REVIEWS_CLOSE)
    if _own(caller, request):
        raise OwnRequest("somebody else has to look at glass that was broken by you, or for you")
    relations = visibility.relations_to(session, caller, request)
    caller.require(Verb.REVIEWS_CLOSE, *relations)
    # A service relays answers where an approval names it under `through`; here there is no approval.
    if caller.acts_as:
        raise RelayRefused("reviews are closed by people themselves, not through a service")
    named = _is_named(session, caller, request, relations)
    if not named and not may(Verb.REVIEWS_CLOSE, caller.relations):
        raise Forbidden("the entitlement has changed, and no longer names you among those who are told")
    return named


def _close(session: Session, review: Review, *, by: str, comment: str, now: datetime) -> None:
    still_open = update(Review).where(Review.id == review.id, Review.closed_at.is_(None))
    won = rows_changed(session, still_open.values(closed_at=now, closed_by=by, comment=comment))
    session.refresh(review)
    if not won:
        raise _closed(review)


def _closed(review: Review) -> ReviewClosed:
    closed_at = review.closed_at.isoformat() if review.closed_at else None
    facts = {"closed_by": review.closed_by, "closed_at": closed_at}
    return ReviewClosed(f"{review.closed_by} has closed this review before", facts=facts)

"""What may be let go of: what has ended before an instant, and nothing that anything live refers to.

A request goes with everything that came of it, extensions included, or not at all. An assignment goes
once no grant is left that it ever carried, if AWS has it not and nothing is planned for it.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from protem.db.models import Assignment, Change, ChangeState, Grant, Observed, Provenance, Request, Review
from protem.domain.lifecycle import RequestState

MOST = 50
"""Requests, or changes, that go at once."""
_PORTION = 500
_FIRST = uuid.UUID(int=0)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The ids of what goes together: requests that extend nothing stand for all that came of them."""

    requests: tuple[uuid.UUID, ...]
    changes: tuple[uuid.UUID, ...]

    def __bool__(self) -> bool:
        return bool(self.requests or self.changes)


def choose(session: Session, *, before: datetime, limit: int = MOST) -> Chosen:
    """Return some of what ended before that instant, the oldest first."""
    requests = _oldest(session, Request, Request.created_at, _over(before), before=before, limit=limit)
    changes = _oldest(session, Change, Change.proposed_at, _answered(before), before=before, limit=limit)
    return Chosen(tuple(requests), tuple(changes))


def _oldest(
    session: Session,
    table: type[Request] | type[Change],
    begun_at: InstrumentedAttribute[datetime],
    over: ColumnElement[bool],
    *,
    before: datetime,
    limit: int,
) -> list[uuid.UUID]:
    """Go through the rows in the order of their ids, and no further than to those that are too young."""
    found: list[uuid.UUID] = []
    after, young = _FIRST, False
    while len(found) < limit and not young:
        some = select(table.id, begun_at).where(table.id > after).order_by(table.id).limit(_PORTION)
        portion = session.execute(some).all()
        if not portion:
            break
        first, (after, newest) = portion[0][0], portion[-1]
        chosen = select(table.id).where(table.id.between(first, after), over).order_by(table.id)
        found += session.scalars(chosen.limit(limit - len(found)))
        young = newest >= before
    return found


def _answered(before: datetime) -> ColumnElement[bool]:
    return and_(Change.state != ChangeState.PENDING, Change.answered_at < before)


def _over(before: datetime) -> ColumnElement[bool]:
    """Hold for requests for something new of which all that ever came was over before that instant."""
    extension, grant = aliased(Request), aliased(Grant)
    late = or_(extension.state == RequestState.PENDING, extension.answered_at >= before)
    extends = exists().where(
        grant.request_id == Request.id,
        extension.extends_grant_id == grant.id,
        or_(late, _looked_at_late(extension.id, before)),
    )
    lasts = exists().where(
        Grant.request_id == Request.id, or_(Grant.ended_at.is_(None), Grant.ended_at >= before)
    )
    return and_(
        Request.extends_grant_id.is_(None),
        Request.state != RequestState.PENDING,
        Request.answered_at < before,
        ~lasts,
        ~_looked_at_late(Request.id, before),
        ~extends,
    )


def _looked_at_late(request_id: InstrumentedAttribute[uuid.UUID], before: datetime) -> ColumnElement[bool]:
    review = aliased(Review)
    return exists().where(
        review.request_id == request_id, or_(review.closed_at.is_(None), review.closed_at >= before)
    )


def released(session: Session, grants: Sequence[Grant], *, before: datetime) -> list[Assignment]:
    """Return the assignments that only these grants still refer to, and that AWS has not."""
    others = aliased(Grant)
    kept = exists().where(
        others.assignment_id == Assignment.id, others.id.not_in([grant.id for grant in grants])
    )
    gone = (
        select(Assignment)
        .where(
            Assignment.id.in_({grant.assignment_id for grant in grants}),
            Assignment.provenance == Provenance.NONE,
            Assignment.observed == Observed.ABSENT,
            Assignment.observed_since < before,
            Assignment.operation_kind.is_(None),
            Assignment.claim_id.is_(None),
            Assignment.next_attempt_at.is_(None),
            Assignment.force_closed_at.is_(None),
            Assignment.unconfirmed_create_at.is_(None),
            ~kept,
        )
        .order_by(Assignment.id)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(gone))

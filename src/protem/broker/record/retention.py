"""Letting go of the oldest of the record: whole, sealed and signed, with the hashes of its ends kept.

First it is put down what is dropped, then the rows go, batch by batch: a process that dies in between
is picked up by the next run. The database holds to the rules as well, by its own clock.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from protem.broker import audit
from protem.broker.record import documents, sealing
from protem.db.models import (
    AuditEvent,
    Change,
    ChangeState,
    Checkpoint,
    DroppedSegment,
    Grant,
    Request,
    Review,
    Seal,
)
from protem.db.queries.grants import LIVE
from protem.domain.events import EventType
from protem.domain.lifecycle import RequestState

MOST = 50_000
"""Events that are dropped at once, unless the next checkpoint is further on."""
BATCH = 1_000
"""Rows that are deleted in one transaction."""


def drop(session: Session, *, older_than: timedelta, now: datetime) -> DroppedSegment | None:
    """Put down that the oldest stretch of the record is no longer kept; None if nothing is that old.

    What belongs to live grants, pending requests and changes, and open reviews stays, with all that
    came after it.
    """
    if sealing.end(session) is None:  # somebody else is at work on the chain
        return None
    first, previous = _beginning(session)
    checkpoint = _checkpoint(session, first, signed_before=min(now - older_than, *_kept(session), now))
    if checkpoint is None:
        return None
    segment = DroppedSegment(
        first_sequence=first,
        last_sequence=checkpoint.sequence,
        previous_hash=previous,
        last_hash=checkpoint.hash,
        last_occurred_at=_newest(session, first, checkpoint),
        dropped_at=now,
    )
    session.add(segment)
    audit.record(session, EventType.AUDIT_SEGMENT_DROPPED, now=now, facts=_facts(segment))
    return segment


def purge(session: Session, *, limit: int = BATCH) -> int:
    """Delete some of what was dropped, the oldest first; return how many places of the chain that were."""
    if session.get_bind().dialect.name == "postgresql":
        # Whoever serves may not delete. This function may, and what it deletes the owner has decided.
        return int(session.scalars(select(func.protem_purge_dropped(limit))).one())
    first: int | None = session.scalars(select(func.min(Seal.sequence))).one()
    last: int | None = session.scalars(select(func.max(DroppedSegment.last_sequence))).one()
    if first is None or last is None or last < first:
        return 0
    upto = min(last, first + limit - 1)
    gone = select(Seal.event_id).where(Seal.sequence <= upto)
    session.execute(delete(AuditEvent).where(AuditEvent.id.in_(gone)))
    session.execute(delete(Seal).where(Seal.sequence <= upto))
    return upto - first + 1


def _beginning(session: Session) -> tuple[int, str]:
    """Return the first number that is kept, and the hash before it."""
    newest = select(DroppedSegment).order_by(DroppedSegment.last_sequence.desc()).limit(1)
    dropped = session.scalars(newest).one_or_none()
    return (1, sealing.NOTHING) if dropped is None else (dropped.last_sequence + 1, dropped.last_hash)


def _kept(session: Session) -> list[datetime]:
    """Return since when there has been a live grant, a question or a review that is not closed.

    What a checkpoint covers was on record before it was signed, and so before everything that began later.
    """
    live = select(func.min(Request.created_at)).join(Grant, Grant.request_id == Request.id)
    reviewed = select(func.min(Request.created_at)).join(Review, Review.request_id == Request.id)
    begun = (
        live.where(LIVE),
        select(func.min(Request.created_at)).where(Request.state == RequestState.PENDING),
        reviewed.where(Review.closed_at.is_(None)),
        select(func.min(Change.proposed_at)).where(Change.state == ChangeState.PENDING),
    )
    found: list[datetime | None] = [session.scalars(first).one() for first in begun]
    return [instant for instant in found if instant is not None]


def _checkpoint(session: Session, first: int, *, signed_before: datetime) -> Checkpoint | None:
    """Return where to cut: as far on as is allowed and not too far for one transaction."""
    usable = select(Checkpoint).where(Checkpoint.sequence >= first, Checkpoint.signed_at < signed_before)
    near = usable.where(Checkpoint.sequence < first + MOST).order_by(Checkpoint.sequence.desc())
    far = usable.order_by(Checkpoint.sequence)
    found = (session.scalars(some.limit(1)).one_or_none() for some in (near, far))
    return next((checkpoint for checkpoint in found if checkpoint is not None), None)


def _newest(session: Session, first: int, last: Checkpoint) -> datetime:
    newest = select(func.max(AuditEvent.occurred_at)).join(Seal, Seal.event_id == AuditEvent.id)
    found: datetime | None = session.scalars(newest.where(Seal.sequence.between(first, last.sequence))).one()
    return last.signed_at if found is None else found  # the rows may all have been gone before


def _facts(segment: DroppedSegment) -> dict[str, object]:
    return {
        "first_sequence": segment.first_sequence,
        "last_sequence": segment.last_sequence,
        "previous_hash": segment.previous_hash,
        "last_hash": segment.last_hash,
        "last_occurred_at": documents.instant(segment.last_occurred_at),
    }

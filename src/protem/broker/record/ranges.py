"""Which stretch of the chain is wanted: times are not in its order, numbers are."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from protem.broker.record.sealing import NOTHING
from protem.db.models import AuditEvent, Chain, DroppedSegment, Seal

_LATE = timedelta(hours=1)
"""By how much an event may be older than one that was sealed before it, and still be found by its time."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive events, none if ``last`` comes before ``first``; ``previous`` is the hash before them."""

    first: int
    last: int
    previous: str


def stretch(
    session: Session,
    chain: Chain,
    *,
    since: datetime | None,
    until: datetime | None,
    after_sequence: int | None,
) -> Stretch:
    """Return the shortest stretch with every event of ``[since, until)`` that comes after a number."""
    first = max((after_sequence or 0) + 1, 1 if since is None else _first(session, chain, since))
    last = chain.sequence if until is None else _last(session, until)
    first = min(first, chain.sequence + 1)
    begun = _dropped(session, first)
    if begun is not None:  # what is between its ends can no longer be proved
        first = begun.first_sequence
    ended = _dropped(session, last)
    if ended is not None and last >= first:
        last = ended.last_sequence
    return Stretch(first, max(last, first - 1), _hash(session, first - 1))


def _first(session: Session, chain: Chain, since: datetime) -> int:
    dropped = session.scalars(
        select(func.min(DroppedSegment.first_sequence)).where(DroppedSegment.last_occurred_at >= since)
    ).one()
    begin = _time(session, func.min(AuditEvent.occurred_at), AuditEvent.occurred_at >= since)
    kept = None if begin is None else _seals(session, func.min(Seal.sequence), begin, begin + _LATE)
    return min(found for found in (dropped, kept, chain.sequence + 1) if found is not None)


def _last(session: Session, until: datetime) -> int:
    dropped = session.scalars(
        select(func.max(DroppedSegment.last_sequence)).where(DroppedSegment.last_occurred_at < until)
    ).one()
    end = _time(session, func.max(AuditEvent.occurred_at), AuditEvent.occurred_at < until)
    kept = None if end is None else _seals(session, func.max(Seal.sequence), end - _LATE, end)
    return max(found for found in (dropped, kept, 0) if found is not None)


def _time(
    session: Session, which: ColumnElement[datetime], condition: ColumnElement[bool]
) -> datetime | None:
    found: datetime | None = session.scalars(select(which).where(condition)).one()
    return found


def _seals(session: Session, which: ColumnElement[int], begin: datetime, end: datetime) -> int | None:
    within = AuditEvent.occurred_at.between(begin, end)
    found: int | None = session.scalars(
        select(which).join(AuditEvent, AuditEvent.id == Seal.event_id).where(within)
    ).one()
    return found


def _dropped(session: Session, sequence: int) -> DroppedSegment | None:
    return session.scalars(
        select(DroppedSegment).where(
            DroppedSegment.first_sequence <= sequence, DroppedSegment.last_sequence >= sequence
        )
    ).first()


def _hash(session: Session, sequence: int) -> str:
    if sequence == 0:
        return NOTHING
    sealed = session.scalars(select(Seal.hash).where(Seal.sequence == sequence)).first()
    ended = select(DroppedSegment.last_hash).where(DroppedSegment.last_sequence == sequence)
    return sealed or session.scalars(ended).first() or NOTHING

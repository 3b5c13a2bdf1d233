"""Which stretch of the chain is wanted: times are not in its order, numbers are."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from protem.broker.record.sealing import NOTHING
from protem.db.models import AuditEvent, Chain, DroppedSegment, Seal

_LATE = timedelta(hours=1)
"""By how much an event may be older than one that was sealed before it, and still be found by its time."""


_EVER = (datetime(1, 1, 3, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))
_NEVER = 2**53


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
    begin, end = since or _EVER[0], until or _EVER[1]
    first = max((after_sequence or 0) + 1, 1 if since is None else _first(session, begin, end))
    last = chain.sequence if until is None else _last(session, begin, end)
    first = min(first, chain.sequence + 1)
    begun = _dropped(session, first)
    if begun is not None:  # what is between its ends can no longer be proved
        first = begun.first_sequence
    ended = _dropped(session, last)
    if ended is not None and last >= first:
        last = ended.last_sequence
    return Stretch(first, max(last, first - 1), _hash(session, first - 1))


def _first(session: Session, begin: datetime, end: datetime) -> int:
    dropped_there = DroppedSegment.last_occurred_at >= begin
    dropped = _number(session, select(func.min(DroppedSegment.first_sequence)).where(dropped_there))
    earliest = _time(session, func.min(AuditEvent.occurred_at), begin, end)
    kept = earliest and _seal(session, func.min(Seal.sequence), earliest, min(earliest + _LATE, end))
    return min(dropped or _NEVER, kept or _NEVER)


def _last(session: Session, begin: datetime, end: datetime) -> int:
    before = DroppedSegment.last_occurred_at < end
    dropped = _number(session, select(func.max(DroppedSegment.last_sequence)).where(before))
    # The first that ends later may have begun earlier: nobody can tell any more.
    across = _number(session, select(func.min(DroppedSegment.last_sequence)).where(~before))
    latest = _time(session, func.max(AuditEvent.occurred_at), begin, end)
    kept = latest and _seal(session, func.max(Seal.sequence), max(latest - _LATE, begin), end)
    return max(dropped or 0, kept or across or 0)


def _time(
    session: Session, which: ColumnElement[datetime], begin: datetime, end: datetime
) -> datetime | None:
    found: datetime | None = session.scalars(select(which).where(_within(begin, end))).one()
    return found


def _seal(session: Session, which: ColumnElement[int], begin: datetime, end: datetime) -> int | None:
    sealed = select(which).join(AuditEvent, AuditEvent.id == Seal.event_id)
    return _number(session, sealed.where(_within(begin, end)))


def _within(begin: datetime, end: datetime) -> ColumnElement[bool]:
    return and_(AuditEvent.occurred_at >= begin, AuditEvent.occurred_at < end)


def _number(session: Session, query: Select[int]) -> int | None:
    found: int | None = session.scalars(query).one()
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

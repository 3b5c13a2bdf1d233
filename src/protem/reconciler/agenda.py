"""What wants attention now, in the order in which it gets it."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from protem.db.models import Act, Assignment, Observed, Provenance
from protem.identity_center.values import AssignmentKey
from protem.reconciler import plan
from protem.reconciler.traffic import claimed, key, owed_sketch

_TURNS = 8
_MOST = 200
"""How many rows of each urgency are looked at in one go."""
_ENDING = 0


@dataclass(frozen=True, slots=True)
class Due:
    """A row that wants attention, with what can be told of it without opening it."""

    assignment_id: uuid.UUID
    version: int
    key: AssignmentKey
    owed: bool
    observed: Observed
    observed_at: datetime | None
    operation: Act | None
    ours: bool
    attempts: int
    blocked: bool

    def wants_listing(self, now: datetime) -> bool:
        """Tell whether a listing is what it waits for, as far as can be told."""
        if self.operation is not None:
            return False
        fresh = self.observed_at is not None and now - self.observed_at <= plan.FRESH
        match self.observed:
            case Observed.UNKNOWN:
                return True
            case Observed.ABSENT:
                return not fresh
            case Observed.PRESENT:
                return self.owed

    @property
    def only_begins(self) -> bool:
        """Whether a listing would prepare a create, and nothing else."""
        never = self.observed is Observed.UNKNOWN and self.observed_at is None and not self.ours
        return self.owed and (never or self.observed is Observed.ABSENT)

    def is_prepared(self, now: datetime) -> bool:
        """Tell whether it can be created as soon as there is a slot."""
        return self.owed and self.observed is Observed.ABSENT and not self.wants_listing(now)

    @property
    def wants_delete(self) -> bool:
        return not self.owed and self.operation is None and self.observed is Observed.PRESENT and self.ours


def due(session: Session, *, now: datetime, fence: int) -> list[Due]:
    """Return rows to look at: endings first, and a few of each account before more of any."""
    rank = _rank(now)
    order = (
        Assignment.operation_kind.is_(None),
        rank,
        Assignment.next_attempt_at,
        Assignment.principal_id,
        Assignment.id,
    )
    turn = func.row_number().over(partition_by=Assignment.account_id, order_by=order).label("turn")
    ready = (
        select(Assignment.id, turn, rank.label("rank"))
        .where(Assignment.next_attempt_at <= now, ~claimed(fence, now))
        .subquery()
    )
    query = (
        select(Assignment, ready.c.rank, owed_sketch(now))
        .join(ready, ready.c.id == Assignment.id)
        .where(ready.c.turn <= _TURNS)
        .order_by(
            ready.c.rank, ready.c.turn, Assignment.next_attempt_at, Assignment.principal_id, Assignment.id
        )
        .limit(_MOST)
    )
    found = [
        *session.execute(query.where(ready.c.rank == _ENDING)),
        *session.execute(query.where(ready.c.rank != _ENDING)),
    ]
    return [_due(row, owed=owed) for row, _, owed in found]


def next_due(session: Session, *, now: datetime) -> datetime | None:
    """Return the earliest instant after ``now`` at which some row wants attention."""
    later = select(func.min(Assignment.next_attempt_at)).where(Assignment.next_attempt_at > now)
    return session.scalars(later).one()


def _rank(now: datetime) -> ColumnElement[int]:
    """Order by urgency; what only waits for its turn to be made comes last, lest it hide the rest."""
    absent = Assignment.observed == Observed.ABSENT
    return case(
        (or_(~owed_sketch(now), Assignment.operation_kind.is_not(None)), _ENDING),
        # Its absence was just listed: created now, or listed again for nothing.
        (and_(absent, Assignment.observed_at >= now - plan.FRESH), 1),
        (absent, 3),
        else_=2,
    )


def _due(row: Assignment, *, owed: bool) -> Due:
    return Due(
        assignment_id=row.id,
        version=row.version,
        key=key(row),
        owed=owed,
        observed=row.observed,
        observed_at=row.observed_at,
        operation=row.operation_kind,
        ours=row.provenance is Provenance.BROKERED or row.unconfirmed_create_at is not None,
        attempts=row.attempts,
        blocked=row.blocked_reason is not None,
    )

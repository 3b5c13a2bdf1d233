"""What wants attention now, in the order in which it gets it."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Subquery, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import Session

from protem.db.models import Act, Assignment, Observed, Provenance
from protem.db.types import UtcDateTime
from protem.identity_center.values import AssignmentKey
from protem.reconciler import plan
from protem.reconciler.traffic import CLAIMED, NOW, OWED, key, parameters

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
    rank: int
    turn: int
    """How many rows of its account come before it, and itself."""

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
    given = parameters(now, fence)
    found = [*session.execute(_ENDINGS, given), *session.execute(_OTHERS, given)]
    return [_due(row) for row in found]


def in_turn(ready: Iterable[Due], served: Mapping[str, float]) -> list[Due]:
    """Order by urgency, and among accounts by whose turn it is: the one that was served longest ago."""
    never = float("-inf")
    return sorted(ready, key=lambda due: (due.rank, due.turn, served.get(due.key.account_id, never)))


def next_due(session: Session, *, now: datetime) -> datetime | None:
    """Return the earliest instant after ``now`` at which some row wants attention."""
    return session.scalars(_NEXT, {"now": now}).one()


def _due(row: Row[Any]) -> Due:
    return Due(
        assignment_id=row.id,
        version=row.version,
        key=key(row),
        owed=row.owed,
        observed=row.observed,
        observed_at=row.observed_at,
        operation=row.operation_kind,
        ours=row.provenance is Provenance.BROKERED or row.unconfirmed_create_at is not None,
        attempts=row.attempts,
        blocked=row.blocked_reason is not None,
        rank=row.rank,
        turn=row.turn,
    )


def _rank() -> ColumnElement[int]:
    """Order by urgency; what only waits for its turn to be made comes last, lest it hide the rest."""
    absent = Assignment.observed == Observed.ABSENT
    return case(
        (or_(~OWED, Assignment.operation_kind.is_not(None)), _ENDING),
        # Its absence was just listed: created now, or listed again for nothing.
        (and_(absent, Assignment.observed_at >= bindparam("fresh_after", type_=UtcDateTime())), 1),
        (absent, 3),
        else_=2,
    )


def _ready() -> Subquery:
    order = (
        Assignment.operation_kind.is_(None),
        _rank(),
        Assignment.next_attempt_at,
        Assignment.principal_id,
        Assignment.id,
    )
    turn = func.row_number().over(partition_by=Assignment.account_id, order_by=order)
    return (
        select(
            Assignment.id,
            Assignment.version,
            Assignment.instance_arn,
            Assignment.account_id,
            Assignment.permission_set_arn,
            Assignment.principal_type,
            Assignment.principal_id,
            Assignment.observed,
            Assignment.observed_at,
            Assignment.operation_kind,
            Assignment.provenance,
            Assignment.unconfirmed_create_at,
            Assignment.attempts,
            Assignment.blocked_reason,
            Assignment.next_attempt_at,
            OWED.label("owed"),
            _rank().label("rank"),
            turn.label("turn"),
        )
        .where(Assignment.next_attempt_at <= NOW, ~CLAIMED)
        .subquery()
    )


_READY = _ready()
_IN_TURN = (
    select(_READY)
    .where(_READY.c.turn <= _TURNS)
    .order_by(_READY.c.rank, _READY.c.turn, _READY.c.next_attempt_at, _READY.c.principal_id, _READY.c.id)
    .limit(_MOST)
)
_ENDINGS = _IN_TURN.where(_READY.c.rank == _ENDING)
_OTHERS = _IN_TURN.where(_READY.c.rank != _ENDING)
_NEXT = select(func.min(Assignment.next_attempt_at)).where(Assignment.next_attempt_at > NOW)

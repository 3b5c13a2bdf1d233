"""Everything that one file of history is about, as it is in the store, and as plain JSON."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from protem.broker.history.choosing import Chosen, released
from protem.broker.proposals.proposing import SECRET
from protem.broker.record import canonical, documents
from protem.db.models import Assignment, Change, Decision, Grant, Involved, Request, Review, Table, Target

Row = TypeVar("Row", bound=Table)


@dataclass(frozen=True, slots=True)
class Family:
    """One request for something new, and all that came of it."""

    request: Request
    extensions: Sequence[Request]
    grants: Sequence[Grant]
    reviews: Sequence[Review]
    others: Sequence[Target | Decision | Involved]

    @property
    def requests(self) -> tuple[Request, ...]:
        return (self.request, *self.extensions)

    @property
    def rows(self) -> tuple[Table, ...]:
        return (*self.requests, *self.grants, *self.reviews, *self.others)


@dataclass(frozen=True, slots=True)
class Batch:
    """What goes at once: into one file, and out of the store in one transaction."""

    chosen: Chosen
    before: datetime
    families: tuple[Family, ...]
    assignments: tuple[Assignment, ...]
    changes: tuple[Change, ...]

    @property
    def digest(self) -> str:
        """Tell by a hash whether any row of it is another one by now."""
        rows = [row for family in self.families for row in family.rows]
        return canonical.digest([plain(row) for row in (*rows, *self.assignments, *self.changes)])


def load(session: Session, chosen: Chosen, *, before: datetime) -> Batch:
    """Read everything that was chosen, as it is now."""
    families = tuple(_families(session, chosen.requests))
    grants = [grant for family in families for grant in family.grants]
    return Batch(
        chosen=chosen,
        before=before,
        families=families,
        assignments=tuple(released(session, grants, before=before)),
        changes=tuple(_read(session, Change, Change.id.in_(chosen.changes), Change.id)),
    )


def plain(row: Table) -> dict[str, Any]:
    """Return a row as JSON: its columns by name, instants in UTC, durations in seconds."""
    found = {column.name: _plain(getattr(row, column.key)) for column in row.__table__.columns}
    if isinstance(row, Change):
        found["payload"] = {name: value for name, value in row.payload.items() if name != SECRET}
    return found


def _families(session: Session, ids: Sequence[uuid.UUID]) -> Iterable[Family]:
    roots = _read(session, Request, Request.id.in_(ids), Request.id)
    grants = _read(session, Grant, Grant.request_id.in_(ids), Grant.request_id, Grant.position)
    whose = {grant.id: grant.request_id for grant in grants}
    extensions = _read(session, Request, Request.extends_grant_id.in_(list(whose)), Request.id)
    root_of = {row.id: row.id for row in roots}
    root_of |= {row.id: whose[row.extends_grant_id] for row in extensions if row.extends_grant_id}
    everything = list(root_of)
    reviews = _read(session, Review, Review.request_id.in_(everything), Review.id)
    others: list[Target | Decision | Involved] = [
        *_read(session, Target, Target.request_id.in_(everything), Target.request_id, Target.position),
        *_read(session, Decision, Decision.request_id.in_(everything), Decision.id),
        *_read(
            session,
            Involved,
            Involved.request_id.in_(everything),
            *(Involved.request_id, Involved.relation, Involved.handle),
        ),
    ]
    for root in roots:
        yield Family(
            request=root,
            extensions=[row for row in extensions if root_of[row.id] == root.id],
            grants=[row for row in grants if row.request_id == root.id],
            reviews=[row for row in reviews if root_of[row.request_id] == root.id],
            others=[row for row in others if root_of[row.request_id] == root.id],
        )


def _read(
    session: Session, table: type[Row], which: ColumnElement[bool], *order: InstrumentedAttribute[Any]
) -> list[Row]:
    found = select(table).where(which).order_by(*order).execution_options(populate_existing=True)
    return list(session.scalars(found))


def _plain(value: Any) -> Any:
    match value:
        case uuid.UUID():
            return str(value)
        case datetime():
            return documents.instant(value)
        case timedelta():
            return int(value.total_seconds())
        case StrEnum():
            return value.value
        case _:
            return value

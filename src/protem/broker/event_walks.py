"""Walks through the record that cost the same however long it is, and whatever they look for.

An event is found by the index over one of the things that it has to meet, in the order of time; the
others are looked at on the way. With only one condition every step is a hit. With more, misses
between two hits could go on for millions of rows: so a page looks at a bounded number of them, and
says where to go on even if it found little, or nothing.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select, tuple_, union_all
from sqlalchemy.orm import Session, aliased

from protem.broker.event_filters import Narrowing
from protem.db.models import AuditEvent

Key = tuple[datetime, uuid.UUID]
"""The place of an event in the order of time; events of one instant follow their ids."""

KINDS = (datetime, uuid.UUID)

BUDGET = 5_000
"""How many rows a page may look at in vain."""

_FIRST = uuid.UUID(int=0)
_NEVER: Key = (datetime.max.replace(tzinfo=UTC), _FIRST)
_KEY = (AuditEvent.occurred_at, AuditEvent.id)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of the record in ``[since, until)`` that is still ahead, in one direction.

    ``after`` is where the page before ended.
    """

    since: datetime | None
    until: datetime | None
    after: Key | None
    backwards: bool

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """At most one bound at either end: an index has use for no more."""
        return [*self._lower(), *self._upper()]

    def order(self, event: Any = AuditEvent) -> list[ColumnElement[Any]]:
        columns = event.occurred_at, event.id
        return [column.desc() if self.backwards else column.asc() for column in columns]

    def upto(self, edge: Key, *, of: Any) -> ColumnElement[bool]:
        """Hold for what is not beyond ``edge``."""
        key = tuple_(of.occurred_at, of.id)
        return key >= edge if self.backwards else key <= edge

    def _lower(self) -> list[ColumnElement[bool]]:
        begin = None if self.since is None else (self.since, _FIRST)
        if self.after and not self.backwards and (begin is None or self.after >= begin):
            return [tuple_(*_KEY) > self.after]
        return [] if begin is None else [tuple_(*_KEY) >= begin]

    def _upper(self) -> list[ColumnElement[bool]]:
        end = None if self.until is None else (self.until, _FIRST)
        if self.after and self.backwards and (end is None or self.after <= end):
            return [tuple_(*_KEY) < self.after]
        return [] if end is None else [tuple_(*_KEY) < end]


@dataclass(frozen=True, slots=True)
class Reach:
    """How far one condition leads if each of its values is followed for ``length`` rows.

    No ``edge`` means to the end.
    """

    by: Narrowing
    length: int
    edge: Key | None


def page(
    session: Session, narrowings: Sequence[Narrowing], stretch: Stretch, *, limit: int, budget: int = BUDGET
) -> tuple[Sequence[AuditEvent], Key | None]:
    """Return the next events that meet all of ``narrowings``, and the key after which to go on."""
    if not all(by.values for by in narrowings):
        return (), None
    if not narrowings:
        every = select(AuditEvent).where(*stretch.conditions)
        return _cut(_first(session, every, stretch, limit + 1), limit, edge=None)
    if len(narrowings) == 1:  # which is never looked along in vain
        best = Reach(narrowings[0], length=limit + 1, edge=None)
    else:
        best = _furthest([_reach(session, by, stretch, budget=budget) for by in narrowings], stretch)
    found = _first(session, _walk(narrowings, best, stretch), stretch, limit + 1)
    return _cut(found, limit, edge=best.edge)


def _reach(session: Session, by: Narrowing, stretch: Stretch, *, budget: int) -> Reach:
    length = max(1, budget // len(by.values))
    return Reach(by, length, edge=_edge(session, by, stretch, length=length))


def _furthest(reaches: Sequence[Reach], stretch: Stretch) -> Reach:
    whole = [reach for reach in reaches if reach.edge is None]
    if whole:
        return min(whole, key=lambda reach: len(reach.by.values))
    choose = min if stretch.backwards else max
    return choose(reaches, key=lambda reach: reach.edge or _NEVER)


def _edge(session: Session, by: Narrowing, stretch: Stretch, *, length: int) -> Key | None:
    """Return up to where nothing is left out if each value is followed for so many rows."""
    edges = []
    for value in by.values:
        keys = select(*_KEY).where(by.column == value, *stretch.conditions).order_by(*stretch.order())
        edges += [(at, id_) for at, id_ in session.execute(keys.offset(length - 1).limit(1))]
    nearest = max if stretch.backwards else min
    return nearest(edges, default=None)


def _walk(narrowings: Sequence[Narrowing], best: Reach, stretch: Stretch) -> Select[AuditEvent]:
    """Return what leads along the best condition, however the database would rather go."""
    others = [by for by in narrowings if by is not best.by]
    parts = [
        select(AuditEvent)
        .where(best.by.column == value, *stretch.conditions)
        .order_by(*stretch.order())
        .limit(best.length)
        .subquery()
        for value in best.by.values
    ]
    whole = union_all(*map(select, parts)).subquery() if len(parts) > 1 else parts[0]
    event = aliased(AuditEvent, whole)
    upto = [] if best.edge is None else [stretch.upto(best.edge, of=event)]
    return select(event).where(*(getattr(event, by.column.key).in_(by.values) for by in others), *upto)


def _first(
    session: Session, statement: Select[AuditEvent], stretch: Stretch, limit: int
) -> Sequence[AuditEvent]:
    event = statement.column_descriptions[0]["entity"]
    return session.scalars(statement.order_by(*stretch.order(event)).limit(limit)).all()


def _cut(
    found: Sequence[AuditEvent], limit: int, *, edge: Key | None
) -> tuple[Sequence[AuditEvent], Key | None]:
    if len(found) <= limit:
        return found, edge
    last = found[limit - 1]
    return found[:limit], (last.occurred_at, last.id)

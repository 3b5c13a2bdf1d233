"""Rows of standing access: written only where Protem itself has no part in the assignment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from protem.broker import audit
from protem.db.models import Assignment, Grant, Observed, Provenance, new_id
from protem.db.queries.changes import rows_changed
from protem.db.queries.grants import LIVE
from protem.db.queries.inserts import insert_unless_there
from protem.db.store import ASSIGNMENTS, announce
from protem.domain.events import EventType
from protem.identity_center.values import Holder, PrincipalType

_SETTLING = timedelta(minutes=10)
"""How long what was last observed is left alone: a listing may lag behind a change of ours."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A permission set in an account: what one listing is about."""

    instance_arn: str
    account_id: str
    permission_set_arn: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What the store knew about a place before AWS was asked."""

    place: Place
    looked_at: datetime
    rows: Mapping[Holder, Assignment]

    def agrees_with(self, holders: frozenset[Holder]) -> bool:
        return not (self.unknown(holders) or self.vanished(holders) or self.returned(holders))

    def unknown(self, holders: frozenset[Holder]) -> list[Holder]:
        """Return the holders that neither Protem brought nor an earlier look found."""
        return sorted(
            (holder for holder in holders if not _accounted_for(self.rows.get(holder))),
            key=lambda holder: holder.principal_id,
        )

    def returned(self, holders: frozenset[Holder]) -> list[Assignment]:
        """Return what Protem brought and gave up, since its account had left: both are back."""
        return [
            row for holder, row in self.rows.items() if row.force_closed_at is not None and holder in holders
        ]

    def vanished(self, holders: frozenset[Holder]) -> list[Assignment]:
        return [row for holder, row in self.rows.items() if _is_standing(row) and holder not in holders]


def read(session: Session, place: Place, *, now: datetime) -> Seen:
    rows = session.scalars(select(Assignment).where(*_in(place))).all()
    return Seen(
        place, now, {Holder(PrincipalType(row.principal_type), row.principal_id): row for row in rows}
    )


def add_found(session: Session, seen: Seen, holders: frozenset[Holder], *, now: datetime) -> int:
    """Record holders as standing; return how many rows let themselves be written."""
    return sum(_add(session, seen, holder, now=now) for holder in seen.unknown(holders))


def mark_vanished(session: Session, seen: Seen, holders: frozenset[Holder], *, now: datetime) -> int:
    """Record that standing access has gone; return how many rows let themselves be written."""
    gone = {"provenance": Provenance.NONE} | _observation(seen, Observed.ABSENT)
    rows = [row for row in seen.vanished(holders) if _change(session, row, gone, seen=seen)]
    for row in rows:
        facts = {"provenance": Provenance.STANDING.value}
        audit.record(session, EventType.ASSIGNMENT_REMOVED_OUTSIDE, row, now=now, facts=facts)
    return len(rows)


def reopen(session: Session, seen: Seen, holders: frozenset[Holder], *, now: datetime) -> int:
    """Have the reconciler delete what was force-closed and is there after all; return how many."""
    return sum(_reopen(session, row, now=now) for row in seen.returned(holders))


def _reopen(session: Session, row: Assignment, *, now: datetime) -> bool:
    closed = update(Assignment).where(Assignment.id == row.id, Assignment.force_closed_at.is_not(None))
    values = {"force_closed_at": None, "next_attempt_at": now, "version": Assignment.version + 1}
    if not rows_changed(session, closed.values(values)):
        return False
    audit.record(session, EventType.ASSIGNMENT_REOPENED, row, now=now)
    announce(session, ASSIGNMENTS)
    return True


def _add(session: Session, seen: Seen, holder: Holder, *, now: datetime) -> bool:
    found = {"provenance": Provenance.STANDING} | _observation(seen, Observed.PRESENT)
    row = seen.rows.get(holder)
    if row is None:
        row = _insert(session, _fresh(seen.place, holder, now=now) | found)
    elif not _change(session, row, found, seen=seen):
        row = None
    if row is not None:
        audit.record(session, EventType.ASSIGNMENT_FOUND_STANDING, row, now=now)
    return row is not None


def _insert(session: Session, values: Mapping[str, Any]) -> Assignment | None:
    """Return the new row; None if Protem has made one for this assignment since AWS was asked."""
    insert_unless_there(session, Assignment, values)
    return session.get(Assignment, values["id"])


def _change(session: Session, row: Assignment, values: Mapping[str, Any], *, seen: Seen) -> bool:
    """Write to a row that is as it was before AWS was asked, and that nobody has plans for."""
    unchanged = and_(Assignment.id == row.id, Assignment.version == row.version)
    change = update(Assignment).where(unchanged, _left_alone(seen)).values(**values, version=row.version + 1)
    return rows_changed(session, change) == 1


def _left_alone(seen: Seen) -> ColumnElement[bool]:
    owed = exists().where(Grant.assignment_id == Assignment.id, LIVE)
    return and_(
        Assignment.provenance != Provenance.BROKERED,
        Assignment.claim_id.is_(None),
        Assignment.operation_kind.is_(None),
        Assignment.unconfirmed_create_at.is_(None),
        Assignment.next_attempt_at.is_(None),
        or_(Assignment.observed_since.is_(None), Assignment.observed_since <= seen.looked_at - _SETTLING),
        ~owed,
    )


def _accounted_for(row: Assignment | None) -> bool:
    return row is not None and (row.provenance is Provenance.BROKERED or _is_standing(row))


def _is_standing(row: Assignment) -> bool:
    return row.provenance is Provenance.STANDING and row.observed is Observed.PRESENT


def _observation(seen: Seen, observed: Observed) -> dict[str, Any]:
    return {"observed": observed, "observed_at": seen.looked_at, "observed_since": seen.looked_at}


def _in(place: Place) -> tuple[ColumnElement[bool], ...]:
    return (
        Assignment.instance_arn == place.instance_arn,
        Assignment.account_id == place.account_id,
        Assignment.permission_set_arn == place.permission_set_arn,
    )


def _fresh(place: Place, holder: Holder, *, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "instance_arn": place.instance_arn,
        "account_id": place.account_id,
        "permission_set_arn": place.permission_set_arn,
        "principal_type": holder.principal_type.value,
        "principal_id": holder.principal_id,
        "attempts": 0,
        "version": 1,
        "created_at": now,
    }

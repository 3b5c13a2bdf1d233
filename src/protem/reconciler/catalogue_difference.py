"""Write what has changed in AWS, and only that; what vanished is marked, since history names it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import String, delete, insert, inspect, select, update
from sqlalchemy.orm import Session

from protem.db.models import Membership, Table
from protem.db.queries.changes import rows_changed
from protem.domain.texts import readable
from protem.reconciler.catalogue_snapshot import Row, Snapshot

_CHUNK = 500
"""Values in one IN list; SQLite allows 32,766 parameters, and plans get slow long before."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is new, different or gone."""

    kind: str
    what: str
    id: str
    name: str


@dataclass
class Difference:
    """Everything that was written."""

    changes: list[Change] = field(default_factory=list)

    def counts(self) -> dict[str, dict[str, int]]:
        counts: dict[str, dict[str, int]] = {}
        for change in self.changes:
            of_kind = counts.setdefault(change.kind, {})
            of_kind[change.what] = of_kind.get(change.what, 0) + 1
        return counts


def write(session: Session, snapshot: Snapshot, *, now: datetime) -> Difference:
    """Make the tables say what the snapshot says."""
    difference = Difference()
    for table, rows in snapshot.rows.items():
        _write_table(session, table, rows, now=now, into=difference)
    _write_memberships(session, snapshot.memberships, into=difference)
    return difference


def _write_table(
    session: Session, table: type[Table], rows: Iterable[Row], *, now: datetime, into: Difference
) -> None:
    key = inspect(table).primary_key[0].name
    columns = table.__table__.columns
    wanted = {row[key]: _storable(table, row) | {"removed_at": None} for row in rows}
    known = {row[key]: dict(row) for row in session.execute(select(*columns)).mappings()}
    found = {
        "added": [row for id_, row in wanted.items() if id_ not in known],
        "changed": [row for id_, row in wanted.items() if row != known.get(id_, row)],
        "removed": [
            row | {"removed_at": now}
            for id_, row in known.items()
            if id_ not in wanted and row["removed_at"] is None
        ],
    }
    for what, which in found.items():
        if which:
            session.execute(insert(table) if what == "added" else update(table), which)
        into.changes += [Change(table.__tablename__, what, row[key], _name(row)) for row in which]


def _write_memberships(session: Session, wanted: frozenset[tuple[str, str]], *, into: Difference) -> None:
    columns = (Membership.group_id, Membership.principal_id)
    known = {(row.group_id, row.principal_id) for row in session.execute(select(*columns))}
    added, gone = sorted(wanted - known), sorted(known - wanted)
    if added:
        session.execute(insert(Membership), [{"group_id": g, "principal_id": p} for g, p in added])
    for group_id, leaving in groupby(gone, key=itemgetter(0)):
        _leave(session, group_id, [member for _, member in leaving])
    for what, which in (("added", added), ("removed", gone)):
        into.changes += [Change(Membership.__tablename__, what, group, member) for group, member in which]


def _leave(session: Session, group_id: str, members: Sequence[str]) -> None:
    for start in range(0, len(members), _CHUNK):
        some = Membership.principal_id.in_(members[start : start + _CHUNK])
        rows_changed(session, delete(Membership).where(Membership.group_id == group_id, some))


def _name(row: Mapping[str, Any]) -> str:
    return str(row.get("name") or row.get("user_name") or "")


def _storable(table: type[Table], row: Row) -> Row:
    """Return the row as every database can keep it.

    Whoever may tag an account may write what PostgreSQL refuses; one such text would otherwise keep
    the whole catalogue, and so everybody's removal from a group, from being read.
    """
    lengths = {
        column.name: column.type.length
        for column in table.__table__.columns
        if isinstance(column.type, String)
    }
    return {name: _clean(value, lengths.get(name)) for name, value in row.items()}


def _clean(value: Any, length: int | None = None) -> Any:
    match value:
        case str():
            return readable(value)[:length]
        case dict():
            return {_clean(name): _clean(member) for name, member in value.items()}
        case _:
            return value

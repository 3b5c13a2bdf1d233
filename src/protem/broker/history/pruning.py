"""Letting go of what a file holds, if it is in the store just as it is in the file."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from protem.broker import audit
from protem.broker.history import batches
from protem.broker.history.batches import Batch
from protem.broker.record import documents
from protem.db.models import (
    Assignment,
    Change,
    Decision,
    Grant,
    HistoryExport,
    Involved,
    Pruned,
    PrunedKind,
    Request,
    Review,
    Target,
)
from protem.db.queries.changes import rows_changed
from protem.domain.events import EventType


class Moved(Exception):
    """Something is not as it was when it was written down; nothing was deleted."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of history that is safely on the disk."""

    number: int
    name: str
    sha256: str
    size: int


def next_number(session: Session) -> int:
    """Return the number of the file that is written next."""
    last: int | None = session.scalars(select(func.max(HistoryExport.number))).one()
    return (last or 0) + 1


def prune(session: Session, batch: Batch, digest: str, file: File, *, now: datetime) -> None:
    """Delete a batch of which ``file`` holds everything; raises ``Moved`` if it is not what it was.

    ``digest`` is that of the batch as it was written.
    """
    if next_number(session) != file.number:
        raise Moved("another file has this number by now")
    _hold(session, batch)
    again = batches.load(session, batch.chosen, before=batch.before)
    if again.digest != digest:
        raise Moved("what was to be pruned has changed")
    session.add(
        HistoryExport(
            number=file.number,
            file=file.name,
            sha256=file.sha256,
            size=file.size,
            ended_before=batch.before,
            exported_at=now,
        )
    )
    session.flush()
    session.execute(insert(Pruned), list(_left(again, file.number)))
    _delete(session, again)
    audit.record(session, EventType.HISTORY_PRUNED, now=now, facts=_facts(again, file))


def _hold(session: Session, batch: Batch) -> None:
    """Take the rows that others could refer to; who holds one of them may be about to."""
    for table, ids in (
        (Request, [request.id for family in batch.families for request in family.requests]),
        (Assignment, [row.id for row in batch.assignments]),
    ):
        free = select(table.id).where(table.id.in_(ids)).order_by(table.id)
        if len(session.scalars(free.with_for_update(skip_locked=True)).all()) < len(ids):
            raise Moved("somebody is at work on what was to be pruned")


def _left(batch: Batch, export: int) -> Iterator[dict[str, Any]]:
    """Yield what stays of each thing: where it went."""

    def row(kind: PrunedKind, id_: uuid.UUID, about: uuid.UUID | None = None) -> dict[str, Any]:
        return {"kind": kind, "id": id_, "about_id": about, "export": export}

    for family in batch.families:
        for request in family.requests:
            yield row(PrunedKind.REQUEST, request.id, request.extends_grant_id)
        for grant in family.grants:
            yield row(PrunedKind.GRANT, grant.id, grant.request_id)
    for assignment in batch.assignments:
        yield row(PrunedKind.ASSIGNMENT, assignment.id)
    for change in batch.changes:
        yield row(PrunedKind.CHANGE, change.id)


def _delete(session: Session, batch: Batch) -> None:
    requests = [request.id for family in batch.families for request in family.requests]
    for table in (Review, Decision, Target, Involved, Grant):
        rows_changed(session, delete(table).where(table.request_id.in_(requests)))
    rows_changed(session, delete(Request).where(Request.id.in_(requests)))
    _delete_all(session, Assignment, [row.id for row in batch.assignments])
    _delete_all(session, Change, [row.id for row in batch.changes])


def _delete_all(session: Session, table: type[Assignment] | type[Change], ids: Sequence[uuid.UUID]) -> None:
    if ids:
        rows_changed(session, delete(table).where(table.id.in_(ids)))


def _facts(batch: Batch, file: File) -> dict[str, Any]:
    return {
        "export": file.number,
        "file": file.name,
        "sha256": file.sha256,
        "size": file.size,
        "ended_before": documents.instant(batch.before),
        "requests": sum(len(family.requests) for family in batch.families),
        "grants": sum(len(family.grants) for family in batch.families),
        "assignments": len(batch.assignments),
        "changes": len(batch.changes),
    }

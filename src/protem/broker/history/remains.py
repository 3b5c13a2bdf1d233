"""What can still be told of things that were let go of: where they went, and what the record has of them."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from protem.broker.callers import Caller
from protem.broker.record import documents
from protem.db.models import AuditEvent, HistoryExport, Pruned, PrunedKind
from protem.domain.authority import Relation, Verb, may
from protem.domain.errors import NotFound
from protem.domain.events import EventType

_CONCERNING: dict[PrunedKind, InstrumentedAttribute[Any]] = {
    PrunedKind.REQUEST: AuditEvent.request_id,
    PrunedKind.GRANT: AuditEvent.grant_id,
}


@dataclass(frozen=True, slots=True)
class Remains:
    """A grant that was let go of, as the record knows it."""

    id: uuid.UUID
    request_id: uuid.UUID
    assignment_id: uuid.UUID


def absence(session: Session, caller: Caller, kind: PrunedKind, id_: uuid.UUID, verb: Verb) -> NotFound:
    """Return why something is not there: for who could have seen it, with where it went."""
    export = session.scalars(
        select(HistoryExport)
        .join(Pruned, Pruned.export == HistoryExport.number)
        .where(Pruned.id == id_, Pruned.kind == kind)
    ).first()
    if export is None or not may(verb, caller.relations | relations(session, caller, kind, id_)):
        return NotFound(f"there is no such {kind.value}, or it is not yours to see")
    facts = {
        "file": export.file,
        "sha256": export.sha256,
        "exported_at": documents.instant(export.exported_at),
    }
    return NotFound(
        f"this {kind.value} was over for long, and is kept no longer: it is in the file {export.file} of the"
        f" exported history",
        facts=facts,
    )


def relations(session: Session, caller: Caller, kind: PrunedKind, id_: uuid.UUID) -> frozenset[Relation]:
    """Return how ``caller`` stood to something that was let go of, as far as the record tells."""
    if caller.person is None:
        return frozenset()
    theirs = select(AuditEvent.id).where(
        _CONCERNING[kind] == id_, AuditEvent.principal_id == caller.person.id
    )
    return frozenset({Relation.BENEFICIARY} if session.scalars(theirs.limit(1)).first() else ())


def grant(session: Session, caller: Caller, grant_id: uuid.UUID, verb: Verb) -> Remains | None:
    """Return what is left of a grant that was let go of, if ``caller`` may do this to it."""
    if session.get(Pruned, grant_id) is None:
        return None
    theirs = relations(session, caller, PrunedKind.GRANT, grant_id)
    if not may(verb, caller.relations | theirs):
        return None
    caller.require(verb, *theirs)
    begun = select(AuditEvent).where(
        AuditEvent.grant_id == grant_id, AuditEvent.type == EventType.GRANT_CREATED.value
    )
    event = session.scalars(begun).first()
    if event is None or event.request_id is None or event.assignment_id is None:
        return None
    return Remains(grant_id, event.request_id, event.assignment_id)

"""Receipts: what became of one grant, with the sealed events that show it, under one signature."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, union
from sqlalchemy.orm import Session

from protem.broker import visibility
from protem.broker.callers import Caller
from protem.broker.history import remains
from protem.broker.history.remains import Remains
from protem.broker.record import documents
from protem.broker.record.sealing import NOTHING
from protem.broker.record.signing import SigningKey
from protem.db.models import AuditEvent, Chain, DroppedSegment, Grant, Pruned, PrunedKind, Request, Seal
from protem.domain import receipts
from protem.domain.authority import Verb
from protem.domain.errors import ReceiptGone, ReceiptNotReady, SigningKeyMissing
from protem.domain.events import EventType
from protem.domain.lifecycle import LIVE_GRANT_STATES
from protem.domain.receipts import Untold

KIND = "protem-receipt"
VERSION = 1

Found = tuple[AuditEvent, Seal]


def issue(
    session: Session, caller: Caller, grant_id: uuid.UUID, *, key: SigningKey | None, now: datetime
) -> dict[str, Any]:
    """Return the signed receipt of a grant that is over.

    Raises ``ReceiptNotReady`` with what is missing, ``ReceiptGone`` once its events are no longer
    kept, or ``SigningKeyMissing``.
    """
    grant = remains.grant(session, caller, grant_id, Verb.GRANTS_RECEIPT) or _over(session, caller, grant_id)
    if key is None:
        raise SigningKeyMissing("this installation has no key, so nobody could tell a receipt from a forgery")
    chain = session.scalars(select(Chain)).one()
    entries = _entries(session, _sealed(session, grant))
    return key.sign(
        {
            "kind": KIND,
            "version": VERSION,
            "log": str(chain.log),
            "issued_at": documents.instant(now),
            "sealed_sequence": chain.sequence,
            "summary": _summary(grant, entries),
            "entries": entries,
        }
    )


def _over(session: Session, caller: Caller, grant_id: uuid.UUID) -> Grant:
    grant, request = visibility.grant(session, caller, grant_id)
    caller.require(Verb.GRANTS_RECEIPT, *visibility.relations_to(session, caller, request))
    if grant.state in LIVE_GRANT_STATES:
        facts = {"missing": "the end", "state": grant.state.value}
        raise ReceiptNotReady(f"the grant is {grant.state}, and not over", facts=facts)
    return grant


def concerns(event: dict[str, Any], *, grant_id: str, requests: frozenset[str]) -> bool:
    """Tell whether an event belongs on the receipt of a grant that came of these requests."""
    if event.get("grant_id") is not None:
        return bool(event["grant_id"] == grant_id)
    facts = event.get("facts")
    extends = isinstance(facts, dict) and facts.get("extends_grant_id") == grant_id
    return extends or event.get("request_id") in requests


def _summary(grant: Grant | Remains, entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    try:
        return receipts.summary(str(grant.id), [entry["event"] for entry in entries])
    except Untold as untold:
        raise ReceiptGone(f"the record does not tell all of it any more: {untold}") from None


def _sealed(session: Session, grant: Grant | Remains) -> Sequence[Found]:
    found: Sequence[Any] = session.execute(
        select(AuditEvent, Seal)
        .outerjoin(Seal, Seal.event_id == AuditEvent.id)
        .where(or_(*_about(session, grant)))
        .order_by(Seal.sequence)
    ).all()
    waiting = [event.type for event, seal in found if seal is None]
    if waiting:
        facts = {"missing": "seals", "unsealed": sorted(waiting)}
        raise ReceiptNotReady(
            f"{len(waiting)} of its events have no place in the record yet; try again", facts=facts
        )
    return [(event, seal) for event, seal in found]


def _about(session: Session, grant: Grant | Remains) -> list[Any]:
    """Return conditions: about the grant, what was asked for it, and its assignment as long as it is its."""
    extensions = select(Request.id).where(Request.extends_grant_id == grant.id)
    pruned = select(Pruned.id).where(Pruned.about_id == grant.id, Pruned.kind == PrunedKind.REQUEST)
    asked = [grant.request_id, *session.scalars(union(extensions, pruned))]
    until = _next_life(session, grant)
    # By places in the record: times are of several processes, and not in its order.
    begun = _place(session, AuditEvent.grant_id == grant.id, AuditEvent.type == EventType.GRANT_CREATED.value)
    later = Seal.sequence > (begun or 0)
    assignment = [
        AuditEvent.assignment_id == grant.assignment_id,
        AuditEvent.grant_id.is_(None),
        or_(later, Seal.sequence.is_(None)) if until is None else and_(later, Seal.sequence < until),
    ]
    return [
        AuditEvent.grant_id == grant.id,
        and_(AuditEvent.request_id.in_(asked), AuditEvent.grant_id.is_(None)),
        and_(*assignment),
    ]


def _next_life(session: Session, grant: Grant | Remains) -> int | None:
    """Return where the assignment began to be somebody else's business, if that was after the end."""
    over = _place(session, AuditEvent.grant_id == grant.id, AuditEvent.type.in_(receipts.OVER))
    if over is None:
        return None
    return _place(
        session,
        AuditEvent.assignment_id == grant.assignment_id,
        AuditEvent.type == EventType.GRANT_CREATED.value,
        Seal.sequence > over,
    )


def _place(session: Session, *what: ColumnElement[bool]) -> int | None:
    """Return the number of the first such event."""
    found = select(func.min(Seal.sequence)).join(AuditEvent, AuditEvent.id == Seal.event_id).where(*what)
    place: int | None = session.scalars(found).one()
    return place


def _entries(session: Session, found: Sequence[Found]) -> list[dict[str, Any]]:
    before = _hashes(session, {seal.sequence - 1 for _, seal in found})
    return [
        {
            "sequence": seal.sequence,
            "previous": _before(seal, before),
            "event": documents.sealed(event.id, event),
            "hash": seal.hash,
        }
        for event, seal in found
    ]


def _before(seal: Seal, hashes: Mapping[int, str]) -> str:
    if seal.sequence == 1:
        return NOTHING
    try:
        return hashes[seal.sequence - 1]
    except KeyError:
        raise ReceiptGone(f"event {seal.sequence - 1} of the record has just been let go of") from None


def _hashes(session: Session, sequences: set[int]) -> dict[int, str]:
    sealed = session.execute(select(Seal.sequence, Seal.hash).where(Seal.sequence.in_(sequences)))
    dropped = session.execute(
        select(DroppedSegment.last_sequence.label("sequence"), DroppedSegment.last_hash.label("hash")).where(
            DroppedSegment.last_sequence.in_(sequences)
        )
    )
    return {row.sequence: row.hash for row in (*dropped, *sealed)}

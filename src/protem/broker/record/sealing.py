"""The sealer: gives each committed event its number and its hash, after the fact.

Writers never touch the chain. The database queues each event as it is written; whatever of the
queue can be seen is sealed, so that an event that commits late comes later, and none is left out.
An event's place in the queue is taken while its writer holds the rows that it writes about, and the
next writer of these rows can only begin after the commit: events about one thing keep their order.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from protem.broker.record import canonical, documents
from protem.db.models import AuditEvent, Chain, Seal, UnsealedEvent
from protem.db.store import SEALED, announce

LIMIT = 500
"""How many events are sealed in one transaction."""

NOTHING = "0" * 64
"""Stands for the hash before the first."""

_log = structlog.get_logger("protem.audit")

Vanished = Callable[[uuid.UUID], None]


def seal(session: Session, *, limit: int = LIMIT, vanished: Vanished | None = None) -> int:
    """Seal what waits, in the order of the queue, and return how many events that were.

    At most ``limit``; none while another sealer is at work. ``vanished`` hears of each event whose
    row is gone or unreadable: a stone takes its place.
    """
    chain = end(session)
    if chain is None:
        return 0
    waiting = _waiting(session, limit)
    seals = _seals(chain, waiting, vanished or _ignore)
    if seals:
        session.execute(insert(Seal), seals)
        chain.sequence, chain.hash = seals[-1]["sequence"], seals[-1]["hash"]
        announce(session, SEALED)
    numbers = [queued.number for queued in waiting]
    session.execute(delete(UnsealedEvent).where(UnsealedEvent.number.in_(numbers)))
    return len(waiting)


def find_strays(session: Session, *, since: datetime) -> int:
    """Queue anew what was written since then and has neither a seal nor a place in the queue.

    The database leaves no event out; somebody who may write to the queue could.
    """
    queued = select(UnsealedEvent.event_id).where(UnsealedEvent.event_id == AuditEvent.id)
    sealed = select(Seal.event_id).where(Seal.event_id == AuditEvent.id)
    # In one statement: what is sealed meanwhile is seen either in the queue or in the chain.
    strays = session.scalars(
        select(AuditEvent.id)
        .where(AuditEvent.occurred_at >= since, ~queued.exists(), ~sealed.exists())
        .order_by(AuditEvent.id)
    ).all()
    for event_id in strays:
        _log.error("audit.event_unqueued", event_id=str(event_id))
        session.add(UnsealedEvent(event_id=event_id))
    return len(strays)


def end(session: Session) -> Chain | None:
    """Return the end of the chain, to move it; None while somebody else holds it."""
    held = select(Chain).with_for_update(skip_locked=True)
    return session.scalars(held, execution_options={"populate_existing": True}).one_or_none()


def link(sequence: int, previous: str, event: dict[str, Any]) -> str:
    """Return the hash of an event in its place, after the one whose hash is ``previous``."""
    return canonical.digest({"sequence": sequence, "previous": previous, "event": event})


class _Queued(NamedTuple):
    number: int
    event_id: uuid.UUID
    event: AuditEvent | None
    sequence: int | None
    """Its place in the chain, if it has one already."""


def _waiting(session: Session, limit: int) -> list[_Queued]:
    queue = (
        select(UnsealedEvent.number, UnsealedEvent.event_id, AuditEvent, Seal.sequence)
        .outerjoin(AuditEvent, AuditEvent.id == UnsealedEvent.event_id)
        .outerjoin(Seal, Seal.event_id == UnsealedEvent.event_id)
        .order_by(UnsealedEvent.number)
        .limit(limit)
    )
    return [_Queued(*row) for row in session.execute(queue)]


def _seals(chain: Chain, waiting: Sequence[_Queued], vanished: Vanished) -> list[dict[str, Any]]:
    seals = []
    sequence, previous = chain.sequence, chain.hash
    for _, event_id, event, already in waiting:
        if already is not None:
            _log.error("audit.sealed_before", event_id=str(event_id), sequence=already)
            continue
        document = documents.sealed(event_id, event)
        sequence += 1
        previous = link(sequence, previous, document)
        if documents.is_stone(document):
            _log.error("audit.event_vanished", **document, sequence=sequence)
            vanished(event_id)
        seals.append({"sequence": sequence, "event_id": event_id, "hash": previous})
    return seals


def _ignore(_: uuid.UUID) -> None:
    """Leave it at the log and the chain."""

"""Signed statements of how far the chain had come: kept elsewhere, they bind whoever holds the key."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from protem.broker import pages
from protem.broker.callers import Caller
from protem.broker.pages import FIRST, Page, Paging
from protem.broker.record import documents
from protem.broker.record.signing import SigningKey
from protem.db.models import Chain, Checkpoint
from protem.domain.authority import Verb

KIND = "protem-checkpoint"
VERSION = 1


def end(session: Session) -> Chain:
    """Return the chain as it is, to be signed."""
    return session.scalars(select(Chain)).one()


def sign(session: Session, key: SigningKey, chain: Chain, *, now: datetime) -> bool:
    """Sign the end of the chain, if it has moved since the last time; tell whether it had.

    ``now`` is a time after the chain was read: whoever reads it later sees no less of it.
    """
    latest = session.scalars(select(func.max(Checkpoint.sequence))).one() or 0
    if chain.sequence <= latest:
        return False
    row = Checkpoint(
        sequence=chain.sequence, hash=chain.hash, signed_at=now, key_id=key.public.id, signature=""
    )
    row.signature = key.sign(statement(row, chain))["signature"]
    session.add(row)
    return True


def statement(row: Checkpoint, chain: Chain) -> dict[str, Any]:
    """Return what is signed, but for the id of the key."""
    return {
        "kind": KIND,
        "version": VERSION,
        "log": str(chain.log),
        "sequence": row.sequence,
        "hash": row.hash,
        "signed_at": documents.instant(row.signed_at),
    }


def signed(row: Checkpoint, chain: Chain) -> dict[str, Any]:
    """Return a checkpoint with everything that its verification needs, but the key."""
    return {**statement(row, chain), "key_id": row.key_id, "signature": row.signature}


def list_(
    session: Session, caller: Caller, *, sequence: int | None = None, paging: Paging = FIRST
) -> Page[dict[str, Any]]:
    """Return the checkpoints, the newest first; with ``sequence``, only the first that covers that event."""
    caller.require(Verb.AUDIT_CHECKPOINTS_LIST)
    chain = session.scalars(select(Chain)).one()
    if sequence is not None:
        covering = select(Checkpoint).where(Checkpoint.sequence >= sequence).order_by(Checkpoint.sequence)
        found = Page(tuple(session.scalars(covering.limit(1))), None)
    else:
        by = (Checkpoint.sequence,)
        found = pages.cut(session, select(Checkpoint), paging, of="audit-checkpoints", by=by, descending=True)
    return Page(tuple(signed(row, chain) for row in found.items), found.next_cursor)

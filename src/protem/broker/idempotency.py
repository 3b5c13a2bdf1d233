"""One effect for one Idempotency-Key, however often it is sent, and the same answer each time."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from protem.broker import texts
from protem.broker.callers import Caller
from protem.db.models import IdempotencyKey, new_id
from protem.db.queries.changes import rows_changed
from protem.db.queries.inserts import insert_unless_there
from protem.domain import digests
from protem.domain.digests import Canonical
from protem.domain.errors import IdempotencyKeyReused

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Remembered:
    """The answer that the first sending got."""

    status: int
    body: dict[str, Any]


def recall(
    session: Session, caller: Caller, *, route: str, key: str, body: Canonical, now: datetime
) -> Remembered | None:
    """Return the answer that this key got before; None takes the key, and this sending has the effect.

    Call it in the transaction of the effect, and ``remember`` after that: what is refused leaves
    the key free. A second sending that comes in meanwhile waits here for the first to be over.
    Raises ``IdempotencyKeyReused`` if the key came with another body.
    """
    if not _KEY.fullmatch(key):
        raise texts.refused("Idempotency-Key", "this is from 1 to 255 visible ASCII characters")
    place = {"caller": caller.key, "route": route, "key": key}
    fresh = {"id": new_id(), "body_digest": digests.digest(body), "created_at": now}
    if insert_unless_there(session, IdempotencyKey, place | fresh):
        return None
    first = session.scalars(select(IdempotencyKey).filter_by(**place)).one()
    if first.body_digest != fresh["body_digest"]:
        raise IdempotencyKeyReused("this Idempotency-Key came with another body before: choose a new one")
    return Remembered(first.status or 0, first.answer or {})


def remember(
    session: Session, caller: Caller, *, route: str, key: str, status: int, answer: Mapping[str, Any]
) -> None:
    """Keep the answer for the next sending of the same key."""
    taken = update(IdempotencyKey).filter_by(caller=caller.key, route=route, key=key)
    rows_changed(session, taken.values(status=status, answer=dict(answer)))


def purge(session: Session, *, before: datetime) -> int:
    """Forget the keys that were taken before that instant; return how many."""
    return rows_changed(session, delete(IdempotencyKey).where(IdempotencyKey.created_at < before))

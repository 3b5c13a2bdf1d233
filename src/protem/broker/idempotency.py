"""One effect for one Idempotency-Key, however often it is sent, and the same answer each time."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from protem.broker import texts
from protem.db.models import IdempotencyKey, new_id
from protem.db.queries.changes import rows_changed
from protem.db.queries.inserts import insert_unless_there
from protem.db.violations import waited_too_long
from protem.domain import digests
from protem.domain.digests import Canonical
from protem.domain.errors import IdempotencyKeyBusy, IdempotencyKeyReused

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key counts: for this caller, as whom they act, and for this route."""

    caller: str
    route: str
    key: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it can be given again."""

    status: int
    body: Mapping[str, Any]
    location: str | None = None


def recall(
    session: Session, place: Place, *, body: Canonical, retention: timedelta, now: datetime
) -> Answer | None:
    """Return the answer that this key got before; None takes the key, and this sending has the effect.

    Call it in the transaction of the effect, and ``remember`` after that: what is refused leaves
    the key free. A second sending that comes in meanwhile waits here for the first to be over. A
    key that came longer than ``retention`` ago is free again.
    Raises ``IdempotencyKeyReused`` if the key came with another body, ``IdempotencyKeyBusy`` if the
    first sending takes too long.
    """
    if not _KEY.fullmatch(place.key):
        raise texts.refused("Idempotency-Key", "this is from 1 to 255 visible ASCII characters")
    digest = digests.digest(body)
    with _patience():
        first = _take(session, place, digest, retention=retention, now=now)
    if first is None:
        return None
    if first.body_digest != digest:
        raise IdempotencyKeyReused("this Idempotency-Key came with another body before: choose a new one")
    return Answer(first.status or 0, first.answer or {}, first.location)


def remember(session: Session, place: Place, answer: Answer) -> None:
    """Keep the answer for the next sending of the same key; it must hold no secret."""
    taken = update(IdempotencyKey).filter_by(**asdict(place))
    kept = {"status": answer.status, "answer": dict(answer.body), "location": answer.location}
    rows_changed(session, taken.values(kept))


def purge(session: Session, *, before: datetime) -> int:
    """Forget the keys that were taken before that instant; return how many."""
    return rows_changed(session, delete(IdempotencyKey).where(IdempotencyKey.created_at < before))


def _take(
    session: Session, place: Place, digest: str, *, retention: timedelta, now: datetime
) -> IdempotencyKey | None:
    """Take the key; return who has it, if somebody has."""
    fresh = {"body_digest": digest, "created_at": now}
    for _ in range(_TRIES):
        if insert_unless_there(session, IdempotencyKey, {"id": new_id(), **asdict(place), **fresh}):
            return None
        wanted = select(IdempotencyKey).filter_by(**asdict(place)).execution_options(populate_existing=True)
        first = session.scalars(wanted).one_or_none()
        if first is None:
            continue  # it was old, and has just been forgotten
        if first.created_at > now - retention:
            return first
        aged = update(IdempotencyKey).where(
            IdempotencyKey.id == first.id, IdempotencyKey.created_at == first.created_at
        )
        if rows_changed(session, aged.values(**fresh, status=None, answer=None, location=None)):
            return None
    raise _busy()


@contextmanager
def _patience() -> Iterator[None]:
    """Turn a wait that took too long into a refusal that says so."""
    try:
        yield
    except OperationalError as error:
        if not waited_too_long(error):
            raise
        raise _busy() from None


def _busy() -> IdempotencyKeyBusy:
    return IdempotencyKeyBusy("the first call with this Idempotency-Key is still under way: send it again")

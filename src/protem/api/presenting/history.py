"""How history is written down before it is let go of: as the API answered, and as the store had it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from protem.api.calls import Turn
from protem.api.presenting import changes, grants, requests, reviews
from protem.api.schemas import assignments
from protem.api.schemas.fields import Output
from protem.broker.callers import Caller
from protem.broker.history.batches import Batch, Family, plain
from protem.db.models import Assignment, Change, Table, TokenRole

VERSION = 1
_READER = Caller(name="protem", role=TokenRole.AUDITOR)


def documents(
    session: Session, batch: Batch, *, number: int, log: str, now: datetime
) -> Iterator[dict[str, Any]]:
    """Yield the lines of one file: a header, one for each thing, and a trailer that counts them.

    The answers are those that an auditor got from the API at this moment.
    """
    turn = Turn(session, _READER, now)
    things = [
        *(_family(turn, family) for family in batch.families),
        *(_assignment(row) for row in batch.assignments),
        *(_change(row) for row in batch.changes),
    ]
    yield {"kind": "protem-history", "version": VERSION, "log": log, "number": number}
    yield from things
    yield {"kind": "end", "lines": len(things)}


def _family(turn: Turn, family: Family) -> dict[str, Any]:
    asked, *extensions = requests.many(turn, family.requests)
    return {
        "kind": "request",
        "id": str(family.request.id),
        "request": _answer(asked),
        "extensions": _answers(extensions),
        "grants": _answers(grants.many(turn, family.grants)),
        "reviews": _answers(reviews.many(turn, family.reviews)),
        "rows": _rows(family.rows),
    }


def _assignment(row: Assignment) -> dict[str, Any]:
    answer = _answer(assignments.Assignment.of(row))
    return {"kind": "assignment", "id": str(row.id), "assignment": answer, "rows": _rows([row])}


def _change(row: Change) -> dict[str, Any]:
    return {"kind": "change", "id": str(row.id), "change": _answer(changes.brief(row)), "rows": _rows([row])}


def _answers(found: Iterable[Output]) -> list[dict[str, Any]]:
    return [_answer(one) for one in found]


def _answer(found: Output) -> dict[str, Any]:
    return found.model_dump(mode="json")


def _rows(rows: Iterable[Table]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.__table__.name, []).append(plain(row))  # type: ignore[attr-defined]  # a Table has one
    return found

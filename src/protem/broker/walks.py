"""Long lists of requests for those who may see only some of them.

There are several ways in which somebody may see a request, and an index for each: as requester, as
beneficiary, by one of many handles. A database that is asked for any of them at once would rather go
through all requests there are. So each way is walked by itself, from the newest on, for no more than a
page; the newest of what all of them find is the page.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, select, union
from sqlalchemy.orm import InstrumentedAttribute, Session

from protem.broker.filters import equal
from protem.db.models import Involved, Request, Target

_AT_ONCE = 50
"""Ways that one statement follows: a person may be in hundreds of groups."""


@dataclass(frozen=True, slots=True)
class Way:
    """Requests whose ids are found, in their order, in ``key`` where ``condition`` holds."""

    key: InstrumentedAttribute[uuid.UUID]
    condition: ColumnElement[bool]


def by_request(condition: ColumnElement[bool]) -> Way:
    """Return the way along an index of the requests themselves."""
    return Way(Request.id, condition)


def by_handle(handle: str, *relations: Any) -> Way:
    """Return the way to requests that one user or group is involved in."""
    return Way(Involved.request_id, (Involved.handle == handle) & Involved.relation.in_(relations))


def by_account(account_id: str) -> Way:
    """Return the way to requests with a target in this account."""
    return Way(Target.request_id, *equal(Target.account_id, account_id))


def newest(
    session: Session,
    ways: Sequence[Way],
    conditions: Sequence[ColumnElement[bool]],
    *,
    before: uuid.UUID | None,
    limit: int,
) -> list[uuid.UUID]:
    """Return the ids of the newest requests on any of these ways that meet all conditions."""
    found: set[uuid.UUID] = set()
    for some in _portions(ways):
        paths = [select(_path(way, conditions, before=before, limit=limit).subquery().c.id) for way in some]
        met = union(*paths).subquery()
        found.update(session.scalars(select(met.c.id).order_by(met.c.id.desc()).limit(limit)))
    return sorted(found, reverse=True)[:limit]


def _portions(ways: Sequence[Way]) -> Iterator[Sequence[Way]]:
    return (ways[at : at + _AT_ONCE] for at in range(0, len(ways), _AT_ONCE))


def _path(
    way: Way, conditions: Sequence[ColumnElement[bool]], *, before: uuid.UUID | None, limit: int
) -> Select[uuid.UUID]:
    path = select(way.key.label("id")).where(way.condition)
    if way.key is not Request.id:
        path = path.distinct()
        if conditions:
            path = path.join(Request, Request.id == way.key)
    if before is not None:
        path = path.where(way.key < before)
    return path.where(*conditions).order_by(way.key.desc()).limit(limit)

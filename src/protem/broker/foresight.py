"""What a page of requests or grants is asked about row by row, read for all of them at once.

Showing what a caller can do about each row asks the same few questions for each. They are answered from
here in the transaction that shows a page, once nothing else is done in it.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from protem.broker import bearings
from protem.db.models import Grant, Involved, Involvement, Request
from protem.db.queries.grants import LIVE
from protem.domain.catalogue import Person
from protem.domain.locks import Lock

_KNOWN = "protem_foresight"


@dataclass(frozen=True, slots=True)
class Foresight:
    """The answers for these requests, and for these principals."""

    requests: frozenset[uuid.UUID]
    principals: frozenset[str]
    person_id: str | None
    """Whose involvement this is."""
    involved: Mapping[uuid.UUID, Collection[Involvement]]
    granted: Mapping[uuid.UUID, Collection[Grant]]
    live: Mapping[tuple[str, str], Collection[Grant]]
    """What a principal has under an entitlement, by its key."""
    locks: tuple[Lock, ...]


def of(session: Session) -> Foresight | None:
    """Return what was read in this transaction, if it shows a page."""
    found: Foresight | None = session.info.get(_KNOWN)
    return found


def look(
    session: Session, person: Person | None, rows: Iterable[Request], *, locks: tuple[Lock, ...]
) -> Foresight:
    """Read what these requests are asked about by ``person``; everything after this goes by it."""
    bearings.take(session)
    shown = list(rows)
    ids, people = [row.id for row in shown], {row.beneficiary_id for row in shown}
    known = Foresight(
        requests=frozenset(ids),
        principals=frozenset(people),
        person_id=person.id if person else None,
        involved=_involved(session, person, ids),
        granted=_granted(session, ids),
        live=_live(session, people),
        locks=locks,
    )
    session.info[_KNOWN] = known
    return known


_INVOLVED = (
    select(Involved.request_id, Involved.relation)
    .where(
        Involved.request_id.in_(bindparam("requests", expanding=True)),
        Involved.handle.in_(bindparam("handles", expanding=True)),
    )
    .distinct()
)
_GRANTED = (
    select(Grant).where(Grant.request_id.in_(bindparam("requests", expanding=True))).order_by(Grant.position)
)
_LIVE = (
    select(Grant, func.lower(Request.entitlement))
    .join(Request, Request.id == Grant.request_id)
    .where(Grant.principal_id.in_(bindparam("principals", expanding=True)), LIVE)
)


def _involved(
    session: Session, person: Person | None, ids: list[uuid.UUID]
) -> Mapping[uuid.UUID, Collection[Involvement]]:
    found: defaultdict[uuid.UUID, set[Involvement]] = defaultdict(set)
    if person and ids:
        for request_id, relation in session.execute(
            _INVOLVED, {"requests": ids, "handles": list(person.handles)}
        ):
            found[request_id].add(relation)
    return found


def _granted(session: Session, ids: list[uuid.UUID]) -> Mapping[uuid.UUID, Collection[Grant]]:
    found: defaultdict[uuid.UUID, list[Grant]] = defaultdict(list)
    for grant in session.scalars(_GRANTED, {"requests": ids}) if ids else ():
        found[grant.request_id].append(grant)
    return found


def _live(session: Session, people: Collection[str]) -> Mapping[tuple[str, str], Collection[Grant]]:
    found: defaultdict[tuple[str, str], list[Grant]] = defaultdict(list)
    for grant, key in session.execute(_LIVE, {"principals": list(people)}) if people else ():
        found[grant.principal_id, key].append(grant)
    return found

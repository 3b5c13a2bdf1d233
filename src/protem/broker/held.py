"""What hangs on entitlements now: access that was given under them, and questions that wait."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from protem.broker.ending import BY_ASSIGNMENT
from protem.db.models import Grant, Request
from protem.db.queries.grants import LIVE
from protem.domain import names
from protem.domain.lifecycle import GrantState, RequestState

BEGUN = (GrantState.ACTIVATING, GrantState.ACTIVE)
_OWED = (GrantState.SCHEDULED, *BEGUN)
_ASKED = Request.id == Grant.request_id


@dataclass(frozen=True, slots=True)
class Held:
    """What is owed, will be owed, or has been asked for, under one entitlement."""

    live_grants: int
    live_until: datetime | None
    """When the last of them ends by itself."""
    scheduled_grants: int
    pending_requests: int


NOTHING = Held(0, None, 0, 0)


def by_entitlement(session: Session, *, now: datetime) -> Mapping[str, Held]:
    """Return what there is under each entitlement that has any, by the key of its name."""
    live: defaultdict[str, list[datetime]] = defaultdict(list)
    scheduled: defaultdict[str, int] = defaultdict(int)
    pending = _pending(session)
    owed = select(Request.entitlement, Grant.state, Grant.ends_at).join_from(Grant, Request, _ASKED)
    for name, state, ends_at in session.execute(owed.where(*_owed(now))):
        key = names.key(name)
        if state is GrantState.SCHEDULED:
            scheduled[key] += 1
        else:
            live[key].append(ends_at)
    return {
        key: Held(len(live[key]), max(live[key], default=None), scheduled[key], pending[key])
        for key in {*live, *scheduled, *pending}
    }


def grants(
    session: Session, entitlements: Collection[str], *, now: datetime, states: Sequence[GrantState] = _OWED
) -> tuple[Grant, ...]:
    """Return the grants under entitlements with these keys that are or will be owed.

    They come in the order in which everybody takes the rows of assignments.
    """
    owed = select(Grant, Request.entitlement).join_from(Grant, Request, _ASKED)
    of_states = owed.where(*_owed(now), Grant.state.in_(states))
    rows = session.execute(of_states.order_by(*BY_ASSIGNMENT))
    return tuple(grant for grant, name in rows if names.key(name) in entitlements)


def _owed(now: datetime) -> Sequence[ColumnElement[bool]]:
    return (
        LIVE,
        Grant.state.in_(_OWED),
        Grant.revoked_at.is_(None),
        Grant.failure_code.is_(None),
        Grant.ends_at > now,
    )


def _pending(session: Session) -> defaultdict[str, int]:
    found: defaultdict[str, int] = defaultdict(int)
    open_ = select(Request.entitlement).where(Request.state == RequestState.PENDING)
    for name in session.scalars(open_):
        found[names.key(name)] += 1
    return found

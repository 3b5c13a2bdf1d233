"""Grants as their people see them, and the red button."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from protem.broker import ending, extensions, pages, repeats, texts, visibility, walks
from protem.broker.callers import Caller
from protem.broker.filters import Conditions, equal, holder
from protem.broker.pages import FIRST, Page, Paging
from protem.db.models import Grant, Request
from protem.db.queries.grants import LIVE
from protem.domain import owing
from protem.domain.authority import Verb, may
from protem.domain.errors import AlreadyRevoked, GrantOver
from protem.domain.lifecycle import EndReason, GrantState


def read(session: Session, caller: Caller, grant_id: uuid.UUID) -> Grant:
    """Return a grant."""
    grant, request = visibility.grant(session, caller, grant_id)
    caller.require(Verb.GRANTS_READ, *visibility.relations_to(session, caller, request))
    return grant


def list_(
    session: Session,
    caller: Caller,
    *,
    state: GrantState | None = None,
    live: bool | None = None,
    principal: str | None = None,
    account: str | None = None,
    permission_set: str | None = None,
    request_id: uuid.UUID | None = None,
    paging: Paging = FIRST,
) -> Page[Grant]:
    """Return the grants that ``caller`` may see, the newest first.

    ``principal`` is a name or id, ``account`` an id, ``permission_set`` an ARN; ``live`` tells
    grants that AWS still has to be brought into line with from those that are history.
    """
    caller.require(Verb.GRANTS_LIST)
    conditions = [
        *equal(Grant.state, state),
        *([] if live is None else [LIVE if live else ~LIVE]),
        *holder(session, Grant.principal_id, principal),
        *equal(Grant.account_id, account),
        *equal(Grant.permission_set_arn, permission_set),
        *equal(Grant.request_id, request_id),
    ]
    few = live or principal is not None or request_id is not None
    conditions += _seen(session, caller, few=few)
    seen = select(Grant).where(*conditions)
    return pages.cut(session, seen, paging, of="grants", by=(Grant.id,), descending=True)


_FEW = 2_000
"""Requests whose grants are looked for one by one, rather than among all grants there are."""


def _seen(session: Session, caller: Caller, *, few: bool) -> Conditions:
    """Return the condition for grants that ``caller`` may see; ``few`` if others leave few of them anyway.

    Whoever may see few requests has few grants; whoever may see more has one in every few hundred.
    """
    ways = visibility.ways(session, caller, verb=Verb.GRANTS_READ)
    if ways is None:
        return []
    asked = [] if few else walks.newest(session, ways, [], before=None, limit=_FEW + 1)
    if few or len(asked) > _FEW:
        seen = visibility.visible_requests(caller, Verb.GRANTS_READ)
        return [exists().where(Request.id == Grant.request_id, seen)]
    return [Grant.request_id.in_(asked)]


def of_requests(session: Session, request_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[Grant, ...]]:
    """Return the grants of requests that the caller has been shown, in the order of their targets."""
    wanted = select(Grant).where(Grant.request_id.in_(list(request_ids))).order_by(Grant.position)
    found: defaultdict[uuid.UUID, list[Grant]] = defaultdict(list)
    for grant in session.scalars(wanted):
        found[grant.request_id].append(grant)
    return {request_id: tuple(grants) for request_id, grants in found.items()}


def revoke(
    session: Session, caller: Caller, grant_id: uuid.UUID, *, comment: str = "", now: datetime
) -> Grant:
    """Owe this access no longer, from now on; the reconciler takes it away.

    It asks for no eligibility and no catalogue: nothing may stand between a person and this button.
    """
    grant, request = visibility.grant(session, caller, grant_id)
    caller.require(Verb.GRANTS_REVOKE, *visibility.relations_to(session, caller, request))
    comment = texts.prose(comment, field="comment", maximum=texts.COMMENT_LENGTH)
    own = caller.person is not None and caller.person.id == grant.principal_id
    reason = EndReason.RELINQUISHED if own else EndReason.REVOKED
    by = caller.on_record
    if not ending.end(session, grant, by=by, reason=reason, comment=comment, now=now, caller=caller):
        raise _over(grant)
    return grant


def _over(grant: Grant) -> AlreadyRevoked | GrantOver:
    facts = {"state": grant.state.value}
    if grant.revoked_at is not None:
        return AlreadyRevoked("the grant has been revoked before", facts=facts)
    return GrantOver("the time of this grant is up, or it never began", facts=facts)


def actions(session: Session, caller: Caller, grant: Grant, *, now: datetime) -> tuple[str, ...]:
    """Return what ``caller`` may do about the grant now, by the names of the commands."""
    request = session.get_one(Request, grant.request_id)
    relations = caller.relations | visibility.relations_to(session, caller, request)
    if grant.owing.over(now):
        return ("repeat",) if repeats.offered(session, caller, request, relations, now=now) else ()
    revocable = caller.in_scope(Verb.GRANTS_REVOKE) and may(Verb.GRANTS_REVOKE, relations)
    extensible = extensions.offered(session, caller, grant, request, relations)
    return (*(("revoke",) if revocable else ()), *(("extend",) if extensible else ()))


def access_over_at(grant: Grant, *, now: datetime) -> datetime | None:
    """Return the last moment at which a role session of this grant could sign a request.

    Before the end this is what the grant's spec promises. From the end until AWS has confirmed it
    nobody can tell, and None says so.
    """
    promised = grant.ends_at if grant.revoked_at is None else min(grant.ends_at, grant.revoked_at)
    if grant.ended_at is None and promised <= now:
        return None
    over_at = grant.ended_at or promised
    if over_at <= grant.starts_at:
        return over_at
    return owing.access_over_at(over_at=over_at, session_duration=grant.session_duration)

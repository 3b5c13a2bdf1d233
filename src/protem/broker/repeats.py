"""Asking once more for what somebody asked for before, as if it were new."""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker import foresight, visibility
from protem.broker.answers import state_at
from protem.broker.callers import Caller
from protem.broker.submission import Submission, refusal, submit
from protem.db.models import Grant, Request
from protem.domain.authority import Relation, Verb, may
from protem.domain.eligibility import Bounds
from protem.domain.errors import Forbidden
from protem.domain.lifecycle import RequestState

_ANY_TIME = timedelta(days=3_650)


def repeat(
    session: Session, caller: Caller, request_id: uuid.UUID, *, bounds: Bounds, now: datetime
) -> Request:
    """Ask for the same again, under the same entitlement, as it is today; a start that has passed is dropped.

    Raises what submitting raises.
    """
    before = visibility.request(session, caller, request_id)
    caller.require(Verb.REQUESTS_REPEAT, *visibility.relations_to(session, caller, before))
    if before.extends_grant_id is not None:
        raise Forbidden("an extension is not repeated: ask to extend the grant again")
    return submit(session, caller, _again(before, now), bounds=bounds, now=now)


def offered(
    session: Session, caller: Caller, request: Request, relations: frozenset[Relation], *, now: datetime
) -> bool:
    """Tell whether asking for this once more would not be refused, now that nothing is left of it.

    Only that the operator has changed the bounds of the installation since is not noticed.
    """
    allowed = caller.in_scope(Verb.REQUESTS_REPEAT) and may(Verb.REQUESTS_REPEAT, relations)
    if not allowed or request.extends_grant_id is not None:
        return False
    if state_at(request, now) is RequestState.PENDING:
        return False
    if not all(grant.owing.over(now) for grant in _came_of(session, request)):
        return False
    bounds = Bounds(minimum_duration=request.duration, maximum_start_ahead=_ANY_TIME)
    return refusal(session, caller, _again(request, now), bounds=bounds, now=now) is None


def _came_of(session: Session, request: Request) -> Iterable[Grant]:
    known = foresight.of(session)
    if known is not None and request.id in known.requests:
        return known.granted[request.id]
    return session.scalars(select(Grant).where(Grant.request_id == request.id))


def _again(before: Request, now: datetime) -> Submission:
    ahead = before.starts_at is not None and before.starts_at > now
    return Submission(
        targets=tuple((target.account_id, target.permission_set_arn) for target in before.targets),
        justification=before.justification,
        entitlement=before.entitlement,
        duration=before.duration,
        ticket=before.ticket,
        starts_at=before.starts_at if ahead else None,
        beneficiary=before.beneficiary_id,
    )

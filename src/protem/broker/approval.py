"""What an approval brings into the world: grants, or more time for one, and work for the reconciler."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from protem.broker import answers, audit, reviews
from protem.broker.callers import Caller
from protem.broker.lengthening import lengthen
from protem.broker.wakes import wake
from protem.db.models import Grant, Request, Target, new_id
from protem.db.queries import assignments
from protem.db.store import ANSWERS, announce
from protem.domain import durations
from protem.domain.entitlements import Entitlement, WhenRemovedOutside
from protem.domain.events import EventType
from protem.domain.lifecycle import GrantState, RequestState
from protem.domain.windows import Window


def approve(
    session: Session,
    caller: Caller,
    request: Request,
    entitlement: Entitlement,
    *,
    duration: timedelta,
    now: datetime,
) -> None:
    """Answer a request with yes, and owe what it asks for under this entitlement, in one transaction.

    Raises ``GrantOver`` for an extension that comes too late.
    """
    answers.settle(session, request, RequestState.APPROVED, now=now)
    facts = {
        "duration": durations.text(duration),
        "approvers": [decision.approver_id for decision in request.decisions],
    }
    audit.record(session, EventType.REQUEST_APPROVED, request, now=now, caller=caller, facts=facts)
    if request.extends_grant_id is not None:
        lengthen(session, caller, request.extends_grant_id, request_id=request.id, duration=duration, now=now)
    else:
        _owe(session, caller, request, entitlement, duration=duration, now=now)
    if entitlement.break_glass and not request.decisions:
        reviews.open_(session, caller, request, entitlement, now=now)
    announce(session, ANSWERS)


def _owe(
    session: Session,
    caller: Caller,
    request: Request,
    entitlement: Entitlement,
    *,
    duration: timedelta,
    now: datetime,
) -> None:
    window = Window.opening(now=now, wished=request.starts_at, duration=duration)
    held = _assignments(session, request, window, now)
    grants = tuple(_grant(request, target, held[target.position], window, now) for target in request.targets)
    renews = entitlement.when_removed_outside is WhenRemovedOutside.RENEW
    for grant in grants:
        grant.renews = renews
    session.add_all(grants)
    _record(session, caller, grants, now)


def _assignments(session: Session, request: Request, window: Window, now: datetime) -> dict[int, uuid.UUID]:
    # Two approvals that share rows must take them in the same order.
    in_order = sorted(request.targets, key=lambda target: (target.account_id, target.permission_set_arn))
    held = {}
    for target in in_order:
        held[target.position] = assignments.ensure(
            session,
            instance_arn=target.instance_arn,
            account_id=target.account_id,
            permission_set_arn=target.permission_set_arn,
            principal_id=request.beneficiary_id,
            now=now,
        )
        wake(session, held[target.position], at=window.starts_at)
    return held


def _grant(
    request: Request, target: Target, assignment_id: uuid.UUID, window: Window, now: datetime
) -> Grant:
    return Grant(
        id=new_id(),
        request_id=request.id,
        position=target.position,
        assignment_id=assignment_id,
        principal_id=request.beneficiary_id,
        account_id=target.account_id,
        permission_set_arn=target.permission_set_arn,
        session_duration=target.session_duration,
        created_at=now,
        starts_at=window.starts_at,
        ends_at=window.ends_at,
        state=GrantState.SCHEDULED,
    )


def _record(session: Session, caller: Caller, grants: Sequence[Grant], now: datetime) -> None:
    for grant in grants:
        facts = {
            "starts_at": grant.starts_at.isoformat(),
            "ends_at": grant.ends_at.isoformat(),
            "session_duration": durations.text(grant.session_duration),
        }
        audit.record(session, EventType.GRANT_CREATED, grant, now=now, caller=caller, facts=facts)

"""Whether access that was asked for, or approved, is still allowed: asked again before it begins.

What cannot be read allows nothing: an entitlement, or an account, that is not there is one that says no.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from protem.broker import histories, locks, policy, questions
from protem.broker.callers import Caller
from protem.broker.cases import Case
from protem.db.models import Grant, Request, Target
from protem.domain.approvals import Answer, steps_open_to
from protem.domain.catalogue import Person
from protem.domain.entitlements import Entitlement
from protem.domain.errors import NotAnApprover, NotEligible, Refusal, RelayRefused
from protem.domain.lifecycle import EndReason, RequestState
from protem.domain.locks import Locked
from protem.domain.steps import OwnerUnknownError, Step
from protem.domain.windows import Window

_log = structlog.get_logger("protem.activation")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why access may not begin after all, as the reason of its end and as a sentence."""

    reason: EndReason
    sentence: str


def why_not(session: Session, grant: Grant, now: datetime) -> Obstacle | None:
    """Return why the access of this grant may no longer begin, or None if it may."""
    try:
        return _asked(session, grant, now)
    except SQLAlchemyError:
        raise
    except Exception:  # noqa: BLE001 - whatever it is, access must not begin
        # Nothing begins that cannot be judged; and no ending waits beside it until somebody has mended it.
        _log.exception("activation.unreadable", grant_id=str(grant.id))
        return Obstacle(EndReason.ELIGIBILITY_LOST, "what is kept of its request cannot be read: ask again")


def _asked(session: Session, grant: Grant, now: datetime) -> Obstacle | None:
    request = session.get_one(Request, grant.request_id)
    targets = [target for target in request.targets if target.position == grant.position]
    if stopped := locks.refusal(session, lockable(request, targets), now=now):
        return Obstacle(EndReason.LOCKED, f"{stopped.detail}; once that is over, {_again(request)}")
    entitlement = policy.current(session).named(request.entitlement)
    sentence = hindered(session, grant, entitlement) if entitlement else _gone(request)
    return Obstacle(EndReason.ELIGIBILITY_LOST, f"{sentence}; {_again(request)}") if sentence else None


def hindered(session: Session, grant: Grant, entitlement: Entitlement) -> str | None:
    """Return why the access of this grant could not begin if ``entitlement`` were in force, or None."""
    request = session.get_one(Request, grant.request_id)
    targets = [target for target in request.targets if target.position == grant.position]
    found = Case(session, request, entitlement, targets, further=_extensions(session, grant))
    window = Window(grant.starts_at, grant.ends_at)
    sentences = chain(found.unspoken_for(), found.obstacles(window, extensions=grant.extensions))
    return next(sentences, None)


def lockable(request: Request, targets: Sequence[Target]) -> Locked:
    """Return what a lock may be on that stops these targets of a request."""
    return Locked(
        principals=frozenset({request.requester_id, request.beneficiary_id}),
        accounts=frozenset(target.account_id for target in targets),
        permission_sets=frozenset(target.permission_set_arn for target in targets),
        entitlement=request.entitlement,
    )


def require_approvable(
    session: Session, caller: Caller, request: Request, *, duration: timedelta, now: datetime
) -> Entitlement:
    """Return the entitlement in force, if it, too, lets ``caller`` approve this for so long.

    Raises the refusal otherwise, and keeps what the beneficiary has from changing meanwhile.
    """
    histories.hold_still(session, request.beneficiary_id)
    return approvable(session, caller, request, duration=duration, now=now)


def approvable(
    session: Session, caller: Caller, request: Request, *, duration: timedelta, now: datetime
) -> Entitlement:
    """Return the entitlement in force, if it, too, lets ``caller`` approve this for so long as things are.

    Raises the refusal otherwise. The version that the request remembers names its approvers; a newer
    one can only take away.
    """
    entitlement = policy.current(session).named(request.entitlement)
    if entitlement is None:
        raise NotEligible(f"{_gone(request)}; {_ANEW}")
    if caller.person and (stopped := _lock(session, caller.person.id, request, now)):
        raise stopped
    found = Case(session, request, entitlement, request.targets)
    window = questions.window(session, request, duration=duration, now=now)
    extensions = found.extends.extensions + 1 if found.extends else 0
    obstacles = (*found.obstacles(window, extensions=extensions), *found.newly_in_the_way(duration, now))
    if obstacles:
        facts = {"entitlement": entitlement.name, "reasons": list(obstacles)}
        raise NotEligible(f"{obstacles[0]}; {_ANEW}", facts=facts)
    # For all the time that was asked for: who has to agree to that, may agree to less.
    asked_for = questions.window(session, request, duration=request.duration, now=now)
    try:
        steps = found.steps(asked_for)
    except OwnerUnknownError as unknown:
        raise NotEligible(f"{unknown}; {_ANEW}") from None
    _still_trusted(steps, entitlement, caller)
    return entitlement


def require_approved(
    session: Session,
    request: Request,
    entitlement: Entitlement,
    *,
    duration: timedelta,
    now: datetime,
    further: Person | None = None,
) -> None:
    """Raise ``NotEligible`` if the entitlement in force wants other people's approval than there is.

    ``further`` is somebody who would approve as well.
    """
    window = questions.window(session, request, duration=duration, now=now)
    found = Case(session, request, entitlement, request.targets)
    if lacking := found.unapproved(window, further=further):
        raise NotEligible(f"{lacking}; {_ANEW}")


_ANEW = "it can be asked for anew"


def _again(request: Request) -> str:
    return f"repeat request {request.id} to ask again"


def _extensions(session: Session, grant: Grant) -> Sequence[Request]:
    """Return the requests that made a grant last longer."""
    if not grant.extensions:
        return ()
    lengthened = Request.extends_grant_id == grant.id, Request.state == RequestState.APPROVED
    return session.scalars(select(Request).where(*lengthened)).all()


def _lock(session: Session, approver_id: str, request: Request, now: datetime) -> Refusal | None:
    what = lockable(request, request.targets)
    # Nor do others finish what somebody began to approve who is locked by now.
    before = {decision.approver_id for decision in request.decisions if decision.answer is Answer.APPROVE}
    return locks.refusal(session, replace(what, principals=what.principals | before | {approver_id}), now=now)


def _still_trusted(steps: Sequence[Step], entitlement: Entitlement, caller: Caller) -> None:
    if entitlement.approval is None:
        return
    if steps and (caller.person is None or not steps_open_to(steps, caller.person)):
        raise NotAnApprover("the entitlement has changed, and no longer names you as an approver")
    if caller.service is not None and caller.service not in entitlement.approval.through:
        raise RelayRefused(
            f"the entitlement has changed, and no longer lets {caller.service} relay decisions"
        )


def _gone(request: Request) -> str:
    return f"there is no entitlement {request.entitlement} any more"

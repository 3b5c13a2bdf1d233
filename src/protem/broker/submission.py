"""Asking for access: names become ids, one entitlement decides, and the question is written down."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from protem.broker import (
    approval,
    audit,
    catalogue,
    histories,
    involved,
    policy,
    questions,
    steps,
    texts,
    wanted,
)
from protem.broker.callers import Caller
from protem.broker.evaluation import Evaluation, evaluate
from protem.db import models
from protem.db.models import Grant, Request, new_id
from protem.db.store import ANSWERS, announce
from protem.domain import durations
from protem.domain.authority import Verb
from protem.domain.catalogue import Person, Target
from protem.domain.eligibility import Ask, Bounds
from protem.domain.entitlements import Entitlement
from protem.domain.errors import FieldError, Forbidden, Refusal, UnknownPrincipal
from protem.domain.events import EventType
from protem.domain.lifecycle import RequestState

_AT_ONCE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Submission:
    """What a caller asks for, in their own words; targets are (account, permission set) pairs."""

    targets: tuple[tuple[str, str], ...]
    justification: str
    entitlement: str | None = None
    duration: timedelta | None = None
    ticket: str | None = None
    starts_at: datetime | None = None
    beneficiary: str | None = None


def submit(
    session: Session, caller: Caller, submission: Submission, *, bounds: Bounds, now: datetime
) -> Request:
    """Ask for access; where the entitlement wants nobody's approval, it is given at once.

    Names are resolved once, from the catalogue alone, and stored as ids.
    """
    caller.require(Verb.REQUESTS_SUBMIT)
    ask = understand(session, caller, submission)
    histories.hold_still(session, ask.beneficiary.id)
    found = evaluate(
        session, ask, rules=policy.current(session), named=submission.entitlement, bounds=bounds, now=now
    )
    return put(session, caller, found, now=now)


def refusal(
    session: Session, caller: Caller, submission: Submission, *, bounds: Bounds, now: datetime
) -> Refusal | None:
    """Return what submitting this would be refused with at this moment, without submitting it."""
    try:
        caller.require(Verb.REQUESTS_SUBMIT)
        ask = understand(session, caller, submission)
    except Refusal as refused:
        return refused
    rules = policy.current(session)
    return evaluate(session, ask, rules=rules, named=submission.entitlement, bounds=bounds, now=now).refusal


def understand(session: Session, caller: Caller, submission: Submission) -> Ask:
    """Return what the words of a submission mean; raises a refusal for what means nothing."""
    if caller.person is None:
        raise Forbidden(f"{caller.label} is nobody that access could be given to")
    wanted.check(submission.targets)
    return Ask(
        requester=caller.person,
        beneficiary=_beneficiary(session, caller.person, submission),
        justification=texts.prose(
            submission.justification, field="justification", maximum=texts.JUSTIFICATION_LENGTH
        ),
        ticket=texts.line(submission.ticket or "", field="ticket", maximum=texts.TICKET_LENGTH) or None,
        targets=wanted.resolve(session, submission.targets),
        duration=wanted.duration(submission.duration),
        starts_at=submission.starts_at,
    )


def put(
    session: Session, caller: Caller, found: Evaluation, *, now: datetime, extends: Grant | None = None
) -> Request:
    """Write the question down, and answer it at once where nobody has to be asked; raises its refusal."""
    entitlement = found.deciding()
    request = _request(caller, entitlement, found, extends=extends, now=now)
    session.add(request)
    session.flush()
    involved.note(session, request, entitlement, found.steps)
    _record(session, caller, request, now=now)
    announce(session, ANSWERS)
    if not found.steps_needed:
        approval.approve(session, caller, request, entitlement, duration=request.duration, now=now)
    return request


def lapses_at(entitlement: Entitlement, now: datetime) -> datetime:
    """Return when a question that is asked at ``now`` lapses if nobody answers."""
    asked = entitlement.approval
    return now + (asked.expires_after if asked else _AT_ONCE)


def _beneficiary(session: Session, person: Person, submission: Submission) -> Person:
    if submission.beneficiary is None:
        return person
    named = catalogue.find_principal(session, submission.beneficiary, field="beneficiary")
    found = catalogue.person(session, named.id)
    if found is None:
        message = "this principal has gone from AWS"
        raise UnknownPrincipal(message, errors=[FieldError("beneficiary", message)])
    return found


def _request(
    caller: Caller, entitlement: Entitlement, found: Evaluation, *, extends: Grant | None, now: datetime
) -> Request:
    ask, expires_at = found.ask, lapses_at(entitlement, now)
    request = Request(
        id=new_id(),
        state=RequestState.PENDING,
        requester_id=ask.requester.id,
        beneficiary_id=ask.beneficiary.id,
        via_token_id=caller.token_id if caller.acts_as else None,
        entitlement=entitlement.name,
        entitlement_version=found.policy.version,
        duration=ask.lasting(entitlement),
        justification=ask.justification,
        ticket=ask.ticket,
        starts_at=ask.starts_at,
        extends_grant_id=extends.id if extends else None,
        steps=steps.kept(found.steps),
        created_at=now,
        # There is nothing left to extend once the grant is over.
        expires_at=min(expires_at, extends.ends_at) if extends else expires_at,
        targets=[_target(position, target) for position, target in enumerate(ask.targets)],
        decisions=[],
    )
    request.digest = questions.digest(request, found.policy)
    return request


def _target(position: int, target: Target) -> models.Target:
    account, permission_set = target.account, target.permission_set
    return models.Target(
        position=position,
        account_id=account.id,
        account_name=account.name,
        instance_arn=permission_set.instance_arn,
        permission_set_arn=permission_set.arn,
        permission_set_name=permission_set.name,
        policies_digest=permission_set.policies_digest,
        session_duration=permission_set.session_duration,
    )


def _record(session: Session, caller: Caller, request: Request, *, now: datetime) -> None:
    facts = {
        "entitlement": request.entitlement,
        "entitlement_version": request.entitlement_version,
        "digest": request.digest,
        "requester_id": request.requester_id,
        "targets": questions.described(request),
        "duration": durations.text(request.duration),
        "starts_at": request.starts_at.isoformat() if request.starts_at else None,
        "extends_grant_id": str(request.extends_grant_id) if request.extends_grant_id else None,
        "justification": request.justification,
        "ticket": request.ticket,
    }
    audit.record(session, EventType.REQUEST_SUBMITTED, request, now=now, caller=caller, facts=facts)

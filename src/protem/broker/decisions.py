"""Answering somebody else's request."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from protem.broker import activation, answers, approval, audit, policy, questions, texts, visibility
from protem.broker.callers import Caller
from protem.db.models import Decision, Request, new_id
from protem.db.store import ANSWERS, announce
from protem.db.violations import violated
from protem.domain import approvals, durations
from protem.domain.approvals import Answer, Question
from protem.domain.authority import Verb
from protem.domain.catalogue import Person
from protem.domain.entitlements import Entitlement
from protem.domain.errors import (
    AlreadyDecided,
    DurationOutOfBounds,
    FieldError,
    Forbidden,
    NotAnApprover,
    OwnRequest,
    Refusal,
    RelayRefused,
    StaleDigest,
    WideningRefused,
)
from protem.domain.events import EventType
from protem.domain.lifecycle import RequestState

MINIMUM_DURATION = timedelta(minutes=1)

_REFUSALS: dict[str, type[Refusal]] = {
    "own_request": OwnRequest,
    "approvers": NotAnApprover,
    "through": RelayRefused,
}


def decide(
    session: Session,
    caller: Caller,
    request_id: uuid.UUID,
    *,
    answer: Answer,
    comment: str,
    duration: timedelta | None,
    digest: str,
    now: datetime,
    minimum_duration: timedelta = MINIMUM_DURATION,
) -> Request:
    """Record one approver's answer; the last one that was needed settles the request.

    ``digest`` is that of what the approver was shown, ``duration`` a shorter one than was asked for.
    """
    request = visibility.request(session, caller, request_id, locked=True)
    approver, question = eligible(session, caller, request)
    _shown(session, request, digest)
    require_open(request, approver, now)
    comment = texts.prose(comment, field="comment", maximum=texts.COMMENT_LENGTH)
    agreed = _narrowed(request, answer, duration, least=minimum_duration)
    shortest = approvals.approved_duration(agreed or request.duration, questions.casts(request))
    entitlement = None
    if answer is Answer.APPROVE:
        entitlement = activation.require_approvable(session, caller, request, duration=shortest, now=now)
    decision = _decision(caller, approver, question, answer=answer, comment=comment, duration=agreed, now=now)
    _record(session, caller, request, decision, now)
    _conclude(session, caller, request, entitlement, duration=shortest, now=now)
    return request


def require_open(request: Request, approver: Person, now: datetime) -> None:
    """Raise ``RequestAnswered`` or ``AlreadyDecided`` where no answer of this person is waited for."""
    answers.require_pending(request, now)
    if any(decision.approver_id == approver.id for decision in request.decisions):
        raise _already()


def eligible(session: Session, caller: Caller, request: Request) -> tuple[Person, Question]:
    """Return who answers what; raises the refusal of a caller who may not answer this request at all."""
    caller.require_scope(Verb.REQUESTS_DECIDE)
    person, question = caller.person, questions.question(session, request)
    if person and person.id in {request.requester_id, request.beneficiary_id}:
        raise OwnRequest("somebody else has to decide about this request")
    caller.require(Verb.REQUESTS_DECIDE, *visibility.relations_to(session, caller, request))
    if person is None or question is None:
        raise Forbidden("nobody can decide about this request")
    refused = approvals.may_decide(question, person, through=caller.service).refusals
    if refused:
        raise _REFUSALS[refused[0].rule](refused[0].explanation)
    return person, question


def _shown(session: Session, request: Request, digest: str) -> None:
    # Worked out anew, so that rows which were changed under the request are noticed as well.
    if digest != questions.digest(request, policy.version(session, request.entitlement_version)):
        message = "read the request again, and decide with the digest that it carries now"
        raise StaleDigest(message, errors=[FieldError("digest", message)])


def _narrowed(
    request: Request, answer: Answer, duration: timedelta | None, *, least: timedelta
) -> timedelta | None:
    if duration is None:
        return None
    if answer is Answer.DENY:
        raise texts.refused("duration", "a denial has no duration")
    if duration > request.duration:
        message = f"{durations.text(request.duration)} was asked for: agree to that, or to less"
        raise WideningRefused(message, errors=[FieldError("duration", message)])
    if duration < least or duration % timedelta(seconds=1):
        message = f"the least is {durations.text(least)}, in whole seconds"
        raise DurationOutOfBounds(message, errors=[FieldError("duration", message)])
    return duration


def _decision(
    caller: Caller,
    approver: Person,
    question: Question,
    *,
    answer: Answer,
    comment: str,
    duration: timedelta | None,
    now: datetime,
) -> Decision:
    return Decision(
        id=new_id(),
        approver_id=approver.id,
        via_token_id=caller.token_id if caller.acts_as else None,
        answer=answer,
        comment=comment,
        duration=duration,
        steps=list(approvals.steps_open_to(question.steps, approver)),
        decided_at=now,
    )


def _record(session: Session, caller: Caller, request: Request, decision: Decision, now: datetime) -> None:
    decision.digest = request.digest
    request.decisions.append(decision)
    try:
        session.flush()
    except IntegrityError as error:
        if violated(error) != "uq_decisions_request_id_approver_id":
            raise
        raise _already() from None
    facts = {
        "answer": decision.answer.value,
        "approver_id": decision.approver_id,
        "comment": decision.comment,
        "duration": durations.text(decision.duration) if decision.duration else None,
        "digest": decision.digest,
        "steps": decision.steps,
    }
    audit.record(session, EventType.DECISION_RECORDED, request, now=now, caller=caller, facts=facts)
    announce(session, ANSWERS)


def _conclude(
    session: Session,
    caller: Caller,
    request: Request,
    entitlement: Entitlement | None,
    *,
    duration: timedelta,
    now: datetime,
) -> None:
    steps = questions.steps_needed(session, request, now=now)
    match approvals.outcome(steps, questions.casts(request)):
        case Answer.APPROVE if entitlement is not None:
            activation.require_approved(session, request, entitlement, duration=duration, now=now)
            approval.approve(session, caller, request, entitlement, duration=duration, now=now)
        case Answer.DENY:
            answers.settle(session, request, RequestState.DENIED, now=now)
            audit.record(session, EventType.REQUEST_DENIED, request, now=now, caller=caller)


def _already() -> AlreadyDecided:
    return AlreadyDecided("your decision about this request is on record, and stays")

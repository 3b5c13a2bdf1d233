"""Whether an answer would count at this moment, without giving it."""

from datetime import datetime

from sqlalchemy.orm import Session

from protem.broker import activation, decisions, lengthening, questions
from protem.broker.callers import Caller
from protem.db.models import Grant, Request
from protem.domain import approvals
from protem.domain.approvals import Answer, Cast, Question
from protem.domain.catalogue import Person
from protem.domain.errors import Refusal


def refusal(
    session: Session, caller: Caller, request: Request, answer: Answer, *, now: datetime
) -> Refusal | None:
    """Return what this answer of ``caller``, about all that was asked for, would be refused with."""
    try:
        approver, question = decisions.eligible(session, caller, request)
        decisions.require_open(request, approver, now)
        if answer is Answer.APPROVE:
            duration = approvals.approved_duration(request.duration, questions.casts(request))
            entitlement = activation.approvable(session, caller, request, duration=duration, now=now)
            if _settles(session, request, approver, question, now=now):
                activation.require_approved(
                    session, request, entitlement, duration=duration, now=now, further=approver
                )
                _require_extensible(session, request, now)
    except Refusal as refused:
        return refused
    return None


def _settles(
    session: Session, request: Request, approver: Person, question: Question, *, now: datetime
) -> bool:
    cast = Cast(approver.id, Answer.APPROVE, approvals.steps_open_to(question.steps, approver))
    steps = questions.steps_needed(session, request, now=now)
    return approvals.outcome(steps, (*questions.casts(request), cast)) is Answer.APPROVE


def _require_extensible(session: Session, request: Request, now: datetime) -> None:
    if request.extends_grant_id is None:
        return
    grant = session.get_one(Grant, request.extends_grant_id)
    if not lengthening.extensible(grant, now):
        raise lengthening.over(grant)

"""Asking for access: names become ids, one entitlement decides, and the question is written down."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from protem.broker import approval, audit, catalogue, choosing, policy, questions, standing, texts, wanted
from protem.broker.callers import Caller
from protem.db import models
from protem.db.models import Request, new_id
from protem.db.store import ANSWERS, announce
from protem.domain import durations
from protem.domain.authority import Verb
from protem.domain.eligibility import Ask, Bounds
from protem.domain.entitlements import Entitlement, Person, Policy, Target
from protem.domain.errors import BeneficiaryRefused, Forbidden
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
    person = _beneficiary(session, caller, submission)
    wanted.check(submission.targets)
    justification = texts.prose(
        submission.justification, field="justification", maximum=texts.JUSTIFICATION_LENGTH
    )
    ticket = texts.line(submission.ticket or "", field="ticket", maximum=texts.TICKET_LENGTH) or None
    targets = wanted.resolve(session, submission.targets)
    rules = policy.current(session)
    entitlement = choosing.choose(rules, person, targets, named=submission.entitlement)
    ask = Ask(
        beneficiary=person,
        targets=targets,
        duration=wanted.duration(submission.duration, default=entitlement.duration.default),
        justification=justification,
        starts_at=submission.starts_at,
    )
    choosing.require(entitlement, ask, bounds=bounds, now=now)
    standing.refuse(session, person, targets)
    request = _request(caller, person, rules, entitlement, ask, ticket=ticket, now=now)
    return _ask(session, caller, request, entitlement, now=now)


def _beneficiary(session: Session, caller: Caller, submission: Submission) -> Person:
    if caller.person is None:
        raise Forbidden(f"{caller.label} is nobody that access could be given to")
    if submission.beneficiary is not None:
        named = catalogue.find_principal(session, submission.beneficiary, field="beneficiary")
        if named.id != caller.person.id:
            raise BeneficiaryRefused("ask for yourself; asking for others is not possible yet")
    return caller.person


def _request(
    caller: Caller,
    person: Person,
    rules: Policy,
    entitlement: Entitlement,
    ask: Ask,
    *,
    ticket: str | None,
    now: datetime,
) -> Request:
    asked = entitlement.approval
    request = Request(
        id=new_id(),
        state=RequestState.PENDING,
        requester_id=person.id,
        beneficiary_id=person.id,
        via_token_id=caller.token_id if caller.acts_as else None,
        entitlement=entitlement.name,
        entitlement_version=rules.version,
        duration=ask.duration,
        justification=ask.justification,
        ticket=ticket,
        starts_at=ask.starts_at,
        created_at=now,
        expires_at=now + (asked.expires_after if asked else _AT_ONCE),
        targets=[_target(position, target) for position, target in enumerate(ask.targets)],
        decisions=[],
    )
    request.digest = questions.digest(request, rules)
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


def _ask(
    session: Session, caller: Caller, request: Request, entitlement: Entitlement, *, now: datetime
) -> Request:
    session.add(request)
    session.flush()
    facts = {
        "entitlement": request.entitlement,
        "entitlement_version": request.entitlement_version,
        "digest": request.digest,
        "requester_id": request.requester_id,
        "targets": questions.described(request),
        "duration": durations.text(request.duration),
        "starts_at": request.starts_at.isoformat() if request.starts_at else None,
        "justification": request.justification,
        "ticket": request.ticket,
    }
    audit.record(session, EventType.REQUEST_SUBMITTED, request, now=now, caller=caller, facts=facts)
    announce(session, ANSWERS)
    if entitlement.approval is None or not entitlement.approval.steps:
        approval.approve(session, caller, request, duration=request.duration, now=now)
    return request

"""Asking for a grant to last longer: a request of its own, about what is owed already."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from protem.broker import (
    catalogue,
    expiry,
    histories,
    lengthening,
    policy,
    submission,
    texts,
    visibility,
    wanted,
)
from protem.broker.answers import state_at
from protem.broker.callers import Caller
from protem.broker.evaluation import Evaluation, evaluate
from protem.db.models import Assignment, Grant, Request
from protem.db.violations import violated
from protem.domain.authority import Relation, Verb, may
from protem.domain.catalogue import Target
from protem.domain.eligibility import Ask, Bounds
from protem.domain.entitlements import Policy
from protem.domain.errors import (
    ExtensionPending,
    NotEligible,
    UnknownAccount,
    UnknownEntitlement,
    UnknownPermissionSet,
)
from protem.domain.lifecycle import RequestState
from protem.domain.windows import Window


@dataclass(frozen=True, slots=True)
class Extension:
    """By how much a grant is to last longer, and why."""

    duration: timedelta
    justification: str
    ticket: str | None = None


def extend(
    session: Session, caller: Caller, grant_id: uuid.UUID, wish: Extension, *, bounds: Bounds, now: datetime
) -> Grant:
    """Ask for a grant to last longer; where nobody has to be asked, its end moves at once.

    A grant that has not begun can be extended, too: its whole time counts in any case. Raises
    ``GrantOver``, ``ExtensionPending``, or what submitting a request raises.
    """
    grant, request = visibility.grant(session, caller, grant_id)
    caller.require(Verb.GRANTS_EXTEND, *visibility.relations_to(session, caller, request))
    histories.hold_still(session, grant.principal_id)
    _keep_from_ending(session, grant)
    if grant.owing.over(now):
        raise lengthening.over(grant)
    _require_no_other(session, grant, now)
    ask = _ask(session, caller, grant, wish)
    found = _evaluated(session, ask, grant, named=request.entitlement, bounds=bounds, now=now)
    _put(session, caller, grant, found, now)
    session.refresh(grant)
    return grant


def pending(session: Session, grant_ids: Iterable[uuid.UUID], *, now: datetime) -> dict[uuid.UUID, Request]:
    """Return the requests to extend these grants that wait for an answer, by the ids of the grants."""
    waiting = _waiting(grant_ids).where(Request.expires_at > now)
    return {found.extends_grant_id: found for found in session.scalars(waiting) if found.extends_grant_id}


def wished(session: Session, requests: Iterable[Request], *, now: datetime) -> dict[uuid.UUID, datetime]:
    """Return the ends that pending extensions ask for, by the ids of the requests."""
    asking = {
        request.id: (request.extends_grant_id, request.duration)
        for request in requests
        if request.extends_grant_id and state_at(request, now) is RequestState.PENDING
    }
    about = select(Grant).where(Grant.id.in_([grant_id for grant_id, _ in asking.values()]))
    ends_at = {grant.id: grant.ends_at for grant in session.scalars(about)}
    return {request_id: ends_at[grant_id] + longer for request_id, (grant_id, longer) in asking.items()}


def left(rules: Policy, grant: Grant, request: Request) -> int:
    """Return how often these rules let a grant be extended beyond what it has been."""
    entitlement = rules.named(request.entitlement)
    rule = entitlement.extension if entitlement else None
    return max(rule.maximum_count - grant.extensions, 0) if rule else 0


def offered(
    session: Session, caller: Caller, grant: Grant, request: Request, relations: frozenset[Relation]
) -> bool:
    """Tell whether ``caller`` could ask for this grant, which is not over, to last longer."""
    allowed = caller.in_scope(Verb.GRANTS_EXTEND) and may(Verb.GRANTS_EXTEND, relations)
    if not allowed or not left(policy.current(session), grant, request):
        return False
    return session.scalars(_waiting([grant.id])).first() is None


def _waiting(grant_ids: Iterable[uuid.UUID]) -> Select[Request]:
    return select(Request).where(
        Request.extends_grant_id.in_(list(grant_ids)), Request.state == RequestState.PENDING
    )


def _keep_from_ending(session: Session, grant: Grant) -> None:
    """Read the grant as it is once nobody else can change it before this transaction is over."""
    # Whoever ends it takes the assignment first, and so finds what is asked for here.
    held = select(Assignment.id).where(Assignment.id == grant.assignment_id)
    session.execute(held.with_for_update())
    session.refresh(grant)


def _require_no_other(session: Session, grant: Grant, now: datetime) -> None:
    # What lapsed a moment ago waits for nothing, whether or not that was written down yet.
    expiry.expire_due(session, now=now, extending=grant.id)
    if other := session.scalars(_waiting([grant.id])).first():
        raise _another({"request_id": str(other.id)})


def _another(facts: dict[str, str]) -> ExtensionPending:
    return ExtensionPending("an extension of this grant waits for its answer", facts=facts)


def _evaluated(
    session: Session, ask: Ask, grant: Grant, *, named: str, bounds: Bounds, now: datetime
) -> Evaluation:
    rules = policy.current(session)
    found = evaluate(session, ask, rules=rules, named=named, bounds=bounds, now=now, extends=grant)
    if isinstance(found.refusal, UnknownEntitlement):
        raise NotEligible(f"there is no entitlement {named} any more under which you may ask for this")
    return found


def _ask(session: Session, caller: Caller, grant: Grant, wish: Extension) -> Ask:
    beneficiary = catalogue.person(session, grant.principal_id)
    if caller.person is None or beneficiary is None:
        raise NotEligible("the beneficiary is no longer in the directory")
    why = texts.prose(wish.justification, field="justification", maximum=texts.JUSTIFICATION_LENGTH)
    return Ask(
        requester=caller.person,
        beneficiary=beneficiary,
        targets=_target(session, grant),
        duration=wanted.duration(wish.duration),
        justification=why,
        ticket=texts.line(wish.ticket or "", field="ticket", maximum=texts.TICKET_LENGTH) or None,
        extends=Window(grant.starts_at, grant.ends_at),
    )


def _target(session: Session, grant: Grant) -> tuple[Target, ...]:
    try:
        return wanted.resolve(session, ((grant.account_id, grant.permission_set_arn),))
    except (UnknownAccount, UnknownPermissionSet) as gone:
        raise NotEligible(gone.detail) from None


def _put(session: Session, caller: Caller, grant: Grant, found: Evaluation, now: datetime) -> None:
    try:
        submission.put(session, caller, found, now=now, extends=grant)
    except IntegrityError as error:
        if violated(error) != "uq_requests_extension":
            raise
        raise _another({}) from None

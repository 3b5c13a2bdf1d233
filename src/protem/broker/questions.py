"""What a request asks of its approvers, as the entitlement that it remembers has it."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from protem.broker import policy, steps
from protem.db.models import Grant, Request
from protem.domain import digests
from protem.domain.approvals import Cast, Question
from protem.domain.digests import Canonical
from protem.domain.entitlements import Entitlement, Policy
from protem.domain.steps import Step, needed
from protem.domain.windows import Window


def deciding(session: Session, request: Request) -> Entitlement | None:
    """Return the entitlement under which the request was made, as it was then."""
    return policy.version(session, request.entitlement_version).named(request.entitlement)


def question(session: Session, request: Request) -> Question | None:
    """Return what there is to decide, or None where no one can: missing policy means no."""
    entitlement = deciding(session, request)
    if entitlement is None or entitlement.approval is None:
        return None
    return Question(
        requester_id=request.requester_id,
        beneficiary_id=request.beneficiary_id,
        steps=steps.read(request.steps),
        through=entitlement.approval.through,
    )


def window(session: Session, request: Request, *, duration: timedelta, now: datetime) -> Window:
    """Return when access would be owed if it were given at ``now``, for so long."""
    if request.extends_grant_id is not None:
        grant = session.get_one(Grant, request.extends_grant_id)
        return Window(grant.starts_at, grant.ends_at + duration)
    return Window.opening(now=now, wished=request.starts_at, duration=duration)


def steps_needed(session: Session, request: Request, *, now: datetime) -> tuple[Step, ...]:
    """Return the steps that an approval at ``now`` needs; the time of the access decides about some."""
    # For all the time that was asked for: to agree to less must not spare somebody else's approval.
    return needed(steps.read(request.steps), window(session, request, duration=request.duration, now=now))


def casts(request: Request) -> tuple[Cast, ...]:
    """Return the decisions so far, as the rules see them."""
    return tuple(
        Cast(
            approver_id=decision.approver_id,
            answer=decision.answer,
            steps=tuple(decision.steps),
            duration=decision.duration,
        )
        for decision in request.decisions
    )


def digest(request: Request, rules: Policy) -> str:
    """Return the digest of what approvers are shown, worked out from the rows as they are now."""
    facts: dict[str, Canonical] = {
        "entitlement": {
            "name": request.entitlement,
            "version": request.entitlement_version,
            "digest": rules.digest,
        },
        "requester": request.requester_id,
        "beneficiary": request.beneficiary_id,
        "targets": _targets(request),
        "duration": int(request.duration.total_seconds()),
        "starts_at": _instant(request.starts_at),
    }
    if request.extends_grant_id is not None:
        facts["extends"] = str(request.extends_grant_id)
    return digests.digest(facts)


def _targets(request: Request) -> list[dict[str, Canonical]]:
    return [
        {
            "account": target.account_id,
            "permission_set": target.permission_set_arn,
            "instance": target.instance_arn,
            "policies": target.policies_digest,
        }
        for target in request.targets
    ]


def _instant(at: datetime | None) -> str | None:
    return at.isoformat(timespec="microseconds") if at else None


def described(request: Request) -> list[dict[str, str]]:
    """Return the targets as events tell of them, readable without the catalogue."""
    return [
        {
            "account_id": target.account_id,
            "account_name": target.account_name,
            "permission_set_arn": target.permission_set_arn,
            "permission_set_name": target.permission_set_name,
        }
        for target in request.targets
    ]

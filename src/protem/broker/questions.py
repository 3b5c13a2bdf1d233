"""What a request asks of its approvers, as the entitlement that it remembers has it."""

from datetime import datetime

from sqlalchemy.orm import Session

from protem.broker import policy
from protem.db.models import Request
from protem.domain import digests
from protem.domain.approvals import Cast, Question
from protem.domain.digests import Canonical
from protem.domain.entitlements import Entitlement, Policy


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
        approval=entitlement.approval,
    )


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
    return digests.digest(
        {
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
    )


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

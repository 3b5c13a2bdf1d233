"""Whether access that was asked for, or approved, is still allowed: asked again before it begins."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker import catalogue, policy
from protem.broker.callers import Caller
from protem.db.models import Account, Grant, PermissionSet, Request, Target
from protem.domain import durations, entitlements
from protem.domain.approvals import steps_open_to
from protem.domain.eligibility import still_allowed
from protem.domain.entitlements import Approval, Entitlement, Person
from protem.domain.errors import NotAnApprover, NotEligible, RelayRefused


def why_not(session: Session, grant: Grant, now: datetime) -> str | None:
    """Return why the access of this grant may no longer begin, in a sentence, or None if it may."""
    request = session.get_one(Request, grant.request_id)
    entitlement = policy.current(session).named(request.entitlement)
    if entitlement is None:
        return _gone(request)
    targets = [target for target in request.targets if target.position == grant.position]
    return next(_obstacles(session, request, entitlement, targets), None)


def require_approvable(session: Session, caller: Caller, request: Request, *, duration: timedelta) -> None:
    """Raise a refusal unless the policy in force, too, lets ``caller`` approve this for so long.

    The version that the request remembers names its approvers; a newer one can only take away.
    """
    entitlement = policy.current(session).named(request.entitlement)
    if entitlement is None:
        raise NotEligible(_gone(request))
    obstacles = tuple(_obstacles(session, request, entitlement, request.targets))
    most = entitlement.duration.maximum
    if duration > most:
        obstacles += (f"{entitlement.name} allows at most {durations.text(most)} by now",)
    if obstacles:
        raise NotEligible(obstacles[0], facts={"entitlement": entitlement.name, "reasons": list(obstacles)})
    if entitlement.approval is not None:
        _still_trusted(entitlement.approval, caller)


def _still_trusted(approval: Approval, caller: Caller) -> None:
    if caller.person is None or not steps_open_to(approval, caller.person):
        raise NotAnApprover("the entitlement has changed, and no longer names you as an approver")
    if caller.service is not None and caller.service not in approval.through:
        raise RelayRefused(
            f"the entitlement has changed, and no longer lets {caller.service} relay decisions"
        )


def _gone(request: Request) -> str:
    return f"there is no entitlement {request.entitlement} any more"


def _obstacles(
    session: Session, request: Request, entitlement: Entitlement, targets: Sequence[Target]
) -> Iterator[str]:
    beneficiary = catalogue.person(session, request.beneficiary_id)
    if beneficiary is None:
        yield "the beneficiary is no longer in the directory"
        return
    accounts = session.scalars(select(Account).where(Account.id.in_([t.account_id for t in targets])))
    sets = session.scalars(
        select(PermissionSet).where(PermissionSet.arn.in_([t.permission_set_arn for t in targets]))
    )
    by_id, by_arn = {row.id: row for row in accounts}, {row.arn: row for row in sets}
    for target in targets:
        account, permission_set = by_id.get(target.account_id), by_arn.get(target.permission_set_arn)
        yield from _obstacles_of(target, entitlement, beneficiary, account, permission_set)


def _obstacles_of(
    target: Target,
    entitlement: Entitlement,
    beneficiary: Person,
    account: Account | None,
    permission_set: PermissionSet | None,
) -> Iterator[str]:
    if account is None or account.removed_at is not None:
        yield f"account {target.account_name} ({target.account_id}) is no longer in the organization"
        return
    if permission_set is None or permission_set.removed_at is not None:
        yield f"the permission set {target.permission_set_name} is gone"
        return
    if account.is_management:
        yield f"{account.name} ({account.id}) has become the management account"
    if permission_set.policies_digest != target.policies_digest:
        yield f"what {permission_set.name} allows has changed since it was asked for"
    now_called = entitlements.Target(catalogue.account(account), catalogue.permission_set(permission_set))
    decision = still_allowed(entitlement, beneficiary=beneficiary, target=now_called)
    yield from (check.explanation for check in decision.refusals)

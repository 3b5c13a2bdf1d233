"""Whether access that was asked for, or approved, is still allowed: asked again before it begins."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker import catalogue, histories, locks, policy, questions
from protem.broker.callers import Caller
from protem.broker.units import Units
from protem.db.models import Account, Grant, PermissionSet, Request, Target
from protem.domain import catalogue as things
from protem.domain import durations
from protem.domain.approvals import Answer, Cast, steps_open_to, unmet
from protem.domain.eligibility import Ask, may_still, still_allowed
from protem.domain.entitlements import Entitlement
from protem.domain.errors import NotAnApprover, NotEligible, Refusal, RelayRefused
from protem.domain.lifecycle import EndReason
from protem.domain.locks import Locked
from protem.domain.steps import OwnerUnknownError, Step, needed, steps_for
from protem.domain.windows import Window


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why access may not begin after all, as the reason of its end and as a sentence."""

    reason: EndReason
    sentence: str


def why_not(session: Session, grant: Grant, now: datetime) -> Obstacle | None:
    """Return why the access of this grant may no longer begin, or None if it may."""
    request = session.get_one(Request, grant.request_id)
    targets = [target for target in request.targets if target.position == grant.position]
    if stopped := locks.refusal(session, lockable(request, targets), now=now):
        return Obstacle(EndReason.LOCKED, stopped.detail)
    entitlement = policy.current(session).named(request.entitlement)
    if entitlement is None:
        return Obstacle(EndReason.ELIGIBILITY_LOST, _gone(request))
    sentence = hindered(session, grant, entitlement)
    return Obstacle(EndReason.ELIGIBILITY_LOST, sentence) if sentence else None


def hindered(session: Session, grant: Grant, entitlement: Entitlement) -> str | None:
    """Return why the access of this grant could not begin if ``entitlement`` were in force, or None."""
    request = session.get_one(Request, grant.request_id)
    targets = [target for target in request.targets if target.position == grant.position]
    found = _Case(session, request, entitlement, targets)
    window = Window(grant.starts_at, grant.ends_at)
    return next(found.obstacles(window, extensions=grant.extensions), None)


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

    Raises the refusal otherwise. The version that the request remembers names its approvers; a newer
    one can only take away.
    """
    entitlement = policy.current(session).named(request.entitlement)
    if entitlement is None:
        raise NotEligible(_gone(request))
    if caller.person and (stopped := _lock(session, caller.person.id, request, now)):
        raise stopped
    histories.hold_still(session, request.beneficiary_id)
    found = _Case(session, request, entitlement, request.targets)
    window = questions.window(session, request, duration=duration, now=now)
    extensions = found.extends.extensions + 1 if found.extends else 0
    obstacles = (*found.obstacles(window, extensions=extensions), *found.newly_in_the_way(duration, now))
    if obstacles:
        raise NotEligible(obstacles[0], facts={"entitlement": entitlement.name, "reasons": list(obstacles)})
    try:
        steps = found.steps(window)
    except OwnerUnknownError as unknown:
        raise NotEligible(str(unknown)) from None
    _still_trusted(steps, entitlement, caller)
    return entitlement


def require_approved(
    session: Session, request: Request, entitlement: Entitlement, *, duration: timedelta, now: datetime
) -> None:
    """Raise ``NotEligible`` if the entitlement in force wants other people's approval than there is."""
    window = questions.window(session, request, duration=duration, now=now)
    found = _Case(session, request, entitlement, request.targets)
    if lacking := found.unapproved(window):
        raise NotEligible(lacking)


class _Case:
    """One request, some of its targets, and the entitlement that would decide about them today."""

    def __init__(
        self, session: Session, request: Request, entitlement: Entitlement, targets: Sequence[Target]
    ) -> None:
        self.session, self.request, self.entitlement, self.wanted = session, request, entitlement, targets
        self.beneficiary = catalogue.person(session, request.beneficiary_id)
        accounts = select(Account).where(Account.id.in_([target.account_id for target in targets]))
        sets = select(PermissionSet).where(
            PermissionSet.arn.in_([target.permission_set_arn for target in targets])
        )
        self._accounts = {row.id: row for row in session.scalars(accounts)}
        self._sets = {row.arn: row for row in session.scalars(sets)}
        self._units = Units(session)

    def obstacles(self, window: Window, *, extensions: int) -> Iterator[str]:
        """Yield what stands between the request and access during ``window``."""
        if self.beneficiary is None:
            yield "the beneficiary is no longer in the directory"
            return
        for target in self.wanted:
            yield from self._gone(target) or self._forbidden(target, self.beneficiary)
        most = self.entitlement.longest(extensions=extensions)
        if window.ends_at - window.starts_at > most:
            yield f"{self.entitlement.name} allows at most {durations.text(most)} by now"
        hours = self.entitlement.allowed_hours
        if hours is not None and not hours.cover(window):
            yield f"the time of this access is not within the hours of {self.entitlement.name}"
        if lacking := self.unapproved(window) if self.request.answered_at else None:
            yield lacking

    def newly_in_the_way(self, duration: timedelta, now: datetime) -> Iterator[str]:
        """Yield what only somebody who is about to approve has to be told."""
        requester = catalogue.person(self.session, self.request.requester_id)
        if requester is None or self.beneficiary is None:
            yield "whoever asked is no longer in the directory"
            return
        extends = self.extends
        past = histories.of(self.session, self.entitlement, self.beneficiary.id, now=now, extends=extends)
        ask = Ask(
            requester=requester,
            beneficiary=self.beneficiary,
            targets=self.targets,
            duration=duration,
            justification=self.request.justification,
            starts_at=self.request.starts_at,
            extends=Window(extends.starts_at, extends.ends_at) if extends else None,
        )
        decision = may_still(self.entitlement, ask, now=now, history=past)
        yield from (check.explanation for check in decision.refusals)

    @property
    def extends(self) -> Grant | None:
        """The grant that the request is to make last longer."""
        wanted = self.request.extends_grant_id
        return self.session.get_one(Grant, wanted) if wanted else None

    @property
    def targets(self) -> tuple[things.Target, ...]:
        """The targets that AWS still has, as the catalogue has them now."""
        return tuple(self._now(target) for target in self.wanted if not self._gone(target))

    def steps(self, window: Window) -> tuple[Step, ...]:
        """Return the steps that the entitlement wants for access during ``window``.

        Raises ``OwnerUnknownError`` if nobody can tell.
        """
        lasting = window.ends_at - window.starts_at
        return needed(steps_for(self.entitlement.approval, self.targets, duration=lasting), window)

    def unapproved(self, window: Window) -> str | None:
        """Return what is missing where the entitlement wants other approvals than it did."""
        asked = questions.deciding(self.session, self.request)
        if asked is not None and asked.approval == self.entitlement.approval:
            return None
        try:
            steps = self.steps(window)
        except OwnerUnknownError as unknown:
            return str(unknown)
        people = [
            person
            for decision in self.request.decisions
            if decision.answer is Answer.APPROVE
            and (person := catalogue.person(self.session, decision.approver_id))
        ]
        casts = [Cast(person.id, Answer.APPROVE, steps_open_to(steps, person)) for person in people]
        lacking = ", ".join(step.name for step in unmet(steps, casts))
        if not lacking:
            return None
        return f"{self.entitlement.name} has come to need other approvals ({lacking}): ask again"

    def _now(self, target: Target) -> things.Target:
        return things.Target(
            catalogue.account(self._accounts[target.account_id], self._units),
            catalogue.permission_set(self._sets[target.permission_set_arn]),
        )

    def _gone(self, target: Target) -> list[str]:
        account = self._accounts.get(target.account_id)
        permission_set = self._sets.get(target.permission_set_arn)
        if account is None or account.removed_at is not None:
            return [f"account {target.account_name} ({target.account_id}) is no longer in the organization"]
        if permission_set is None or permission_set.removed_at is not None:
            return [f"the permission set {target.permission_set_name} is gone"]
        return []

    def _forbidden(self, target: Target, beneficiary: things.Person) -> list[str]:
        now = self._now(target)
        found = []
        if now.account.is_management:
            found.append(f"{now.account.name} ({now.account.id}) has become the management account")
        if now.permission_set.policies_digest != target.policies_digest:
            found.append(f"what {now.permission_set.name} allows has changed since it was asked for")
        decision = still_allowed(self.entitlement, beneficiary=beneficiary, target=now)
        return [*found, *(check.explanation for check in decision.refusals)]


def _lock(session: Session, approver_id: str, request: Request, now: datetime) -> Refusal | None:
    what = lockable(request, request.targets)
    return locks.refusal(session, replace(what, principals=what.principals | {approver_id}), now=now)


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

"""One request as the entitlement in force and the catalogue have it today, and what has changed since."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker import catalogue, histories, questions, resolving
from protem.broker import steps as steps_of
from protem.db.models import Decision, Grant, PermissionSet, Request, Target, Token
from protem.domain import catalogue as things
from protem.domain import durations, names
from protem.domain.approvals import Answer, Cast, steps_open_to, unmet
from protem.domain.eligibility import Ask, may_still, still_allowed
from protem.domain.entitlements import Entitlement
from protem.domain.steps import OwnerUnknownError, Step, needed, steps_for
from protem.domain.windows import Window


class Case:
    """One request, some of its targets, and the entitlement that would decide about them today."""

    def __init__(
        self,
        session: Session,
        request: Request,
        entitlement: Entitlement,
        targets: Sequence[Target],
        *,
        further: Sequence[Request] = (),
    ) -> None:
        self.session, self.request, self.entitlement, self.wanted = session, request, entitlement, targets
        self.answered = (request, *further)
        """What people have answered about this access, extensions of it included."""
        self.beneficiary = catalogue.person(session, request.beneficiary_id)
        self._accounts = resolving.known(
            session, resolving.ACCOUNTS, [target.account_id for target in targets]
        )
        self._sets = resolving.known(
            session, resolving.PERMISSION_SETS, [target.permission_set_arn for target in targets]
        )
        self._units = catalogue.units(session)

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

    def unspoken_for(self) -> Iterator[str]:
        """Yield why whoever asked for somebody else could not do so any more."""
        if self.request.requester_id == self.request.beneficiary_id:
            return
        requester = catalogue.person(self.session, self.request.requester_id)
        if requester is None:
            yield "whoever asked for this is no longer in the directory"
        elif not self.entitlement.requesters_for.include(requester):
            yield f"{requester.user_name} may no longer ask for others under {self.entitlement.name}"

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

    def unapproved(self, window: Window, *, further: things.Person | None = None) -> str | None:
        """Return what is missing where other approvals have come to be needed than there were.

        ``further`` is somebody who would approve as well.
        """
        try:
            steps = self.steps(window)
        except OwnerUnknownError as unknown:
            return str(unknown)
        asked = questions.deciding(self.session, self.request)
        if asked is not None and asked.approval == self.entitlement.approval and self._asked(steps):
            return None
        lacking = ", ".join(step.name for step in unmet(steps, self._casts(steps, further)))
        return f"{self.entitlement.name} has come to need other approvals ({lacking})" if lacking else None

    def _asked(self, steps: Sequence[Step]) -> bool:
        """Tell whether these are steps that were served: tags may say otherwise now, under the same rule."""
        served = [step for request in self.answered for step in steps_of.read(request.steps)]
        return all(any(_covers(before, step) for before in served) for step in steps)

    def _casts(self, steps: Sequence[Step], further: things.Person | None) -> list[Cast]:
        approvers = {
            decision.approver_id
            for request in self.answered
            for decision in request.decisions
            if decision.answer is Answer.APPROVE and self._trusted(decision)
        }
        known = (catalogue.person(self.session, approver) for approver in sorted(approvers))
        people = (*known, further)
        return [Cast(one.id, Answer.APPROVE, steps_open_to(steps, one)) for one in people if one]

    def _trusted(self, decision: Decision) -> bool:
        """Tell whether the entitlement lets whoever relayed a decision, if anybody did, relay it today."""
        if decision.via_token_id is None or self.entitlement.approval is None:
            return True
        service = self.session.get_one(Token, decision.via_token_id).name
        return service in self.entitlement.approval.through

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
            return [f"the permission set {target.permission_set_name} is gone{self._successor(target)}"]
        return []

    def _successor(self, target: Target) -> str:
        """Say so where another permission set has taken the name: it is not what was approved."""
        same = select(PermissionSet.arn).where(
            PermissionSet.name_key == names.key(target.permission_set_name),
            PermissionSet.arn != target.permission_set_arn,
            PermissionSet.removed_at.is_(None),
        )
        return ", and what is called so now is another" if self.session.scalars(same).first() else ""

    def _forbidden(self, target: Target, beneficiary: things.Person) -> list[str]:
        now = self._now(target)
        found = []
        if now.account.is_management:
            found.append(f"{now.account.name} ({now.account.id}) has become the management account")
        if now.permission_set.policies_digest != target.policies_digest:
            found.append(f"what {now.permission_set.name} allows has changed since it was asked for")
        decision = still_allowed(self.entitlement, beneficiary=beneficiary, target=now)
        return [*found, *(check.explanation for check in decision.refusals)]


def _covers(before: Step, step: Step) -> bool:
    """Tell whether whoever served one step has said what the other asks for."""
    # Each step is served by people who serve no other: one that was served stands for itself only.
    same_rule = before.name.partition(":")[0] == step.name.partition(":")[0]
    same_people = before.approvers.handles == step.approvers.handles and before.required >= step.required
    return same_rule and same_people and before.outside in {(), step.outside}

"""What would become of an ask: the one answer that submitting, extending and dry runs all go by."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from protem.broker import able, choosing, histories, locks, standing
from protem.db.models import Grant
from protem.domain.decisions import Decision
from protem.domain.eligibility import Ask, Bounds, may_request
from protem.domain.entitlements import Entitlement, Policy
from protem.domain.errors import Refusal
from protem.domain.locks import Locked
from protem.domain.steps import Step, needed, steps_for


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The deciding entitlement, what its rules said, and the refusal that submitting would get."""

    ask: Ask
    policy: Policy
    entitlement: Entitlement | None = None
    decision: Decision | None = None
    steps: tuple[Step, ...] = ()
    """Every step that it may need."""
    steps_needed: tuple[Step, ...] = ()
    """The steps that it needs if it is given now; none means that it is given at once."""
    refusals: tuple[Refusal, ...] = ()
    """Everything that stands in the way, what is most worth knowing first."""

    @property
    def refusal(self) -> Refusal | None:
        """The refusal that submitting gets, if any."""
        return self.refusals[0] if self.refusals else None

    def deciding(self) -> Entitlement:
        """Return the entitlement that allows the ask; raises the refusal if none does."""
        if self.refusal is not None or self.entitlement is None:
            raise self.refusal or ValueError("an ask without an entitlement is refused")
        return self.entitlement


def evaluate(
    session: Session,
    ask: Ask,
    *,
    rules: Policy,
    named: str | None,
    bounds: Bounds,
    now: datetime,
    extends: Grant | None = None,
) -> Evaluation:
    """Return what the entitlement that decides says; ``extends`` is the grant that is to last longer."""
    try:
        entitlement = choosing.choose(rules, ask, named=named)
    except Refusal as unchosen:
        return Evaluation(ask, rules, refusals=(unchosen,))
    past = histories.of(session, entitlement, ask.beneficiary.id, now=now, extends=extends)
    decision = may_request(entitlement, ask, bounds=bounds, now=now, history=past)
    steps = _steps(entitlement, ask, decision)
    required = needed(steps, ask.window(entitlement, now))
    # Who may not have this at all learns no more than that. Nothing that one could do better helps against
    # a lock, or where nothing has to be asked for; and the steps are those of an ask that is in order.
    unreached, other = choosing.refusals(entitlement, decision)
    refusals = (
        unreached,
        locks.refusal(session, _lockable(entitlement, ask), now=now),
        None if extends else standing.refusal(session, ask.beneficiary, ask.targets),
        other,
        able.refusal(session, required, frozenset({ask.requester.id, ask.beneficiary.id})),
    )
    found = tuple(refusal for refusal in refusals if refusal is not None)
    return Evaluation(ask, rules, entitlement, decision, steps, required, found)


def _steps(entitlement: Entitlement, ask: Ask, decision: Decision) -> tuple[Step, ...]:
    if any(check.rule == "approvers" for check in decision.refusals):
        return ()
    return steps_for(entitlement.approval, ask.targets, duration=ask.total(entitlement))


def _lockable(entitlement: Entitlement, ask: Ask) -> Locked:
    return Locked(
        principals=frozenset({ask.requester.id, ask.beneficiary.id}),
        accounts=frozenset(target.account.id for target in ask.targets),
        permission_sets=frozenset(target.permission_set.arn for target in ask.targets),
        entitlement=entitlement.name,
    )

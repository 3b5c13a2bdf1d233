"""Changes as their readers see them."""

from protem.api.calls import Turn
from protem.api.schemas import changes as schemas
from protem.api.schemas import plans
from protem.api.services import Services
from protem.broker import changes, hands
from protem.broker.planning import Plan
from protem.broker.proposals import carrying
from protem.broker.proposals.proposing import SECRET
from protem.db.models import Change, ChangeState
from protem.domain.errors import Refusal


def proposed(change: Change, *, secret: str | None = None) -> schemas.Proposed:
    if secret is None:
        return schemas.Proposed(change=brief(change))
    return schemas.ProposedSecret(change=brief(change), secret=secret)


def brief(change: Change) -> schemas.Change:
    return schemas.Change.model_validate(change, from_attributes=True)


def full(turn: Turn, services: Services, change: Change) -> schemas.ChangeInFull:
    """Present a change with what it would do now."""
    plan, hindrance = _outlook(turn, services, change)
    return schemas.ChangeInFull(
        **dict(brief(change)),
        arguments={name: value for name, value in change.payload.items() if name != SECRET},
        plan=plans.Plan.of(plan) if plan else None,
        hindrance=hindrance,
        actions=list(changes.actions(turn.session, turn.caller, change, now=turn.now)),
    )


def planned(turn: Turn, services: Services, change: Change) -> Plan | None:
    """Return what takes long about a change."""
    settings = services.settings
    return carrying.plan(
        turn.session,
        change,
        from_file=settings.entitlements_file is not None,
        strict=settings.entitlements_strict,
        now=turn.now,
    )


def _outlook(turn: Turn, services: Services, change: Change) -> tuple[Plan | None, str | None]:
    if change.state is not ChangeState.PENDING:
        return None, None
    gone = hands.why_gone(turn.session, change, admission=services.admission, now=turn.now)
    try:
        plan = planned(turn, services, change)
    except Refusal as refusal:
        return None, gone or refusal.detail
    base = change.payload.get("base_version")
    if plan is not None and plan.base_version != base and gone is None:
        gone = f"version {plan.base_version} is in force now, and this was proposed against version {base}"
    return plan, gone

"""Bring the states of an assignment's grants into line with the time and with what AWS said."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker import audit
from protem.broker.activation import Obstacle
from protem.db.models import Assignment, Grant, Observed, Provenance
from protem.db.queries.grants import LIVE
from protem.db.store import ANSWERS, announce, report
from protem.domain.events import EventType
from protem.domain.lifecycle import EndReason, GrantState, grant_may_become
from protem.domain.owing import next_change
from protem.reconciler import plan

STANDING_ACCESS = "standing_access"

_EVENTS = {
    GrantState.ACTIVATING: EventType.GRANT_ACTIVATING,
    GrantState.ACTIVE: EventType.GRANT_ACTIVE,
    GrantState.DEACTIVATING: EventType.GRANT_DEACTIVATING,
    GrantState.ENDED: EventType.GRANT_ENDED,
    GrantState.FAILED: EventType.GRANT_FAILED,
}

WhyNot = Callable[[Session, Grant, datetime], Obstacle | None]
"""Says why access that was approved may not begin after all; None lets it."""


@dataclass(frozen=True, slots=True)
class Ended:
    """An ending that AWS has confirmed, and how long after access was over."""

    late: timedelta


@dataclass
class Hold:
    """One assignment with its live grants, inside the transaction that may change them."""

    session: Session
    row: Assignment
    now: datetime
    patient: bool = True
    """Whether to wait for whoever has a grant locked; an error tells who may not."""
    grants: Sequence[Grant] = field(init=False)

    def __post_init__(self) -> None:
        live = select(Grant).where(Grant.assignment_id == self.row.id, LIVE)
        locked = live.order_by(Grant.created_at, Grant.id).with_for_update(nowait=not self.patient)
        self.grants = self.session.scalars(locked).all()

    @property
    def owing(self) -> list[Grant]:
        """The grants that owe this access now."""
        return [grant for grant in self.grants if grant.owing.owes_access(self.now)]

    @property
    def renews(self) -> bool:
        """Whether an active grant has the assignment made anew if others remove it."""
        return any(grant.renews and grant.state is GrantState.ACTIVE for grant in self.owing)

    @property
    def renewing(self) -> bool:
        """Whether others have removed it, and it is to be made anew."""
        return self.row.renewing_since is not None and self.renews

    def situation(self) -> plan.Situation:
        """Return what the next step depends on."""
        row, owing = self.row, self.owing
        return plan.Situation(
            owed=bool(owing),
            waiting=any(grant.state is not GrantState.ACTIVE for grant in owing),
            held=any(grant.state is GrantState.ACTIVE for grant in owing),
            closing=any(g.owing.live and g.owing.over(self.now) for g in self.grants),
            renewing=self.renewing,
            force_closed=row.force_closed_at is not None,
            provenance=row.provenance,
            observed=row.observed,
            observed_at=row.observed_at,
            observed_since=row.observed_since,
            operation=row.operation_kind,
            left=row.operation_left_at is not None,
            unconfirmed_create_at=row.unconfirmed_create_at,
            unconfirmed_delete_at=row.unconfirmed_delete_at,
            next_change=next_change((grant.owing for grant in self.grants), self.now),
        )


def by_time(hold: Hold, *, why_not: WhyNot) -> None:
    """Move grants on that the passing of time, or a revocation, has moved."""
    # Beginnings first: only a neighbour that may begin takes over what another grant lets go.
    for grant in hold.grants:
        if grant.state is GrantState.SCHEDULED:
            _start(hold, grant, why_not)
    for grant in hold.grants:
        over = grant.owing.over(hold.now)
        match grant.state:
            case GrantState.ACTIVATING if over and not grant.owing.given_up:
                move(hold, grant, GrantState.DEACTIVATING, reason=_reason(grant))
            case GrantState.ACTIVE if over and _neighbour_owes(hold):
                move(hold, grant, GrantState.ENDED, reason=_reason(grant))
            case GrantState.ACTIVE if over:
                move(hold, grant, GrantState.DEACTIVATING, reason=_reason(grant))
    for grant in hold.grants:
        if _neighbour_owes(hold) and grant.state is GrantState.DEACTIVATING:
            move(hold, grant, GrantState.ENDED)
        elif hold.row.force_closed_at is not None or _nothing_of_ours(hold):
            _close(hold, grant)
    _forget_renewal(hold)


def by_evidence(hold: Hold) -> None:
    """Move grants on by what AWS has just told us: the assignment is there, or it is not."""
    _forget_renewal(hold)
    for grant in hold.grants:
        if hold.row.observed is Observed.PRESENT:
            _present(hold, grant)
        elif hold.row.observed is Observed.ABSENT:
            _absent(hold, grant)


def give_up(hold: Hold, *, code: str, detail: str) -> None:
    """Note that access can never begin, or begin again; the states follow once AWS has nothing of ours."""
    for grant in _beginning(hold):
        _give_up(hold, grant, code=code, detail=detail)


def give_up_refused(hold: Hold, *, why_not: WhyNot) -> None:
    """Ask once more about access that had to wait for its beginning: it may be allowed no longer."""
    for grant in _beginning(hold):
        if obstacle := why_not(hold.session, grant, hold.now):
            _give_up(hold, grant, code=obstacle.reason.value, detail=obstacle.sentence)


def move(hold: Hold, grant: Grant, state: GrantState, *, reason: EndReason | None = None) -> None:
    """Put a grant into ``state``, with its event; the one place where states of grants are written."""
    if not grant_may_become(grant.state, state):
        message = f"grant {grant.id} cannot go from {grant.state} to {state}"
        raise ValueError(message)
    if state is GrantState.ENDED and _confirmed(hold, grant):
        report(hold.session, Ended(hold.now - (grant.revoked_at or grant.ends_at)))
    grant.state = state
    grant.end_reason = grant.end_reason or reason
    if state is GrantState.ACTIVE:
        grant.activated_at = hold.now
    if state in {GrantState.ENDED, GrantState.FAILED}:
        grant.ended_at = hold.now
    # The database sees each step: two in one transaction must not reach it as one forbidden leap.
    hold.session.flush()
    facts = {"end_reason": grant.end_reason, "failure_code": grant.failure_code}
    told: dict[str, Any] = {name: str(fact) for name, fact in facts.items() if fact is not None}
    if state in {GrantState.ENDED, GrantState.FAILED}:
        told |= _left(hold)
    audit.record(hold.session, _EVENTS[state], grant, now=hold.now, facts=told)
    announce(hold.session, ANSWERS)


def _confirmed(hold: Hold, grant: Grant) -> bool:
    """Whether AWS has said that what a grant let go of is gone, not only that somebody else owes it."""
    return grant.state is GrantState.DEACTIVATING and hold.row.observed is Observed.ABSENT


def _left(hold: Hold) -> dict[str, Any]:
    """Return what AWS holds in the place of a grant that is over, for its event."""
    row, owing = hold.row, hold.owing
    if owing:
        return {"owed_by": [str(grant.id) for grant in owing]}
    if row.observed is Observed.ABSENT and row.observed_at is not None:
        provisional = plan.provisional(row.unconfirmed_create_at, hold.now)
        return {"absent_at": row.observed_at.isoformat()} | ({"provisional": True} if provisional else {})
    if row.force_closed_at is not None:
        return {"force_closed_at": row.force_closed_at.isoformat()}
    return {"held_by_others": True} if row.provenance is Provenance.STANDING else {}


def _forget_renewal(hold: Hold) -> None:
    """Note that nothing is to be made anew: it is there, or nobody wants it."""
    if hold.row.observed is Observed.PRESENT or not hold.renews:
        hold.row.renewing_since = None


def _beginning(hold: Hold) -> list[Grant]:
    """Return the grants that a create is for; what was removed by others is theirs, too, that had it."""
    states = {GrantState.ACTIVATING} | ({GrantState.ACTIVE} if hold.renewing else set())
    return [grant for grant in hold.owing if grant.state in states]


def _give_up(hold: Hold, grant: Grant, *, code: str, detail: str) -> None:
    grant.failure_code, grant.failure_detail = code, detail
    if grant.state is GrantState.ACTIVE:
        move(hold, grant, GrantState.DEACTIVATING, reason=EndReason.REMOVED_OUTSIDE)


def _start(hold: Hold, grant: Grant, why_not: WhyNot) -> None:
    if grant.owing.over(hold.now):
        move(hold, grant, GrantState.ENDED, reason=_reason(grant))
    elif grant.owing.owes_access(hold.now):
        _begin(hold, grant, why_not)


def _begin(hold: Hold, grant: Grant, why_not: WhyNot) -> None:
    obstacle = why_not(hold.session, grant, hold.now)
    if obstacle is None:
        move(hold, grant, GrantState.ACTIVATING)
        return
    grant.failure_detail = obstacle.sentence
    move(hold, grant, GrantState.ENDED, reason=obstacle.reason)


def _neighbour_owes(hold: Hold) -> bool:
    """Whether another grant takes the assignment over; not while a delete of it may be under way."""
    return bool(hold.owing) and hold.row.operation_kind is None


def _nothing_of_ours(hold: Hold) -> bool:
    """Whether AWS can hold nothing that we made: the intent is written down before every create."""
    row = hold.row
    return row.operation_kind is None and row.unconfirmed_create_at is None and not _made_by_us(row)


def _made_by_us(row: Assignment) -> bool:
    return row.provenance is Provenance.BROKERED


def _close(hold: Hold, grant: Grant) -> None:
    """End what is over, or can never begin, and has nothing in AWS to wait for."""
    if grant.state is GrantState.DEACTIVATING:
        if hold.row.force_closed_at is not None:
            grant.end_reason = EndReason.FORCE_CLOSED
        move(hold, grant, GrantState.ENDED)
    elif grant.state is GrantState.ACTIVATING and grant.owing.given_up:
        move(hold, grant, GrantState.FAILED)


def _present(hold: Hold, grant: Grant) -> None:
    ours = _made_by_us(hold.row)
    match grant.state:
        case GrantState.ACTIVATING if ours and grant.owing.owes_access(hold.now):
            move(hold, grant, GrantState.ACTIVE)
        case GrantState.ACTIVATING if not ours:
            grant.failure_code = grant.failure_code or STANDING_ACCESS
            grant.failure_detail = grant.failure_detail or "AWS already held this, and Protem did not make it"
            move(hold, grant, GrantState.FAILED)
        case GrantState.ACTIVE if not ours and grant.owing.owes_access(hold.now):
            # Somebody has put access of their own in the place of what was removed.
            move(hold, grant, GrantState.ENDED, reason=EndReason.REMOVED_OUTSIDE)
        case GrantState.DEACTIVATING if not ours:
            _close(hold, grant)


def _absent(hold: Hold, grant: Grant) -> None:
    match grant.state:
        case GrantState.DEACTIVATING | GrantState.ACTIVATING:
            _close(hold, grant)
        case GrantState.ACTIVE if removed_outside(hold) and grant.owing.owes_access(hold.now):
            _removed(hold, grant)


def _removed(hold: Hold, grant: Grant) -> None:
    """End what others have taken away, or leave it active while its assignment is made anew."""
    if not hold.renews:
        audit.record(hold.session, EventType.ASSIGNMENT_REMOVED_OUTSIDE, hold.row, grant, now=hold.now)
        move(hold, grant, GrantState.ENDED, reason=EndReason.REMOVED_OUTSIDE)
    elif hold.row.renewing_since is None:
        hold.row.renewing_since = hold.now
        facts = {"renewed": True}
        event = EventType.ASSIGNMENT_REMOVED_OUTSIDE
        audit.record(hold.session, event, hold.row, grant, now=hold.now, facts=facts)


def removed_outside(hold: Hold) -> bool:
    """Tell whether what was active has been absent for so long that no listing just missed it."""
    row = hold.row
    if plan.delete_may_land(row.unconfirmed_delete_at, hold.now) or row.observed_since is None:
        return False
    return hold.now - row.observed_since >= plan.CONFIRMATION


def _reason(grant: Grant) -> EndReason:
    return grant.revoke_reason or EndReason.ELAPSED

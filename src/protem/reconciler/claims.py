"""Claim work: decide the next step about a row and write it down, before anything leaves."""

import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.orm import Session

from protem.broker import audit
from protem.db.models import Act, Assignment, Observed, Provenance, new_id
from protem.domain.events import EventType
from protem.identity_center.values import AssignmentKey
from protem.reconciler import plan, telling
from protem.reconciler.settle import Hold, WhyNot, by_time, give_up_refused
from protem.reconciler.traffic import CLAIMED, WRITES, Traffic, key, parameters

HINTED = timedelta(seconds=15)
"""How long a row rests while its operation runs: what hints and listings show wakes it before."""


@dataclass(frozen=True, slots=True)
class Work:
    """One call to AWS that this process, and nobody else, is about to make."""

    assignment_id: uuid.UUID
    claim_id: uuid.UUID | None
    """None where the operation that is asked about stands for the claim: nobody writes until it is over."""
    version: int
    act: Act
    key: AssignmentKey
    claimed_at: datetime
    ending: bool
    watching: bool = False
    preparing: bool = False
    """It only looks before a create."""
    operation_kind: Act | None = None
    operation_id: str | None = None
    leaves_within: timedelta | None = None
    """How soon a create has to leave: later, its absence would be too old to call the result ours."""
    late: timedelta | None = None
    """How long after access was over this first delete is about to leave."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row whose write waits for room; until its version changes, or that instant, nothing else does."""

    act: Act
    version: int
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Claiming:
    """When, for whom, and within which limits rows are claimed in one transaction."""

    now: datetime
    fence: int
    room: Traffic
    watch: timedelta
    why_not: WhyNot


def claim(session: Session, assignment_id: uuid.UUID, claiming: Claiming) -> Work | Waiting | None:
    """Settle the row by time and claim its next step; None when there is nothing to call for now."""
    hold = _open(session, assignment_id, claiming)
    if hold is None:
        return None
    fence, room, why_not = claiming.fence, claiming.room, claiming.why_not
    by_time(hold, why_not=why_not)
    match plan.next_step(hold.situation(), hold.now, watch=claiming.watch):
        case plan.Rest(until):
            _rest(hold, until)
            return None
        case plan.Look():
            return _take_look(hold, fence, room)
        case plan.Poll() | plan.Settle():
            _leave_to_hints(hold)
            return None
        case plan.Create():
            return _take_create(hold, fence, room, why_not)
        case plan.Delete():
            return _take_delete(hold, fence, room)


_UNCLAIMED = (
    select(Assignment)
    .where(Assignment.id == bindparam("assignment_id", type_=Uuid()), ~CLAIMED)
    # Whoever has the row locked, for however long, keeps this row waiting and no other.
    .with_for_update(skip_locked=True)
)


def accompany(session: Session, assignment_id: uuid.UUID, claiming: Claiming) -> Work | None:
    """Claim a look for a row that a listing is about anyway; None if that would tell it nothing."""
    hold = _open(session, assignment_id, claiming, patient=False)
    if hold is None:
        return None
    by_time(hold, why_not=claiming.why_not)
    match plan.next_step(hold.situation(), hold.now, watch=claiming.watch):
        case plan.Look():
            return _take(hold, Act.LOOK, claiming.fence)
        case plan.Rest() if hold.owing and hold.row.observed is Observed.PRESENT:
            return _take(hold, Act.LOOK, claiming.fence)
        case _:
            return None


def _open(
    session: Session, assignment_id: uuid.UUID, claiming: Claiming, *, patient: bool = True
) -> Hold | None:
    now = claiming.now
    given = parameters(now, claiming.fence) | {"assignment_id": assignment_id}
    row = session.scalars(_UNCLAIMED, given).one_or_none()
    if row is None:
        return None
    _recover(session, row, now)
    return Hold(session, row, now, patient=patient)


def _leave_to_hints(hold: Hold) -> None:
    """Rest: an operation is asked about with others, and by whoever knows how long they take."""
    row, until = hold.row, hold.now + HINTED
    change = hold.situation().next_change
    row.next_attempt_at, row.version = min(until, change) if change else until, row.version + 1


def _rest(hold: Hold, until: datetime | None) -> None:
    row, seen = hold.row, hold.situation()
    row.next_attempt_at, row.version = until, row.version + 1
    if not seen.closing and (seen.force_closed or not seen.ours):
        row.attempts, row.stuck_since, row.blocked_reason = 0, None, None


def push_away(session: Session, assignment_id: uuid.UUID, *, error: str, now: datetime) -> None:
    """Put a row that cannot be worked on aside for a minute, visibly, so that the rest go on."""
    row = session.get(Assignment, assignment_id, with_for_update=True)
    if row is not None:
        row.next_attempt_at = now + timedelta(minutes=1)
        row.stuck_since = row.stuck_since or now
        telling.note(row, Act.LOOK, "internal_error", error)
        # What makes the row unworkable may keep an event from being written, too.
        with suppress(Exception), session.begin_nested():
            telling.tell(session, row, now=now)


def _take_look(hold: Hold, fence: int, room: Traffic) -> Work | Waiting:
    row = hold.row
    if not _prepares(hold):
        return _take(hold, Act.LOOK, fence)
    # Without room for the create, the listing would be too old in the end.
    if not room.prepares(row.account_id, attempts=row.attempts):
        return _wait(hold, Act.CREATE)
    room.prepared.add(row.account_id)
    return _take(hold, Act.LOOK, fence)


def _prepares(hold: Hold) -> bool:
    """Whether a look is made for the sake of a create alone, and not to see what an earlier one left."""
    row, seen = hold.row, hold.situation()
    never = row.observed is Observed.UNKNOWN and row.observed_at is None and not seen.ours
    return seen.owed and (never or row.observed is Observed.ABSENT) and (seen.renewing or not seen.held)


def _wait(hold: Hold, act: Act) -> Waiting:
    return Waiting(act, hold.row.version, hold.situation().next_change)


def _take_create(hold: Hold, fence: int, room: Traffic, why_not: WhyNot) -> Work | Waiting | None:
    row = hold.row
    if not room.admits(Act.CREATE, row.account_id, attempts=row.attempts):
        return _wait(hold, Act.CREATE)
    renewing = hold.renewing
    give_up_refused(hold, why_not=why_not)
    if not hold.owing or hold.renewing is not renewing:
        return None
    _intend(hold, Act.CREATE, EventType.ASSIGNMENT_CREATE_INTENDED, room)
    # Written before the call: whatever AWS holds from here on is ours until it is seen absent.
    row.provenance = Provenance.BROKERED
    age = hold.now - (row.observed_at or hold.now)
    return _take(hold, Act.CREATE, fence, leaves_within=plan.FRESH - age)


def _take_delete(hold: Hold, fence: int, room: Traffic) -> Work | Waiting:
    if not room.admits(Act.DELETE, hold.row.account_id, attempts=hold.row.attempts):
        return _wait(hold, Act.DELETE)
    _intend(hold, Act.DELETE, EventType.ASSIGNMENT_DELETE_INTENDED, room)
    return _take(hold, Act.DELETE, fence)


def _intend(hold: Hold, act: Act, event: EventType, room: Traffic) -> None:
    room.enter(act, hold.row.account_id, attempts=hold.row.attempts)
    if hold.row.attempts == 0:
        audit.record(hold.session, event, hold.row, now=hold.now)


def _take(hold: Hold, act: Act, fence: int, *, leaves_within: timedelta | None = None) -> Work:
    row = hold.row
    row.claim, row.claim_id, row.claim_fence, row.claimed_at = act, new_id(), fence, hold.now
    row.version += 1
    return Work(
        assignment_id=row.id,
        claim_id=row.claim_id,
        version=row.version,
        act=act,
        key=key(row),
        claimed_at=hold.now,
        ending=not hold.owing,
        watching=act is Act.LOOK and not (hold.renewing or hold.situation().waiting),
        preparing=act is Act.LOOK and _prepares(hold),
        operation_kind=row.operation_kind,
        operation_id=row.operation_id,
        leaves_within=leaves_within,
        late=_late(hold) if act is Act.DELETE and row.attempts == 0 else None,
    )


def _late(hold: Hold) -> timedelta | None:
    over = [grant.revoked_at or grant.ends_at for grant in hold.grants if grant.owing.over(hold.now)]
    return hold.now - max(over) if over else None


def _recover(session: Session, row: Assignment, now: datetime) -> None:
    """Take over a claim whose holder died: its call may have happened, or may yet."""
    if row.claim is None:
        return
    if row.claim in WRITES:
        doubt(row, row.claim, now)
        audit.record(
            session, EventType.ASSIGNMENT_OUTCOME_UNKNOWN, row, now=now, facts={"act": row.claim.value}
        )
    row.claim = row.claim_id = row.claim_fence = row.claimed_at = None


def doubt(row: Assignment, act: Act, now: datetime) -> None:
    """Note that a write of ours may have happened, or may yet, and that nobody can say."""
    if act is Act.CREATE:
        row.unconfirmed_create_at = now
        row.provenance = Provenance.BROKERED
    else:
        row.unconfirmed_delete_at = now
    row.observed, row.observed_since = Observed.UNKNOWN, None
    forget_operation(row)


def forget_operation(row: Assignment) -> None:
    """Note that nothing is under way any more, as far as anybody is going to ask."""
    row.operation_kind = row.operation_id = row.operation_started_at = row.operation_left_at = None

"""Claim work: decide the next step about a row and write it down, before anything leaves."""

import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from protem.broker import audit
from protem.db.models import Act, Assignment, Grant, Observed, Provenance, new_id
from protem.domain.events import EventType
from protem.domain.lifecycle import LIVE_GRANT_STATES
from protem.identity_center.values import AssignmentKey, PrincipalType
from protem.reconciler import plan, telling
from protem.reconciler.settle import Hold, WhyNot, by_time, give_up_refused

CLAIM_TIMEOUT = timedelta(minutes=2)
"""Longer than any call can take; after it, whoever claimed is taken to have died."""
MOST_CREATES = 15
"""Outstanding creates that AWS allows (quotas of IAM Identity Center)."""
_TURNS = 8
_WRITES = (Act.CREATE, Act.DELETE)


@dataclass(frozen=True, slots=True)
class Work:
    """One call to AWS that this process, and nobody else, is about to make."""

    assignment_id: uuid.UUID
    claim_id: uuid.UUID
    version: int
    act: Act
    key: AssignmentKey
    ending: bool
    watching: bool = False
    operation_kind: Act | None = None
    operation_id: str | None = None
    leaves_within: timedelta | None = None
    """How soon a create has to leave: later, its absence would be too old to call the result ours."""
    late: timedelta | None = None
    """How long after access was over this first delete is about to leave."""


@dataclass
class Traffic:
    """What AWS's limits leave room for; kept up to date as work is claimed."""

    busy: set[str] = field(default_factory=set)
    """Accounts with a write under way: AWS updates one role at a time in each."""
    overdue: set[str] = field(default_factory=set)
    """Accounts with endings that fail: nothing new begins there."""
    creates: int = 0
    creates_paused: bool = False

    def admits(self, act: Act, account_id: str) -> bool:
        if act not in _WRITES:
            return True
        if account_id in self.busy:
            return False
        if act is Act.DELETE:
            return True
        return not self.creates_paused and self.creates < MOST_CREATES and account_id not in self.overdue

    def enter(self, act: Act, account_id: str) -> None:
        if act in _WRITES:
            self.busy.add(account_id)
            self.creates += act is Act.CREATE


def due(session: Session, *, now: datetime, fence: int, limit: int) -> list[uuid.UUID]:
    """Return rows to look at: endings first, and a few of each account before more of any."""
    rank = _rank(now)
    order = (Assignment.operation_kind.is_(None), rank, Assignment.next_attempt_at, Assignment.id)
    turn = func.row_number().over(partition_by=Assignment.account_id, order_by=order).label("turn")
    ready = (
        select(Assignment.id, turn, rank.label("rank"), Assignment.next_attempt_at)
        .where(Assignment.next_attempt_at <= now, ~_claimed(fence, now))
        .subquery()
    )
    query = select(ready.c.id).where(ready.c.turn <= _TURNS)
    return list(
        session.scalars(query.order_by(ready.c.rank, ready.c.turn, ready.c.next_attempt_at).limit(limit))
    )


def _rank(now: datetime) -> ColumnElement[int]:
    """Order by urgency; what only waits for its turn to be made comes last, lest it hide the rest."""
    absent = Assignment.observed == Observed.ABSENT
    return case(
        (or_(~_owed_sketch(now), Assignment.operation_kind.is_not(None)), 0),
        # Its absence was just listed: created now, or listed again for nothing.
        (and_(absent, Assignment.observed_at >= now - plan.FRESH), 1),
        (absent, 3),
        else_=2,
    )


def next_due(session: Session, *, now: datetime) -> datetime | None:
    """Return the earliest instant after ``now`` at which some row wants attention."""
    later = select(func.min(Assignment.next_attempt_at)).where(Assignment.next_attempt_at > now)
    return session.scalars(later).one()


def traffic(session: Session, *, now: datetime, fence: int, stuck_for: timedelta) -> Traffic:
    """Return what is under way, as the database knows it."""
    writing = or_(
        Assignment.operation_kind.is_not(None), and_(Assignment.claim.in_(_WRITES), _claimed(fence, now))
    )
    rows = session.execute(
        select(Assignment.account_id, Assignment.operation_kind, Assignment.claim).where(writing)
    ).all()
    stuck = select(Assignment.account_id).where(
        Assignment.stuck_since <= now - stuck_for, Assignment.blocked_reason.is_(None), ~_owed_sketch(now)
    )
    return Traffic(
        busy={account for account, _, _ in rows},
        overdue=set(session.scalars(stuck)),
        creates=sum(Act.CREATE in {kind, claim} for _, kind, claim in rows),
    )


def claim(
    session: Session,
    assignment_id: uuid.UUID,
    *,
    now: datetime,
    fence: int,
    room: Traffic,
    watch: timedelta,
    why_not: WhyNot,
) -> Work | None:
    """Settle the row by time and claim its next step; None when there is nothing to call for now."""
    # Whoever has the row locked, for however long, keeps this row waiting and no other.
    locked = select(Assignment).where(Assignment.id == assignment_id).with_for_update(skip_locked=True)
    row = session.scalars(locked.where(~_claimed(fence, now))).one_or_none()
    if row is None:
        return None
    _recover(session, row, now)
    hold = Hold(session, row, now)
    by_time(hold, why_not=why_not)
    step = plan.next_step(hold.situation(), now, watch=watch)
    match step:
        case plan.Rest(until):
            _rest(hold, until)
            return None
        case plan.Look():
            return _take_look(hold, fence, room)
        case plan.Poll():
            return _take(hold, Act.POLL, fence)
        case plan.Create():
            return _take_create(hold, fence, room, why_not)
        case plan.Delete():
            return _take_delete(hold, fence, room)


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


def _take_look(hold: Hold, fence: int, room: Traffic) -> Work | None:
    row, seen = hold.row, hold.situation()
    if seen.owed and row.observed is Observed.ABSENT and (seen.renewing or not seen.held):
        # It only prepares a create: without room for that, the listing would be too old in the end.
        if not room.admits(Act.CREATE, row.account_id):
            return None
        room.enter(Act.CREATE, row.account_id)
    return _take(hold, Act.LOOK, fence)


def _take_create(hold: Hold, fence: int, room: Traffic, why_not: WhyNot) -> Work | None:
    row = hold.row
    if not room.admits(Act.CREATE, row.account_id):
        return None
    renewing = hold.renewing
    give_up_refused(hold, why_not=why_not)
    if not hold.owing or hold.renewing is not renewing:
        return None
    _intend(hold, Act.CREATE, EventType.ASSIGNMENT_CREATE_INTENDED, room)
    # Written before the call: whatever AWS holds from here on is ours until it is seen absent.
    row.provenance = Provenance.BROKERED
    age = hold.now - (row.observed_at or hold.now)
    return _take(hold, Act.CREATE, fence, leaves_within=plan.FRESH - age)


def _take_delete(hold: Hold, fence: int, room: Traffic) -> Work | None:
    if not room.admits(Act.DELETE, hold.row.account_id):
        return None
    _intend(hold, Act.DELETE, EventType.ASSIGNMENT_DELETE_INTENDED, room)
    return _take(hold, Act.DELETE, fence)


def _intend(hold: Hold, act: Act, event: EventType, room: Traffic) -> None:
    room.enter(act, hold.row.account_id)
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
        ending=not hold.owing,
        watching=act is Act.LOOK and not (hold.renewing or hold.situation().waiting),
        operation_kind=row.operation_kind,
        operation_id=row.operation_id,
        leaves_within=leaves_within,
        late=_late(hold) if act is Act.DELETE and row.attempts == 0 else None,
    )


def _late(hold: Hold) -> timedelta | None:
    over = [grant.revoked_at or grant.ends_at for grant in hold.grants if grant.owing.over(hold.now)]
    return hold.now - max(over) if over else None


def key(row: Assignment) -> AssignmentKey:
    """Return the row's triple in AWS's terms."""
    return AssignmentKey(
        instance_arn=row.instance_arn,
        account_id=row.account_id,
        permission_set_arn=row.permission_set_arn,
        principal_id=row.principal_id,
        principal_type=PrincipalType(row.principal_type),
    )


def _recover(session: Session, row: Assignment, now: datetime) -> None:
    """Take over a claim whose holder died: its call may have happened, or may yet."""
    if row.claim is None:
        return
    if row.claim in _WRITES:
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
    row.operation_kind = row.operation_id = row.operation_started_at = None


def _claimed(fence: int, now: datetime) -> ColumnElement[bool]:
    """Claimed by this holder of the lease, recently enough to be still at it."""
    return and_(
        Assignment.claim_id.is_not(None),
        Assignment.claim_fence == fence,
        Assignment.claimed_at > now - CLAIM_TIMEOUT,
    )


def _owed_sketch(now: datetime) -> ColumnElement[bool]:
    """Whether some grant owes the row, for ordering only: ``Owing.owes_access`` decides."""
    return exists().where(
        Grant.assignment_id == Assignment.id,
        Grant.state.in_([*LIVE_GRANT_STATES]),
        Grant.starts_at <= now,
        Grant.ends_at > now,
        Grant.revoked_at.is_(None),
        Grant.failure_code.is_(None),
    )

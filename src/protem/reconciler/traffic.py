"""What is under way in AWS, and what its limits leave room for."""

import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from protem.db.models import Act, Assignment, Grant
from protem.domain.lifecycle import LIVE_GRANT_STATES
from protem.identity_center.values import AssignmentKey, PrincipalType

CLAIM_TIMEOUT = timedelta(minutes=2)
"""Longer than any call can take; after it, whoever claimed is taken to have died."""
MOST_OUTSTANDING = {Act.CREATE: 15, Act.DELETE: 15}
"""Operations that AWS lets run at once. Of creates documented (quotas of IAM Identity Center); of deletes
no number is, and the same is taken."""
MOST_TROUBLED = 5
"""How many of these may be new tries at what has failed before: whatever it is, the rest go on."""
TROUBLED_AFTER = 3
"""Errors in a row after which a try counts as one of those."""
WRITES = (Act.CREATE, Act.DELETE)


@dataclass(frozen=True, slots=True)
class Running:
    """An operation of ours that AWS has accepted, as long as nobody has seen what became of it."""

    assignment_id: uuid.UUID
    version: int
    kind: Act
    operation_id: str
    key: AssignmentKey
    started_at: datetime
    left_at: datetime | None = None
    next_attempt_at: datetime | None = None
    troubled: bool = False


@dataclass
class Traffic:
    """What AWS's limits leave room for; kept up to date as work is claimed."""

    busy: set[str] = field(default_factory=set)
    """Accounts with a write under way: AWS updates one role at a time in each."""
    resting: set[str] = field(default_factory=set)
    """Accounts in which somebody else was just seen to write."""
    overdue: set[str] = field(default_factory=set)
    """Accounts with endings that fail: nothing new begins there."""
    ending: set[str] = field(default_factory=set)
    """Accounts with endings that wait."""
    running: list[Running] = field(default_factory=list)
    outstanding: Counter[Act] = field(default_factory=Counter)
    troubled: Counter[Act] = field(default_factory=Counter)
    prepared: set[str] = field(default_factory=set)
    """Accounts in which a create may leave as soon as there is a slot, or a listing has come back."""
    creates_paused: bool = False

    def admits(self, act: Act, account_id: str, *, attempts: int = 0) -> bool:
        """Tell whether a write may leave now."""
        if attempts >= TROUBLED_AFTER and self.troubled[act] >= MOST_TROUBLED:
            return False
        return self.has_slot(act) and self._is_free(act, account_id)

    def prepares(self, account_id: str, *, attempts: int = 0) -> bool:
        """Tell whether it is time to look before a create: listed too early, an absence is too old."""
        ahead = self.outstanding[Act.CREATE] + len(self.prepared - self.busy)
        return (
            account_id not in self.prepared
            and ahead < MOST_OUTSTANDING[Act.CREATE]
            and self.admits(Act.CREATE, account_id, attempts=attempts)
        )

    def is_open(self, account_id: str) -> bool:
        """Tell whether access may begin in this account as soon as there is a slot."""
        return self._is_free(Act.CREATE, account_id)

    def has_slot(self, act: Act) -> bool:
        return self.outstanding[act] < MOST_OUTSTANDING[act]

    def enter(self, act: Act, account_id: str, *, attempts: int = 0) -> None:
        self.busy.add(account_id)
        self.outstanding[act] += 1
        self.troubled[act] += attempts >= TROUBLED_AFTER

    def _is_free(self, act: Act, account_id: str) -> bool:
        if account_id in self.busy or account_id in self.resting:
            return False
        if act is Act.DELETE:
            return True
        return not self.creates_paused and account_id not in self.overdue and not self._yields(account_id)

    def _yields(self, account_id: str) -> bool:
        """Whether a create would hold up an ending: not while more accounts wait than endings can leave."""
        if account_id not in self.ending:
            return False
        return self.has_slot(Act.DELETE) or len(self.ending - self.busy) <= MOST_OUTSTANDING[Act.DELETE]


def load(session: Session, *, now: datetime, fence: int, stuck_for: timedelta) -> Traffic:
    """Return what is under way, as the database knows it."""
    found = select(Assignment).where(
        or_(Assignment.operation_kind.is_not(None), Assignment.claim_id.is_not(None))
    )
    room = Traffic(overdue=_overdue(session, now=now, stuck_for=stuck_for))
    for row in session.scalars(found):
        _count(room, row, now=now, fence=fence)
    return room


def _count(room: Traffic, row: Assignment, *, now: datetime, fence: int) -> None:
    if row.operation_kind is not None and row.operation_id is not None:
        room.running.append(_running(row, now))
        if row.operation_left_at is None:
            room.enter(row.operation_kind, row.account_id, attempts=row.attempts)
    elif row.claim is not None and row.claim in WRITES and _holds(row, now=now, fence=fence):
        room.enter(row.claim, row.account_id, attempts=row.attempts)


def _running(row: Assignment, now: datetime) -> Running:
    return Running(
        assignment_id=row.id,
        version=row.version,
        kind=Act(str(row.operation_kind)),
        operation_id=str(row.operation_id),
        key=key(row),
        started_at=row.operation_started_at or now,
        left_at=row.operation_left_at,
        next_attempt_at=row.next_attempt_at,
        troubled=row.attempts > 0,
    )


def _holds(row: Assignment, *, now: datetime, fence: int) -> bool:
    claimed_at = row.claimed_at
    return row.claim_fence == fence and claimed_at is not None and claimed_at > now - CLAIM_TIMEOUT


def _overdue(session: Session, *, now: datetime, stuck_for: timedelta) -> set[str]:
    stuck = select(Assignment.account_id).where(
        Assignment.stuck_since <= now - stuck_for, Assignment.blocked_reason.is_(None), ~owed_sketch(now)
    )
    return set(session.scalars(stuck))


def key(row: Assignment) -> AssignmentKey:
    """Return the row's triple in AWS's terms."""
    return AssignmentKey(
        instance_arn=row.instance_arn,
        account_id=row.account_id,
        permission_set_arn=row.permission_set_arn,
        principal_id=row.principal_id,
        principal_type=PrincipalType(row.principal_type),
    )


def claimed(fence: int, now: datetime) -> ColumnElement[bool]:
    """Claimed by this holder of the lease, recently enough to be still at it."""
    return and_(
        Assignment.claim_id.is_not(None),
        Assignment.claim_fence == fence,
        Assignment.claimed_at > now - CLAIM_TIMEOUT,
    )


def owed_sketch(now: datetime) -> ColumnElement[bool]:
    """Whether some grant owes the row, for ordering only: ``Owing.owes_access`` decides."""
    return exists().where(
        Grant.assignment_id == Assignment.id,
        Grant.state.in_([*LIVE_GRANT_STATES]),
        Grant.starts_at <= now,
        Grant.ends_at > now,
        Grant.revoked_at.is_(None),
        Grant.failure_code.is_(None),
    )


def under_way(session: Session) -> frozenset[str]:
    """Return the ids of all operations that are ours and not settled."""
    return frozenset(
        one
        for one in session.scalars(
            select(Assignment.operation_id).where(
                or_(Assignment.operation_kind.is_not(None), Assignment.claim_id.is_not(None))
            )
        )
        if one is not None
    )

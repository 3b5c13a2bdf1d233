"""What is under way in AWS, and what its limits leave room for."""

import uuid
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from protem.db.models import Act, Assignment, Grant
from protem.db.queries.grants import LIVE
from protem.db.types import UtcDateTime
from protem.identity_center.values import AssignmentKey, PrincipalType
from protem.reconciler import plan

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
    owed: bool = True
    """Whether the access is owed that it is about."""

    def holds_up(self, ending: Collection[str]) -> bool:
        """Tell whether an ending waits for it alone: one in its account, or of what it is creating."""
        return self.key.account_id in ending or (self.kind is Act.CREATE and not self.owed)


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

    def opens(self, account_id: str, *, soon: bool) -> bool:
        """Tell whether access may begin here once there is a slot; ``soon`` if the busy are free by then."""
        if soon and account_id in self.busy:
            return account_id not in self.resting | self.overdue and not self.creates_paused
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
    given = parameters(now, fence) | {"stuck_before": now - stuck_for}
    room = Traffic(overdue=set(session.scalars(_OVERDUE, given)))
    for row in session.execute(_UNDER_WAY, given):
        _count(room, row, now=now, fence=fence)
    return room


def _count(room: Traffic, row: Any, *, now: datetime, fence: int) -> None:
    if row.operation_kind is not None and row.operation_id is not None:
        room.running.append(_running(row, now))
        if row.operation_left_at is None:
            room.enter(row.operation_kind, row.account_id, attempts=row.attempts)
    elif row.claim in WRITES and row.claim_fence == fence and row.claimed_at > now - CLAIM_TIMEOUT:
        room.enter(row.claim, row.account_id, attempts=row.attempts)


def _running(row: Any, now: datetime) -> Running:
    return Running(
        assignment_id=row.id,
        version=row.version,
        kind=row.operation_kind,
        operation_id=row.operation_id,
        key=key(row),
        started_at=row.operation_started_at or now,
        left_at=row.operation_left_at,
        owed=row.owed,
    )


def key(row: Any) -> AssignmentKey:
    """Return the row's triple in AWS's terms."""
    return AssignmentKey(
        instance_arn=row.instance_arn,
        account_id=row.account_id,
        permission_set_arn=row.permission_set_arn,
        principal_id=row.principal_id,
        principal_type=PrincipalType(row.principal_type),
    )


def under_way(session: Session) -> frozenset[str]:
    """Return the ids of all operations that are ours and not settled."""
    running = select(Assignment.operation_id).where(Assignment.operation_kind.is_not(None))
    return frozenset(found for found in session.scalars(running) if found is not None)


def parameters(now: datetime, fence: int) -> dict[str, Any]:
    """Return what the statements of this module and of the agenda are about."""
    return {
        "now": now,
        "fence": fence,
        "claimed_after": now - CLAIM_TIMEOUT,
        "fresh_after": now - plan.FRESH,
    }


# Statements are made once: they are run at every tick, and making one takes longer than running it.

NOW = bindparam("now", type_=UtcDateTime())

CLAIMED = and_(
    Assignment.claim_id.is_not(None),
    Assignment.claim_fence == bindparam("fence", type_=Integer()),
    Assignment.claimed_at > bindparam("claimed_after", type_=UtcDateTime()),
)
"""Claimed by this holder of the lease, recently enough to be still at it."""

OWED = exists().where(
    Grant.assignment_id == Assignment.id,
    LIVE,
    Grant.starts_at <= NOW,
    Grant.ends_at > NOW,
    Grant.revoked_at.is_(None),
    Grant.failure_code.is_(None),
)
"""Whether some grant owes the row, for ordering only: ``Owing.owes_access`` decides."""

_UNDER_WAY = select(
    Assignment.id,
    Assignment.version,
    Assignment.instance_arn,
    Assignment.account_id,
    Assignment.permission_set_arn,
    Assignment.principal_type,
    Assignment.principal_id,
    Assignment.operation_kind,
    Assignment.operation_id,
    Assignment.operation_started_at,
    Assignment.operation_left_at,
    Assignment.claim,
    Assignment.claim_fence,
    Assignment.claimed_at,
    Assignment.attempts,
    OWED.label("owed"),
).where(or_(Assignment.operation_kind.is_not(None), Assignment.claim_id.is_not(None)))

_OVERDUE = select(Assignment.account_id).where(
    Assignment.stuck_since <= bindparam("stuck_before", type_=UtcDateTime()),
    Assignment.blocked_reason.is_(None),
    ~OWED,
)

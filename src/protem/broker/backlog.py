"""What is to be done in AWS and what keeps it from being done, counted along indexes: it is asked often."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from protem.db.models import Act, Assignment, Grant
from protem.db.models.grants import UNDER_WAY, grouped
from protem.db.queries.grants import LIVE
from protem.domain.advice import known
from protem.domain.causes import Cause
from protem.domain.lifecycle import LIVE_GRANT_STATES, GrantState

BROKEN_AFTER = timedelta(minutes=1)
"""How long an account's endings must have been failing before nothing new begins there."""
_LIVE = sorted(LIVE_GRANT_STATES)
_MOST = 1_000
"""Kinds of answers that are told apart among those that an older version wrote down."""


class Kind(StrEnum):
    """What an assignment that is due is looked at for."""

    ENDING = "ending"
    OPERATION = "operation"
    """AWS has accepted a change and has to be asked how it stands."""
    BEGINNING = "beginning"
    WATCHING = "watching"


@dataclass(frozen=True, slots=True)
class Overdue:
    """Grants that are over and not yet ended."""

    count: int
    oldest_at: datetime | None
    """When access by the oldest of them was over."""

    def age(self, now: datetime) -> timedelta:
        return timedelta() if self.oldest_at is None else max(now - self.oldest_at, timedelta())


@dataclass(frozen=True, slots=True)
class Paused:
    """An account in which nothing new begins, since its endings fail."""

    account_id: str
    since: datetime
    endings: int


def over_at() -> ColumnElement[datetime]:
    """Return when a grant was over, in SQL."""
    return func.coalesce(Grant.revoked_at, Grant.ends_at, type_=Grant.ends_at.type)


def live(session: Session) -> Mapping[GrantState, int]:
    """Count the grants that are not over yet, by state; history is not looked at."""
    found = select(Grant.state, func.count()).where(LIVE).group_by(Grant.state)
    return dict.fromkeys(_LIVE, 0) | _pairs(session, found)


def past(session: Session) -> Mapping[GrantState, int]:
    """Count the grants that are over, by state; this reads all of history."""
    found = select(Grant.state, func.count()).where(~LIVE).group_by(Grant.state)
    over = [state for state in GrantState if state not in LIVE_GRANT_STATES]
    return dict.fromkeys(over, 0) | _pairs(session, found)


def _pairs(session: Session, found: Select[GrantState, int]) -> dict[GrantState, int]:
    return {row[0]: row[1] for row in session.execute(found)}


def overdue(session: Session, *, now: datetime) -> Overdue:
    count, oldest = session.execute(select(func.count(), func.min(over_at())).where(is_overdue(now))).one()
    return Overdue(count, oldest)


def is_overdue(now: datetime) -> ColumnElement[bool]:
    """Hold for grants that are over and not yet ended."""
    return and_(LIVE, or_(Grant.ends_at <= now, Grant.revoked_at.is_not(None)))


def queue(session: Session, *, now: datetime) -> Mapping[Kind, int]:
    """Count the assignments that want attention now and that nobody is at."""
    owing = _owing(now)
    kind = case(
        (Assignment.operation_kind.is_not(None), Kind.OPERATION.value),
        (~exists(owing), Kind.ENDING.value),
        (exists(owing.where(Grant.state != GrantState.ACTIVE)), Kind.BEGINNING.value),
        else_=Kind.WATCHING.value,
    )
    due = select(kind, func.count()).where(Assignment.next_attempt_at <= now, Assignment.claim_id.is_(None))
    counts = {Kind(name): count for name, count in session.execute(due.group_by(kind))}
    return dict.fromkeys(Kind, 0) | counts


def _owing(now: datetime) -> Select[int]:
    """Return the grants that owe an assignment, for counting only: ``Owing.owes_access`` decides."""
    return select(1).where(
        Grant.assignment_id == Assignment.id,
        LIVE,
        Grant.starts_at <= now,
        Grant.ends_at > now,
        Grant.revoked_at.is_(None),
        Grant.failure_code.is_(None),
    )


def failing(session: Session, *, blocked: bool) -> Mapping[Cause, int]:
    """Count the endings that fail, by what they fail from; those that are blocked, or the others."""
    # Another version wrote no cause down, or one that is unknown here: what was said may differ by row.
    row = Assignment
    foreign = or_(row.last_error_cause.is_(None), row.last_error_cause.not_in(list(Cause)))
    told, code = case((foreign, row.last_error)), case((foreign, row.last_error_code))
    found = (
        select(row.last_error_cause, code, told, func.count())
        .where(*_failing(blocked=blocked))
        .group_by(row.last_error_cause, code, told)
        .limit(_MOST)
    )
    counts = dict.fromkeys(Cause, 0)
    for cause, error_code, error, count in session.execute(found):
        counts[known(cause, code=error_code or "", reason=error or "")] += count
    return counts


def first_failing(session: Session, *, blocked: bool, limit: int) -> Sequence[Assignment]:
    """Return the endings that fail, those that have for longest first."""
    found = select(Assignment).where(*_failing(blocked=blocked))
    return session.scalars(found.order_by(Assignment.stuck_since, Assignment.id).limit(limit)).all()


def oldest_failing(session: Session) -> datetime | None:
    """Return since when an ending has been failing, the longest of all."""
    stuck = select(func.min(Assignment.stuck_since)).where(Assignment.stuck_since.is_not(None))
    return session.scalars(stuck).one()


def _failing(*, blocked: bool) -> tuple[ColumnElement[bool], ...]:
    reason = Assignment.blocked_reason
    return (Assignment.stuck_since.is_not(None), reason.is_not(None) if blocked else reason.is_(None))


def operations(session: Session) -> Mapping[Act, int]:
    """Count the changes that AWS has accepted and not finished."""
    kind = Assignment.operation_kind
    found = select(kind, func.count()).where(grouped(UNDER_WAY), kind.is_not(None)).group_by(kind)
    return {Act.CREATE: 0, Act.DELETE: 0} | {act: count for act, count in session.execute(found) if act}


def paused(session: Session, *, now: datetime) -> Sequence[Paused]:
    """Return the accounts in which nothing new begins, the longest first."""
    since = func.min(Assignment.stuck_since, type_=Assignment.stuck_since.type)
    found = (
        select(Assignment.account_id, since, func.count())
        .where(
            Assignment.stuck_since <= now - BROKEN_AFTER,
            Assignment.blocked_reason.is_(None),
            ~exists(_owing(now)),
        )
        .group_by(Assignment.account_id)
        .order_by(since)
    )
    return [Paused(account, first or now, count) for account, first, count in session.execute(found)]

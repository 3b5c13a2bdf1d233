"""Record what AWS answered: the row, its grants and the events, in one transaction."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import TypeAlias

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from protem.broker import audit
from protem.db.models import Act, Assignment, Observed, Provenance
from protem.domain.events import EventType
from protem.identity_center.errors import CallRejected, CallWithheld, GatewayError, OutcomeUnknown
from protem.identity_center.values import Operation, OperationStatus
from protem.reconciler import backoff, outcomes, telling
from protem.reconciler.claims import HINTED, Work, doubt, forget_operation
from protem.reconciler.evidence import AT_ONCE, OUTCOMES, Record, observed, succeeded
from protem.reconciler.outcomes import Verdict
from protem.reconciler.settle import Hold, give_up
from protem.reconciler.traffic import Running

PATIENCE = timedelta(minutes=10)
"""How long an operation may be in progress before its outcome counts as unknown."""
STALE_ABSENCE = "stale_absence"
"""A create was kept back because its absence had been listed too long before."""
LISTED_ELSEWHERE = "listed_elsewhere"
"""AWS does not say what a principal holds; it can be asked who holds one thing in one account."""
_OUR_REASONS = frozenset({STALE_ABSENCE, LISTED_ELSEWHERE, "lease_lost", "budget_closed"})


@dataclass(frozen=True, slots=True)
class Seen:
    """What a listing said about one assignment."""

    present: bool


Answer: TypeAlias = Seen | Operation | GatewayError
"""What came back from AWS, or why nothing did."""


def record(
    session: Session, work: Work, answer: Answer, *, now: datetime, seen_at: datetime, randomness: Random
) -> bool:
    """Write the answer down; False when somebody else has taken the row over meanwhile."""
    locked = select(Assignment).where(
        Assignment.id == work.assignment_id,
        Assignment.claim_id == work.claim_id,
        Assignment.operation_id == work.operation_id,
    )
    row = session.scalars(locked.with_for_update()).one_or_none()
    if row is None:
        return False
    row.claim = row.claim_id = row.claim_fence = row.claimed_at = None
    entry = Record(Hold(session, row, now), work, randomness, seen_at)
    wait = _write(entry, answer)
    # Whoever raised the version while the call was out wants the row looked at now.
    woken = row.version != work.version
    row.next_attempt_at = now if woken else _next_attempt(entry, wait)
    row.version += 1
    return True


def has_left(session: Session, running: Collection[Running], *, now: datetime) -> None:
    """Note that AWS lists these as running no longer; what they brought about is still to be seen."""
    here = and_(
        Assignment.id.in_([one.assignment_id for one in running]),
        Assignment.operation_id.in_([one.operation_id for one in running]),
        Assignment.operation_left_at.is_(None),
        Assignment.claim_id.is_(None),
    )
    session.execute(update(Assignment).where(here).values(operation_left_at=now))


def _next_attempt(entry: Record, wait: timedelta) -> datetime:
    """Return when to try again: no wait for AWS outlasts what is owed now."""
    if entry.work.preparing and wait == AT_ONCE and entry.row.next_attempt_at is not None:
        # It keeps its place among those that wait for a slot.
        return min(entry.row.next_attempt_at, entry.now)
    change = entry.hold.situation().next_change
    return min(entry.now + wait, change) if change else entry.now + wait


def _write(entry: Record, answer: Answer) -> timedelta:
    match answer:
        case Seen(present):
            return _seen(entry, Observed.PRESENT if present else Observed.ABSENT)
        case Operation():
            return _operation(entry, answer)
        case CallWithheld(code="invalid_identifier") | CallRejected():
            return _rejected(entry, answer)
        case CallWithheld():
            return _withheld(entry, answer)
        case OutcomeUnknown() | GatewayError():
            return _unknown(entry, answer)


def _seen(entry: Record, found: Observed) -> timedelta:
    kind, operation_id = entry.row.operation_kind, entry.row.operation_id
    if kind is None or operation_id is None:
        return observed(entry, found)
    if found is OUTCOMES[kind]:
        return succeeded(entry, kind, operation_id)
    message = f"a listing that does not show what {operation_id} was for is no word on it"
    raise ValueError(message)


def _operation(entry: Record, operation: Operation) -> timedelta:
    row = entry.row
    kind = entry.work.operation_kind or entry.work.act
    if entry.work.act is not Act.POLL:
        _accepted(entry, operation)
    match operation.status:
        case OperationStatus.IN_PROGRESS:
            return _in_progress(entry, kind)
        case OperationStatus.SUCCEEDED:
            return succeeded(entry, kind, operation.id)
        case OperationStatus.FAILED:
            forget_operation(row)
            return _failed(entry, kind, outcomes.FAILED, operation.reason or "AWS gave no reason")


def _accepted(entry: Record, operation: Operation) -> None:
    row, act = entry.row, entry.work.act
    row.operation_kind, row.operation_id, row.operation_started_at = act, operation.id, entry.now
    row.observed, row.observed_since = Observed.UNKNOWN, None
    accepted = (
        EventType.ASSIGNMENT_CREATE_ACCEPTED if act is Act.CREATE else EventType.ASSIGNMENT_DELETE_ACCEPTED
    )
    audit.record(entry.hold.session, accepted, row, now=entry.now, facts={"operation_id": operation.id})


def _in_progress(entry: Record, kind: Act) -> timedelta:
    entry.row.operation_left_at = None
    if not _overdue(entry):
        return HINTED
    return _doubt(entry, kind, "operation_in_progress", f"AWS has not finished after {PATIENCE}")


def _age(entry: Record) -> timedelta:
    return entry.now - (entry.row.operation_started_at or entry.now)


def _overdue(entry: Record) -> bool:
    return _age(entry) > PATIENCE


def _rejected(entry: Record, error: GatewayError) -> timedelta:
    row, act = entry.row, entry.work.act
    if act is Act.POLL:
        return _not_told(entry, error)
    if act is Act.CREATE:
        _not_created(row)
    return _failed(entry, act, error.code, error.message)


def _withheld(entry: Record, error: CallWithheld) -> timedelta:
    """Nothing left, so nothing is in doubt: decide again, at once if the reason was ours."""
    if entry.work.act is Act.CREATE:
        _not_created(entry.row)
    if error.code in _OUR_REASONS:
        return AT_ONCE
    return _trouble(entry, error.code, error.message)


def _not_created(row: Assignment) -> None:
    """Take back the intent: AWS said no. An earlier create in doubt keeps the provenance."""
    if row.unconfirmed_create_at is None:
        row.provenance = Provenance.NONE


def _unknown(entry: Record, error: GatewayError) -> timedelta:
    if entry.work.act in {Act.CREATE, Act.DELETE}:
        return _doubt(entry, entry.work.act, error.code, error.message)
    return _not_told(entry, error)


def _not_told(entry: Record, error: GatewayError) -> timedelta:
    """Ask again, but not for ever: while an operation counts as running, its account waits for it."""
    kind = entry.work.operation_kind
    if kind is not None and (error.code == "ResourceNotFoundException" or _overdue(entry)):
        return _doubt(entry, kind, error.code, error.message)
    return _trouble(entry, error.code, error.message)


def _doubt(entry: Record, kind: Act, code: str, message: str) -> timedelta:
    doubt(entry.row, kind, entry.now)
    facts = {"act": kind.value, "code": code}
    audit.record(
        entry.hold.session, EventType.ASSIGNMENT_OUTCOME_UNKNOWN, entry.row, now=entry.now, facts=facts
    )
    return _trouble(entry, code, message)


def _failed(entry: Record, act: Act, code: str, message: str) -> timedelta:
    """Judge a definite no, by the table."""
    match outcomes.judge(act, code, message):
        case Verdict.RETRY:
            wait = _trouble(entry, code, message)
            # Whether a create left anything behind is seen at once, before others make the same.
            return AT_ONCE if (act, code) == (Act.CREATE, outcomes.FAILED) else wait
        case Verdict.TERMINAL:
            give_up(entry.hold, code=_slug(code), detail=message)
            wait = _trouble(entry, code, message)
            return wait if entry.hold.owing else AT_ONCE
        case Verdict.ABSENT if act is Act.LOOK:
            return observed(entry, Observed.ABSENT)
        case Verdict.ABSENT:
            _look_next(entry.row)
            wait = _trouble(entry, code, message)
            return AT_ONCE if entry.row.attempts == 1 else wait
        case Verdict.BLOCKED if entry.hold.owing:
            give_up(entry.hold, code=_slug(code), detail=message)
            return _trouble(entry, code, message)
        case Verdict.BLOCKED:
            return _blocked(entry, code, message)


def _blocked(entry: Record, code: str, message: str) -> timedelta:
    """Look at once the first time, since what blocks a deletion may have taken the assignment along."""
    first = entry.row.blocked_reason is None
    _look_next(entry.row)
    entry.row.blocked_reason = message if first else entry.row.blocked_reason
    _trouble(entry, code, message, newly_blocked=first)
    return AT_ONCE if first else backoff.BLOCKED


def _look_next(row: Assignment) -> None:
    row.observed, row.observed_since = Observed.UNKNOWN, None


def _trouble(entry: Record, code: str, message: str, *, newly_blocked: bool = False) -> timedelta:
    """Count an error; return how long to wait before the next try."""
    row = entry.row
    telling.note(row, entry.work.act, code, message)
    if not entry.hold.owing:
        row.stuck_since = row.stuck_since or entry.now
        telling.tell(entry.hold.session, row, now=entry.now, newly_blocked=newly_blocked)
    return backoff.after_error(row.attempts, randomness=entry.randomness)


def _slug(code: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in code.removesuffix("Exception")).lstrip("_")

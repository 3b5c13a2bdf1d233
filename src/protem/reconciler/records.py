"""Record what AWS answered: the row, its grants and the events, in one transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from protem.broker import audit
from protem.db.models import Act, Assignment, Observed, Provenance
from protem.domain.events import EventType
from protem.domain.lifecycle import GrantState
from protem.identity_center.errors import CallRejected, CallWithheld, GatewayError, OutcomeUnknown
from protem.identity_center.values import Operation, OperationStatus
from protem.reconciler import backoff, outcomes, plan, telling
from protem.reconciler.claims import Work, doubt
from protem.reconciler.outcomes import Verdict
from protem.reconciler.settle import Hold, by_evidence, give_up, removed_outside

PATIENCE = timedelta(minutes=10)
"""How long an operation may be in progress before its outcome counts as unknown."""
_AT_ONCE = timedelta()
STALE_ABSENCE = "stale_absence"
"""A create was kept back because its absence had been listed too long before."""
_OUR_REASONS = frozenset({STALE_ABSENCE, "lease_lost", "budget_closed"})


@dataclass(frozen=True, slots=True)
class Seen:
    """What a listing said about one assignment."""

    present: bool


Answer: TypeAlias = Seen | Operation | GatewayError
"""What came back from AWS, or why nothing did."""


@dataclass
class Record:
    """One answer on its way into the row that asked."""

    hold: Hold
    work: Work
    randomness: Random

    @property
    def row(self) -> Assignment:
        return self.hold.row

    @property
    def now(self) -> datetime:
        return self.hold.now


def record(session: Session, work: Work, answer: Answer, *, now: datetime, randomness: Random) -> bool:
    """Write the answer down; False when somebody else has taken the row over meanwhile."""
    locked = select(Assignment).where(
        Assignment.id == work.assignment_id, Assignment.claim_id == work.claim_id
    )
    row = session.scalars(locked.with_for_update()).one_or_none()
    if row is None:
        return False
    row.claim = row.claim_id = row.claim_fence = row.claimed_at = None
    entry = Record(Hold(session, row, now), work, randomness)
    wait = _write(entry, answer)
    # Whoever raised the version while the call was out wants the row looked at now.
    woken = row.version != work.version
    row.next_attempt_at = now if woken else _next_attempt(entry, wait)
    row.version += 1
    return True


def _next_attempt(entry: Record, wait: timedelta) -> datetime:
    """Return when to try again: no wait for AWS outlasts what is owed now."""
    change = entry.hold.situation().next_change
    return min(entry.now + wait, change) if change else entry.now + wait


def _write(entry: Record, answer: Answer) -> timedelta:
    match answer:
        case Seen(present):
            return _observed(entry, Observed.PRESENT if present else Observed.ABSENT)
        case Operation():
            return _operation(entry, answer)
        case CallWithheld(code="invalid_identifier") | CallRejected():
            return _rejected(entry, answer)
        case CallWithheld():
            return _withheld(entry, answer)
        case OutcomeUnknown() | GatewayError():
            return _unknown(entry, answer)


def _observed(entry: Record, observed: Observed) -> timedelta:
    row, now = entry.row, entry.now
    create_failed = row.provenance is Provenance.BROKERED and row.last_error_code == outcomes.FAILED
    if row.observed is not observed or row.observed_since is None:
        row.observed_since = now
    row.observed, row.observed_at = observed, now
    row.operation_kind = row.operation_id = row.operation_started_at = None
    row.force_closed_at = None
    if observed is Observed.ABSENT:
        _absence(entry.hold)
    else:
        _presence(entry)
    by_evidence(entry.hold)
    if bool(entry.hold.owing) is (observed is Observed.PRESENT):
        row.attempts, row.stuck_since, row.blocked_reason = 0, None, None
        row.last_error_code = row.last_error = None
    elif create_failed and observed is Observed.ABSENT:
        return backoff.after_error(row.attempts, randomness=entry.randomness)
    return _AT_ONCE


def _absence(hold: Hold) -> None:
    """The incarnation is over, and its provenance with it, unless a create of ours may still land.

    One listing that misses active access does not make it somebody else's.
    """
    row = hold.row
    if plan.provisional(row.unconfirmed_create_at, hold.now):
        return
    row.unconfirmed_create_at = None
    unheld = all(grant.state is not GrantState.ACTIVE for grant in hold.grants)
    if removed_outside(hold) or hold.renewing or unheld:
        row.provenance = Provenance.NONE


def _presence(entry: Record) -> None:
    hold, row = entry.hold, entry.row
    if row.provenance is Provenance.NONE:
        row.provenance = Provenance.STANDING
        audit.record(hold.session, EventType.ASSIGNMENT_FOUND_STANDING, row, now=hold.now)
    elif row.unconfirmed_create_at is not None and not hold.grants:
        audit.record(hold.session, EventType.ASSIGNMENT_LANDED_LATE, row, now=hold.now)


def _operation(entry: Record, operation: Operation) -> timedelta:
    row = entry.row
    kind = entry.work.operation_kind or entry.work.act
    if entry.work.act is not Act.POLL:
        _accepted(entry, operation)
    match operation.status:
        case OperationStatus.IN_PROGRESS:
            return _in_progress(entry, kind)
        case OperationStatus.SUCCEEDED:
            done, observed = _SUCCESS[kind]
            audit.record(entry.hold.session, done, row, now=entry.now, facts={"operation_id": operation.id})
            return _observed(entry, observed)
        case OperationStatus.FAILED:
            row.operation_kind = row.operation_id = row.operation_started_at = None
            return _failed(entry, kind, outcomes.FAILED, operation.reason or "AWS gave no reason")


_SUCCESS = {
    Act.CREATE: (EventType.ASSIGNMENT_CREATED, Observed.PRESENT),
    Act.DELETE: (EventType.ASSIGNMENT_DELETED, Observed.ABSENT),
}


def _accepted(entry: Record, operation: Operation) -> None:
    row, act = entry.row, entry.work.act
    row.operation_kind, row.operation_id, row.operation_started_at = act, operation.id, entry.now
    row.observed, row.observed_since = Observed.UNKNOWN, None
    accepted = (
        EventType.ASSIGNMENT_CREATE_ACCEPTED if act is Act.CREATE else EventType.ASSIGNMENT_DELETE_ACCEPTED
    )
    audit.record(entry.hold.session, accepted, row, now=entry.now, facts={"operation_id": operation.id})


def _in_progress(entry: Record, kind: Act) -> timedelta:
    if not _overdue(entry):
        return backoff.between_polls(_age(entry))
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
        return _AT_ONCE
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
            return _AT_ONCE if (act, code) == (Act.CREATE, outcomes.FAILED) else wait
        case Verdict.TERMINAL:
            give_up(entry.hold, code=_slug(code), detail=message)
            wait = _trouble(entry, code, message)
            return wait if entry.hold.owing else _AT_ONCE
        case Verdict.ABSENT if act is Act.LOOK:
            return _observed(entry, Observed.ABSENT)
        case Verdict.ABSENT:
            _look_next(entry.row)
            wait = _trouble(entry, code, message)
            return _AT_ONCE if entry.row.attempts == 1 else wait
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
    return _AT_ONCE if first else backoff.BLOCKED


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

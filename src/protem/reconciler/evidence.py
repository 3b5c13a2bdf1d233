"""Take AWS's word for what it holds: the row, the provenance of the incarnation, and the grants."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from protem.broker import audit
from protem.db.models import Act, Assignment, Observed, Provenance
from protem.domain.events import EventType
from protem.domain.lifecycle import GrantState
from protem.reconciler import backoff, outcomes, plan
from protem.reconciler.claims import Work, forget_operation
from protem.reconciler.settle import Hold, by_evidence, removed_outside

AT_ONCE = timedelta()
OUTCOMES = {Act.CREATE: Observed.PRESENT, Act.DELETE: Observed.ABSENT}
"""What an operation that succeeded has brought about."""
_DONE = {Act.CREATE: EventType.ASSIGNMENT_CREATED, Act.DELETE: EventType.ASSIGNMENT_DELETED}


@dataclass
class Record:
    """One answer on its way into the row that asked."""

    hold: Hold
    work: Work
    randomness: Random
    seen_at: datetime
    """When the question left, at the latest: what AWS says was true then, or came true since."""

    @property
    def row(self) -> Assignment:
        return self.hold.row

    @property
    def now(self) -> datetime:
        return self.hold.now


def succeeded(entry: Record, kind: Act, operation_id: str) -> timedelta:
    """Write down that an operation has done what it was for."""
    facts = {"operation_id": operation_id}
    audit.record(entry.hold.session, _DONE[kind], entry.row, now=entry.now, facts=facts)
    return observed(entry, OUTCOMES[kind])


def observed(entry: Record, found: Observed) -> timedelta:
    row, now = entry.row, entry.now
    create_failed = row.provenance is Provenance.BROKERED and row.last_error_code == outcomes.FAILED
    if row.observed is not found or row.observed_since is None:
        row.observed_since = now
    row.observed, row.observed_at = found, entry.seen_at
    forget_operation(row)
    row.force_closed_at = None
    if found is Observed.ABSENT:
        _absence(entry.hold)
    else:
        _presence(entry)
    by_evidence(entry.hold)
    if bool(entry.hold.owing) is (found is Observed.PRESENT):
        row.attempts, row.stuck_since, row.blocked_reason = 0, None, None
        row.last_error_code = row.last_error = None
    elif create_failed and found is Observed.ABSENT:
        return backoff.after_error(row.attempts, randomness=entry.randomness)
    return AT_ONCE


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

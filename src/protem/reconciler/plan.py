"""What to do next about one assignment: a pure function of what is owed and what AWS says.

It never asks what happened; a process that forgot everything would decide the same.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from protem.db.models import Act, Observed, Provenance

FRESH = timedelta(seconds=10)
"""How long before a create its absence may have been listed, for the result to be called ours."""
CONFIRMATION = timedelta(seconds=10)
"""How long an active assignment must be seen absent before it counts as removed outside."""
PROVISIONAL = timedelta(hours=24)
"""How long after a create of unknown outcome absence stays provisional: densely for the first hour."""
LATE_DELETE = timedelta(hours=1)
"""How long a delete of unknown outcome may still explain why an assignment is gone."""
_SHORTEST_LOOK = timedelta(seconds=10)
_LONGEST_LOOK = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that the next step depends on, besides the time."""

    owed: bool
    """Some grant owes this access now."""
    waiting: bool
    """A grant that owes it does not have AWS's word for it yet."""
    held: bool
    """A grant that owes it was told that it is active."""
    closing: bool
    """A grant is over, and AWS's word for its end is missing."""
    renewing: bool
    """What was active has been removed by others, and is to be made anew."""
    provenance: Provenance
    observed: Observed
    observed_at: datetime | None = None
    observed_since: datetime | None = None
    operation: Act | None = None
    left: bool = False
    """AWS lists the operation as running no longer: a hint, and no word on what became of it."""
    unconfirmed_create_at: datetime | None = None
    unconfirmed_delete_at: datetime | None = None
    force_closed: bool = False
    """People have said that AWS cannot hold it, since its account has left the organization."""
    next_change: datetime | None = None
    """When what is owed may change by the passing of time alone."""

    def confirming(self, now: datetime) -> bool:
        """Whether it is still to be seen that others have removed what was active."""
        return self.held and not self.renewing and not delete_may_land(self.unconfirmed_delete_at, now)

    @property
    def ours(self) -> bool:
        """Whether what AWS may hold was made by us, as far as anybody can tell."""
        return self.provenance is Provenance.BROKERED or self.unconfirmed_create_at is not None


@dataclass(frozen=True, slots=True)
class Look:
    """List who holds the permission set in the account."""


@dataclass(frozen=True, slots=True)
class Create:
    """Ask AWS for the assignment."""


@dataclass(frozen=True, slots=True)
class Delete:
    """Ask AWS to remove the assignment."""


@dataclass(frozen=True, slots=True)
class Poll:
    """Ask how the accepted operation stands."""


@dataclass(frozen=True, slots=True)
class Settle:
    """See what an operation that has left brought about."""


@dataclass(frozen=True, slots=True)
class Rest:
    """Do nothing until then; None means until somebody wakes the row."""

    until: datetime | None


Step: TypeAlias = Look | Create | Delete | Poll | Settle | Rest


def next_step(seen: Situation, now: datetime, *, watch: timedelta) -> Step:
    """Return the one thing to do now; ``watch`` is how often active access is looked at."""
    if seen.operation is not None:
        return Settle() if seen.left else Poll()
    if seen.owed:
        return _towards_presence(seen, now, watch)
    return _towards_absence(seen, now)


def _towards_presence(seen: Situation, now: datetime, watch: timedelta) -> Step:
    match seen.observed:
        case Observed.UNKNOWN:
            return Look()
        case Observed.PRESENT if seen.waiting or seen.renewing:
            return Look()
        case Observed.PRESENT:
            return _look_at(_after(seen.observed_at, watch, now), seen, now)
        case Observed.ABSENT if seen.confirming(now):
            return _look_at(_after(seen.observed_since, CONFIRMATION, now), seen, now)
        case Observed.ABSENT:
            return Create() if _fresh(seen, now) else Look()


def _towards_absence(seen: Situation, now: datetime) -> Step:
    match seen.observed:
        case Observed.UNKNOWN if seen.force_closed:
            return Rest(seen.next_change)
        case Observed.PRESENT if seen.ours:
            return Delete()
        case Observed.UNKNOWN if seen.ours or seen.closing:
            return Look()
        case Observed.ABSENT if seen.closing:
            return Look()
        case Observed.ABSENT if seen.unconfirmed_create_at is not None:
            return _look_at(_next_provisional_look(seen, now), seen, now)
        case Observed.PRESENT | Observed.UNKNOWN | Observed.ABSENT:
            return Rest(seen.next_change)


def _look_at(due: datetime, seen: Situation, now: datetime) -> Step:
    if now >= due:
        return Look()
    return Rest(min(due, seen.next_change) if seen.next_change else due)


def _next_provisional_look(seen: Situation, now: datetime) -> datetime:
    """Return a time that backs off with the age of the doubt: every look adds a quarter to it."""
    if seen.observed_at is None or seen.unconfirmed_create_at is None:
        return now
    age = seen.observed_at - seen.unconfirmed_create_at
    return seen.observed_at + min(max(age / 4, _SHORTEST_LOOK), _LONGEST_LOOK)


def _after(instant: datetime | None, wait: timedelta, now: datetime) -> datetime:
    return now if instant is None else instant + wait


def _fresh(seen: Situation, now: datetime) -> bool:
    return seen.observed_at is not None and now - seen.observed_at <= FRESH


def delete_may_land(unconfirmed_delete_at: datetime | None, now: datetime) -> bool:
    """Tell whether a delete of ours, of unknown outcome, may explain an absence at ``now``."""
    return unconfirmed_delete_at is not None and now - unconfirmed_delete_at <= LATE_DELETE


def provisional(unconfirmed_create_at: datetime | None, now: datetime) -> bool:
    """Tell whether a create of ours, of unknown outcome, may still land after ``now``."""
    return unconfirmed_create_at is not None and now - unconfirmed_create_at <= PROVISIONAL

"""Claim, call, record: over and over, for as long as this process holds the lease."""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random

import structlog

from protem.clock import Clock
from protem.db.store import Store
from protem.identity_center.budget import CallBudget
from protem.identity_center.gateway import Assignments
from protem.reconciler import claims, records, steps
from protem.reconciler.claims import Traffic, Work
from protem.reconciler.lease import Lease, LeaseLostError
from protem.reconciler.records import Answer
from protem.reconciler.settle import WhyNot

_log = structlog.get_logger("protem.reconciler")

MOST_CLOCK_OFFSET = timedelta(seconds=2)
"""Further off AWS's clock than this, nothing new begins."""
BROKEN_AFTER = timedelta(minutes=1)
"""How long an account's endings must have been failing before nothing new begins there."""
_RECORD_ATTEMPTS = 5


@dataclass
class Progress:
    """What the reconciler has been doing, for health and metrics."""

    leading: bool = False
    ticked_at: datetime | None = None
    ticked_on: float | None = None
    """The same on the clock's monotonic scale."""
    clock_offset: timedelta = timedelta()
    """AWS's time minus the one by which access ends: the database's, where processes share it."""
    poisoned: int = 0
    unrecorded: int = 0


@dataclass
class Runner:
    """The reconciler's loop body; whoever holds a clock calls ``tick`` and looks again when told."""

    store: Store
    assignments: Assignments
    budget: CallBudget
    lease: Lease
    dispatch: Callable[[Callable[[], None]], object]
    """Has a piece of work done, in a thread of a pool or on the spot."""
    clock: Clock
    watch: timedelta
    why_not: WhyNot
    threads: int
    done: Callable[[], None] = lambda: None
    """Called after each recorded answer: there may be more to do."""
    claimed: Callable[[Work], None] = lambda work: None
    """Called with each piece of work before it is carried out."""
    randomness: Random = field(default_factory=Random)
    progress: Progress = field(default_factory=Progress)
    _under_way: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tick(self) -> timedelta | None:
        """Start what is due; return how long until more is, None if only a wake-up can bring work."""
        self.progress.leading = self.lease.hold()
        if not self.progress.leading:
            return None
        with self.store.reading() as session:
            now = self.store.now(session)
            self.progress.clock_offset = self._clock_offset(now)
            room = claims.traffic(session, now=now, fence=self.lease.fence, stuck_for=BROKEN_AFTER)
            ready = claims.due(session, now=now, fence=self.lease.fence, limit=200)
        room.creates_paused = abs(self.progress.clock_offset) > MOST_CLOCK_OFFSET
        for assignment_id in ready:
            if self._under_way >= self.threads:
                break
            self._start(assignment_id, room)
        self.progress.ticked_at, self.progress.ticked_on = now, self.clock.monotonic()
        with self.store.reading() as session:
            later = claims.next_due(session, now=now)
            return None if later is None else max(later - self.store.now(session), timedelta())

    def _clock_offset(self, now: datetime) -> timedelta:
        offset = self.assignments.clock_offset()
        return timedelta() if offset is None else offset + self.clock.now() - now

    def _start(self, assignment_id: uuid.UUID, room: Traffic) -> None:
        since = self.clock.monotonic()
        try:
            work = self._claim(assignment_id, room)
        except LeaseLostError:
            self.progress.leading = False
        except Exception as error:  # noqa: BLE001 - one bad row must not stop the rest
            _log.exception("reconciler.row_failed", assignment_id=str(assignment_id))
            self._push_away(assignment_id, error)
        else:
            if work is not None:
                self._count(+1)
                self.claimed(work)
                self.dispatch(partial(self._carry_out, work, since))

    def _claim(self, assignment_id: uuid.UUID, room: Traffic) -> Work | None:
        with self.store.writing() as session:
            work = claims.claim(
                session,
                assignment_id,
                now=self.store.now(session),
                fence=self.lease.fence,
                room=room,
                watch=self.watch,
                why_not=self.why_not,
            )
            # Last, so that no renewal of the lease waits for whoever has the row locked.
            self.lease.require(session)
        return work

    def _push_away(self, assignment_id: uuid.UUID, error: Exception) -> None:
        self.progress.poisoned += 1
        try:
            with self.store.writing() as session:
                now = self.store.now(session)
                claims.push_away(session, assignment_id, error=f"{type(error).__name__}: {error}", now=now)
                self.lease.require(session)
        except Exception:  # noqa: BLE001 - it is tried again at the next tick; the rest go on
            _log.exception("reconciler.row_failed", assignment_id=str(assignment_id))

    def _carry_out(self, work: Work, since: float) -> None:
        try:
            answer = steps.perform(self.assignments, work, budget=self.budget, since=since)
            self._record(work, answer)
        finally:
            self._count(-1)
            self.done()

    def _record(self, work: Work, answer: Answer) -> None:
        """Write the answer down; if that cannot be done, the claim runs out and the doubt is recorded."""
        for attempt in range(1, _RECORD_ATTEMPTS + 1):
            try:
                with self.store.writing() as session:
                    now = self.store.now(session)
                    records.record(session, work, answer, now=now, randomness=self.randomness)
                    self.lease.require(session)
            except LeaseLostError:
                _log.warning("reconciler.deposed", assignment_id=str(work.assignment_id), act=work.act)
                return
            except Exception:  # noqa: BLE001 - the claim outlives whatever it is
                _log.exception("reconciler.record_failed", assignment_id=str(work.assignment_id))
                self.clock.sleep(attempt * 0.2)
            else:
                return
        self.progress.unrecorded += 1

    def _count(self, difference: int) -> None:
        with self._lock:
            self._under_way += difference

"""Claim, call, record: over and over, for as long as this process holds the lease."""

import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random

import structlog

from protem.broker.backlog import BROKEN_AFTER
from protem.clock import Clock
from protem.db.models import Act
from protem.db.store import Store
from protem.identity_center.budget import CallBudget
from protem.identity_center.gateway import Assignments
from protem.reconciler import agenda, claims, gathering, traffic
from protem.reconciler.agenda import Due
from protem.reconciler.claims import Claiming, Waiting, Work
from protem.reconciler.errands import Errands
from protem.reconciler.gathering import Among, Gathered
from protem.reconciler.lease import Lease, LeaseLostError
from protem.reconciler.lookout import Describe, Hint, List, Lookout, Question
from protem.reconciler.settle import WhyNot
from protem.reconciler.steps import Start
from protem.reconciler.surveys import Subject, Survey
from protem.reconciler.traffic import Traffic

_log = structlog.get_logger("protem.reconciler")

MOST_CLOCK_OFFSET = timedelta(seconds=2)
"""Further off AWS's clock than this, nothing new begins."""
KEPT_FOR_ENDINGS = 4
"""Threads that beginnings leave free: those that wait for their turn to call must not keep an ending out."""


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
    lookout: Lookout = field(default_factory=Lookout)
    _waiting: dict[uuid.UUID, Waiting] = field(default_factory=dict)
    """Rows that were opened and wait for room: until something about them changes, they need not be again."""
    _served: dict[str, float] = field(default_factory=dict)
    """When, on the monotonic scale, each account last got a write."""
    _preparing: list[str] = field(default_factory=list)
    """Accounts of creates that wait for listings which are out."""
    _under_way: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tick(self) -> timedelta | None:
        """Start what is due; return how long until more is, None if only a wake-up can bring work."""
        self.progress.leading = self.lease.hold()
        if not self.progress.leading:
            return None
        with self.lease.term():
            return self._look_around()

    def _look_around(self) -> timedelta | None:
        before = self.clock.monotonic()
        with self.store.reading() as session:
            now = self.store.now(session)
            self.progress.clock_offset = self._clock_offset(now)
            room = traffic.load(session, now=now, fence=self.lease.fence, stuck_for=BROKEN_AFTER)
            due = agenda.due(session, now=now, fence=self.lease.fence)
        ready = agenda.in_turn(due, self._served)
        self._prepare(room, ready, now)
        asking = self._ask(room, ready, Start(now, before, self.clock.monotonic()))
        self._work_off(room, ready, now)
        self.progress.ticked_at, self.progress.ticked_on = now, self.clock.monotonic()
        return self._wait(now, asking)

    def _prepare(self, room: Traffic, ready: Sequence[Due], now: datetime) -> None:
        """Add to the traffic what only this process knows."""
        room.creates_paused = abs(self.progress.clock_offset) > MOST_CLOCK_OFFSET
        self.lookout.limit(room, now)
        room.ending = {due.key.account_id for due in ready if due.wants_delete}
        with self._lock:
            room.prepared = {*self._preparing, *(due.key.account_id for due in ready if due.is_prepared(now))}
        known = {due.assignment_id for due in ready}
        self._waiting = {row: waiting for row, waiting in self._waiting.items() if row in known}

    def _ask(self, room: Traffic, ready: Sequence[Due], start: Start) -> timedelta | None:
        """Ask about operations that run, where that is worth a call; return how long until more is."""
        wanted = {Act.CREATE: True, Act.DELETE: any(due.operation is None for due in ready)}
        questions, wait = self.lookout.questions(room, start.agreed, wanted=wanted)
        for question in questions:
            self._put(question, ready, room, start)
        return wait

    def _put(self, question: Question, ready: Sequence[Due], room: Traffic, start: Start) -> None:
        match question:
            case Hint():
                self._dispatch(partial(self._errands.hint, question, start))
            case Describe(running):
                self._dispatch(partial(self._errands.describe, running, start))
            case List(subject, running):
                works = self._gather_beside(subject, ready, room, start.agreed)
                self._survey(Survey(subject, works, running), start)

    def _work_off(self, room: Traffic, ready: Sequence[Due], now: datetime) -> None:
        taken: set[uuid.UUID] = set()
        for due in ready:
            kept = KEPT_FOR_ENDINGS if due.owed else 0
            if self._under_way >= self.threads - min(kept, self.threads - 1) or not self.progress.leading:
                break
            if due.assignment_id not in taken and not self._still_waits(due, room, now):
                taken |= self._start(due, ready, room)

    def _still_waits(self, due: Due, room: Traffic, now: datetime) -> bool:
        waiting = self._waiting.get(due.assignment_id)
        if waiting is None or waiting.version != due.version:
            return False
        if waiting.until is not None and waiting.until <= now:
            return False
        if waiting.act is Act.CREATE and not due.is_prepared(now):
            return not room.prepares(due.key.account_id, attempts=due.attempts)
        return not room.admits(waiting.act, due.key.account_id, attempts=due.attempts)

    def _wait(self, now: datetime, asking: timedelta | None) -> timedelta | None:
        with self.store.reading() as session:
            later = agenda.next_due(session, now=now)
            left = None if later is None else later - self.store.now(session)
        waits = [wait for wait in (left, asking) if wait is not None]
        return max(min(waits), timedelta()) if waits else None

    def _clock_offset(self, now: datetime) -> timedelta:
        offset = self.assignments.clock_offset()
        return timedelta() if offset is None else offset + self.clock.now() - now

    def _start(self, due: Due, ready: Sequence[Due], room: Traffic) -> set[uuid.UUID]:
        """Claim a row, and what is told along with it; return which rows were claimed."""
        before = self.clock.monotonic()
        try:
            gathered = self._claim(due, ready, room)
        except LeaseLostError:
            self.progress.leading = False
        except Exception as error:  # noqa: BLE001 - one bad row must not stop the rest
            _log.exception("reconciler.row_failed", assignment_id=str(due.assignment_id))
            self._push_away(due.assignment_id, error)
        else:
            if isinstance(gathered, Waiting):
                self._waiting[due.assignment_id] = gathered
            elif gathered is not None:
                return self._send(gathered, room, before)
        return set()

    def _send(self, gathered: Gathered, room: Traffic, before: float) -> set[uuid.UUID]:
        start = Start(gathered.claimed_at, before, self.clock.monotonic())
        for work in gathered.works:
            self.claimed(work)
        if gathered.subject is None:
            self._served[gathered.works[0].key.account_id] = before
            self._dispatch(partial(self._errands.write, gathered.works[0], start))
        else:
            running = self.lookout.along(gathered.subject, room.running)
            self._survey(Survey(gathered.subject, gathered.works, tuple(running)), start)
        return {work.assignment_id for work in gathered.works}

    def _gather_beside(
        self, subject: Subject, ready: Sequence[Due], room: Traffic, now: datetime
    ) -> tuple[Work, ...]:
        """Claim rows that are told along with operations; none if one of them is locked, or worse."""
        if not any(subject.covers(due.key) and due.wants_listing(now) for due in ready):
            return ()
        try:
            with self.store.writing() as session:
                now = self.store.now(session)
                claiming = Claiming(now, self.lease.fence, room, self.watch, self.why_not)
                works = gathering.beside(session, subject, Among(ready, claiming, self.lookout))
                self.lease.require(session)
        except Exception:  # noqa: BLE001 - each is opened by itself when its turn comes
            return ()
        return works

    def _survey(self, survey: Survey, start: Start) -> None:
        accounts = [work.key.account_id for work in survey.works if work.preparing]
        with self._lock:
            self._preparing += accounts
        self._dispatch(partial(self._look, survey, accounts, start))

    def _look(self, survey: Survey, accounts: Sequence[str], start: Start) -> None:
        try:
            self._errands.survey(survey, start)
        finally:
            with self._lock:
                for account in accounts:
                    self._preparing.remove(account)

    def _claim(self, due: Due, ready: Sequence[Due], room: Traffic) -> Gathered | Waiting | None:
        try:
            return self._claim_among(due, ready, room)
        except LeaseLostError:
            raise
        except Exception:  # noqa: BLE001 - it may be another row that cannot be worked on, or is locked
            return self._claim_among(due, (), room)

    def _claim_among(self, due: Due, ready: Sequence[Due], room: Traffic) -> Gathered | Waiting | None:
        with self.store.writing() as session:
            now = self.store.now(session)
            claiming = Claiming(now, self.lease.fence, room, self.watch, self.why_not)
            found = claims.claim(session, due.assignment_id, claiming)
            gathered: Gathered | Waiting | None
            if not isinstance(found, Work):
                gathered = found
            elif ready:
                gathered = gathering.gather(session, found, Among(ready, claiming, self.lookout))
            else:
                gathered = gathering.alone(found, claiming)
            # Last, so that no renewal of the lease waits for whoever has the row locked.
            self.lease.require(session)
        return gathered

    def _push_away(self, assignment_id: uuid.UUID, error: Exception) -> None:
        self.progress.poisoned += 1
        try:
            with self.store.writing() as session:
                now = self.store.now(session)
                claims.push_away(session, assignment_id, error=f"{type(error).__name__}: {error}", now=now)
                self.lease.require(session)
        except Exception:  # noqa: BLE001 - it is tried again at the next tick; the rest go on
            _log.exception("reconciler.row_failed", assignment_id=str(assignment_id))

    @property
    def _errands(self) -> Errands:
        return Errands(
            store=self.store,
            assignments=self.assignments,
            budget=self.budget,
            lease=self.lease,
            clock=self.clock,
            lookout=self.lookout,
            randomness=self.randomness,
            unrecorded=self._note_unrecorded,
        )

    def _note_unrecorded(self) -> None:
        self.progress.unrecorded += 1

    def _dispatch(self, errand: Callable[[], None]) -> None:
        self._count(+1)
        self.dispatch(partial(self._carry_out, self.lease.bound(errand)))

    def _carry_out(self, errand: Callable[[], None]) -> None:
        try:
            errand()
        finally:
            self._count(-1)
            self.done()

    def _count(self, difference: int) -> None:
        with self._lock:
            self._under_way += difference

"""A process of Protem without its servers: a reconciler, its jobs, and the moments at which it may die."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import event
from sqlalchemy.orm import Session

from protem.broker import activation
from protem.db.store import ASSIGNMENTS, Store
from protem.identity_center.aws import connect
from protem.identity_center.budget import CallBudget
from protem.identity_center.gateway import Assignments, Directory
from protem.identity_center.values import AssignmentKey, Holder, Operation, OperationKind
from protem.jobs import Jobs
from protem.reconciler import catalogue, standing
from protem.reconciler.lease import Lease
from protem.reconciler.runner import Runner
from protem.reconciler.steps import Guard
from tests.simulated_time import Killed, SimulatedClock, SimulatedTime, Task
from tests.simulation.estate import quickly, stage

if TYPE_CHECKING:
    from tests.simulation.world import World

Answer = TypeVar("Answer")
LEASE = timedelta(seconds=150)
POLL_SECONDS = 45.0
"""How often a process looks for work that nothing woke it up for; the real one does so every second."""
QUIET_POLL_SECONDS = 70.0
WATCH = timedelta(minutes=10)


WROTE = "simulation_wrote"


def _note_writes(session: Session, _: object) -> None:
    changed = {type(row).__name__ for row in (*session.dirty, *session.new)}
    session.info[WROTE] = session.info.get(WROTE, set()) | changed


class Moments:
    """Where a process may die or be overtaken: around each commit and each call to AWS."""

    def __init__(self, world: "World", process: str) -> None:
        self.world, self.process = world, process
        self.fatal: int | None = None
        """How many moments from now the process dies."""
        self.only = ""
        """What the name of a fatal moment has to begin with."""

    def reach(self, moment: str, *, pauses: bool = True) -> None:
        if self.fatal is not None and moment.startswith(self.only):
            self.fatal -= 1
            if self.fatal < 0:
                self.fatal = None
                self.world.die(self.process, moment)
                raise Killed
        if pauses:
            self.world.time.pause()


class SimulatedStore(Store):
    """A store whose process may die before or after a commit; instants come from the database."""

    moments: Moments
    pauses = True

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with super().writing() as session:
            event.listen(session, "after_flush", _note_writes)
            yield session
            session.flush()
            self.moments.world.see_commit(session, self.moments.process)
            self.moments.reach("before a commit", pauses=False)
        self.moments.reach("after a commit", pauses=self.pauses)

    def now(self, session: Session) -> datetime:
        return self.moments.world.now()


@dataclass
class SlowAssignments:
    """A gateway whose calls take a while on the way there and back, and may be cut off by death."""

    inner: Assignments
    moments: Moments
    clock: SimulatedClock
    _called: bool = False

    def holders(self, *, instance_arn: str, account_id: str, permission_set_arn: str) -> frozenset[Holder]:
        return self._call(
            "list",
            lambda: self.inner.holders(
                instance_arn=instance_arn, account_id=account_id, permission_set_arn=permission_set_arn
            ),
        )

    def held_by(self, holder: Holder, *, instance_arn: str) -> frozenset[AssignmentKey]:
        return self._call("list", lambda: self.inner.held_by(holder, instance_arn=instance_arn))

    def running(self, kind: OperationKind, *, instance_arn: str) -> frozenset[str]:
        return self._call("hint", lambda: self.inner.running(kind, instance_arn=instance_arn))

    def create(self, key: AssignmentKey) -> Operation:
        return self._call("create", lambda: self.inner.create(key))

    def delete(self, key: AssignmentKey) -> Operation:
        return self._call("delete", lambda: self.inner.delete(key))

    def describe(self, kind: OperationKind, *, instance_arn: str, operation_id: str) -> Operation:
        return self._call(
            "describe",
            lambda: self.inner.describe(kind, instance_arn=instance_arn, operation_id=operation_id),
        )

    def clock_offset(self) -> timedelta | None:
        """Return how far AWS's clock, which is right, is off the one of this process."""
        if not self._called:
            return None
        return timedelta(seconds=round((self.moments.world.now() - self.clock.now()).total_seconds()))

    def _call(self, name: str, call: Callable[[], Answer]) -> Answer:
        self.moments.reach(f"before {name}")
        self.clock.sleep(self.moments.world.latency())
        self._called = True
        heard = self.moments.world.calls.count()
        try:
            return call()
        finally:
            if name in {"create", "delete"} and self.moments.world.calls.count() > heard:
                self.moments.world.see_write(self.moments.process)
            self.moments.reach(f"after {name}")
            self.clock.sleep(self.moments.world.latency())


class Relayed:
    """Stands for whatever object a process has at present, so that boto3's clients outlive it."""

    def __init__(self) -> None:
        self.target: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.target, name)

    def __call__(self) -> None:
        self.target()


class LineClock(Relayed):
    """A clock that goes on where an earlier simulation has stopped: who paces calls never sees it go back."""

    _before = _latest = 0.0

    def renew(self, clock: SimulatedClock) -> None:
        self.target, self._before = clock, self._latest + 1000.0

    def monotonic(self) -> float:
        self._latest = self._before + float(self.target.monotonic())
        return self._latest


@dataclass
class Line:
    """The clients of one process, made once: each of its lives has a budget, a guard and a clock anew."""

    budget: Any = field(default_factory=Relayed)
    guard: Any = field(default_factory=Relayed)
    clock: Any = field(default_factory=LineClock)

    def __post_init__(self) -> None:
        self.clock.renew(SimulatedTime().clock())
        self.budget.target = CallBudget(clock=self.clock)
        connection = connect(stage.session, budget=self.budget, guard=self.guard, clock=self.clock)
        self.assignments: Assignments = connection.assignments
        self.directory: Directory = connection.directory


_LINES: dict[str, Line] = {}


class Process:
    """One life of one process; ``start`` sets its threads going."""

    def __init__(self, world: "World", name: str) -> None:
        self.world, self.name = world, name
        self.clock = world.time.clock(name)
        self.moments = Moments(world, name)
        self.store = self._store(pauses=True)
        self._leases = self._store(pauses=False)
        self.lease = Lease(store=self._leases, clock=self.clock, duration=LEASE, exclusive=False)
        if name not in _LINES:
            _LINES[name] = Line()
        line = _LINES[name]
        line.clock.renew(self.clock)
        self.budget = line.budget.target = CallBudget(clock=self.clock)
        line.guard.target = Guard(held=self.lease.held, clock=self.clock)
        self.directory = line.directory
        self.assignments = SlowAssignments(line.assignments, self.moments, self.clock)
        self.runner = Runner(
            store=self.store,
            assignments=self.assignments,
            budget=self.budget,
            lease=self.lease,
            dispatch=lambda work: world.time.spawn(work, process=name, name="call"),
            clock=self.clock,
            watch=WATCH,
            why_not=activation.why_not,
            threads=8,
            done=self.wake,
            randomness=Random(world.random.random()),
        )
        self.jobs = Jobs(self.store, timedelta(days=1), lambda: True)
        self.store.on_commit(lambda topics: self.wake() if ASSIGNMENTS in topics else None)
        self._ticker: Task | None = None
        self._woken = False

    def _store(self, *, pauses: bool) -> SimulatedStore:
        store = SimulatedStore(self.world.url, clock=self.clock, agreed_time=False)
        store.moments, store.pauses = self.moments, pauses
        quickly(store)
        return store

    def start(self) -> None:
        spawn = self.world.time.spawn
        self._ticker = spawn(self._tick, process=self.name, name="tick")
        spawn(self._attend, process=self.name, name="jobs", after=1.0)

    def wake(self) -> None:
        """Have the next tick begin now."""
        self._woken = True
        if self._ticker is not None and not self._ticker.finished:
            self._ticker.wakes_at = min(self._ticker.wakes_at, self.world.time.seconds)

    def close(self) -> None:
        self.store.close()
        self._leases.close()

    def _tick(self) -> None:
        while True:
            self._woken = False
            wait = self.runner.tick()
            if self._woken:
                self.world.time.pause()
                continue
            poll = self.world.poll_seconds
            self.world.time.sleep(poll if wait is None else min(max(wait.total_seconds(), 0.05), poll))

    def _attend(self) -> None:
        """Do the work of the clock, as `Runtime` does while it leads."""
        while True:
            if self.lease.hold():
                for due, job in self._due():
                    if due and self.lease.held():
                        self._survive(job)
            self.world.time.sleep(self.world.poll_seconds)

    def _due(self) -> list[tuple[bool, Callable[[], object]]]:
        drawn = self.world.random.random
        return [
            (True, self.jobs.expire),
            (True, self.jobs.enforce_locks),
            (drawn() < 0.4, self.jobs.end_lost),
            (drawn() < 0.1, self._read_catalogue),
            (drawn() < 0.05, self._look_around),
        ]

    def _survive(self, job: Callable[[], object]) -> None:
        """A job that fails is run again later; what it failed of is in the history."""
        try:
            job()
        except Exception as error:  # noqa: BLE001  # the schedule catches everything as well
            self.world.tell(f"a job of process {self.name} failed: {type(error).__name__}: {error}")

    def _read_catalogue(self) -> None:
        catalogue.synchronise(self.directory, store=self.store, clock=self.clock, budget=self.budget)

    def _look_around(self) -> None:
        standing.synchronise(
            self.directory, self.assignments, store=self.store, clock=self.clock, budget=self.budget
        )

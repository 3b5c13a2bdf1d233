"""A process of Protem without its servers: a reconciler, and the jobs of the clock while it leads."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from protem.broker import activation
from protem.db.store import ASSIGNMENTS
from protem.identity_center.budget import CallBudget
from protem.jobs import Jobs
from protem.reconciler import catalogue, standing
from protem.reconciler.lease import Lease
from protem.reconciler.runner import Runner
from protem.reconciler.steps import Guard
from tests.simulated_time import Task
from tests.simulation import record
from tests.simulation.estate import quickly
from tests.simulation.gateways import SlowAssignments
from tests.simulation.lines import line
from tests.simulation.moments import Moments, SimulatedStore

if TYPE_CHECKING:
    from tests.simulation.world import World

LEASE = timedelta(seconds=150)
POLL_SECONDS = 45.0
"""How often a process looks for work that nothing woke it up for; the real one does so every second."""
QUIET_POLL_SECONDS = 70.0
WATCH = timedelta(minutes=10)


class Process:
    """One life of one process; ``start`` sets its threads going."""

    def __init__(self, world: "World", name: str) -> None:
        self.world, self.name = world, name
        self.clock = world.time.clock(name)
        self.moments = Moments(world, name)
        self.store = self._store(pauses=True)
        self._leases = self._store(pauses=False)
        self.lease = Lease(store=self._leases, clock=self.clock, duration=LEASE, exclusive=False)
        mine = line(name)
        mine.clock.renew(self.clock)
        self.budget = mine.budget.target = CallBudget(clock=self.clock)
        mine.guard.target = Guard(held=self.lease.held, clock=self.clock)
        self.directory = mine.directory
        self.assignments = SlowAssignments(mine.assignments, self.moments, self.clock)
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
        self.world.views.follow(store)
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
            (drawn() < 0.3, lambda: record.seal(self.store)),
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

"""One simulation: the estate, two processes over one database, and the story of what happened."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from sqlalchemy.orm import Session

from protem.broker import locks
from protem.db.models import Act, Assignment, Grant, Lease, Lock, Request
from protem.db.store import Store
from protem.domain.lifecycle import LIVE_GRANT_STATES
from protem.sandbox.assignments import Assignment as Held
from protem.sandbox.calls import Calls
from tests.simulated_time import SimulatedTime
from tests.simulation import estate as estates
from tests.simulation.coverage import Coverage
from tests.simulation.estate import Estate, quickly, stage
from tests.simulation.moments import WROTE, About
from tests.simulation.processes import POLL_SECONDS, Process
from tests.simulation.truth import ABOUT_ASSIGNMENTS, LATE, Truth, concerned
from tests.simulation.views import Views

PROCESSES = ("one", "two")


class Broken(AssertionError):
    """An invariant does not hold; ``invariant`` is its name."""

    def __init__(self, invariant: str, sentence: str) -> None:
        super().__init__(f"{invariant}: {sentence}")
        self.invariant, self.sentence = invariant, sentence


@dataclass
class World:
    """Everything that one simulation consists of."""

    url: str
    seed: int
    story: list[str] = field(default_factory=list)
    coverage: Coverage = field(default_factory=Coverage)

    def __post_init__(self) -> None:
        self.random = Random(f"{self.seed} world")
        self.time = SimulatedTime(seed=self.seed)
        self.aws = self.time.clock("aws")
        self.estate = Estate(estates.sandbox(self.aws, self.seed))
        self.sandbox = self.estate.sandbox
        stage.reply = self.sandbox.reply
        self.truth = Truth(self.sandbox)
        self.poll_seconds = POLL_SECONDS
        self.troubled_at = self.time.now()
        """When something last went wrong that may have held up the reconciler."""
        self.troubles: list[datetime] = []
        self.calm = self.seed % 5 == 0
        """Whether nothing goes wrong in this simulation."""
        self.deaths: list[datetime] = []
        """When a process died, or stopped for a while."""
        self.abandoned: list[tuple[Held, datetime]] = []
        """What was about to be created by a process that died or stopped."""
        self.frozen_at = self.time.now() - timedelta(hours=1)
        self.broken: Broken | None = None
        self._heard = 0
        self.reinstated: dict[str, datetime] = {}
        """Accounts that AWS could not work in for a while, and until when."""
        self.views = Views()
        self.store = quickly(Store(self.url, clock=self.time.clock("people"), agreed_time=False))
        self.views.follow(self.store)
        self.processes = {name: self._started(name) for name in PROCESSES}

    @property
    def calls(self) -> Calls:
        return self.sandbox.calls

    def now(self) -> datetime:
        """Return the database's time, which is AWS's, too."""
        return self.time.now()

    def latency(self) -> float:
        return self.random.uniform(0.02, 0.25)

    def tell(self, sentence: str) -> None:
        self.story.append(f"{self.time.seconds:9.2f}  {sentence}")

    def trouble(self) -> None:
        self.troubled_at = max(self.troubled_at, self.now())
        self.troubles.append(self.now())

    def hear(self) -> None:
        """Count calls that met a fault among the troubles."""
        for call in list(self.calls.all())[self._heard :]:
            self._heard += 1
            if call.operation not in ABOUT_ASSIGNMENTS and call.fault is not None:
                self.coverage.note("unreadable catalogue", self.states())
            if call.fault == LATE:
                self.coverage.note("late arrival", self.states(self._is(concerned(call.parameters))))
            if call.fault is not None:
                self.troubled_at = max(self.troubled_at, call.time)
                self.troubles.append(call.time)

    def stuck(self) -> bool:
        """Tell whether some operation takes longer than any does by itself."""
        return any(
            one.stuck or self.now() - one.created_at > timedelta(seconds=20)
            for one in self.sandbox.operations.in_progress()
        )

    def wake(self) -> None:
        """Have a process that leads hear of what was committed through it."""
        for process in self.processes.values():
            if self.random.random() < 0.7:
                process.wake()

    def states(self, about: About = lambda _: True) -> set[str]:
        """Return the states of the live grants of some assignments; of the last, where none is live."""
        states = set[str]()
        for row in filter(about, self.rows()):
            grants = [grant for grant in self.grants() if grant.assignment_id == row.id]
            live = {grant.state.value for grant in grants if grant.state in LIVE_GRANT_STATES}
            states |= live or {grant.state.value for grant in grants[-1:]}
        return states

    def note_faults(self, since: int, about: About) -> None:
        """Count the faults that calls met, from that call on, against what they were about."""
        for call in self.calls.all()[since:]:
            if call.fault not in {None, LATE}:
                self.coverage.note(str(call.fault), self.states(about))

    def grants(self) -> Sequence[Grant]:
        return self.views.of(Grant, self.store)

    def rows(self) -> Sequence[Assignment]:
        return self.views.of(Assignment, self.store)

    def requests(self) -> Sequence[Request]:
        return self.views.of(Request, self.store)

    def locks(self) -> list[Lock]:
        """Return the locks that hold."""
        made, now = self.views.of(Lock, self.store), self.now()
        return [lock for lock in made if lock.lifted_at is None and not locks.expired(lock, now)]

    def lease(self) -> Lease | None:
        return next(iter(self.views.of(Lease, self.store)), None)

    def held(self, row: Assignment) -> Held:
        return Held(row.account_id, row.permission_set_arn, row.principal_id)

    def _is(self, held: Held) -> About:
        return lambda row: self.held(row) == held

    def die(
        self, name: str, moment: str, *, about: About = lambda _: True, seconds: float | None = None
    ) -> None:
        """Kill a process, which is started again after a while."""
        self.tell(f"process {name} dies {moment}")
        self.coverage.note(f"dies {moment}", self.states(about))
        self._lose()
        self.time.kill(name)
        pause = self.random.uniform(0.5, 40.0) if seconds is None else seconds
        self.time.spawn(lambda: self._restart(name), process="world", after=pause)

    def freeze(self, name: str, seconds: float) -> None:
        """Stop a process where it is, for so long."""
        self.tell(f"process {name} is frozen for {seconds:.0f} s")
        self._lose()
        self.time.freeze(name)
        self.time.spawn(lambda: self._thaw(name), process="world", after=seconds)

    def _lose(self) -> None:
        """Note that what is claimed now may be called for without anybody's knowing."""
        self.trouble()
        self.deaths.append(self.now())
        claimed = [row for row in self.rows() if row.claim is Act.CREATE]
        self.abandoned += [(self.held(row), self.now()) for row in claimed]

    def leader(self) -> str | None:
        lease = self.lease()
        if lease is None or lease.expires_at <= self.now():
            return None
        return next((name for name, one in self.processes.items() if one.lease.holder == lease.holder), None)

    def see_commit(self, session: Session, process: str) -> None:
        """Hold a commit of a reconciler against the lease: who was deposed writes about no assignment."""
        if not session.info[WROTE] or not self.time.in_task("tick", "call"):
            return
        mine = self.processes[process].lease
        lease = self.lease()
        if lease is None or (lease.holder, lease.fence) != (mine.holder, mine.fence):
            self._break("a deposed process writes", f"process {process} commits with fence {mine.fence}")

    def see_write(self, process: str) -> None:
        """Hold a write that reached AWS against the lease of whoever sent it."""
        mine = self.processes[process].lease
        lease = self.lease()
        if lease is None or lease.holder != mine.holder or lease.expires_at <= self.now():
            self._break("a deposed process calls", f"process {process} writes to AWS with fence {mine.fence}")

    def close(self) -> None:
        self.time.close()
        for process in self.processes.values():
            process.close()
        self.store.close()

    def _break(self, invariant: str, sentence: str) -> None:
        self.broken = self.broken or Broken(invariant, sentence)

    def _started(self, name: str) -> Process:
        process = Process(self, name)
        process.start()
        return process

    def _restart(self, name: str) -> None:
        self.processes[name].close()
        self.processes[name] = self._started(name)
        self.tell(f"process {name} starts")
        self.trouble()

    def _thaw(self, name: str) -> None:
        self.time.thaw(name)
        self.tell(f"process {name} wakes up")
        self.frozen_at = self.now()
        self.trouble()

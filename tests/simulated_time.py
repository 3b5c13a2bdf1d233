"""A clock on which threads take turns: one runs at a time, and time moves on when all of them wait.

What runs next is drawn from a seed, so the same seed gives the same history, whatever the machine does.
Code between two waits runs undisturbed: a history differs from a real one in that only waits (``sleep``,
``pause``) let others run. Nobody may wait while holding a lock that others take.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from tests.clocks import START


class Killed(BaseException):
    """The process that this thread belonged to is dead; it unwinds without doing anything more."""


def _taken() -> threading.Lock:
    """Return a lock that the next to release it hands on: a semaphore takes three times as long."""
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(eq=False)
class Task:
    """One thread of one simulated process."""

    name: str
    process: str
    wakes_at: float
    turn: threading.Lock = field(default_factory=_taken)
    killed: bool = False
    finished: bool = False
    error: BaseException | None = None


class SimulatedTime:
    """The one time of a simulation; ``clock`` gives each process its own view of it."""

    def __init__(self, *, seed: int = 0, start: datetime = START) -> None:
        self.random = Random(seed)
        self.seconds = 0.0
        """What has gone by since the start."""
        self._start = start
        self._tasks: list[Task] = []
        self._frozen: set[str] = set()
        self._running: Task | None = None
        self._back = _taken()

    def now(self) -> datetime:
        """Return the true instant, which no process need agree with."""
        return self._start + timedelta(seconds=self.seconds)

    def clock(self, process: str = "main") -> "SimulatedClock":
        """Return the clock of a process."""
        return SimulatedClock(self, process)

    def spawn(
        self, work: Callable[[], object], *, process: str = "main", name: str = "", after: float = 0
    ) -> Task:
        """Have ``work`` done by a thread of that process, from ``after`` seconds on."""
        task = Task(name=name, process=process, wakes_at=self.seconds + after)
        self._tasks.append(task)
        threading.Thread(target=self._live, args=(task, work), name=name, daemon=True).start()
        return task

    def sleep(self, seconds: float) -> None:
        """Let so many seconds go by for the calling thread; outside any task, for everybody at once."""
        task = self._running
        if task is None:
            self.run(seconds)
            return
        task.wakes_at = self.seconds + max(seconds, 0.0)
        self._back.release()
        task.turn.acquire()
        if task.killed:
            raise Killed

    def pause(self) -> None:
        """Let whoever can run at this instant run before the caller goes on, or not, as it is drawn."""
        if self._running is not None:
            self.sleep(0.0)

    def kill(self, process: str) -> None:
        """End every thread of a process where it waits; the one that calls this ends at its next wait."""
        self._frozen.discard(process)
        for task in [task for task in self._tasks if task.process == process]:
            task.killed = True
            task.wakes_at = self.seconds
            if self._running is None:
                self._give_turn(task)

    def freeze(self, process: str) -> None:
        """Stop a process where its threads wait, as SIGSTOP does; its time goes by unnoticed."""
        self._frozen.add(process)

    def thaw(self, process: str) -> None:
        """Let a frozen process go on."""
        self._frozen.discard(process)

    def run(self, seconds: float) -> None:
        """Let so much time go by; raises what a task raised, other than its being killed."""
        until = self.seconds + max(seconds, 0.0)
        while (task := self._next(until)) is not None:
            self.seconds = max(self.seconds, task.wakes_at)
            self._give_turn(task)
        self.seconds = until

    def in_task(self, *names: str) -> bool:
        """Tell whether whoever asks is a thread of one of these names."""
        return self._running is not None and self._running.name in names

    def idle(self, process: str) -> bool:
        """Tell whether no thread of the process is left."""
        return all(task.process != process for task in self._tasks)

    def close(self) -> None:
        """End every thread."""
        for process in {task.process for task in self._tasks}:
            self.kill(process)

    def _next(self, until: float) -> Task | None:
        able = [task for task in self._tasks if task.process not in self._frozen]
        earliest = min((max(task.wakes_at, self.seconds) for task in able), default=None)
        if earliest is None or earliest > until:
            return None
        ready = [task for task in able if task.wakes_at <= earliest]
        return ready[0] if len(ready) == 1 else self.random.choice(ready)

    def _give_turn(self, task: Task) -> None:
        self._running = task
        task.turn.release()
        self._back.acquire()
        self._running = None
        if task.finished:
            self._tasks.remove(task)
            if task.error is not None:
                raise task.error

    def _live(self, task: Task, work: Callable[[], object]) -> None:
        task.turn.acquire()
        try:
            if not task.killed:
                work()
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001  # raised again where the simulation is run
            task.error = error
        finally:
            task.finished = True
            self._back.release()


@dataclass
class SimulatedClock:
    """What one process takes for the time: the true one, or off by what its wall clock was set to.

    As ``protem.clock.SystemClock``, it never shows an earlier instant than before.
    """

    time: SimulatedTime
    process: str
    offset: timedelta = timedelta()
    _latest: datetime | None = None

    def now(self) -> datetime:
        shown = self.time.now() + self.offset
        self._latest = shown if self._latest is None else max(shown, self._latest)
        return self._latest

    def monotonic(self) -> float:
        return self.time.seconds

    def sleep(self, seconds: float) -> None:
        self.time.sleep(seconds)

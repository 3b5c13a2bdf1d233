"""What APScheduler does for the reconciler, in simulated time."""

from collections.abc import Callable
from datetime import timedelta

from tests.simulated_time import SimulatedTime

Tick = Callable[[], timedelta | None]


class Ticking:
    """Calls ``tick`` at intervals, when the next thing is due, and when woken, as ``Schedule`` does."""

    def __init__(self, time: SimulatedTime, tick: Tick, *, interval: timedelta) -> None:
        self._time = time
        self._work = tick
        self._interval = interval.total_seconds()
        self._woken = False
        self._ticking = False
        self._next = float("inf")
        self.ticks = 0

    def wake(self) -> None:
        """Have a tick run now; one that comes while a tick runs makes it run again."""
        if not self._woken:
            self._woken = True
            self._time.spawn(self._tick, name="tick")

    def _tick(self) -> None:
        while self._woken and not self._ticking:
            self._woken, self._ticking = False, True
            try:
                wait = self._work()
            finally:
                self._ticking = False
            self.ticks += 1
            seconds = self._interval if wait is None else min(wait.total_seconds(), self._interval)
            self._look_after(seconds)

    def _look_after(self, seconds: float) -> None:
        due = self._time.seconds + seconds
        if due < self._next:
            self._next = due
            self._time.spawn(lambda: self._look(due), name="look", after=seconds)

    def _look(self, due: float) -> None:
        if due == self._next:
            self._next = float("inf")
            self._woken = True
            self._tick()

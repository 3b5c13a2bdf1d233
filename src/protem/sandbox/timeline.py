"""What takes effect later does so here, without threads or timers."""

import heapq
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from types import TracebackType
from typing import Self

from protem.clock import Clock

Action = Callable[[], None]


class Timeline:
    """The lock around the state; on entering, everything due takes effect, in the order of time.

    An action sees as `now()` the instant it was due at, however late somebody comes to look.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._lock = threading.RLock()
        self._due: list[tuple[datetime, int, Action]] = []
        self._numbers = count()
        self._replaying: datetime | None = None

    def now(self) -> datetime:
        return self._replaying or self.clock.now()

    def after(self, seconds: float, action: Action) -> None:
        with self._lock:
            instant = self.now() + timedelta(seconds=seconds)
            heapq.heappush(self._due, (instant, next(self._numbers), action))

    def __enter__(self) -> Self:
        self._lock.acquire()
        if self._replaying is None:
            self._settle(self.clock.now())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lock.release()

    def _settle(self, now: datetime) -> None:
        try:
            while self._due and self._due[0][0] <= now:
                self._replaying, _, action = heapq.heappop(self._due)
                action()
        finally:
            self._replaying = None

"""Where time enters: everything else is handed an instant, or this."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the runtime carries so that rules, tests and the sandbox can share one idea of now."""

    def now(self) -> datetime:
        """Return the present instant in UTC; never earlier than one returned before."""
        ...

    def monotonic(self) -> float:
        """Return seconds on a scale that no one can set; only differences mean something."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let that many seconds go by."""
        ...


class SystemClock:
    """The machine's clock, held back from running backwards within this process."""

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        self._latest = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            self._latest = max(self._latest, self._wall())
            return datetime.fromtimestamp(self._latest, UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

"""A clock that stands still until a test moves it."""

import threading
from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class ManualClock:
    """Sleeping on it takes no time at all, and moves it."""

    def __init__(self, start: datetime = START) -> None:
        self._start = self._now = start
        self._monotonic = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def monotonic(self) -> float:
        with self._lock:
            return self._monotonic

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._now += timedelta(seconds=max(seconds, 0.0))
            self._monotonic += max(seconds, 0.0)

    def set(self, instant: datetime) -> None:
        """Move on to an instant; a clock of Protem's never runs backwards."""
        self.advance((instant - self.now()).total_seconds())

"""How often something may happen: so many a minute, and some of them at once."""

import math
from dataclasses import dataclass

_TOLERANCE = 1e-6
"""For sums of fractions of a second; far below what anybody could use."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a minute, of which ``burst`` may come at once.

    What is kept of the past is one number: the moment, on a monotonic scale of seconds, at which
    all that has happened would be over if it came evenly.
    """

    per_minute: int
    burst: int

    @classmethod
    def of(cls, per_minute: int) -> "Rate":
        """Return the rate that lets a quarter of a minute's worth come at once."""
        return cls(per_minute, max(math.ceil(per_minute / 4), 1))

    def wait(self, over_at: float, *, now: float) -> float:
        """Return in how many seconds the next may come; 0 for now."""
        seconds = max(over_at, now) + self._interval - self.burst * self._interval - now
        return seconds if seconds > _TOLERANCE else 0.0

    def after(self, over_at: float, *, now: float) -> float:
        """Return when all would be over if one more comes now; what comes too often adds nothing."""
        return min(max(over_at, now) + self._interval, now + self.burst * self._interval)

    @property
    def _interval(self) -> float:
        return 60 / self.per_minute

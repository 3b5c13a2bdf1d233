"""Spans of time during which access is owed."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Window:
    """The half-open span of time during which access is owed."""

    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        if self.ends_at <= self.starts_at:
            message = f"a window must end after it starts: {self.starts_at} to {self.ends_at}"
            raise ValueError(message)

    def contains(self, instant: datetime) -> bool:
        return self.starts_at <= instant < self.ends_at

    @classmethod
    def opening(cls, *, now: datetime, wished: datetime | None, duration: timedelta) -> "Window":
        """Return the window that an approval at ``now`` opens: a start that has passed means now."""
        start = now if wished is None else max(wished, now)
        return cls(start, start + duration)

"""What was called, when, and what became of it."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from protem.sandbox.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt that reached the sandbox; the outcome is `ok`, an error's code, or `lost`."""

    time: datetime
    service: str
    operation: str
    parameters: Mapping[str, Any]
    outcome: str
    fault: str | None = None


class Calls:
    """The newest calls, oldest first."""

    def __init__(self, timeline: Timeline, *, kept: int | None) -> None:
        self._timeline = timeline
        self._received: deque[Call] = deque(maxlen=kept)

    def record(self, call: Call) -> None:
        self._received.append(call)

    def all(self) -> list[Call]:
        with self._timeline:
            return list(self._received)

    def of(self, *operations: str) -> list[Call]:
        return [call for call in self.all() if call.operation in operations]

    def count(self, *operations: str) -> int:
        """Count the calls of these operations; without any, all of them."""
        return len(self.of(*operations) if operations else self.all())

    def clear(self) -> None:
        with self._timeline:
            self._received.clear()

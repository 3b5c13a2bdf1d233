"""When each scheduled job last did its work, and what it last failed with."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from protem.clock import Clock

_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Entry:
    """One job; instants are on the clock's monotonic scale."""

    succeeded_at: float | None = None
    failed_at: float | None = None
    failures: int = 0
    error: str | None = None


class JobLog:
    """What became of the jobs of this process, as the schedule tells it."""

    def __init__(self, clock: Clock, intervals: Mapping[str, timedelta]) -> None:
        self._clock, self._intervals = clock, intervals
        self._entries: dict[str, Entry] = {}
        self._lock = threading.Lock()

    def finished(self, name: str, came_to: object, error: BaseException | None) -> None:
        """Take in what became of a run; False says that it was not for this process to do."""
        now = self._clock.monotonic()
        with self._lock:
            entry = self._entries.get(name, Entry())
            if error is not None:
                failures = entry.failures + 1
                entry = replace(entry, failed_at=now, failures=failures, error=described(error))
            elif came_to is not False:
                entry = replace(entry, succeeded_at=now, error=None)
            self._entries[name] = entry

    def facts(self, *, now: datetime, earlier: Mapping[str, Any]) -> dict[str, Any]:
        """Return all jobs as JSON; when each last succeeded under the leader of before is in ``earlier``."""
        instant = self._clock.monotonic()
        zero = now - timedelta(seconds=instant)
        with self._lock:
            found = {name: self._entries.get(name, Entry()) for name in self._intervals}
        return {
            name: {
                "interval_seconds": self._intervals[name].total_seconds(),
                "succeeded_at": _instant(entry.succeeded_at, zero)
                or earlier.get(name, {}).get("succeeded_at"),
                "failed_at": _instant(entry.failed_at, zero),
                "failures": entry.failures,
                "error": entry.error,
            }
            for name, entry in found.items()
        }


def _instant(seconds: float | None, zero: datetime) -> str | None:
    return None if seconds is None else (zero + timedelta(seconds=seconds)).isoformat()


def described(error: BaseException) -> str:
    """Return what went wrong in one line; the statement and its parameters stand further down."""
    said = str(error).partition("\n")[0]
    shown = "".join(character if character.isprintable() else " " for character in said)
    return f"{type(error).__name__}: {shown}"[:_LONGEST]

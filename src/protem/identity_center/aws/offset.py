"""How far our clock is from AWS's, by the Date header of its answers."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_HALF_A_SECOND = timedelta(seconds=0.5)
"""The header leaves the fraction out, which is half a second in the mean."""

_SLOWEST = 2.0
"""Seconds; an answer that took longer says too little about when AWS wrote its date."""


@dataclass(slots=True)
class ClockOffset:
    """AWS's time minus ours, to about half a second."""

    latest: timedelta | None = None

    def learn(self, date: str | None, *, now: datetime, took: float) -> None:
        """Take in the Date of an answer that came at ``now`` after ``took`` seconds."""
        written_at = _instant(date)
        if written_at is not None and took <= _SLOWEST:
            self.latest = written_at + _HALF_A_SECOND - (now - timedelta(seconds=took / 2))


def _instant(date: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(date or "").replace(tzinfo=UTC)
    except ValueError:
        return None

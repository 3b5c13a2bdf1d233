"""Hours of the week in some time zone, right across the days on which clocks change.

A time that the clocks show twice counts the first time, one that they skip at the moment of the jump.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from protem.domain.windows import Window

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_AHEAD = timedelta(days=15)
"""Every span comes again within a week, or within two where the clocks skip it."""


@dataclass(frozen=True, slots=True)
class Span:
    """Some hours on some days of the week, Monday being 0; into the next day unless ``closes`` is later."""

    days: frozenset[int]
    opens: time
    closes: time

    def on(self, day: date, zone: ZoneInfo) -> Window | None:
        """Return the span that begins on this day, as the clocks of the zone have it."""
        last = day if self.closes > self.opens else day + _DAY
        opens, closes = _reached(day, self.opens, zone), _reached(last, self.closes, zone)
        # Where the clocks skip the whole span there is none.
        return Window(opens, closes) if day.weekday() in self.days and closes > opens else None


@dataclass(frozen=True, slots=True)
class Hours:
    """Spans that add up; those that touch are one."""

    time_zone: str
    """An IANA name, such as ``Europe/Berlin``."""
    spans: tuple[Span, ...]

    def cover(self, window: Window) -> bool:
        """Tell whether the whole window lies within these hours."""
        closes = self.closes_at(window.starts_at, horizon=window.ends_at)
        return closes is not None and closes >= window.ends_at

    def closes_at(self, instant: datetime, *, horizon: datetime | None = None) -> datetime | None:
        """Return when the hours that contain ``instant`` end; None where it is outside of them.

        Hours that have not ended by ``horizon``, by default fifteen days on, are taken to end there or later.
        """
        for open_ in self._between(instant, horizon or instant + _AHEAD):
            if open_.starts_at > instant:
                break
            if open_.ends_at > instant:
                return open_.ends_at
        return None

    def opens_at(self, instant: datetime) -> datetime | None:
        """Return the first instant from ``instant`` on that lies within these hours."""
        found = self._between(instant, instant + _AHEAD)
        return next((max(open_.starts_at, instant) for open_ in found if open_.ends_at > instant), None)

    def _between(self, start: datetime, end: datetime) -> Iterator[Window]:
        """Yield what is open around this time, in order and merged."""
        current: Window | None = None
        for window in self._spans(start, end):
            if current is None or window.starts_at > current.ends_at:
                if current is not None:
                    yield current
                current = window
            elif window.ends_at > current.ends_at:
                current = Window(current.starts_at, window.ends_at)
        if current is not None:
            yield current

    def _spans(self, start: datetime, end: datetime) -> Iterator[Window]:
        """Yield each span that there is, by when it begins."""
        zone = ZoneInfo(self.time_zone)
        in_order = sorted(self.spans, key=lambda span: span.opens)
        day, last = start.astimezone(zone).date() - _DAY, end.astimezone(zone).date() + _DAY
        while day <= last:
            for span in in_order:
                if window := span.on(day, zone):
                    yield window
            day += _DAY


def _reached(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the first instant at which the clocks of the zone show this time, or a later one."""
    wanted = datetime.combine(day, at, zone)
    instant = wanted.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wanted.replace(tzinfo=None):
        return instant
    # The clocks skip it. Taken with the offset after the jump it lies before the jump, and the other way
    # round (PEP 495): half the span between the two until the jump is found.
    before, after = wanted.replace(fold=1).astimezone(UTC), instant
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).replace(tzinfo=None) < wanted.replace(tzinfo=None):
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)

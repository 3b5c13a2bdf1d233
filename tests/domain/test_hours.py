"""Hours of the week, held against a walk through the minutes of real time zones."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protem.domain.hours import Hours, Span
from protem.domain.windows import Window

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SATURDAY, SUNDAY = 5, 6
EVERY_DAY = frozenset(range(7))
WEEK = frozenset(range(5))
ALWAYS = (Span(EVERY_DAY, time(), time()),)

ZONES = {
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
    "Africa/Casablanca": (date(2026, 2, 15), date(2026, 3, 22)),
    "America/Havana": (date(2026, 3, 8), date(2026, 11, 1)),
    "Pacific/Apia": (date(2011, 12, 30), date(2011, 4, 2)),
    "Asia/Kathmandu": (date(2026, 3, 29),),
    "UTC": (date(2026, 3, 29),),
}
CHANGES = [(zone, day) for zone, days in ZONES.items() for day in days]


@cache
def walk(zone: str, around: date) -> tuple[tuple[datetime, datetime], ...]:
    """Return each minute of some days with what the clocks on the wall show."""
    start = datetime.combine(around - 4 * DAY, time(), UTC)
    minutes = (start + count * MINUTE for count in range(9 * 24 * 60))
    return tuple((instant, instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None)) for instant in minutes)


def first_showing(zone: str, around: date, day: date, at: time) -> int:
    """Return the place in the walk of the first minute at which the clocks show that time or a later one."""
    wanted, minutes = datetime.combine(day, at), walk(zone, around)
    place = max(0, (wanted.replace(tzinfo=UTC) - 15 * HOUR - minutes[0][0]) // MINUTE)
    while minutes[place][1] < wanted:
        place += 1
    return place


def open_minutes(hours: Hours, around: date) -> frozenset[datetime]:
    """Return the minutes of the days around one that lie within the hours."""
    found: set[datetime] = set()
    for day in (around + offset * DAY for offset in range(-3, 3)):
        for span in hours.spans:
            if day.weekday() not in span.days:
                continue
            last = day if span.closes > span.opens else day + DAY
            opens = first_showing(hours.time_zone, around, day, span.opens)
            closes = first_showing(hours.time_zone, around, last, span.closes)
            found.update(instant for instant, _ in walk(hours.time_zone, around)[opens:closes])
    return frozenset(found)


def minutes_of(window: Window) -> Iterator[datetime]:
    count = -(-(window.ends_at - window.starts_at) // MINUTE)
    return (window.starts_at + minute * MINUTE for minute in range(count))


times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
spans = st.builds(Span, st.frozensets(st.integers(0, 6), min_size=1), times, times)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Hours, date, datetime, timedelta]:
    """Hours in some zone, a day on which its clocks change, a minute close to that, and some minutes."""
    zone, day = draw(st.sampled_from(CHANGES))
    hours = Hours(zone, tuple(draw(st.lists(spans, min_size=1, max_size=3))))
    instant = datetime.combine(day, time(), UTC) + draw(st.integers(-24 * 60, 24 * 60)) * MINUTE
    return hours, day, instant, draw(st.integers(1, 20 * 60)) * MINUTE


@given(cases())
@settings(max_examples=150)
def test_hours_are_what_a_walk_through_the_minutes_finds(
    case: tuple[Hours, date, datetime, timedelta],
) -> None:
    hours, day, instant, length = case
    minutes = open_minutes(hours, day)
    window = Window(instant, instant + length)
    assert hours.cover(window) == all(minute in minutes for minute in minutes_of(window))
    walked = walk(hours.time_zone, day)
    later = [minute for minute, _ in walked[(instant - walked[0][0]) // MINUTE :]]
    until = datetime.combine(day + DAY, time(), UTC)
    closed = next((minute for minute in later if minute not in minutes), until)
    if closed < until:
        assert hours.closes_at(instant) == (closed if instant in minutes else None)
    opened = next((minute for minute in later if minute in minutes), until)
    if opened < until:
        assert hours.opens_at(instant) == opened


@given(cases())
@settings(max_examples=150)
def test_hours_that_cover_a_window_cover_every_part_of_it(
    case: tuple[Hours, date, datetime, timedelta],
) -> None:
    hours, _, instant, length = case
    closes_at = hours.closes_at(instant)
    if hours.cover(Window(instant, instant + length)):
        assert closes_at is not None
        assert closes_at >= instant + length
        assert hours.cover(Window(instant, instant + length / 2))
        assert hours.cover(Window(instant + length / 2, instant + length))
        assert hours.opens_at(instant) == instant
    if closes_at is not None and closes_at - instant < 7 * DAY:
        assert hours.cover(Window(instant, closes_at))
        assert not hours.cover(Window(instant, closes_at + timedelta(microseconds=1)))


def berlin(day: int, clock: str, *, month: int, fold: int = 0) -> datetime:
    at = time.fromisoformat(clock).replace(fold=fold)
    return datetime.combine(date(2026, month, day), at, ZoneInfo("Europe/Berlin")).astimezone(UTC)


def hours(opens: str, closes: str, *, days: frozenset[int] = EVERY_DAY, zone: str = "Europe/Berlin") -> Hours:
    return Hours(zone, (Span(days, time.fromisoformat(opens), time.fromisoformat(closes)),))


@pytest.mark.parametrize(("month", "day", "utc"), [(1, 5, 8), (7, 6, 7)])
def test_nine_is_nine_in_winter_and_in_summer(month: int, day: int, utc: int) -> None:
    opens_at = hours("09:00", "17:00").opens_at(datetime(2026, month, day, tzinfo=UTC))
    assert opens_at == datetime(2026, month, day, utc, tzinfo=UTC)


@pytest.mark.parametrize(("month", "day", "length"), [(3, 28, 7), (3, 27, 8), (10, 24, 9), (10, 23, 8)])
def test_a_night_is_as_long_as_the_clocks_make_it(month: int, day: int, length: int) -> None:
    opens = berlin(day, "22:00", month=month)
    closes_at = hours("22:00", "06:00", days=frozenset({date(2026, month, day).weekday()})).closes_at(opens)
    assert closes_at == opens + timedelta(hours=length)


def test_a_time_that_is_skipped_is_reached_at_the_jump() -> None:
    jump = berlin(29, "03:00", month=3)
    assert hours("00:00", "02:30").closes_at(berlin(29, "01:00", month=3)) == jump
    assert hours("02:30", "06:00").opens_at(berlin(29, "01:00", month=3)) == jump


def test_a_time_that_comes_twice_counts_the_first_time() -> None:
    assert hours("00:00", "02:30").closes_at(berlin(25, "01:00", month=10)) == berlin(25, "02:30", month=10)
    opens = berlin(25, "02:30", month=10)
    assert hours("02:30", "06:00").opens_at(berlin(25, "01:00", month=10)) == opens
    assert hours("02:30", "06:00").closes_at(berlin(25, "02:15", month=10, fold=1)) == berlin(
        25, "06:00", month=10
    )


def test_a_span_that_is_skipped_whole_is_not_there_and_comes_again() -> None:
    sundays = hours("02:00", "03:00", days=frozenset({SUNDAY}))
    assert sundays.opens_at(berlin(22, "03:00", month=3)) == berlin(5, "02:00", month=4)
    assert not sundays.cover(Window(berlin(29, "03:00", month=3), berlin(29, "03:01", month=3)))


@pytest.mark.parametrize("month", [1, 3, 10])
def test_hours_without_end_cover_everything(month: int) -> None:
    always = Hours("Europe/Berlin", ALWAYS)
    start = datetime(2026, month, 1, tzinfo=UTC)
    assert always.cover(Window(start, start + 30 * DAY))
    closes_at = always.closes_at(start)
    assert closes_at is not None
    assert closes_at >= start + 15 * DAY


def test_sunday_night_runs_into_monday() -> None:
    night = hours("22:00", "06:00", days=frozenset({SUNDAY}))
    assert night.cover(Window(berlin(4, "22:00", month=1), berlin(5, "06:00", month=1)))
    assert not night.cover(Window(berlin(5, "22:00", month=1), berlin(5, "23:00", month=1)))
    assert night.opens_at(berlin(5, "05:59", month=1)) == berlin(5, "05:59", month=1)
    assert night.opens_at(berlin(5, "06:00", month=1)) == berlin(11, "22:00", month=1)


def test_spans_that_touch_are_one_and_spans_with_a_gap_are_two() -> None:
    morning = Span(WEEK, time(8), time(12))
    start, end = berlin(5, "08:00", month=1), berlin(5, "17:00", month=1)
    touching = Hours("Europe/Berlin", (Span(WEEK, time(12), time(17)), morning))
    assert touching.cover(Window(start, end))
    assert touching.closes_at(start) == end
    apart = Hours("Europe/Berlin", (morning, Span(WEEK, time(12, 1), time(17))))
    assert not apart.cover(Window(start, end))
    assert apart.closes_at(start) == berlin(5, "12:00", month=1)


def test_days_that_touch_at_midnight_are_one_night() -> None:
    weekend = hours("00:00", "00:00", days=frozenset({SATURDAY, SUNDAY}))
    assert weekend.closes_at(berlin(10, "00:00", month=1)) == berlin(12, "00:00", month=1)


def test_the_end_of_hours_lies_outside_of_them() -> None:
    office = hours("09:00", "17:00", days=WEEK)
    end = berlin(9, "17:00", month=1)
    assert office.closes_at(end) is None
    assert office.opens_at(end) == berlin(12, "09:00", month=1)
    assert office.cover(Window(berlin(9, "16:00", month=1), end))
    assert not office.cover(Window(berlin(9, "16:00", month=1), end + timedelta(seconds=1)))


def test_a_window_over_lunch_in_two_spans_is_not_covered() -> None:
    split = Hours("UTC", (Span(WEEK, time(8), time(12)), Span(WEEK, time(13), time(17))))
    start = datetime(2026, 1, 5, 11, tzinfo=UTC)
    assert not split.cover(Window(start, start + timedelta(hours=3)))


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Australia/Lord_Howe", "America/Havana"])
def test_a_zone_of_odd_offsets_has_its_own_morning(zone: str) -> None:
    morning = datetime(2026, 1, 5, 9, tzinfo=ZoneInfo(zone))
    assert hours("09:00", "17:00", zone=zone).opens_at(morning - MINUTE) == morning

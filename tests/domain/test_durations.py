"""ISO 8601 durations, without the parts that have no fixed length."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protem.domain import durations


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("PT1H", timedelta(hours=1)),
        ("PT90M", timedelta(minutes=90)),
        ("PT1H30M", timedelta(minutes=90)),
        ("PT30S", timedelta(seconds=30)),
        ("P1D", timedelta(days=1)),
        ("P1DT12H", timedelta(hours=36)),
        ("P2W", timedelta(weeks=2)),
        ("PT0S", timedelta()),
    ],
)
def test_durations_are_read(text: str, duration: timedelta) -> None:
    assert durations.parse(text) == duration


@pytest.mark.parametrize(
    "text",
    [
        *("", "P", "PT", "P1DT", "1H", "PT1", "pt1h", "PT1h", " PT1H", "PT1H ", "PT1H\n"),
        *("P1M", "P1Y", "-PT1H", "+PT1H", "PT-1H", "PT1.5H", "PT1,5H", "PT1H1H", "PT1M1H"),
        *("01:00", "3600", "PT1H30", "PT１H", "P10000D", "PT999999999S"),  # noqa: RUF001
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="written like PT30M"):
        durations.parse(text)


@given(st.timedeltas(timedelta(), timedelta(days=9999)))
def test_what_is_written_is_read_again(duration: timedelta) -> None:
    whole = timedelta(seconds=int(duration.total_seconds()))
    assert durations.parse(durations.text(whole)) == whole


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(), "PT0S"),
        (timedelta(minutes=90), "PT1H30M"),
        (timedelta(days=1), "P1D"),
        (timedelta(days=1, seconds=1), "P1DT1S"),
    ],
)
def test_the_shortest_form_is_written(duration: timedelta, text: str) -> None:
    assert durations.text(duration) == text

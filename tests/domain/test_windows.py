"""Windows are half open, and begin no earlier than they are opened."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protem.domain.windows import Window

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("instant", "inside"),
    [(NOW - TICK, False), (NOW, True), (NOW + HOUR - TICK, True), (NOW + HOUR, False)],
)
def test_a_window_holds_its_start_and_not_its_end(instant: datetime, *, inside: bool) -> None:
    assert Window(NOW, NOW + HOUR).contains(instant) is inside


@pytest.mark.parametrize("ends_at", [NOW, NOW - TICK])
def test_a_window_that_ends_before_it_starts_cannot_be(ends_at: datetime) -> None:
    with pytest.raises(ValueError, match="end after it starts"):
        Window(NOW, ends_at)


def test_an_approval_without_a_wish_means_now() -> None:
    assert Window.opening(now=NOW, wished=None, duration=HOUR) == Window(NOW, NOW + HOUR)


def test_a_wish_for_later_is_kept() -> None:
    later = NOW + HOUR
    assert Window.opening(now=NOW, wished=later, duration=HOUR) == Window(later, later + HOUR)


@given(
    wished=st.none() | st.timedeltas(timedelta(days=-9), timedelta(days=9)),
    seconds=st.integers(1, 10**6),
)
def test_a_window_has_its_full_length_whenever_it_is_opened(wished: timedelta | None, seconds: int) -> None:
    start = None if wished is None else NOW + wished
    window = Window.opening(now=NOW, wished=start, duration=timedelta(seconds=seconds))
    assert window.starts_at >= NOW
    assert window.ends_at - window.starts_at == timedelta(seconds=seconds)

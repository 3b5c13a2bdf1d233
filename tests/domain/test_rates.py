"""So many a minute, and some of them at once."""

import math

from hypothesis import given
from hypothesis import strategies as st

from protem.domain.rates import Rate


def allowed(rate: Rate, instants: list[float]) -> list[float]:
    """Return the instants at which one was let through."""
    over_at, through = 0.0, []
    for now in instants:
        if not rate.wait(over_at, now=now):
            over_at = rate.after(over_at, now=now)
            through.append(now)
    return through


def test_a_quarter_of_a_minute_may_come_at_once() -> None:
    assert Rate.of(600) == Rate(600, 150)
    assert [Rate.of(few).burst for few in (1, 2, 4, 5)] == [1, 1, 1, 2]
    assert len(allowed(Rate.of(600), [0.0] * 1000)) == 150


@given(per_minute=st.integers(1, 100_000), gaps=st.lists(st.floats(0, 5), max_size=60))
def test_no_minute_sees_more_than_a_minutes_worth_and_a_burst(per_minute: int, gaps: list[float]) -> None:
    rate, now, instants = Rate.of(per_minute), 0.0, []
    for gap in gaps:
        now += gap
        instants.append(now)
    through = allowed(rate, instants)
    for start in through:
        within = sum(start <= instant < start + 60 for instant in through)
        assert within <= per_minute + rate.burst + 1


@given(per_minute=st.integers(1, 100_000), before=st.floats(0, 1e9))
def test_whoever_waits_as_long_as_they_are_told_is_let_through(per_minute: int, before: float) -> None:
    rate, over_at, now = Rate.of(per_minute), before, before
    while not rate.wait(over_at, now=now) and rate.burst < 1000:
        over_at = rate.after(over_at, now=now)
    seconds = rate.wait(over_at, now=now)
    assert rate.wait(over_at, now=now + math.ceil(seconds)) == 0


def test_what_comes_too_often_makes_nobody_wait_longer_than_for_one() -> None:
    rate, over_at = Rate(60, 60), 0.0
    for _ in range(10_000):
        over_at = rate.after(over_at, now=0.0)
    assert rate.wait(over_at, now=0.0) == 1.0

"""Waiting never breaks the promise that the next try is at most five minutes away."""

from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from protem.reconciler import backoff


@given(st.integers(1, 10**9), st.integers())
def test_no_try_is_further_away_than_five_minutes(attempts: int, seed: int) -> None:
    wait = backoff.after_error(attempts, randomness=Random(seed))
    assert timedelta() < wait <= timedelta(minutes=5)


def test_waits_grow_until_they_are_capped() -> None:
    longest = [max(backoff.after_error(n, randomness=Random(s)) for s in range(50)) for n in range(1, 12)]
    assert longest == sorted(longest)
    assert longest[0] <= timedelta(seconds=1)
    assert longest[-1] > timedelta(minutes=4)

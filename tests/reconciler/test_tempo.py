"""When asking about operations is worth a call."""

from random import Random

import pytest

from protem.db.models import Act
from protem.reconciler.tempo import Age, Tempo


def learnt(kind: Act, *, shortest: float, longest: float) -> Tempo:
    tempo, random = Tempo(kind), Random(1)
    for _ in range(60):
        span = random.uniform(shortest, longest)
        tempo.learn(span, span)
    return tempo


def spread(tempo: Tempo, count: int) -> list[Age]:
    """Return operations of all usual ages, each just seen running."""
    ages = [tempo.mean * (number + 0.5) / count for number in range(count)]
    return [Age(seen=age, now=age) for age in ages]


def test_nothing_is_asked_before_anything_can_be_over() -> None:
    tempo = learnt(Act.DELETE, shortest=10, longest=15)
    assert 10 < tempo.wait([Age(seen=0, now=0)] * 15, wanted=True) < 12.5


def test_with_all_slots_taken_a_call_is_made_for_two_or_three_that_are_free() -> None:
    tempo = learnt(Act.CREATE, shortest=2, longest=6)
    wait = tempo.wait(spread(tempo, 15), wanted=True)
    assert 0.3 <= wait <= 1.1
    slower = learnt(Act.CREATE, shortest=24, longest=36)
    assert 2 <= slower.wait(spread(slower, 15), wanted=True) <= 9


def test_nobody_waits_long_for_the_outcome_of_a_lone_operation() -> None:
    tempo = learnt(Act.CREATE, shortest=2, longest=6)
    assert tempo.wait([Age(seen=0, now=0)], wanted=True) < 4
    assert tempo.wait([Age(seen=5.5, now=5.5)], wanted=True) < 1.5


def test_what_nobody_waits_for_is_asked_about_less_often() -> None:
    tempo = learnt(Act.DELETE, shortest=10, longest=15)
    assert tempo.wait(spread(tempo, 8), wanted=False) > 1.5 * tempo.wait(spread(tempo, 8), wanted=True)


def test_what_outlasts_all_that_were_seen_is_asked_about_ever_less_often() -> None:
    tempo = learnt(Act.CREATE, shortest=2, longest=6)
    waits = [tempo.wait([Age(seen=age, now=age)], wanted=True) for age in (8, 60, 300)]
    assert waits == sorted(waits)
    assert waits[-1] <= 15


@pytest.mark.parametrize("kind", [Act.CREATE, Act.DELETE])
def test_as_long_as_nothing_was_seen_what_users_report_is_taken(kind: Act) -> None:
    assert 1 <= Tempo(kind).wait([Age(seen=0, now=0)], wanted=True) <= 15


def test_time_that_went_by_since_the_latest_answer_counts() -> None:
    tempo = learnt(Act.CREATE, shortest=2, longest=6)
    fresh = tempo.wait([Age(seen=3, now=3)] * 5, wanted=True)
    later = tempo.wait([Age(seen=3, now=3 + fresh)] * 5, wanted=True)
    assert later <= 0.1

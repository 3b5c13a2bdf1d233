"""The rate that others leave is found, used, and left again when they are gone."""

import statistics
from collections import deque
from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protem.identity_center.adaptive_rate import AdaptiveRate
from protem.identity_center.budget import CallBudget, Priority
from tests.clocks import ManualClock
from tests.simulated_time import SimulatedTime

FULL = 18.0


def refused_at(rate: AdaptiveRate, *instants: float, sent: int = 18) -> AdaptiveRate:
    for instant in instants:
        rate.refused(instant, sent=sent)
    return rate


def rate() -> AdaptiveRate:
    return AdaptiveRate(FULL, least=1, plateau=30)


def test_after_a_refusal_the_rate_is_near_what_was_refused_for_most_of_a_minute() -> None:
    slowed = refused_at(rate(), 0, 10, 20, sent=10)
    found = slowed.at(50)
    assert slowed.at(20) < 0.75 * found
    assert all(0.95 * found < slowed.at(20 + seconds) < 1.05 * found for seconds in range(20, 45))


def test_what_was_refused_is_passed_only_when_it_was_taken_for_a_while() -> None:
    slowed = refused_at(rate(), 0)
    passed = next(second for second in range(600) if slowed.at(second) >= FULL)
    assert 29 <= passed <= 31


def test_what_was_left_when_others_took_nearly_all_is_no_measure_once_they_are_gone() -> None:
    slowed = refused_at(rate(), *range(0, 40, 2), sent=1)
    assert slowed.at(40) < 2
    assert slowed.at(40 + 150) == FULL


@given(
    refusals=st.lists(st.tuples(st.floats(0, 100), st.integers(0, 20)), max_size=30),
    later=st.floats(0, 1000),
)
def test_the_rate_never_leaves_its_bounds(refusals: list[tuple[float, int]], later: float) -> None:
    tried, now = rate(), 0.0
    for wait, sent in refusals:
        now += wait
        tried.refused(now, sent=sent)
        assert 1 <= tried.at(now) <= max(0.75 * FULL, 1)
    assert 1 <= tried.at(now + later) <= FULL
    assert tried.at(now + 1000) == FULL


@dataclass
class Quota:
    """What AWS takes within any one second, from us and from others."""

    time: SimulatedTime
    limit: int = 20
    taken: deque[float] = field(default_factory=deque)

    def admits(self) -> bool:
        now = self.time.seconds
        while self.taken and self.taken[0] <= now - 1:
            self.taken.popleft()
        if len(self.taken) >= self.limit:
            return False
        self.taken.append(now)
        return True


@dataclass
class Contest:
    """We want all that we can get, and others so many calls a second."""

    time: SimulatedTime = field(default_factory=SimulatedTime)
    accepted: list[float] = field(default_factory=list)
    throttled: list[float] = field(default_factory=list)
    chance: Random = field(default_factory=lambda: Random(1))

    def __post_init__(self) -> None:
        self.quota = Quota(self.time)
        self.budget = CallBudget(clock=self.time.clock())
        for _ in range(5):
            self.time.spawn(self._we)

    def _we(self) -> None:
        while True:
            self.budget.take()
            self.time.sleep(self.chance.uniform(0, 0.05))
            admitted = self.quota.admits()
            (self.accepted if admitted else self.throttled).append(self.time.seconds)
            self.time.sleep(0.15)
            if not admitted:
                self.budget.throttled()

    def others(self, *, rate: float, begin: float, end: float) -> None:
        def call() -> None:
            while self.time.seconds < end:
                self.quota.admits()
                self.time.sleep(self.chance.uniform(0.5, 1.5) * 10 / rate)

        for caller in range(10):
            self.time.spawn(call, after=begin + caller / rate)

    def used(self, begin: float, end: float) -> float:
        return sum(begin <= at < end for at in self.accepted) / (end - begin)

    def refused(self, begin: float, end: float) -> float:
        """Return how often in a minute."""
        return sum(begin <= at < end for at in self.throttled) / (end - begin) * 60


@pytest.mark.parametrize("others", [5, 12])
def test_what_others_leave_is_used_and_seldom_more_than_that(others: int) -> None:
    contest = Contest()
    contest.others(rate=others, begin=5, end=125)
    contest.time.run(200)
    assert contest.refused(0, 5) == 0
    assert 0.4 < contest.used(25, 125) / (20 - others) < 1.1
    assert contest.refused(25, 125) <= 6
    assert contest.used(185, 200) > 16
    contest.time.close()


@given(
    steps=st.lists(
        st.tuples(st.floats(0, 3), st.sampled_from(Priority), st.booleans()), min_size=1, max_size=60
    ),
    rate=st.sampled_from([0.5, 3.0, 18.0]),
)
def test_no_window_sees_more_calls_than_the_rate_and_the_burst(
    steps: list[tuple[float, Priority, bool]], rate: float
) -> None:
    clock = ManualClock()
    budget = CallBudget(clock=clock, rate=rate, burst=2)
    times = []
    for idle, priority, throttled in steps:
        clock.advance(idle)
        if throttled:
            budget.throttled()
        with budget.priority(priority):
            budget.take()
        times.append(clock.monotonic())
    for first, begin in enumerate(times):
        for last, end in enumerate(times[first:], start=first):
            assert last - first + 1 <= 2 + rate * (end - begin) + 1e-3


def crowd(time: SimulatedTime, budget: CallBudget) -> None:
    """Have ten of each priority, but endings, want a call at all times."""

    def want(priority: Priority) -> None:
        while True:
            with budget.priority(priority):
                budget.take()

    for priority in (Priority.BEGINNING, Priority.WATCHING, Priority.HOUSEKEEPING):
        for _ in range(10):
            time.spawn(lambda priority=priority: want(priority))  # type: ignore[misc]


def test_endings_do_not_wait_however_many_others_do_and_however_slow_it_is() -> None:
    time, waited = SimulatedTime(seed=3), list[float]()
    budget = CallBudget(clock=time.clock())
    crowd(time, budget)

    def end() -> None:
        while True:
            time.sleep(1.7)
            before = time.seconds
            with budget.priority(Priority.ENDING):
                budget.take()
            waited.append(time.seconds - before)

    time.spawn(end)
    for _ in range(10):
        time.spawn(budget.throttled, after=time.seconds)
        time.run(1.5)
    assert budget.rate < 4
    waited.clear()
    time.run(60)
    assert len(waited) > 30
    assert statistics.median(waited) == 0
    assert max(waited) <= 1.0
    time.close()


def test_nobody_who_waits_is_forgotten() -> None:
    time, served = SimulatedTime(seed=5), list[int]()
    budget = CallBudget(clock=time.clock())

    def call(number: int) -> None:
        with budget.priority(Priority(number % 4)):
            budget.take()
        served.append(number)

    for number in range(100):
        time.spawn(lambda number=number: call(number), after=number % 7 / 10)  # type: ignore[misc]
    time.run(100 / 18 + 1)
    assert sorted(served) == list(range(100))
    assert budget.waiting == 0

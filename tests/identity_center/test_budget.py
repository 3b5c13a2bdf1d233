"""The budget: how many calls leave, and in which order."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from itertools import permutations

import pytest

from protem.clock import SystemClock
from protem.identity_center.budget import BudgetClosed, CallBudget, Priority
from tests.clocks import ManualClock


class HeldClock(ManualClock):
    """Whoever sleeps on it stays asleep until a test has moved it far enough."""

    def __init__(self) -> None:
        super().__init__()
        self._alarms: list[float] = []
        self._changed = threading.Condition()

    def sleep(self, seconds: float) -> None:
        alarm = self.monotonic() + seconds
        with self._changed:
            self._alarms.append(alarm)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.monotonic() >= alarm, timeout=30)
            self._alarms.remove(alarm)

    def advance(self, seconds: float) -> None:
        super().advance(seconds)
        with self._changed:
            self._changed.notify_all()

    def wait_until_asleep(self, sleepers: Callable[[], int]) -> None:
        with self._changed:
            settled = self._changed.wait_for(lambda: self._asleep() == sleepers(), timeout=30)
        assert settled, "somebody neither sleeps nor is done"

    def tell(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _asleep(self) -> int:
        return sum(alarm > self.monotonic() for alarm in self._alarms)


class Queue:
    """Callers who come one after the other while nothing is let through, and are then served."""

    def __init__(self, *, rate: float = 10) -> None:
        self.clock = HeldClock()
        self.budget = CallBudget(clock=self.clock, rate=rate, burst=2, headroom=0)
        self.served: list[str] = []
        self._threads: list[threading.Thread] = []
        times_of(self.budget, self.clock, calls=2)

    def join(self, name: str, priority: Priority | None) -> None:
        thread = threading.Thread(target=self._call, args=(name, priority), daemon=True)
        thread.start()
        self._threads.append(thread)
        self.settle()

    def serve(self) -> list[str]:
        while len(self.served) < len(self._threads):
            self.clock.advance(0.05)
            self.settle()
        return self.served

    def settle(self) -> None:
        self.clock.wait_until_asleep(lambda: len(self._threads) - len(self.served))

    def _call(self, name: str, priority: Priority | None) -> None:
        with nullcontext() if priority is None else self.budget.priority(priority):
            self.budget.take()
        self.served.append(name)
        self.clock.tell()


def times_of(budget: CallBudget, clock: ManualClock, *, calls: int) -> list[float]:
    times = []
    for _ in range(calls):
        budget.take()
        times.append(clock.monotonic())
    return times


def most_within_a_second(times: list[float]) -> int:
    return max(sum(1 for time in times if start <= time < start + 1) for start in times)


def test_calls_leave_at_the_rate_after_a_small_burst() -> None:
    clock = ManualClock()
    times = times_of(CallBudget(clock=clock, rate=10, burst=2), clock, calls=7)
    assert times == pytest.approx([0, 0, 0.1, 0.2, 0.3, 0.4, 0.5])


@pytest.mark.parametrize("priority", Priority)
def test_no_second_has_more_calls_than_aws_allows(priority: Priority) -> None:
    clock = ManualClock()
    budget = CallBudget(clock=clock)
    with budget.priority(priority):
        times = times_of(budget, clock, calls=100)
    assert most_within_a_second(times) <= 20
    assert times[-1] == pytest.approx(100 / 18, abs=0.2)


def test_quiet_times_do_not_add_up_to_a_larger_burst() -> None:
    clock = ManualClock()
    budget = CallBudget(clock=clock, rate=10, burst=2)
    clock.advance(3600)
    times = times_of(budget, clock, calls=4)
    assert [time - 3600 for time in times] == pytest.approx([0, 0, 0.1, 0.2])


def test_threads_together_get_no_more_than_one_would() -> None:
    clock = ManualClock()
    budget = CallBudget(clock=clock, rate=10, burst=2)
    threads = [
        threading.Thread(target=times_of, args=(budget, clock), kwargs={"calls": 10}) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    assert clock.monotonic() >= (80 - 2) / 10 - 0.001


@pytest.mark.parametrize("order", list(permutations(Priority)))
def test_whoever_matters_more_is_served_first(order: tuple[Priority, ...]) -> None:
    queue = Queue()
    for priority in order:
        queue.join(priority.name, priority)
    assert queue.serve() == ["ENDING", "BEGINNING", "WATCHING", "HOUSEKEEPING"]


def test_of_those_who_matter_the_same_whoever_came_first_is_served_first() -> None:
    queue = Queue()
    for name in "abcde":
        queue.join(name, Priority.BEGINNING)
    assert queue.serve() == list("abcde")


def test_an_ending_that_comes_late_overtakes_all_who_wait() -> None:
    queue = Queue()
    for name in "abc":
        queue.join(name, Priority.HOUSEKEEPING)
    queue.clock.advance(0.05)
    queue.join("ending", Priority.ENDING)
    assert queue.serve()[0] == "ending"


def test_a_call_without_a_priority_is_one_of_watching() -> None:
    queue = Queue()
    queue.join("housekeeping", Priority.HOUSEKEEPING)
    queue.join("nothing said", None)
    queue.join("watching", Priority.WATCHING)
    queue.join("beginning", Priority.BEGINNING)
    assert queue.serve() == ["beginning", "nothing said", "watching", "housekeeping"]


def test_an_ending_finds_a_call_left_over_by_housekeeping() -> None:
    clock = ManualClock()
    budget = CallBudget(clock=clock)
    with budget.priority(Priority.HOUSEKEEPING):
        times_of(budget, clock, calls=50)
    before = clock.monotonic()
    with budget.priority(Priority.ENDING):
        budget.take()
    assert clock.monotonic() == before


def test_housekeeping_still_gets_the_full_rate_when_it_is_alone() -> None:
    clock = ManualClock()
    budget = CallBudget(clock=clock, rate=10, burst=2, headroom=1)
    with budget.priority(Priority.HOUSEKEEPING):
        times = times_of(budget, clock, calls=11)
    assert times[-1] == pytest.approx(1.0)


def test_throttling_slows_down_once_for_all_calls_that_were_under_way() -> None:
    clock = ManualClock()
    budget = CallBudget(clock=clock, rate=16)
    budget.throttled()
    slowed = budget.rate
    for _ in range(5):
        budget.throttled()
    assert budget.rate == slowed < 0.75 * 16


def test_throttling_that_goes_on_slows_down_further_but_never_to_a_stop() -> None:
    clock = ManualClock()
    budget = CallBudget(clock=clock, rate=16)
    for _ in range(20):
        budget.throttled()
        clock.advance(1)
    assert 1 <= budget.rate < 2
    budget.take()


def test_the_full_rate_comes_back() -> None:
    clock = ManualClock()
    budget = CallBudget(clock=clock, rate=16)
    budget.throttled()
    clock.advance(120)
    assert budget.rate == budget.full_rate == 16
    assert most_within_a_second(times_of(budget, clock, calls=100)) <= 18


def test_while_aws_throttles_an_ending_finds_a_call_left_over_by_everything_else() -> None:
    clock = ManualClock()
    budget = CallBudget(clock=clock)
    budget.throttled()
    with budget.priority(Priority.BEGINNING):
        times_of(budget, clock, calls=20)
    before = clock.monotonic()
    with budget.priority(Priority.ENDING):
        budget.take()
    assert clock.monotonic() == before


def test_what_one_operation_is_throttled_for_leaves_the_pace_of_all_others_alone() -> None:
    clock = ManualClock()
    everything, one = CallBudget(clock=clock), CallBudget(clock=clock, rate=3)
    for _ in range(5):
        one.throttled()
        clock.advance(1)
    assert one.rate < 3
    assert everything.rate == everything.full_rate


def test_a_closed_budget_lets_nobody_through() -> None:
    budget = CallBudget(clock=ManualClock())
    budget.close()
    with pytest.raises(BudgetClosed):
        budget.take()
    assert budget.waiting == 0


def test_whoever_waits_when_the_budget_closes_is_told() -> None:
    queue = Queue()
    told = []

    def call() -> None:
        try:
            queue.budget.take()
        except BudgetClosed:
            told.append("closed")

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    queue.clock.wait_until_asleep(lambda: 1)
    queue.budget.close()
    queue.clock.advance(0.25)
    thread.join(timeout=30)
    assert told == ["closed"]


def test_everybody_who_waits_on_a_real_clock_is_told_when_the_budget_closes() -> None:
    budget = CallBudget(clock=SystemClock(), rate=0.001)
    times_of(budget, ManualClock(), calls=2)
    with ThreadPoolExecutor(20) as pool:
        waiting = [pool.submit(budget.take) for _ in range(20)]
        budget.close()
    assert {type(one.exception()) for one in waiting} == {BudgetClosed}


@pytest.mark.parametrize("shape", [{"rate": 0}, {"burst": 1, "headroom": 1}, {"headroom": -1}])
def test_a_budget_that_could_never_let_a_call_through_is_refused(shape: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="a budget needs"):
        CallBudget(clock=ManualClock(), **shape)

"""The clock on which simulations and benchmarks run keeps its promises."""

from datetime import timedelta
from functools import partial

import pytest

from tests.clocks import START
from tests.simulated_time import Killed, SimulatedTime


def test_time_moves_when_everybody_waits_and_only_then() -> None:
    time, seen = SimulatedTime(), []

    def work(name: str, seconds: float) -> None:
        for _ in range(3):
            time.sleep(seconds)
            seen.append((name, time.seconds))

    time.spawn(lambda: work("a", 2.0))
    time.spawn(lambda: work("b", 4.5), after=1.0)
    time.run(12.0)
    assert seen == [("a", 2.0), ("a", 4.0), ("b", 5.5), ("a", 6.0), ("b", 10.0)]
    assert time.now() == START + timedelta(seconds=12)
    time.run(100.0)
    assert seen[-1] == ("b", 14.5)
    assert time.idle("main")


def order(seed: int) -> list[int]:
    time, seen = SimulatedTime(seed=seed), list[int]()

    def work(number: int) -> None:
        for _ in range(4):
            seen.append(number)
            time.pause()

    for number in range(4):
        time.spawn(partial(work, number))
    time.run(0.0)
    return seen


def test_a_seed_gives_one_history_and_another_seed_another() -> None:
    assert order(1) == order(1)
    assert len({tuple(order(seed)) for seed in range(20)}) > 10


def test_a_killed_process_does_nothing_more_but_give_back() -> None:
    time, seen = SimulatedTime(), []

    def work() -> None:
        try:
            seen.append("begun")
            time.sleep(10.0)
            seen.append("never")
        except Killed:
            seen.append("dead")
            raise

    time.spawn(work, process="one")
    time.spawn(work, process="one", after=5.0)
    time.run(1.0)
    time.kill("one")
    time.run(100.0)
    assert seen == ["begun", "dead"]
    assert time.idle("one")


def test_who_kills_their_own_process_dies_at_the_next_wait() -> None:
    time, seen = SimulatedTime(), []

    def work() -> None:
        time.kill("one")
        seen.append("still here")
        time.pause()
        seen.append("never")

    time.spawn(work, process="one")
    time.run(1.0)
    assert seen == ["still here"]
    assert time.idle("one")


def test_a_frozen_process_wakes_up_late() -> None:
    time, seen = SimulatedTime(), []

    def work() -> None:
        time.sleep(1.0)
        seen.append(time.seconds)

    time.spawn(work, process="one")
    time.run(0.5)
    time.freeze("one")
    time.run(60.0)
    assert seen == []
    time.thaw("one")
    time.run(1.0)
    assert seen == [60.5]


def test_what_a_task_raises_is_raised_where_the_simulation_runs() -> None:
    time = SimulatedTime()
    time.spawn(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        time.run(1.0)


def test_a_process_may_believe_in_another_time_but_never_in_an_earlier_one() -> None:
    time = SimulatedTime()
    clock = time.clock("one")
    clock.offset = timedelta(minutes=2)
    assert clock.now() == START + timedelta(minutes=2)
    clock.offset = timedelta(minutes=-2)
    clock.sleep(30.0)
    assert clock.now() == START + timedelta(minutes=2)
    assert time.now() == START + timedelta(seconds=30)
    assert clock.monotonic() == 30.0

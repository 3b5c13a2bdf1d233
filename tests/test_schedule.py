"""The clock: woken at once, on time, at intervals, and never forgetting that it was woken."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from protem.schedule import Schedule

PATIENCE_SECONDS = 30
NEVER = timedelta(hours=1)


class Ticks:
    """Counts ticks, and can hold one up."""

    def __init__(self) -> None:
        self.count = 0
        self.changed = threading.Condition()
        self.gate = threading.Event()
        self.gate.set()
        self.wait: timedelta | None = None

    def tick(self) -> timedelta | None:
        with self.changed:
            self.count += 1
            self.changed.notify_all()
        assert self.gate.wait(PATIENCE_SECONDS)
        wait, self.wait = self.wait, None
        return wait

    def reach(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.count >= count, PATIENCE_SECONDS)


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def failed() -> list[str]:
    return []


@pytest.fixture
def running(ticks: Ticks, failed: list[str]) -> Iterator[Callable[[timedelta], Schedule]]:
    made: list[Schedule] = []

    def start(interval: timedelta) -> Schedule:
        schedule = Schedule(ticks.tick, interval=interval, failed=failed.append)
        made.append(schedule)
        schedule.start()
        return schedule

    yield start
    ticks.gate.set()
    for schedule in made:
        schedule.stop()


Running = Callable[[timedelta], Schedule]


def test_it_ticks_at_the_start_and_when_it_is_woken(ticks: Ticks, running: Running) -> None:
    schedule = running(NEVER)
    ticks.reach(1)
    schedule.wake()
    ticks.reach(2)


def test_a_wake_up_during_a_tick_brings_another_one(ticks: Ticks, running: Running) -> None:
    ticks.gate.clear()
    schedule = running(NEVER)
    ticks.reach(1)
    schedule.wake()
    schedule.wake()
    ticks.gate.set()
    ticks.reach(2)


def test_it_ticks_again_when_the_next_thing_is_due(ticks: Ticks, running: Running) -> None:
    ticks.wait = timedelta(milliseconds=10)
    running(NEVER)
    ticks.reach(2)


def test_it_ticks_at_intervals_though_nobody_wakes_it(ticks: Ticks, running: Running) -> None:
    running(timedelta(seconds=0.02))
    ticks.reach(4)


def test_a_job_that_raises_is_told_of_and_runs_again(
    ticks: Ticks, failed: list[str], running: Running
) -> None:
    schedule = running(NEVER)
    runs = threading.Semaphore(0)

    def job() -> None:
        runs.release()
        message = "it went wrong"
        raise RuntimeError(message)

    schedule.every(timedelta(seconds=0.02), job, name="failing")
    for _ in range(3):
        assert runs.acquire(timeout=PATIENCE_SECONDS)
    assert set(failed) == {"failing"}


def test_a_job_can_be_brought_forward(running: Running) -> None:
    schedule = running(NEVER)
    ran = threading.Event()
    schedule.every(NEVER, ran.set, name="later", at_once=False)
    assert not ran.is_set()
    schedule.soon("later")
    assert ran.wait(PATIENCE_SECONDS)


def test_it_stops_in_peace_while_it_is_being_woken(ticks: Ticks) -> None:
    for _ in range(20):
        schedule = Schedule(ticks.tick, interval=timedelta(seconds=0.001), failed=lambda _: None)
        schedule.start()
        stopped = threading.Event()
        waker = threading.Thread(target=wake_until, args=(schedule, stopped))
        waker.start()
        ticks.reach(ticks.count + 2)
        schedule.stop()
        stopped.set()
        waker.join()


def test_it_stops_though_every_tick_wants_another(ticks: Ticks) -> None:
    """As when calls are held back because the process is to stop: each is tried again at once."""
    made: list[Schedule] = []

    def tick() -> None:
        ticks.tick()
        made[0].wake()

    made.append(Schedule(tick, interval=NEVER, failed=lambda _: None))
    made[0].start()
    ticks.reach(3)
    stopping = threading.Thread(target=made[0].stop)
    stopping.start()
    stopping.join(PATIENCE_SECONDS)
    assert not stopping.is_alive()


def wake_until(schedule: Schedule, stopped: threading.Event) -> None:
    while not stopped.is_set():
        schedule.wake()

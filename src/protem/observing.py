"""What can be watched of a process: its metrics, and what it writes down of itself while it leads."""

from collections.abc import Callable
from functools import partial

from protem.reconciler.heartbeat import COUNT_EVERY, EVERY, Heart
from protem.reconciler.job_log import JobLog
from protem.reconciler.runner import Runner
from protem.schedule import Schedule

Leading = Callable[[Callable[[], object]], object]


def begin(schedule: Schedule, runner: Runner, *, while_leading: Leading) -> None:
    """Take a place in the schedule, and listen to what becomes of its jobs."""
    jobs = JobLog(runner.clock, schedule.intervals)
    schedule.on_run(jobs.finished)
    heart = Heart(runner, jobs)
    schedule.every(EVERY, partial(while_leading, heart.beat), name="heartbeat")
    schedule.every(COUNT_EVERY, partial(while_leading, heart.count), name="census")

"""APScheduler as the clock: the database is the queue, this only says when to look."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

Tick = Callable[[], timedelta | None]
Listener = Callable[[str, object, BaseException | None], None]
_TICK = "tick"
_TICKS = frozenset({"wake", "due"})
"""Jobs that come and go, and do the same."""


class Schedule:
    """Calls ``tick`` at intervals, when the next thing is due, and at once when woken.

    Wake-ups are never lost: one that comes while a tick runs makes it run again.
    """

    def __init__(self, tick: Tick, *, interval: timedelta, failed: Callable[[str], None]) -> None:
        self._work = tick
        self._failed = failed
        self._interval = interval
        self._woken = threading.Event()
        self._ticking = threading.Lock()
        self._changing = threading.Lock()
        self._stopped = False
        self._listeners: list[Listener] = []
        self.intervals: dict[str, timedelta] = {}
        """How often each job runs by itself."""
        self.jobs: dict[str, Callable[[], object]] = {}
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(8)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._scheduler.add_listener(self._tell, EVENT_JOB_ERROR | EVENT_JOB_EXECUTED)
        self.every(interval, self._look, name=_TICK)

    def every(
        self, interval: timedelta, job: Callable[[], object], *, name: str, at_once: bool = True
    ) -> None:
        """Run ``job`` now, unless told otherwise, and at each interval; its runs never overlap."""
        now = datetime.now(UTC)
        self.intervals[name], self.jobs[name] = interval, job
        self._scheduler.add_job(
            job,
            "interval",
            seconds=interval.total_seconds(),
            id=name,
            name=name,
            next_run_time=now if at_once else now + interval,
        )

    def soon(self, name: str, *, after: timedelta = timedelta()) -> None:
        """Run the job of that name after so long, without waiting for its interval."""
        with self._changing:
            if not self._stopped:
                self._scheduler.modify_job(name, next_run_time=datetime.now(UTC) + after)

    def on_run(self, listener: Listener) -> None:
        """Have every run told, once it is over: by which job, what it returned, and what it raised."""
        self._listeners.append(listener)

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        """Start nothing more, and return when what was started is finished."""
        with self._changing:
            self._stopped = True
        if self._scheduler.running:
            # Its thread must not be at work when it is shut down: it would look for jobs in vain, and die.
            self._scheduler.pause()
            self._scheduler.remove_all_jobs()
            self._scheduler.shutdown(wait=True)

    def wake(self) -> None:
        """Have a tick run soon, one that sees everything committed before this call."""
        if not self._woken.is_set():
            self._woken.set()
            self._at(datetime.now(UTC), "wake")

    def _look(self) -> bool:
        self._woken.set()
        return self._tick()

    def _tick(self) -> bool:
        """Tick until nobody wants more; tell whether it was this run that did."""
        ticked = False
        # The flag is read again after the lock is given back: whoever set it meanwhile may have
        # found the lock taken, and relies on this loop.
        while self._woken.is_set() and not self._stopped:
            if not self._ticking.acquire(blocking=False):
                return ticked
            try:
                self._woken.clear()
                wait = self._work()
            finally:
                self._ticking.release()
            if wait is not None and wait < self._interval:
                self._at(datetime.now(UTC) + wait, "due")
            ticked = True
        return ticked

    def _at(self, instant: datetime, name: str) -> None:
        job = self._tick if name == "wake" else self._look
        with self._changing:
            if self._scheduler.running and not self._stopped:
                self._scheduler.add_job(
                    job, "date", run_date=instant, id=name, name=name, replace_existing=True
                )

    def _tell(self, event: JobExecutionEvent) -> None:
        name = _TICK if event.job_id in _TICKS else str(event.job_id)
        if event.exception is not None:
            self._failed(name)
        for listener in self._listeners:
            listener(name, event.retval, event.exception)

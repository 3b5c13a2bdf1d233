"""Tell other processes on the same PostgreSQL what was committed, and hear it from them.

What is told is a topic and nothing more: whoever hears it looks for itself. Whoever hears nothing
looks at intervals, so that a wake-up that is lost costs seconds and never the work.
"""

import secrets
import threading
import time
from collections.abc import Callable
from selectors import EVENT_READ, DefaultSelector
from socket import socketpair
from typing import Any

import structlog
from sqlalchemy import Engine, Select, func, select, text
from sqlalchemy.orm import Session

from protem.db import engine as engines

CHANNEL = "protem"
LONGEST = 200
"""Characters of a message; all topics there are need fewer, and PostgreSQL takes 8,000."""
PROBE_SECONDS = 10.0
"""How often this process tells itself something, to see whether it hears it."""
MOST_QUEUED = 0.25
"""How full PostgreSQL's queue may get: commits fail once it overflows, so nothing is told long before."""
_GATHER_SECONDS = 0.005
"""How long what is told at the same time is gathered, so that many commits are one wake-up."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_log = structlog.get_logger("protem.wakeups")

Told = Callable[[frozenset[str]], None]


class UnheardError(Exception):
    """What this process told itself did not arrive: a pooler lends it connections, and takes them back."""


class Wakeups:
    """The voice and the ear of one process; on SQLite there is nobody else, and nothing to do."""

    def __init__(
        self,
        engine: Engine,
        *,
        topics: frozenset[str],
        told: Told,
        probe_seconds: float = PROBE_SECONDS,
        most_queued: float = MOST_QUEUED,
    ) -> None:
        self._engine, self._topics, self._told = engine, topics, told
        self._probe_seconds, self._most_queued = probe_seconds, most_queued
        self._alone = engine.dialect.name != "postgresql"
        self._origin = secrets.token_hex(8)
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._echoed = self._crowded = False
        self._trouble: str | None = None
        self.listening = self._alone
        """Whether this process hears at once what others commit; where there are no others, it does."""
        self.heard = 0
        """Wake-ups by other processes."""
        self.interruptions = 0

    def announce(self, session: Session, topics: frozenset[str]) -> None:
        """Tell the others when the session's transaction is committed, and not if it never is."""
        told = ",".join(sorted(topics & self._topics))
        if told and not self._alone and not self._crowded:
            session.execute(_message(f"{self._origin} {told}"))

    def start(self) -> None:
        """Begin to listen, in a thread of its own."""
        if not self._alone and self._thread is None:
            self._alarm, self._bell = socketpair()
            self._thread = threading.Thread(target=self._run, name="wakeups", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Listen no more; returns when the thread is over."""
        self._stopping.set()
        if self._thread is not None:
            self._bell.send(b".")
            self._thread.join()
            self._alarm.close()
            self._bell.close()
            self._thread = None

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            try:
                self._listen()
            except Exception as error:  # noqa: BLE001 - whatever it is, others are still found at intervals
                pause = _FIRST_PAUSE if self.listening else min(2 * pause, _LONGEST_PAUSE)
                self._interrupted(f"{type(error).__name__}: {error}".split("\n", maxsplit=1)[0])
                self._stopping.wait(pause)

    def _interrupted(self, trouble: str) -> None:
        if self.listening or trouble != self._trouble:
            _log.warning("wakeups.interrupted", error=trouble)
        self.interruptions += self.listening
        self.listening, self._trouble = False, trouble

    def _listen(self) -> None:
        """Hear until told to stop; what was told before this began may concern us all the same."""
        with engines.listening(self._engine.url).connect() as connection, DefaultSelector() as selector:
            connection.execute(text(f"LISTEN {CHANNEL}"))
            driver = connection.connection.driver_connection
            for source in (driver, self._alarm):
                selector.register(source, EVENT_READ)  # type: ignore[arg-type]  # it has a file number
            self._probe()
            self._told(self._topics)
            while not self._stopping.is_set():
                self._hear(driver, selector)
                if not self._stopping.is_set():
                    self._probe()

    def _hear(self, driver: Any, selector: DefaultSelector) -> None:
        """Pass on what others tell, until it is time to see again whether anything is heard at all."""
        until = time.monotonic() + self._probe_seconds
        while not self._stopping.is_set() and (left := until - time.monotonic()) > 0:
            if selector.select(left):
                self._take(
                    [notification.payload for notification in driver.notifies(timeout=_GATHER_SECONDS)]
                )
        if not self._echoed and not self._stopping.is_set():
            raise UnheardError("notifications do not arrive, as behind a pooler in transaction mode")

    def _take(self, messages: list[str]) -> None:
        parts = [message[:LONGEST].partition(" ") for message in messages]
        if any(origin == self._origin for origin, *_ in parts):
            self._echoed = True
            self._begun()
        others = {topic for origin, _, told in parts if origin != self._origin for topic in told.split(",")}
        if topics := self._topics & others:
            self.heard += 1
            self._told(topics)

    def _begun(self) -> None:
        if not self.listening:
            self.listening, self._trouble = True, None
            _log.info("wakeups.listening")

    def _probe(self) -> None:
        """Tell ourselves something by another connection; look how full the queue is along the way."""
        self._echoed = False
        with self._engine.begin() as connection:
            usage = connection.scalar(select(func.pg_notification_queue_usage())) or 0.0
            crowded = usage > self._most_queued
            if crowded and not self._crowded:
                _log.error("wakeups.queue_full", advice="somebody listens in a transaction that never ends")
            self._crowded = crowded
            connection.execute(_message(self._origin))


def _message(payload: str) -> Select[Any]:
    return select(func.pg_notify(CHANNEL, payload))

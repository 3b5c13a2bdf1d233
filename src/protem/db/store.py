"""Where transactions begin and end: one engine, readers, and writers one at a time on SQLite."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import UTC, datetime

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from protem.clock import Clock
from protem.db import engine as engines
from protem.db.wakeups import Wakeups

Listener = Callable[[frozenset[str]], None]
Reader = Callable[[object], None]
Condition = Callable[[Session], None]

_ASIDE = 2


class Store:
    """The database as the rest of Protem uses it.

    ``agreed_time`` says whether instants that processes must agree on come from the database
    (PostgreSQL) or from ``clock``; SQLite has one process, so its clock serves.
    """

    def __init__(self, url: str, *, clock: Clock, pool_size: int = 32, agreed_time: bool = True) -> None:
        self.engine: Engine = engines.create(url, pool_size=pool_size)
        self.clock = clock
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        # Connections that nobody waits for who holds one of them: no number of callers can use them up.
        self._aside = self.engine if self.is_sqlite else engines.create(url, pool_size=_ASIDE)
        self._agreed_time = agreed_time and not self.is_sqlite
        self._writers = threading.Lock() if self.is_sqlite else nullcontext()
        self._writing = self.engine.execution_options(**{engines.WRITES: True})
        self._listeners: list[Listener] = []
        self._readers: list[Reader] = []
        self.wakeups = Wakeups(self.engine, topics=TOPICS, told=self._hear)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open the one transaction of one command; commit it, unless the block raises."""
        with (
            self._writers,
            Session(self._writing, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session
            _require(session)
            self.wakeups.announce(session, _topics(session))
        self._tell(session)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a transaction that leaves nothing behind."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def aside(self) -> Iterator[Session]:
        """Open a short transaction beside one that is open, which sees what others have committed."""
        with Session(self._aside, expire_on_commit=False) as session:
            yield session

    def now(self, session: Session) -> datetime:
        """Return the instant that every process on this database agrees on."""
        if not self._agreed_time:
            return self.clock.now()
        instant: datetime = session.scalars(select(func.clock_timestamp())).one()
        return instant.astimezone(UTC)

    def on_commit(self, listener: Listener) -> None:
        """Call ``listener`` with the announced topics after each commit that announced any.

        With those of other processes, too, as long as ``wakeups`` listens; from any thread.
        """
        self._listeners.append(listener)

    def on_report(self, reader: Reader) -> None:
        """Call ``reader`` with each fact that was reported, once it is committed."""
        self._readers.append(reader)

    def note(self, fact: object) -> None:
        """Tell the readers something that no transaction is about."""
        for reader in self._readers:
            reader(fact)

    def close(self) -> None:
        """Give the connections back."""
        self.wakeups.stop()
        self.engine.dispose()
        self._aside.dispose()

    def _tell(self, session: Session) -> None:
        topics = _topics(session)
        if topics:
            self._hear(topics)
        for fact in session.info.get(_FACTS, ()):
            self.note(fact)

    def _hear(self, topics: frozenset[str]) -> None:
        for listener in self._listeners:
            listener(topics)


_CONDITION: ContextVar[Condition | None] = ContextVar("protem_condition", default=None)
_TOPICS = "protem_topics"
_FACTS = "protem_facts"

ASSIGNMENTS = "assignments"
"""Something was committed that the reconciler should look at now."""
ANSWERS = "answers"
"""A request or a grant has changed."""
RULES = "rules"
"""A lock, the entitlements or the catalogue has changed: live access may have to end."""
RECORD = "record"
"""Something was put on record: it waits for its seal."""
SEALED = "sealed"
"""Events have got their numbers: they can leave."""
OUTBOX = "outbox"
"""Something waits to be sent."""
LEADERSHIP = "leadership"
"""Whoever led has stepped down: somebody else can at once."""
TOPICS = frozenset({ASSIGNMENTS, ANSWERS, RULES, RECORD, SEALED, OUTBOX, LEADERSHIP})
"""All there are, and all that other processes are ever told."""


@contextmanager
def on_condition(condition: Condition) -> Iterator[None]:
    """Have each transaction that this block writes asked at its end; it is taken back if that raises."""
    token = _CONDITION.set(condition)
    try:
        yield
    finally:
        _CONDITION.reset(token)


def report(session: Session, *facts: object) -> None:
    """Have these facts told to the readers of this process once the session's transaction is committed."""
    session.info.setdefault(_FACTS, []).extend(facts)


def announce(session: Session, *topics: str) -> None:
    """Have these topics told to the listeners once the session's transaction is committed."""
    session.info.setdefault(_TOPICS, set()).update(topics)


def _topics(session: Session) -> frozenset[str]:
    return frozenset(session.info.get(_TOPICS, ()))


def _require(session: Session) -> None:
    condition = _CONDITION.get()
    if condition is not None:
        condition(session)

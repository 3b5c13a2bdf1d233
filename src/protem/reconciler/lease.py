"""One elected reconciler for each Identity Center instance."""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Update, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from protem.broker import audit
from protem.clock import Clock
from protem.db.models import Lease as Row
from protem.db.store import LEADERSHIP, Store, announce
from protem.domain.events import EventType

NAME = "reconciler"
_ASKS = 60
"""How often a standby may ask in the time of a lease."""
_TERM: ContextVar[int | None] = ContextVar("protem_term", default=None)


class LeaseLostError(RuntimeError):
    """Another reconciler has taken over; nothing may be written or sent any more."""


class Lease:
    """The right to write, renewed in the database and checked locally before every call to AWS.

    The local check counts from before the renewal was sent, on a scale nobody can set, and gives
    up a fifth of the duration early: a process that was frozen finds out before it calls.
    """

    def __init__(self, *, store: Store, clock: Clock, duration: timedelta, exclusive: bool) -> None:
        self.holder = str(uuid.uuid4())
        self.fence = 0
        self.duration = duration
        self._store, self._clock = store, clock
        self._exclusive = exclusive
        self._safe_until = float("-inf")
        self._renew_after = float("-inf")
        self._ask_after = float("-inf")
        self._lock = threading.Lock()

    def held(self) -> bool:
        """Tell, without asking the database, whether what was begun in this term may still go on."""
        return self._clock.monotonic() < self._safe_until and self._term == self.fence

    def hold(self) -> bool:
        """Acquire the lease, or renew it when a third of its time has gone; tell whether it is ours.

        While somebody else renews it, whoever asks need not wait; a standby asks the database only so often.
        """
        if (known := self._known()) is not None:
            return known
        if not self._lock.acquire(blocking=not self._safe()):
            return True
        try:
            # Somebody else may have asked while this one waited for its turn.
            known = self._known()
            return self._ask() if known is None else known
        finally:
            self._lock.release()

    def ask_again(self) -> None:
        """Have the database asked the next time, though it said no a moment ago."""
        self._ask_after = float("-inf")

    @contextmanager
    def term(self) -> Iterator[None]:
        """Tie the block to the present fence: calls and writes are refused once there is another."""
        with _within(self.fence):
            yield

    def bound(self, work: Callable[[], None]) -> Callable[[], None]:
        """Return ``work`` tied to the term in which this is called, in whichever thread it is done."""
        term = self._term

        def do() -> None:
            with _within(term):
                work()

        return do

    def release(self) -> None:
        """Let a standby take over at once."""
        self._safe_until = float("-inf")
        with self._store.writing() as session:
            given = update(Row).where(*self._mine()).values(expires_at=self._store.now(session))
            if _one(session, given):
                announce(session, LEADERSHIP)

    def require(self, session: Session) -> None:
        """Raise ``LeaseLostError`` unless the database agrees; a takeover waits for ``session`` to end."""
        query = select(Row.fence).where(*self._mine()).with_for_update(read=True)
        if session.scalars(query).one_or_none() is None:
            message = f"the lease of fence {self._term} is lost"
            raise LeaseLostError(message)

    @property
    def _term(self) -> int:
        term = _TERM.get()
        return self.fence if term is None else term

    def _safe(self) -> bool:
        return self._clock.monotonic() < self._safe_until

    def _known(self) -> bool | None:
        """Return what need not be asked: that it is ours for long enough, or was not a moment ago."""
        now = self._clock.monotonic()
        if now < self._safe_until:
            return True if now < self._renew_after else None
        return False if now < self._ask_after else None

    def _ask(self) -> bool:
        started, seconds = self._clock.monotonic(), self.duration.total_seconds()
        with self._store.writing() as session:
            won = self._renew(session) or self._take(session)
        self._safe_until = started + seconds * 0.8 if won else float("-inf")
        self._renew_after = started + seconds / 3
        self._ask_after = started + seconds / _ASKS
        return won

    def _mine(self) -> tuple[ColumnElement[bool], ...]:
        return (Row.name == NAME, Row.holder == self.holder, Row.fence == self._term)

    def _renew(self, session: Session) -> bool:
        now = self._store.now(session)
        renewal = update(Row).where(*self._mine(), Row.expires_at > now)
        return _one(session, renewal.values(expires_at=now + self.duration))

    def _take(self, session: Session) -> bool:
        now = self._store.now(session)
        if not self._exists(session, now):
            return False
        free = or_(Row.expires_at <= now, Row.holder == self.holder, literal(self._exclusive))
        taking = update(Row).where(Row.name == NAME, free)
        values = {"holder": self.holder, "fence": Row.fence + 1, "expires_at": now + self.duration}
        if not _one(session, taking.values(**values)):
            return False
        self.fence = session.scalars(select(Row.fence).where(Row.name == NAME)).one()
        facts = {"holder": self.holder, "fence": self.fence}
        audit.record(session, EventType.RECONCILER_ELECTED, now=now, facts=facts)
        return True

    @staticmethod
    def _exists(session: Session, now: datetime) -> bool:
        if session.get(Row, NAME) is not None:
            return True
        try:
            with session.begin_nested():
                session.execute(insert(Row).values(name=NAME, holder="", fence=0, expires_at=now))
        except IntegrityError:
            return False
        return True


def _one(session: Session, statement: Update) -> bool:
    return session.connection().execute(statement).rowcount == 1


@contextmanager
def _within(term: int) -> Iterator[None]:
    token = _TERM.set(term)
    try:
        yield
    finally:
        _TERM.reset(token)

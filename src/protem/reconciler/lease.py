"""One elected reconciler for each Identity Center instance."""

import threading
import uuid
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Update, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from protem.broker import audit
from protem.clock import Clock
from protem.db.models import Lease as Row
from protem.db.store import Store
from protem.domain.events import EventType

NAME = "reconciler"


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
        self._store, self._clock, self._duration = store, clock, duration
        self._exclusive = exclusive
        self._safe_until = float("-inf")
        self._renew_after = float("-inf")
        self._lock = threading.Lock()

    def held(self) -> bool:
        """Tell, without asking the database, whether this process may still write."""
        return self._clock.monotonic() < self._safe_until

    def hold(self) -> bool:
        """Acquire the lease, or renew it when a third of its time has gone; tell whether it is ours."""
        with self._lock:
            started = self._clock.monotonic()
            if self.held() and started < self._renew_after:
                return True
            with self._store.writing() as session:
                won = self._renew(session) or self._take(session)
            seconds = self._duration.total_seconds()
            self._safe_until = started + seconds * 0.8 if won else float("-inf")
            self._renew_after = started + seconds / 3
            return won

    def release(self) -> None:
        """Let a standby take over at once."""
        self._safe_until = float("-inf")
        with self._store.writing() as session:
            session.execute(update(Row).where(*self._mine()).values(expires_at=self._store.now(session)))

    def require(self, session: Session) -> None:
        """Raise ``LeaseLostError`` unless the database agrees; a takeover waits for ``session`` to end."""
        query = select(Row.fence).where(*self._mine()).with_for_update(read=True)
        if session.scalars(query).one_or_none() is None:
            message = f"the lease of fence {self.fence} is lost"
            raise LeaseLostError(message)

    def _mine(self) -> tuple[ColumnElement[bool], ...]:
        return (Row.name == NAME, Row.holder == self.holder, Row.fence == self.fence)

    def _renew(self, session: Session) -> bool:
        now = self._store.now(session)
        renewal = update(Row).where(*self._mine(), Row.expires_at > now)
        return _one(session, renewal.values(expires_at=now + self._duration))

    def _take(self, session: Session) -> bool:
        now = self._store.now(session)
        if not self._exists(session, now):
            return False
        free = or_(Row.expires_at <= now, Row.holder == self.holder, literal(self._exclusive))
        taking = update(Row).where(Row.name == NAME, free)
        values = {"holder": self.holder, "fence": Row.fence + 1, "expires_at": now + self._duration}
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

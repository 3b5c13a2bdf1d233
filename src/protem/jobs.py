"""What has to be done by the clock, besides talking to AWS; each run is safe to repeat or to leave out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.orm import Session

from protem.broker import changes, enforcing, expiry, idempotency, locking, logins, lost
from protem.db.store import Store

EXPIRY = timedelta(seconds=2)
LOCKS = timedelta(seconds=2)
ELIGIBILITY = timedelta(seconds=15)
HOUSEKEEPING = timedelta(minutes=10)


class Ending(Protocol):
    """Ends some of the grants that have to end, a batch at most, and returns how many."""

    def __call__(self, session: Session, *, now: datetime) -> int: ...


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of one process; ``going_on`` turns false when it is about to stop."""

    store: Store
    idempotency_retention: timedelta
    going_on: Callable[[], bool]

    def expire(self) -> None:
        """Close what nobody answered or confirmed in time, and put on record which locks are over."""
        with self.store.writing() as session:
            now = self.store.now(session)
            expiry.expire_due(session, now=now)
            locking.expire_due(session, now=now)
            changes.expire_due(session, now=now)

    def enforce_locks(self) -> None:
        """End the access that locks are on, whenever it was given."""
        self._end(enforcing.end_locked)
        with self.store.writing() as session:
            enforcing.withdraw_orphans(session, now=self.store.now(session))

    def end_lost(self) -> None:
        """End the access whose entitlement covers it no longer, and says that this ends it."""
        # Others write while the catalogue is read, which there seldom is a reason to do more about.
        with self.store.reading() as session:
            found = next(lost.find(session, now=self.store.now(session)), None)
        if found is not None:
            self._end(lost.end_lost)

    def tidy(self) -> None:
        """Forget answers that nobody will ask for again, and logins that are long over."""
        with self.store.writing() as session:
            logins.purge(session, before=self.store.now(session) - logins.KEPT)
            idempotency.purge(session, before=self.store.now(session) - self.idempotency_retention)

    def _end(self, some: Ending) -> None:
        """End a batch at a time, until a run finds less than one: others write in between."""
        ended = enforcing.BATCH
        while ended == enforcing.BATCH and self.going_on():
            with self.store.writing() as session:
                ended = some(session, now=self.store.now(session))

"""Bad credentials: every one is counted, and now and then one event says how many there were."""

import threading
import uuid
from dataclasses import dataclass

import structlog
from prometheus_client import CollectorRegistry, Counter
from sqlalchemy.exc import SQLAlchemyError

from protem.broker import rejections
from protem.clock import Clock
from protem.db.store import Store
from protem.domain.errors import CredentialRefused
from protem.domain.rejections import Rejection

EVERY_SECONDS = 60.0
"""How often each reason is put on record, in each process."""

_log = structlog.get_logger("protem.api")


@dataclass(slots=True)
class _Tally:
    count: int = 0
    address: str | None = None
    token_id: uuid.UUID | None = None
    next_at: float = 0.0


class Rejections:
    """What this process has rejected since it last put that on record."""

    def __init__(self, *, store: Store, clock: Clock, registry: CollectorRegistry) -> None:
        self._store = store
        self._clock = clock
        self._tallies = {reason: _Tally() for reason in Rejection}
        self._lock = threading.Lock()
        self._counter = Counter(
            "protem_credentials_rejected", "Credentials that were no good.", ("reason",), registry=registry
        )
        for reason in Rejection:
            self._counter.labels(reason.value)

    def count(self, refusal: CredentialRefused, *, address: str | None) -> None:
        """Count a refusal that has a reason to be counted."""
        if refusal.reason is None:
            return
        self._counter.labels(refusal.reason.value).inc()
        with self._lock:
            tally = self._tallies[refusal.reason]
            tally.count += 1
            tally.address, tally.token_id = address, refusal.token_id

    def put_on_record(self) -> None:
        """Write one event for each reason whose minute is over; in a transaction of its own."""
        for reason, tally in self._due():
            try:
                with self._store.writing() as session:
                    rejections.record(
                        session,
                        reason,
                        count=tally.count,
                        address=tally.address,
                        token_id=tally.token_id,
                        now=self._store.now(session),
                    )
            except SQLAlchemyError:
                # Whoever was refused is told so all the same; the counter has them.
                _log.exception("rejections.unrecorded", reason=reason.value, count=tally.count)

    def _due(self) -> list[tuple[Rejection, _Tally]]:
        now = self._clock.monotonic()
        with self._lock:
            due = [(reason, t) for reason, t in self._tallies.items() if t.count and t.next_at <= now]
            for reason, _ in due:
                self._tallies[reason] = _Tally(next_at=now + EVERY_SECONDS)
            return due

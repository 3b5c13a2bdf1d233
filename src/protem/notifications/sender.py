"""Claim, send, record: the deliveries that are due, a few at a time, whoever they are for taking turns."""

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import chain, zip_longest
from random import Random
from typing import Protocol

import structlog
from sqlalchemy import update

from protem.clock import Clock
from protem.db.models import Delivery
from protem.db.store import Store
from protem.notifications import claims, records
from protem.notifications.claims import Parcel
from protem.notifications.transport import Answer

_log = structlog.get_logger("protem.notifications")

PER_RECEIVER = 2
"""How many deliveries to one webhook are under way at once: a slow one leaves threads to the others."""
_PUSHED_AWAY = timedelta(minutes=5)
_RECORD_ATTEMPTS = 3


class Post(Protocol):
    """Sends a body to an address, and returns what came of it."""

    def __call__(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Answer: ...


@dataclass
class Sender:
    """The sending half of one process; whoever holds a clock calls ``send_due``."""

    store: Store
    post: Post
    dispatch: Callable[[Callable[[], None]], object]
    """Has a piece of work done, in a thread of a pool or on the spot."""
    clock: Clock
    lease: timedelta
    """How long a claim lasts: longer than any attempt."""
    threads: int
    done: Callable[[], None] = lambda: None
    """Called after each attempt: there may be more to send."""
    counted: Callable[[str], None] = lambda outcome: None
    randomness: Random = field(default_factory=Random)
    _under_way: Counter[uuid.UUID] = field(default_factory=Counter)
    _turns: dict[uuid.UUID, int] = field(default_factory=dict)
    """When each webhook that has something due had its last turn, counted in turns."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send_due(self) -> None:
        """Start what is due, as far as there are threads for it."""
        with self.store.reading() as session:
            now = self.store.now(session)
            waiting = {
                webhook_id: claims.due(session, webhook_id, now=now, limit=PER_RECEIVER)
                for webhook_id in self._longest_without(claims.receivers(session, now=now))
            }
        for webhook_id, delivery_id in _in_turns(waiting):
            if self._room(webhook_id):
                self._start(webhook_id, delivery_id)

    def _longest_without(self, receivers: Sequence[uuid.UUID]) -> list[uuid.UUID]:
        """Order webhooks by their last turns: four slow ones would else keep every thread to themselves."""
        self._turns = {one: self._turns.get(one, 0) for one in receivers}
        return sorted(receivers, key=self._turns.__getitem__)

    def _room(self, webhook_id: uuid.UUID) -> bool:
        with self._lock:
            return self._under_way.total() < self.threads and self._under_way[webhook_id] < PER_RECEIVER

    def _start(self, webhook_id: uuid.UUID, delivery_id: uuid.UUID) -> None:
        try:
            with self.store.writing() as session:
                now = self.store.now(session)
                parcel = claims.claim(session, delivery_id, lease=self.lease, now=now)
        except Exception:  # noqa: BLE001 - one bad row must not stop the rest
            _log.exception("delivery.row_failed", delivery_id=str(delivery_id))
            self._push_away(delivery_id)
            return
        if parcel is not None:
            self._count(webhook_id, +1)
            self._turns[webhook_id] = max(self._turns.values(), default=0) + 1
            self.dispatch(partial(self._carry_out, parcel))

    def _push_away(self, delivery_id: uuid.UUID) -> None:
        with self.store.writing() as session:
            later = self.store.now(session) + _PUSHED_AWAY
            session.execute(update(Delivery).where(Delivery.id == delivery_id).values(next_attempt_at=later))

    def _carry_out(self, parcel: Parcel) -> None:
        try:
            began = self.clock.monotonic()
            answer = self._answer(parcel)
            self._record(parcel, answer, milliseconds=int((self.clock.monotonic() - began) * 1000))
        finally:
            self._count(parcel.webhook_id, -1)
            self.done()

    def _answer(self, parcel: Parcel) -> Answer:
        if parcel.body is None:
            return Answer(error="the event is no longer kept")
        try:
            return self.post(parcel.url, headers=parcel.headers, body=parcel.body)
        except Exception:  # noqa: BLE001 - whatever it is, it is tried again, and seen in the log
            _log.exception("delivery.failed", delivery_id=str(parcel.delivery_id))
            return Answer(error="sending failed inside Protem; its log says how")

    def _record(self, parcel: Parcel, answer: Answer, *, milliseconds: int) -> None:
        """Write the answer down; if that cannot be done, the claim runs out and the event is sent again."""
        for attempt in range(1, _RECORD_ATTEMPTS + 1):
            try:
                with self.store.writing() as session:
                    outcome = records.record(
                        session,
                        parcel,
                        answer,
                        milliseconds=milliseconds,
                        now=self.store.now(session),
                        randomness=self.randomness,
                    )
            except Exception:  # noqa: BLE001 - the claim outlives whatever it is
                _log.exception("delivery.record_failed", delivery_id=str(parcel.delivery_id))
                self.clock.sleep(attempt * 0.2)
            else:
                self.counted(outcome)
                return

    def _count(self, webhook_id: uuid.UUID, difference: int) -> None:
        with self._lock:
            self._under_way[webhook_id] += difference


def _in_turns(
    waiting: Mapping[uuid.UUID, Sequence[uuid.UUID]],
) -> Iterator[tuple[uuid.UUID, uuid.UUID]]:
    """Yield each webhook with its first delivery, then each with its second."""
    rows = ([(webhook_id, found) for found in deliveries] for webhook_id, deliveries in waiting.items())
    return (one for one in chain.from_iterable(zip_longest(*rows)) if one is not None)

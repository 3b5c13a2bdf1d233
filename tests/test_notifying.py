"""Events leave a process by themselves: sealed, made into deliveries, sent, and written to the file."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from standardwebhooks import Webhook as Verifier

from protem.broker import audit, webhooks
from protem.broker.callers import CONSOLE
from protem.broker.record import sealing
from protem.clock import SystemClock
from protem.db.store import Store
from protem.domain.events import EventType
from protem.notifying import Notifying
from protem.schedule import Schedule
from protem.settings import Settings
from tests.notifications.receivers import Receiver, receiving

HERE = "127.0.0.0/8"
PATIENCE = 30


@dataclass
class Bell(Receiver):
    """Rings whenever something arrives."""

    rung: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def answer(self, path: str, headers: Any, body: bytes) -> int:
        status = super().answer(path, headers, body)
        self.rung.release()
        return status

    def hear(self) -> dict[str, Any]:
        """Wait for the next message."""
        assert self.rung.acquire(timeout=PATIENCE)
        message: dict[str, Any] = json.loads(self.received[-1][2])
        return message


def until(condition: Callable[[], bool]) -> None:
    """Wait for other threads to bring something about."""
    never = threading.Event()
    assert any(condition() or never.wait(0.02) for _ in range(PATIENCE * 50))


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    store = Store(sqlite_url, clock=SystemClock())
    yield store
    store.close()


@pytest.fixture
def bell() -> Iterator[Bell]:
    bell = Bell()
    with receiving(bell):
        yield bell


def lead(job: Callable[[], object]) -> None:
    """Run a job as the process that holds the lease does."""
    job()


def seal(store: Store) -> None:
    with store.writing() as session:
        sealing.seal(session)


@pytest.fixture
def metrics(store: Store, tmp_path: Path) -> Iterator[CollectorRegistry]:
    """The jobs of a process that leads, at work."""
    registry, failures = CollectorRegistry(), list[str]()
    settings = Settings(webhook_networks=(HERE,), events_file=tmp_path / "events.jsonl")
    schedule = Schedule(lambda: None, interval=timedelta(seconds=60), failed=failures.append)
    notifying = Notifying(store, settings, clock=store.clock, metrics=registry, going_on=lambda: True)
    notifying.begin(schedule, while_leading=lead)
    schedule.every(timedelta(milliseconds=200), partial(seal, store), name="sealing")
    schedule.start()
    yield registry
    schedule.stop()
    notifying.stop()
    assert failures == []


def test_what_happens_arrives_signed_and_stands_in_the_file(
    store: Store, bell: Bell, metrics: CollectorRegistry, tmp_path: Path
) -> None:
    with store.writing() as session:
        made = webhooks.create(
            session,
            CONSOLE,
            url=bell.url(),
            description="",
            types=["lock.*"],
            from_sequence=None,
            networks=(ip_network(HERE),),
            now=store.now(session),
        )
    with store.writing() as session:
        audit.record(session, EventType.LOCK_CREATED, now=store.now(session))
    message = bell.hear()
    assert message["type"] == "lock.created"
    _, headers, body = bell.received[0]
    assert Verifier(made.secret).verify(body, dict(headers)) == message
    with store.writing() as session:
        audit.record(session, EventType.LOCK_LIFTED, now=store.now(session))
    assert bell.hear()["type"] == "lock.lifted"
    file = tmp_path / "events.jsonl"
    until(lambda: file.exists() and file.read_text().count("\n") == 3)
    written = [json.loads(line)["type"] for line in file.read_text().splitlines()]
    assert written == ["webhook.created", "lock.created", "lock.lifted"]
    until(lambda: metrics.get_sample_value("protem_deliveries_total", {"outcome": "delivered"}) == 2)

"""The lease is kept whatever else goes on, handed over at once, and everything done under it is fenced."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, text, update

from protem.broker import audit
from protem.broker.record.signing import SigningKey
from protem.clock import SystemClock
from protem.db.models import AuditEvent, Table
from protem.db.models import Lease as Row
from protem.db.store import Store
from protem.domain.events import EventType
from protem.reconciler.keeper import Keeper
from protem.reconciler.lease import Lease
from protem.runtime import Runtime
from protem.sandbox import Sandbox
from protem.settings import Settings

PATIENCE_SECONDS = 30
QUICK = timedelta(seconds=0.6)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    made = Store(database_url, clock=SystemClock())
    yield made
    made.close()


Made = Callable[..., tuple[Keeper, threading.Event]]


@pytest.fixture
def made(store: Store) -> Iterator[Made]:
    keepers: list[Keeper] = []

    def make(duration: timedelta = QUICK) -> tuple[Keeper, threading.Event]:
        elected = threading.Event()
        lease = Lease(store=store, clock=store.clock, duration=duration, exclusive=False)
        keepers.append(Keeper(lease, elected=elected.set))
        store.on_commit(keepers[-1].heard)
        keepers[-1].start()
        return keepers[-1], elected

    yield make
    for keeper in keepers:
        keeper.stop()


def depose(store: Store) -> None:
    """Have somebody else take over, without whoever led being told."""
    with store.engine.begin() as connection:
        connection.execute(update(Row).values(holder="somebody else", fence=Row.fence + 1))


def count(store: Store) -> int:
    with store.reading() as session:
        return session.scalars(select(func.count()).select_from(AuditEvent)).one()


def put_on_record(store: Store) -> None:
    with store.writing() as session:
        audit.record(session, EventType.LOCK_LIFTED, now=store.now(session))


def test_the_lease_is_renewed_while_nobody_ticks(store: Store, made: Made) -> None:
    keeper, elected = made()
    assert elected.wait(PATIENCE_SECONDS)
    threading.Event().wait(2 * QUICK.total_seconds())
    assert keeper.lease.held()
    assert keeper.lease.fence == 1


def test_a_lease_that_is_given_back_is_taken_at_once(store: Store, made: Made) -> None:
    first, elected = made(timedelta(hours=1))
    assert elected.wait(PATIENCE_SECONDS)
    _, elected = made(timedelta(hours=1))
    assert not elected.wait(0.05)
    first.stop()
    # By itself it would look again in five minutes.
    assert elected.wait(PATIENCE_SECONDS)


def test_what_a_job_writes_after_another_has_taken_over_is_taken_back(store: Store, made: Made) -> None:
    keeper, elected = made(timedelta(hours=1))
    assert elected.wait(PATIENCE_SECONDS)
    before = count(store)

    def job() -> None:
        put_on_record(store)
        depose(store)
        put_on_record(store)

    assert keeper.while_leading(job)
    assert count(store) == before + 1


def test_only_the_job_itself_is_tied_to_the_lease(store: Store, made: Made) -> None:
    keeper, elected = made(timedelta(hours=1))
    assert elected.wait(PATIENCE_SECONDS)
    before = count(store)
    keeper.while_leading(lambda: depose(store))
    put_on_record(store)
    assert count(store) == before + 1


@pytest.fixture
def runtime(database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    """A process with work for its jobs, that has not begun."""
    key_file = tmp_path / "key.pem"
    SigningKey.make().save(key_file)
    settings = Settings(
        database_url=SecretStr(database_url),
        audit_key_file=key_file,
        events_file=tmp_path / "events.jsonl",
        lease_duration=timedelta(hours=1),
        call_threads=2,
    )
    made = Runtime.build(settings, mount=Sandbox().mount)
    yield made
    made.stop()


def contents(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Return every row there is."""
    with store.reading() as session:
        return {
            name: sorted(map(tuple, session.execute(text(f"SELECT * FROM {name}"))), key=repr)  # noqa: S608
            for name in Table.metadata.tables
        }


def test_no_job_of_a_deposed_leader_changes_anything(runtime: Runtime) -> None:
    """Whichever it is: its work is taken back, since its successor does the same."""
    made = runtime.reconciling
    assert made is not None
    put_on_record(runtime.store)
    assert made.keeper.lease.hold()
    depose(runtime.store)
    before = contents(runtime.store)
    jobs = made.schedule.jobs
    assert {"catalogue", "expiry", "locks", "sealing", "heartbeat", "fan_out"} <= jobs.keys()
    for name, job in jobs.items():
        if name != "tick":
            job()
            assert contents(runtime.store) == before, name

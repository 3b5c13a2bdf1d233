"""Sealing and signing as they run in a process."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import delete

from protem.broker.record import checkpoints
from protem.broker.record.signing import SigningKey, known, verify
from protem.db.models import Chain, Checkpoint, UnsealedEvent
from protem.recording import Proof, Recording
from protem.schedule import Schedule
from tests.broker.record.records import Records


@pytest.fixture
def records(sqlite_url: str) -> Iterator[Records]:
    records = Records(sqlite_url)
    yield records
    records.store.close()


@pytest.fixture
def metrics(records: Records) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(Proof(records.store))
    return registry


KEY = SigningKey.make()


class Calls(Schedule):
    """A schedule that only notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.woken: list[str] = []

    def every(
        self, interval: timedelta, job: Callable[[], object], *, name: str, at_once: bool = True
    ) -> None:
        self.told.append(name)

    def soon(self, name: str, *, after: timedelta = timedelta()) -> None:
        self.woken.append(name)


def recording(records: Records, metrics: CollectorRegistry, key: SigningKey | None = KEY) -> Recording:
    return Recording(records.store, key=key, metrics=metrics, going_on=lambda: True)


def signed(records: Records) -> list[dict[str, object]]:
    with records.store.reading() as session:
        chain = session.query(Chain).one()
        return [checkpoints.signed(row, chain) for row in session.query(Checkpoint)]


def test_everything_that_waits_is_sealed_batch_by_batch(records: Records, metrics: CollectorRegistry) -> None:
    records.write(*map(str, range(1100)))
    recording(records, metrics).seal()
    assert records.sealed() == [str(number) for number in range(1100)]


def test_stopping_ends_the_sealing_between_two_batches(records: Records, metrics: CollectorRegistry) -> None:
    records.write(*map(str, range(1100)))
    answers = iter([True, False])
    Recording(records.store, key=None, metrics=metrics, going_on=lambda: next(answers)).seal()
    assert len(records.sealed()) == 500


def test_a_checkpoint_is_signed_when_the_chain_has_moved(
    records: Records, metrics: CollectorRegistry
) -> None:
    work = recording(records, metrics)
    work.sign()
    assert signed(records) == []
    records.write("a", "b")
    records.seal()
    work.sign()
    work.sign()
    (checkpoint,) = signed(records)
    chain = records.chain()
    assert checkpoint["log"] == str(chain.log)
    assert (checkpoint["sequence"], checkpoint["hash"]) == (2, chain.hash)
    assert checkpoint["signed_at"] == "2026-01-05T09:00:00.000000Z"
    verify(checkpoint, kind="protem-checkpoint", keys=known([KEY.public]))


def test_without_a_key_sealing_goes_on_and_nothing_is_signed(
    records: Records, metrics: CollectorRegistry
) -> None:
    work = recording(records, metrics, key=None)
    records.write("a")
    work.seal()
    work.sign()
    assert (records.sealed(), signed(records)) == (["a"], [])


def at_once(job: Callable[[], object]) -> None:
    job()


def test_a_commit_wakes_the_sealer_once(records: Records, metrics: CollectorRegistry) -> None:
    schedule = Calls()
    work = recording(records, metrics)
    work.begin(schedule, while_leading=at_once, checkpoints_every=timedelta(minutes=5), kept_for=None)
    assert schedule.told == ["sealing", "stray_events", "checkpoints"]
    records.write("a")
    records.write("b")
    assert schedule.woken == ["sealing"]
    work.seal()
    assert records.sealed() == ["a", "b"]
    records.write("c")
    assert schedule.woken == ["sealing", "sealing"]


def test_the_metrics_say_what_waits_and_what_no_checkpoint_covers(
    records: Records, metrics: CollectorRegistry
) -> None:
    def read(name: str) -> float | None:
        return metrics.get_sample_value(f"protem_audit_{name}")

    work = recording(records, metrics)
    assert (read("unsealed"), read("sealed_sequence"), read("checkpoint_age_seconds")) == (0, 0, 0)
    records.write("a", "b")
    assert (read("unsealed"), read("sealed_sequence")) == (2, 0)
    work.seal()
    assert (read("unsealed"), read("sealed_sequence"), read("checkpoint_age_seconds")) == (0, 2, float("inf"))
    work.sign()
    records.clock.advance(60)
    assert read("checkpoint_age_seconds") == 0
    records.write("c")
    work.seal()
    assert read("checkpoint_age_seconds") == 60
    records.write("d")
    records.overpower("audit_events", "delete", "DELETE FROM audit_events WHERE facts LIKE '%\"d\"%'")
    work.seal()
    assert read("vanished_total") == 1


def test_what_was_taken_out_of_the_queue_is_sealed_all_the_same(
    records: Records, metrics: CollectorRegistry
) -> None:
    work = recording(records, metrics)
    records.write("a", "b", "c")
    taken = records.waiting()[1]
    with records.store.writing() as session:
        session.execute(delete(UnsealedEvent).where(UnsealedEvent.event_id == taken))
    work.seal()
    assert records.sealed() == ["a", "c"]
    work.gather()
    work.gather()
    work.seal()
    assert records.sealed() == ["a", "c", "b"]
    assert metrics.get_sample_value("protem_audit_unqueued_total") == 1


def test_what_was_taken_out_while_nobody_sealed_is_found_when_somebody_does_again(
    records: Records, metrics: CollectorRegistry
) -> None:
    work = recording(records, metrics)
    for note in ("before", "after"):
        records.write(note)
        with records.store.writing() as session:
            session.execute(delete(UnsealedEvent))
        records.clock.advance(6 * 24 * 3600)
        work.gather()
        work.seal()
    assert records.sealed() == ["before", "after"]

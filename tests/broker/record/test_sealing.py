"""Events are sealed in order, once, whoever writes or dies meanwhile."""

import hashlib
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event as listening
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from protem.broker.record import documents, sealing
from protem.db.models import AuditEvent, Chain, Lock, Seal, UnsealedEvent
from protem.domain.locks import LockKind
from tests.broker.record.records import Records


@pytest.fixture
def on_postgresql(postgresql_url: str) -> Iterator[Records]:
    records = Records(postgresql_url)
    yield records
    records.store.close()


def test_each_event_gets_the_next_number_and_a_hash_over_itself_and_the_one_before(records: Records) -> None:
    records.write("a", "b")
    records.write("c")
    assert records.seal() == 3
    assert records.sealed() == ["a", "b", "c"]
    seals = records.seals()
    assert [seal.sequence for seal in seals] == [1, 2, 3]
    previous = "0" * 64
    with records.store.reading() as session:
        for seal in seals:
            event = documents.document(session.get_one(AuditEvent, seal.event_id))
            assert seal.hash == sealing.link(seal.sequence, previous, event)
            previous = seal.hash
    end = records.chain()
    assert (end.sequence, end.hash) == (3, previous)


def test_the_hash_is_one_that_anybody_can_work_out() -> None:
    written = '{"event":{"facts":{"€":1},"id":"x"},"previous":"00","sequence":1}'
    wanted = hashlib.sha256(written.encode()).hexdigest()
    assert sealing.link(1, "00", {"id": "x", "facts": {"€": 1.0}}) == wanted


def test_sealing_twice_changes_nothing(records: Records) -> None:
    records.write("a")
    assert (records.seal(), records.seal()) == (1, 0)
    assert records.waiting() == []
    assert [seal.sequence for seal in records.seals()] == [1]


def test_a_limit_leaves_the_rest_for_the_next_time(records: Records) -> None:
    records.write(*"abcde")
    assert [records.seal(limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert records.sealed() == list("abcde")


def test_an_event_whose_row_is_gone_leaves_a_stone_in_its_place(records: Records) -> None:
    records.write("a", "b", "c")
    lost = records.waiting()[1]
    records.overpower(
        "audit_events",
        "delete",
        "DELETE FROM audit_events WHERE facts LIKE '%\"b\"%'"
        if records.store.is_sqlite
        else "DELETE FROM audit_events WHERE facts->>'note' = 'b'",
    )
    told: list[uuid.UUID] = []
    with records.store.writing() as session:
        assert sealing.seal(session, vanished=told.append) == 3
    assert told == [lost]
    _, stone, _ = records.seals()
    before = records.seals()[0].hash
    assert stone.hash == sealing.link(2, before, {"kind": "protem-missing-event", "id": str(lost)})
    records.write("d")
    assert records.seal() == 1
    assert records.sealed() == ["a", "c", "d"]


def test_an_event_that_nobody_could_write_down_leaves_a_stone_too(records: Records) -> None:
    with records.store.writing() as session:
        at = records.clock.now()
        session.execute(
            insert(AuditEvent).values(occurred_at=at, type="x", caller="y", facts={"note": "z", "n": 2**60})
        )
    records.write("a")
    assert records.seal() == 2
    (event_id,) = {seal.event_id for seal in records.seals() if seal.sequence == 1}
    stone = {"kind": "protem-unwritable-event", "id": str(event_id)}
    assert records.seals()[0].hash == sealing.link(1, "0" * 64, stone)


def test_an_event_that_is_queued_again_is_not_sealed_again(records: Records) -> None:
    records.write("a")
    records.seal()
    (sealed,) = records.seals()
    with records.store.writing() as session:
        session.add(UnsealedEvent(event_id=sealed.event_id))
    records.write("b")
    assert records.seal() == 2
    assert records.sealed() == ["a", "b"]
    assert records.waiting() == []


class Crash(Exception):
    """The transaction goes no further."""


@contextmanager
def dying_after(records: Records, statements: int) -> Iterator[None]:
    """Die once so many statements have been carried out; the one that begins the transaction is none."""
    carried_out: list[str] = []

    def die(_: object, __: object, statement: str, *___: object) -> None:
        if not statement.startswith("BEGIN"):
            carried_out.append(statement)
            if len(carried_out) == statements:
                raise Crash

    listening.listen(records.store.engine, "after_cursor_execute", die)
    try:
        yield
    finally:
        listening.remove(records.store.engine, "after_cursor_execute", die)


def test_a_crash_between_any_two_statements_leaves_nothing_half_done(records: Records) -> None:
    records.write("a", "b")
    # On PostgreSQL, one more tells the other processes.
    told = 0 if records.store.is_sqlite else 1
    for statements in range(1, 6 + told):
        with pytest.raises(Crash), dying_after(records, statements):
            records.seal()
        assert (records.seals(), records.chain().sequence) == ([], 0)
        assert len(records.waiting()) == 2
    with dying_after(records, 6 + told):
        assert records.seal() == 2
    assert records.sealed() == ["a", "b"]


def test_what_commits_late_is_sealed_next_and_holds_nobody_up(on_postgresql: Records) -> None:
    records = on_postgresql
    with records.store.writing() as late:
        records.note(late, "late")
        late.flush()
        records.write("early")
        assert records.seal() == 1
        assert records.sealed() == ["early"]
    assert records.seal() == 1
    assert records.sealed() == ["early", "late"]


def test_a_writer_with_an_open_transaction_and_the_sealer_do_not_wait_for_each_other(
    on_postgresql: Records,
) -> None:
    records = on_postgresql
    records.write("before")
    with records.store.writing() as sealer:
        assert sealing.seal(sealer) == 1
        sealer.flush()
        sealer.execute(text("SET LOCAL lock_timeout = 1"))
        with records.store.writing() as writer:
            writer.execute(text("SET LOCAL lock_timeout = 1"))
            records.note(writer, "while the chain is held")
    assert records.sealed() == ["before"]
    assert records.seal() == 1


def test_a_second_sealer_goes_away_at_once(on_postgresql: Records) -> None:
    records = on_postgresql
    records.write("a")
    with records.store.writing() as first:
        assert sealing.seal(first) == 1
        assert records.seal() == 0
    assert records.sealed() == ["a"]


def test_many_writers_and_sealers_at_once_leave_every_event_sealed_once_and_in_order(
    records: Records,
) -> None:
    with records.store.writing() as session:
        at = records.clock.now()
        everything = {"kind": LockKind.EVERYTHING, "subject": "", "subject_name": ""}
        session.add(Lock(**everything, reason="", created_at=at, created_by="x"))
    turns = 12

    def write(name: str) -> None:
        for turn in range(turns):
            with records.store.writing() as session:
                session.scalars(select(Lock).with_for_update()).one()
                records.note(session, f"{name} {turn} first")
                records.note(session, f"{name} {turn} second")
                records.clock.advance(1)
                _tell(session, order, f"{name} {turn}")

    order: list[str] = []
    writers = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    going_on = threading.Event()

    def seal() -> None:
        while not going_on.is_set() or records.seal(limit=5):
            records.seal(limit=5)

    sealers = [threading.Thread(target=seal) for _ in range(2)]
    for thread in (*writers, *sealers):
        thread.start()
    for writer in writers:
        writer.join()
    going_on.set()
    for sealer in sealers:
        sealer.join()
    while records.seal():
        pass
    wanted = [f"{turn} {half}" for turn in order for half in ("first", "second")]
    assert records.sealed() == wanted
    assert [seal.sequence for seal in records.seals()] == list(range(1, len(wanted) + 1))


def _tell(session: Session, order: list[str], turn: str) -> None:
    """Note whose turn it is while the row is held that all of them write about."""
    session.flush()
    order.append(turn)


def test_the_chain_begins_empty_with_a_name_of_its_own(records: Records) -> None:
    chain = records.chain()
    assert (chain.sequence, chain.hash) == (0, "0" * 64)
    assert chain.log.version == 4
    with records.store.reading() as session:
        assert session.scalars(select(Chain)).one().id == 1
        assert session.scalars(select(Seal)).all() == []

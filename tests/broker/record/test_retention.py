"""What is old enough is let go of, whole and in order, and the rest can be proved all the same."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from protem.broker.callers import CONSOLE
from protem.broker.record import checkpoints, exporting, retention, signing, verifying
from protem.broker.record.signing import SigningKey
from protem.db import migrate
from protem.db.models import AuditEvent, Checkpoint, DroppedSegment, Seal
from protem.recording import Recording
from tests.broker.record.records import Records
from tests.clocks import ManualClock
from tests.db.test_privileges import Split, split
from tests.reconciler.lives import Lives

__all__ = ["split"]

KEY = SigningKey.make()
SHORTEST = timedelta(days=90)
DAY = 86_400


def recording(records: Records | Lives) -> Recording:
    return Recording(records.store, key=KEY, metrics=CollectorRegistry(), going_on=lambda: True)


def sign(records: Records | Lives) -> None:
    recording(records).seal()
    with records.store.writing() as session:
        checkpoints.sign(session, KEY, checkpoints.end(session), now=records.clock.now())


def let_go(records: Records | Lives, *, days: int = 90) -> None:
    recording(records).let_go(older_than=timedelta(days=days))


def kept(records: Records | Lives) -> list[int]:
    with records.store.reading() as session:
        rows = select(Seal.sequence).join(AuditEvent, AuditEvent.id == Seal.event_id)
        return list(session.scalars(rows.order_by(Seal.sequence)))


def segments(records: Records | Lives) -> list[tuple[int, int]]:
    with records.store.reading() as session:
        found = session.scalars(select(DroppedSegment).order_by(DroppedSegment.first_sequence)).all()
        return [(segment.first_sequence, segment.last_sequence) for segment in found]


def exported(records: Records | Lives) -> list[bytes]:
    """Return the lines of an export of all that is left."""
    recording(records).seal()
    now = records.clock.now()
    with records.store.writing() as session:
        export = exporting.begin(session, CONSOLE, key=KEY, now=now)
        lines = [export.header]
        while not export.is_whole:
            lines += export.page(session).splitlines(keepends=True)
        return [*lines, export.trailer()]


def test_what_is_old_and_signed_is_dropped_and_its_hashes_are_kept(records: Records) -> None:
    records.write("a", "b", "c")
    sign(records)
    records.clock.advance(100 * DAY)
    records.write("d")
    let_go(records)
    assert segments(records) == [(1, 3)]
    recording(records).seal()
    assert kept(records) == [4, 5]
    with records.store.reading() as session:
        told = session.scalars(select(AuditEvent).where(AuditEvent.type == "audit.segment_dropped")).one()
        segment = session.scalars(select(DroppedSegment)).one()
    assert (told.facts["first_sequence"], told.facts["last_sequence"]) == (1, 3)
    assert (told.facts["last_hash"], told.facts["previous_hash"]) == (segment.last_hash, "0" * 64)
    assert segment.last_occurred_at < segment.dropped_at - SHORTEST


def test_what_is_left_is_proved_across_what_was_dropped(records: Records) -> None:
    records.write("a", "b", "c")
    sign(records)
    with records.store.reading() as session:
        first = checkpoints.list_(session, CONSOLE).items[0]
    records.clock.advance(100 * DAY)
    records.write("d", "e")
    let_go(records)
    lines = exported(records)
    keys = signing.known([KEY.public])
    report = verifying.verify(lines, keys=keys, checkpoints=[first])
    assert (report.fault, report.dropped, report.events) == (None, [(1, 3)], 3)
    assert report.covered == [3]
    forged = [line.replace(b'"last_sequence":3', b'"last_sequence":2') for line in lines]
    assert verifying.verify(forged, keys=keys).fault is not None
    assert verifying.verify([lines[0], *lines[2:]], keys=keys).fault is not None


def test_nothing_is_dropped_that_is_young_or_that_nobody_has_signed(records: Records) -> None:
    records.write("a", "b")
    recording(records).seal()
    records.clock.advance(200 * DAY)
    let_go(records)
    assert segments(records) == []
    sign(records)
    records.write("c")
    records.clock.advance(89 * DAY)
    let_go(records)
    assert segments(records) == []
    records.clock.advance(2 * DAY)
    let_go(records)
    assert segments(records) == [(1, 2)]


def test_dropping_goes_on_from_where_it_ended(records: Records) -> None:
    for note in "abc":
        records.write(note)
        sign(records)
        records.clock.advance(50 * DAY)
    let_go(records)
    records.clock.advance(60 * DAY)
    let_go(records)
    assert segments(records) == [(1, 2), (3, 3)]
    assert verifying.verify(exported(records), keys=signing.known([KEY.public])).fault is None


def test_who_dies_between_dropping_and_deleting_is_picked_up(records: Records) -> None:
    records.write(*"abcdefgh")
    sign(records)
    records.clock.advance(100 * DAY)
    with records.store.writing() as session:
        retention.drop(session, older_than=SHORTEST, now=records.clock.now())
    with records.store.writing() as session:
        assert retention.purge(session, limit=3) == 3
    assert kept(records) == [4, 5, 6, 7, 8]
    assert verifying.verify(exported(records), keys=signing.known([KEY.public])).fault is None
    let_go(records)
    assert segments(records) == [(1, 8)]
    assert min(kept(records)) == 9
    with records.store.writing() as session:
        assert retention.purge(session) == 0


@pytest.fixture
def lives(database_url: str) -> Iterator[Lives]:
    made = Lives(database_url, key=KEY)
    yield made
    made.close()


def test_what_belongs_to_live_access_or_open_questions_stays(lives: Lives) -> None:
    sign(lives)
    before = max(kept(lives))
    lives.clock.advance(DAY)
    grant_id = lives.given(minutes=2, entitlement="glass")
    lives.run(200)
    sign(lives)
    lives.clock.advance(100 * DAY)
    let_go(lives)
    assert segments(lives) == [(1, before)], "the review is still open"
    lives.look_back()
    let_go(lives)
    assert len(segments(lives)) == 2
    assert str(grant_id) not in str(lives.events())


def test_a_live_grant_keeps_all_that_came_since_it_was_asked_for(lives: Lives) -> None:
    lives.given(minutes=2)
    lives.run(20)
    sign(lives)
    lives.clock.advance(100 * DAY)
    let_go(lives)
    assert segments(lives) == []
    lives.run(60)
    let_go(lives)
    assert len(segments(lives)) == 1


WRONG = [
    "first_sequence + 1, last_sequence, previous_hash, last_hash",
    "first_sequence, last_sequence - 1, previous_hash, last_hash",
    "first_sequence, last_sequence + 1, previous_hash, last_hash",
    "first_sequence, last_sequence, last_hash, last_hash",
    "first_sequence, last_sequence, previous_hash, previous_hash",
]


@pytest.mark.parametrize("wrong", WRONG)
def test_the_database_lets_nobody_drop_anything_but_the_oldest_up_to_a_checkpoint(
    records: Records, wrong: str
) -> None:
    records.write("a", "b", "c")
    sign(records)
    right = (
        "SELECT 1 AS first_sequence, sequence AS last_sequence, '0' AS zero, hash AS last_hash FROM seals "
        "WHERE sequence = 3"
    )
    columns = wrong.replace("previous_hash", f"'{'0' * 64}'")
    into = (
        "INSERT INTO dropped_segments (first_sequence, last_sequence, previous_hash, last_hash, "
        "last_occurred_at, dropped_at)"
    )
    statement = f"{into} SELECT {columns}, '2026-01-01', '2026-01-01' FROM ({right}) AS right_"  # noqa: S608
    if not records.store.is_sqlite:
        statement = statement.replace("'2026-01-01'", "timestamptz '2026-01-01'")
    with pytest.raises(DBAPIError, match="only the oldest"), records.store.writing() as session:
        session.execute(text(statement))
    assert (segments(records), kept(records)) == ([], [1, 2, 3])


def test_the_database_lets_nobody_drop_what_is_young_by_its_own_clock(database_url: str) -> None:
    records = Records(database_url, clock=ManualClock(datetime.now(UTC) - timedelta(days=80)))
    records.write("a")
    sign(records)
    records.clock.advance(400 * DAY)
    with pytest.raises(DBAPIError, match="after 90 days"):
        let_go(records)
    assert (segments(records), kept(records)) == ([], [1])
    records.store.close()


def test_a_checkpoint_that_was_not_of_this_chain_opens_nothing(records: Records) -> None:
    records.write("a", "b")
    recording(records).seal()
    now = records.clock.now()
    with records.store.writing() as session:
        records.unguard(session, "checkpoints", "insert")
        session.add(Checkpoint(sequence=2, hash="f" * 64, signed_at=now, key_id="k", signature="s"))
    records.clock.advance(100 * DAY)
    with pytest.raises(DBAPIError, match="only the oldest"):
        let_go(records)


def test_the_role_that_serves_has_the_owner_delete_what_is_dropped(split: Split) -> None:
    migrate.upgrade(split.owner, serving_role=split.role)
    records = Records(split.serving)
    records.write("a", "b")
    with records.store.writing() as session:
        assert retention.purge(session) == 0
    sign(records)
    records.clock.advance(100 * DAY)
    let_go(records)
    assert (segments(records), kept(records)) == ([(1, 2)], [])
    records.store.close()


def test_two_that_drop_at_once_drop_once(on_postgresql: list[Records]) -> None:
    first, second = on_postgresql
    first.write("a", "b")
    sign(first)
    for records in on_postgresql:
        records.clock.advance(100 * DAY)
    threads = [threading.Thread(target=let_go, args=[records]) for records in on_postgresql]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (segments(first), kept(second)) == ([(1, 2)], [])


@pytest.fixture
def on_postgresql(postgresql_url: str) -> Iterator[list[Records]]:
    both = [Records(postgresql_url), Records(postgresql_url)]
    yield both
    for records in both:
        records.store.close()

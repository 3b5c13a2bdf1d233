"""Exports from the databases: which stretch, page by page, and what tampering looks like afterwards."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy import event as listening

from protem.broker.record import checkpoints, exporting
from protem.broker.record.exporting import Export
from protem.db.models import AuditEvent, Checkpoint, DroppedSegment, Seal
from protem.domain.errors import Forbidden, SigningKeyMissing
from tests.broker.record.copies import KEY, checked
from tests.broker.record.records import Records
from tests.broker.worlds import ADMIN, AUDITOR
from tests.clocks import START


def begin(records: Records, **wanted: Any) -> Export:
    with records.store.writing() as session:
        return exporting.begin(session, AUDITOR, key=KEY, now=records.clock.now(), **wanted)


def export(
    records: Records, *, meanwhile: Callable[[], None] = lambda: None, limit: int = 3, **wanted: Any
) -> list[bytes]:
    """Return the lines of an export that reads so many events at a time; ``meanwhile`` is done in between."""
    begun = begin(records, **wanted)
    text = begun.header
    while not begun.is_whole:
        with records.store.reading() as session:
            text += begun.page(session, limit=limit)
        meanwhile()
    return (text + begun.trailer()).splitlines(keepends=True)


def spanned(raw: list[bytes]) -> tuple[int, int]:
    report = checked(raw)
    assert report.fault is None, report.fault
    return report.first, report.last


def filled(records: Records, count: int = 8) -> None:
    """Write so many events, one each minute, and seal them."""
    for number in range(1, count + 1):
        records.write(str(number))
        records.clock.advance(60)
    records.seal()


def drop(records: Records, first: int, last: int) -> None:
    """Do what retention does: keep the hashes at the ends, and let go of the events."""
    seals = {seal.sequence: seal for seal in records.seals()}
    with records.store.writing() as session:
        records.unguard(session, "dropped_segments", "insert")
        session.add(
            DroppedSegment(
                first_sequence=first,
                last_sequence=last,
                previous_hash=seals[first - 1].hash if first > 1 else "0" * 64,
                last_hash=seals[last].hash,
                last_occurred_at=START + timedelta(minutes=last - 1),
                dropped_at=records.clock.now(),
            )
        )
    gone = [seals[sequence].event_id for sequence in range(first, last + 1)]
    with records.store.writing() as session:
        session.execute(delete(AuditEvent).where(AuditEvent.id.in_(gone)))
        session.execute(delete(Seal).where(Seal.event_id.in_(gone)))


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def test_pages_of_any_size_make_the_same_export(records: Records) -> None:
    filled(records)
    for limit in (1, 3, 8, 500):
        raw = export(records, limit=limit, until=at(8))
        assert spanned(raw) == (1, 8)
    assert checked(raw).events == 8


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ({}, 1, 8),
        ({"after_sequence": 0}, 1, 8),
        ({"after_sequence": 5}, 6, 8),
        ({"after_sequence": 8}, 9, 8),
        ({"after_sequence": 800}, 9, 8),
        ({"since": at(0)}, 1, 8),
        ({"since": at(2)}, 3, 8),
        ({"since": at(2.5), "until": at(4.5)}, 4, 5),
        ({"until": at(0)}, 1, 0),
        ({"until": at(3)}, 1, 3),
        ({"since": at(3), "after_sequence": 5}, 6, 8),
        ({"since": at(500)}, 9, 8),
        ({"since": at(5), "until": at(2)}, 9, 8),
    ],
)
def test_what_is_wanted_is_the_shortest_stretch(
    records: Records, wanted: dict[str, Any], first: int, last: int
) -> None:
    filled(records)
    assert spanned(export(records, **wanted)) == (first, last)


def test_what_was_committed_late_is_found_by_its_time(records: Records) -> None:
    records.write("1")
    records.clock.advance(600)
    records.write("2")
    with records.store.writing() as session:
        records.put(session, {"note": "late"}, now=at(1))
    records.clock.advance(7200)
    records.write("3")
    records.seal()
    assert records.sealed() == ["1", "2", "late", "3"]
    assert spanned(export(records, since=at(0), until=at(2))) == (1, 3)
    assert spanned(export(records, since=at(9), until=at(11))) == (2, 2)


def test_what_is_not_sealed_yet_is_left_out(records: Records) -> None:
    filled(records, 2)
    records.write("later")
    assert spanned(export(records)) == (1, 2)


def test_what_is_sealed_meanwhile_is_left_out_too(records: Records) -> None:
    filled(records)

    def more() -> None:
        records.write("more")
        records.seal()

    assert spanned(export(records, meanwhile=more)) == (1, 8)


def test_an_empty_record_gives_an_export_of_nothing(records: Records) -> None:
    assert spanned(export(records)) == (1, 0)


def test_a_stretch_that_retention_dropped_is_one_line(records: Records) -> None:
    filled(records)
    drop(records, 1, 3)
    drop(records, 6, 7)
    report = checked(export(records, until=at(8)))
    assert (report.fault, report.events, report.dropped) == (None, 3, [(1, 3), (6, 7)])
    assert spanned(export(records, after_sequence=5, until=at(8))) == (6, 8)


def test_a_range_that_begins_or_ends_among_dropped_events_takes_all_of_them(records: Records) -> None:
    filled(records)
    drop(records, 1, 3)
    drop(records, 6, 7)
    assert spanned(export(records, after_sequence=1, until=at(4.5))) == (1, 5)
    assert spanned(export(records, after_sequence=3, until=at(4.5))) == (4, 5)
    assert spanned(export(records, since=at(2), until=at(6.5))) == (1, 7)


def test_what_retention_drops_during_an_export_does_not_break_it(records: Records) -> None:
    filled(records)
    dropped: list[int] = []

    def meanwhile() -> None:
        if not dropped:
            drop(records, 1, 7)
            dropped.append(7)

    report = checked(export(records, meanwhile=meanwhile, until=at(8)))
    assert (report.fault, report.events, report.dropped) == (None, 4, [(4, 7)])


def test_a_range_that_ends_among_the_oldest_says_that_they_were_dropped(records: Records) -> None:
    filled(records)
    drop(records, 1, 4)
    for since in (None, at(0.5)):
        report = checked(export(records, since=since, until=at(1.5)))
        assert (report.fault, report.events, report.dropped) == (None, 0, [(1, 4)])


def test_what_is_dropped_between_two_statements_is_not_missing(records: Records) -> None:
    filled(records)
    begun = begin(records, until=at(8))
    seen: list[str] = []

    def interfere(_: object, __: object, statement: str, *___: object) -> None:
        if statement.startswith("SELECT") and not seen:
            seen.append(statement)
            drop(records, 1, 5)

    with records.store.reading() as session:
        listening.listen(records.store.engine, "after_cursor_execute", interfere)
        text = begun.page(session)
        listening.remove(records.store.engine, "after_cursor_execute", interfere)
        while not begun.is_whole:
            text += begun.page(session)
    report = checked((begun.header + text + begun.trailer()).splitlines(keepends=True))
    assert (report.fault, report.first, report.last) == (None, 1, 8)


def test_a_checkpoint_signed_during_an_export_does_not_contradict_it(records: Records) -> None:
    filled(records)
    signed: list[dict[str, Any]] = []

    def meanwhile() -> None:
        records.write("more")
        records.clock.advance(1)
        records.seal()
        with records.store.writing() as session:
            chain = checkpoints.end(session)
            checkpoints.sign(session, KEY, chain, now=records.clock.now())
            newest = session.scalars(select(Checkpoint).order_by(Checkpoint.sequence.desc()).limit(1))
            signed.append(checkpoints.signed(newest.one(), chain))
        records.clock.advance(1)

    report = checked(export(records, meanwhile=meanwhile), checkpoints=signed)
    assert (report.fault, report.last, report.not_covered) == (None, 8, [10, 11, 12])


def test_events_deleted_from_the_database_are_named(records: Records) -> None:
    filled(records)
    event = records.seals()[3].event_id
    value = event.hex if records.store.is_sqlite else event
    records.overpower("audit_events", "delete", "DELETE FROM audit_events WHERE id = :id", id=value)
    fault = checked(export(records, until=at(8))).fault
    assert fault is not None
    assert (fault.damage, fault.sequence) == ("altered-event", 4)


def test_events_altered_in_the_database_are_named(records: Records) -> None:
    filled(records)
    event = records.seals()[5].event_id
    value = event.hex if records.store.is_sqlite else event
    statement = "UPDATE audit_events SET caller = 'user:crook' WHERE id = :id"
    records.overpower("audit_events", "update", statement, id=value)
    fault = checked(export(records, until=at(8))).fault
    assert fault is not None
    assert (fault.damage, fault.sequence) == ("altered-event", 6)


@pytest.mark.parametrize(
    ("gone", "limit"), [((4, 5), 3), ((4, 5), 500), ((5, 5), 2), ((7, 8), 3), ((1, 2), 3)]
)
def test_seals_deleted_from_the_database_are_named(
    records: Records, gone: tuple[int, int], limit: int
) -> None:
    filled(records)
    first, last = gone
    records.overpower(
        "seals", "delete", "DELETE FROM seals WHERE sequence BETWEEN :first AND :last", first=first, last=last
    )
    fault = checked(export(records, limit=limit)).fault
    assert fault is not None
    assert (fault.damage, fault.sequence) == ("missing", first)


def test_only_admins_and_auditors_get_one_and_only_where_there_is_a_key(records: Records) -> None:
    with pytest.raises(SigningKeyMissing), records.store.writing() as session:
        exporting.begin(session, ADMIN, key=None, now=START)
    assert begin(records).is_whole
    assert records.waiting() != []


def test_nobody_else_does(records: Records) -> None:
    from tests.broker.worlds import World  # noqa: PLC0415 - a world fills the database

    world = World(records.url)
    for caller in (world.person("alice"), world.bot()):
        with pytest.raises(Forbidden), records.store.writing() as session:
            exporting.begin(session, caller, key=KEY, now=START)
    world.store.close()

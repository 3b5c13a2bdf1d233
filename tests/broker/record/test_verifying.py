"""What checkpoints kept elsewhere add to an export's own proof, and what stands for events that are gone."""

from typing import Any

import pytest

from protem.broker.record import documents, lines
from protem.broker.record.signing import SigningKey
from protem.db.models import DroppedSegment
from tests.broker.record import copies
from tests.broker.record.copies import KEY, LOG, NOW, chained, checked, damage, event, export, written
from tests.clocks import START

WHOLE = export()
LATER = "2026-01-05T10:00:00.000000Z"


def checkpoint(sequence: int, *, key: SigningKey = KEY, **changes: Any) -> dict[str, Any]:
    """Return what was signed when the chain of the export had come so far."""
    hashes = {entry.sequence: entry.hash for entry in chained(map(event, range(1, 10)))}
    statement = {
        "kind": "protem-checkpoint",
        "version": 1,
        "log": str(LOG),
        "sequence": sequence,
        "hash": hashes.get(sequence, "0" * 64),
        "signed_at": NOW,
    }
    return key.sign({**statement, **changes})


def test_a_checkpoint_on_the_way_or_at_either_end_agrees() -> None:
    report = checked(WHOLE, checkpoints=[checkpoint(3), checkpoint(6)])
    assert (report.fault, report.covered, report.not_covered) == (None, [3, 6], [])
    later = export(3, first=4, previous=checkpoint(3)["hash"])
    assert checked(later, checkpoints=[checkpoint(3)]).covered == [3]


def test_a_chain_written_anew_contradicts_a_checkpoint_that_was_kept() -> None:
    events = [event(number) for number in (1, 2, 33, 4, 5, 6)]
    above = [copies.head(), *map(written, chained(events))]
    forged = [*above, copies.trailer(above)]
    assert damage(forged) is None
    fault = checked(forged, checkpoints=[checkpoint(2), checkpoint(4)]).fault
    assert fault is not None
    assert (fault.damage, fault.line, fault.sequence) == ("contradicted", 5, 4)


def test_an_export_that_lacks_what_was_signed_before_it_is_contradicted() -> None:
    assert damage(WHOLE, checkpoints=[checkpoint(8)]) == "contradicted"


def test_a_checkpoint_from_outside_the_range_is_not_covered() -> None:
    report = checked(WHOLE, checkpoints=[checkpoint(8, signed_at=LATER)])
    assert (report.fault, report.not_covered) == (None, [8])
    entries = list(chained(map(event, range(1, 7))))
    above = [copies.head(first=4, previous=entries[2].hash), *map(written, entries[3:])]
    report = checked([*above, copies.trailer(above)], checkpoints=[checkpoint(2), checkpoint(5)])
    assert (report.fault, report.covered, report.not_covered) == (None, [5], [2])


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (checkpoint(3, log="00000000-0000-4000-8000-000000000000"), "foreign-log"),
        (checkpoint(3, key=SigningKey.make()), "bad-checkpoint"),
        ({**checkpoint(3), "hash": "0" * 64}, "bad-checkpoint"),
        (KEY.sign({**checkpoint(3), "kind": "protem-receipt"}), "bad-checkpoint"),
        ({}, "bad-checkpoint"),
    ],
    ids=["another log", "another key", "altered", "signed for something else", "empty"],
)
def test_a_checkpoint_that_cannot_be_trusted_is_refused(made: dict[str, Any], wanted: str) -> None:
    assert damage(WHOLE, checkpoints=[made]) == wanted


def test_two_checkpoints_that_contradict_each_other_betray_the_key() -> None:
    both = [checkpoint(3), checkpoint(3, hash="0" * 64)]
    assert damage(WHOLE, checkpoints=both) == "contradicted"


def with_gap() -> list[bytes]:
    """Return an export in whose middle retention has dropped the events 3 and 4."""
    entries = list(chained(map(event, range(1, 7))))
    segment = DroppedSegment(
        first_sequence=3,
        last_sequence=4,
        previous_hash=entries[1].hash,
        last_hash=entries[3].hash,
        last_occurred_at=START,
        dropped_at=START,
    )
    gap = lines.dropped(segment, first=3, previous=entries[1].hash)
    above = [copies.head(), *map(written, entries[:2]), gap, *map(written, entries[4:])]
    return [*above, copies.trailer(above)]


def test_the_chain_connects_across_what_retention_has_dropped() -> None:
    report = checked(with_gap(), checkpoints=[checkpoint(3), checkpoint(4)])
    assert (report.fault, report.events, report.last) == (None, 4, 6)
    assert (report.dropped, report.covered, report.not_covered) == ([(3, 4)], [4], [3])


def test_any_changed_byte_about_dropped_events_is_found() -> None:
    whole = with_gap()
    begin = len(b"".join(whole[:3]))
    for byte in range(begin, begin + len(whole[3])):
        assert damage(copies.flipped(whole, byte, byte % 8)) is not None, byte


def test_a_line_about_dropped_events_that_does_not_belong_is_named() -> None:
    whole = with_gap()
    assert damage([*whole[:3], *whole[4:]]) == "missing"
    assert damage([*whole[:4], *whole[3:]]) == "inserted"
    assert damage([*whole[:2], whole[3], whole[2], *whole[4:]]) == "reordered"
    assert damage([*WHOLE[:3], whole[3], *WHOLE[5:]]) == "missing"


def test_events_that_were_gone_before_they_were_sealed_are_counted() -> None:
    stone = {"kind": documents.MISSING, "id": "x"}
    above = [copies.head(), *map(written, chained([event(1), stone]))]
    report = checked([*above, copies.trailer(above)])
    assert (report.fault, report.events, report.stones) == (None, 2, 1)

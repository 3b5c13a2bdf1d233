"""Every event is in the file, in order, whatever happened to the process, the disk or the file."""

import fcntl
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from protem.broker.record import sealing
from protem.db.models import EventsFile
from protem.notifications import events_file
from protem.notifications.events_file import EventsFileError, Line, Sink
from protem.notifications.metrics import Outbox
from tests.broker.worlds import World
from tests.notifications.offices import Office
from tests.reconciler.crashes import Crash, Moments, MortalStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def sink(office: Office, path: Path) -> Sink:
    return Sink(office.store, path, office.world.clock)


def happen(office: Office, count: int = 1) -> None:
    for _ in range(count):
        office.happen()
    office.seal()


def read(path: Path) -> list[dict[str, Any]]:
    text = path.read_text()
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def numbers(path: Path) -> list[int]:
    return [event["sequence"] for event in read(path)]


def test_every_event_is_there_from_the_first_with_its_hash(office: Office, path: Path) -> None:
    happen(office, 3)
    sink(office, path).write()
    happen(office, 2)
    sink(office, path).write()
    sink(office, path).write()
    assert numbers(path) == [1, 2, 3, 4, 5]
    first, second = read(path)[:2]
    event = {name: value for name, value in second.items() if name not in ("sequence", "hash")}
    assert second["hash"] == sealing.link(2, first["hash"], event)


def test_the_file_is_for_its_owner_alone(office: Office, path: Path) -> None:
    before = os.umask(0)
    try:
        happen(office)
        sink(office, path).write()
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_was_moved_away_is_made_anew(office: Office, path: Path) -> None:
    writing = sink(office, path)
    happen(office, 2)
    writing.write()
    rotated = path.rename(path.with_suffix(".1"))
    happen(office, 2)
    writing.write()
    assert (numbers(rotated), numbers(path)) == ([1, 2], [3, 4])


@pytest.mark.parametrize("moment", ["before a commit", "after a commit"])
def test_after_a_crash_lines_may_repeat_and_never_lack(world: World, path: Path, moment: str) -> None:
    office = Office(world)
    happen(office, 3)
    mortal = MortalStore(world.url, clock=world.clock, agreed_time=False)
    mortal.moments = Moments(fatal=1 if moment == "before a commit" else 2, counting=True)
    with pytest.raises(Crash):
        Sink(mortal, path, world.clock).write()
    mortal.close()
    assert mortal.moments.passed[-1] == moment
    happen(office, 1)
    sink(office, path).write()
    repeated = [1, 2, 3] if moment == "before a commit" else []
    assert numbers(path) == [1, 2, 3, *repeated, 4]


@pytest.mark.parametrize("cut", range(1, 200, 20))
def test_a_torn_line_is_completed(office: Office, path: Path, cut: int) -> None:
    happen(office, 3)
    sink(office, path).write()
    whole = path.read_bytes()
    office.world.change(_position(office, path), sequence=1)
    first, second, third = whole.splitlines(keepends=True)
    path.write_bytes(first + second + third[:cut])
    sink(office, path).write()
    assert set(numbers(path)) == {1, 2, 3}
    path.write_bytes(first + second[:cut])
    office.world.change(_position(office, path), sequence=1)
    sink(office, path).write()
    assert numbers(path) == [1, 2, 3]


def test_what_somebody_else_left_unfinished_is_ended_and_not_glued_to(office: Office, path: Path) -> None:
    path.write_text("what is this")
    happen(office)
    sink(office, path).write()
    assert path.read_text().splitlines()[0] == "what is this"
    assert json.loads(path.read_text().splitlines()[1])["sequence"] == 1


def test_a_missing_folder_is_loud_and_loses_nothing(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "later" / "events.jsonl"
    writing = sink(office, path)
    happen(office, 2)
    with pytest.raises(EventsFileError, match="No such file"):
        writing.write()
    writing.write()
    path.parent.mkdir()
    office.world.clock.advance(15)
    happen(office)
    writing.write()
    assert numbers(path) == [1, 2, 3]


def test_what_is_no_regular_file_is_refused_loudly(office: Office, path: Path) -> None:
    happen(office)
    with pytest.raises(EventsFileError, match="no event is lost"):
        sink(office, Path("/dev/full")).write()
    with office.store.reading() as session:
        assert events_file.position(session, Path("/dev/full")) == 0


def test_two_never_write_at_once(office: Office, path: Path) -> None:
    happen(office)
    with path.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(EventsFileError):
            sink(office, path).write()
    office.world.clock.advance(15)
    sink(office, path).write()
    assert numbers(path) == [1]


def test_a_writer_whose_place_was_taken_moves_nothing_back(office: Office, path: Path) -> None:
    happen(office, 3)
    sink(office, path).write()
    with office.store.writing() as session:
        events_file.move(session, path, before=0, to=1)
    with office.store.reading() as session:
        assert events_file.position(session, path) == 3


def test_short_writes_go_on_until_all_is_there(path: Path) -> None:
    lines = [Line(number, b"x" * 50_000 + b"\n") for number in range(40)]
    events_file.append(path, lines)
    assert path.stat().st_size == 40 * 50_001


def test_the_lag_is_what_is_sealed_and_not_in_the_file(office: Office, path: Path) -> None:
    registry = CollectorRegistry()
    registry.register(Outbox(office.store, path))
    happen(office, 3)
    assert registry.get_sample_value("protem_events_file_lag") == 3
    sink(office, path).write()
    assert registry.get_sample_value("protem_events_file_lag") == 0


def _position(office: Office, path: Path) -> Any:
    with office.store.reading() as session:
        return session.get_one(EventsFile, str(path))

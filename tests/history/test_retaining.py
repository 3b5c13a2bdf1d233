"""What was over for long leaves the store whole, is in a file first, and changes nothing by going."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from protem.broker.record import receipt_checks
from protem.db.models import AuditEvent, Grant, HistoryExport, Pruned, Request
from protem.db.store import Store
from protem.retaining import HistoryExportError
from protem.settings import Settings
from tests.api.applications import Client
from tests.history.pasts import (
    DAY,
    KEPT,
    NOTHING,
    auditor,
    counted,
    everything,
    files,
    let_go,
    lines,
    lived,
    person,
    refused,
    request_of,
    retaining,
    things,
    written,
)
from tests.reconciler.lives import Lives


def test_everything_that_goes_is_in_the_file_byte_by_byte_as_the_api_answered(
    lives: Lives, directory: Path
) -> None:
    grant_id, glass = lived(lives), lives.given(entitlement="glass", minutes=5)
    lives.run(DAY / 8, longest=900)
    lives.look_back()
    request_id = request_of(lives, grant_id)
    lives.clock.advance(100 * DAY)
    client = auditor(lives)
    before = {name: answers(client, name) for name in ("requests", "grants", "reviews")}
    let_go(lives, directory)
    assert counted(lives) == NOTHING
    found = things(directory, "request")
    assert set(found) == {str(request_id), str(request_of_glass(found, glass))}
    exported = {
        "requests": [one for line in found.values() for one in (line["request"], *line["extensions"])],
        "grants": [one for line in found.values() for one in line["grants"]],
        "reviews": [one for line in found.values() for one in line["reviews"]],
    }
    for name, answered in before.items():
        assert answered
        assert sorted(map(written, exported[name])) == sorted(answered)


def answers(client: Client, name: str) -> list[bytes]:
    items = client.get(f"/v1/{name}").json()["items"]
    return [client.get(f"/v1/{name}/{one['id']}").content for one in items]


def request_of_glass(found: dict[str, dict[str, Any]], grant_id: uuid.UUID) -> str:
    return next(id_ for id_, line in found.items() for one in line["grants"] if one["id"] == str(grant_id))


def test_each_row_that_goes_is_in_the_file_once_and_the_record_names_the_file(
    lives: Lives, directory: Path
) -> None:
    grant_id, before = lived(lives), counted(lives)
    lives.clock.advance(100 * DAY)
    let_go(lives, directory)
    rows = [line["rows"] for line in lines(directory) if "rows" in line]
    assert {table: sum(len(one.get(table, ())) for one in rows) for table in before} == before
    assert [line["kind"] for line in lines(directory)] == ["protem-history", "request", "assignment", "end"]
    (path,) = files(directory)
    with lives.store.reading() as session:
        told = session.scalars(select(AuditEvent).where(AuditEvent.type == "history.pruned")).one()
        export, gone = session.scalars(select(HistoryExport)).one(), session.get_one(Pruned, grant_id)
    assert (told.facts["file"], told.facts["requests"], told.facts["grants"]) == (path.name, 2, 1)
    assert (export.file, export.sha256, gone.export) == (path.name, told.facts["sha256"], 1)
    assert path.stat().st_mode & 0o777 == 0o600
    for statement in ("DELETE FROM pruned", "UPDATE history_exports SET file = ''"):
        refused(lives, statement, "only ever added")


def test_nothing_goes_that_was_over_a_moment_too_late(alone: Lives, directory: Path) -> None:
    lived(alone)
    ended = max(grant.ended_at for grant in everything(alone, Grant) if grant.ended_at)
    alone.clock.set(ended + KEPT)
    let_go(alone, directory)
    assert files(directory) == []
    alone.clock.advance(0.001)
    let_go(alone, directory)
    assert counted(alone)["grants"] == 0


def test_what_waits_is_owed_or_was_not_looked_at_stays(alone: Lives, directory: Path) -> None:
    alone.given(entitlement="glass", minutes=5)
    alone.run(DAY / 8, longest=900)
    alone.clock.advance(100 * DAY)
    alone.given(minutes=10)
    alone.run(10)
    before = counted(alone)
    let_go(alone, directory)
    assert (counted(alone), alone.holds(), files(directory)) == (before, True, [])
    alone.look_back()
    alone.clock.advance(100 * DAY)
    let_go(alone, directory)
    assert counted(alone)["reviews"] == 0


def test_an_assignment_stays_for_the_grant_that_holds_it_now(alone: Lives, directory: Path) -> None:
    lived(alone)
    alone.clock.advance(100 * DAY)
    grant_id = alone.given(minutes=10)
    alone.run(10)
    let_go(alone, directory)
    kept = counted(alone)
    assert (kept["grants"], kept["assignments"], alone.holds()) == (1, 1, True)
    alone.run(DAY / 8, longest=900)
    assert (alone.holds(), alone.read(grant_id).state) == (False, "ended")


def test_whoever_could_see_it_is_told_where_it_went(lives: Lives, directory: Path) -> None:
    grant_id = lived(lives)
    request_id = request_of(lives, grant_id)
    lives.clock.advance(100 * DAY)
    let_go(lives, directory)
    for path in (f"/v1/grants/{grant_id}", f"/v1/requests/{request_id}"):
        for client in (auditor(lives), person(lives, "alice")):
            answer = client.get(path)
            assert (answer.status_code, answer.json()["file"]) == (404, files(directory)[0].name)
            assert files(directory)[0].name in answer.json()["detail"]
        other = person(lives, "bob").get(path)
        assert (other.status_code, "file" in other.json()) == (404, False)
        assert "not yours to see" in other.json()["detail"]


def test_its_receipt_can_still_be_had_and_says_the_same(lives: Lives, directory: Path) -> None:
    grant_id = lived(lives)
    before = lives.summary(grant_id)
    lives.clock.advance(100 * DAY)
    let_go(lives, directory)
    lives.seal()
    for client in (auditor(lives), person(lives, "alice")):
        answer = client.get(f"/v1/grants/{grant_id}/receipt")
        assert receipt_checks.read(answer.content, keys=lives.keys).summary == before
    assert person(lives, "bob").get(f"/v1/grants/{grant_id}/receipt").status_code == 404


def test_what_cannot_be_written_down_does_not_go(alone: Lives, tmp_path: Path) -> None:
    lived(alone)
    before = counted(alone)
    alone.clock.advance(100 * DAY)
    with pytest.raises(HistoryExportError, match="nothing is pruned"):
        let_go(alone, tmp_path / "nowhere")
    assert counted(alone) == before


class Killed(Exception):
    """The process is no more."""


class Mortal(Store):
    """A store of a process that dies before, or just after, it would commit."""

    when = "before"

    @contextmanager
    def writing(self) -> Iterator[Session]:
        if self.when == "before":
            raise Killed
        with super().writing() as session:
            yield session
            if self.when == "within":
                raise Killed
        raise Killed


@pytest.mark.parametrize("when", ["before", "within", "after"])
def test_a_process_that_dies_loses_nothing_and_doubles_nothing(
    lives: Lives, directory: Path, when: str
) -> None:
    lived(lives)
    before = counted(lives)
    lives.clock.advance(100 * DAY)
    mortal = Mortal(lives.url, clock=lives.clock, agreed_time=False)
    mortal.when = when
    with pytest.raises(Killed):
        retaining(lives, directory, store=mortal).let_go()
    mortal.close()
    assert counted(lives) == (NOTHING if when == "after" else before)
    (written_first,) = files(directory)
    first = written_first.read_bytes()
    let_go(lives, directory)
    assert counted(lives) == NOTHING
    assert [(path, path.read_bytes()) for path in files(directory)] == [(written_first, first)]


def test_a_file_that_is_there_is_never_written_over(alone: Lives, directory: Path) -> None:
    lived(alone)
    alone.clock.advance(100 * DAY)
    taken = directory / "history-00000001.jsonl.gz"
    taken.write_bytes(b"of somebody else")
    let_go(alone, directory)
    assert taken.read_bytes() == b"of somebody else"
    with alone.store.reading() as session:
        assert session.scalars(select(HistoryExport.file)).one() == "history-00000001-2.jsonl.gz"
    assert not list(directory.glob(".*"))


def test_what_changes_between_the_file_and_the_deletion_stays(alone: Lives, directory: Path) -> None:
    lived(alone)
    alone.clock.advance(100 * DAY)
    before = counted(alone)

    class Meddled(Store):
        @contextmanager
        def writing(self) -> Iterator[Session]:
            with super().writing() as session:
                session.execute(update(Request).values(justification="another one"))
                yield session

    store = Meddled(alone.url, clock=alone.clock, agreed_time=False)
    retaining(alone, directory, store=store).let_go()
    store.close()
    assert counted(alone) == before
    let_go(alone, directory)
    assert counted(alone) == NOTHING


def test_retention_without_a_directory_is_refused() -> None:
    with pytest.raises(ValidationError, match="exported first"):
        Settings(retention=timedelta(days=400))
    with pytest.raises(ValidationError, match="P90D at least"):
        Settings(retention=timedelta(days=30), history_directory=Path())
    assert Settings().retention is None

"""What every engine is set up for."""

from pathlib import Path

import pytest
from sqlalchemy import text

from protem.clock import SystemClock
from protem.db import engine
from protem.db.migrate import upgrade
from protem.db.store import Store


def test_the_files_of_sqlite_are_for_their_owner_alone(empty_sqlite_url: str, tmp_path: Path) -> None:
    upgrade(empty_sqlite_url)
    store = Store(empty_sqlite_url, clock=SystemClock())
    with store.reading() as session:
        session.connection()
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("empty.db*")}
    store.close()
    assert modes
    assert set(modes.values()) == {0o600}


def test_a_result_half_read_keeps_nobody_in_the_past(empty_sqlite_url: str) -> None:
    reader, writer = (Store(empty_sqlite_url, clock=SystemClock(), pool_size=1) for _ in range(2))
    with writer.writing() as session:
        session.execute(text("CREATE TABLE things (number INTEGER)"))
        session.execute(text("INSERT INTO things VALUES (1), (2), (3)"))
    with reader.reading() as session:
        half_read = session.execute(text("SELECT number FROM things"))
        assert half_read.fetchone() == (1,)
        assert half_read.fetchmany(1) == [(2,)]
    with writer.writing() as session:
        session.execute(text("UPDATE things SET number = number + 10"))
    with reader.reading() as session:
        assert list(session.scalars(text("SELECT number FROM things"))) == [11, 12, 13]
    reader.close()
    writer.close()
    del half_read


@pytest.mark.parametrize("url", ["mysql://db/protem", "sqlite://", "sqlite:///:memory:", "nonsense", ""])
def test_databases_that_protem_does_not_run_on_are_refused(url: str) -> None:
    with pytest.raises(engine.UnsupportedDatabaseError):
        engine.parse(url)

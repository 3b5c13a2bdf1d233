"""What every engine is set up for."""

from pathlib import Path

import pytest

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


@pytest.mark.parametrize("url", ["mysql://db/protem", "sqlite://", "sqlite:///:memory:", "nonsense", ""])
def test_databases_that_protem_does_not_run_on_are_refused(url: str) -> None:
    with pytest.raises(engine.UnsupportedDatabaseError):
        engine.parse(url)

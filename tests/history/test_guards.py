"""The database lets go of history only as it was put down, whoever asks it to."""

from pathlib import Path

import pytest
from sqlalchemy import delete, text
from sqlalchemy.exc import DBAPIError

from protem.db import migrate
from protem.db.models import Grant, HistoryExport, Pruned, PrunedKind
from tests.db.test_privileges import Split, split
from tests.history.pasts import DAY, NOTHING, counted, let_go, lived, refused
from tests.reconciler.lives import Lives

__all__ = ["split"]


def test_the_database_deletes_nothing_that_was_not_exported(lives: Lives) -> None:
    lived(lives)
    lives.clock.advance(100 * DAY)
    for table in ("requests", "grants", "decisions", "targets", "involved", "assignments"):
        refused(lives, f"DELETE FROM {table}", "over for 90 days, and exported")  # noqa: S608 - ours


def test_the_database_deletes_nothing_live_whatever_is_put_down(lives: Lives) -> None:
    grant_id = lives.given(minutes=10)
    lives.run(10)
    now = lives.clock.now()
    with lives.store.writing() as session:
        session.add(HistoryExport(number=1, file="", sha256="", size=0, ended_before=now, exported_at=now))
        session.flush()
        session.add(Pruned(id=grant_id, kind=PrunedKind.GRANT, export=1))
    with pytest.raises(DBAPIError, match="over for 90 days"), lives.store.writing() as session:
        session.execute(delete(Grant).where(Grant.id == grant_id))


def test_the_role_that_serves_lets_go_of_history(split: Split, directory: Path) -> None:
    migrate.upgrade(split.owner, serving_role=split.role)
    lives = Lives(split.serving)
    lived(lives)
    lives.clock.advance(100 * DAY)
    let_go(lives, directory)
    assert counted(lives) == NOTHING
    with pytest.raises(DBAPIError, match="permission denied"), lives.store.writing() as session:
        session.execute(text("DELETE FROM pruned"))
    lives.close()

"""Looks at a part of AWS: when the latest began, when one last succeeded, and what went wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Update, update
from sqlalchemy.orm import Session

from protem.db.models import CatalogueSync
from protem.db.queries.changes import rows_changed
from protem.db.store import Store

_LONGEST_ERROR = 2048


class SupersededError(Exception):
    """Another look has begun since, whose answers are newer than ours."""


@dataclass(frozen=True, slots=True)
class Look:
    """One attempt to read a part of AWS."""

    part: str
    started_at: datetime

    def complete(self, session: Session, *, now: datetime) -> None:
        """Note success in the transaction that writes what was seen.

        Raises ``SupersededError`` if another process began a look after this one: a reconciler that
        was cut off must not undo what its successor has read.
        """
        done = self._mine().values(completed_at=now, error=None)
        if rows_changed(session, done) != 1:
            message = f"another look at the {self.part.replace('_', ' ')} has begun meanwhile"
            raise SupersededError(message)

    def fail(self, session: Session, error: Exception) -> None:
        text = f"{type(error).__name__}: {error}"[:_LONGEST_ERROR]
        rows_changed(session, self._mine().values(error=text))

    def _mine(self) -> Update:
        return update(CatalogueSync).where(
            CatalogueSync.part == self.part, CatalogueSync.started_at == self.started_at
        )


@contextmanager
def looking(store: Store, part: str) -> Iterator[Look]:
    """Record that a look begins, and, if the block raises, why it failed."""
    with store.writing() as session:
        look = Look(part, store.now(session))
        row = session.get(CatalogueSync, part, with_for_update=True) or CatalogueSync(part=part)
        row.started_at = look.started_at
        session.add(row)
    try:
        yield look
    except Exception as error:
        with store.writing() as session:
            look.fail(session, error)
        raise

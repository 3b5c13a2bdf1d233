"""The moments at which a process may die, be overtaken, or meet somebody else: around commits and calls."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from protem.db.models import Assignment, Grant
from protem.db.store import Store
from tests.simulated_time import Killed

if TYPE_CHECKING:
    from tests.simulation.world import World

About = Callable[[Assignment], bool]
"""Picks the rows that a moment is about."""
WROTE = "simulation_wrote"
"""Under this, a session keeps of which assignments it wrote; None stands for some that are not known."""


def nothing(_: Assignment) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Ambush:
    """Somebody who waits for a moment, to do something in AWS to what it is about."""

    moment: str
    strike: Callable[[Assignment], bool]
    """Tells whether it has changed anything; who changed nothing waits for the next time."""


class Moments:
    """Where a process may die or be overtaken."""

    def __init__(self, world: "World", process: str) -> None:
        self.world, self.process = world, process
        self.fatal: int | None = None
        """How many moments from now the process dies."""
        self.only = ""
        """What the name of a fatal moment has to begin with."""
        self.ambush: Ambush | None = None

    def reach(self, moment: str, *, about: About = nothing, pauses: bool = True) -> None:
        self._meet(moment, about)
        if self.fatal is not None and moment.startswith(self.only):
            self.fatal -= 1
            if self.fatal < 0:
                self.fatal = None
                self.world.die(self.process, moment, about=about)
                raise Killed
        if pauses:
            self.world.time.pause()

    def _meet(self, moment: str, about: About) -> None:
        if self.ambush is None or self.ambush.moment != moment:
            return
        waiting, self.ambush = self.ambush, None
        if not any(waiting.strike(row) for row in self.world.rows() if about(row)):
            self.ambush = waiting


class SimulatedStore(Store):
    """A store whose process may die before or after a commit; instants come from the database."""

    moments: Moments
    pauses = True

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with super().writing() as session:
            session.info[WROTE] = set()
            event.listen(session, "after_flush", _note_rows)
            event.listen(session, "do_orm_execute", _note_statement)
            yield session
            session.flush()
            self.moments.world.see_commit(session, self.moments.process)
            concerned = session.info[WROTE]
            self.moments.reach("before a commit", about=lambda row: row.id in concerned, pauses=False)
        self.moments.reach("after a commit", about=lambda row: row.id in concerned, pauses=self.pauses)

    def now(self, session: Session) -> datetime:
        return self.moments.world.now()


def _note_rows(session: Session, _: object) -> None:
    for row in (*session.dirty, *session.new):
        match row:
            case Assignment():
                session.info[WROTE].add(row.id)
            case Grant():
                session.info[WROTE].add(row.assignment_id)


def _note_statement(statement: ORMExecuteState) -> None:
    mapper = statement.bind_mapper
    if mapper is not None and mapper.class_ in {Assignment, Grant} and not statement.is_select:
        statement.session.info[WROTE].add(None)

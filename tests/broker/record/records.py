"""A record that tests write into, seal and read."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from protem.broker import audit
from protem.broker.record import sealing
from protem.db.models import AuditEvent, Chain, Seal, UnsealedEvent
from protem.db.store import Store
from protem.domain.events import EventType
from tests.clocks import ManualClock

GUARDS = {
    "sqlite": "DROP TRIGGER IF EXISTS {table}_{act}",
    "postgresql": "ALTER TABLE {table} DISABLE TRIGGER {table}_{act}",
}


@dataclass
class Records:
    """Each call of a method is one transaction."""

    url: str
    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self.store = Store(self.url, clock=self.clock, agreed_time=False)

    def write(self, *notes: str) -> None:
        """Write one event for each note."""
        with self.store.writing() as session:
            for note in notes:
                self.note(session, note)

    def note(self, session: Session, note: str, **facts: Any) -> None:
        """Write one event into an open transaction."""
        self.put(session, {"note": note, **facts})

    def put(self, session: Session, facts: Mapping[str, Any], *, now: datetime | None = None) -> None:
        audit.record(session, EventType.LOCK_CREATED, now=now or self.clock.now(), facts=facts)

    def seal(self, *, limit: int = sealing.LIMIT) -> int:
        with self.store.writing() as session:
            return sealing.seal(session, limit=limit)

    def sealed(self) -> list[str]:
        """Return the notes in the order of the chain."""
        with self.store.reading() as session:
            rows = session.execute(
                select(AuditEvent).join(Seal, Seal.event_id == AuditEvent.id).order_by(Seal.sequence)
            )
            return [event.facts["note"] for (event,) in rows]

    def seals(self) -> list[Seal]:
        with self.store.reading() as session:
            return list(session.scalars(select(Seal).order_by(Seal.sequence)))

    def waiting(self) -> list[uuid.UUID]:
        with self.store.reading() as session:
            return list(session.scalars(select(UnsealedEvent.event_id).order_by(UnsealedEvent.number)))

    def chain(self) -> Chain:
        with self.store.reading() as session:
            return session.scalars(select(Chain)).one()

    def overpower(self, table: str, act: str, statement: str, **values: Any) -> None:
        """Do what the database refuses, as whoever owns it can."""
        with self.store.writing() as session:
            self.unguard(session, table, act)
            session.execute(text(statement), values)

    def unguard(self, session: Session, table: str, act: str) -> None:
        """Have the database allow what it refuses."""
        dialect = session.get_bind().dialect.name
        session.execute(text(GUARDS[dialect].format(table=table, act=act)))

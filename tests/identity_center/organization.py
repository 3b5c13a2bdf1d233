"""The demo's organization with a connection to it, and a store that looks at it."""

from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import select

from protem.db.models import AuditEvent, CatalogueSync, Table
from protem.db.store import Store
from protem.domain.events import EventType
from protem.identity_center.aws import connect
from protem.identity_center.budget import CallBudget
from protem.reconciler import catalogue, standing
from protem.sandbox import Sandbox, seed_demo
from tests.clocks import ManualClock
from tests.identity_center.sessions import session_of_nobody

Row = TypeVar("Row", bound=Table)


@dataclass
class Organization:
    """AWS as the demo has it, and what the store at ``url`` knows of it."""

    url: str
    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self.sandbox = Sandbox(clock=self.clock)
        self.demo = seed_demo(self.sandbox)
        self.store = Store(self.url, clock=self.clock, agreed_time=False)
        self.budget = CallBudget(clock=self.clock)
        session = session_of_nobody()
        self.sandbox.mount(session)
        # Retries wait for real, and none of these tests is about them.
        self.connection = connect(
            session, budget=self.budget, guard=lambda: None, clock=self.clock, directory_attempts=1
        )

    def synchronise(self, **options: Any) -> catalogue.Report:
        return catalogue.synchronise(
            self.connection.directory,
            store=self.store,
            clock=self.clock,
            budget=self.budget,
            **options,
        )

    def look_for_standing_access(self) -> standing.Report:
        return standing.synchronise(
            self.connection.directory,
            self.connection.assignments,
            store=self.store,
            clock=self.clock,
            budget=self.budget,
        )

    def rows(self, table: type[Row]) -> list[Row]:
        with self.store.reading() as session:
            return list(session.scalars(select(table)))

    def row(self, table: type[Row], key: Any) -> Row:
        with self.store.reading() as session:
            return session.get_one(table, key)

    def sync(self, part: str) -> CatalogueSync:
        return self.row(CatalogueSync, part)

    def events(self, event: EventType) -> list[AuditEvent]:
        return sorted(
            (row for row in self.rows(AuditEvent) if row.type == event), key=lambda row: row.occurred_at
        )

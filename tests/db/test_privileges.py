"""The role that serves does its work on PostgreSQL, and can do nothing to what is on record."""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import NullPool, create_engine, func, make_url, select, text
from sqlalchemy.exc import DBAPIError

from protem.broker.record import sealing
from protem.clock import SystemClock
from protem.db import migrate, privileges
from protem.db.models import AuditEvent, Chain, UnsealedEvent
from protem.db.privileges import RoleRefused
from protem.db.store import Store
from protem.domain.lifecycle import GrantState
from tests.clocks import ManualClock
from tests.reconciler.governed import Governed


@dataclass
class Split:
    """One database, as its owner and as the role that serves reach it."""

    owner: str
    role: str

    @property
    def serving(self) -> str:
        return make_url(self.owner).set(username=self.role).render_as_string(hide_password=False)

    def run(self, *statements: str, url: str | None = None) -> None:
        engine = create_engine(url or self.owner, poolclass=NullPool)
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))

    def excess(self, url: str) -> list[str]:
        store = Store(url, clock=SystemClock())
        with store.reading() as session:
            found = privileges.excess(session)
        store.close()
        return found


@pytest.fixture
def split(postgresql_url: str) -> Iterator[Split]:
    made = Split(postgresql_url, f'serving "{uuid.uuid4().hex[:8]}-{os.getpid()}')
    quoted = '"' + made.role.replace('"', '""') + '"'
    made.run(f"CREATE ROLE {quoted} LOGIN")
    yield made
    made.run(f"DROP OWNED BY {quoted}", f"DROP ROLE {quoted}")


@pytest.fixture
def serving(split: Split) -> Split:
    migrate.upgrade(split.owner, serving_role=split.role)
    return split


def test_the_serving_role_lives_a_whole_life_of_a_grant(serving: Split) -> None:
    world = Governed(serving.serving)
    grant_id = world.ask(minutes=2)
    world.run(10)
    assert world.holds()
    world.run(150)
    assert not world.holds()
    assert world.read(grant_id).state is GrantState.ENDED
    with world.store.writing() as session:
        sealed = sealing.seal(session)
        left = session.scalars(select(func.count()).select_from(UnsealedEvent)).one()
        written = session.scalars(select(func.count()).select_from(AuditEvent)).one()
        assert (session.scalars(select(Chain.sequence)).one(), left) == (written, 0)
    assert sealed == written > 5
    world.jobs.tidy()
    world.close()


FORBIDDEN = [
    "UPDATE audit_events SET caller = 'nobody'",
    "DELETE FROM audit_events",
    "TRUNCATE audit_events",
    "UPDATE seals SET hash = ''",
    "DELETE FROM seals",
    "UPDATE checkpoints SET signature = ''",
    "DELETE FROM checkpoints",
    "UPDATE dropped_segments SET last_hash = ''",
    "DELETE FROM dropped_segments",
    "DELETE FROM chains",
    "UPDATE chains SET log = gen_random_uuid()",
    "DROP TRIGGER audit_events_delete ON audit_events",
    "ALTER TABLE audit_events DISABLE TRIGGER ALL",
    "ALTER TABLE audit_events ADD COLUMN other int",
    "DROP TABLE audit_events",
    "CREATE RULE quiet AS ON DELETE TO audit_events DO INSTEAD NOTHING",
    "CREATE TRIGGER quiet BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION audit_events_update()",
    "CREATE INDEX slow ON audit_events (facts)",
    "SET session_replication_role = replica",
    "CREATE OR REPLACE FUNCTION audit_events_delete() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
    "ALTER FUNCTION protem_purge_dropped(integer) SECURITY INVOKER",
    "DROP FUNCTION audit_events_queue()",
    "CREATE TABLE other (id int)",
    "CREATE TEMPORARY TABLE unsealed_events (event_id uuid)",
    "CREATE SCHEMA other",
    "SELECT setval('unsealed_events_number_seq', 1)",
    "UPDATE alembic_version SET version_num = '0001'",
]


def test_the_serving_role_can_do_nothing_to_what_is_on_record(serving: Split) -> None:
    for statement in FORBIDDEN:
        with pytest.raises(DBAPIError) as caught:
            serving.run(statement, url=serving.serving)
        assert getattr(caught.value.orig, "sqlstate", None) == "42501", statement


@pytest.mark.parametrize("statement", FORBIDDEN[:7])
def test_even_the_owner_has_to_switch_triggers_off_first(split: Split, statement: str) -> None:
    world = Governed(split.owner)
    world.ask()
    with world.store.writing() as session:
        sealing.seal(session)
    world.close()
    split.run("INSERT INTO checkpoints SELECT sequence, hash, now(), 'key', 'signature' FROM seals LIMIT 1")
    with pytest.raises(DBAPIError, match=r"protem: \w+ are only ever added"):
        split.run(statement)


def test_what_serves_is_told_apart_from_what_owns(serving: Split) -> None:
    assert serving.excess(serving.serving) == []
    owner = serving.excess(serving.owner)
    assert any("superuser" in sentence for sentence in owner)
    assert any("owns audit_events" in sentence for sentence in owner)
    assert any("session_replication_role" in sentence for sentence in owner)
    quoted = '"' + serving.role.replace('"', '""') + '"'
    serving.run(f"GRANT UPDATE (hash) ON seals TO {quoted}", f"GRANT CREATE ON SCHEMA public TO {quoted}")
    found = " ".join(serving.excess(serving.serving))
    assert "may change or delete seals" in found
    assert "create tables" in found
    migrate.upgrade(serving.owner, serving_role=serving.role)
    assert serving.excess(serving.serving) == []


def test_whoever_served_before_a_migration_serves_after_it(serving: Split) -> None:
    quoted = '"' + serving.role.replace('"', '""') + '"'
    serving.run(f"REVOKE ALL ON requests FROM {quoted}", f"GRANT DELETE ON audit_events TO {quoted}")
    migrate.upgrade(serving.owner)
    assert serving.excess(serving.serving) == []
    serving.run("SELECT * FROM requests", url=serving.serving)


def test_a_role_that_nothing_could_keep_from_anything_is_refused(split: Split, sqlite_url: str) -> None:
    migrate.upgrade(split.owner)
    for role, why in [("nobody at all", "CREATE ROLE"), (make_url(split.owner).username, "superuser")]:
        with pytest.raises(RoleRefused, match=why):
            migrate.upgrade(split.owner, serving_role=role)
    quoted = '"' + split.role.replace('"', '""') + '"'
    for what in (f"DATABASE {make_url(split.owner).database}", "SCHEMA public"):
        split.run(f"ALTER {what} OWNER TO {quoted}")
        with pytest.raises(RoleRefused, match="drop every table"):
            migrate.upgrade(split.owner, serving_role=split.role)
        assert any("drop every table" in sentence for sentence in split.excess(split.serving))
        split.run(f"ALTER {what} OWNER TO {make_url(split.owner).username}")
    with pytest.raises(RoleRefused, match="SQLite"):
        migrate.upgrade(sqlite_url, serving_role="protem_serving")


@pytest.mark.parametrize("statement", ["UPDATE audit_events SET caller = 'x'", "DELETE FROM audit_events"])
def test_sqlite_refuses_to_change_the_record_as_well(sqlite_url: str, statement: str) -> None:
    world = Governed(sqlite_url, clock=ManualClock())
    world.ask()
    with pytest.raises(DBAPIError, match="only ever added"), world.store.writing() as session:
        session.execute(text(statement))
    with world.store.reading() as session:
        assert privileges.excess(session) == []
    world.close()

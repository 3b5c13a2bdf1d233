"""What the migrations build is what the models expect."""

import uuid
from datetime import UTC, datetime

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, NullPool, create_engine, insert, select
from sqlalchemy.orm import Session

from protem.broker import steps
from protem.db import migrate
from protem.db.models import EntitlementVersion, Involved, Involvement, Request, Table
from protem.domain import names


def test_migrations_and_models_agree(database_url: str) -> None:
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        migrated = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        differences = compare_metadata(migrated, Table.metadata)
    assert not differences, "the models have changed: write a migration (alembic revision --autogenerate)"


def test_requests_of_the_first_version_keep_their_approvers(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url, to="0001")
    engine = create_engine(empty_database_url, poolclass=NullPool)
    known, unnamed = uuid.uuid4(), uuid.uuid4()
    with engine.begin() as connection:
        _fill(connection, known=known, unnamed=unnamed)
    migrate.upgrade(empty_database_url)
    with Session(engine) as session:
        asked = session.get_one(Request, known)
        assert [(step.name, step.required) for step in steps.read(asked.steps)] == [("lead", 2)]
        assert steps.read(session.get_one(Request, unnamed).steps) == ()
        involved = session.execute(select(Involved.request_id, Involved.relation, Involved.handle)).all()
    expected = {names.handle("group", "SRE Leads"), names.handle("user", "dave@example.com")}
    assert {tuple(row) for row in involved} == {(known, Involvement.APPROVER, handle) for handle in expected}


def _fill(connection: Connection, *, known: uuid.UUID, unnamed: uuid.UUID) -> None:
    """Write what the first version wrote: one request that waits for approvers, and one that never did."""
    tables = MetaData()
    tables.reflect(connection, only=["entitlement_versions", "principals", "requests"])
    approvers = {"users": ["dave@example.com"], "groups": ["SRE Leads"]}
    step = {"name": "lead", "approvers": approvers, "required": 2}
    rules = [{"name": "admin", "approval": {"steps": [step]}}, {"name": "read"}]
    now = datetime(2026, 1, 5, 9, tzinfo=UTC)
    put = connection.execute
    put(
        insert(EntitlementVersion),
        {
            "version": 1,
            "digest": "sha256:1",
            "document": {"entitlements": rules},
            "source": "",
            "applied_at": now,
            "applied_by": "test",
        },
    )
    principal = {"id": "p-1", "user_name": "alice", "user_name_key": "alice", "display_name": "Alice"}
    put(tables.tables["principals"].insert(), principal)
    for request_id, entitlement in ((known, "admin"), (unnamed, "read")):
        put(
            tables.tables["requests"].insert(),
            {
                "id": request_id if connection.dialect.name == "postgresql" else request_id.hex,
                "state": "pending",
                "requester_id": "p-1",
                "beneficiary_id": "p-1",
                "entitlement": entitlement,
                "entitlement_version": 1,
                "digest": "sha256:2",
                "duration": 3600,
                "justification": "because",
                "created_at": now,
                "expires_at": now,
            },
        )

"""Steps and involved people of requests, extensions, renewals, locks and reviews."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("requests", sa.Column("extends_grant_id", sa.Uuid(), nullable=True))
    op.add_column("requests", sa.Column("steps", JSON, nullable=False, server_default=sa.text("'[]'")))
    op.create_index(op.f("ix_requests_extends_grant_id"), "requests", ["extends_grant_id"], unique=False)
    pending = sa.text("state = 'pending' AND extends_grant_id IS NOT NULL")
    op.create_index(
        "uq_requests_extension",
        "requests",
        ["extends_grant_id"],
        unique=True,
        sqlite_where=pending,
        postgresql_where=pending,
    )
    op.add_column(
        "grants", sa.Column("extensions", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    op.add_column("grants", sa.Column("renews", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("assignments", sa.Column("renewing_since", sa.DateTime(timezone=True), nullable=True))
    create_involved()
    create_locks()
    create_reviews()
    guard_extensions()
    fill()


def create_involved() -> None:
    op.create_table(
        "involved",
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("relation", one_of("approver", "reviewer", name="relation"), nullable=False),
        sa.Column("handle", sa.String(length=600), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_involved_request_id")),
        sa.PrimaryKeyConstraint("request_id", "relation", "handle", name=op.f("pk_involved")),
    )
    op.create_index(op.f("ix_involved_handle"), "involved", ["handle"], unique=False)


def create_locks() -> None:
    kinds = one_of("principal", "account", "permission_set", "entitlement", "everything", name="kind")
    op.create_table(
        "locks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", kinds, nullable=False),
        sa.Column("subject", sa.String(length=256), nullable=False),
        sa.Column("subject_name", sa.String(length=256), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=512), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=512), nullable=True),
        sa.CheckConstraint("(kind = 'everything') = (subject = '')", name=op.f("ck_locks_on_something")),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by IS NULL)", name=op.f("ck_locks_lifted_by_somebody")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_locks")),
    )
    op.create_index(op.f("ix_locks_lifted_at_expires_at"), "locks", ["lifted_at", "expires_at"], unique=False)


def create_reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=512), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_by IS NULL)", name=op.f("ck_reviews_closed_by_somebody")
        ),
        sa.ForeignKeyConstraint(["principal_id"], ["principals.id"], name=op.f("fk_reviews_principal_id")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_reviews_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("request_id", name=op.f("uq_reviews_request_id")),
    )
    still_open = sa.text("closed_at IS NULL")
    op.create_index(
        "uq_reviews_open",
        "reviews",
        ["principal_id"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_index(op.f("ix_reviews_closed_at_id"), "reviews", ["closed_at", "id"], unique=False)


def one_of(*values: str, name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def guard_extensions() -> None:
    """Have the database refuse to move the end of a grant that is over, or about to be."""
    forbidden = (
        "NEW.ends_at <> OLD.ends_at AND (OLD.revoked_at IS NOT NULL "
        "OR OLD.state IN ('deactivating', 'ended', 'failed'))"
    )
    message = "protem: the end of this grant is settled"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER grants_extension BEFORE UPDATE ON grants FOR EACH ROW WHEN {forbidden} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION grants_extension() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER grants_extension BEFORE UPDATE ON grants FOR EACH ROW WHEN ({forbidden}) "
        f"EXECUTE FUNCTION grants_extension()"
    )


def fill() -> None:
    """Give the requests that are there the steps of the entitlements that decided about them."""
    connection = op.get_bind()
    versions = sa.table("entitlement_versions", sa.column("version"), sa.column("document", JSON))
    requests = sa.table(
        "requests",
        sa.column("id", sa.Uuid()),
        sa.column("entitlement"),
        sa.column("entitlement_version"),
        sa.column("steps", JSON),
    )
    involved = sa.table(
        "involved", sa.column("request_id", sa.Uuid()), sa.column("relation"), sa.column("handle")
    )
    for version, document in connection.execute(sa.select(versions.c.version, versions.c.document)).all():
        for rule in (json.loads(document) if isinstance(document, str) else document)["entitlements"]:
            steps = [step_of(step) for step in (rule.get("approval") or {}).get("steps", ())]
            of_rule = sa.and_(
                requests.c.entitlement_version == version, requests.c.entitlement == rule["name"]
            )
            connection.execute(sa.update(requests).where(of_rule).values(steps=steps))
            rows = [
                {"request_id": request_id, "relation": "approver", "handle": handle}
                for request_id in connection.scalars(sa.select(requests.c.id).where(of_rule)).all()
                for handle in sorted({handle for step in steps for handle in handles(step)})
            ]
            if rows:
                connection.execute(sa.insert(involved), rows)


def step_of(step: dict[str, Any]) -> dict[str, Any]:
    people = step["approvers"]
    return {
        "name": step["name"],
        "required": step.get("required", 1),
        "users": people.get("users", []),
        "groups": people.get("groups", []),
        "outside": [],
    }


def handles(step: dict[str, Any]) -> Iterator[str]:
    from protem.domain import names  # noqa: PLC0415  # the one normalisation of names there is

    yield from (names.handle("user", user) for user in step["users"])
    yield from (names.handle("group", group) for group in step["groups"])

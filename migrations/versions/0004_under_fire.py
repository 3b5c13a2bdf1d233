"""What the reconciler needs to keep its word at AWS's limits, and with a long history."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    find_rows_whatever_there_was()
    let_history_go()
    tell_how_it_goes()
    notice_what_has_left()
    stamp_the_catalogue()


def notice_what_has_left() -> None:
    """Remember which operations AWS lists as running no longer."""
    op.add_column("assignments", sa.Column("operation_left_at", sa.DateTime(timezone=True), nullable=True))


CATALOGUE = ("accounts", "groups", "memberships", "organizational_units", "permission_sets", "principals")

NEW_STAMP = {"postgresql": "gen_random_uuid()::text", "sqlite": "lower(hex(randomblob(16)))"}
"""One that was never there before, and that no transaction which is taken back has used up."""


def stamp_the_catalogue() -> None:
    """Have the database give the catalogue another stamp with every change, whoever makes it."""
    op.create_table(
        "catalogue_stamps",
        sa.Column("part", sa.String(length=32), nullable=False),
        sa.Column("stamp", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("part", name=op.f("pk_catalogue_stamps")),
    )
    dialect = op.get_bind().dialect.name
    stamp = NEW_STAMP[dialect]
    op.execute(f"INSERT INTO catalogue_stamps (part, stamp) VALUES ('catalogue', {stamp})")  # noqa: S608 - ours
    anew = f"UPDATE catalogue_stamps SET stamp = {stamp};"  # noqa: S608 - ours
    if dialect == "sqlite":
        for table in CATALOGUE:
            for act in ("INSERT", "UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_{act.lower()}_stamps AFTER {act} ON {table} BEGIN {anew} END"
                )
        return
    op.execute(
        f"CREATE FUNCTION stamp_the_catalogue() RETURNS trigger LANGUAGE plpgsql {pinned()} AS $$ "
        f"BEGIN {anew} RETURN NULL; END $$"
    )
    for table in CATALOGUE:
        op.execute(
            f"CREATE TRIGGER {table}_stamps AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION stamp_the_catalogue()"
        )


def tell_how_it_goes() -> None:
    """Let every process say how the one that leads is doing, and why an ending does not come."""
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("holder", sa.String(length=128), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("elected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ticked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("facts", JSON, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeats")),
    )
    op.add_column("assignments", sa.Column("last_error_cause", sa.String(length=40), nullable=True))
    op.add_column("assignments", sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True))


def find_rows_whatever_there_was() -> None:
    """Order lists along what they are narrowed to, and find what is live beside what is over."""
    for table, index in (
        ("requests", "requester_id"),
        ("requests", "beneficiary_id"),
        ("involved", "handle"),
        ("grants", "assignment_id"),
        ("grants", "principal_id"),
        ("grants", "state_ends_at"),
        ("assignments", "principal_id"),
        ("assignments", "account_id"),
        ("deliveries", "state_next_attempt_at"),
    ):
        op.drop_index(op.f(f"ix_{table}_{index}"), table_name=table)
    under_way = "operation_kind IS NOT NULL OR claim_id IS NOT NULL"
    for table, columns, name, where in (
        ("requests", ["requester_id", "id"], "", ""),
        ("requests", ["beneficiary_id", "id"], "", ""),
        ("requests", ["via_token_id", "id"], "", "via_token_id IS NOT NULL"),
        ("requests", ["entitlement", "id"], "", ""),
        ("requests", ["state", "id"], "", ""),
        ("involved", ["handle", "request_id"], "", ""),
        ("targets", ["account_id", "request_id"], "", ""),
        ("grants", ["assignment_id", "ended_at"], "", ""),
        ("grants", ["id"], "live", "ended_at IS NULL"),
        ("grants", ["principal_id"], "principal_id_live", "ended_at IS NULL"),
        ("grants", ["principal_id", "id"], "", ""),
        ("grants", ["account_id", "id"], "", ""),
        ("grants", ["permission_set_arn", "id"], "", ""),
        ("grants", ["state", "id"], "", ""),
        ("assignments", ["principal_id", "id"], "", ""),
        ("assignments", ["account_id", "id"], "", ""),
        ("assignments", ["permission_set_arn", "id"], "", ""),
        ("assignments", ["account_id"], "under_way", under_way),
        ("assignments", ["account_id", "stuck_since"], "stuck", "stuck_since IS NOT NULL"),
        ("assignments", ["id"], "held", "observed <> 'absent' OR provenance <> 'none'"),
        ("reviews", ["principal_id", "id"], "", ""),
        ("deliveries", ["webhook_id", "state", "next_attempt_at"], "", ""),
        ("deliveries", ["webhook_id", "id"], "", ""),
        ("deliveries", ["answered_at"], "", ""),
    ):
        some = sa.text(where) if where else None
        op.create_index(
            op.f(f"ix_{table}_{name or '_'.join(columns)}"),
            table,
            columns,
            unique=False,
            sqlite_where=some,
            postgresql_where=some,
        )


HELD_TO_ABOUT = sa.text("about_id IS NOT NULL")


def let_history_go() -> None:
    """Keep which file each thing went into that is no longer here, and delete nothing without that."""
    op.create_table(
        "history_exports",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("file", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("ended_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("exported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_history_exports")),
    )
    kinds = ("request", "grant", "assignment", "change")
    op.create_table(
        "pruned",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(*kinds, name="kind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("export", sa.Integer(), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["export"], ["history_exports.number"], name=op.f("fk_pruned_export")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pruned")),
    )
    op.create_index(
        op.f("ix_pruned_about_id"),
        "pruned",
        ["about_id"],
        unique=False,
        sqlite_where=HELD_TO_ABOUT,
        postgresql_where=HELD_TO_ABOUT,
    )
    delete_only_what_was_exported()


LONG_AGO = {
    "postgresql": "clock_timestamp() - interval '90 days'",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now', '-90 days')",
}
"""By the clock of the database; nothing that ended since can be deleted, whatever a setting says."""

OURS_NO_LONGER = """OLD.provenance = 'none' AND OLD.observed = 'absent' AND OLD.operation_kind IS NULL
AND OLD.claim_id IS NULL AND OLD.next_attempt_at IS NULL AND OLD.force_closed_at IS NULL
AND OLD.unconfirmed_create_at IS NULL"""
"""An assignment that AWS has not, and for which nothing is planned."""

OVER = {
    "requests": ("id", "OLD.answered_at < {long_ago}"),
    "grants": ("id", "OLD.ended_at < {long_ago}"),
    "reviews": ("request_id", "OLD.closed_at < {long_ago}"),
    "decisions": ("request_id", "OLD.decided_at < {long_ago}"),
    "targets": ("request_id", ""),
    "involved": ("request_id", ""),
    "assignments": ("id", OURS_NO_LONGER + " AND OLD.observed_since < {long_ago}"),
    "changes": ("id", "OLD.answered_at < {long_ago}"),
}
"""What history is, by which id it was put down as pruned, and when it is over for long enough."""


def delete_only_what_was_exported() -> None:
    """Have the database refuse to delete what is live, recent, or not put down as exported."""
    dialect = op.get_bind().dialect.name
    for table, (column, over) in OVER.items():
        condition = f" AND {over.format(long_ago=LONG_AGO[dialect])}" if over else ""
        refuse(
            table,
            "delete",
            message=f"protem: {table} are deleted once they are over for 90 days, and exported",
            unless=f"SELECT 1 FROM pruned p WHERE p.id = OLD.{column}{condition}",  # noqa: S608 - ours
        )
    for table in ("history_exports", "pruned"):
        for act in ("update", "delete"):
            refuse(table, act, message=f"protem: {table} are only ever added")


def refuse(table: str, act: str, *, message: str, unless: str = "") -> None:
    # Distinct from the guards over states, which have the names of their tables and acts.
    name = f"{table}_{act}_history"
    if op.get_bind().dialect.name == "sqlite":
        condition = f"WHEN NOT EXISTS ({unless}) " if unless else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {act.upper()} ON {table} FOR EACH ROW {condition}"
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
        return
    allowed = f"IF EXISTS ({unless}) THEN RETURN OLD; END IF; " if unless else ""
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {pinned()} AS $$ BEGIN {allowed}"
        f"RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {act.upper()} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
    )


def pinned() -> str:
    """Have a function mean the tables of this schema, whatever temporary ones its caller has made."""
    schema = op.get_bind().execute(sa.text("SELECT quote_ident(current_schema())")).scalar_one()
    return f"SET search_path = {schema}, pg_temp"

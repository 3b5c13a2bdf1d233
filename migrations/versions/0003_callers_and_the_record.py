"""Logins, changes that two people make, the chain over the record, and the outbox."""

import json
import uuid

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "chains",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("log", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_chains_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chains")),
    )
    op.create_table(
        "changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("verb", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "confirmed",
                "rejected",
                "expired",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.String(length=256), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column(
            "payload",
            JSON,
            nullable=False,
        ),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.String(length=512), nullable=False),
        sa.Column("proposer_key", sa.String(length=1200), nullable=False),
        sa.Column("proposer_id", sa.String(length=64), nullable=True),
        sa.Column("proposer_token_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=512), nullable=True),
        sa.Column("answerer_key", sa.String(length=1200), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'pending') = (answered_at IS NULL)", name=op.f("ck_changes_answered_once")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    op.create_index(op.f("ix_changes_state_expires_at"), "changes", ["state", "expires_at"], unique=False)
    op.create_index(op.f("ix_changes_subject"), "changes", ["subject"], unique=False)
    op.create_table(
        "checkpoints",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_checkpoints")),
    )
    op.create_table(
        "dropped_segments",
        sa.Column(
            "first_sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("last_hash", sa.String(length=64), nullable=False),
        sa.Column("last_occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("first_sequence <= last_sequence", name=op.f("ck_dropped_segments_forwards")),
        sa.PrimaryKeyConstraint("first_sequence", name=op.f("pk_dropped_segments")),
    )
    op.create_table(
        "events_files",
        sa.Column("path", sa.String(length=1024), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_events_files")),
    )
    op.create_table(
        "seals",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_seals")),
        sa.UniqueConstraint("event_id", name=op.f("uq_seals_event_id")),
    )
    op.create_table(
        "unsealed_events",
        sa.Column(
            "number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_unsealed_events")),
        sa.UniqueConstraint("event_id", name=op.f("uq_unsealed_events_event_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column(
            "types",
            JSON,
            nullable=False,
        ),
        sa.Column("secret", sa.String(length=128), nullable=False),
        sa.Column("previous_secret", sa.String(length=128), nullable=True),
        sa.Column("previous_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_because", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=512), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "delivered",
                "abandoned",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("give_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhooks.id"], name=op.f("fk_deliveries_webhook_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("webhook_id", "sequence", name=op.f("uq_deliveries_webhook_id_sequence")),
    )
    op.create_index(
        op.f("ix_deliveries_state_next_attempt_at"), "deliveries", ["state", "next_attempt_at"], unique=False
    )
    op.create_index(
        op.f("ix_deliveries_webhook_id_topic_sequence"),
        "deliveries",
        ["webhook_id", "topic", "sequence"],
        unique=False,
    )
    op.create_table(
        "logins",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("principal_id", sa.String(length=64), nullable=False),
        sa.Column("issuer", sa.String(length=512), nullable=False),
        sa.Column("subject", sa.String(length=512), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["principal_id"], ["principals.id"], name=op.f("fk_logins_principal_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logins")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_logins_secret_hash")),
    )
    op.create_index(op.f("ix_logins_expires_at"), "logins", ["expires_at"], unique=False)
    op.create_index(op.f("ix_logins_principal_id"), "logins", ["principal_id"], unique=False)
    op.create_table(
        "delivery_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("attempted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_delivery_attempts_delivery_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_attempts")),
    )
    op.create_index(
        op.f("ix_delivery_attempts_delivery_id_id"), "delivery_attempts", ["delivery_id", "id"], unique=False
    )
    find_events()
    op.add_column(
        "requests", sa.Column("reminders", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("requests", sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_requests_state_remind_at"), "requests", ["state", "remind_at"], unique=False)
    op.add_column(
        "reviews", sa.Column("reminders", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("reviews", sa.Column("remind_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("idempotency_keys", sa.Column("location", sa.String(length=256), nullable=True))
    op.add_column("assignments", sa.Column("force_closed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("principals", sa.Column("email_key", sa.String(length=640), nullable=True))
    op.add_column("principals", sa.Column("external_id", sa.String(length=256), nullable=True))
    op.create_index(op.f("ix_principals_email_key"), "principals", ["email_key"], unique=False)
    op.create_index(op.f("ix_principals_external_id"), "principals", ["external_id"], unique=False)
    op.add_column("tokens", sa.Column("previous_hash", sa.String(length=64), nullable=True))
    op.add_column("tokens", sa.Column("previous_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("tokens", sa.Column("previous_used_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "tokens",
        sa.Column(
            "act_as_groups",
            JSON,
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.add_column(
        "tokens",
        sa.Column(
            "networks",
            JSON,
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )
    op.add_column("tokens", sa.Column("rate_limit", sa.Integer(), nullable=True))
    op.add_column("tokens", sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_tokens_previous_hash"), "tokens", ["previous_hash"], unique=False)
    keep_the_record()
    queue_events()
    let_dropped_events_go()
    fill()


def find_events() -> None:
    """Order what the record is searched by as its lists are ordered: by time."""
    for index in ("type_id", "request_id", "grant_id", "principal_id_id", "account_id_id"):
        op.drop_index(op.f(f"ix_audit_events_{index}"), table_name="audit_events")
    always, sometimes = ("type", "caller"), ("acting_as", "request_id", "grant_id", "assignment_id")
    for column in (*always, *sometimes, "principal_id", "account_id", "permission_set_arn"):
        where = None if column in always else sa.text(f"{column} IS NOT NULL")
        op.create_index(
            op.f(f"ix_audit_events_{column}_occurred_at_id"),
            "audit_events",
            [column, "occurred_at", "id"],
            unique=False,
            sqlite_where=where,
            postgresql_where=where,
        )


APPEND_ONLY = ("audit_events", "seals", "checkpoints", "dropped_segments")
DROPPED = {
    "audit_events": (
        "SELECT 1 FROM seals s JOIN dropped_segments d "
        "ON s.sequence BETWEEN d.first_sequence AND d.last_sequence WHERE s.event_id = OLD.id"
    ),
    "seals": (
        "SELECT 1 FROM dropped_segments d WHERE OLD.sequence BETWEEN d.first_sequence AND d.last_sequence"
    ),
}
"""What may be deleted after all: events, with their seals, of which the ends' hashes are kept."""

LONG_AGO = {
    "postgresql": "clock_timestamp() - interval '90 days'",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now', '-90 days')",
}
"""By the clock of the database; nothing that happened since can be dropped, whatever a setting says."""

DROPPABLE = """SELECT 1 FROM checkpoints c JOIN seals s ON s.sequence = c.sequence AND s.hash = c.hash
WHERE c.sequence = NEW.last_sequence AND c.hash = NEW.last_hash
AND NEW.first_sequence = 1 + coalesce((SELECT max(last_sequence) FROM dropped_segments), 0)
AND NEW.previous_hash = coalesce(
    (SELECT last_hash FROM dropped_segments ORDER BY last_sequence DESC LIMIT 1), '{nothing}')
AND NOT EXISTS (
    SELECT 1 FROM seals t JOIN audit_events e ON e.id = t.event_id
    WHERE t.sequence BETWEEN NEW.first_sequence AND NEW.last_sequence AND e.occurred_at >= {long_ago})"""
"""What may be dropped: all that is left of the chain up to a checkpoint, if every event of it is old."""

NEXT = """SELECT 1 WHERE NEW.sequence = 1 + coalesce(
    (SELECT max(sequence) FROM seals), (SELECT max(last_sequence) FROM dropped_segments), 0)"""
"""What may be sealed: a seal anywhere else would keep its event out of every export."""

SEALED = "SELECT 1 FROM seals s WHERE s.sequence = NEW.sequence AND s.hash = NEW.hash"
"""Where a checkpoint may be, and the end of the chain: one further on would be taken for all that comes."""

ANEW = {
    "audit_events": "NOT EXISTS (SELECT 1 FROM audit_events WHERE id = NEW.id)",
    "seals": "NOT EXISTS (SELECT 1 FROM seals WHERE event_id = NEW.event_id)",
    "checkpoints": "NOT EXISTS (SELECT 1 FROM checkpoints WHERE sequence = NEW.sequence)",
}
"""On SQLite, REPLACE deletes what is in its way, and no trigger hears of it."""


def keep_the_record() -> None:
    """Have the database refuse to change what is on record, and to delete what is not dropped in order."""
    for table in APPEND_ONLY:
        message = f"protem: {table} are only ever added"
        refuse(table, "update", message=message)
        refuse(table, "delete", message=message, unless=DROPPED.get(table), answer="OLD")
        if op.get_bind().dialect.name != "sqlite":
            op.execute(
                f"CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON {table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_update()"
            )
    refuse(
        "dropped_segments",
        "insert",
        message="protem: only the oldest of the chain may be dropped, up to a checkpoint, and after 90 days",
        unless=DROPPABLE.format(nothing="0" * 64, long_ago=LONG_AGO[op.get_bind().dialect.name]),
        answer="NEW",
    )
    keep_the_order()


def keep_the_order() -> None:
    """Have the database refuse seals and checkpoints that are not where the chain is."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    if sqlite:
        message = "protem: audit_events are only ever added"
        refuse("audit_events", "insert", message=message, unless=f"SELECT 1 WHERE {ANEW['audit_events']}")
    forward = f"{SEALED} AND NEW.log = OLD.log AND NEW.sequence >= OLD.sequence"
    for table, act, message, unless in (
        ("seals", "insert", "protem: seals are added one after the other", NEXT),
        ("checkpoints", "insert", "protem: checkpoints are of events that are sealed", SEALED),
        ("chains", "update", "protem: chains end where they are sealed", forward),
    ):
        anew = f" AND {ANEW[table]}" if sqlite and table in ANEW else ""
        refuse(table, act, message=message, unless=unless + anew, answer="NEW")


def refuse(table: str, act: str, *, message: str, unless: str | None = None, answer: str = "OLD") -> None:
    if op.get_bind().dialect.name == "sqlite":
        condition = f"WHEN NOT EXISTS ({unless}) " if unless else ""
        op.execute(
            f"CREATE TRIGGER {table}_{act} BEFORE {act.upper()} ON {table} FOR EACH ROW {condition}"
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
        return
    allowed = f"IF EXISTS ({unless}) THEN RETURN {answer}; END IF; " if unless else ""
    op.execute(
        f"CREATE FUNCTION {table}_{act}() RETURNS trigger LANGUAGE plpgsql {pinned()} AS $$ BEGIN {allowed}"
        f"RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_{act} BEFORE {act.upper()} ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION {table}_{act}()"
    )


def pinned() -> str:
    """Have a function mean the tables of this schema, whatever temporary ones its caller has made."""
    schema = op.get_bind().execute(sa.text("SELECT quote_ident(current_schema())")).scalar_one()
    return f"SET search_path = {schema}, pg_temp"


def queue_events() -> None:
    """Have the database itself queue each event for its seal, so that no writer can leave it out."""
    into_the_queue = "INSERT INTO unsealed_events (event_id) VALUES (NEW.id);"
    op.execute("INSERT INTO unsealed_events (event_id) SELECT id FROM audit_events ORDER BY id")
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER audit_events_queue AFTER INSERT ON audit_events FOR EACH ROW "
            f"BEGIN {into_the_queue} END"
        )
        return
    op.execute(
        f"CREATE FUNCTION audit_events_queue() RETURNS trigger LANGUAGE plpgsql {pinned()} AS $$ "
        f"BEGIN {into_the_queue} RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_events_queue AFTER INSERT ON audit_events FOR EACH ROW "
        "EXECUTE FUNCTION audit_events_queue()"
    )


PURGE = """
CREATE FUNCTION protem_purge_dropped(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER {pinned} AS $$
DECLARE
    first bigint := (SELECT min(sequence) FROM seals);
    last bigint := (SELECT max(last_sequence) FROM dropped_segments);
BEGIN
    IF first IS NULL OR last IS NULL THEN RETURN 0; END IF;
    last := least(last, first + most - 1);
    IF last < first THEN RETURN 0; END IF;
    DELETE FROM audit_events WHERE id IN (SELECT event_id FROM seals WHERE sequence <= last);
    DELETE FROM seals WHERE sequence <= last;
    RETURN last - first + 1;
END $$"""
"""Deletes the oldest that was dropped; who serves may not delete, but may have this done."""


def let_dropped_events_go() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.execute(PURGE.format(pinned=pinned()))
        op.execute("REVOKE ALL ON FUNCTION protem_purge_dropped(integer) FROM PUBLIC")


def fill() -> None:
    """Begin the chain, and let the tokens that are there do what they could do before."""
    chains = sa.table(
        "chains", sa.column("id"), sa.column("log", sa.Uuid()), sa.column("sequence"), sa.column("hash")
    )
    op.bulk_insert(chains, [{"id": 1, "log": uuid.uuid4(), "sequence": 0, "hash": "0" * 64}])
    tokens = sa.table("tokens", sa.column("id", sa.Uuid()), sa.column("role"), sa.column("scopes", JSON))
    connection = op.get_bind()
    before = {"personal": ["read", "requests", "decisions", "grants:revoke"], "service": ["read"]}
    for token in connection.execute(sa.select(tokens).where(tokens.c.role.in_(before))).all():
        given = json.loads(token.scopes) if isinstance(token.scopes, str) else token.scopes
        scopes = [*before[token.role], *given]
        connection.execute(sa.update(tokens).where(tokens.c.id == token.id).values(scopes=scopes))
